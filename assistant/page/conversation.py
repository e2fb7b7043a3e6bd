"""What the page shows of one question, from the asking to the answer: plain data, no Gradio."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from assistant.answer import Answer, Found
from assistant.chain import Event
from assistant.desk import Assistant
from index.errors import DatelineError
from index.query import Query

# Seconds between two updates of the text: more than five a second make a page stutter.
_PAUSE = 0.2


@dataclass(frozen=True)
class Turn:
    """A question, and how far its answer has come.

    Attributes:
        question: as the user put it.
        query: as the archive understood it, once it has.
        doing: what is being done, "" when nothing is any more.
        text: what is written so far, not yet checked.
        answer: the checked answer, at last.
        error: why there is none, and the mend.

    With neither, and nothing being done any more, it was stopped.
    """

    question: str
    query: Query | None = None
    doing: str = ""
    text: str = ""
    answer: Answer | None = None
    error: str = ""


def ask(
    desk: Assistant, question: str, before: Sequence[Turn] = (), **filters: Any
) -> Generator[Turn, None, None]:
    """Ask, and give the turn anew each time that there is something to show.

    Closing it stops the language model.

    Args:
        desk: what answers.
        question: as the user put it.
        before: the conversation so far.
        filters: as `Assistant.stream` takes them.
    """
    turn = Turn(question, doing="Reading the question")
    yield turn
    history = [(old.question, old.answer.text) for old in before if old.answer]
    stream = desk.stream(question, history=history, **filters)
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


def _after(turn: Turn, event: Event, desk: Assistant) -> Turn:
    match event:
        case Query():
            held = desk.archive.holdings(event).articles
            return replace(turn, query=event, doing=f"Searching {counted(held, 'article')}")
        case Found():
            return replace(turn, doing=f"Reading {counted(len(event.passages), 'passage')}")
        case Answer():
            return replace(turn, doing="", text="", answer=event)
        case _:
            return replace(turn, doing="Writing", text=turn.text + event)


def counted(number: int, noun: str) -> str:
    """A number with its noun, as in "1 article" and "2,359 articles"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
