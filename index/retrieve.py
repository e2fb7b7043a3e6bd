"""A query in, passages out: dense and lexical candidates, fused, ranked, and a set chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import islice

import numpy as np

from index.article import Article, Passage, article_id
from index.catalog import Catalog
from index.copies import leaders
from index.embed import Embedder, Vectors
from index.indexes import Indexes
from index.query import Query
from index.rank import Candidate, Ranker
from index.text import says
from index.understand import narrowed

# Candidates taken from each index, and of the fused ones those that are ranked. Answer recall@20 on
# RealTimeQA 2024q1, q2, q3 with 30, 40 and 60, of what `eval.ablation` gathers: .923 .878 .871,
# .929 .892 .871, .936 .892 .863.
PROPOSED = 100
RANKED = 40
# Of these, those that a reranker reads, where there is one.
RERANKED = 30
# How many of the nearest of all are looked through for enough that a filter lets through: first so
# many, and where a tenth of these get through, so many. Where fewer do, the passages that it lets
# through are few, and all are compared; Chroma's own filter is for more. Medians over 100,000
# passages, by `eval.bench search`, the question's embedding left out: 30 days of three years 195 ms
# by Chroma's filter, 40 so; a fourth of the outlets 228 and 41.
SIFTED = (300, 1000)
COMPARED = 20_000
# Searches that have a thread of their own for the lexical index.
_AT_ONCE = 8
# Reciprocal rank fusion's constant (Cormack, Clarke, Büttcher 2009, SIGIR, p. 758).
RRF_K = 60
# Passages of one article before those of others come. Answer recall@20 with 3, 4 and no such limit:
# RealTimeQA 2024q1 .936 .936 .929, q2 .871 .892 .885, q3 .871 .863 .863 (live pages hold many).
MOST_OF_ONE = 4


class Retriever:
    """Finds passages in one archive's indexes.

    Args:
        catalog: knows the passages by their keys.
        indexes: propose them.
        embedder: what the dense index was made with.
        ranker: puts them in order.
        reranker: puts the best of them in order again, if given.
    """

    def __init__(
        self,
        catalog: Catalog,
        indexes: Indexes,
        embedder: Embedder,
        ranker: Ranker,
        reranker: Ranker | None = None,
    ) -> None:
        self.indexes = indexes
        self._catalog = catalog
        self._embedder = embedder
        self._ranker = ranker
        self._reranker = reranker
        # Both indexes let go of the interpreter: at once, they take 3.1 ms instead of 4.6.
        self._beside = ThreadPoolExecutor(_AT_ONCE, "lexical")

    def search(self, query: Query, k: int) -> list[Passage]:
        """The k passages that match best, best first, each with its score and similarity.

        What the catalog does not hold is never returned, whatever the indexes say. Of articles
        that carry one report only the best one's passages are, with the others as its `copies`.
        """
        query = narrowed(query)
        ranked = _ordered(self._ranker, query, self.candidates(query, max(RANKED, k)))
        if self._reranker:
            ranked = _ordered(self._reranker, query, [one for one, _ in ranked[: max(RERANKED, k)]])
        copies = _copies([one for one, _ in ranked])
        passages = (
            replace(
                one.passage,
                score=score,
                similarity=one.similarity,
                copies=copies[one.passage.article.id],
            )
            for one, score in ranked
            if one.passage.article.id in copies
        )
        return varied(passages)[:k]

    def candidates(self, query: Query, most: int) -> list[Candidate]:
        """The first so many that the two indexes propose for a narrowed query, best fused first."""
        _, newest = self._catalog.days()
        vector = self._embedder.embed_query(query.text)
        best = self._beside.submit(self.indexes.lexical.best, query, PROPOSED, newest=newest)
        dense = self._nearest(vector, query, newest)
        lexical = best.result()
        fused = fuse([dense, lexical])
        leading = sorted(fused, key=lambda key: (-fused[key], key))[:most]
        stored = self._catalog.stored(leading)
        highest = max(lexical.values(), default=1.0)
        near, having = (
            {key: place for place, key in enumerate(ranking)} for ranking in (dense, lexical)
        )
        return [
            Candidate(
                stored[key].passage,
                dense[key] if key in dense else float(stored[key].vector @ vector),
                lexical.get(key, 0.0) / highest,
                fused[key],
                near.get(key),
                having.get(key),
                stored[key].signature,
            )
            for key in leading
            if key in stored and all(says(stored[key].passage.text, p) for p in query.phrases)
        ]

    def _nearest(self, vector: Vectors, query: Query, newest: date | None) -> dict[str, float]:
        """The nearest passages that a query may see.

        Where it may see many, they are found sooner among the nearest of all: Chroma first lists
        all that its filter lets through.
        """
        index = self.indexes.vectors
        if not filtered(query, newest):
            return index.nearest(vector, PROPOSED)
        for most in SIFTED:
            near = index.nearest(vector, most)
            seen = self._catalog.visible({article_id(key) for key in near}, query)
            kept = {key: near[key] for key in near if article_id(key) in seen}
            if len(kept) >= PROPOSED or len(near) < most:
                return dict(islice(kept.items(), PROPOSED))
            if len(kept) * SIFTED[-1] < PROPOSED * most:
                break
        every = self._catalog.visible_vectors(query, COMPARED)
        if every is None:
            return index.nearest(vector, PROPOSED, query)
        if not every:
            return {}
        keys = list(every)
        likeness = np.stack([every[key] for key in keys]) @ vector
        best = np.argsort(-likeness, kind="stable")[:PROPOSED]
        return {keys[place]: float(likeness[place]) for place in best}


def filtered(query: Query, newest: date | None) -> bool:
    """Whether a query may not see all of an archive whose last day is `newest`."""
    later = newest is not None and newest > query.as_of
    return bool(query.since or query.until or query.sources or later)


def _copies(ranked: Sequence[Candidate]) -> dict[str, tuple[Article, ...]]:
    """For each article, by id, those that rank after it and are copies of it.

    Those that are themselves copies of one that ranks before are left out.
    """
    articles = {one.passage.article.id: one.passage.article for one in ranked}
    signatures = {one.passage.article.id: one.signature for one in ranked}
    ids = list(signatures)
    found: dict[str, tuple[Article, ...]] = {}
    for key, place in zip(ids, leaders(list(signatures.values())), strict=True):
        if ids[place] == key:
            found[key] = ()
        else:
            found[ids[place]] = (*found[ids[place]], articles[key])
    return found


def _ordered(
    ranker: Ranker, query: Query, candidates: Sequence[Candidate]
) -> list[tuple[Candidate, float]]:
    """The candidates with their scores, best first."""
    scored = zip(candidates, ranker.scores(query, candidates), strict=True)
    return sorted(scored, key=lambda pair: (-pair[1], pair[0].passage.id))


def varied(ranked: Iterable[Passage], most: int = MOST_OF_ONE) -> list[Passage]:
    """The passages in their order, but no more than a few of one article before all others."""
    first: list[Passage] = []
    later: list[Passage] = []
    had: Counter[str] = Counter()
    for passage in ranked:
        had[passage.article.id] += 1
        (first if had[passage.article.id] <= most else later).append(passage)
    return first + later


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
