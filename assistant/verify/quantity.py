"""Quantities as news writes them, by value and unit: "5 million crowns" is "5,000,000 crowns".

Durations, lengths and weights are compared in one unit each ("90 minutes" is "an hour and a half"),
percentages in all their spellings, clock times by the minute of the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SCALES = {
    "hundred": 100, "thousand": 1e3, "million": 1e6, "mn": 1e6, "m": 1e6, "billion": 1e9,
    "bn": 1e9, "b": 1e9, "trillion": 1e12, "k": 1e3,
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
_WORDS = sorted((u for u in _UNITS if u[0].isalpha()), key=len, reverse=True)
_SMALL_WORD = "|".join(_SMALL)
_QUANTITY = re.compile(
    rf"""(?<![\w.,])(?:
      (?P<hour>\d{{1,2}})(?:[:.](?P<minutes>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?
    | (?P<clock>[012]?\d):(?P<sexagesimal>[0-5]\d)(?!\d)
    | (?P<sign>US\$|[$€£¥])?\s?
      (?:(?P<digits>(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?!\d|st\b|nd\b|rd\b|th\b))
       | (?P<word>{_SMALL_WORD})(?:[-\s](?P<unit>{_SMALL_WORD}))?(?![\w])
       | (?P<article>an?)(?=\s+(?:{"|".join(_WORDS)}|hundred|thousand|million|dozen)\b))
      (?:[\s-]*(?P<scale>(?<!\s)[mbk]|{"|".join(s for s in _SCALES if len(s) > 1)})(?!\w))?
      (?:[\s-]*(?P<part>{"|".join(_PARTS)}|halve)s?\b)?
      (?:[\s-]*(?P<measure>%|(?:{"|".join(_WORDS)})s?(?![\w])))?
      (?P<more>\s+and\s+a\s+half\b)?
    )""",
    re.I | re.X,
)


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


def quantities(text: str) -> list[Quantity]:
    """The quantities of a text, in order; "one" alone, which is seldom a number, is left out."""
    found = []
    for match in _QUANTITY.finditer(text):
        quantity = _read(match)
        if quantity:
            found.append(quantity)
    return found


def _read(match: re.Match[str]) -> Quantity | None:
    start, end = match.start(), match.end()
    part = match["part"]
    if match["hour"]:
        hour = int(match["hour"]) % 12 + (12 if match["half"].lower() == "p" else 0)
        return Quantity(start, end, hour * 60 + int(match["minutes"] or 0), "clock")
    if match["clock"]:
        return Quantity(start, end, int(match["clock"]) * 60 + int(match["sexagesimal"]), "clock")
    if match["digits"]:
        value = float(match["digits"].replace(",", ""))
    elif match["word"]:
        value = float(_SMALL[match["word"].lower()])
        value += _SMALL[match["unit"].lower()] if match["unit"] else 0
    else:
        value = 1.0
    value *= _SCALES.get((match["scale"] or "").lower(), 1)
    if part:
        value *= _PARTS.get(part.lower(), 1 / 2)
    if match["more"]:
        value += 0.5
    spelt = (match["sign"] or match["measure"] or "").lower().lstrip("-").strip()
    base, factor = _UNITS.get(spelt) or _UNITS.get(spelt.rstrip("s")) or ("", 1)
    bare = value == 1 and not match["digits"] and not match["scale"] and not part
    if bare and (not base or (match["article"] and not match["more"])):
        return None
    if match["article"] and not (match["scale"] or match["more"] or part):
        return None
    return Quantity(start, end, round(value, 6), base, factor)
