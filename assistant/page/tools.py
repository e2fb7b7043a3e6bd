"""What programs may ask of the page's server: HTTP endpoints and MCP tools with stable names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from assistant.answer import found, iso
from assistant.desk import Assistant
from index.errors import DatelineError

_MOST_PASSAGES = 100


def over(desk: Assistant) -> tuple[Callable[..., Any], ...]:
    """The tools over an assistant."""

    def ask(
        question: str,
        as_of: str | None = None,
        since: str | None = None,
        until: str | None = None,
        sources: list[str] | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the news archive, every sentence cited, or abstain.

        Args:
            question: in plain words.
            as_of: the day it is asked on, YYYY-MM-DD, today by default: later articles are unseen.
            since: first day of publication, YYYY-MM-DD.
            until: last day of publication, YYYY-MM-DD.
            sources: outlets to answer from, all by default.

        Returns:
            The object that `dateline ask --json` prints.
        """
        with _told():
            answer = desk.ask(
                question, as_of=as_of, published=(since, until), sources=sources or ()
            )
        return answer.to_dict()

    def search(
        question: str,
        k: int = 10,
        as_of: str | None = None,
        since: str | None = None,
        until: str | None = None,
        sources: list[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Find the passages of the news archive that match a question best, best first.

        Args:
            question: in plain words.
            k: how many passages, at most 100.
            as_of: the day it is asked on, YYYY-MM-DD, today by default: later articles are unseen.
            since: first day of publication, YYYY-MM-DD.
            until: last day of publication, YYYY-MM-DD.
            sources: outlets to search, all by default.

        Returns:
            The passages as `dateline search --json` prints them.
        """
        with _told():
            passages = desk.search(
                question,
                min(max(k, 1), _MOST_PASSAGES),
                as_of=as_of,
                published=(since, until),
                sources=sources or (),
            )
        return [found(rank, passage) for rank, passage in enumerate(passages, 1)]

    def get_article(article_id: str) -> dict[str, Any]:
        """Read an article of the news archive.

        Args:
            article_id: as `ask` and `search` give it.

        Returns:
            Its title, outlet, day, authors, address and body, into which offsets point.
        """
        article = desk.archive.article(article_id)
        if article is None:
            raise gr.Error(f"The archive has no article {article_id!r}.", print_exception=False)
        return {
            "article_id": article.id,
            "title": article.title,
            "source": article.source,
            "published": iso(article.published),
            "authors": list(article.authors),
            "url": article.url,
            "body": article.body,
        }

    return ask, search, get_article


@contextmanager
def _told() -> Iterator[None]:
    """Send the caller the message of an error raised on purpose; Gradio hides all others."""
    try:
        yield
    except DatelineError as error:
        raise gr.Error(str(error), print_exception=False) from error
