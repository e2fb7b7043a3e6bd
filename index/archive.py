"""A newsroom's archive: put articles in, find passages in it.

A folder holds one archive::

    catalog.db    articles, passages and vectors: the truth
    vectors/      Chroma, derived
    lexical/      tantivy, derived
    lock          held by the one process that has the archive open
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import filelock

from index import chunk
from index.article import Article, Passage
from index.catalog import PENDING, Catalog
from index.embed import Embedder, SentenceEmbedder
from index.errors import ArchiveError, ArchiveLocked, ReadError, UsageError
from index.lexical import LexicalIndex
from index.query import Query
from index.read import read, walk
from index.read.source import DEFAULT_LIMIT
from index.retrieve import Retriever
from index.vectors import VectorIndex

# Articles taken through embedding and indexing together: a few seconds' work on two cores.
_BATCH = 48
# Of a passage's window, what its heading (the article's title) may take.
_HEADING_SHARE = 4
# Tokenizers that look across white space may count a passage differently within its article.
_SLACK = 2


@dataclass(frozen=True)
class Progress:
    """How far an ingest has come.

    Attributes:
        stage: "reading" files into the catalog, or "indexing" what is new in it.
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
        duplicates: of the added and updated, those whose text another article has too.
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

    def to_dict(self) -> dict[str, Any]:
        """The report as `dateline ingest --json` prints it."""
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
            "failed": [{"path": error.path, "reason": error.reason} for error in self.failed],
            "articles": self.articles,
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
        }


def _silent(_: Progress) -> None:
    """Report progress to nobody."""


class Archive:
    """An open archive; safe to share between threads. Close it, or use it in a `with`."""

    def __init__(self, folder: Path, embedder: Embedder, lock: filelock.BaseFileLock) -> None:
        self.folder = folder
        self.embedder = embedder
        self._lock = lock
        self._writing = threading.Lock()
        facts = {"embedder": embedder.name, "chunking": chunk.CHUNKING}
        self._catalog = Catalog.at(folder)
        self._catalog.require(facts)
        self._vectors = VectorIndex(folder / "vectors", facts)
        self._lexical = LexicalIndex(folder / "lexical")
        self._retriever = Retriever(self._catalog, self._vectors, self._lexical, embedder)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        embedder: Embedder | None = None,
        *,
        create: bool = True,
    ) -> Self:
        """Open an archive, alone: its lock is taken before anything else is touched.

        Args:
            folder: the archive's folder.
            embedder: the embedding model; the bundled one by default. Loaded when first needed.
            create: make the folder where it is missing.

        Raises:
            ArchiveLocked: another process has it open.
            ArchiveMismatch: it was built with another model, chunking or version.
            ArchiveError: it is missing and not to be made, or damaged.
        """
        folder = Path(folder).expanduser().absolute()
        if not exists(folder) and not create:
            raise ArchiveError(
                f"There is no archive in {folder}. `dateline ingest PATH` makes one of your "
                "articles; `dateline ingest --sample` makes one of the sample articles."
            )
        lock = _take_lock(folder)
        try:
            return cls(folder, embedder or SentenceEmbedder(), lock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Let go of the archive; again is no harm. Waits for another thread's ingest to end."""
        with self._writing:
            if not self._lock.is_locked:
                return
            self._lexical.close()
            self._vectors.close()
            self._catalog.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Putting articles in

    def ingest(
        self,
        paths: Iterable[str | Path],
        on_progress: Callable[[Progress], None] = _silent,
        *,
        limit: int = DEFAULT_LIMIT,
    ) -> IngestReport:
        """Read files and folders into the archive and index what is new; safe to repeat.

        An interrupted ingest is taken up by the next one, whatever it is asked to read.

        Args:
            paths: files and folders.
            on_progress: told of each step, from this thread.
            limit: the most bytes of one document.
        """
        start = time.monotonic()
        failed: list[ReadError] = []
        counts: Counter[str] = Counter()
        with self._writing:
            done = 0
            for batch in _batches(self._readable(paths, limit, failed), _BATCH):
                outcome = self._catalog.put(batch)
                counts.update(outcome.values())
                counts["duplicates"] += sum(
                    bool(self._catalog.copies(article))
                    for article in {article.id: article for article in batch}.values()
                    if outcome[article.id] != "unchanged"
                )
                done += len(batch)
                on_progress(Progress("reading", done, None, 0, time.monotonic() - start))
            self._index_pending(on_progress)
        return IngestReport(
            added=counts["added"],
            updated=counts["updated"],
            unchanged=counts["unchanged"],
            duplicates=counts["duplicates"],
            failed=tuple(failed),
            articles=self._catalog.count_articles(),
            passages=self._catalog.count_passages(),
            seconds=time.monotonic() - start,
        )

    @staticmethod
    def _readable(
        paths: Iterable[str | Path], limit: int, failed: list[ReadError]
    ) -> Iterator[Article]:
        for path in walk(paths):
            for article in [path] if isinstance(path, ReadError) else read(path, limit=limit):
                if isinstance(article, ReadError):
                    failed.append(article)
                else:
                    yield article

    def _index_pending(self, on_progress: Callable[[Progress], None]) -> None:
        start = time.monotonic()
        total = self._catalog.count_articles(state=PENDING)
        done = passages = 0
        while batch := self._catalog.pending(_BATCH):
            passages += self._index(batch)
            done += len(batch)
            seconds = time.monotonic() - start
            on_progress(Progress("indexing", done, total, passages, seconds))

    def _index(self, articles: Sequence[Article]) -> int:
        passages: list[Passage] = []
        headed: list[str] = []
        for article in articles:
            heading, _ = self._heading(article)
            for start, end in self.cut(article):
                passages.append(Passage(article, start, end))
                headed.append(f"{heading}\n{article.body[start:end].strip()}")
        vectors = self.embedder.embed(headed)
        first = 0
        for article in articles:
            spans = [(p.start, p.end) for p in passages if p.article is article]
            self._catalog.put_passages(article, spans, vectors[first : first + len(spans)])
            first += len(spans)
        ids = [article.id for article in articles]
        self._vectors.remove_articles(ids)
        self._vectors.put(passages, vectors)
        self._lexical.remove_articles(ids)
        self._lexical.put(passages)
        self._lexical.commit()
        self._catalog.mark_indexed(ids)
        return len(passages)

    def cut(self, article: Article) -> list[tuple[int, int]]:
        """Where the passages of an article start and end: they tile its body."""
        _, room = self._heading(article)
        return chunk.passages(article.body, self.embedder.token_starts, room)

    def _heading(self, article: Article) -> tuple[str, int]:
        """What is embedded before each of an article's passages, and the tokens left for them."""
        window = self.embedder.window - _SLACK
        starts = self.embedder.token_starts(article.title)
        most = window // _HEADING_SHARE
        heading = article.title[: starts[most]] if len(starts) > most else article.title
        return heading, window - min(len(starts), most)

    # Finding passages

    def search(self, query: Query, k: int = 10) -> list[Passage]:
        """The k passages that match a query best, best first."""
        return self._retriever.search(query, k)

    def query(
        self,
        text: str,
        *,
        as_of: date | None = None,
        published: tuple[date | None, date | None] = (None, None),
        sources: Sequence[str] = (),
    ) -> Query:
        """Make a query of a question and filters, the outlets by the names the archive has.

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
        return Query(text.strip(), as_of or date.today(), since, until, names)

    def rarity(self, stem: str) -> float:
        """How much a stemmed word tells in this archive: its inverse document frequency."""
        return self._lexical.rarity(stem)

    # What is in it

    def article(self, article_id: str) -> Article | None:
        """The article with an id, or None."""
        return self._catalog.article(article_id)

    def articles(
        self,
        *,
        sources: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
    ) -> list[Article]:
        """Articles by outlet and days (both inclusive), newest first."""
        return self._catalog.articles(sources=sources, since=since, until=until, limit=limit)

    def holdings(self, query: Query | None = None) -> Holdings:
        """How much the archive holds; with a query, of what that query may see."""
        first, last = self._catalog.days()
        if query is None:
            return Holdings(self._catalog.count_articles(), first, last, self._catalog.sources())
        until = query.last_day if query.until or (last and last > query.as_of) else None
        count = self._catalog.count_articles(sources=query.sources, since=query.since, until=until)
        days = [day for day in (first, query.since) if day], [d for d in (last, until) if d]
        return Holdings(count, max(days[0], default=None), min(days[1], default=None), {})


@dataclass(frozen=True)
class Holdings:
    """How much an archive holds.

    Attributes:
        articles: how many articles.
        first: the first day of publication, None if no article has one.
        last: the last day of publication, None if no article has one.
        sources: the outlets with their numbers of articles, most first.
    """

    articles: int
    first: date | None
    last: date | None
    sources: dict[str, int] = field(default_factory=dict)


def exists(folder: str | Path) -> bool:
    """Whether there is an archive in a folder."""
    return (Path(folder).expanduser() / "catalog.db").is_file()


def holdings(folder: str | Path) -> Holdings:
    """How much an archive holds, without opening its indexes: works while another process has it.

    Raises:
        ArchiveError: its catalog cannot be read.
    """
    if not exists(folder):
        return Holdings(0, None, None)
    catalog = Catalog.at(Path(folder).expanduser())
    try:
        return Holdings(catalog.count_articles(), *catalog.days(), catalog.sources())
    finally:
        catalog.close()


def sample_articles() -> Path:
    """The folder of the sample archive's articles, as installed."""
    return Path(str(resources.files("index") / "sample"))


def _take_lock(folder: Path) -> filelock.BaseFileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / "lock", blocking=False, thread_local=False)
        lock.acquire()
    except filelock.Timeout:
        raise ArchiveLocked(
            f"The archive {folder} is open in another process ({_owner(folder)}). Only one at a "
            "time can have it open: ask there, or stop it first."
        ) from None
    except OSError as error:
        raise ArchiveError(
            f"The archive {folder} cannot be used: {error.strerror or error}. "
            "Choose a folder that can be written to, with --archive or DATELINE_ARCHIVE."
        ) from error
    owner = {"pid": os.getpid(), "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])}
    (folder / "owner.json").write_text(json.dumps(owner), encoding="utf-8")
    return lock


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / "owner.json").read_text(encoding="utf-8"))
        return f"process {owner['pid']}, `{owner['command'].strip()}`"
    except (OSError, ValueError, KeyError):
        return "which did not say its name"


def _batches(articles: Iterator[Article], size: int) -> Iterator[list[Article]]:
    while batch := list(islice(articles, size)):
        yield batch
