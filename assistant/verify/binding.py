"""What a claim's words are told of: a name or a number must stand by the words it stands by there.

Each name and number of a claim is looked up in a cited text, and so are the others of its kind that
stand in that text. Where one of those stands clearly nearer to the claim's other words, the claim
tells of one what is told of another: roles exchanged, figures changed about, a wrong name.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from assistant.verify.clause import NAME, NO_NAMES, STOPS, Text
from assistant.verify.lexicon import same
from assistant.verify.quantity import Quantity
from assistant.verify.roles import SPEECH, TITLES
from index.text import WORD, stems

# How much nearer another may be, as a share of the nearest that could be. Found on the pairs
# "short" and "prose" of `tests/assistant/test_pairs.py`, as were the numbers below.
MAY_BE, IS = 0.15, 0.2

# Words after which a word is a third as near; words that the end of a sentence and of a clause
# count for; the share that is left where what followed precedes.
_REACH, _SENTENCE, _CLAUSE, _TURNED = 9.0, 8.0, 2.0, 0.5

_BREAK = re.compile(r"[,;:–—]|\b(?:and|but|while|whereas|though|although)\b", re.I)
_PRONOUN = re.compile(r"\b(?:he|she|his|her|him|who|whose)\b", re.I)
# A name after one of these is where, when or of what something is, and no rival of who does it.
_HELD = re.compile(
    r"\b(?:in|at|of|near|from|to|for|on|off|into|across|between)(?:\s+(?:the|a|its|his|her))?\s+\Z"
)
_BEGINS = re.compile(r"(?:\A|[.!?”]\s)[\s“\"]*\Z")
_NO_PART = re.compile(r"(?:the|an?|chief|former)\b", re.I)
# Characters before a name that tell how it stands.
_BEFORE = 40

Spot = tuple[float, float]
"""Where something stands: the places of its first and its last word."""


@dataclass
class Anchor:
    """A name or a number, and wherever it stands in a text.

    Attributes:
        text: as it stands first.
        name: the stems of a name, none for a number.
        number: the number.
        held: it is a name that stands after a preposition, everywhere.
        spots: where it stands, he and she that follow it among them.
        fits: how near a stem stands to it, as far as that was looked up.
    """

    text: str
    name: set[str] = field(default_factory=set)
    number: Quantity | None = None
    held: bool = False
    spots: list[Spot] = field(default_factory=list)
    fits: Wanted = field(default_factory=dict)

    def is_also(self, other: Anchor) -> bool:
        """Whether both may be the same."""
        if self.number and other.number:
            return self.number.matches(other.number)
        return not self.name.isdisjoint(other.name)

    def rivals(self, other: Anchor) -> bool:
        """Whether the other is of its kind, and not the same."""
        if self.number and other.number:
            return self.number.unit == other.number.unit and not self.is_also(other)
        return (
            bool(self.name and other.name) and self.held == other.held and not self.is_also(other)
        )


class Layout:
    """Where the words, names and numbers of a text stand: in words, with breaks counted as some."""

    def __init__(self, text: Text) -> None:
        self.words: dict[str, list[float]] = defaultdict(list)
        self._starts: list[int] = []
        self._places: list[float] = []
        ends = iter(text.spans)
        _, end = next(ends, (0, 0))
        place, last = 0.0, 0
        for word in WORD.finditer(text.text):
            ended = False
            while end <= word.start():
                ended, (_, end) = True, next(ends)
            broken = _BREAK.search(text.text, last, word.end())
            place += 1 + (_SENTENCE if ended and last else _CLAUSE if broken else 0)
            for stem in _stems(word[0]):
                self.words[stem].append(place)
            self._starts.append(word.start())
            self._places.append(place)
            last = word.end()
        self.names = _names(text.text, self)
        self.numbers = [
            Anchor(
                text.text[one.start : one.end], number=one, spots=[self.spot(one.start, one.end)]
            )
            for one in text.numbers
        ]

    def spot(self, start: int, end: int) -> Spot:
        """The places of the words between two offsets."""
        first = max(bisect_right(self._starts, start) - 1, 0)
        return self._places[first], self._places[
            max(bisect_right(self._starts, end - 1) - 1, first)
        ]


@lru_cache(maxsize=1 << 14)
def _stems(word: str) -> tuple[str, ...]:
    return tuple(stems(word))


@lru_cache(maxsize=512)
def _laid(text: Text) -> Layout:
    return Layout(text)


def _names(text: str, layout: Layout) -> list[Anchor]:
    """The names of a text, each once."""
    found: list[Anchor] = []
    spoken = [*NAME.finditer(text), *_PRONOUN.finditer(text)]
    for match in sorted(spoken, key=lambda one: one.start()):
        spot = layout.spot(match.start(), match.end())
        if match.re is _PRONOUN or _PRONOUN.fullmatch(match[0]):
            if found:
                max(found, key=lambda one: one.spots[-1]).spots.append(spot)
            continue
        words = match[0].split()
        if _BEGINS.search(
            text, max(0, match.start() - _BEFORE), match.start()
        ):  # there a word is a capital whatever it is
            if len(words) == 1 and text.count(match[0]) == 1:
                continue
            words = words[1:] if _NO_PART.match(words[0]) else words
        name = set(stems(" ".join(words))) - TITLES - NO_NAMES
        held = bool(_HELD.search(text, max(0, match.start() - _BEFORE), match.start()))
        known = next((one for one in found if not one.name.isdisjoint(name)), None)
        if known:
            known.name |= name
            known.held &= held
            known.spots.append(spot)
        elif name:
            found.append(Anchor(match[0], name, None, held, [spot]))
    return found


def bound(claim: Text, cited: Sequence[Text]) -> tuple[float, str]:
    """How much nearer to a claim's words another stands than what the claim tells them of.

    Returns:
        A share of the nearest that could be, 0 for no nearer, and that other in its own words.
    """
    ours = _laid(claim)
    own = {stem for one in ours.names for stem in one.name}
    telling = {stem for stem in ours.words if not stem.isdigit()} - STOPS - SPEECH - TITLES
    counting = {
        stem
        for stem in telling
        if not any(
            first <= place <= last
            for place in ours.words[stem]
            for one in ours.numbers
            for first, last in one.spots
        )
    }
    texts = [_laid(one) for one in cited]
    names = [(one, [text.names for text in texts], telling - own) for one in ours.names]
    numbers = [(one, [text.numbers for text in texts], counting) for one in ours.numbers]
    return max([(0.0, ""), *_nearer(names, ours, texts), *_nearer(numbers, ours, texts)])


Wanted = dict[tuple[str, bool], float]
"""A claim's stems, each with whether it follows an anchor there, and how near it is to it."""


def _nearer(
    claimed: Sequence[tuple[Anchor, Sequence[Sequence[Anchor]], set[str]]],
    ours: Layout,
    texts: Sequence[Layout],
) -> Iterator[tuple[float, str]]:
    """By how much others fit better in the place of a claim's names or numbers.

    Where the claim has both, by how much they would fit better exchanged. What one of the texts
    says of it is enough.
    """
    placed: list[tuple[Wanted, Anchor, Layout, Sequence[Anchor]]] = []
    best: dict[int, float] = {}
    for anchor, given, telling in claimed:
        wanted = _wanted(anchor, ours, telling)
        for text, others in zip(texts, given, strict=True):
            own = next((o for o in others if anchor.is_also(o) and anchor.held == o.held), None)
            if own and wanted:
                placed.append((wanted, own, text, others))
                best[id(wanted)] = max(best.get(id(wanted), 0), _fit(wanted, own, text))
    for wanted, own, text, others in placed:
        for other in filter(own.rivals, others):
            better = _fit(wanted, other, text) - best[id(wanted)]
            its = next((its for its, one, *_ in placed if one is other), None)
            if its:
                better += _fit(its, own, text) - best[id(its)]
                yield better / (sum(wanted.values()) + sum(its.values())), other.text
            elif other.name or (own.number and own.number.unit):
                yield better / sum(wanted.values()), other.text


def _wanted(anchor: Anchor, ours: Layout, telling: set[str]) -> Wanted:
    wanted: Wanted = {}
    for stem in telling:
        for place in ours.words[stem]:
            key = stem, anchor.spots[0][1] < place
            near = max(_near(place, spot) for spot in anchor.spots)
            wanted[key] = max(near, wanted.get(key, 0))
    return wanted


def _fit(wanted: Wanted, anchor: Anchor, theirs: Layout) -> float:
    """How near the wanted words stand to an anchor in a cited text, and on the same side."""
    fit = 0.0
    for (stem, after), weight in wanted.items():
        if (near := anchor.fits.get((stem, after))) is None:
            places = [place for like in same(stem) for place in theirs.words.get(like, ())]
            near = anchor.fits[stem, after] = max(
                (
                    _near(place, spot) * (1 if (spot[1] < place) == after else _TURNED)
                    for place in places
                    for spot in anchor.spots
                ),
                default=0.0,
            )
        fit += weight * near
    return fit


def _near(place: float, spot: Spot) -> float:
    return math.exp(-max(spot[0] - place, place - spot[1], 0) / _REACH)
