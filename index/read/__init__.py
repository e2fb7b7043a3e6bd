"""Files, folders and web addresses in, articles out; what cannot be read is told, each by itself.

One module a kind of file: `text` (wire text, Markdown and front matter), `html`, `records` (JSON
and JSON Lines) and `pdf`; `web` fetches pages and feeds; `fields` holds what they share: field
names, dates, and the tidying of a body. A file's kind is decided by its first bytes, and by its
name where bytes do not tell.
"""

from __future__ import annotations

import importlib
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.article import Article
from index.errors import ReadError
from index.read.source import COMPRESSED, DEFAULT_LIMIT, Source, written

_READERS = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".markdown": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".json": "records",
    ".jsonl": "records",
    ".ndjson": "records",
    ".pdf": "pdf",
}
_MAGIC = {
    b"%PDF-": "pdf",
    b"<!doctype html": "html",
    b"<html": "html",
}
_NOT_ARTICLES = {
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"PK\x03\x04": "a zip or office file: save it as text, HTML or PDF first",
    b"\xd0\xcf\x11\xe0": "an old office file: save it as text, HTML or PDF first",
    b"\x7fELF": "a program",
}

_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")

# Of a file with a fault in every line, enough is told with these.
_MOST_ERRORS = 100

KINDS = tuple(_READERS)


def walk(paths: Iterable[str | Path]) -> Iterator[Path | str | ReadError]:
    """Every file under the given files and folders, in name order, each once; addresses as given.

    Symbolic links are followed, and a loop of them ends. Hidden files are left out of folders. A
    path that does not exist, or a folder that may not be listed, comes as a `ReadError`.
    """
    seen: set[tuple[int, int]] = set()
    for given in paths:
        if is_address(given):
            yield written(given)
            continue
        try:
            path = Path(given).expanduser()
            if path.is_dir():
                yield from _walk_folder(path, seen)
            elif _first_time(path, seen):
                yield path
        except (OSError, RuntimeError, ValueError) as error:
            yield _cannot(given, error)


def _walk_folder(top: Path, seen: set[tuple[int, int]]) -> Iterator[Path | ReadError]:
    folders = [top]
    while folders:
        folder = folders.pop()
        below = []
        try:
            if not _first_time(folder, seen):
                continue
            paths = sorted(folder.iterdir())
        except OSError as error:
            yield _cannot(folder, error)
            continue
        for path in paths:
            if path.name.startswith("."):
                continue
            try:
                if path.is_dir():
                    below.append(path)
                elif _first_time(path, seen):
                    yield path
            except OSError as error:
                yield _cannot(path, error)
        folders += reversed(below)


def is_address(path: str | Path) -> bool:
    """Whether what was given is an address on the web, of whatever scheme, and not a file."""
    return isinstance(path, str) and _SCHEME.match(path) is not None


def _first_time(path: Path, seen: set[tuple[int, int]]) -> bool:
    status = path.stat()
    key = (status.st_dev, status.st_ino)
    if key in seen:
        return False
    seen.add(key)
    return True


def _cannot(path: str | Path, error: Exception) -> ReadError:
    """Why a path leads to no file."""
    if isinstance(error, FileNotFoundError):
        link = Path(path).is_symlink()
        reason = "a link that leads nowhere" if link else "no such file or folder"
    elif isinstance(error, OSError):
        reason = f"cannot be read: {error.strerror}"
    else:
        reason = f"no such file can be: {error}"
    return ReadError(written(path), reason)


def read(
    path: str | Path, *, limit: int = DEFAULT_LIMIT, allow_private: bool = False
) -> Iterator[Article | ReadError]:
    """Read the articles of one file, page or feed; a `ReadError` stands for what cannot be read.

    Args:
        path: the file; its own name decides the kind only where its first bytes do not. Or the
            http or https address of a page or an RSS or Atom feed.
        limit: the most bytes of a document, or of one line of JSON Lines, after decompression.
        allow_private: read addresses on this machine and its own network too.

    Yields:
        The articles; a `ReadError` for the whole, or for each line or entry that fails.
    """
    if is_address(path):
        from index.read import web

        try:
            yield from web.read(str(path), limit=limit, allow_private=allow_private)
        except ReadError as error:
            yield error
        return
    source = Source(Path(path), limit)
    errors = articles = 0
    for found in _read_file(source):
        errors += isinstance(found, ReadError)
        articles += isinstance(found, Article)
        if errors <= _MOST_ERRORS or isinstance(found, Article):
            yield found
    if not errors + articles:
        yield source.error("there is no article in it")
    if errors > _MOST_ERRORS:
        yield source.error(f"and {errors - _MOST_ERRORS:,} more faults like these")


def _read_file(source: Source) -> Iterator[Article | ReadError]:
    try:
        if not stat.S_ISREG(source.path.stat().st_mode):
            yield source.error("not a file that can be read to its end, but a pipe or a device")
            return
        head = source.head()
        if not head.strip():
            yield source.error("the file is empty")
            return
        reader = _reader(source, head)
        if isinstance(reader, ReadError):
            yield reader
            return
        # Each brings its library, and most runs need one or none of them.
        yield from importlib.import_module(f"index.read.{reader}").read(source)
    except ReadError as error:
        yield error
    except OSError as error:
        yield _cannot(source.path, error)


def _reader(source: Source, head: bytes) -> str | ReadError:
    """The module that reads such a file, by name."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, kind in _NOT_ARTICLES.items():
        if start.startswith(magic):
            return source.error(f"not an article: {kind}")
    for magic, reader in _MAGIC.items():
        if start[: len(magic)].lower() == magic.lower():
            return reader
    suffix = source.suffix
    if suffix in _READERS:
        return _READERS[suffix]
    if suffix and suffix not in COMPRESSED and not source.named_as_text():
        return source.error(
            f"unknown kind of file ({suffix}): Dateline reads {', '.join(_READERS)}, "
            "and these as .gz or .xz"
        )
    return "records" if start[:1] in (b"{", b"[") else "text"


__all__ = ["KINDS", "is_address", "read", "walk"]
