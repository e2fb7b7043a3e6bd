"""A question as the archive understands it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal


@dataclass(frozen=True)
class Understood:
    """What some of a question's own words say of the articles looked for.

    Attributes:
        text: the words, as they stand in the question.
        kind: "days", "sources", or "phrase" (a quotation: `text` is what stands inside its marks).
        since: the first day they name, or None for no first day.
        until: the last day they name, or None for no last day.
        sources: the outlets they name, as the archive names them.
        strict: they say it of the articles themselves ("articles published last week"), or demand
            it (a quotation), so that they may be used as a filter. Otherwise they are a
            preference: days are those of an event, which may be reported later.
    """

    text: str
    kind: Literal["days", "sources", "phrase"]
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    strict: bool = False

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Understood:
        """The words that `to_dict` told of."""
        days = {name: _day(told[name]) for name in ("since", "until")}
        return cls(**(told | days | {"sources": tuple(told["sources"])}))

    def to_dict(self) -> dict[str, Any]:
        """The words and what they say, as `dateline search --json` prints them."""
        return {
            "text": self.text,
            "kind": self.kind,
            "since": _iso(self.since),
            "until": _iso(self.until),
            "sources": list(self.sources),
            "strict": self.strict,
        }


@dataclass(frozen=True)
class Query:
    """What is asked, and of which part of the archive.

    Attributes:
        text: the question.
        as_of: the day it is asked on; later articles are not seen.
        since: the first day of publication asked for, or None.
        until: the last day of publication asked for, or None.
        sources: outlets asked for, as the archive names them; none for all.
        understood: what the question's own words say of days, outlets and phrases.
    """

    text: str
    as_of: date = field(default_factory=date.today)
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()
    understood: tuple[Understood, ...] = ()

    @property
    def last_day(self) -> date:
        """The last day whose articles may be seen."""
        return min(self.as_of, self.until) if self.until else self.as_of

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Query:
        """The query that `to_dict` told of."""
        days = {name: _day(told[name]) for name in ("since", "until")}
        return cls(
            text=told["text"],
            as_of=date.fromisoformat(told["as_of"]),
            **days,
            sources=tuple(told["sources"]),
            understood=tuple(Understood.from_dict(words) for words in told["understood"]),
        )

    @property
    def phrases(self) -> list[str]:
        """Quotations that a passage must have, word for word."""
        return [words.text for words in self.understood if words.kind == "phrase"]

    def to_dict(self) -> dict[str, Any]:
        """The query as `dateline search --json` prints it."""
        return {
            "text": self.text,
            "as_of": self.as_of.isoformat(),
            "since": _iso(self.since),
            "until": _iso(self.until),
            "sources": list(self.sources),
            "understood": [words.to_dict() for words in self.understood],
        }


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
