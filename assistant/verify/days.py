"""The dates of a claim must be those of what it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from assistant.verify.clause import Clause, Days, Text, read, uncut
from assistant.verify.quantity import quantities
from index.dates import find_dates

_YEAR = re.compile(r"(?:19|20)\d\d")
# "Early 2024" is told of the first quarter, and of its second week.
_VAGUE = re.compile(r"(?:early|mid|late)\b", re.I)
_DAY = 86400

Meant = tuple[str, list[Days]]
"""A date's words, and the days they may mean."""


def cut_out(claim: str, written: Sequence[date]) -> tuple[str, list[Meant]]:
    """Cut the dates out of a claim, so that their figures are not taken for numbers.

    A model may copy "on Friday" from an article: then it counts from the article's day.

    Returns:
        The rest, and each date's words with the days they mean from each of the given days.
    """
    meant: dict[tuple[int, int], list[Days]] = {}
    for day in written:
        for span in find_dates(claim, day):
            meant.setdefault((span.start, span.end), []).append((span.first, span.last))
    rest = claim
    for start, end in sorted(meant, reverse=True):
        rest = f"{rest[:start]} {rest[end:]}"
    return rest, [(claim[start:end], days) for (start, end), days in meant.items()]


def not_named(dates: Sequence[Meant], claim: str, cited: Sequence[Text]) -> list[str]:
    """The words of those dates of a claim that the cited texts do not name for what it tells."""
    whole = uncut(claim)
    beside = [max(one.sentences, key=whole.shares) for one in cited]
    return [
        words
        for words, days in dates
        if words.lower() not in ("today", "now")
        and not _reported(words, days, claim, cited)
        and not (words.isdigit() and any(words in best.text for best in beside))
        and not _lasts(words, cited)
        and not _named(words, days, whole, cited, beside)
    ]


def _reported(words: str, days: Sequence[Days], claim: str, cited: Sequence[Text]) -> bool:
    """Whether a claim says only as of when it is told: "as of" the day of what it cites."""
    told = re.search(rf"\bas (?:of|on|at) {re.escape(words)}", claim, re.I)
    written = [one.written for one in cited if one.written]
    return bool(told) and any(first <= day <= last for day in written for first, last in days)


def _lasts(words: str, cited: Sequence[Text]) -> bool:
    """Whether a date is a stretch of time that is told: "seven years ago", "in ten days"."""
    spans = [quantity for quantity in quantities(words) if quantity.unit]
    return any(span.matches(other) for span in spans for one in cited for other in one.numbers)


def _named(
    words: str,
    days: Sequence[Days],
    claim: Clause,
    cited: Sequence[Text],
    beside: Sequence[Clause],
) -> bool:
    """Whether a cited text names the days that a date means, or days within them."""
    vague = _VAGUE.match(words)
    naming = [
        one.around(place)
        for one in cited
        for (known_first, known_last), place in one.days
        if any(
            (first <= known_first and known_last <= last)
            or (vague and first <= known_last and known_first <= last)
            for first, last in days
        )
    ]
    undated = [
        one
        for best, one in zip(beside, cited, strict=True)
        if one.written and not read(best.text, one.written).dates
    ]
    if naming:
        # Not when it is named for something else, and what is spoken of has a date of its own.
        most = max(claim.common(best) for best in beside)
        return len(undated) == len(cited) or any(4 * claim.common(one) > most for one in naming)
    if re.fullmatch(r"\d{4}(?:\D+\d{4})?", words):  # "2018 to 2021", in whatever words
        years = {year for one in cited for year in _YEAR.findall(one.text)}
        return set(_YEAR.findall(words)) <= years
    # The day of publication is the day of what is told without one; and "three days after the
    # collapse" in the paper of that day makes the day of the collapse.
    told = [one.written for one in undated if one.written]
    told += [day for one in cited if one.written for day in _apart(one, one.written)]
    return any(first <= day <= last for day in told for first, last in days)


def _apart(text: Text, written: date) -> list[date]:
    """The days that are as far from the day of writing as the text tells in days or weeks."""
    far = [
        round(number.value * number.factor / _DAY)
        for number in text.numbers
        if number.unit == "second" and number.factor >= _DAY and number.value < 100
    ]
    return [written + timedelta(days=days) for one in far for days in (one, -one)]
