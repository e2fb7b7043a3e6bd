"""The dense index: passages' vectors in Chroma, by its own calls.

Derived from the catalog. Exactly one process may have an embedded store open (a second one kills
both, and the index): `Archive` holds the lock before this module is touched. A Chroma server, or
Chroma Cloud, is used through the same code.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError
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

# Seconds waited before a server that does not answer is asked again; then it is given up.
_PAUSES = (0.2, 0.8, 2.0)
_PAGE = 2000
# malloc.h's number for "fill what is allocated and freed with this byte".
_M_PERTURB = -6

T = TypeVar("T")


@dataclass(frozen=True)
class ChromaServer:
    """A Chroma server, or Chroma Cloud.

    Attributes:
        url: http(s)://host:port.
        tenant: whose, on the server; "" for the server's default.
        database: which of theirs; "" for the server's default.
        token: sent with each request, if any.
    """

    url: str
    tenant: str = ""
    database: str = ""
    token: str = ""

    def connect(self) -> Any:
        """A client of it."""
        address = urlsplit(self.url)
        secure = address.scheme == "https"
        return chromadb.HttpClient(
            host=address.hostname or "localhost",
            port=address.port or (443 if secure else 8000),
            ssl=secure,
            headers={"x-chroma-token": self.token} if self.token else None,
            settings=Settings(anonymized_telemetry=False),
            tenant=self.tenant or "default_tenant",
            database=self.database or "default_database",
        )


class VectorIndex:
    """Nearest passages by cosine.

    Args:
        place: the folder where the store lives, made if missing, or a Chroma server.
        name: the collection's.
        facts: what the vectors are made with, kept with the collection.

    Raises:
        ArchiveError: (this and every method) the store cannot be opened or used.
    """

    def __init__(
        self,
        place: Path | ChromaServer,
        name: str = "passages",
        facts: dict[str, str] | None = None,
    ) -> None:
        self._place = place
        self._name = name
        self._facts = facts or {}
        self._client = self._try(self._connect)
        self._collection = self._try(self._existing)

    def close(self) -> None:
        """Let go of the store."""
        self._client.close()
        # Chroma 1.5 leaves the connections to a server open.
        for client in (self._client, self._client._admin_client):
            if session := getattr(client._server, "_session", None):
                session.close()

    def drop(self) -> None:
        """Delete all of it from a server; an embedded store goes with its folder."""
        if isinstance(self._place, ChromaServer) and self._collection:
            self._try(self._client.delete_collection, self._name)
            self._collection = None

    def put(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        """Add or replace passages: `vectors` has a row for each."""
        if not passages:
            return
        if self._collection is None:
            self._collection = self._try(self._made, vectors.shape[1])
        for part in self._batches(len(passages)):
            self._try(
                self._collection.upsert,
                ids=[passage.id for passage in passages[part]],
                embeddings=vectors[part],
                metadatas=[
                    {
                        "article": passage.article.id,
                        "source": passage.article.source,
                        "day": day_number(passage.article.published),
                    }
                    for passage in passages[part]
                ],
            )

    def remove_articles(self, ids: Sequence[str]) -> None:
        """Remove all passages of articles."""
        if self._collection is None:
            return
        for part in self._batches(len(ids)):
            self._try(self._collection.delete, where={"article": {"$in": list(ids[part])}})

    def nearest(
        self, vector: NDArray[np.float32], k: int, query: Query | None = None
    ) -> dict[str, float]:
        """The passages nearest to a vector.

        Args:
            vector: the question's, shape (dimension,).
            k: how many passages at the most.
            query: only those that it may see; all, where none is given.

        Returns:
            Cosine similarity by passage key, best first.
        """
        if self._collection is None:
            return {}
        found = self._try(
            self._collection.query,
            query_embeddings=vector[None, :],
            n_results=k,
            where=_where(query) if query else None,
            include=["distances"],
        )
        distances = (found["distances"] or [[]])[0]
        return {
            key: 1.0 - distance for key, distance in zip(found["ids"][0], distances, strict=True)
        }

    def count(self) -> int:
        """How many passages are indexed."""
        return self._try(self._collection.count) if self._collection else 0

    def entries(self) -> Iterator[dict[str, tuple[dict[str, Any], NDArray[np.float32]]]]:
        """Everything in it, some thousands at a time: metadata and vector by passage key."""
        for start in range(0, self.count(), _PAGE):
            page = self._try(
                self._collection.get,
                limit=_PAGE,
                offset=start,
                include=["embeddings", "metadatas"],
            )
            made = zip(page["metadatas"], np.asarray(page["embeddings"]), strict=True)
            yield dict(zip(page["ids"], made, strict=True))

    def _connect(self) -> Any:
        if isinstance(self._place, ChromaServer):
            return self._place.connect()
        settings = Settings(anonymized_telemetry=False)
        return chromadb.PersistentClient(path=str(self._place), settings=settings)

    def _existing(self) -> Any:
        try:
            return self._client.get_collection(self._name, embedding_function=None)
        except NotFoundError:
            return None

    def _made(self, dimension: int) -> Any:
        return self._client.get_or_create_collection(
            self._name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
            metadata={**self._facts, "dimension": dimension},
        )

    def _try(self, call: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Call Chroma; a server that cannot be reached is asked again a few times."""
        for pause in (*_PAUSES, None):
            try:
                return call(*arguments, **named)
            except (httpx.TransportError, ValueError) as error:
                # Chroma's client says "Could not connect" with a ValueError.
                if not isinstance(self._place, ChromaServer):
                    raise self._broken(error) from error
                if pause is None:
                    raise ArchiveError(
                        f"The Chroma server at {self._place.url} does not answer: {error}. Start "
                        "it again and repeat the command: nothing is lost, and it goes on from "
                        "where it was."
                    ) from error
                time.sleep(pause)
            except ChromaError as error:
                raise self._broken(error) from error
        raise AssertionError("unreachable")

    def _broken(self, error: Exception) -> ArchiveError:
        where = self._place.url if isinstance(self._place, ChromaServer) else self._place
        return ArchiveError(
            f"The vector index in {where} cannot be used: {error}. "
            "Run `dateline rebuild`: no article is lost."
        )

    def _batches(self, count: int) -> Iterator[slice]:
        size = self._try(self._client.get_max_batch_size)
        return (slice(start, start + size) for start in range(0, count, size))


def overwrite_memory() -> None:
    """From now on, overwrite what memory held before it is used again, where the C library can.

    Chroma's index files hold stretches of memory that it was given and did not write to: in 3 of 25
    runs those had something of an article deleted before, and in none of 70 after this. Embedding
    then takes about a tenth longer, until the process ends.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if tune := getattr(library, "mallopt", None):  # glibc's, not musl's
        tune(_M_PERTURB, 0xFF)


def day_number(day: date | None) -> int:
    """A day as the store keeps it: its proleptic Gregorian ordinal; far in the past for none."""
    return day.toordinal() if day else _UNDATED


def _where(query: Query) -> Any:
    conditions: list[dict[str, Any]] = [{"day": {"$lte": day_number(query.last_day)}}]
    if query.since:
        conditions.append({"day": {"$gte": day_number(query.since)}})
    elif query.until:
        conditions.append({"day": {"$gt": _UNDATED}})
    if query.sources:
        conditions.append({"source": {"$in": list(query.sources)}})
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}
