"""What everything else is about: an article, and the passages its body is cut into."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any, Self

_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")

FORMAT = "dateline-article-1"
"""Says of a record that it is an article as Dateline exports it."""


@dataclass(frozen=True)
class Article:
    """One news article, as read.

    Attributes:
        title: the headline; made from the first sentence where the file had none.
        body: the text that is answered from, and that all offsets point into.
        source: the outlet, or "" where the file does not say.
        published: the day of publication, or None where the file does not say.
        authors: bylines.
        url: where it was published.
        path: the file it was read from; `file#key` where a file holds several articles.
        title_made: the title is not the outlet's own.
        related: headlines the article links to ("Earlier: …"); never answered from.
        credits: people who contributed reporting; never answered from.
    """

    title: str
    body: str
    source: str = ""
    published: date | None = None
    authors: tuple[str, ...] = ()
    url: str | None = None
    path: str | None = None
    title_made: bool = False
    related: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """The article as one JSON object, as `dateline articles export` prints it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        day = self.published.isoformat() if self.published else None
        return {"format": FORMAT, **values, "published": day}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """The article that `to_record` told of.

        Raises:
            ValueError: something is missing, or is not what it should be.
        """
        values = {field.name: record.get(field.name) for field in fields(cls)}
        day = values["published"]
        if not isinstance(values["title"], str) or not isinstance(values["body"], str):
            raise ValueError("its title or body is not text")
        lists = {name: tuple(values[name] or ()) for name in ("authors", "related", "credits")}
        dated = {"published": date.fromisoformat(day) if day else None}
        made = {"title_made": bool(values["title_made"]), "source": values["source"] or ""}
        return cls(**(values | lists | dated | made))

    @cached_property
    def id(self) -> str:
        """The article's identity over all its versions: its URL, else its path, else its text."""
        key = self.url or self.path or self.text_hash
        return hashlib.sha256(key.encode()).hexdigest()[:12]

    @cached_property
    def text_hash(self) -> str:
        """SHA-256 of the body with white space folded: equal for exact copies."""
        return hashlib.sha256(" ".join(self.body.split()).encode()).hexdigest()

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all that can change an answer: another hash is another version."""
        day = self.published.isoformat() if self.published else None
        content = [self.title, self.body, self.source, day, self.authors, self.url]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class Passage:
    """A stretch of an article's body; sorted by start, an article's passages rebuild its body.

    Attributes:
        article: the article it is cut from.
        start: the first character's offset in `article.body`.
        end: one past the last character's offset.
        score: how well it matches the search that found it (higher is better), else 0.
        similarity: cosine of question and passage, where the search compared them, else None.
        copies: other articles found that carry the same report, left out for this one.
    """

    article: Article
    start: int
    end: int
    score: float = 0.0
    similarity: float | None = None
    copies: tuple[Article, ...] = ()

    @property
    def text(self) -> str:
        """The passage's own characters: `article.body[start:end]`."""
        return self.article.body[self.start : self.end]

    def widened(self, most: int) -> Passage:
        """The passage with the rest of the paragraphs that it begins and ends in.

        A side stays as it is where its paragraph goes on for more than `most` characters.
        """
        body = self.article.body
        breaks = [0, *(match.end() for match in _BLANK_LINE.finditer(body)), len(body)]
        first = breaks[bisect_right(breaks, self.start) - 1]
        last = breaks[bisect_left(breaks, self.end)]
        return replace(
            self,
            start=first if self.start - first <= most else self.start,
            end=last if last - self.end <= most else self.end,
        )

    @property
    def id(self) -> str:
        """The passage's key in the vector and lexical indexes."""
        return passage_id(self.article.id, self.start)


def passage_id(article_id: str, start: int) -> str:
    """The key of the passage of an article that starts at an offset, as in `3f2a9c01b7de:1280`."""
    return f"{article_id}:{start}"


def article_id(key: str) -> str:
    """The id of the article that a passage's key belongs to."""
    return key.partition(":")[0]
