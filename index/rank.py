"""Candidates in, their order out: a linear ranker over what can be told cheaply of each.

No model is run: the dense index has given the similarity, the rest is counted. The features and
their weights are all here; `WEIGHTS` says what was measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from index.article import Passage
from index.dates import find_dates
from index.query import Query
from index.text import STOPWORDS, sentences, stems, words

Rarity = Callable[[str], float]

# Chosen by hand and few, because a ranker fitted to one kind of question does worse on others.
# Answer recall@1 of RealTimeQA 2024q2 / q3 / q4 and of the newsroom questions, at these weights:
# .444 / .500 / .545 / .657. Logistic regression over all the features, fitted on q2 and q3, gave
# .507 / .550 / .552, but .562 on the newsroom questions: it learns that only this week counts.
WEIGHTS = {"similarity": 1.0, "either": 1.0, "sentence": 0.5, "fused": 0.3, "recency": 0.2}

# Days in which a report's worth for a question about now halves, and about a named day.
_HALF_LIFE = 14
_NAMED_HALF_LIFE = 7
# Reports of what happened on a day come out on it and in the week after.
_REPORTING = 7

_NOW = re.compile(
    r"\b(?:now|new|newly|just|latest|current|currently|recent|recently|so far|still|this year)\b",
    re.I,
)


@dataclass(frozen=True)
class Candidate:
    """A passage that an index proposed.

    Attributes:
        passage: the passage.
        fused: its reciprocal rank fusion score.
        similarity: its cosine to the question.
        lexical: its BM25 score as a share of the best candidate's.
        sibling: the best fused score of the same article's other candidates.
    """

    passage: Passage
    fused: float
    similarity: float
    lexical: float
    sibling: float


class Question:
    """A question taken apart once, to be compared with many passages.

    Args:
        query: the question.
        rarity: how much a stemmed word tells in this archive.
    """

    def __init__(self, query: Query, rarity: Rarity) -> None:
        self.query = query
        telling = [word for word in words(query.text) if word.replace("’", "'") not in STOPWORDS]
        ordered = [stem for word in telling for stem in stems(word)]
        # One is added so that in a small archive, where a name is everywhere, it still tells.
        self.weights = {stem: 1 + rarity(stem) for stem in ordered}
        self.pairs = set(pairwise(ordered))
        named = re.findall(r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]+", query.text)
        self.names = {stem for name in named for stem in stems(name)} & set(self.weights)
        self.days = [(span.first, span.last) for span in find_dates(query.text, query.as_of)]
        self.about_now = bool(_NOW.search(query.text))

    def coverage(self, having: set[str]) -> float:
        """The share of the telling stems, by rarity, that a text has; 0 where there are none."""
        total = sum(self.weights.values())
        found = sum(weight for stem, weight in self.weights.items() if stem in having)
        return found / total if total else 0.0

    def recency(self, published: date | None) -> float:
        """1 for an article of the day asked, halving every fortnight; 0 without a date."""
        if published is None:
            return 0.0
        return _decay((self.query.as_of - published).days, _HALF_LIFE)

    def agreement(self, published: date | None) -> float:
        """How near an article's day is to the days the question names; 0 where it names none."""
        if published is None or not self.days:
            return 0.0
        return max(
            _decay(
                max((first - published).days, (published - last).days - _REPORTING),
                _NAMED_HALF_LIFE,
            )
            for first, last in self.days
        )


def _decay(days: int, half_life: float) -> float:
    fraction: float = 0.5 ** (max(days, 0) / half_life)
    return fraction


def features(question: Question, candidate: Candidate) -> dict[str, float]:
    """What can be told of a candidate, each from 0 to about 1."""
    passage = candidate.passage
    title = set(stems(passage.article.title))
    body = stems(passage.text)
    inside = set(body)
    pairs = question.pairs & set(pairwise(body))
    published = passage.article.published
    recency = question.recency(published)
    spans = sentences(passage.text)
    return {
        "fused": candidate.fused * 30,
        "similarity": candidate.similarity,
        "lexical": candidate.lexical,
        "sibling": candidate.sibling * 30,
        "body": question.coverage(inside),
        "title": question.coverage(title),
        "either": question.coverage(inside | title),
        "sentence": max(question.coverage(set(stems(passage.text[a:b]))) for a, b in spans),
        "pairs": len(pairs) / len(question.pairs) if question.pairs else 0.0,
        "names": len(question.names & (inside | title)) / len(question.names)
        if question.names
        else 0.0,
        "lead": float(passage.start == 0),
        "depth": passage.start / max(len(passage.article.body), 1),
        "recency": recency if not question.days else 0.0,
        "now": recency if question.about_now else 0.0,
        "agreement": question.agreement(published),
    }


def score(values: Mapping[str, float]) -> float:
    """The weighted sum of a candidate's features."""
    return sum(weight * values[name] for name, weight in WEIGHTS.items())


def candidates(
    passages: Mapping[str, Passage],
    fused: Mapping[str, float],
    similarity: Mapping[str, float],
    lexical: Mapping[str, float],
) -> list[Candidate]:
    """Put together what the indexes said of each passage they proposed."""
    best = max(lexical.values(), default=1.0) or 1.0
    by_article: dict[str, list[float]] = {}
    for key, passage in passages.items():
        by_article.setdefault(passage.article.id, []).append(fused[key])

    def sibling(key: str, others: Sequence[float]) -> float:
        rest = sorted(others, reverse=True)
        rest.remove(fused[key])
        return rest[0] if rest else 0.0

    return [
        Candidate(
            passage,
            fused[key],
            similarity[key],
            lexical.get(key, 0.0) / best,
            sibling(key, by_article[passage.article.id]),
        )
        for key, passage in passages.items()
    ]
