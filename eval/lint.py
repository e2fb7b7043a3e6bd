"""Gold data that cannot be right. Scores against wrong gold are worth nothing: look here first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eval.run import Run
from eval.sample import Dataset, Sample, names
from index.article import Article
from index.read import read, walk

# Chances below which a finding is reported: whole datasets are looked at, so few are by luck.
UNLIKELY = 1e-3


@dataclass(frozen=True)
class Finding:
    """Something that cannot be right, or is very unlikely to be.

    Attributes:
        sample: the question's id, or "" for the dataset as a whole.
        problem: what, in words.
    """

    sample: str
    problem: str


def lint(dataset: Dataset, run: Run | None = None) -> list[Finding]:
    """Look a dataset over.

    Args:
        dataset: questions, and the articles they are about.
        run: a run of it, to see whether a system does worse than chance.
    """
    articles = {
        name: article
        for path in walk(dataset.corpus)
        if not isinstance(path, Exception)
        for article in read(path)
        if isinstance(article, Article)
        for name in names(article)
    }
    findings = [Finding(*found) for found in _repeated(dataset.samples)]
    for sample in dataset.samples:
        own = {name: article for article in sample.articles for name in names(article)}
        findings += [Finding(sample.id, problem) for problem in _gold(sample)]
        if articles or own:
            findings += [Finding(sample.id, p) for p in _evidence(sample, articles | own)]
    findings += [Finding("", problem) for problem in _skewed(dataset.samples)]
    if run:
        findings += [Finding("", problem) for problem in _below_chance(dataset.samples, run)]
    return findings


def _repeated(samples: tuple[Sample, ...]) -> Iterator[tuple[str, str]]:
    for key, count in Counter(sample.id for sample in samples).items():
        if count > 1:
            yield key, f"{count} questions have this id"
    answers: dict[object, tuple[str, object]] = {}
    for sample in samples:
        asked = (sample.question.casefold(), sample.as_of, sample.history, sample.articles)
        gold = (frozenset(sample.answers), sample.unanswerable)
        first, known = answers.setdefault(asked, (sample.id, gold))
        if first != sample.id and sample.choices == () and known != gold:
            yield sample.id, f"the same question on the same day as {first}, with another answer"


def _gold(sample: Sample) -> Iterator[str]:
    if not sample.question.strip():
        yield "the question is empty"
    if sample.unanswerable and sample.wanted:
        yield "said to be unanswerable, and has an answer"
    if not sample.unanswerable and not sample.wanted and not sample.evidence:
        yield "no answer, and not said to be unanswerable (an answer's index out of range?)"
    if any(not alias.strip() for part in sample.wanted for alias in part):
        yield "an answer is empty"
    if sample.choices and sample.wanted and not sample.right_choices:
        yield "the answer is none of the choices"
    if len(set(sample.choices)) < len(sample.choices):
        yield "two choices are the same"
    if stale := set(sample.stale_answers) & {a for part in sample.wanted for a in part}:
        yield f"right and stale at once: {', '.join(sorted(stale))}"


def _evidence(sample: Sample, articles: Mapping[str, Article]) -> Iterator[str]:
    for evidence in sample.evidence:
        article = articles.get(evidence.article)
        if article is None:
            yield f"its evidence is not in the corpus: {evidence.article}"
        elif evidence.quote and evidence.span(article) is None:
            yield f"its quote does not stand in {evidence.article}: “{evidence.quote}”"
        elif sample.as_of and article.published and article.published > sample.as_of:
            yield (
                f"its evidence was published after it is asked: {evidence.article}, "
                f"{article.published}, asked {sample.as_of}"
            )


def _skewed(samples: tuple[Sample, ...]) -> Iterator[str]:
    """Right choices that stand in some places far more often than in others."""
    from scipy.stats import chisquare

    for size in sorted({len(sample.choices) for sample in samples} - {0, 1}):
        of_size = [s for s in samples if len(s.choices) == size]
        places = Counter(place for sample in of_size for place in sample.right_choices)
        counts = [places[place] for place in range(size)]
        if sum(counts) >= 5 * size and chisquare(counts).pvalue < UNLIKELY:
            yield f"of {size} choices the right ones stand at {counts}: too uneven for chance"


def _below_chance(samples: tuple[Sample, ...], run: Run) -> Iterator[str]:
    """A system that does worse than guessing is read wrongly: indexes from 1 taken for from 0?"""
    from scipy.stats import binomtest

    scores = run.scores("multiple_choice") if "multiple_choice" in run.facts["metrics"] else {}
    chances = [1 / len(s.choices) for s in samples if s.id in scores]
    if chances:
        right, chance = round(sum(scores.values())), sum(chances) / len(chances)
        if binomtest(right, len(chances), chance, alternative="less").pvalue < UNLIKELY:
            yield (
                f"{run.name} picks the right choice of {right} of {len(chances)} questions, below "
                f"the {chance:.0%} of guessing: are its indexes counted from 1?"
            )
