"""The question as understood: what can be changed or dropped, and the question asked again."""

from __future__ import annotations

from datetime import date
from typing import Any

from assistant.page.conversation import Turn
from assistant.page.html import Html, button, field, form, tag, unseen
from index.dates import in_words
from index.query import Query


def chips(turn: Turn, number: int) -> Html:
    """What limits a question, a chip each; "" if nothing does, or it is not yet understood.

    Args:
        turn: the question.
        number: its place in the conversation, from 0, which goes with what a chip sends.
    """
    query = turn.query
    if query is None:
        return Html()
    made = [*_understood(query, number), *_chosen(turn, number)]
    if query.text != turn.question.strip():
        made.append(_chip(f"Read as: {query.text}", number, {"alone": True}))
    return tag("div.chips", *made) if made else Html()


def between(since: date | str | None, until: date | str | None) -> str:
    """Days in words, as in "from 3 May 2024" where only the first is given; "" where none is."""
    first, last = (
        date.fromisoformat(day) if isinstance(day, str) and day else day or None
        for day in (since, until)
    )
    if first and last:
        return in_words(first, last)
    if first:
        return f"from {in_words(first, first)}"
    return f"to {in_words(last, last)}" if last else ""


def _understood(query: Query, number: int) -> list[Html]:
    made = []
    for one in query.understood:
        ignore = {"ignore": one.text}
        if one.kind == "days":
            label = _said(one.text, between(one.since, one.until))
            made.append(_chip(label, number, ignore, *_days(one.since, one.until), **ignore))
        elif one.kind == "sources":
            label = _said(one.text, ", ".join(one.sources))
            made.append(_chip(label, number, ignore, _outlet(one.sources), **ignore))
        else:
            made.append(_chip(f"Word for word: “{one.text}”", number, ignore))
    return made


def _said(words: str, meant: str) -> str:
    """What some words mean, and the words where they say it otherwise."""
    return meant if meant.casefold() in words.casefold() else f"“{words}” {meant}"


def _chosen(turn: Turn, number: int) -> list[Html]:
    made = []
    since, until, as_of = (turn.filters.get(name) for name in ("since", "until", "as_of"))
    if days := between(since, until):
        drop = {"since": "", "until": ""}
        made.append(_chip(f"Published {days}", number, drop, *_days(since, until)))
    sources = turn.filters.get("sources") or []
    if sources:
        made.append(_chip(", ".join(sources), number, {"source": ""}, _outlet(sources)))
    if as_of:
        label = f"Asked as of {between(as_of, as_of)}"
        made.append(
            _chip(label, number, {"as_of": ""}, field("Asked as of", "as_of", as_of, "date"))
        )
    return made


def _chip(label: str, number: int, drop: dict[str, Any], *fields: Html, **sent: str) -> Html:
    """A chip: with fields it opens to be changed, and what is dropped is sent by its cross."""
    again = tag("button.plain", "Ask again")
    change = form("", "refine", *fields, again, turn=number, **sent)
    words = tag("span.words", label, dir="auto")
    return tag(
        "div.chip",
        tag("details", tag("summary", words), change) if fields else words,
        button(".drop", "refine", "×", unseen(f" Ask again without: {label}"), turn=number, **drop),
    )


def _days(since: date | str | None, until: date | str | None) -> tuple[Html, Html]:
    return (
        field("Published from", "since", str(since or ""), "date"),
        field("to", "until", str(until or ""), "date"),
    )


def _outlet(sources: tuple[str, ...] | list[str]) -> Html:
    return field("Outlet", "source", sources[0], list="outlets")
