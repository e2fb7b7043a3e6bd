"""A question as the archive understands it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Query:
    """What is asked, and of which part of the archive.

    Attributes:
        text: the question.
        as_of: the day it is asked on; later articles are not seen.
        since: the first day of publication asked for, or None.
        until: the last day of publication asked for, or None.
        sources: outlets asked for, as the archive names them; none for all.
    """

    text: str
    as_of: date = field(default_factory=date.today)
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()

    @property
    def last_day(self) -> date:
        """The last day whose articles may be seen."""
        return min(self.as_of, self.until) if self.until else self.as_of

    def to_dict(self) -> dict[str, Any]:
        """The query as `dateline search --json` prints it."""
        return {
            "text": self.text,
            "as_of": self.as_of.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "sources": list(self.sources),
        }
