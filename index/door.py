"""The owner's door: what other processes on this machine may ask of an open archive.

A socket that only this user can reach, opened with a secret that only this user can read. A call
is one JSON message, its answer another. Nothing is unpickled.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from typing import TYPE_CHECKING, Any

import numpy as np

from index.archive import Progress
from index.embed import Vectors
from index.errors import DatelineError, ReadError
from index.query import Query

if TYPE_CHECKING:
    from index.archive import Archive

Call = dict[str, Any]


class Door:
    """Answers guests, each in a thread of its own, until it is closed."""

    def __init__(self, archive: Archive, secret: bytes) -> None:
        self._archive = archive
        self._listener = Listener(authkey=secret)
        self._guests: set[Connection] = set()
        threading.Thread(target=self._welcome, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self._listener.address)

    def close(self) -> None:
        """Send the guests away, and let nobody in any more."""
        self._listener.close()
        for guest in list(self._guests):
            # Closing a connection that another thread reads from would break that thread.
            with suppress(OSError), socket.socket(fileno=os.dup(guest.fileno())) as end:
                end.shutdown(socket.SHUT_RDWR)

    def _welcome(self) -> None:
        while True:
            try:
                guest = self._listener.accept()
            except (AuthenticationError, EOFError, ConnectionError):
                continue  # somebody without the secret
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(guest,), daemon=True).start()

    def _serve(self, guest: Connection) -> None:
        self._guests.add(guest)
        with guest, suppress(EOFError, OSError):  # the guest has left, or was sent away
            while True:
                call = json.loads(guest.recv_bytes())
                try:
                    answer = getattr(self, f"_answer_{call.pop('call')}")(guest, **call)
                    _send(guest, answer=answer)
                except DatelineError as error:
                    _send(guest, error=[type(error).__name__, *_said(error)])
        self._guests.discard(guest)

    # What may be asked

    def _answer_hello(self, _: Connection) -> Any:
        return {"embedder": self._archive.embedder.name}

    def _answer_search(self, _: Connection, query: Call, k: int) -> Any:
        found = self._archive.search(Query.from_dict(query), k)
        return [
            [one.id, one.score, one.similarity, [copy.id for copy in one.copies]] for one in found
        ]

    def _answer_rarity(self, _: Connection, stem: str) -> Any:
        return self._archive.rarity(stem)

    def _answer_embed(self, _: Connection, texts: list[str]) -> Any:
        return _packed(self._archive.embedder.embed(texts))

    def _answer_embed_query(self, _: Connection, text: str) -> Any:
        return _packed(self._archive.embedder.embed_query(text))

    def _answer_window(self, _: Connection) -> Any:
        return self._archive.embedder.window

    def _answer_dimension(self, _: Connection) -> Any:
        return self._archive.embedder.dimension

    def _answer_token_starts(self, _: Connection, text: str) -> Any:
        return self._archive.embedder.token_starts(text)

    def _answer_ingest(self, guest: Connection, paths: list[str], **options: Any) -> Any:
        report = self._archive.ingest(paths, _telling(guest), **options)
        failed = [[error.path, error.reason] for error in report.failed]
        return {**report.__dict__, "failed": failed}

    def _answer_delete(self, _: Connection, ids: list[str]) -> Any:
        return self._archive.delete(ids)

    def _answer_rebuild(self, guest: Connection, embedder: str, erase: bool) -> Any:
        from index.embed import SentenceEmbedder

        own = self._archive.embedder
        chosen = own if embedder == own.name else SentenceEmbedder(embedder)
        return self._archive.rebuild(_telling(guest), embedder=chosen, erase=erase)

    def _answer_check(self, _: Connection) -> Any:
        return [asdict(problem) for problem in self._archive.check()]


def _packed(vectors: Vectors) -> Any:
    return [list(vectors.shape), base64.b64encode(vectors.astype("<f4").tobytes()).decode()]


def unpacked(packed: Any) -> Vectors:
    """Vectors as they came through the door; those that did not come through it as they are."""
    if isinstance(packed, np.ndarray):
        return packed
    shape, data = packed
    return np.frombuffer(base64.b64decode(data), "<f4").reshape(shape)


def _telling(guest: Connection) -> Callable[[Progress], None]:
    """Tell a guest of progress; the work goes on when the guest has left."""

    def tell(progress: Progress) -> None:
        with suppress(OSError):
            _send(guest, progress=asdict(progress))

    return tell


def _send(guest: Connection, **message: Any) -> None:
    guest.send_bytes(json.dumps(message, default=_plain).encode())


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} does not go through the door")


def _said(error: DatelineError) -> list[str]:
    return [error.path, error.reason] if isinstance(error, ReadError) else [str(error)]
