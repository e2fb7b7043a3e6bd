"""Candidates in, their order out: a linear ranker over what can be told cheaply of each.

No model is run: the dense index has given the similarity, the rest is counted. The features and
their weights are all here; `WEIGHTS` says what was measured.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from index.article import Passage
from index.errors import EmbedderError
from index.query import Query
from index.text import IRREGULAR, content_words, stems
from index.understand import published_window

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Rarity = Callable[[str], float]
"""How much a stemmed word tells in an archive."""

# Fitted on RealTimeQA 2024q1, q2, q3 and the newsroom questions so that the first passage answers,
# and rounded: `python -m eval.ablation --fit`. Few, because more did not help on a quarter left
# out: answer recall@1/@5/@20 over the three, each left out in turn, was .536/.762/.890 with these,
# .535/.776/.896 with 36 features, .532/.751/.885 with six others found by random search.
# LambdaMART, vectors of single sentences, names that other articles echo, and places in the
# indexes' rankings gave no more.
WEIGHTS = {
    "similarity": 1.0,
    "words": 0.4,
    "sentence": 0.35,
    "lexical": 0.2,
    "recency": 0.4,
    "names": 0.12,
    "dated": 0.4,
    "lead": 0.05,
}

# Days in which a report's worth for a question that names no day halves.
_HALF_LIFE = 60
# A word, or where a sentence may end: near enough to count what stands together.
_TOKEN = re.compile(r"\w+|[.!?][”’\")]*\s|\n")


@dataclass(frozen=True)
class Candidate:
    """A passage that an index proposes.

    Attributes:
        passage: the passage.
        similarity: its cosine to the question.
        lexical: its BM25 score as a share of the best candidate's, 0 where it has none.
        fused: its score by reciprocal rank fusion.
        dense_place: its place among the nearest, from 0; None where it is not among them.
        lexical_place: its place by BM25, from 0; None where it has none.
        signature: what copies of its article are known by.
    """

    passage: Passage
    similarity: float
    lexical: float
    fused: float = 0.0
    dense_place: int | None = None
    lexical_place: int | None = None
    signature: bytes = b""


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
        """What can be told of each candidate, each from 0 to about 1, names from 0 to about 3."""
        asked = telling(query.text, self._rarity)
        said = set(query.text.split())
        windows = [
            published_window(words, query.as_of)
            for words in query.understood
            if words.kind == "days"
        ]
        found = []
        for one in candidates:
            text, published = one.passage.text, one.passage.article.published
            together = sentences_having(asked, text)
            names = {word for word in text.split() if word[0].isupper() or word[0].isdigit()}
            found.append(
                {
                    "similarity": one.similarity,
                    "words": coverage(asked, set().union(*together)),
                    "sentence": max((coverage(asked, having) for having in together), default=0.0),
                    "lexical": one.lexical,
                    "recency": 0.0 if windows else recency(published, query.as_of),
                    "names": math.log1p(len(names - said)),
                    "dated": float(_within(published, windows)),
                    "lead": float(one.passage.start == 0),
                }
            )
        return found


Window = tuple[date | None, date | None]


def _within(published: date | None, windows: Sequence[Window]) -> bool:
    """Whether a day of publication is of the days that a question names, or soon after them."""
    return published is not None and any(
        (since is None or since <= published) and (until is None or published <= until)
        for since, until in windows
    )


def recency(published: date | None, as_of: date) -> float:
    """1 for an article of the day asked, halving every sixty days; 0 without a date."""
    if published is None:
        return 0.0
    fraction: float = 0.5 ** (max((as_of - published).days, 0) / _HALF_LIFE)
    return fraction


def telling(question: str, rarity: Rarity) -> dict[str, float]:
    """The question's telling stems, each with its weight."""
    # One is added so that in a small archive, where a name is in every passage, it still tells.
    return {stem: 1 + rarity(stem) for word in content_words(question) for stem in stems(word)}


def sentences_having(telling: Mapping[str, float], text: str) -> list[set[str]]:
    """Which of the telling stems each sentence of a text has, of those that have any."""
    found: list[set[str]] = [set()]
    beginnings = _beginnings(frozenset(telling))
    for token in _TOKEN.findall(text.lower()):
        if token[0] in ".!?\n":
            found.append(set())
        elif token[:2] in beginnings and (stem := _stem(token)) in telling:
            found[-1].add(stem)
    return [having for having in found if having]


@lru_cache(maxsize=64)
def _beginnings(stems: frozenset[str]) -> frozenset[str]:
    """The first two letters of all words with these stems: few other words need be stemmed."""
    irregular = {form for form, verb in IRREGULAR.items() if verb in stems}
    return frozenset(word[:2] for word in stems | irregular)


@lru_cache(maxsize=1 << 15)
def _stem(word: str) -> str:
    return next(iter(stems(word)), "")


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
