"""Sentences cut into clauses, and what a clause says: its telling words, names and quantities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache

from assistant.verify.lexicon import opposed, same
from assistant.verify.quantity import Quantity, quantities
from index.dates import DateSpan, find_dates
from index.text import STOPWORDS, WORD, sentences, stems

NAME = re.compile(r"\b[A-Z][\w’'-]*(?:\s+(?:of\s+|the\s+|de\s+|van\s+|bin\s+|&\s+)?[A-Z][\w’'-]*)*")
STOPS = frozenset(stem for word in [*STOPWORDS, "one"] if "'" not in word for stem in stems(word))
"""Stems of the words that carry no meaning of their own."""

_CALENDAR = """january february march april may june july august september october november
    december jan feb mar apr jun jul aug sept sep oct nov dec monday tuesday wednesday thursday
    friday saturday sunday"""
NO_NAMES = STOPS | frozenset(stems(_CALENDAR))
"""Stems that are written with a capital without being a name."""

_CUT = re.compile(
    r"[,;:]\s+|\s[-–—]+\s|\s+(?:and|but|while|whereas|although|though|because)\s+", re.I
)
# What goes on with the clause before it: "valued at 5,000 crowns", "who left in May".
_GOES_ON = re.compile(
    r"(?:which|who|whose|whom|that|where|when|after|with|from|up|down|to|compared|\w+(?:ed|ing))\b"
)
_SUBJECT = re.compile(r"(?:the\s+|but\s+|and\s+|its\s+)*([a-z]\w+)", re.I)
# Days that find_dates leaves alone, but that a sentence written from the article may make plain.
_LOOSE = re.compile(
    r"\bthe (?P<unit>week|month|year)\b"
    r"|\b(?P<month>January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b"
)
_SOON = re.compile(r"\b(?:is|are|begins?|starts?|opens?|closes?|ends?)\s+(?:on\s+)?\Z")

Days = tuple[date, date]
"""The first and the last of some days."""


def telling(text: str) -> frozenset[str]:
    """The stems of a text's words that carry meaning, its figures left out."""
    words = (match[0] for match in WORD.finditer(text) if not match[0][0].isdigit())
    return frozenset(stem for word in words for stem in stems(word)) - STOPS


@dataclass(frozen=True)
class Clause:
    """A stretch of a sentence that says something; the whole sentence where it is not cut.

    Attributes:
        text: the clause.
        sentence: the sentence it is cut from.
    """

    text: str
    sentence: str

    @cached_property
    def whole(self) -> Clause:
        """The whole sentence, as a clause."""
        return Clause(self.sentence, self.sentence)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all its words."""
        return frozenset(stems(self.text))

    @cached_property
    def telling(self) -> frozenset[str]:
        """The stems of its words that carry meaning."""
        return telling(self.text)

    @cached_property
    def numbers(self) -> list[Quantity]:
        """Its quantities."""
        return quantities(self.text)

    @cached_property
    def names(self) -> frozenset[str]:
        """The stems of its names."""
        found = (stem for match in NAME.finditer(self.text) for stem in stems(match[0]))
        return frozenset(found) - NO_NAMES

    @cached_property
    def subject(self) -> str:
        """The stem of the common noun that begins the clause, "" where it begins otherwise."""
        match = _SUBJECT.match(self.text.strip())
        if not match or not (match[1].islower() or self.sentence.lstrip().startswith(match[1])):
            return ""
        return next((stem for stem in stems(match[1]) if stem not in STOPS), "")

    def says(self, stem: str) -> bool:
        """Whether it has a word that says the same as a stem."""
        return not self.stems.isdisjoint(same(stem))

    def gives(self, number: Quantity) -> bool:
        """Whether it has a quantity."""
        return any(number.matches(other) for other in self.numbers)

    def common(self, other: Clause) -> int:
        """How many of its telling words and numbers another has, or has the opposite of."""
        words = sum(
            other.says(stem) or not other.stems.isdisjoint(opposed(stem)) for stem in self.telling
        )
        return words + sum(other.gives(number) for number in self.numbers)

    def shares(self, other: Clause) -> float:
        """How much of what it speaks of another speaks of too: `common` as a share, 0 to 1."""
        whole = len(self.telling) + len(self.numbers)
        return self.common(other) / whole if whole else 0.0


@dataclass(frozen=True)
class Text:
    """A text to compare, and the day it was written."""

    text: str
    written: date | None

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all its words."""
        return frozenset(stems(self.text))

    @cached_property
    def sentences(self) -> list[Clause]:
        """Its sentences, uncut."""
        pieces = (self.text[start:end] for start, end in sentences(self.text))
        return [Clause(piece, piece) for piece in pieces if piece.strip()]

    @cached_property
    def clauses(self) -> list[Clause]:
        """Its sentences, cut into clauses."""
        return [clause for one in self.sentences for clause in _cut(one.text)]

    @cached_property
    def numbers(self) -> list[Quantity]:
        """Its quantities, the figures of dates left out."""
        dated = [(span.start, span.end) for span in self.dates]
        return [
            quantity
            for quantity in quantities(self.text)
            if not any(start <= quantity.start < end for start, end in dated)
        ]

    @cached_property
    def dates(self) -> list[DateSpan]:
        """The dates it names."""
        return find_dates(self.text, self._today)

    @cached_property
    def days(self) -> list[tuple[Days, int]]:
        """The days it names and their offsets: "the year to September" and such among them."""
        loosely = [
            (found, match.start())
            for match in _LOOSE.finditer(self.text)
            for found in find_dates(
                f"this {match['unit']}" if match["unit"] else f"in {match['month']}", self._today
            )
        ]
        named = [*((span, span.start) for span in self.dates), *loosely]
        week = timedelta(days=7)
        # "The final is on Sunday", in Saturday's paper, is tomorrow.
        soon = [
            ((span.first + week, span.last + week), span.start)
            for span in self.dates
            if span.relative and _SOON.search(self.text[: span.start])
        ]
        return [((span.first, span.last), place) for span, place in named] + soon

    def around(self, place: int) -> Clause:
        """The sentence that an offset is in."""
        start, end = next(span for span in sentences(self.text) if span[0] <= place < span[1])
        return Clause(self.text[start:end], self.text[start:end])

    @property
    def _today(self) -> date:
        return self.written or date.today()


@lru_cache(maxsize=512)
def read(text: str, written: date | None) -> Text:
    """A text to compare; kept, since the sentences of one answer cite the same passages."""
    return Text(text, written)


def _cut(sentence: str) -> list[Clause]:
    """A sentence's clauses; what is too short to say anything goes with the one before."""
    cut: list[str] = []
    start = 0
    for match in [*_CUT.finditer(sentence), None]:
        piece = sentence[start : match.start() if match else len(sentence)]
        small = len(telling(piece)) + len(quantities(piece)) < 3
        if cut and (small or _GOES_ON.match(piece)):
            cut[-1] += f" {piece}"
        else:
            cut.append(piece)
        start = match.end() if match else len(sentence)
    return [Clause(piece, sentence) for piece in cut]
