"""The page served: on loopback unless told otherwise, and with nothing fetched from elsewhere."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from types import FrameType
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.desk import Assistant
from assistant.page import tools
from assistant.page.auth import HEALTH, AccessControl
from assistant.page.chat import build, file
from assistant.users import FILE, Users
from index.errors import UsageError

# The browser itself refuses whatever would leave this server: scripts, images, fonts, connections.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
# Seconds that Gradio's copy of an uploaded file is kept.
_UPLOAD_KEPT = 3600


def serve(
    desk: Assistant, host: str = "127.0.0.1", port: int = 7860, *, without_login: bool = False
) -> None:
    """Serve the page, and the tools for programs, until Ctrl-C.

    Args:
        desk: what answers; its settings say who may log in.
        host: the address to listen on.
        port: the port to listen on.
        without_login: let everyone in who can reach an address that is not this machine's own.

    Raises:
        UsageError: the address cannot be listened on, or should not be as things are.
    """
    local = _is_loopback(host)
    users = _users(desk)
    if not (local or users or desk.settings.auth_header or without_login):
        raise UsageError(
            f"Dateline does not listen on {host} without a login: whoever reaches it could read "
            "the archive. Add a user with `dateline users add NAME`, or set DATELINE_AUTH_HEADER "
            "for a proxy that logs people in, or say --without-login to let everyone in."
        )
    _require_free(host, port)
    # What is uploaded is nobody else's on this machine, and does not outlive the server.
    with tempfile.TemporaryDirectory(prefix="dateline-") as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        config = uvicorn.Config(
            application(desk, hosts=(*_OWN_NAMES, host) if local else ()),
            host=host,
            port=port,
            log_level="warning",
            proxy_headers=False,  # `AccessControl` knows which to believe
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        if users and not local:
            print(
                "Passwords cross the network as they are typed: put a proxy with https before it.",
                file=sys.stderr,
            )
        with suppress(KeyboardInterrupt):
            _Server(config).run()


def application(desk: Assistant, hosts: Sequence[str] = ()) -> FastAPI:
    """The page as an ASGI application, for another server or another application.

    Args:
        desk: what answers; its settings say who may log in.
        hosts: the names it may be called by, with those of the settings; any where there are none.
    """
    settings = desk.settings
    users = _users(desk)
    names = (*hosts, *settings.hosts)
    app = FastAPI(
        title="Dateline",
        version=version("dateline"),
        docs_url=None,  # they would fetch scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.add_middleware(
        AccessControl,
        users=users,
        header=settings.auth_header,
        proxies=settings.proxies,
        hosts=names or None,
        max_file_mb=settings.max_file_mb,
    )
    app.add_middleware(_Policy)

    @app.get(HEALTH)
    def health() -> dict[str, Any]:
        return {
            "status": "ok",
            "articles": desk.archive.holdings().articles,
            "version": app.version,
        }

    page = build(desk)
    page.delete_cache = (_UPLOAD_KEPT, _UPLOAD_KEPT)
    tools.offer(desk, page, app)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        auth_dependency=_user if users or settings.auth_header else None,
        theme=theme(),
        css=file("page.css"),
        max_file_size=settings.max_file_mb * 2**20,
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
        error_text_color="#b3261e",
        error_text_color_dark="#ff9c8a",
        error_background_fill="#fdf1ef",
        error_background_fill_dark="#2e1c19",
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
    """Sends with every response what the browser must not do with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_policy)


def _user(request: Request) -> str | None:
    user: str | None = request.state.user
    return user


def _users(desk: Assistant) -> Users | None:
    """Who may log in, or None where nobody needs to.

    Raises:
        UsageError: the users file that was named is not there, or has no user.
    """
    users = Users(desk.settings.users or desk.archive.folder / FILE)
    if users.hashes:
        return users
    if desk.settings.users:
        raise UsageError(
            f"The users file {users.path} has no user: add one with `dateline users add NAME`."
        )
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
