"""Who may come in: everything but `/health` and the login itself is behind `AccessControl`.

A user comes with the session's cookie (the page), with a name and password at every request (HTTP
Basic: programs, MCP), or with the header of a reverse proxy that has logged them in. Requests that
another site made the browser send, and requests under a name that is not this server's, are refused
whether or not anyone has to log in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template
from urllib.parse import urlsplit

import anyio
import gradio as gr
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.users import Users

HEALTH = "/health"
# Seconds a login lasts.
_SESSION = 14 * 24 * 3600
# Failed logins that a user or an address may have, and the seconds until one is forgotten.
_FAILURES, _FORGIVEN = 10, 600
# Megabytes of a request that uploads nothing, and files of the largest size that one may upload.
_LARGEST_MB, _FILES = 8, 16
_UPLOAD = "/gradio_api/upload"
# Gradio would fetch other servers' pages through these; nothing here needs it.
_RELAYS = re.compile(r"/gradio_api/(proxy=|file[=/][\w+.-]+:)", re.I)
_SAFE = {"GET", "HEAD", "OPTIONS"}
_WHY = {
    401: "That name and password do not go together.",
    429: "Too many attempts failed. Wait ten minutes, then try again.",
}


def user_of(request: gr.Request) -> str:
    """The user of an event's request, "" where nobody logs in."""
    return request.username or ""


class AccessControl:
    """Lets a request through to the application, with its user, or answers it.

    The user's name is in the scope's state, under "user"; it is None where nobody logs in.

    Args:
        app: what lies behind.
        users: who may log in, or None.
        header: the header that says who a proxy has logged in, or "".
        proxies: addresses whose headers are believed.
        hosts: names by which the server may be called, or None for any.
        max_file_mb: the most megabytes of an uploaded file.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        users: Users | None = None,
        header: str = "",
        proxies: Sequence[str] = (),
        hosts: Sequence[str] | None = None,
        max_file_mb: int = 64,
    ) -> None:
        self._app = app
        self._users = users
        self._header = header
        self._proxies = frozenset(proxies)
        self._hosts = frozenset(hosts) if hosts is not None else None
        self._largest = {_UPLOAD: max_file_mb * _FILES}
        self._sessions: dict[str, tuple[str, str, float]] = {}
        self._failed: list[tuple[float, str]] = []
        self._checking = anyio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let it through."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        self._believe(scope)
        request = Request(scope, receive)
        response = self._refused(request) or await self._answered(request)
        await (response or self._app)(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        """Take what a proxy says of the request for true, and what others say of it away."""
        peer = scope["client"][0] if scope["client"] else ""
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["proxied"] = ""
        if peer in self._proxies:
            named = headers.getlist(self._header)
            if len(named) == 1:  # of two, one may be the visitor's own
                scope["state"]["proxied"] = named[0].strip()
            if said := headers.get("x-forwarded-for"):
                scope["client"] = (said.rpartition(",")[2].strip(), 0)
            if headers.get("x-forwarded-proto") == "https":
                scope["scheme"] = "https"
        else:
            scope["headers"] = [
                (name, value)
                for name, value in scope["headers"]
                if not name.startswith(b"x-forwarded-")
            ]

    # What is refused, whoever asks

    def _refused(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        # Of a name that cannot be, Starlette makes the server's own.
        name = request.url.hostname if request.url.netloc == host else None
        if self._hosts is not None and name not in self._hosts:
            return _told(
                421,
                f"This Dateline is not known as {host!r}. Where that is its name, start it with "
                "DATELINE_HOSTS set to it.",
            )
        if request.method not in _SAFE and self._from_another_site(request):
            return _told(403, "Refused: another site's page sent this request.")
        if _RELAYS.match(request.url.path):
            return _told(403, "Refused: Dateline fetches nothing for others.")
        size = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not size.isdigit():
            return _told(411, "Refused: say how long the request is, in Content-Length.")
        largest = self._largest.get(request.url.path.rstrip("/"), _LARGEST_MB)
        if int(size) > largest * 2**20:
            return _told(413, f"Refused: the request is larger than {largest} MB.")
        return None

    @staticmethod
    def _from_another_site(request: Request) -> bool:
        """Whether a page of another origin made a browser send it.

        The check of Go's `net/http.CrossOriginProtection`: browsers say so in Sec-Fetch-Site, old
        ones in Origin; what says neither is no browser.
        """
        site = request.headers.get("sec-fetch-site")
        if site:
            return site not in ("same-origin", "none")
        origin = request.headers.get("origin")
        return bool(origin) and urlsplit(origin).netloc != request.headers.get("host")

    # Who comes in

    async def _answered(self, request: Request) -> Response | None:
        request.state.user = None
        path = request.url.path
        if path == HEALTH or not (self._users or self._header):
            return None
        cookie = _cookie(request)
        if path == "/logout" and request.method == "POST":
            self._sessions.pop(_digest(request.cookies.get(cookie, "")), None)
            if request.state.proxied:
                return _told(200, "Log out at the proxy before this Dateline.")
            response = RedirectResponse("/login", 303)
            response.delete_cookie(cookie)
            return response
        if request.state.proxied:
            request.state.user = request.state.proxied
            return None
        if self._users and path == "/login":
            return await self._login(request)
        request.state.user = self._known(request.cookies.get(cookie, ""))
        if request.state.user is None and self._users:
            return await self._by_password(request)
        if request.state.user is None:
            return _told(401, "Log in at the proxy before this Dateline: it did not say who asks.")
        return None

    def _known(self, token: str) -> str | None:
        """The user of a session that goes on: not expired, and with the same password still."""
        user, kept, until = self._sessions.get(_digest(token), ("", "", 0.0))
        if not self._users or until < time.time() or self._users.hashes.get(user) != kept:
            return None
        return user

    def _begin(self, user: str, token: str) -> None:
        assert self._users
        now = time.time()
        for key in [key for key, session in self._sessions.items() if session[2] < now]:
            del self._sessions[key]
        self._sessions[_digest(token)] = (user, self._users.hashes[user], now + _SESSION)

    async def _login(self, request: Request) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if request.method != "POST":
            return _page()
        async with request.form(max_files=0, max_fields=4) as form:
            name, password = str(form.get("username", "")).strip(), str(form.get("password", ""))
        if status := await self._checked(request, name, password):
            return _page(_WHY[status], name, status) if wants_page else _told(status, _WHY[status])
        token = secrets.token_urlsafe(32)
        self._begin(name, token)
        response: Response = (
            RedirectResponse("/", 303) if wants_page else JSONResponse({"success": True})
        )
        response.set_cookie(
            _cookie(request),
            token,
            max_age=_SESSION,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    async def _by_password(self, request: Request) -> Response | None:
        """Let in a program that gives a name and password with every request."""
        given = request.headers.get("authorization", "")
        if not given.lower().startswith("basic "):
            if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
                return RedirectResponse("/login", 303)
            response = _told(401, "Log in: send a user's name and password (HTTP Basic).")
            if "sec-fetch-site" not in request.headers:  # a browser would ask in its own way
                response.headers["WWW-Authenticate"] = 'Basic realm="Dateline", charset="UTF-8"'
            return response
        request.state.user = self._known(given)  # so that a password is checked once
        if request.state.user is None:
            try:
                pair = base64.b64decode(given[6:], validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return _told(401, "The Authorization header is not HTTP Basic.")
            name, _, password = pair.partition(":")
            if status := await self._checked(request, name, password):
                return _told(status, _WHY[status])
            self._begin(name, given)
            request.state.user = name
        return None

    async def _checked(self, request: Request, name: str, password: str) -> int:
        """0 where the password is right, else the status to answer with."""
        assert self._users
        keys = (f"user {name}", f"address {request.client.host if request.client else ''}")
        async with self._checking:  # one at a time: else many at once would count as one
            now = time.monotonic()
            self._failed = [failed for failed in self._failed if now - failed[0] < _FORGIVEN]
            recent = Counter(key for _, key in self._failed)
            if any(recent[key] >= _FAILURES for key in keys):
                return 429
            if await anyio.to_thread.run_sync(self._users.check, name, password):
                return 0
            self._failed += [(now, key) for key in keys]
            return 401


def _cookie(request: Request) -> str:
    # Cookies know no ports, and two archives may be served on one machine.
    return f"dateline-{request.url.port or 'session'}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _told(status: int, message: str) -> Response:
    return PlainTextResponse(message, status)


def _page(message: str = "", name: str = "", status: int = 200) -> Response:
    page = Template(resources.files("assistant.page").joinpath("login.html").read_text("utf-8"))
    return HTMLResponse(page.substitute(message=escape(message), name=escape(name)), status)
