"""How well the ranking puts first what answers the question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eval.sample import Evidence, Outcome, Sample
from eval.text import normalised, stands
from index.article import Passage
from index.errors import UsageError

# What counts as a short answer, in words (RealTimeQA's are names, figures and short phrases).
SHORT = 6


def short(answer: str) -> bool:
    """Whether an answer has one to six words."""
    return 1 <= len(normalised(answer).split()) <= SHORT


def answerable(sample: Sample) -> bool:
    """Whether a sample has a short answer, and evidence for it is known."""
    return bool(sample.evidence) and any(short(alias) for part in sample.wanted for alias in part)


def answer_recall(sample: Sample, outcome: Outcome, *, k: int) -> float | None:
    """Whether the answer stands, normalised and as whole words, in one of the first k passages.

    Over the answerable samples; of an answer of several parts, the share that is found. Chen et
    al., "Reading Wikipedia to answer open-domain questions", ACL 2017, §5.1, first measured
    retrieval so.
    """
    if outcome.ranking is None or not answerable(sample):
        return None
    texts = [normalised(passage.text) for passage in outcome.ranking[:k]]
    found = [
        any(stands(normalised(alias), text) for alias in part for text in texts)
        for part in sample.wanted
    ]
    return sum(found) / len(found)


def measure(name: str) -> Callable[[Sample, Outcome], float | None]:
    """A measure of ir-measures over articles (`article.nDCG@10`) or gold quotes (`passage.RR`).

    Over articles, an article ranks where its first passage does. Over quotes, a passage stands for
    the gold quotes it holds, so that systems that cut passages differently can be compared.

    Raises:
        UsageError: ir-measures has no such measure.
    """
    import ir_measures

    level, _, measure_name = name.partition(".")
    try:
        parsed = ir_measures.parse_measure(measure_name)
    except (NameError, ValueError, SyntaxError) as error:
        raise UsageError(
            f"There is no metric {name!r}: after {level!r} comes a measure of ir-measures, as in "
            f"{level}.nDCG@10, {level}.Success@5, {level}.RR or {level}.AP."
        ) from error
    by_quote = level == "passage"

    def score(sample: Sample, outcome: Outcome) -> float | None:
        relevant = judged(sample, by_quote=by_quote)
        if outcome.ranking is None or not relevant:
            return None
        ranked = documents(sample, outcome.ranking, by_quote=by_quote)
        scores = {document: -float(rank) for rank, document in enumerate(ranked)}
        # A query of which nothing is ranked scores 0: ir-measures would leave it out.
        return float(
            ir_measures.calc_aggregate(
                [parsed], {sample.id: relevant}, {sample.id: scores or {"": 0.0}}
            )[parsed]
        )

    score.__doc__ = f"{parsed} over {'gold quotes' if by_quote else 'articles'}, by ir-measures."
    return score


def judged(sample: Sample, *, by_quote: bool) -> dict[str, int]:
    """What is relevant, with its grade: the sample's qrels. None where quotes are not all known."""
    if by_quote and not all(evidence.quote for evidence in sample.evidence):
        return {}
    return {key: evidence.grade for key, evidence in _documents(sample, by_quote)}


def documents(sample: Sample, ranking: Sequence[Passage], *, by_quote: bool) -> list[str]:
    """The ranking in the terms of the qrels: each document once, where it first ranks."""
    gold = _documents(sample, by_quote)
    ranked: dict[str, None] = {}
    for passage in ranking:
        article = passage.article
        if by_quote:
            held = [key for key, e in gold if e.within(article, passage.start, passage.end)]
        else:
            held = [key for key, e in gold if e.about(article)]
        ranked.update(dict.fromkeys(held or [passage.id if by_quote else article.id]))
    return list(ranked)


def _documents(sample: Sample, by_quote: bool) -> list[tuple[str, Evidence]]:
    """The gold evidence by its name in TREC files, which white space would break."""
    return [
        ("_".join(evidence.article.split()) + (f"#quote{number}" if by_quote else ""), evidence)
        for number, evidence in enumerate(sample.evidence, 1)
    ]
