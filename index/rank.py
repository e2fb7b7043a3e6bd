"""Candidates in, their order out: a linear ranker over what can be told cheaply of each.

No model is run: the dense index has given the similarity, the rest is counted. The features and
their weights are all here; `WEIGHTS` says what was measured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from index.article import Passage
from index.errors import EmbedderError
from index.query import Query
from index.text import content_words, stems
from index.understand import published_window

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

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


@dataclass(frozen=True)
class Candidate:
    """A passage that an index proposes.

    Attributes:
        passage: the passage.
        similarity: its cosine to the question.
        lexical: its BM25 score as a share of the best candidate's, 0 where it has none.
        place: its place among the lexical candidates, from 0; None where it is none.
    """

    passage: Passage
    similarity: float
    lexical: float
    place: int | None


class Ranker(Protocol):
    """What puts candidates in order."""

    def scores(self, query: Query, candidates: Sequence[Candidate]) -> Sequence[float]:
        """How well each candidate answers, higher is better, from 0 to about 2."""
        ...


class Counted:
    """The default: a weighted sum of what can be counted; needs no model.

    Args:
        rarity: how much a stemmed word tells in the archive.
    """

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity

    def scores(self, query: Query, candidates: Sequence[Candidate]) -> list[float]:
        """The weighted sum of each candidate's features."""
        return [
            sum(WEIGHTS[name] * value for name, value in features.items())
            for features in self.features(query, candidates)
        ]

    def features(self, query: Query, candidates: Sequence[Candidate]) -> list[dict[str, float]]:
        """What can be told of each candidate, each from 0 to about 1."""
        asked = telling(query.text, self._rarity)
        windows = [
            published_window(words, query.as_of)
            for words in query.understood
            if words.kind == "days"
        ]
        return [
            {
                "similarity": one.similarity,
                "words": coverage(asked, set(stems(one.passage.text))),
                "lexical": one.lexical,
                "place": 0.0 if one.place is None else 1 / (1 + one.place / 5),
                "recency": (
                    0.0 if windows else recency(one.passage.article.published, query.as_of)
                ),
                "dated": float(_within(one.passage.article.published, windows)),
            }
            for one in candidates
        ]


Window = tuple[date | None, date | None]


def _within(published: date | None, windows: Sequence[Window]) -> bool:
    """Whether a day of publication is of the days that a question names, or soon after them."""
    return published is not None and any(
        (since is None or since <= published) and (until is None or published <= until)
        for since, until in windows
    )


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


class CrossEncoded:
    """A sentence-transformers `CrossEncoder`, which reads question and passage together.

    Args:
        model: a folder, or the name of a model that is on the disk; loaded when first needed.
        offline: never fetch the model.

    Raises:
        EmbedderError: (by `scores`) the model cannot be loaded.
    """

    def __init__(self, model: str, *, offline: bool = True) -> None:
        self._name = model
        self._offline = offline
        self._lock = threading.Lock()
        self._loaded: CrossEncoder | None = None

    def scores(self, query: Query, candidates: Sequence[Candidate]) -> list[float]:
        """The model's score of each, as a probability."""
        from torch.nn import Sigmoid

        pairs = [
            (query.text, f"{one.passage.article.title}\n{one.passage.text}") for one in candidates
        ]
        if not pairs:
            return []
        found = self._model().predict(pairs, activation_fn=Sigmoid(), show_progress_bar=False)
        return [float(score) for score in found]

    def _model(self) -> CrossEncoder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        try:
            loaded: CrossEncoder = CrossEncoder(
                self._name, trust_remote_code=False, local_files_only=self._offline
            )
        except (OSError, ValueError) as error:
            raise EmbedderError(
                f"The reranker {self._name!r} cannot be loaded: {error}. Give a folder that "
                "holds a sentence-transformers CrossEncoder, or leave DATELINE_RERANKER empty."
            ) from error
        return loaded
