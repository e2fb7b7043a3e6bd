"""The dense index: passages' vectors in Chroma, by its own calls.

Derived from the catalog. Exactly one process may have an embedded store open (a second one kills
both, and the index): `Archive` holds the lock before this module is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from index.article import Passage
from index.errors import ArchiveError
from index.query import Query

# Stored for an article without a date: before any day that is asked for, so that it is seen as of
# any day, and falls out when a first day is asked for.
_UNDATED = -(10**6)

# Neighbours looked at in a search. Chroma's default, 100, ranks differently from one start to the
# next when as many are asked for; at this number three starts agreed on the newsroom archive.
_EF_SEARCH = 1000


class VectorIndex:
    """Nearest passages by cosine.

    Args:
        folder: where the store lives; made if missing.
        facts: what the vectors were made with, kept with the collection.
    """

    def __init__(self, folder: Path, facts: dict[str, str]) -> None:
        settings = Settings(anonymized_telemetry=False)
        try:
            self._client: Any = chromadb.PersistentClient(path=str(folder), settings=settings)
            self._collection = self._client.get_or_create_collection(
                "passages",
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
                metadata=dict(facts),
            )
        except ChromaError as error:
            raise ArchiveError(
                f"The vector index in {folder} cannot be opened: {error}. "
                "Run `dateline rebuild`: no article is lost."
            ) from error

    def close(self) -> None:
        """Let go of the store."""
        self._client.close()

    def put(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        """Add or replace passages: `vectors` has a row for each."""
        for part in self._batches(len(passages)):
            self._collection.upsert(
                ids=[passage.id for passage in passages[part]],
                embeddings=vectors[part],
                metadatas=[
                    {
                        "article": passage.article.id,
                        "source": passage.article.source,
                        "day": _day(passage.article.published),
                    }
                    for passage in passages[part]
                ],
            )

    def remove_articles(self, ids: Sequence[str]) -> None:
        """Remove all passages of articles."""
        for part in self._batches(len(ids)):
            where: Any = {"article": {"$in": list(ids[part])}}
            self._collection.delete(where=where)

    def nearest(
        self, vector: NDArray[np.float32], query: Query, k: int, *, newest: date | None
    ) -> dict[str, float]:
        """The passages nearest to a vector that the query may see.

        Args:
            vector: the question's, shape (dimension,).
            query: gives days and outlets.
            k: how many passages at the most.
            newest: the archive's last day: a filter that excludes nothing is not paid for.

        Returns:
            Cosine similarity by passage key, best first.
        """
        count = self._collection.count()
        if not count:
            return {}
        found = self._collection.query(
            query_embeddings=vector[None, :],
            n_results=min(k, count),
            where=_where(query, newest),
            include=["distances"],
        )
        distances = (found["distances"] or [[]])[0]
        return {
            key: 1.0 - distance for key, distance in zip(found["ids"][0], distances, strict=True)
        }

    def count(self) -> int:
        """How many passages are indexed."""
        return self._collection.count()

    def _batches(self, count: int) -> Iterator[slice]:
        size = self._client.get_max_batch_size()
        return (slice(start, start + size) for start in range(0, count, size))


def _where(query: Query, newest: date | None) -> Any:
    conditions: list[dict[str, Any]] = []
    if query.until or (newest and newest > query.last_day):
        conditions.append({"day": {"$lte": _day(query.last_day)}})
    if query.since:
        conditions.append({"day": {"$gte": _day(query.since)}})
    elif query.until:
        conditions.append({"day": {"$gt": _UNDATED}})
    if query.sources:
        conditions.append({"source": {"$in": list(query.sources)}})
    return conditions[0] if len(conditions) == 1 else {"$and": conditions} if conditions else None


def _day(day: date | None) -> int:
    return day.toordinal() if day else _UNDATED
