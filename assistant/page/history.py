"""The tab of kept conversations: listed, searched, taken up again, named, taken out, deleted."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from assistant.conversations import Conversation, Conversations
from assistant.desk import Assistant
from assistant.page.asking import Asking, Thread, shown
from assistant.page.auth import user_of
from assistant.page.conversation import counted, restored
from assistant.page.events import INSTANT
from assistant.page.html import Html, button, form, tag, unseen
from index.dates import in_words

_KINDS = {"md": "Markdown", "json": "JSON"}


class History:
    """The tab laid out, in the layout that is open; `connect` makes it work.

    Args:
        desk: what answers.
        kept: where conversations are kept.
    """

    def __init__(self, desk: Assistant, kept: Conversations) -> None:
        self._desk = desk
        self._kept = kept
        self.words = gr.Textbox(
            label="Search",
            placeholder="Titles, questions, answers",
            elem_classes="searching",
            submit_btn=True,
        )
        self.list = gr.HTML(apply_default_css=False, elem_id="conversations")

    @property
    def looking(self) -> dict[str, Any]:
        """The event that shows what is there."""
        return {"fn": self.look, "inputs": self.words, "outputs": self.list, **INSTANT}

    def connect(self, pane: gr.HTML, asking: Asking, tabs: gr.Tabs) -> None:
        """Make it work, with what sends clicks, and the tab that conversations are taken up in."""
        look = self.looking
        self.words.submit(**look)
        pane.resume(self._resume, None, [*asking.view, tabs], **INSTANT)
        pane.rename(self._rename, None, None, **INSTANT).then(**look)
        pane.forget(self._forget, asking.thread, asking.view, **INSTANT).then(**look)
        pane.export(self._export, None, pane, **INSTANT)

    def look(self, words: str, request: gr.Request) -> str:
        """The user's conversations, those that hold some words."""
        found = self._kept.of(user_of(request), words)
        if not found and not words.strip():
            return tag("p.note", "Each conversation is kept here from its first answer on.")
        if not found:
            return tag("p.note", "No conversation holds these words.")
        rated = button(".plain", "export", "Rated answers as an evaluation dataset", kind="jsonl")
        return tag("div", tag("ol", *map(_row, found)), tag("p.foot", rated))

    def _resume(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        key = str(event.id)
        thread = Thread(restored(self._desk, self._kept.turns(user_of(request), key)), key)
        return (*shown(thread), gr.update(selected="ask"))

    def _rename(self, event: gr.EventData, request: gr.Request) -> None:
        self._kept.rename(user_of(request), str(event.id), str(event.title))

    def _forget(self, thread: Thread, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        self._kept.delete(user_of(request), [str(event.id)])
        return shown(Thread() if thread.kept == event.id else thread)

    def _export(self, event: gr.EventData, request: gr.Request) -> Any:
        return gr.update(download=self._file(str(event.kind), event._data.get("id", ""), request))

    def _file(self, kind: str, key: str, request: gr.Request) -> dict[str, str] | None:
        user = user_of(request)
        if kind == "jsonl":
            return {"name": "rated.jsonl", "text": self._kept.dataset(user)}
        text = self._kept.to_markdown(user, key)
        if kind == "json" and text:
            text = json.dumps(self._kept.to_dict(user, key), ensure_ascii=False, indent=1)
        return {"name": f"conversation-{key}.{kind}", "text": text} if text else None


def _row(one: Conversation) -> Html:
    day = one.changed.date()
    rename = form(
        "",
        "rename",
        tag("label", unseen("Title"), tag("input", name="title", value=one.title, maxlength=200)),
        tag("button.plain", "Keep"),
        id=one.id,
    )
    return tag(
        "li",
        button(".title", "resume", one.title, id=one.id),
        tag("p.note", tag("bdi", f"{in_words(day, day)} · {counted(one.turns, 'question')}")),
        tag(
            "div.foot",
            tag("details", tag("summary", "Rename"), rename),
            *(
                button(".plain", "export", name, id=one.id, kind=kind)
                for kind, name in _KINDS.items()
            ),
            tag(
                "details.delete",
                tag("summary", "Delete"),
                button(".danger", "forget", "Delete it for good", id=one.id),
            ),
        ),
        dir="auto",
    )
