"""Quantities as news writes them, by value and unit: "5 million crowns" is "5,000,000 crowns".

Durations, lengths and weights are compared in one unit each ("90 minutes" is "an hour and a half"),
percentages in all their spellings, clock times by the minute of the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_SCALES = {
    "hundred": 100, "thousand": 1e3, "million": 1e6, "mn": 1e6, "m": 1e6, "billion": 1e9,
    "bn": 1e9, "b": 1e9, "trillion": 1e12, "k": 1e3, "dozen": 12,
}  # fmt: skip
_SMALL = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
} | {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2
    )
}
_SMALL["twice"] = 2
_PARTS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
# Each unit's spellings, with what it is measured in and how many of those it has.
_UNITS = {
    spelling: (base, factor)
    for spellings, base, factor in (
        ("% percent pc", "percent", 1),
        ("$ us$ dollar", "dollar", 1),
        ("€ euro", "euro", 1),
        ("£ pound", "pound", 1),
        ("¥ yen", "yen", 1),
        ("crown", "crown", 1),
        ("second", "second", 1),
        ("minute", "second", 60),
        ("hour", "second", 3600),
        ("day", "second", 86400),
        ("week", "second", 604800),
        ("month", "month", 1),
        ("year", "month", 12),
        ("decade", "month", 120),
        ("mm millimetre millimeter", "metre", 1e-3),
        ("cm centimetre centimeter", "metre", 1e-2),
        ("m metre meter", "metre", 1),
        ("km kilometre kilometer km/h kph", "metre", 1e3),
        ("mile mph", "mile", 1),
        ("foot feet ft", "foot", 1),
        ("kg kilogram kilo", "gram", 1e3),
        ("gram", "gram", 1),
        ("tonne ton", "gram", 1e6),
        ("hectare", "hectare", 1),
        ("acre", "acre", 1),
        ("degree", "degree", 1),
    )
    for spelling in spellings.split()
} | {"per cent": ("percent", 1)}
_WORDS = [
    unit.replace(" ", r"\s")
    for unit in sorted((u for u in _UNITS if u[0].isalpha()), key=len, reverse=True)
]
_SMALL_WORD = "|".join(_SMALL)
# What follows "a third" where that is a share, and not the third of several.
_AFTER_PART = (
    "of|more|less|fewer|higher|lower|off|since|in|on|at|to|as|from|over|during|between|than"
)
_QUANTITY = re.compile(
    rf"""(?<![\w.,])(?:
      (?P<hour>\d{{1,2}})(?:[:.](?P<minutes>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?
    | (?P<clock>[012]?\d):(?P<sexagesimal>[0-5]\d)(?!\d)
    | (?P<sign>US\$|[$€£¥])?\s?
      (?:(?P<digits>(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?!\d|st\b|nd\b|rd\b|th\b))
       | (?P<lone>half|quarter)(?=-point\b)
       | (?P<bare>half)\s+an?(?=\s+(?:{"|".join(_WORDS)}|dozen|million|billion)\b)
       | (?P<word>{_SMALL_WORD})(?:[-\s](?P<unit>{_SMALL_WORD}))?(?![\w])
       | (?P<article>an?)(?=\s+(?:(?:{"|".join(_WORDS)}|hundred|thousand|million|dozen)\b
          |(?:{"|".join(_PARTS)})(?:[-\s]point\b|\s+(?:{_AFTER_PART})\b|\s*[,.;)]|\s*\Z))))
      (?:[\s-]*(?P<scale>(?<!\s)[mbk]|{"|".join(s for s in _SCALES if len(s) > 1)})(?!\w))?
      (?:[\s-]*(?P<part>{"|".join(_PARTS)}|halve)s?\b)?
      (?P<and_half>\s+and\s+a\s+half\b)?
      (?:[\s-]*(?P<measure>%|(?:{"|".join(_WORDS)})s?(?![\w])))?
      (?P<more>\s+and\s+a\s+half\b)?
    )""",
    re.I | re.X,
)
_RANGE = re.compile(r"\s*(?:and|to|or|[-–—])\s*")
_HALF = re.compile(r"\bhalf(?= (?:of|the|its|their|his|her|all)\b)|\bhalv(?:e|es|ed|ing)\b", re.I)
_COUNT = rf"(?:{_SMALL_WORD}|\d{{1,3}})"
_ONE_IN = re.compile(
    rf"\b(?P<part>{_COUNT}) (?:\w+ )?(?:in|out of) (?:every )?(?P<whole>{_COUNT})\b(?! \w*(?:day"
    r"|week|month|year|hour|minute)s?\b)",
    re.I,
)
_PART_OF = re.compile(
    rf"\b(?:nearly|almost|about|around|roughly|than|over|by|up)\s(?:an?|one)\s(?P<part>{'|'.join(_PARTS)})\b"
)
_THE_UNIT = re.compile(
    r"\b(?:an?|the|last|this|next) (?P<unit>hour|day|week|month|year|decade)\b", re.I
)
_TWO = re.compile(r"\b(?:both|pair|couple|twins?|double|twice)\b", re.I)


@dataclass(frozen=True)
class Quantity:
    """A number in a text.

    Attributes:
        start: its first character's offset.
        end: one past its last character's offset, its unit included.
        value: the number itself, its scale reckoned in.
        unit: what it is measured in ("percent", "dollar", "second", "clock", …), or "".
        factor: how many of that unit one of its own is: 3600 for an hour.
    """

    start: int
    end: int
    value: float
    unit: str = ""
    factor: float = 1

    def matches(self, other: Quantity, slack: float = 1e-6) -> bool:
        """Whether both are the same amount; where a unit is not said, whether the numbers are."""
        if self.unit and other.unit:
            if self.unit != other.unit:
                return False
            one, two = self.value * self.factor, other.value * other.factor
        else:
            one, two = self.value, other.value
        return abs(one - two) <= slack * max(abs(one), abs(two))


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text, in order; "one" alone, which is seldom a number, is left out.

    "Two hours and ten minutes" is one quantity; in "38 to 42 million pounds" both are millions.
    """
    found: list[Quantity] = []
    for match in _QUANTITY.finditer(text):
        quantity = _read(match)
        if not quantity:
            continue
        before = found[-1] if found else None
        if before and _RANGE.fullmatch(text[before.end : quantity.start]):
            found[-1] = _like(before, quantity, match)
        if before and _adds_up(before, quantity, text[before.end : quantity.start]):
            amount = before.value + quantity.value * quantity.factor / before.factor
            found[-1] = replace(before, end=quantity.end, value=amount)
        else:
            found.append(quantity)
    return tuple(found)


@lru_cache(maxsize=1024)
def shares(text: str) -> tuple[Quantity, ...]:
    """The quantities a text gives in other words: "half of", "six in ten", "both", "a week"."""
    found = []
    for match in _HALF.finditer(text):
        found.append(Quantity(match.start(), match.end(), 50, "percent"))
    for match in _ONE_IN.finditer(text):
        part, whole = (count(match[name]) for name in ("part", "whole"))
        if part < whole:
            found.append(Quantity(match.start(), match.end(), 100 * part / whole, "percent"))
    for match in _PART_OF.finditer(text):
        percent = 100 * _PARTS[match["part"]]
        found.append(Quantity(match.start(), match.end(), percent, "percent"))
    found += [Quantity(match.start(), match.end(), 2) for match in _TWO.finditer(text)]
    for match in _THE_UNIT.finditer(text):
        found.append(Quantity(match.start(), match.end(), 1, *_UNITS[match["unit"].lower()]))
    return tuple(found)


def _like(before: Quantity, quantity: Quantity, match: re.Match[str]) -> Quantity:
    """The first quantity of a range with the scale and the unit that stand after the second."""
    scale = _SCALES.get((match["scale"] or "").lower(), 1)
    if before.value >= 1000 or before.unit not in ("", quantity.unit):
        return before
    value = before.value * scale
    if before.unit or quantity.unit in ("", "clock"):
        return replace(before, value=value)
    return replace(before, value=value, unit=quantity.unit, factor=quantity.factor)


def _adds_up(before: Quantity, quantity: Quantity, between: str) -> bool:
    """Whether two quantities are one: "two hours and ten minutes", "5 kg 300 grams"."""
    return (
        bool(before.unit and quantity.unit == before.unit)
        and quantity.factor < before.factor
        and bool(re.fullmatch(r"\s*(?:,|and)?\s*", between))
    )


def count(word: str) -> int:
    """The number that a word or figure is: 3 of "three" and of "3", 1 of "a"."""
    return int(word) if word.isdigit() else int(_SMALL.get(word.lower(), 1))


def _read(match: re.Match[str]) -> Quantity | None:
    start, end = match.start(), match.end()
    part = match["part"]
    if match["hour"]:
        hour = int(match["hour"]) % 12 + (12 if match["half"].lower() == "p" else 0)
        return Quantity(start, end, hour * 60 + int(match["minutes"] or 0), "clock")
    if match["clock"]:
        return Quantity(start, end, int(match["clock"]) * 60 + int(match["sexagesimal"]), "clock")
    if match["lone"]:
        return Quantity(start, end, 100 * _PARTS[match["lone"].lower()], "percent")
    if match["digits"]:
        value = float(match["digits"].replace(",", ""))
    elif match["bare"]:
        value = 0.5
    elif match["word"]:
        value = float(_SMALL[match["word"].lower()])
        value += _SMALL[match["unit"].lower()] if match["unit"] else 0
    else:
        value = 1.0
    value *= _SCALES.get((match["scale"] or "").lower(), 1)
    if part:
        value *= _PARTS.get(part.lower(), 1 / 2)
        if not match["measure"]:
            return Quantity(start, end, round(100 * value, 6), "percent")
    if match["more"] or match["and_half"]:
        value += 0.5
    spelt = (match["sign"] or match["measure"] or "").lower().lstrip("-").strip()
    base, factor = _UNITS.get(spelt) or _UNITS.get(spelt.rstrip("s")) or ("", 1)
    bare = value == 1 and not match["digits"] and not match["scale"] and not part
    if bare and (not base or (match["article"] and not match["more"])):
        return None
    if match["article"] and not (match["scale"] or match["more"] or part):
        return None
    return Quantity(start, end, round(value, 6), base, factor)
