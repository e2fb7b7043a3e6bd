"""Dates as news writes them: found in a text, and resolved against the day it was written.

"last Tuesday", "next month", "Oct. 27", "3–9 May 2024", "Q3 2024", "two weeks ago". Deterministic,
English, and cautious: what has no certain first and last day ("since the summit", "recently",
"almost a year ago") is left alone.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
} | {"sept": 9}
_WEEKDAYS = {calendar.day_name[number].lower(): number for number in range(7)}
_NUMBERS = {
    name: number
    for number, name in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"a": 1, "an": 1, "a couple of": 2}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_WEEKDAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_COUNT = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of)"
)
_DASH = r"\s?(?:-|–|—)\s?"

# A clause that speaks of what is to come: "will meet on Friday", "expected in June".
_TO_COME = re.compile(
    r"\b(?:will|would|shall|to be|due|next|upcoming|expected|expects?|scheduled|planned|plans?"
    r"|set (?:for|to)|going to|hopes? to|aims? to)\b[^.,;:]*\Z"
    r"|\b(?:by|until|before|from)\s+(?:on\s+)?\Z"
)
_VAGUE = re.compile(r"\b(?:almost|nearly|about|around|roughly|more than|over|some)\s+\Z", re.I)


@dataclass(frozen=True)
class DateSpan:
    """A stretch of text that names days.

    Attributes:
        start: its first character's offset.
        end: one past its last character's offset.
        first: the first day it names.
        last: the last day it names.
        relative: it names them from the day of writing, as "yesterday" does.
        year_given: the year is certain: written out, or fixed by a relative expression.
    """

    start: int
    end: int
    first: date
    last: date
    relative: bool
    year_given: bool = True


Days = tuple[date, date]
Resolve = Callable[[re.Match[str], date, bool], Days | None]
"""Gives the days that a match names, for the day of writing and whether they are to come."""


def find_dates(text: str, today: date) -> list[DateSpan]:
    """The dates a text names, in order, none inside another.

    Args:
        text: a question, or a sentence of an article.
        today: the day it was written: for a question the day asked, for an article its date.
    """
    matches = sorted(
        (
            (match.start(), order, match)
            for order, kind in enumerate(_KINDS)
            for match in kind.pattern.finditer(text)
        ),
        key=lambda found: found[:2],
    )
    spans: list[DateSpan] = []
    end = 0
    for start, order, match in matches:
        kind = _KINDS[order]
        if start < end or (kind.relative and _is_vague(text, match)):
            continue
        end = match.end()
        try:
            days = kind.resolve(match, today, bool(_TO_COME.search(text[:start])))
        except (ValueError, OverflowError):  # 31 June; a thousand years from now
            continue
        if days:
            year_given = kind.relative or bool(re.search(_YEAR, match[0]))
            spans.append(DateSpan(start, end, *days, kind.relative, year_given))
    return spans


def _is_vague(text: str, match: re.Match[str]) -> bool:
    """Whether a relative date is only about right, as in "almost a year ago"."""
    return not match[0].lower().startswith("the ") and bool(_VAGUE.search(text[: match.start()]))


def annotate(text: str, written_on: date | None) -> str:
    """A sentence with its relative dates made plain: "next month [November 2023]".

    Unchanged where the day of writing is not known.
    """
    if written_on is None:
        return text
    for span in reversed(find_dates(text, written_on)):
        if span.relative:
            text = f"{text[: span.end]} [{in_words(span.first, span.last)}]{text[span.end :]}"
    return text


def in_words(first: date, last: date) -> str:
    """Days in words: "27 October 2023", "3–9 May 2024", "November 2023", "2024"."""
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first, last) == _year(first.year):
        return str(first.year)
    if (first, last) == _month(first.year, first.month):
        return f"{first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last:%B %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%B} – {last.day} {last:%B %Y}"
    return f"{first.day} {first:%B %Y} – {last.day} {last:%B %Y}"


# Days of whole weeks, months, quarters and years


def _week(day: date) -> Days:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _month(year: int, month: int) -> Days:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _quarter(year: int, quarter: int) -> Days:
    return _month(year, 3 * quarter - 2)[0], _month(year, 3 * quarter)[1]


def _year(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


def _weekend(day: date) -> Days:
    saturday = _week(day)[0] + timedelta(days=5)
    return saturday, saturday + timedelta(days=1)


def _unit(unit: str, day: date, step: int) -> Days | None:
    """The day's own week, month, quarter, year or weekend, or one `step` of them away."""
    if unit == "week":
        return _week(day + timedelta(weeks=step))
    if unit == "weekend":
        return _weekend(day + timedelta(weeks=step))
    if unit == "month":
        return _month(day.year, day.month + step)
    if unit == "quarter":
        months = day.year * 4 + (day.month - 1) // 3 + step
        return _quarter(months // 4, months % 4 + 1)
    return _year(day.year + step)


# What each kind of expression names


def _number(text: str) -> int:
    text = text.lower()
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def _day_number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _month_number(text: str) -> int:
    return _MONTHS[text.lower().rstrip(".")]


def _nearest_year(month: int, day: int, today: date, to_come: bool) -> int:
    """The year that puts a day without one nearest to today, on the side the tense tells."""
    years = [today.year + step for step in (-1, 0, 1)]
    distance = {year: (date(year, month, day) - today).days for year in years}
    if to_come:
        return min(years, key=lambda year: (distance[year] < 0, abs(distance[year])))
    return min(years, key=lambda year: abs(distance[year]))


def _iso(m: re.Match[str], _today: date, _to_come: bool) -> Days:
    day = date.fromisoformat(m[0])
    return day, day


def _dated(m: re.Match[str], today: date, to_come: bool) -> Days:
    month, number = _month_number(m["month"]), _day_number(m["day"])
    year = int(m["year"]) if m["year"] else _nearest_year(month, number, today, to_come)
    first = date(year, month, number)
    last = date(year, month, _day_number(m["until"])) if m["until"] else first
    return (first, last) if first <= last else (last, first)


def _in_month(m: re.Match[str], today: date, to_come: bool) -> Days | None:
    month = _month_number(m["month"])
    if m["year"]:
        return _month(int(m["year"]), month)
    year = _nearest_year(month, 1, today, to_come)
    if not to_come and (year, month) > (today.year, today.month):
        year -= 1
    return _month(year, month)


def _months(m: re.Match[str], _today: date, _to_come: bool) -> Days:
    year = int(m["year"])
    return _month(year, _month_number(m["month"]))[0], _month(year, _month_number(m["until"]))[1]


def _in_year(m: re.Match[str], _today: date, _to_come: bool) -> Days:
    last = _year(int(m["until"]))[1] if m["until"] else _year(int(m["year"]))[1]
    return _year(int(m["year"]))[0], last


def _in_quarter(m: re.Match[str], today: date, to_come: bool) -> Days:
    number = m["q"] or _ORDINALS[m["ordinal"].lower()]
    year = int(m["year"]) if m["year"] else today.year
    if not m["year"] and not to_come and _quarter(year, int(number))[0] > today:
        year -= 1
    return _quarter(year, int(number))


def _near(m: re.Match[str], today: date, _to_come: bool) -> Days:
    step = {"yesterday": -1, "tomorrow": 1}.get(m[0].lower().split()[-1], 0)
    if m[0].lower().startswith("the day before"):
        step = -2
    day = today + timedelta(days=step)
    return day, day


def _weekday(m: re.Match[str], today: date, to_come: bool) -> Days:
    which = (m["which"] or "").lower()
    back = (today.weekday() - _WEEKDAYS[m["weekday"].lower()]) % 7
    if which in ("last", "past", "previous"):
        day = today - timedelta(days=back or 7)
    elif which in ("next", "coming"):
        day = today + timedelta(days=7 - back)
    elif which == "this":
        day = _week(today)[0] + timedelta(days=_WEEKDAYS[m["weekday"].lower()])
    elif to_come:
        day = today + timedelta(days=(7 - back) % 7)
    else:
        day = today - timedelta(days=back)
    return day, day


def _weekday_of(m: re.Match[str], today: date, _to_come: bool) -> Days:
    """Resolve "Tuesday last week", "Friday next week"."""
    step = {"last": -1, "this": 0, "next": 1}[m["which"].lower()]
    monday = _week(today + timedelta(weeks=step))[0]
    day = monday + timedelta(days=_WEEKDAYS[m["weekday"].lower()])
    return day, day


def _this(m: re.Match[str], today: date, _to_come: bool) -> Days | None:
    step = {"last": -1, "previous": -1, "past": -1, "next": 1, "coming": 1}.get(
        m["which"].lower(), 0
    )
    return _unit(m["unit"].lower(), today, step)


def _ago(m: re.Match[str], today: date, _to_come: bool) -> Days | None:
    return _away(m["unit"].lower(), today, -_number(m["count"]))


def _ahead(m: re.Match[str], today: date, _to_come: bool) -> Days | None:
    return _away(m["unit"].lower(), today, _number(m["count"]))


def _away(unit: str, today: date, step: int) -> Days | None:
    if unit == "day":
        day = today + timedelta(days=step)
        return day, day
    if unit == "week" and abs(step) == 1:
        day = today + timedelta(weeks=step)
        return day, day
    return _unit(unit, today, step)


def _lately(m: re.Match[str], today: date, _to_come: bool) -> Days:
    """Resolve "in the past three weeks": from as many days ago until today."""
    count = _number(m["count"]) if m["count"] else 1
    unit = (m["unit"] or m["lone"]).lower()
    days = {"day": 1, "week": 7, "month": 30, "year": 365}[unit] * count
    return today - timedelta(days=days), today


@dataclass(frozen=True)
class _Kind:
    """One kind of expression: how it is written, what it names, and whether it is relative."""

    pattern: re.Pattern[str]
    resolve: Resolve
    relative: bool = False


def _kind(pattern: str, resolve: Resolve, *, relative: bool = False) -> _Kind:
    return _Kind(re.compile(rf"(?<![\w-])(?:{pattern})(?!\w)", re.I), resolve, relative)


_WHICH = r"(?P<which>last|past|previous|this|next|coming)"
_TO = rf"(?:{_DASH}|\s+(?:and|to|until|through)\s+(?:the\s+)?)"
_MAYBE_YEAR = rf"(?:,?\s+(?P<year>{_YEAR}))?"
_UNIT = r"(?P<unit>day|week|month|year)"

# Of two that begin at the same place the first here wins, so the longer forms stand first.
_KINDS = (
    _kind(r"\d{4}-\d\d-\d\d", _iso),
    _kind(
        rf"(?P<day>{_DAY})(?:{_TO}(?P<until>{_DAY}))?\s+(?:of\s+)?(?P<month>{_MONTH}){_MAYBE_YEAR}",
        _dated,
    ),
    _kind(
        rf"(?P<month>{_MONTH})\s+(?:the\s+)?(?P<day>{_DAY})(?:{_TO}(?P<until>{_DAY}))?{_MAYBE_YEAR}",
        _dated,
    ),
    _kind(rf"(?P<month>{_MONTH}){_TO}(?P<until>{_MONTH})\s+(?P<year>{_YEAR})", _months),
    _kind(rf"(?P<month>{_MONTH}),?\s+(?:of\s+)?(?P<year>{_YEAR})", _in_month),
    _kind(rf"(?:(?<=\bin )|(?<=\bsince ))(?P<month>{_MONTH})(?P<year>)", _in_month),
    _kind(
        rf"(?:Q(?P<q>[1-4])|(?P<ordinal>{'|'.join(_ORDINALS)})\s+quarter)(?:\s+of)?{_MAYBE_YEAR}",
        _in_quarter,
    ),
    _kind(
        rf"(?:(?<=\bin )|(?<=\bsince )|(?<=\bduring )|(?<=\bof )|(?<=\bfrom ))"
        rf"(?P<year>{_YEAR})(?:{_TO}(?P<until>{_YEAR}))?(?![,.]\d|-)",
        _in_year,
    ),
    _kind(
        r"the day before yesterday|yesterday|today|tonight|tomorrow"
        r"|this (?:morning|afternoon|evening)",
        _near,
        relative=True,
    ),
    _kind(
        rf"(?P<weekday>{_WEEKDAY})\s+(?:of\s+)?(?P<which>last|this|next)\s+week",
        _weekday_of,
        relative=True,
    ),
    _kind(
        rf"(?:{_WHICH}\s+)?(?P<weekday>{_WEEKDAY})(?!\s+(?:of|Times|Night|Mail|Mirror|Post|Express|Telegraph)\b)",
        _weekday,
        relative=True,
    ),
    _kind(
        rf"(?:the\s+)?(?:last|past|previous)\s+(?P<count>{_COUNT})\s+{_UNIT}s?"
        rf"|the\s+(?:last|past)\s+(?P<lone>day|week|month|year)",
        _lately,
        relative=True,
    ),
    _kind(
        rf"{_WHICH}\s+(?P<unit>weekend|week|month|quarter|year)(?![’'-])",
        _this,
        relative=True,
    ),
    _kind(rf"(?P<count>{_COUNT})\s+{_UNIT}s?\s+ago", _ago, relative=True),
    _kind(rf"(?<=\bin )(?P<count>{_COUNT})\s+{_UNIT}s?(?:[’']\s+time)?", _ahead, relative=True),
)
