"""The numbers of a claim must be given by what it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

from assistant.verify.clause import Text
from assistant.verify.quantity import Quantity, quantities, shares

# How far off a number may be that is given as "about" so much, and that is its bound, as a share.
ROUGHLY = 0.05
WITHIN = 0.2

_ABOUT = re.compile(
    r"\b(?:about|around|some|roughly|nearly|almost|approximately|close to)\s*\Z", re.I
)
_BOUND = re.compile(
    r"\b(?:(?P<least>more than|over|above|at least|exceed\w*|upwards of)"
    r"|less than|fewer than|under|below|nearly|almost|just short of)\s*\Z",
    re.I,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SCORE = re.compile(r"(?<![\w.–-])(\d{1,2})[–-](\d{1,2})(?![\w–-]|\.\d)")
_RATE = re.compile(
    r"\w\s+\w+\s+(?:an?|per|each|every)\s+(day|week|month|year|hour|minute)\b"
    r"|\b(?:on|in) an? \w+ (day|week|month)\b"
    r"|\b(annual)(?:ly)?\b|\b(year|month|week|dai|hour)ly\b",
    re.I,
)
_PERIODS = {"annual": "year", "dai": "day"}


def not_given(claim: str, cited: Sequence[Text]) -> tuple[list[str], list[str]]:
    """The numbers of a claim that the cited texts do not give, and those reckoned from theirs."""
    text = "\n".join(one.text for one in cited)
    known = [quantity for one in cited for quantity in (*one.numbers, *shares(one.text))]
    missing: list[str] = []
    reckoned: list[str] = []
    for quantity in quantities(claim):
        words, before = claim[quantity.start : quantity.end], claim[: quantity.start]
        as_year = _YEAR.fullmatch(words) and words in text
        if words.lower() == "twice" or as_year or _given(quantity, known, before):
            continue
        derived = any(_reckoned(quantity, one.numbers) for text in cited for one in text.sentences)
        (reckoned if derived else missing).append(words)
    scores = set(_SCORE.findall(text))
    for score in _SCORE.findall(claim):
        if scores and score not in scores and score[::-1] not in scores:
            missing.append("–".join(score))
    rates = frozenset().union(*(_rates(one.text) for one in cited))
    missing += [f"a {rate}" for rate in _rates(claim) if rates and rate not in rates]
    return missing, reckoned


def _given(quantity: Quantity, known: Sequence[Quantity], before: str) -> bool:
    """Whether a number is known, as far as the words before it ("about", "over") are exact."""
    if any(quantity.matches(other, ROUGHLY if _ABOUT.search(before) else 1e-6) for other in known):
        return True
    bound = _BOUND.search(before)
    if not bound or not quantity.value:
        return False
    alike = [k for k in known if quantity.matches(replace(k, value=quantity.value))]
    far = [other.value / quantity.value - 1 for other in alike]
    return any(0 <= (one if bound["least"] else -one) <= WITHIN for one in far)


def _reckoned(quantity: Quantity, numbers: Sequence[Quantity]) -> bool:
    """Whether a quantity is the sum of two others, or the difference."""
    return any(
        quantity.matches(replace(one, value=value))
        for one, other in combinations(numbers, 2)
        if one.factor == other.factor and (one.unit == other.unit or not (one.unit and other.unit))
        if quantity.unit in (one.unit, "")
        for value in (one.value + other.value, abs(one.value - other.value))
    )


@lru_cache(maxsize=1024)
def _rates(text: str) -> frozenset[str]:
    """What the amounts of a text are reckoned by: "a month", "annual"."""
    words = (word.lower() for match in _RATE.finditer(text) for word in match.groups() if word)
    return frozenset(_PERIODS.get(word, word) for word in words)
