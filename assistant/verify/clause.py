"""Sentences cut into clauses, and what a clause says: its telling words, names and quantities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache

from dateutil.relativedelta import relativedelta

from assistant.verify.lexicon import of_one_matter, same
from assistant.verify.quantity import Quantity, count, quantities
from index.dates import DateSpan, find_dates
from index.text import STOPWORDS, WORD, sentences, stems

NAME = re.compile(r"\b[A-Z][\w’'-]*(?:\s+(?:of\s+|the\s+|de\s+|van\s+|bin\s+|&\s+)?[A-Z][\w’'-]*)*")
STOPS = frozenset(
    stem
    for word in [*STOPWORDS, *"one nobody none anyone far yet still already".split()]
    if "'" not in word
    for stem in stems(word)
)
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
# "11 people", "three of them firefighters", "900 more soldiers".
_COUNTED = re.compile(
    r"\s+(?:(?:of|the|them|these|those|its|their|other|more|new|further|extra|or|so)\s+)*"
    r"(?P<noun>[a-z]{4,}(?:\s[a-z]{4,})?)\b"
)
_MOVES = {"up": "rise", "down": "fall"}
_MOVED = re.compile(r"\b(up|down)\s(?:by\s|from\s|some\s|about\s|almost\s|nearly\s)?(?:an?\s|\d)")
_SMALL = re.compile(r"\b[a-z]\w+")
_SUBJECT = re.compile(r"(?:the\s+|but\s+|and\s+|its\s+)*([a-z]\w+)", re.I)
# Days that find_dates leaves alone, but that a sentence written from the article may make plain.
_LOOSE = re.compile(
    r"\bthe (?P<unit>week|month|year)\b"
    r"|\b(?P<month>January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b"
)
_OTHERWISE = re.compile(
    r"\b(?:last|final) quarter of (?P<year>(?:19|20)\d\d)\b|\bin the new year\b", re.I
)
_APART = re.compile(
    r"\b(?P<count>an?|\d{1,3}|two|three|four|five|six|seven|eight|nine|ten)\s"
    r"(?P<unit>day|week|month|year)s?\s(?P<way>earlier|before|later|after(?:wards)?)\b"
)
_SOON = re.compile(r"\b(?:is|are|begins?|starts?|opens?|closes?|ends?)\s+(?:on\s+)?\Z")

# A clause speaks of the same when it has this share of another's telling words and numbers.
ALIKE = 0.5
# And with this share it says nearly the same.
NEARLY = 0.7

Days = tuple[date, date]
"""The first and the last of some days."""


@lru_cache(maxsize=4096)
def telling(text: str) -> frozenset[str]:
    """The stems of a text's words that carry meaning, its figures left out."""
    words = (match[0] for match in WORD.finditer(text) if not match[0][0].isdigit())
    return frozenset(stems(" ".join(words))) - STOPS


def stopped(text: str) -> str:
    """A text's words in lower case, with a bar wherever a sentence may end."""
    flat = re.sub(r"[^\w\s|]", " ", re.sub(r"[.!?…]+|\n\s*\n", " | ", f" | {text} | ".lower()))
    return re.sub(r"\|(?: \|)+", "|", " ".join(flat.split()))


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
        return uncut(self.sentence)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all its words; "up 6 per cent" says that something rose."""
        moved = {_MOVES[match[1]] for match in _MOVED.finditer(self.text)}
        return frozenset(stems(self.text)) | moved

    @cached_property
    def telling(self) -> frozenset[str]:
        """The stems of its words that carry meaning."""
        return telling(self.text)

    @cached_property
    def numbers(self) -> Sequence[Quantity]:
        """Its quantities."""
        return quantities(self.text)

    @cached_property
    def counted(self) -> list[tuple[Quantity, frozenset[str]]]:
        """Its quantities that count something, each with what, as stems: 11, "peopl"."""
        found = []
        for quantity in self.numbers:
            match = _COUNTED.match(self.text, quantity.end)
            if match and not quantity.unit:
                words = [word for word in match["noun"].split() if not word.endswith("ly")]
                if things := frozenset(stems(" ".join(words))) - STOPS:
                    found.append((quantity, things))
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """The stems of its names; a sentence's first word alone is a capital whatever it is."""
        first = self.sentence.split(maxsplit=1)[:1]
        found = (m[0] for m in NAME.finditer(self.text) if m.start() or [m[0]] != first)
        return frozenset(stems(" ".join(found))) - NO_NAMES

    @cached_property
    def small(self) -> frozenset[str]:
        """The stems of its words that are written small."""
        return frozenset(stems(" ".join(_SMALL.findall(self.text))))

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

    @cached_property
    def matters(self) -> frozenset[str]:
        """The stems of its words, of those that say the same, and of those that exclude them."""
        return frozenset().union(*map(of_one_matter, self.stems))

    def common(self, other: Clause) -> int:
        """How many of its telling words and numbers another has, or has the opposite of."""
        given = sum(map(other.gives, self.numbers)) if other.numbers else 0
        return len(self.telling & other.matters) + given

    def shares(self, other: Clause) -> float:
        """How much of what it speaks of another speaks of too: `common` as a share, 0 to 1."""
        whole = len(self.telling) + len(self.numbers)
        return self.common(other) / whole if whole else 0.0

    def beside(self, others: Sequence[Clause]) -> list[Clause]:
        """Those of the others that speak of the same, none more so."""
        common = [self.common(other) for other in others]
        needed = max(2, ALIKE * (len(self.telling) + len(self.numbers)), *common)
        return [other for other, many in zip(others, common, strict=True) if many >= needed]

    def spelt(self, wanted: frozenset[str]) -> str:
        """Its word that has one of the wanted stems, as it stands there; "" for none."""
        found = (m[0] for m in WORD.finditer(self.text) if not wanted.isdisjoint(stems(m[0])))
        return next(found, "")


@lru_cache(maxsize=4096)
def uncut(sentence: str) -> Clause:
    """A whole sentence as a clause; kept, since others are laid beside it again and again."""
    return Clause(sentence, sentence)


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
    def stopped(self) -> str:
        """Its words, with a bar wherever a sentence may end."""
        return stopped(self.text)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Where its sentences start and end."""
        return sentences(self.text)

    @cached_property
    def sentences(self) -> list[Clause]:
        """Its sentences, uncut."""
        pieces = (self.text[start:end] for start, end in self.spans)
        return [uncut(piece) for piece in pieces if piece.strip()]

    @cached_property
    def clauses(self) -> list[Clause]:
        """Its sentences, cut into clauses."""
        return [clause for one in self.sentences for clause in _cut(one.text)]

    @cached_property
    def numbers(self) -> list[Quantity]:
        """Its quantities; of dates only the spans of time, as in "four years ago"."""
        dated = [(span.start, span.end) for span in self.dates]
        return [
            quantity
            for quantity in quantities(self.text)
            if quantity.unit or not any(start <= quantity.start < end for start, end in dated)
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
        for match in _OTHERWISE.finditer(self.text):
            year = match["year"] or str(self._today.year + 1)
            words = f"Q4 {year}" if match["year"] else f"Q1 {year}"
            loosely += [(found, match.start()) for found in find_dates(words, self._today)]
        named = [*((span, span.start) for span in self.dates), *loosely]
        week = timedelta(days=7)
        # "The final is on Sunday", in Saturday's paper, is tomorrow.
        soon = [
            ((span.first + week, span.last + week), span.start)
            for span in self.dates
            if span.relative and _SOON.search(self.text[: span.start])
        ]
        days = [((span.first, span.last), place) for span, place in named]
        # "On Friday", where neither words nor tense tell which: the other one, too.
        days += [
            ((span.latest - (span.last - span.first), span.latest), place) for span, place in named
        ]
        return days + soon + self._apart

    @property
    def _apart(self) -> list[tuple[Days, int]]:
        """The days of "a month earlier", reckoned from each other date of the sentence."""
        found = []
        for match in _APART.finditer(self.text):
            start, end = next(span for span in self.spans if span[0] <= match.start() < span[1])
            back = match["way"] in ("earlier", "before")
            shift = relativedelta(**{f"{match['unit']}s": count(match["count"]) * (-1) ** back})
            found += [
                ((span.first + shift, span.last + shift), match.start())
                for span in self.dates
                if start <= span.start < end
            ]
        return found

    def around(self, place: int) -> Clause:
        """The sentence that an offset is in."""
        start, end = next(span for span in self.spans if span[0] <= place < span[1])
        return uncut(self.text[start:end])

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
