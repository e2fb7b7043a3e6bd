"""Wire text, plain text and Markdown, with or without YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from index.article import Article
from index.errors import ReadError
from index.read import fields
from index.read.source import Source

_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"\s*#{1,2}[ \t]++([^\n]+)\n")
_TITLE_LINE = re.compile(r"\s*(\S[^\n]{0,199})\n[ \t]*\n")
_NEXT_STORY = re.compile(r"\n[ \t]*\n(?=[ \t]*date\s+\d{4}-\d\d-\d\d\s*\([^()\n]+\)\s*--)")


_LONGEST_MATTER = 2**16


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can stand for more than any memory holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError
        return super().compose_node(parent, index)


def read(source: Source) -> Iterator[Article | ReadError]:
    """Read one story, or several where each begins with its own `date … (Outlet) --` dateline."""
    text = source.text()
    if match := _FRONT_MATTER.match(text):
        yield _with_front_matter(match, text, source)
        return
    for number, story in enumerate(_NEXT_STORY.split(text)):
        key = str(number + 1) if number else ""
        try:
            title, body = _title(story)
            yield fields.article(body, {}, source, key=key, title=title)
        except ReadError as error:
            yield error


def _with_front_matter(match: re.Match[str], text: str, source: Source) -> Article:
    if len(match[1]) > _LONGEST_MATTER:
        raise source.error(f"the front matter is longer than {_LONGEST_MATTER // 2**10} kB")
    try:
        matter = yaml.load(match[1], _Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 2}: " if mark else ""
        raise source.error(f"{where}the front matter is not valid YAML") from error
    if not isinstance(matter, dict):
        raise source.error("line 1: the front matter must be `name: value` lines")
    title, body = _title(text[match.end() :])
    return fields.article(body, matter, source, title=title)


def _title(text: str) -> tuple[str, str]:
    """Split a title off: a Markdown heading, or a first line that does not read as a sentence."""
    if match := _HEADING.match(text):
        return match[1].strip(" #"), text[match.end() :]
    match = _TITLE_LINE.match(text)
    if match and not fields.DATELINE.match(text):
        line = match[1].strip()
        if line[-1] not in '.!:;,"”' and len(line.split()) <= 25 and text[match.end() :].strip():
            return line, text[match.end() :]
    return "", text
