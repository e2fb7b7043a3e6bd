"""Small plots in HTML: each mark on them is text that can be read aloud, most can be pressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from assistant.answer import Citation
from assistant.page.conversation import counted
from assistant.page.html import Html, button, tag, unseen
from index.dates import in_words

# Marks nearer than this share of the width stand one above the other.
_NEAR = 0.07
# Bars that still can be pressed; with more weeks a bar is a month, then a year.
_MOST_BARS = 110


def timeline(citations: Sequence[Citation], number: int) -> Html:
    """When what a turn cites was published; "" where that was all on one day, or is not known."""
    dated = [(day, one.n) for one in citations if (day := one.article.published)]
    days = sorted({day for day, _ in dated})
    if len(days) < 2:
        return Html()
    first, last = days[0], days[-1]
    rows: list[float] = []
    marks = []
    for day, n in sorted(dated):
        at = (day - first) / (last - first)
        row = next((row for row, end in enumerate(rows) if at - end >= _NEAR), len(rows))
        rows[row : row + 1] = [at]
        label = (unseen("Citation "), str(n), unseen(f", {in_words(day, day)}"))
        place = f"left:{100 * at:.1f}%;bottom:{1.5 * row:g}rem"
        href = f"#cited-{number}-{n}"
        marks.append(tag("a.tick", *label, href=href, style=place, title=in_words(day, day)))
    height = f"height:{1.5 * len(rows) + 0.25:g}rem"
    return tag(
        "div.timeline",
        tag("div.line", *marks, style=height),
        tag("p.ends", *(tag("span", in_words(day, day)) for day in (first, last))),
    )


def weeks(counts: Mapping[date, int], since: date | None, until: date | None) -> Html:
    """Articles by week as bars, by month or year in a long archive; each asks for its days.

    "" where there is but one.

    Args:
        counts: articles by the Monday of their week.
        since: the first day that is asked for now, or None.
        until: the last day that is asked for now, or None.
    """
    spans = _spans(counts)
    if len(spans) < 2:
        return Html()
    most = max(count for *_, count in spans)
    bars = [
        button(
            ".week" if _overlap(first, last, since, until) else ".week.out",
            "between",
            tag("span.column", style=f"height:{100 * count / most:.1f}%"),
            unseen(f"{in_words(first, last)}: {counted(count, 'article')}"),
            title=f"{in_words(first, last)}: {counted(count, 'article')}",
            since=first.isoformat(),
            until=last.isoformat(),
        )
        for first, last, count in spans
    ]
    first, last = (in_words(day, day) for day in (spans[0][0], spans[-1][1]))
    every = button(".plain", "between", "All days", since="", until="") if since or until else ""
    days = (spans[0][1] - spans[0][0]).days
    each = "week" if days < 7 else "month" if days < 31 else "year"
    return tag(
        "div.weeks",
        tag("p.note", f"Articles by {each}, {most:,} at most"),
        tag("div.bars", *bars),
        tag("p.ends", tag("span", first), every, tag("span", last)),
    )


def _overlap(first: date, last: date, since: date | None, until: date | None) -> bool:
    return (not until or first <= until) and (not since or since <= last)


def _spans(counts: Mapping[date, int]) -> list[tuple[date, date, int]]:
    """First day, last day and articles of each bar, bars without an article included."""
    if not counts:
        return []
    first, last = min(counts), max(counts)
    if (last - first).days // 7 < _MOST_BARS:
        starts = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    else:
        step = 1 if (last - first).days / 30.4 < _MOST_BARS else 12
        months = range(
            first.year * 12 + (first.month - 1) * (step == 1), last.year * 12 + last.month, step
        )
        starts = [date(month // 12, month % 12 + 1, 1) for month in months]
    ends = [after - timedelta(days=1) for after in starts[1:]] + [last + timedelta(days=6)]
    return [
        (start, end, sum(count for day, count in counts.items() if start <= day <= end))
        for start, end in zip(starts, ends, strict=True)
    ]


def interval(mean: float, low: float, high: float) -> Html:
    """A mean between 0 and 1 with its interval, as a dot on a bar; what is outside is cut."""
    low, mean, high = (min(max(value, 0.0), 1.0) for value in (low, mean, high))
    return tag(
        "span.interval",
        tag("span.range", style=f"left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"),
        tag("span.mean", style=f"left:{100 * mean:.1f}%"),
    )
