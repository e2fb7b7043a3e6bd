"""What programs may ask of the page's server: `ask`, `search` and `get_article`.

Each is one function, offered under its name in three ways: as an MCP tool, to `gradio_client`, and
as an HTTP endpoint that takes and gives JSON (`POST /api/ask`; `/api/openapi.json` describes them).
Programs wait in a line of their own, first come first served: readers of the page do not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial, wraps
from inspect import getdoc
from typing import Annotated, Any, TypeVar

import anyio
import gradio as gr
from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from gradio.events import api
from mcp.server.fastmcp import FastMCP
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route

from assistant.answer import found, iso
from assistant.desk import Assistant
from index.errors import DatelineError, LLMError, UsageError

# Calls answered at once, and calls that may wait for that.
_AT_ONCE, _WAITING = 8, 200
_MOST_PASSAGES = 100
MCP = "/gradio_api/mcp"  # where Gradio's own would be

Tool = Callable[..., Awaitable[Any]]
Given = TypeVar("Given")

# The fields of the JSON object that is sent.
Question = Annotated[str, Body(description="The question, in plain words.")]
AsOf = Annotated[
    str | None,
    Body(description="The day it is asked on, YYYY-MM-DD, today by default; later is unseen."),
]
Since = Annotated[str | None, Body(description="The first day of publication, YYYY-MM-DD.")]
Until = Annotated[str | None, Body(description="The last day of publication, YYYY-MM-DD.")]
Sources = Annotated[list[str] | None, Body(description="The outlets, all by default.")]
Writer = Annotated[
    str | None,
    Body(description='The language model that writes, or "extractive"; the first by default.'),
]
Count = Annotated[int, Body(description="How many passages.", ge=1, le=_MOST_PASSAGES)]
ArticleId = Annotated[
    str, Body(embed=True, description="The article's id, as `ask` and `search` give it.")
]


class Busy(DatelineError):
    """Too many calls wait already: ask again later."""


class NotThere(UsageError):
    """The archive has no such article."""


def over(desk: Assistant) -> tuple[Tool, ...]:
    """The tools over an assistant; they raise what it raises, and `Busy` and `NotThere`."""
    line = anyio.CapacityLimiter(_AT_ONCE)

    async def in_turn(work: Callable[..., Given], *given: Any, **named: Any) -> Given:
        if line.statistics().tasks_waiting >= _WAITING:
            raise Busy(f"{_WAITING} calls are waiting to be answered; call again in a minute.")
        return await anyio.to_thread.run_sync(partial(work, *given, **named), limiter=line)

    async def ask(
        question: Question,
        as_of: AsOf = None,
        since: Since = None,
        until: Until = None,
        sources: Sources = None,
        llm: Writer = None,
    ) -> dict[str, Any]:
        """Answer a question from the news archive, every sentence cited, or abstain.

        Gives the object that `dateline ask --json` prints.
        """
        answer = await in_turn(
            desk.ask,
            question,
            as_of=as_of,
            published=(since, until),
            sources=sources or (),
            llm=llm,
        )
        return answer.to_dict()

    async def search(
        question: Question,
        k: Count = 10,
        as_of: AsOf = None,
        since: Since = None,
        until: Until = None,
        sources: Sources = None,
    ) -> list[dict[str, Any]]:
        """Find the passages of the news archive that match a question best, best first.

        Gives the passages as `dateline search --json` prints them.
        """
        passages = await in_turn(
            desk.search,
            question,
            min(max(k, 1), _MOST_PASSAGES),
            as_of=as_of,
            published=(since, until),
            sources=sources or (),
        )
        return [found(rank, passage) for rank, passage in enumerate(passages, 1)]

    async def get_article(article_id: ArticleId) -> dict[str, Any]:
        """Read an article of the news archive.

        Gives its title, outlet, day, authors, address and body, into which offsets point.
        """
        article = await in_turn(desk.archive.article, article_id)
        if article is None:
            raise NotThere(f"The archive has no article {article_id!r}.")
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


def offer(desk: Assistant, page: gr.Blocks, app: FastAPI) -> None:
    """Offer the tools beside a page: over MCP, to `gradio_client`, and as JSON over HTTP."""
    server = FastMCP(
        "Dateline",
        stateless_http=True,
        log_level="WARNING",
        # The page's `AccessControl` looks at the names it is called by.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    for tool in over(desk):
        server.add_tool(tool, description=getdoc(tool))
        app.post(f"/api/{tool.__name__}", operation_id=tool.__name__)(tool)
        with page:
            api(_told(tool), queue=False)  # the tools have a line of their own
    (route,) = server.streamable_http_app().routes
    assert isinstance(route, Route)
    app.router.routes += [Route(path, route.endpoint) for path in (MCP, f"{MCP}/")]
    before = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with server.session_manager.run(), before(app) as state:
            yield state

    app.router.lifespan_context = lifespan

    @app.exception_handler(DatelineError)
    async def refused(_: Request, error: DatelineError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, _status(error))

    @app.exception_handler(RequestValidationError)
    async def misread(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [f"{fault['loc'][-1]}: {fault['msg'].lower()}" for fault in error.errors()]
        return JSONResponse({"error": f"{'; '.join(wrong)}."}, 422)


def _told(tool: Tool) -> Tool:
    """The tool with its errors as Gradio's own: it tells the caller of no others."""

    @wraps(tool)
    async def told(*given: Any, **named: Any) -> Any:
        try:
            return await tool(*given, **named)
        except DatelineError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return told


def _status(error: DatelineError) -> int:
    for kind, status in ((NotThere, 404), (UsageError, 400), (Busy, 503), (LLMError, 502)):
        if isinstance(error, kind):
            return status
    return 500
