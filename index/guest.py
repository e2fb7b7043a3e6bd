"""An archive that another process has open, asked through that one's door.

The catalog is read directly: SQLite lets many processes read. What needs the indexes or the
embedding model, and all that writes, is done by the owner: a guest loads no model.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from index import errors
from index.archive import Archive, IngestReport, Progress
from index.article import Passage
from index.catalog import Catalog
from index.check import Problem
from index.door import unpacked
from index.embed import Embedder, Vectors
from index.errors import ArchiveError, ArchiveLocked, ArchiveMismatch, DatelineError, ReadError
from index.lock import owner
from index.query import Query
from index.read.source import DEFAULT_LIMIT


def _silent(_: Progress) -> None:
    """Report progress to nobody."""


class Guest(Archive):
    """An archive through its owner's door; the same to use as one's own."""

    def __init__(self, folder: Path, catalog: Catalog, host: _Host) -> None:
        super().__init__(folder, catalog, _HostsEmbedder(host))
        self._host = host

    @classmethod
    def of_owner(cls, folder: Path, embedder: str = "", catalog: str = "") -> Guest:
        """Become the guest of the process that has an archive open.

        Raises:
            ArchiveLocked: it does not answer.
            ArchiveMismatch: it has the archive open with another embedding model.
        """
        host = _Host(folder)
        guest = cls(folder, Catalog.at(folder, catalog), host)
        if embedder and guest.embedder.name != embedder:
            guest.close()
            raise ArchiveMismatch(
                f"{host.owner} has this archive open with embedder {guest.embedder.name!r}, not "
                f"{embedder!r}. Set the embedder back, or run `dateline rebuild`."
            )
        return guest

    def close(self) -> None:
        """Leave; again is no harm."""
        self._host.leave()
        self._catalog.close()

    def ingest(
        self,
        paths: Iterable[str | Path],
        on_progress: Callable[[Progress], None] = _silent,
        *,
        limit: int = DEFAULT_LIMIT,
        sync: bool = False,
        allow_private: bool = False,
    ) -> IngestReport:
        """As `Archive.ingest`, by the owner."""
        absolute = [
            str(path) if "://" in str(path) else str(Path(path).expanduser().absolute())
            for path in paths
        ]
        report = self._host.call(
            "ingest",
            on_progress,
            paths=absolute,
            limit=limit,
            sync=sync,
            allow_private=allow_private,
        )
        failed = tuple(ReadError(path, reason) for path, reason in report.pop("failed"))
        return IngestReport(**report, failed=failed)

    def delete(self, ids: Sequence[str]) -> int:
        """As `Archive.delete`, by the owner."""
        return int(self._host.call("delete", ids=list(ids)))

    def rebuild(
        self,
        on_progress: Callable[[Progress], None] = _silent,
        *,
        embedder: Embedder | None = None,
        erase: bool = False,
    ) -> None:
        """As `Archive.rebuild`, by the owner."""
        name = embedder.name if embedder else self.embedder.name
        self._host.call("rebuild", on_progress, embedder=name, erase=erase)

    def check(self) -> list[Problem]:
        """As `Archive.check`, by the owner."""
        return [Problem(**problem) for problem in self._host.call("check")]

    def search(self, query: Query, k: int = 10) -> list[Passage]:
        """As `Archive.search`: found by the owner, read from the catalog."""
        found = self._host.call("search", query=query.to_dict(), k=k)
        passages = self._catalog.passages([key for key, *_ in found])
        return [
            replace(passages[key], score=score, similarity=similarity)
            for key, score, similarity in found
            if key in passages
        ]

    def rarity(self, stem: str) -> float:
        """As `Archive.rarity`, told by the owner."""
        return float(self._host.call("rarity", stem=stem))


class _Host:
    """The owner of an archive, through its door; one call at a time."""

    def __init__(self, folder: Path) -> None:
        self.owner = owner(folder)
        self._folder = folder
        self._turn = threading.Lock()
        self._door = self._enter()

    def _enter(self) -> Connection:
        try:
            return Client(self.owner.address, authkey=bytes.fromhex(self.owner.secret))
        except (OSError, EOFError, AuthenticationError) as error:
            raise ArchiveLocked(
                f"The archive {self._folder} is open in another process ({self.owner}) that does "
                "not answer. Wait for it, or stop it first."
            ) from error

    def call(
        self, name: str, on_progress: Callable[[Progress], None] = _silent, **arguments: Any
    ) -> Any:
        """What the owner answers.

        Raises:
            DatelineError: whatever it raised.
            ArchiveError: it has gone.
        """
        with self._turn:
            message = self._exchange({"call": name, **arguments}, on_progress)
        if error := message.get("error"):
            kind, *said = error
            raise getattr(errors, kind, DatelineError)(*said)
        return message["answer"]

    def _exchange(
        self, call: dict[str, Any], on_progress: Callable[[Progress], None]
    ) -> dict[str, Any]:
        try:
            self._door.send_bytes(json.dumps(call).encode())
            while True:
                message: dict[str, Any] = json.loads(self._door.recv_bytes())
                if "progress" not in message:
                    return message
                on_progress(Progress(**message["progress"]))
        except (OSError, EOFError) as error:
            raise ArchiveError(
                f"{self.owner} had the archive {self._folder} open, and has gone. "
                "Run the same command again: nothing that was read is lost."
            ) from error

    def leave(self) -> None:
        """Close the connection."""
        self._door.close()


class _HostsEmbedder:
    """The owner's embedding model."""

    def __init__(self, host: _Host) -> None:
        self._host = host
        self.name: str = host.call("hello")["embedder"]

    @property
    def window(self) -> int:
        """Tokens a text may have."""
        return int(self._host.call("window")[0])

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._host.call("window")[1])

    def token_starts(self, text: str) -> list[int]:
        """The character offset at which each of the text's tokens starts."""
        return list(self._host.call("token_starts", text=text))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector (float32) a document text: an array of shape (texts, dimension)."""
        return unpacked(self._host.call("embed", texts=list(texts)))

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question: shape (dimension,)."""
        return unpacked(self._host.call("embed_query", text=text))
