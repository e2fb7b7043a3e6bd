"""What the page shows of one question, from the asking to the answer: plain data, no Gradio."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.answer import Answer, Found
from assistant.chain import Event
from assistant.conversations import Kept
from assistant.desk import Assistant
from assistant.llm import Stop
from assistant.record import restore
from index.article import Article
from index.errors import DatelineError, UsageError
from index.query import Query

# Seconds between two updates of the text: more than five a second make a page stutter.
_PAUSE = 0.2

Filters = dict[str, Any]
"""What was chosen beside a question, as plain data; what is not there was not chosen.

`since`, `until` and `as_of` are ISO days, `sources` outlets, `ignore` words of the question that
are not to be understood as a filter, `llm` what answers; `alone` says that it is no follow-up.
"""


@dataclass(frozen=True)
class Turn:
    """A question, and how far its answer has come.

    Attributes:
        question: as the user put it.
        filters: what was chosen beside it.
        query: as the archive understood it, once it has.
        doing: what is being done, "" when nothing is any more.
        text: what is written so far, not yet checked.
        answer: the checked answer, at last.
        copies: the other articles that carry the same report, by the id of a cited one.
        error: why there is none, and the mend.
        kept: its number in the kept conversation, 0 if it is not kept.
        thumb: 1 up, -1 down, 0 not rated.
        comment: what the user said of the answer.
        stop: ends the answering from another thread, even while nothing comes.

    With no answer and no error, and nothing being done any more, it was stopped.
    """

    question: str
    filters: Filters = field(default_factory=dict)
    query: Query | None = None
    doing: str = ""
    text: str = ""
    answer: Answer | None = None
    copies: dict[str, tuple[Article, ...]] = field(default_factory=dict)
    error: str = ""
    kept: int = 0
    thumb: int = 0
    comment: str = ""
    stop: Stop = field(default_factory=Stop, compare=False)


def ask(
    desk: Assistant, question: str, before: Sequence[Turn] = (), filters: Filters | None = None
) -> Generator[Turn, None, None]:
    """Ask, and give the turn anew each time that there is something to show.

    Closing it stops the language model.

    Args:
        desk: what answers.
        question: as the user put it.
        before: the conversation so far.
        filters: what was chosen beside the question.
    """
    filters = filters or {}
    turn = Turn(question, filters, doing="Reading the question")
    yield turn
    history = _history(before, filters)
    stream = desk.stream(question, history=history, stop=turn.stop, **_arguments(filters))
    shown = 0.0
    with closing(stream):
        try:
            for event in stream:
                turn = _after(turn, event, desk)
                if isinstance(event, str):
                    if time.monotonic() - shown < _PAUSE:
                        continue
                    shown = time.monotonic()
                yield turn
        except DatelineError as error:
            yield replace(turn, doing="", error=str(error))


def restored(desk: Assistant, kept: Sequence[Kept]) -> tuple[Turn, ...]:
    """A kept conversation as it was, what its articles have become since included."""
    return tuple(_restored(desk, one) for one in kept)


def _restored(desk: Assistant, kept: Kept) -> Turn:
    answer = restore(kept.answer, desk.archive)
    question = kept.answer.get("standalone") or kept.question
    limits = _arguments({**kept.filters, "as_of": answer.as_of, "llm": None})
    query = None
    with suppress(UsageError):  # an outlet asked for then may be gone now
        query = desk.query(question, **limits)
    return Turn(
        kept.question,
        kept.filters,
        query,
        answer=answer,
        copies=_copies(desk, answer),
        kept=kept.n,
        thumb=kept.thumb,
        comment=kept.comment,
    )


def _history(before: Sequence[Turn], filters: Filters) -> list[tuple[str, str]]:
    if filters.get("alone"):
        return []
    return [(old.question, old.answer.text) for old in before if old.answer]


def _arguments(filters: Filters) -> dict[str, Any]:
    """The filters as `Assistant.stream` takes them."""
    given = {name: filters.get(name) for name in ("as_of", "sources", "ignore", "llm")}
    days = (filters.get("since"), filters.get("until"))
    return {name: value for name, value in given.items() if value} | (
        {"published": days} if any(days) else {}
    )


def _after(turn: Turn, event: Event, desk: Assistant) -> Turn:
    match event:
        case Query():
            held = desk.archive.holdings(event).articles
            return replace(turn, query=event, doing=f"Searching {counted(held, 'article')}")
        case Found():
            return replace(turn, doing=f"Reading {counted(len(event.passages), 'passage')}")
        case Answer():
            copies = _copies(desk, event)
            return replace(turn, doing="", text="", answer=event, copies=copies)
        case _:
            return replace(turn, doing="Writing", text=turn.text + event)


def _copies(desk: Assistant, answer: Answer) -> dict[str, tuple[Article, ...]]:
    ids = dict.fromkeys(citation.article.id for citation in answer.citations)
    return {key: tuple(desk.archive.copies_of(key)) for key in ids}


def counted(number: int, noun: str) -> str:
    """A number with its noun, as in "1 article" and "2,359 articles"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
