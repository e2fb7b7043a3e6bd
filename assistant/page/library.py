"""The tab where the archive is searched, browsed and added to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from assistant.desk import Assistant
from assistant.page import adding, plots, render
from assistant.page.asking import day, outlet_choices
from assistant.page.conversation import counted
from assistant.page.events import HIDDEN, INSTANT
from assistant.page.html import Html, button, join, tag
from index.article import Article
from index.articles import Holdings
from index.errors import DatelineError
from index.query import Query
from index.text import clip

# Articles shown at first, and each time that more are asked for.
_SHOWN = 30
# Passages looked at for a search: several may stand in one article.
_PASSAGES = 100
# Characters of an article, or of the passage found, that stand under its headline.
_SNIPPET = 220


class Library:
    """The tab laid out, in the layout that is open; `connect` makes it work."""

    def __init__(self, desk: Assistant) -> None:
        self._desk = desk
        self.words = gr.Textbox(
            label="Search",
            placeholder="Words, names, places",
            submit_btn=True,
            elem_classes="searching",
        )
        with gr.Row(elem_id="looking"):
            self.since = day("Published from")
            self.until = day("Published to")
            self.outlets = gr.Dropdown([], multiselect=True, label="Outlets", scale=2)
        with gr.Accordion("Add articles", open=False, elem_id="adding") as self.adding:
            self.files = gr.File(label="Files to add", file_count="multiple", height=140)
            self.url = gr.Textbox(
                label="Or the address of an article or a feed",
                placeholder="https://",
                submit_btn=True,
            )
            self.report = gr.HTML(apply_default_css=False, elem_id="added")
        self.found = gr.HTML(apply_default_css=False, elem_id="found")

    @property
    def looking(self) -> dict[str, Any]:
        """The event that shows what is there."""
        chosen = [self.words, self.since, self.until, self.outlets]
        return {"fn": self.look, "inputs": chosen, "outputs": self.found, **INSTANT}

    def connect(self, pane: gr.HTML, tabs: gr.Tabs, *changed: dict[str, Any]) -> None:
        """Make it work.

        Args:
            pane: where articles open, and what sends what is clicked on.
            tabs: the tabs that this is one of.
            changed: the events to run when the archive holds something else.
        """
        look = self.looking
        chosen = look["inputs"]
        self.words.submit(**look)
        for control in chosen[1:]:
            control.change(**look, trigger_mode="always_last")
        pane.more(self._more, chosen, self.found, **INSTANT)
        pane.fill(_opened, None, [tabs, self.adding], **INSTANT)
        pane.between(_between, None, [self.since, self.until], **INSTANT)
        adds = {"outputs": [self.report, self.files, self.url], **HIDDEN, "concurrency_limit": None}
        for done in (
            self.files.upload(self._add_files, self.files, **adds),
            self.url.submit(self._add_address, self.url, **adds),
            pane.delete(self._delete, None, pane, **INSTANT),
        ):
            for event in (*changed, look):
                done.then(**event)

    def held(self, held: Holdings) -> Any:
        """What the outlets show of an archive."""
        return gr.update(choices=outlet_choices(held))

    # Looking

    def look(
        self,
        words: str,
        since: str | None,
        until: str | None,
        outlets: Sequence[str],
        most: int = _SHOWN,
    ) -> str:
        """The articles that are asked for, with how many there are by week."""
        try:
            query = self._desk.query(
                words.strip() or "*", published=(since, until), sources=outlets
            )
        except DatelineError as error:
            return tag("p.warning", str(error))
        archive = self._desk.archive
        counts = plots.weeks(archive.weeks(), query.since, query.until)
        found = self._matching(query) if words.strip() else self._newest(query, most + 1)
        rows = [_row(article, text) for article, text in found[:most]]
        more = (
            button(".plain.more", "more", "Show more", most=most + _SHOWN)
            if len(found) > most
            else ""
        )
        return join(
            (counts, tag("p.counted", self._told(query, words, found)), tag("ol", *rows), more)
        )

    def _more(
        self,
        words: str,
        since: str | None,
        until: str | None,
        outlets: Sequence[str],
        event: gr.EventData,
    ) -> str:
        return self.look(words, since, until, outlets, int(event.most))

    def _matching(self, query: Query) -> list[tuple[Article, str]]:
        """The articles that match the words best, each with its best passage."""
        found: dict[str, tuple[Article, str]] = {}
        for passage in self._desk.archive.search(query, _PASSAGES):
            found.setdefault(passage.article.id, (passage.article, passage.text))
        return list(found.values())

    def _newest(self, query: Query, most: int) -> list[tuple[Article, str]]:
        articles = self._desk.archive.articles(
            sources=query.sources, since=query.since, until=query.until, limit=most
        )
        return [(article, article.body) for article in articles]

    def _told(self, query: Query, words: str, found: Sequence[Any]) -> str:
        if not found:
            return "No articles here"
        held = self._desk.archive.holdings(query).articles
        if words.strip():
            return f"The nearest of {counted(held, 'article')}, best first"
        return f"{counted(held, 'article')}, newest first"

    # Adding and deleting

    def _add_files(self, paths: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        yield from self._shown(lambda: adding.files(self._desk, paths or ()))

    def _add_address(self, url: str) -> Iterator[tuple[Any, ...]]:
        yield from self._shown(lambda: adding.address(self._desk, url))

    @staticmethod
    def _shown(
        begin: Callable[[], Iterator[tuple[adding.Added, ...]]],
    ) -> Iterator[tuple[Any, ...]]:
        """What is added as it goes, and at last the fields emptied for more."""
        try:
            report: str = ""
            for added in begin():
                report = adding.report(added)
                yield report, gr.skip(), gr.skip()
            yield report, None, ""
        except DatelineError as error:
            yield tag("p.warning", str(error)), gr.skip(), gr.skip()

    def _delete(self, event: gr.EventData) -> str:
        self._desk.archive.delete([str(event.id)])
        return ""


def _row(article: Article, text: str) -> Html:
    return tag(
        "li",
        button(".title", "read", article.title, id=article.id),
        tag("p.note", render.origin(article)),
        tag("p.snippet", clip(text, _SNIPPET), dir="auto"),
        dir="auto",
    )


def _opened() -> tuple[Any, Any]:
    return gr.update(selected="archive"), gr.update(open=True)


def _between(event: gr.EventData) -> tuple[str | None, str | None]:
    return event.since or None, event.until or None
