"""What a claim quotes and names must occur in what it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from assistant.verify.clause import NAME, STOPS, Text
from assistant.verify.lexicon import same
from assistant.verify.quantity import quantities
from assistant.verify.roles import TITLES
from index.text import stems

_QUOTED = re.compile(r"[“\"]([^”\"]{3,})[”\"]")
_WHOSE = r"(?:the|an?|its|his|her|their)\s+([a-z][\w\s-]{2,40}?)"
_SPOKE = re.compile(
    rf",\s+{_WHOSE}\s+(?:said|says|warned|announced|added)\b"
    rf"|\baccording to\s+{_WHOSE}[.,]?\s*\Z"
)
MOUTHS = frozenset(
    stems(
        """official authority spokesman spokeswoman spokesperson company firm report article source
        statement agency man woman club outlet paper newspaper people they person group"""
    )
)
"""Stems of what speaks for anybody: no other speaker than the one that is named."""

_DEMONYM = re.compile(r"(?:(?:i|e)?an|i?ish|i?es|i|ia|a|e|y)\Z")


def said(stem: str, cited: Sequence[Text]) -> bool:
    """Whether a cited text has a word that says the same as a stem."""
    return any(not one.stems.isdisjoint(same(stem)) for one in cited)


def quotations(claim: str, cited: Sequence[Text]) -> Iterator[str]:
    """What a claim quotes and no cited text has, word for word."""
    flat = "\n".join(f" {_flat(one.text)} " for one in cited)
    for match in _QUOTED.finditer(claim):
        if f" {_flat(match[1])} " not in flat:
            yield f"“{match[1]}”"


def speakers(claim: str, cited: Sequence[Text]) -> Iterator[str]:
    """Unnamed speakers of a claim that no cited text speaks of: "the health ministry said"."""
    for match in _SPOKE.finditer(claim):
        speaker = match[1] or match[2]
        if not all(said(stem, cited) for stem in {*stems(speaker)} - STOPS - MOUTHS):
            yield speaker


def names(claim: str, cited: Sequence[Text]) -> Iterator[str]:
    """Names in a claim that the cited texts do not have, or have with another title."""
    numbers = {quantity.start for quantity in quantities(claim)}
    for match in NAME.finditer(claim):
        if match.start() in numbers:  # "Sixty-three people"
            continue
        found = [stem for stem in stems(match[0]) if len(stem) > 1 and stem not in STOPS]
        unknown = [stem for stem in found if not said(stem, cited) and not _kin(stem, cited)]
        if not claim[: match.start()].strip(" “\"'"):
            # A sentence's first word is a capital whatever it is: "Writer Ann Lee".
            alone = len(found) < 2 or (len(found) > 2 and found[1] not in TITLES)
            if alone or re.match(r"\w+ing\b|\w+ the\b", match[0]):  # "Repairing the Fregatta"
                unknown = [stem for stem in unknown if stem != found[0]]
        if unknown or _titled_otherwise(found, cited) or _misjoined(match[0], cited):
            yield match[0]


def _flat(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower()).split())


def _kin(stem: str, cited: Sequence[Text]) -> bool:
    """Whether a place or its people are named: "German" where "Germany" is."""
    ours = _roots(stem)
    return any(not ours.isdisjoint(_roots(other)) for one in cited for other in one.stems)


def _roots(stem: str) -> set[str]:
    return {root for root in (stem, _DEMONYM.sub("", stem)) if len(root) > 3}


def _misjoined(name: str, cited: Sequence[Text]) -> bool:
    """Whether a name is made of two: "Ilse Sereno", of Ilse Brandauer in Sereno."""
    parts = _parts(name)
    borne = [parts for one in cited for parts in _borne(one.text)]
    for first, second in pairwise(parts):
        ours = [one for one in borne if first in one]
        theirs = [one for one in borne if second in one]
        if not ours or not theirs or any(second in one for one in ours):
            continue
        if all(one[-1] != first for one in ours) or (
            [first] not in borne and all(one[0] != second for one in theirs)
        ):
            return True
    return False


def _parts(name: str) -> list[str]:
    return [stem for stem in stems(name) if stem not in TITLES | STOPS]


@lru_cache(maxsize=512)
def _borne(text: str) -> list[list[str]]:
    """The parts of each name of a text."""
    return [_parts(match[0]) for match in NAME.finditer(text)]


def _titled_otherwise(name: Sequence[str], cited: Sequence[Text]) -> bool:
    """Whether who bears a name with a title has only other titles in the cited texts."""
    titles = TITLES.intersection(name[:-1])
    borne = [
        TITLES.intersection(stems(match[0]))
        for one in cited
        for match in NAME.finditer(one.text)
        if titles and stems(match[0])[-1:] == list(name[-1:])
    ]
    return any(borne) and all(titles.isdisjoint(one) for one in borne)
