"""Predictions from elsewhere, scored as our own answers are, so that they stand in one table.

JSON Lines of `{"id", "answer"}` (null or "" for an abstention) or `{"id", "choice"}` (an index or a
list of them), or the archived outputs of RealTime QA's own baselines: `{"question_id",
"prediction"}`, a text where an answer was generated, a list of indexes where a choice was made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from assistant.answer import Answer, Sentence
from eval.datasets import lines
from eval.judge import Judge, RuleJudge
from eval.run import Run, read_facts
from eval.runner import Options, asked, begin, describe, finish
from eval.sample import Outcome, Sample
from eval.suite import Suite, load_suite
from index.errors import UsageError

NO_PREDICTION = "no prediction"


def score(
    suite: Suite | str | Path,
    files: Sequence[str | Path],
    runs: str | Path,
    *,
    first_choice: int = 0,
    judge: Judge | None = None,
    **options: Any,
) -> Run:
    """Score predictions, and leave a run as if the suite had been run.

    A question without a prediction counts as unscored, and is shown.

    Args:
        suite: or its name, or its file.
        files: of predictions; a question predicted as text and as a choice is scored as both.
        runs: the folder that runs are kept in.
        first_choice: the index the first choice goes by: RealTime QA's outputs of 2026 have 1.
        judge: decides what citations support; by default rules.
        options: `data`, `name` and `limit`, as for a run.

    Raises:
        UsageError: a file cannot be read, or predicts none of the questions.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    chosen = Options(**options)
    dataset = asked(suite, chosen)
    predictions: dict[str, dict[str, Any]] = {}
    for file in files:
        for where, record in lines(Path(file).expanduser()):
            key, parts = _prediction(record, where, first_choice)
            predictions.setdefault(key, {}).update(parts)
    if not any(sample.id in predictions for sample in dataset.samples):
        raise UsageError(f"None of the predictions is of a question of the suite {suite.name!r}.")
    metrics = suite.measures(judge or RuleJudge())
    model = chosen.name or Path(files[0]).stem
    facts = {"model": model, "scored_from": [str(file) for file in files]}
    folder = begin(suite, dataset, Path(runs).expanduser(), chosen, **facts)
    with (folder / "samples.jsonl").open("w", encoding="utf-8") as records:
        for n, sample in enumerate(dataset.samples):
            outcome = _outcome(sample, predictions.get(sample.id, {}), model)
            record = describe(n, sample, outcome, metrics, suite)
            record["error"] = "" if sample.id in predictions else NO_PREDICTION
            records.write(json.dumps(record, ensure_ascii=False) + "\n")
    return finish(folder, read_facts(folder), suite, metrics)


def _prediction(
    record: dict[str, Any], where: str, first_choice: int
) -> tuple[str, dict[str, Any]]:
    key = record.get("id", record.get("question_id"))
    if not isinstance(key, str):
        raise UsageError(f"{where}: no id.")
    predicted = record.get("prediction")
    answer = record.get("answer", predicted if isinstance(predicted, str) else None)
    choice = record.get("choice", predicted if isinstance(predicted, list) else None)
    parts: dict[str, Any] = {}
    if choice is not None:
        try:
            picked = choice if isinstance(choice, list) else [choice]
            parts["choice"] = tuple(int(index) - first_choice for index in picked)
        except (TypeError, ValueError):
            raise UsageError(f"{where}: the choice {choice!r} is no index.") from None
    elif answer is None or isinstance(answer, str):
        parts["answer"] = (answer or "").strip()
    else:
        raise UsageError(f"{where}: the answer {answer!r} is not text.")
    return key, parts


def _outcome(sample: Sample, parts: dict[str, Any], model: str) -> Outcome:
    text = parts.get("answer")
    if text is None:
        return Outcome(choice=parts.get("choice"))
    answer = Answer(
        question=sample.question,
        sentences=(Sentence(text),) if text else (),
        citations=(),
        passages=(),
        as_of=sample.as_of or date.today(),
        model=model,
        abstained=not text,
    )
    return Outcome(answer, choice=parts.get("choice"))
