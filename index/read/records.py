"""JSON and JSON Lines: one record an article, under the field names people use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from index.article import FORMAT, Article
from index.errors import ReadError
from index.read import fields, html
from index.read.source import Source, clean, decode

_MARKUP = re.compile(r"</p>|<br\b|</div>", re.IGNORECASE)
_MOST_VALUES = 5_000_000
_CONTAINERS = ("articles", "data", "results", "items", "documents", "stories", "hits", "response")


def read(source: Source) -> Iterator[Article | ReadError]:
    """Read a JSON document (a record, a list, or an object holding a list) or JSON Lines."""
    if source.suffix in (".jsonl", ".ndjson"):
        yield from _read_lines(source)
        return
    try:
        document = _load(source.text(), source)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            yield from _read_lines(source)  # JSON Lines under the name .json
            return
        raise source.error(_why(error)) from error
    if isinstance(document, dict) and fields.body_of(document) is not None:
        yield _article(document, source, lambda _: "")
        return
    records = _records(document)
    if records is None:
        names = ", ".join(fields.BODY[:3])
        raise source.error(f"no article in the JSON: none of {names} is there as text")
    for number, record in enumerate(records, 1):
        yield _article_or_error(record, source, f"record {number}")


def _records(document: Any) -> list[Any] | None:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        named = (_records(document.get(name)) for name in _CONTAINERS)
        return next((records for records in named if records is not None), None)
    return None


def _read_lines(source: Source) -> Iterator[Article | ReadError]:
    for number, line in source.lines():
        where = f"line {number}"
        if not line.strip():
            continue
        if len(line) > source.limit:
            yield source.error(f"{where}: longer than {source.limit / 2**20:.0f} MB")
            continue
        try:
            record = _load(decode(line, source), source)
        except (ValueError, RecursionError) as error:
            yield source.error(f"{where}: {_why(error)}")
        except ReadError as error:
            yield source.error(f"{where}: {error.reason}")
        else:
            yield _article_or_error(record, source, where)


def _load(text: str, source: Source) -> Any:
    # An empty list is 3 bytes here and 64 in memory.
    values = sum(text.count(mark) for mark in ",[{")
    if values > _MOST_VALUES:
        raise source.error(f"more than {_MOST_VALUES:,} values in one document: split it")
    return json.loads(text)


def _article_or_error(record: Any, source: Source, where: str) -> Article | ReadError:
    if not isinstance(record, dict):
        return source.error(f"{where}: not an object with fields")
    if isinstance(hit := record.get("_source"), dict):  # as Elasticsearch wraps each
        record = {**hit, "_id": record.get("_id")}
    try:
        return _article(record, source, _key)
    except ReadError as error:
        return source.error(f"{where}: {error.reason}")


def _article(
    record: dict[str, Any], source: Source, key: Callable[[dict[str, Any]], str]
) -> Article:
    if record.get("format") == FORMAT:
        return _exported(record, source)
    body = fields.body_of(record)
    if body is None:
        raise source.error(f"no text under any of {', '.join(fields.BODY[:3])}")
    if _MARKUP.search(body):
        # An article too short to be told from a menu is kept as it stands.
        with suppress(ReadError):
            body, _ = html.extract(html.page_of(body), source)
    return fields.article(body, record, source, key=key(record))


def _exported(record: dict[str, Any], source: Source) -> Article:
    """An article as `dateline articles export` wrote it, nothing of it changed."""
    try:
        json.dumps(record, ensure_ascii=False).encode()  # a lone surrogate could not be stored
        article = Article.from_record(record)
    except (ValueError, TypeError, RecursionError) as error:
        raise source.error(f"not an article as Dateline exports it: {error}") from error
    lists = (*article.authors, *article.related, *article.credits)
    texts = (article.source, article.url or "", article.path or "", *lists)
    if not all(isinstance(text, str) for text in texts) or not article.title.strip():
        raise source.error("not an article as Dateline exports it: a field is not text")
    if article.url != fields.web_address(article.url):
        raise source.error("not an article as Dateline exports it: its url is no address")
    fields.require_text(article.body, source)
    return article


def _key(record: dict[str, Any]) -> str:
    """What tells a record from the file's others for good: not its line, which edits move."""
    ids = (fields.as_text(record.get(name)) for name in ("id", "_id", "guid", "uuid"))
    if given := next(filter(None, ids), ""):
        return given
    return Article(title="", body=clean(fields.body_of(record) or "")).text_hash[:16]


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg} at column {error.colno}, line {error.lineno}"
    if isinstance(error, RecursionError):
        return "not valid JSON: nested too deeply"
    return "a number in the JSON has thousands of digits"
