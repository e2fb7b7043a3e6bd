"""The tab where questions are asked, and answers checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from assistant.chain import EXTRACTIVE
from assistant.conversations import Conversations
from assistant.desk import Assistant
from assistant.llm import Stop, running_ollama
from assistant.page import conversation, render
from assistant.page.auth import user_of
from assistant.page.conversation import Filters, Turn
from assistant.page.events import HIDDEN, INSTANT
from assistant.page.examples import examples
from index.articles import Holdings


@dataclass(frozen=True)
class Thread:
    """The conversation on the page.

    Attributes:
        turns: its questions and answers.
        kept: the id it is kept under, None before its first answer.
    """

    turns: tuple[Turn, ...] = ()
    kept: str | None = None


class Asking:
    """The tab laid out, in the layout that is open; `connect` makes it work.

    Args:
        desk: what answers.
        kept: where conversations are kept.
    """

    def __init__(self, desk: Assistant, kept: Conversations) -> None:
        self._desk = desk
        self._kept = kept
        self._answering: dict[str | None, Stop] = {}  # by browser tab
        self.thread = gr.State(Thread())
        self.chat = gr.Chatbot(
            elem_id="chat",
            label="Conversation",
            show_label=False,
            container=False,
            scale=1,
            layout="panel",
            autoscroll=False,
            buttons=[],
            sanitize_html=True,
            allow_tags=False,
            latex_delimiters=[],
            line_breaks=False,
        )
        self.box = gr.Textbox(
            elem_id="box",
            label="Question",
            show_label=False,
            container=False,
            placeholder="Ask a question",
            submit_btn=True,
            autofocus=True,
            max_lines=6,
        )
        with gr.Row(elem_id="under"):
            filters = gr.Accordion("Dates and outlets", open=False, elem_id="filters")
            with filters, gr.Row():
                since = day("Published from")
                until = day("Published to")
                as_of = day("Asked as of")
                self.outlets = gr.Dropdown([], multiselect=True, label="Outlets")
            models = getattr(desk, "models", (desk.model,))
            llm = gr.Dropdown(
                [(_choice(name), name) for name in models],
                value=models[0],
                label="Answers by",
                show_label=False,
                container=False,
                elem_id="llm",
                visible=len(models) > 1,
            )
            self.anew = gr.Button("New conversation", size="sm", elem_id="anew")
        self._filters = [since, until, as_of, self.outlets, llm]

    @property
    def view(self) -> list[Any]:
        """What shows the conversation: the outputs of whatever changes it."""
        return [self.thread, self.chat, self.box]

    def connect(self, pane: gr.HTML) -> None:
        """Make it work, with the pane that articles open in and that sends what is clicked on."""
        asked: dict[str, Any] = {
            "fn": self._ask,
            "inputs": [self.box, self.thread, *self._filters],
            "outputs": self.view,
            **HIDDEN,
        }
        again: dict[str, Any] = {"inputs": self.thread, "outputs": self.view, **HIDDEN}
        answers = [
            self.box.submit(**asked),
            self.chat.example_select(_example, None, self.box, **INSTANT).then(**asked),
            pane.retry(self._retry, **again),
            pane.refine(self._refine, **again),
        ]
        for answering in answers:
            answering.failure(_stop, self.thread, self.view, **INSTANT)
        self.box.stop(_stop, self.thread, self.view, cancels=answers, **INSTANT)
        pane.edit(self._edit, self.thread, self.view, **INSTANT)
        pane.rate(self._rate, self.thread, self.view[:2], **INSTANT)
        pane.comment(self._comment, self.thread, self.view[:2], **INSTANT)
        self.anew.click(_begin, self.thread, self.view, cancels=answers, **INSTANT)

    def held(self, held: Holdings) -> list[Any]:
        """What the chat and the outlets show of an archive."""
        setting = running_ollama() if self._desk.model == EXTRACTIVE else ""
        return [
            gr.update(placeholder=render.welcome(held, setting)),
            gr.update(choices=outlet_choices(held)),
        ]

    def left(self, request: gr.Request) -> None:
        """Stop what is being written for a tab that was closed."""
        if stop := self._answering.pop(request.session_hash, None):
            stop()

    def suggested(self) -> Any:
        """The chat with its example questions."""
        return gr.update(examples=[{"text": question} for question in examples(self._desk)])

    # Asking

    def _ask(
        self,
        question: str,
        thread: Thread,
        since: str | None,
        until: str | None,
        as_of: str | None,
        sources: Sequence[str],
        llm: str,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        chosen = {"since": since, "until": until, "as_of": as_of, "sources": list(sources)}
        if llm != self._desk.model:
            chosen["llm"] = llm
        filters = {name: value for name, value in chosen.items() if value}
        if question.strip():
            yield from self._answer(question, filters, thread, len(thread.turns), request)

    def _retry(
        self, thread: Thread, event: gr.EventData, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        turn = thread.turns[event.turn]
        yield from self._answer(turn.question, turn.filters, thread, event.turn, request)

    def _refine(
        self, thread: Thread, event: gr.EventData, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        at = int(event.turn)
        turn = thread.turns[at]
        filters = refined(turn.filters, event._data)
        yield from self._answer(turn.question, filters, thread, at, request)

    def _answer(
        self, question: str, filters: Filters, thread: Thread, at: int, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Ask after the turns before a place; the last turn is replaced, any other one stays."""
        turns = thread.turns
        before = turns[:-1] if at == len(turns) - 1 else turns
        asked = conversation.ask(self._desk, question, turns[:at], filters)
        with closing(asked):
            for turn in asked:
                self._answering[request.session_hash] = turn.stop
                thread = replace(thread, turns=(*before, turn))
                yield shown(thread)
        if turn.answer:
            user = user_of(request)
            if len(before) < len(turns):
                thread = self._taken_back(user, thread, turns[-1])
            kept, n = self._kept.append(user, thread.kept, turn.answer, filters)
            yield shown(Thread((*before, replace(turn, kept=n)), kept))

    def _edit(self, thread: Thread, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Put a question back into the box; the last one is taken back with its answer."""
        turn = thread.turns[event.turn]
        if turn is thread.turns[-1]:
            thread = self._taken_back(user_of(request), thread, turn)
            thread = replace(thread, turns=thread.turns[:-1])
        return thread, render.messages(thread.turns), turn.question

    def _taken_back(self, user: str, thread: Thread, turn: Turn) -> Thread:
        if thread.kept and turn.kept:
            self._kept.take_back(user, thread.kept, turn.kept)
        return replace(thread, kept=None) if turn.kept == 1 else thread

    # Rating

    def _rate(self, thread: Thread, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        return self._rated(thread, event, request, thumb=int(event.thumb))

    def _comment(self, thread: Thread, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        return self._rated(thread, event, request, comment=str(event.comment).strip())

    def _rated(
        self, thread: Thread, event: gr.EventData, request: gr.Request, **said: Any
    ) -> tuple[Any, ...]:
        at = int(event.turn)
        turn = replace(thread.turns[at], **said)
        if thread.kept:
            self._kept.rate(user_of(request), thread.kept, turn.kept, turn.thumb, turn.comment)
        thread = replace(thread, turns=(*thread.turns[:at], turn, *thread.turns[at + 1 :]))
        return shown(thread)[:2]


def shown(thread: Thread) -> tuple[Any, ...]:
    """The conversation, and the box: emptied of a question, and given it back if unanswered."""
    if not thread.turns:
        return thread, [], gr.update(value="", submit_btn=True, stop_btn=False)
    last = thread.turns[-1]
    box: dict[str, Any] = {"submit_btn": not last.doing, "stop_btn": bool(last.doing)}
    if last.answer is None:
        box["value"] = "" if last.doing else last.question
    return thread, render.messages(thread.turns), gr.update(**box)


def refined(filters: Filters, change: dict[str, Any]) -> Filters:
    """Filters with what a chip sends: days, an outlet, words to ignore, or to stand alone."""
    made = dict(filters)
    for name in ("since", "until", "as_of", "alone"):
        if name in change:
            made[name] = change[name]
    if "source" in change:
        made["sources"] = [change["source"]] if change["source"].strip() else []
    if "ignore" in change:
        made["ignore"] = [*filters.get("ignore", ()), change["ignore"]]
    return {name: value for name, value in made.items() if value}


def day(label: str) -> gr.DateTime:
    """A field for a day."""
    return gr.DateTime(label=label, include_time=False, type="string", min_width=150)


def outlet_choices(held: Holdings) -> list[tuple[str, str]]:
    """The outlets with their counts, as a dropdown takes them."""
    return [(f"{name} ({count:,})", name) for name, count in held.sources.items() if name]


def _choice(model: str) -> str:
    return "No language model (extractive)" if model == EXTRACTIVE else render.written_by(model)


def _begin(thread: Thread) -> tuple[Any, ...]:
    _stop(thread)
    return shown(Thread())


def _stop(thread: Thread) -> tuple[Any, ...]:
    if not thread.turns:
        return shown(thread)
    thread.turns[-1].stop()
    return shown(replace(thread, turns=(*thread.turns[:-1], replace(thread.turns[-1], doing=""))))


def _example(event: gr.SelectData) -> str:
    return str(event.value["text"])
