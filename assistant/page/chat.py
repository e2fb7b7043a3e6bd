"""The page laid out, and what each of its controls does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from importlib import resources
from typing import Any

import gradio as gr
from gradio.events import api

from assistant.desk import Assistant
from assistant.page import conversation, render, tools
from assistant.page.conversation import Turn
from assistant.page.examples import examples

Turns = tuple[Turn, ...]

# Questions answered at once; the others wait in line.
_AT_ONCE = 8

_HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_INSTANT: dict[str, Any] = {"queue": False, **_HIDDEN}


def build(desk: Assistant) -> gr.Blocks:
    """Lay out the page over an assistant."""
    page = gr.Blocks(title="Dateline", analytics_enabled=False, fill_height=True, fill_width=True)
    with page:
        turns = gr.State(())
        masthead = gr.HTML(elem_id="masthead")
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="asking"):
                chat = _chat()
                box = _box()
                with gr.Accordion("Dates and outlets", open=False, elem_id="filters"):
                    with gr.Row():
                        since = _day("Published from")
                        until = _day("Published to")
                        as_of = _day("Asked as of")
                    outlets = gr.Dropdown([], multiselect=True, label="Outlets")
            article = gr.HTML(elem_id="article", js_on_load=file("page.js"))

        def respond(
            question: str,
            before: Turns,
            since: str | None,
            until: str | None,
            as_of: str | None,
            sources: Sequence[str],
        ) -> Iterator[tuple[Any, ...]]:
            if not question.strip():
                return
            asked = conversation.ask(
                desk, question, before, published=(since, until), as_of=as_of, sources=sources
            )
            with closing(asked):
                for turn in asked:
                    yield _shown((*before, turn))

        view = [turns, chat, box]
        answer: dict[str, Any] = {
            "fn": respond,
            "inputs": [box, turns, since, until, as_of, outlets],
            "outputs": view,
            **_HIDDEN,
        }
        answers = [
            box.submit(**answer),
            chat.example_select(_example, None, box, **_INSTANT).then(**answer),
            chat.retry(_take_back, turns, view, **_INSTANT).then(**answer),
        ]
        for answering in answers:
            answering.failure(_stop, turns, view, **_INSTANT)
        box.stop(_stop, turns, view, cancels=answers, **_INSTANT)
        chat.undo(_take_back, turns, view, **_INSTANT)
        chat.clear(lambda: ((), ""), None, [turns, article], **_INSTANT)
        article.open(_open, turns, article, **_INSTANT)
        page.load(lambda: _held(desk), None, [masthead, chat, outlets], **_INSTANT)
        page.load(lambda: _suggested(desk), None, chat, **_INSTANT)
        for tool in tools.over(desk):
            api(tool)
    page.queue(default_concurrency_limit=_AT_ONCE)
    return page


def file(name: str) -> str:
    """The text of a file of this package."""
    return resources.files("assistant.page").joinpath(name).read_text("utf-8")


def _chat() -> gr.Chatbot:
    return gr.Chatbot(
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


def _box() -> gr.Textbox:
    return gr.Textbox(
        elem_id="box",
        label="Question",
        show_label=False,
        container=False,
        placeholder="Ask about anything the archive reports",
        submit_btn=True,
        autofocus=True,
        max_lines=6,
    )


def _day(label: str) -> gr.DateTime:
    return gr.DateTime(label=label, include_time=False, type="string", min_width=140)


def _held(desk: Assistant) -> tuple[Any, ...]:
    held = desk.archive.holdings()
    outlets = [(f"{name} ({count:,})", name) for name, count in held.sources.items() if name]
    return (
        render.masthead(held, desk.model),
        gr.update(placeholder=render.welcome(held)),
        gr.update(choices=outlets),
    )


def _suggested(desk: Assistant) -> Any:
    return gr.update(examples=[{"text": question} for question in examples(desk)])


def _shown(turns: Turns) -> tuple[Any, ...]:
    """The conversation, and the box: emptied of a question, and given it back if unanswered."""
    last = turns[-1]
    box: dict[str, Any] = {"submit_btn": not last.doing, "stop_btn": bool(last.doing)}
    if last.answer is None:
        box["value"] = "" if last.doing else last.question
    return turns, render.messages(turns), gr.update(**box)


def _stop(turns: Turns) -> tuple[Any, ...]:
    return _shown((*turns[:-1], replace(turns[-1], doing="")))


def _take_back(turns: Turns) -> tuple[Any, ...]:
    return turns[:-1], render.messages(turns[:-1]), turns[-1].question


def _example(event: gr.SelectData) -> str:
    return str(event.value["text"])


def _open(turns: Turns, event: gr.EventData) -> str:
    cited = turns[event.turn].answer.citations
    chosen = next(citation for citation in cited if citation.n == event.n)
    return render.opened(chosen.article, cited, chosen.n)
