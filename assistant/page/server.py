"""The page served: on loopback unless told otherwise, and with nothing fetched from elsewhere."""

from __future__ import annotations

import logging
import socket
import sys
from contextlib import suppress
from types import FrameType

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.desk import Assistant
from assistant.page.chat import build, file
from index.errors import UsageError

# The browser itself refuses whatever would leave this server: scripts, images, fonts, connections.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


def serve(desk: Assistant, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve the page, and the tools for programs, until Ctrl-C.

    Args:
        desk: what answers.
        host: the address to listen on.
        port: the port to listen on.

    Raises:
        UsageError: the address cannot be listened on.
    """
    _require_free(host, port)
    config = uvicorn.Config(
        application(desk),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    with suppress(KeyboardInterrupt):
        _Server(config).run()


def application(desk: Assistant) -> FastAPI:
    """The page as an ASGI application, for another server or another application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(_Policy)
    gr.mount_gradio_app(
        app,
        build(desk),
        path="/",
        theme=theme(),
        css=file("page.css"),
        mcp_server=True,
        enable_monitoring=False,
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        footer_links=[],
    )
    return app


def theme() -> gr.themes.Base:
    """Paper and ink with one colour, by day and by night, in fonts that the reader's system has."""
    return gr.themes.Base(
        neutral_hue="stone",
        font=("Segoe UI", "Roboto", "Ubuntu", "Cantarell", "Liberation Sans", "system-ui"),
        font_mono=("ui-monospace", "Liberation Mono", "monospace"),
    ).set(
        body_background_fill="#fcfbf9",
        body_background_fill_dark="#171614",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1e1c1a",
        background_fill_secondary="#f1eee9",
        background_fill_secondary_dark="#2a2724",
        body_text_color="#1d1b19",
        body_text_color_dark="#ece7df",
        body_text_color_subdued="#625c55",
        body_text_color_subdued_dark="#aba399",
        border_color_primary="#e5e0d8",
        border_color_primary_dark="#37332e",
        input_placeholder_color="#766f67",
        input_placeholder_color_dark="#948c82",
        link_text_color="#8f2d20",
        link_text_color_dark="#f2a08b",
    )


class _Server(uvicorn.Server):
    """Says where it is as soon as it is there, and leaves quietly."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(
            f"Dateline is at http://{self.config.host}:{self.config.port}",
            file=sys.stderr,
            flush=True,
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        # An open page holds its connection until it is cut, and that is not worth a word.
        logging.getLogger("uvicorn.error").disabled = True


class _Policy:
    """Sends the content security policy with every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = _POLICY
            await send(message)

        await self._app(scope, receive, send_with_policy)


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0].lower()
        raise UsageError(
            f"Dateline cannot listen on {host}:{port}: {reason}. Choose another port: "
            f"`make chat PORT={port + 1}`, or `dateline chat --port {port + 1}`."
        ) from error
