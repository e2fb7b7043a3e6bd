"""Candidates in, their order out: a linear ranker over what can be told cheaply of each.

No model is run: the dense index has given the similarity, the rest is counted. The features and
their weights are all here; `WEIGHTS` says what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from index.article import Passage
from index.query import Query
from index.text import content_words, stems
from index.understand import published_window

Rarity = Callable[[str], float]
"""How much a stemmed word tells in an archive."""

# Few, because a ranker fitted to one kind of question does worse on others. Found by random search
# on RealTimeQA 2024q2 and q3 and the newsroom questions, and rounded. Answer recall@1, @5, @20:
# q2 .556 .782 .866, q3 .529 .729 .864, newsroom .648 .886 .905; and 2024q4, which was only looked
# at afterwards, .545 .783 .895. Weights chosen by hand, with the best sentence's coverage and the
# fused score for the last three: .465 .761 .873, .500 .721 .871, .610 .857 .914; .545 .741 .916.
# Further features (title, names, pairs of words, position, echoes of other articles) gave no more.
WEIGHTS = {
    "similarity": 1.0,
    "words": 0.2,
    "lexical": 0.3,
    "place": 0.1,
    "recency": 0.3,
    "dated": 0.4,
}

# Days in which a report's worth for a question that names no day halves.
_HALF_LIFE = 14


class Question:
    """A question taken apart once, to be compared with many passages.

    Args:
        query: the question.
        rarity: how much a stemmed word tells in this archive.
    """

    def __init__(self, query: Query, rarity: Rarity) -> None:
        self._as_of = query.as_of
        self._telling = telling(query.text, rarity)
        self._windows = [
            published_window(words, query.as_of)
            for words in query.understood
            if words.kind == "days"
        ]

    def features(
        self, passage: Passage, similarity: float, lexical: float, place: int | None
    ) -> dict[str, float]:
        """What can be told of a candidate, each from 0 to about 1.

        Args:
            passage: the candidate.
            similarity: its cosine to the question.
            lexical: its BM25 score as a share of the best candidate's, 0 where it has none.
            place: its place among the lexical candidates, from 0; None where it is none.
        """
        published = passage.article.published
        return {
            "similarity": similarity,
            "words": coverage(self._telling, set(stems(passage.text))),
            "lexical": lexical,
            "place": 0.0 if place is None else 1 / (1 + place / 5),
            "recency": 0.0 if self._windows else recency(published, self._as_of),
            "dated": self._dated(published),
        }

    def _dated(self, published: date | None) -> float:
        """1 for an article of the days that the question names or soon after them, else 0."""
        return float(
            published is not None
            and any(
                (since is None or since <= published) and (until is None or published <= until)
                for since, until in self._windows
            )
        )


def score(features: Mapping[str, float]) -> float:
    """The weighted sum of a candidate's features."""
    return sum(weight * features[name] for name, weight in WEIGHTS.items())


def recency(published: date | None, as_of: date) -> float:
    """1 for an article of the day asked, halving every fortnight; 0 without a date."""
    if published is None:
        return 0.0
    fraction: float = 0.5 ** (max((as_of - published).days, 0) / _HALF_LIFE)
    return fraction


def telling(question: str, rarity: Rarity) -> dict[str, float]:
    """The question's telling stems, each with its weight."""
    # One is added so that in a small archive, where a name is in every passage, it still tells.
    return {stem: 1 + rarity(stem) for word in content_words(question) for stem in stems(word)}


def coverage(telling: Mapping[str, float], having: set[str]) -> float:
    """The share of the question's telling stems, by weight, that a text has; 0 if it has none."""
    total = sum(telling.values())
    return sum(weight for stem, weight in telling.items() if stem in having) / total if total else 0
