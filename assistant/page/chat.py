"""The page laid out: its head, its tabs, and the article beside them."""

from __future__ import annotations

from importlib import resources
from typing import Any

import gradio as gr

from assistant.conversations import Conversations
from assistant.desk import Assistant
from assistant.page import reading, render
from assistant.page.asking import Asking, Thread
from assistant.page.auth import user_of
from assistant.page.evaluation import Evaluation
from assistant.page.events import INSTANT
from assistant.page.history import History
from assistant.page.library import Library

# Questions answered at once, and questions that may wait in line.
_AT_ONCE, _WAITING = 8, 200


def build(desk: Assistant) -> gr.Blocks:
    """Lay out the page over an assistant."""
    kept = Conversations.at(desk.archive.folder)
    page = gr.Blocks(title="Dateline", analytics_enabled=False, fill_height=True, fill_width=True)
    with page:
        masthead = gr.HTML(apply_default_css=False, elem_id="masthead")
        with gr.Tabs(elem_id="desk") as tabs:
            with gr.Tab("Ask", id="ask", elem_id="tab-ask"):
                asking = Asking(desk, kept)
            with gr.Tab("Archive", id="archive", elem_id="tab-archive") as archive:
                library = Library(desk)
            with gr.Tab("Conversations", id="conversations", elem_id="tab-kept") as kept_tab:
                history = History(desk, kept)
            with gr.Tab("Evaluation", id="evaluation", elem_id="tab-runs") as runs_tab:
                evaluation = Evaluation(desk.settings.runs)
        pane = gr.HTML(
            apply_default_css=False, elem_id="article", js_on_load=file("page.js"), download=None
        )

        def held(request: gr.Request) -> list[Any]:
            holds = desk.archive.holdings()
            return [
                render.masthead(holds, user_of(request)),
                *asking.held(holds),
                library.held(holds),
            ]

        def opened(thread: Thread, event: gr.EventData) -> str:
            return reading.cited(desk, thread.turns[int(event.turn)], int(event.n))

        def read(event: gr.EventData) -> str:
            return reading.read(desk, str(event.id))

        refresh: dict[str, Any] = {
            "fn": held,
            "inputs": None,
            "outputs": [masthead, asking.chat, asking.outlets, library.outlets],
            **INSTANT,
        }
        suggest: dict[str, Any] = {
            "fn": asking.suggested,
            "inputs": None,
            "outputs": asking.chat,
            **INSTANT,
        }
        asking.connect(pane)
        library.connect(pane, tabs, refresh, suggest)
        history.connect(pane, asking, tabs)
        evaluation.connect(pane)
        archive.select(**library.looking)
        kept_tab.select(**history.looking)
        runs_tab.select(evaluation.look, evaluation.view[:2], evaluation.view, **INSTANT)
        pane.open(opened, asking.thread, pane, **INSTANT)
        pane.read(read, None, pane, **INSTANT)
        asking.anew.click(lambda: "", None, pane, **INSTANT)
        page.load(**refresh)
        page.load(**suggest)
        page.unload(asking.left)
    page.queue(default_concurrency_limit=_AT_ONCE, max_size=_WAITING)
    return page


def file(name: str) -> str:
    """The text of a file of this package."""
    return resources.files("assistant.page").joinpath(name).read_text("utf-8")
