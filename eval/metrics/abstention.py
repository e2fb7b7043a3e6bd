"""Whether the system knows when it does not know."""

from __future__ import annotations

from collections.abc import Iterable

from eval.metrics.answers import containment
from eval.sample import Outcome, Sample


def rejection(sample: Sample, outcome: Outcome) -> float | None:
    """Whether it abstains, where nothing in the archive answers.

    Source: the negative rejection of Chen, Lin, Han and Sun, "Benchmarking large language models
    in retrieval-augmented generation" (RGB), AAAI 2024, pp. 17754-17762.
    """
    if outcome.answer is None or not sample.unanswerable:
        return None
    return float(outcome.answer.abstained)


def false_refusal(sample: Sample, outcome: Outcome) -> float | None:
    """Whether it abstains, where the archive does answer (evidence is known); lower is better."""
    if outcome.answer is None or sample.unanswerable or not sample.evidence:
        return None
    return float(outcome.answer.abstained)


def crag(sample: Sample, outcome: Outcome) -> float | None:
    """1 for a right answer, 0 for abstaining, -1 for a wrong one: a wrong answer costs.

    Right is that all parts are said. For the unanswerable, abstaining is right. The mean is the
    share of right less the share of wrong answers: the truthfulness of Yang et al., "CRAG:
    comprehensive RAG benchmark", NeurIPS 2024, §4, as scored automatically (no half marks).
    """
    if outcome.answer is None:
        return None
    if sample.unanswerable:
        return 1.0 if outcome.answer.abstained else -1.0
    contained = containment(sample, outcome)
    if contained is None:
        return None
    return 0.0 if outcome.answer.abstained else 1.0 if contained == 1 else -1.0


def risk_coverage(answered: Iterable[tuple[float, bool]], asked: int) -> list[tuple[float, float]]:
    """The share answered, and the share of that which is wrong, as less sure answers are let in.

    Source: El-Yaniv and Wiener, "On the foundations of noise-free selective classification", JMLR
    11 (2010), §2. Answers that are equally sure are let in together, so that their order does not
    matter.

    Args:
        answered: how sure each answer is, and whether it is right.
        asked: questions in all, with those abstained from.

    Returns:
        (coverage, risk), by rising coverage; the last is how the system runs now.
    """
    ordered = sorted(answered, key=lambda pair: -pair[0])
    curve = []
    wrong = 0
    for number, (sure, right) in enumerate(ordered, 1):
        wrong += not right
        if number == len(ordered) or ordered[number][0] < sure:
            curve.append((number / asked, wrong / number))
    return curve


def area(curve: list[tuple[float, float]]) -> float | None:
    """The mean risk over the coverages up to the last; None without a curve.

    AURC of Geifman, Uziel and El-Yaniv, "Bias-reduced uncertainty estimation for deep neural
    classifiers", ICLR 2019, §2: the mean over answers of the risk at which each is let in.
    """
    if not curve:
        return None
    starts = [0.0, *(coverage for coverage, _ in curve[:-1])]
    steps = zip(curve, starts, strict=True)
    return sum((coverage - start) * risk for (coverage, risk), start in steps) / curve[-1][0]
