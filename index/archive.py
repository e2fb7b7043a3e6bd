"""A newsroom's archive: put articles in, find passages in it.

A folder holds one archive::

    catalog.db    articles, versions, passages and vectors: the truth
    index-1/      one generation of what is derived from it: vectors/ (Chroma), lexical/ (tantivy)
    lock          held by the one process that has the archive open
    owner.json    which process that is, and its door: other processes are its guests
"""

from __future__ import annotations

import errno
import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from index import chunk
from index.article import Article, Passage
from index.articles import Articles, require_archive
from index.catalog import FULL, Catalog, Recipe
from index.check import Problem, compare, problems_of, sound
from index.embed import BUNDLED, Embedder, SentenceEmbedder
from index.errors import (
    ArchiveError,
    ArchiveLocked,
    ArchiveMismatch,
    DatelineError,
    ReadError,
    UsageError,
)
from index.lock import Lock
from index.make import Maker
from index.query import Query
from index.rank import Counted, Ranker
from index.read import read, walk
from index.read.source import DEFAULT_LIMIT
from index.understand import understand

if TYPE_CHECKING:
    # Imported where they are used: a guest, and one who only reads the catalog, need no Chroma.
    from index.indexes import Indexes
    from index.retrieve import Retriever
    from index.vectors import ChromaServer

_log = logging.getLogger("dateline")

T = TypeVar("T")

# Articles taken through embedding and indexing together: a few seconds' work on two cores.
_BATCH = 48
# The same where nobody waits for it, but a question may: less than a second's work.
_SMALL_BATCH = 4
# Ids in one statement: databases have a limit.
_AT_ONCE = 5000
# Seconds given to a process that is just opening an archive, or leaving it.
_PATIENCE = 30.0


@dataclass(frozen=True)
class Progress:
    """How far an ingest has come.

    Attributes:
        stage: "reading" files into the catalog, or "indexing" what is new in it (or all of it).
        done: articles so far in this stage.
        total: articles of the stage, or None while that is not known.
        passages: passages indexed so far.
        seconds: since the stage began.
    """

    stage: str
    done: int
    total: int | None
    passages: int
    seconds: float

    @property
    def seconds_left(self) -> float | None:
        """At the stage's rate so far, or None where there is none yet."""
        if not self.total or not self.done:
            return None
        return self.seconds / self.done * (self.total - self.done)


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did.

    Attributes:
        added: articles that are new to the archive.
        updated: articles whose text or metadata changed.
        unchanged: articles the archive already held as they are.
        duplicates: of the added and updated, those that carry a report another article has too.
        removed: articles that were gone from the folders; None where that was not asked for.
        failed: what could not be read, each with its path and the reason.
        articles: articles in the archive now.
        passages: passages in the archive now.
        seconds: how long it took.
    """

    added: int
    updated: int
    unchanged: int
    duplicates: int
    failed: tuple[ReadError, ...]
    articles: int
    passages: int
    seconds: float
    removed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The report as `dateline ingest --json` prints it; `removed` only where it was asked."""
        removed = {} if self.removed is None else {"removed": self.removed}
        return removed | {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
            "failed": [{"path": error.path, "reason": error.reason} for error in self.failed],
            "articles": self.articles,
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
        }


def silent(_: Progress) -> None:
    """Report progress to nobody."""


class Archive(Articles):
    """An open archive; safe to share between threads. Close it, or use it in a `with`."""

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        embedder: Embedder,
        lock: Lock | None = None,
        server: ChromaServer | None = None,
        reranker: Ranker | None = None,
    ) -> None:
        super().__init__(catalog)
        self.folder = folder
        self.embedder = embedder
        self._lock = lock
        self._server = server
        self._reranker = reranker
        self._writing = threading.RLock()
        self._rebuilding = threading.Lock()

    @classmethod
    def open(
        cls,
        folder: str | Path,
        embedder: Embedder | None = None,
        *,
        create: bool = True,
        warm: bool = False,
        outdated: bool = False,
        server: ChromaServer | None = None,
        catalog: str = "",
        reranker: Ranker | None = None,
    ) -> Archive:
        """Open an archive: alone, or as a guest of the process that has it open already.

        Its lock is taken before anything else is touched. Indexes that are torn or gone are built
        anew from the catalog. What an interrupted ingest has left pending is finished meanwhile, in
        a thread of its own.

        Args:
            folder: the archive's folder.
            embedder: the embedding model; by default the one the archive was built with. Loaded
                when first needed.
            create: make the folder where it is missing.
            warm: load the embedding model at once, in a thread of its own.
            outdated: open it though it was built with another model or chunking, to rebuild it.
            server: the Chroma server that holds the vectors, if not the folder.
            catalog: the URL of the catalog's database, if not in the folder.
            reranker: puts the best passages in order again; the owner's holds for its guests.

        Raises:
            ArchiveLocked: another process has it open and does not answer.
            ArchiveMismatch: it was built with another model, chunking or version.
            ArchiveError: it is missing and not to be made, or damaged.
        """
        folder = Path(folder).expanduser().absolute()
        if not create:
            require_archive(folder, catalog)
        lock = Lock.take(folder)
        deadline = time.monotonic() + _PATIENCE
        while lock is None:
            try:
                return _as_guest(
                    folder,
                    embedder,
                    catalog,
                    lambda: cls.open(folder, server=server, catalog=catalog, reranker=reranker),
                )
            except ArchiveLocked:
                # Its owner may just be opening or leaving it.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
                lock = Lock.take(folder)
        opened = None
        try:
            found = Catalog.at(folder, catalog)
            made = found.recipe
            embedder = embedder or SentenceEmbedder(made.embedder if made else BUNDLED)
            opened = cls(folder, found, embedder, lock, server, reranker)
            opened._require(outdated)
            if warm and isinstance(embedder, SentenceEmbedder):
                # The model takes seconds to load, and nothing else needs the processor meanwhile.
                threading.Thread(target=embedder.warm, daemon=True).start()
            opened._open_indexes()
            if not outdated:
                opened._take_up()
            lock.receive(opened)
        except BaseException:
            if opened:
                opened._catalog.close()
            lock.release()
            raise
        return opened

    def close(self) -> None:
        """Let go of the archive; again is no harm. Waits for another thread's ingest to end."""
        with self._writing:
            if self._lock is None:
                return
            self._lock.send_away()
            self._indexes.close()
            self._catalog.close()
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def recipe(self) -> Recipe:
        """How this archive's passages are made now: its model's name, and the way of chunking."""
        return Recipe(self.embedder.name, chunk.CHUNKING)

    def _require(self, outdated: bool) -> None:
        made = self._catalog.recipe
        if made is None or (made != self.recipe and not self._catalog.count_articles()):
            self._catalog.make_with(self.recipe)
        elif made != self.recipe and not outdated:
            raise ArchiveMismatch(
                f"This archive was built with embedder {made.embedder!r} and chunking "
                f"{made.chunking!r}, not {self.recipe.embedder!r} and {self.recipe.chunking!r}. "
                "Set the embedder back, or run `dateline rebuild` to build the indexes anew."
            )

    def _open_indexes(self) -> None:
        """Open the indexes that answer; mend what a crash has left."""
        from index import indexes

        generation = self._catalog.generation
        building = self._catalog.building
        kept = {generation, building[0] if building else generation}
        for old in self.folder.glob("index-*"):
            if old.name not in {f"index-{number}" for number in kept}:
                shutil.rmtree(old, ignore_errors=True)
        self._building: Indexes | None = None
        if (
            not self._catalog.count_articles()
            or indexes.as_sealed(self._folder_of(generation))
            or sound(self.folder, self._catalog.url, self._server, generation)
        ):
            self._use(self._generation(generation))
        else:
            _log.warning(
                "The indexes in %s are damaged or gone: building them anew from the catalog.",
                self._folder_of(generation),
            )
            generation = self._catalog.begin(self.recipe)
            self._clear(generation)
            self._use(self._generation(generation))
            self._fill(silent, self._indexes, generation)
            self._catalog.switch(generation, self.recipe)
        self._forget_removed()

    def _take_up(self) -> None:
        """Finish what an interrupted ingest has left, in a thread of its own."""
        if left := len(self._catalog.pending_ids(self._catalog.generation)):
            _log.warning(
                "%d articles were read and not yet indexed when an ingest was interrupted: they "
                "are being indexed now, and will be found from then on.",
                left,
            )
            threading.Thread(target=self._finish, daemon=True).start()

    def _finish(self) -> None:
        try:
            if isinstance(self.embedder, SentenceEmbedder):
                self.embedder.warm()  # while nobody waits for this thread
            self._fill(silent, at_once=_SMALL_BATCH)
        except DatelineError as error:
            if self._lock:
                _log.warning("Indexing what was left is interrupted again: %s", error)

    def _use(self, opened: Indexes) -> None:
        from index.retrieve import Retriever

        self._indexes = opened
        ranker = Counted(opened.lexical.rarity)
        self._retriever = Retriever(self._catalog, opened, self.embedder, ranker, self._reranker)

    def _clear(self, generation: int) -> None:
        self._catalog.unmark(generation)
        shutil.rmtree(self._folder_of(generation), ignore_errors=True)

    def _folder_of(self, generation: int) -> Path:
        from index.indexes import generation_folder

        return generation_folder(self.folder, generation)

    def _generation(self, number: int) -> Indexes:
        from index.indexes import open_generation

        return open_generation(self.folder, self._catalog, number, self._server)

    # Putting articles in, and taking them out

    def ingest(
        self,
        paths: Iterable[str | Path],
        on_progress: Callable[[Progress], None] = silent,
        *,
        limit: int = DEFAULT_LIMIT,
        sync: bool = False,
        allow_private: bool = False,
    ) -> IngestReport:
        """Read files, folders and web addresses into the archive and index what is new.

        Safe to repeat. An interrupted ingest is taken up by the next one, whatever it is asked to
        read.

        Args:
            paths: files, folders, addresses of pages and feeds.
            on_progress: told of each step, from this thread.
            limit: the most bytes of one document.
            sync: also remove articles that were read from these folders and are gone from them.
            allow_private: also read from addresses of this machine and its network.

        Raises:
            ArchiveError: the disk is full, or the Chroma server has gone: what was read is kept.
        """
        start = time.monotonic()
        paths = list(paths)
        failed: list[ReadError] = []
        counts: Counter[str] = Counter()
        seen: set[str] = set()
        removed = None
        with self._writing, _stored(self.folder):
            articles = self._readable(paths, limit, allow_private, failed)
            for batch in _batches(articles, _BATCH):
                outcome = self._catalog.put(batch)
                counts.update(outcome.values())
                seen.update(outcome)
                new = [key for key, what in outcome.items() if what != "unchanged"]
                counts["duplicates"] += len(self._catalog.copied(new))
                counts["read"] += len(batch)
                on_progress(Progress("reading", counts["read"], None, 0, time.monotonic() - start))
            if sync:
                removed = self.delete(self._gone(paths, seen, failed))
        self._fill(on_progress)
        return IngestReport(
            added=counts["added"],
            updated=counts["updated"],
            unchanged=counts["unchanged"],
            duplicates=counts["duplicates"],
            removed=removed,
            failed=tuple(failed),
            articles=self._catalog.count_articles(),
            passages=self._catalog.count_passages(),
            seconds=time.monotonic() - start,
        )

    @staticmethod
    def _readable(
        paths: Iterable[str | Path], limit: int, allow_private: bool, failed: list[ReadError]
    ) -> Iterator[Article]:
        for path in walk(paths):
            found = (
                [path]
                if isinstance(path, ReadError)
                else read(path, limit=limit, allow_private=allow_private)
            )
            for article in found:
                if isinstance(article, ReadError):
                    failed.append(article)
                else:
                    yield article

    def _gone(
        self, paths: Sequence[str | Path], seen: set[str], failed: Sequence[ReadError]
    ) -> list[str]:
        """Articles read from these folders earlier and not now; not those of a file that failed."""
        roots = [Path(path).expanduser().absolute() for path in paths if "://" not in str(path)]
        unread = [Path(error.path.partition(":line ")[0]).absolute() for error in failed]
        gone = []
        for article_id, stored in self._catalog.paths().items():
            path = Path(stored.rpartition("#")[0] or stored)
            path = path if path.exists() else Path(stored)
            ours = any(path.is_relative_to(root) for root in roots)
            failing = any(path.is_relative_to(other) for other in unread)
            if ours and article_id not in seen and not failing:
                gone.append(article_id)
        return gone

    def delete(self, ids: Sequence[str]) -> int:
        """Delete articles from the catalog and the indexes, at once.

        Returns:
            How many of them there were.
        """
        gone = 0
        with self._writing, _stored(self.folder):
            for part in _batches(iter(ids), _AT_ONCE):
                gone += len(self._catalog.delete(part))
                self._forget_removed()
        return gone

    def _forget_removed(self) -> None:
        if removed := self._catalog.removed():
            begun = self._catalog.building
            if begun and not self._building:
                self._clear(begun[0])  # half built and left: it would keep what is removed
            for opened in (self._indexes, self._building):
                if opened:
                    opened.remove_articles(removed)
                    opened.commit()
            self._catalog.forget(removed)

    def rebuild(
        self,
        on_progress: Callable[[Progress], None] = silent,
        *,
        embedder: Embedder | None = None,
        erase: bool = False,
    ) -> None:
        """Build the indexes anew from the catalog, and let them answer when they are whole.

        Meanwhile the old ones answer. Passages and vectors are taken from the catalog, unless the
        model or the chunking is another: then they are made anew. Interrupted, the next rebuild
        goes on from where it was.

        Args:
            on_progress: told of each step, from this thread.
            embedder: the model to build with; by default the archive's own.
            erase: overwrite in the archive's files what was deleted from it.

        Raises:
            ArchiveError: the disk is full, or the server has gone: the old ones still answer.
        """
        from index import indexes
        from index.vectors import overwrite_memory

        embedder = embedder or self.embedder
        recipe = Recipe(embedder.name, chunk.CHUNKING)
        if erase:
            overwrite_memory()
        with self._rebuilding, _stored(self.folder):
            generation = self._catalog.begin(recipe)
            with self._writing:
                if not indexes.as_sealed(self._folder_of(generation)):
                    self._clear(generation)
                self._building = building = self._generation(generation)
            try:
                self._fill(on_progress, building, generation, embedder)
                with self._writing:
                    self._fill(on_progress, building, generation, embedder)
                    self._catalog.switch(generation, recipe)
                    old, self.embedder, self._building = self._indexes, embedder, None
                    self._use(building)
            except BaseException:
                self._building = None
                building.close()  # and the next rebuild goes on with it
                raise
            old.drop()
            if erase:
                self._catalog.erase()

    def _fill(
        self,
        on_progress: Callable[[Progress], None],
        into: Indexes | None = None,
        generation: int | None = None,
        embedder: Embedder | None = None,
        at_once: int = _BATCH,
    ) -> None:
        """Bring what is pending in a generation into its indexes, by default the answering one."""
        start = time.monotonic()
        done = passages = 0
        while True:
            with self._writing, _stored(self.folder):
                if not self._lock:
                    raise ArchiveError("The archive was closed: its next opening goes on.")
                number = generation or self._catalog.generation
                if not (batch := self._catalog.pending(number, at_once)):
                    return
                total = done + len(self._catalog.pending_ids(number))
                maker = Maker(self._catalog, embedder or self.embedder)
                passages += maker.index(batch, into or self._indexes)
                self._catalog.mark_indexed(number, [article.id for article in batch])
            done += len(batch)
            seconds = time.monotonic() - start
            on_progress(Progress("indexing", done, total, passages, seconds))

    def cut(self, article: Article) -> list[tuple[int, int]]:
        """Where the passages of an article start and end: they tile its body."""
        return Maker(self._catalog, self.embedder).cut(article)

    def check(self) -> list[Problem]:
        """What is wrong with the open archive: its catalog, and its indexes against it."""
        with self._writing, self._indexes.in_use() as opened:
            return [*problems_of(self._catalog), *compare(self._catalog, opened)]

    # Finding passages

    def search(self, query: Query, k: int = 10) -> list[Passage]:
        """The k passages that match a query best, best first."""
        while True:
            retriever = self._retriever
            with retriever.indexes.in_use():
                if retriever is self._retriever:
                    return retriever.search(query, k)

    def query(
        self,
        text: str,
        *,
        as_of: date | None = None,
        published: tuple[date | None, date | None] = (None, None),
        sources: Sequence[str] = (),
        ignore: Sequence[str] = (),
    ) -> Query:
        """Make a query of a question and filters, the outlets by the names the archive has.

        What the question's own words say of days, outlets and phrases is understood, too; not
        those of its words that are to be ignored.

        Raises:
            UsageError: the question is empty, the days are in the wrong order, or the archive has
                no article of an outlet.
        """
        if not text.strip():
            raise UsageError("The question is empty: ask one.")
        since, until = published
        if since and until and since > until:
            raise UsageError(f"No day is both since {since} and until {until}: swap them.")
        known = {name.casefold(): name for name in self._catalog.sources() if name}
        missing = [name for name in sources if name.strip().casefold() not in known]
        if missing:
            raise UsageError(
                f"The archive has no article from {', '.join(missing)}. "
                f"Its outlets: {', '.join(sorted(known.values())) or 'none'}."
            )
        names = tuple(known[name.strip().casefold()] for name in sources)
        query = Query(text.strip(), as_of or date.today(), since, until, names)
        return understand(query, known.values(), ignore)

    @property
    def retriever(self) -> Retriever:
        """What `search` asks: to measure its parts. Not of a guest."""
        return self._retriever

    def rarity(self, stem: str) -> float:
        """How much a stemmed word tells in this archive: its inverse document frequency."""
        return self._indexes.lexical.rarity(stem)


def check(
    folder: str | Path, *, server: ChromaServer | None = None, catalog: str = ""
) -> list[Problem]:
    """What is wrong with an archive that need not be open: its files, too. Nothing is mended.

    Raises:
        ArchiveError: there is no archive, or its catalog cannot be opened at all.
    """
    from index import indexes

    folder = Path(folder).expanduser().absolute()
    require_archive(folder, catalog)
    lock = Lock.take(folder)
    if lock is None:
        with Archive.open(folder, server=server, catalog=catalog) as guest:
            return guest.check()
    found = Catalog.at(folder, catalog)
    try:
        generation = found.generation
        derived = indexes.generation_folder(folder, generation)
        sealed = indexes.is_sealed(derived)
        problems = [
            Problem("files", f"{name} is not as it was left") for name in indexes.changed(derived)
        ]
        if found.count_articles() and not (sealed or sound(folder, catalog, server, generation)):
            problems.append(Problem("files", f"the indexes in {derived} are gone or damaged"))
        if problems:
            return [*problems_of(found), *problems]
        opened = indexes.open_generation(folder, found, generation, server)
        problems = [*problems_of(found), *compare(found, opened)]
        opened.close()
        return problems
    finally:
        found.close()
        lock.release()


def sample_articles() -> Path:
    """The folder of the sample archive's articles, as installed."""
    return Path(str(resources.files("index") / "sample"))


def _as_guest(
    folder: Path, embedder: Embedder | None, catalog: str, reopen: Callable[[], Archive]
) -> Archive:
    from index.guest import Guest

    guest = Guest(folder, Catalog.at(folder, catalog), reopen)
    if embedder and guest.embedder.name != embedder.name:
        guest.close()
        raise ArchiveMismatch(
            f"Another process has this archive open with embedder {guest.embedder.name!r}, not "
            f"{embedder.name!r}. Set the embedder back, or run `dateline rebuild`."
        )
    return guest


@contextmanager
def _stored(folder: Path) -> Iterator[None]:
    """Turn a full or failing disk into an `ArchiveError`."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ArchiveError(FULL.format(folder)) from error
        raise ArchiveError(
            f"The archive {folder} could not be written to: {error}. Mend that and run the same "
            "command again: what was read is kept, and it goes on from there."
        ) from error


def _batches(things: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(things, size)):
        yield batch
