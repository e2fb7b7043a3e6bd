"""Who decides what a text supports: rules by default, a language model on request.

A judge is named in every result that rests on it. A language model's is worth what its agreement
with people is: `calibration` gives that, and corrects its mean with the labels there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from eval.sample import Sample
from index.errors import UsageError

if TYPE_CHECKING:
    from eval.run import Run

Quote = tuple[str, date | None]
"""A quoted text, and the day it was written."""


class Judge(Protocol):
    """Decides yes or no; None where it cannot, and then nothing is scored.

    Attributes:
        name: as results name it.
    """

    name: str

    def supports(self, sentence: str, quotes: Sequence[Quote], as_of: date) -> bool | None:
        """Whether the quotes, taken together, say what the sentence says."""
        ...

    def agrees(self, sample: Sample, answer: str) -> bool | None:
        """Whether an answer says what the gold answer says."""
        ...


class RuleJudge:
    """Numbers, dates, names and most words must occur in the quotes; never judges correctness."""

    name = "rules"

    def supports(self, sentence: str, quotes: Sequence[Quote], as_of: date) -> bool:
        """Whether `assistant.verify` finds the sentence supported."""
        from assistant.verify import verify

        return verify(sentence, quotes, as_of)[0] == "supported"

    def agrees(self, _sample: Sample, _answer: str) -> None:
        """Not by rules."""


class LLMJudge:
    """A language model that is asked for one word.

    Args:
        llm: any llama-index LLM; ask for temperature 0 where it can be had.
    """

    def __init__(self, llm: Any) -> None:
        self._llm = llm
        self.name = f"llm:{llm.metadata.model_name}"

    def supports(self, sentence: str, quotes: Sequence[Quote], as_of: date) -> bool | None:
        """Whether the model says that the quotes support the sentence."""
        texts = "\n\n".join(f"[{day or 'undated'}] {text}" for text, day in quotes)
        return self._ask("judge-support", sentence=sentence, quotes=texts, as_of=as_of)

    def agrees(self, sample: Sample, answer: str) -> bool | None:
        """Whether the model says that the answer gives the gold answer; an abstention does not."""
        if not answer:
            return False
        gold = "; and ".join(" or ".join(part) for part in sample.wanted)
        return self._ask("judge-correct", question=sample.question, gold=gold, answer=answer)

    def _ask(self, prompt: str, **values: Any) -> bool | None:
        from assistant.judge import yes_or_no

        return yes_or_no(self._llm, self.name, prompt, **values)


@dataclass(frozen=True)
class Calibration:
    """How far a judge's verdicts can be taken for people's.

    Attributes:
        labelled: verdicts that people gave too.
        agreement: the share of them that are alike.
        kappa: agreement beyond chance; None where all verdicts and labels are the same.
        judge_mean: the judge's mean over all verdicts.
        mean: that mean, corrected by what people said: the prediction-powered mean.
        low: the corrected mean's 95% interval starts here.
        high: and ends here.
    """

    labelled: int
    agreement: float
    kappa: float | None
    judge_mean: float
    mean: float
    low: float
    high: float


def calibration(verdicts: Mapping[str, float], labels: Mapping[str, float]) -> Calibration:
    """Compare a judge's verdicts with people's labels of some of the same samples.

    kappa = (p_o - p_e) / (1 - p_e) (Cohen, Educational and Psychological Measurement 20, 1960,
    p. 40). The prediction-powered mean is the judge's mean over the unlabelled plus the mean of
    (label - verdict) over the labelled; its variance is the sum of both parts' (Angelopoulos et
    al., "Prediction-powered inference", Science 382, 2023, pp. 669-674).

    Args:
        verdicts: 0 or 1 by sample id.
        labels: people's, 0 or 1, by sample id; at least two of them on judged samples, and at
            least two judged samples without one.
    """
    import numpy as np

    both = sorted(verdicts.keys() & labels.keys())
    rest = np.array([verdicts[key] for key in sorted(verdicts.keys() - labels.keys())])
    judged = np.array([verdicts[key] for key in both])
    human = np.array([labels[key] for key in both])
    agreement = float((judged == human).mean())
    chance = float(judged.mean() * human.mean() + (1 - judged.mean()) * (1 - human.mean()))
    error = human - judged
    mean = float(rest.mean() + error.mean())
    half = 1.96 * float(np.sqrt(rest.var(ddof=1) / len(rest) + error.var(ddof=1) / len(both)))
    return Calibration(
        labelled=len(both),
        agreement=agreement,
        kappa=(agreement - chance) / (1 - chance) if chance < 1 else None,
        judge_mean=float(np.mean(list(verdicts.values()))),
        mean=mean,
        low=max(mean - half, 0.0),
        high=min(mean + half, 1.0),
    )


def calibrate(run: Run, metric: str, labels: Path) -> Calibration:
    """Hold a run's judge to people's labels, and keep what comes of it as `calibration.json`.

    Args:
        run: whose judged metric is looked at.
        metric: its name.
        labels: JSON Lines of `{"id", "label": 0 or 1}`.

    Raises:
        UsageError: the labels cannot be read, or too few are of judged questions.
    """
    from eval.datasets import lines
    from eval.run import write_json

    verdicts = run.scores(metric)
    given = {}
    for where, record in lines(labels):
        if record.get("label") not in (0, 1) or not isinstance(record.get("id"), str):
            raise UsageError(f"{where}: a label has an id and a label, 0 or 1.")
        given[record["id"]] = float(record["label"])
    shared = len(verdicts.keys() & given.keys())
    if shared < 2 or len(verdicts) - shared < 2:
        raise UsageError(
            f"{labels}: {shared} of {len(verdicts)} questions that {metric} was judged on are "
            "labelled; at least two must be, and two not."
        )
    found = calibration(verdicts, given)
    write_json(run.folder / "calibration.json", {"metric": metric} | asdict(found))
    return found
