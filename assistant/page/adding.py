"""Articles put into the archive from the page: uploaded files and web addresses, one by one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from assistant.desk import Assistant
from assistant.page.conversation import counted
from assistant.page.html import Html, tag
from index.archive import IngestReport, Progress
from index.errors import DatelineError, UsageError

# Uploads of one name are versions of one article: they are read from the same place, one at a time.
_FOLDER = "uploads"
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Added:
    """One file or address, and what has become of it.

    Attributes:
        name: as its user knows it.
        doing: what is being done with it, "" before and after.
        report: what came of it, once it has.
        error: why nothing did.
    """

    name: str
    doing: str = ""
    report: IngestReport | None = None
    error: str = ""


def files(desk: Assistant, paths: Sequence[str]) -> Iterator[tuple[Added, ...]]:
    """Put uploaded files in, and take them from where they were uploaded to.

    What is read goes on being read if nobody listens any more.

    Yields:
        All of the files, each time that something becomes of one.
    """
    return _each(desk, [Path(path).name for path in paths], paths)


def address(desk: Assistant, url: str) -> Iterator[tuple[Added, ...]]:
    """Put in the article at a web address, or those of a feed.

    Raises:
        UsageError: it is no web address.
    """
    url = url.strip()
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"‘{url}’ is not a web address: one begins with https:// or http://.")
    return _each(desk, [url], [None])


def report(added: Sequence[Added]) -> Html:
    """What has become of each file."""
    return tag(
        "ul.added", *(tag("li", tag("b", one.name, dir="auto"), *_outcome(one)) for one in added)
    )


def _outcome(one: Added) -> Iterator[Html]:
    if one.error:
        yield tag("span.doubt", f" {one.error}")
    elif one.report:
        done = {
            "added": one.report.added,
            "updated": one.report.updated,
            "already there": one.report.unchanged,
            "a copy of another": one.report.duplicates,
        }
        said = ", ".join(f"{counted(n, 'article')} {what}" for what, n in done.items() if n)
        yield tag("span", f" {said}" if said else "")
        for error in one.report.failed:
            yield tag("span.doubt", f" not read: {error.reason}")
    else:
        yield tag("span.doing", f" {one.doing}…" if one.doing else " waiting")


def _each(
    desk: Assistant, names: Sequence[str], uploads: Sequence[str | None]
) -> Iterator[tuple[Added, ...]]:
    news: SimpleQueue[Added | None] = SimpleQueue()

    def work() -> None:
        try:
            for name, upload in zip(names, uploads, strict=True):
                news.put(Added(name, "reading"))
                try:
                    news.put(Added(name, report=_ingest(desk, name, upload, news)))
                except (DatelineError, OSError) as error:
                    news.put(Added(name, error=str(error)))
        finally:
            news.put(None)

    threading.Thread(target=work, daemon=True).start()
    added = {name: Added(name) for name in names}
    while one := news.get():
        added[one.name] = one
        yield tuple(added.values())


def _ingest(
    desk: Assistant, name: str, upload: str | None, news: SimpleQueue[Added | None]
) -> IngestReport:
    def step(progress: Progress) -> None:
        of = f" of {progress.total:,}" if progress.total else ""
        news.put(Added(name, f"{progress.stage} {progress.done:,}{of}"))

    limit = desk.settings.max_file_mb * 2**20
    if upload is None:
        return desk.archive.ingest([name], step, limit=limit)
    with _one_at_a_time:
        folder = desk.archive.folder / _FOLDER
        folder.mkdir(exist_ok=True)
        path = Path(shutil.move(upload, folder / name))
        try:
            return desk.archive.ingest([path], step, limit=limit)
        finally:
            path.unlink()
