"""Metrics: a sample and an outcome in, a number out, or None where it cannot be scored.

A metric goes by the name a suite writes: `containment`, `answer_recall@5`, `article.nDCG@10` (any
measure of ir-measures, over articles or over gold quotes), a team's own `package.module:function`,
or an entry point of the group `dateline.metrics`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from eval.judge import Judge
from eval.metrics import abstention, answers, citations, retrieval, temporal
from eval.plugin import plugin
from index.errors import UsageError

Part = Literal["answer", "ranking", "choice"]


@dataclass(frozen=True)
class Metric:
    """One number about one outcome.

    Attributes:
        name: as written in suites, results and reports.
        score: gives it for a sample and its outcome, or None where it cannot be scored.
        of: the part of an outcome it looks at; a part that no metric looks at is not asked for.
        higher_is_better: its direction.
        judge: the name of the judge its numbers rest on, or "".
    """

    name: str
    score: Callable[..., float | None]
    of: Part = "answer"
    higher_is_better: bool = True
    judge: str = ""

    @property
    def about(self) -> str:
        """The first line of its definition."""
        function = self.score.func if isinstance(self.score, partial) else self.score
        return (function.__doc__ or "").strip().partition("\n")[0]


BUILT_IN = {
    metric.name: metric
    for metric in (
        Metric("answer_recall", retrieval.answer_recall, "ranking"),
        Metric("sentence_containment", answers.sentence_containment),
        Metric("containment", answers.containment),
        Metric("exact_match", answers.exact_match),
        Metric("f1", answers.f1),
        Metric("short_answer", answers.short_answer),
        Metric("correctness", answers.correctness),
        Metric("multiple_choice", answers.multiple_choice, "choice"),
        Metric("citation_precision", citations.citation_precision),
        Metric("citation_recall", citations.citation_recall),
        Metric("faithfulness", citations.faithfulness),
        Metric("evidence_precision", citations.evidence_precision),
        Metric("evidence_recall", citations.evidence_recall),
        Metric("quote_validity", citations.quote_validity),
        Metric("rejection", abstention.rejection),
        Metric("false_refusal", abstention.false_refusal, higher_is_better=False),
        Metric("crag", abstention.crag),
        Metric("as_of_leak", temporal.as_of_leak, higher_is_better=False),
        Metric("stale_answer", temporal.stale_answer, higher_is_better=False),
        Metric("misled", temporal.misled, higher_is_better=False),
    )
}


def find(name: str, judge: Judge) -> Metric:
    """The metric of a name, its cutoff and its judge filled in.

    Raises:
        UsageError: there is none of that name, or its cutoff is missing or out of place.
    """
    base, at, cutoff = name.partition("@")
    if base.startswith(("article.", "passage.")):
        return Metric(name, retrieval.measure(name), "ranking")
    if base not in BUILT_IN:
        own = plugin(name, "dateline.metrics")
        return own if isinstance(own, Metric) else Metric(name, own)
    metric = BUILT_IN[base]
    takes = inspect.signature(metric.score).parameters
    if ("k" in takes) != bool(at) or (at and not (cutoff.isdecimal() and int(cutoff) > 0)):
        right = f"{base}@5" if "k" in takes else base
        raise UsageError(f"There is no metric {name!r}: write it as in {right}.")
    if at:
        metric = replace(metric, score=partial(metric.score, k=int(cutoff)))
    if "judge" in takes:
        metric = replace(metric, score=partial(metric.score, judge=judge), judge=judge.name)
    return replace(metric, name=name)
