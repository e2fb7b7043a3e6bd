"""An archive that another process has open, asked through that one's door.

The catalog is read directly: SQLite lets many processes read. What needs the indexes or the
embedding model, and all that writes, is done by the owner: a guest loads no model. When the owner
has gone, a guest inherits: it opens the archive itself, or becomes the guest of the next owner.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from index import errors
from index.archive import Archive, IngestReport, Progress, silent
from index.article import Passage
from index.catalog import Catalog
from index.check import Problem
from index.door import unpacked
from index.embed import Embedder, Vectors
from index.errors import ArchiveError, ArchiveLocked, DatelineError, ReadError
from index.lock import no_answer_from, owner
from index.query import Query
from index.read.source import DEFAULT_LIMIT

T = TypeVar("T")
P = ParamSpec("P")


class OwnerGone(ArchiveError):
    """The process that had the archive open has ended."""


def _inherited(method: Callable[Concatenate[Guest, P], T]) -> Callable[Concatenate[Guest, P], T]:
    """Ask the owner; once it has gone, the heir."""

    @functools.wraps(method)
    def ask(guest: Guest, /, *arguments: P.args, **named: P.kwargs) -> T:
        if guest.heir is None:
            try:
                return method(guest, *arguments, **named)
            except OwnerGone:
                guest.inherit()
        answer: T = getattr(guest.heir, method.__name__)(*arguments, **named)
        return answer

    return ask


class Guest(Archive):
    """An archive through its owner's door; the same to use as one's own.

    Args:
        folder: the archive's.
        catalog: its catalog.
        reopen: opens the archive anew, once its owner has gone.
    """

    def __init__(self, folder: Path, catalog: Catalog, reopen: Callable[[], Archive]) -> None:
        self._host = _Host(folder)
        super().__init__(folder, catalog, _HostsEmbedder(self))
        self._reopen = reopen
        self._inheriting = threading.Lock()
        self.heir: Archive | None = None

    def inherit(self) -> Archive:
        """Open the archive that the owner has left; what it opened once it stays with."""
        with self._inheriting:
            if self.heir is None:
                self.heir = self._reopen()
                self.embedder = self.heir.embedder
            return self.heir

    def call(self, name: str, on_progress: Callable[[Progress], None] = silent, **told: Any) -> Any:
        """What the owner answers; raises what it raised, or `OwnerGone`."""
        return self._host.call(name, on_progress, **told)

    def close(self) -> None:
        """Leave; again is no harm."""
        self._host.leave()
        self._catalog.close()
        if self.heir:
            self.heir.close()

    @_inherited
    def ingest(
        self,
        paths: Iterable[str | Path],
        on_progress: Callable[[Progress], None] = silent,
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
        report = self.call(
            "ingest",
            on_progress,
            paths=absolute,
            limit=limit,
            sync=sync,
            allow_private=allow_private,
        )
        failed = tuple(ReadError(path, reason) for path, reason in report.pop("failed"))
        return IngestReport(**report, failed=failed)

    @_inherited
    def delete(self, ids: Sequence[str]) -> int:
        """As `Archive.delete`, by the owner."""
        return int(self.call("delete", ids=list(ids)))

    @_inherited
    def rebuild(
        self,
        on_progress: Callable[[Progress], None] = silent,
        *,
        embedder: Embedder | None = None,
        erase: bool = False,
    ) -> None:
        """As `Archive.rebuild`, by the owner."""
        name = embedder.name if embedder else self.embedder.name
        self.call("rebuild", on_progress, embedder=name, erase=erase)

    @_inherited
    def check(self) -> list[Problem]:
        """As `Archive.check`, by the owner."""
        return [Problem(**problem) for problem in self.call("check")]

    @_inherited
    def search(self, query: Query, k: int = 10) -> list[Passage]:
        """As `Archive.search`: found by the owner, read from the catalog."""
        found = self.call("search", query=query.to_dict(), k=k)
        stored = self._catalog.stored([key for key, *_ in found])
        copies = {key: self.article(key) for *_, others in found for key in others}
        return [
            replace(
                stored[key].passage,
                score=score,
                similarity=similarity,
                copies=tuple(copy for other in others if (copy := copies[other])),
            )
            for key, score, similarity, others in found
            if key in stored
        ]

    @_inherited
    def rarity(self, stem: str) -> float:
        """As `Archive.rarity`, told by the owner."""
        return float(self.call("rarity", stem=stem))


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
            raise ArchiveLocked(no_answer_from(self._folder, self.owner)) from error

    def call(
        self, name: str, on_progress: Callable[[Progress], None] = silent, **arguments: Any
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
            raise OwnerGone(
                f"{self.owner} had the archive {self._folder} open, and has gone. "
                "Run the same command again: nothing that was read is lost."
            ) from error

    def leave(self) -> None:
        """Close the connection."""
        self._door.close()


class _HostsEmbedder:
    """The owner's embedding model; once the owner has gone, the heir's."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self.name: str = guest.call("hello")["embedder"]

    def _ask(self, name: str, **told: Any) -> Any:
        if self._guest.heir is None:
            try:
                return self._guest.call(name, **told)
            except OwnerGone:
                self._guest.inherit()
        assert self._guest.heir
        heirs = getattr(self._guest.heir.embedder, name)
        return heirs(**told) if callable(heirs) else heirs

    @property
    def window(self) -> int:
        """Tokens a text may have."""
        return int(self._ask("window"))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._ask("dimension"))

    def token_starts(self, text: str) -> list[int]:
        """The character offset at which each of the text's tokens starts."""
        return list(self._ask("token_starts", text=text))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector (float32) a document text: an array of shape (texts, dimension)."""
        return unpacked(self._ask("embed", texts=list(texts)))

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a question: shape (dimension,)."""
        return unpacked(self._ask("embed_query", text=text))
