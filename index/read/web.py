"""Articles on the web: a page, or the entries of an RSS or Atom feed.

Whoever names an address, or writes a page that redirects to one, must not get Dateline to read
what only this machine can reach. So a name is resolved once, every address it has must be public,
and the connection is made to an address that was checked, never to the name again.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import anyio
import feedparser
import httpx
from anyio.from_thread import start_blocking_portal
from protego import Protego
from tld import get_fld

from index.article import Article
from index.errors import ReadError
from index.read import fields, html
from index.read.source import Source, written
from index.text import clip

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 10, 20, 60
REDIRECTS = 5
ENTRIES = 200
ROBOTS_BYTES = 500 * 2**10  # what RFC 9309 asks of a reader at the least

_AGENT = "Dateline"
_PAGES = ("text/html", "application/xhtml+xml")
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")
_EITHER = ("application/xml", "text/xml", "")
_ROOT = re.compile(rb"<(?:(rss|feed|rdf:RDF)|html)\b", re.IGNORECASE)
# An entry shorter than this, or cut off, is taken for a summary, and the page it links to is read.
_WHOLE = 1000
_CUT = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|(?:Read more|Continue reading)\W*)\s*\Z", re.I)

_NAT64 = IPv6Network("64:ff9b::/96")
_PROTOCOLS = IPv4Network("192.0.0.0/24")  # some clouds serve their secrets here
_NOT_PUBLIC = (
    "{host} is not a public address ({address}): pages on this machine and its own network are "
    "not read without --allow-private"
)


def read(url: str, *, limit: int, allow_private: bool = False) -> Iterator[Article | ReadError]:
    """Read the article of a page, or the articles of a feed's newest entries.

    Args:
        url: an http or https address.
        limit: the most bytes of a page or feed, after decompression.
        allow_private: read from this machine and its own network too.

    Raises:
        ReadError: the address cannot be read, or there is no article there.
    """
    with _visitor(limit, allow_private) as fetch:
        page = fetch(url)
        if page.is_feed:
            yield from _read_feed(page, fetch)
        else:
            yield _article(page)


class Page(Source):
    """What a server sent.

    Attributes:
        asked: the address that was asked for.
        url: the address it was found at, after redirects.
        kind: its media type, "" where the server named none.
        charset: the encoding the server named, if it did.
    """

    def __init__(self, asked: str, response: httpx.Response, content: bytes, limit: int) -> None:
        self.asked = written(asked)
        self.url = urldefrag(str(response.url)).url
        self.kind = _kind(response)
        self.charset = response.charset_encoding
        self._content = content
        super().__init__(Path(urlsplit(self.url).path), limit)

    @property
    def is_feed(self) -> bool:
        """Whether it is a feed, by its type or else by its first element."""
        root = _ROOT.search(self._content[:4096])
        return bool(root[1]) if root else self.kind in _FEEDS

    def error(self, reason: str) -> ReadError:
        """A `ReadError` about the address that was asked for."""
        return ReadError(self.asked, reason)

    def where(self, key: str = "") -> str | None:
        """An article of the web has a path only where it has no address of its own."""
        return f"{self.url}#{key}" if key else None

    def content(self) -> bytes:
        """What the server sent, decompressed."""
        return self._content


# Articles


def _article(page: Page, given: Mapping[str, Any] | None = None) -> Article:
    if page.is_feed:
        raise page.error("this is a feed, where a page was expected")
    text = html.text(page.content(), page, page.charset)
    body, matter = html.extract(text, page, page.url)
    # A page may claim to be a copy of another, but not in another's name: it would replace that.
    claimed = fields.web_address(matter.pop("url", None))
    url = claimed if claimed and _same_site(claimed, page.url) else page.url
    return fields.article(body, {**(given or {}), **matter, "url": urldefrag(url).url}, page)


def _same_site(one: str, other: str) -> bool:
    hosts = urlsplit(one).hostname, urlsplit(other).hostname
    sites = [get_fld(url, fail_silently=True) for url in (one, other)]
    return hosts[0] == hosts[1] or (sites[0] is not None and sites[0] == sites[1])


def _read_feed(page: Page, fetch: Callable[[str], Page]) -> Iterator[Article | ReadError]:
    text = html.bounded(html.text(page.content(), page, page.charset), page)
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": page.url}
    # Given as a stream: feedparser takes bytes for the name of a file, and opens that.
    feed = feedparser.parse(io.BytesIO(text.encode()), response_headers=headers)
    if not feed.entries and (feed.bozo or not feed.version):
        why = clip(str(feed.get("bozo_exception", "not a feed")), 200)
        raise page.error(f"the feed is damaged: {why}")
    seen: set[str] = set()
    for entry in feed.entries[:ENTRIES]:
        link = urldefrag(urljoin(page.url, entry.get("link", ""))).url if entry.get("link") else ""
        if link and link in seen:
            continue
        seen.add(link)
        try:
            yield _entry(entry, link, feed.feed.get("title", ""), page, fetch)
        except ReadError as error:
            yield error
    if len(feed.entries) > ENTRIES:
        yield page.error(
            f"the feed has {len(feed.entries)} entries, of which the first {ENTRIES} were read: "
            "give the addresses of the others to read them"
        )


def _entry(
    entry: Mapping[str, Any], link: str, outlet: str, page: Page, fetch: Callable[[str], Page]
) -> Article:
    """An entry's article: its own text where that is whole and of the feed's own site."""
    matter = {
        "title": entry.get("title"),
        "date": _day(entry),
        "authors": entry.get("authors") or entry.get("author"),
        "publisher": outlet,
    }
    texts = [part.get("value") or "" for part in entry.get("content", ())]
    longest = max([*texts, entry.get("summary") or ""], key=len)
    if not link or _same_site(link, page.url):
        try:
            body, _ = html.extract(html.page_of(longest), page)
        except ReadError:
            body = ""
        if body and (not link or (len(body) >= _WHOLE and not _CUT.search(body))):
            key = "" if link else str(entry.get("id") or entry.get("title") or "")
            return fields.article(body, {**matter, "url": link}, page, key=key)
    if not link:
        title = clip(entry.get("title", ""), 80)
        raise page.error(f"the entry {title!r} has neither text nor a link")
    return _article(fetch(link), matter)


def _day(entry: Mapping[str, Any]) -> date | None:
    """The day as written, in the outlet's own time; failing that, in UTC."""
    for name in ("published", "created", "updated"):
        if day := fields.parse_day(entry.get(name) or ""):
            return day
        if parsed := entry.get(f"{name}_parsed"):
            return date(*parsed[:3])
    return None


# Fetching


@contextmanager
def _visitor(limit: int, allow_private: bool) -> Iterator[Callable[[str], Page]]:
    """Fetch pages one at a time; asynchronous beneath, so that a deadline holds over all of it."""
    client = httpx.AsyncClient(
        transport=_Guard(allow_private),
        headers={
            "User-Agent": f"{_AGENT}/{version('dateline')}",
            "Accept": ", ".join((*_PAGES, *_FEEDS, *_EITHER[:2])),
            "Accept-Encoding": "gzip",
        },
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        trust_env=False,
    )
    visitor = _Visitor(client, limit)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client):
        yield lambda url: portal.call(visitor.fetch, url.strip())


class _Refused(httpx.TransportError):
    """Why an address is not read, in words a reporter understands."""


class _Visitor:
    def __init__(self, client: httpx.AsyncClient, limit: int) -> None:
        self._client = client
        self._limit = limit
        self._robots: dict[httpx.URL, Protego] = {}

    async def fetch(self, address: str) -> Page:
        """Fetch a page, as `ReadError` tells why not."""
        try:
            with anyio.fail_after(TOTAL_SECONDS):
                response, content = await self._follow(httpx.URL(address), self._page, self._ask)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            raise ReadError(written(address), _why(error)) from error
        return Page(address, response, content, self._limit)

    async def _follow(
        self,
        url: httpx.URL,
        take: Callable[[httpx.Response], Awaitable[bytes]],
        ask: Callable[[httpx.URL], Awaitable[None]],
    ) -> tuple[httpx.Response, bytes]:
        """Follow redirects, asking before each whether it may be, and take what the last gives."""
        for _ in range(REDIRECTS + 1):
            await ask(url)
            async with self._client.stream("GET", url) as response:
                if response.next_request is None:
                    return response, await take(response)
                url = response.next_request.url
        raise _Refused(f"redirected more than {REDIRECTS} times")

    async def _page(self, response: httpx.Response) -> bytes:
        if not response.is_success:
            raise _Refused(_status(response))
        kind = _kind(response)
        if kind not in (*_PAGES, *_FEEDS, *_EITHER):
            raise _Refused(f"neither a page nor a feed, but {kind}: save it and ingest the file")
        content = await _body(response, self._limit)
        if len(content) > self._limit:
            raise _Refused(
                f"larger than the limit of {self._limit / 2**20:.0f} MB: "
                "save it and split it, or raise max_file_mb"
            )
        if not content.strip():
            raise _Refused("the page is empty")
        return content

    async def _ask(self, url: httpx.URL) -> None:
        """Hold to a site's robots.txt (RFC 9309): none allows all, a server's fault nothing."""
        site = url.copy_with(raw_path=b"/robots.txt", fragment=None)
        if site not in self._robots:
            _, rules = await self._follow(site, _rules, _anything)
            self._robots[site] = Protego.parse(rules.decode("utf-8", "replace"))
        if not self._robots[site].can_fetch(str(url), _AGENT):
            raise _Refused(f"the robots.txt of {url.host} asks that it not be read by programs")


async def _anything(_: httpx.URL) -> None:
    """The rules themselves may be read by all."""


async def _rules(response: httpx.Response) -> bytes:
    if response.is_server_error:
        raise _Refused(
            f"the robots.txt of {response.url.host} cannot be read, so neither can the site: "
            + _status(response)
        )
    return (await _body(response, ROBOTS_BYTES))[:ROBOTS_BYTES] if response.is_success else b""


async def _body(response: httpx.Response, limit: int) -> bytes:
    """What a response holds, decompressed as it comes; no more than one byte over the limit."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "", "gzip", "x-gzip"):
        raise _Refused(f"packed as {packing}, which was not asked for")
    unpack = None if packing in ("identity", "") else zlib.decompressobj(wbits=31)
    content = bytearray()
    async for chunk in response.aiter_raw():
        try:
            content += unpack.decompress(chunk, limit + 1 - len(content)) if unpack else chunk
        except zlib.error as error:
            raise _Refused(f"what the server sent is damaged: {error}") from error
        if len(content) > limit:
            return bytes(content[: limit + 1])
    if unpack and not unpack.eof:
        raise _Refused("what the server sent is cut off")
    return bytes(content)


class _Guard(httpx.AsyncBaseTransport):
    """Connects to public addresses only, each checked after its name was resolved."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        # Connections are kept by address: one kept would answer for another name, unverified.
        self._inner = httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in ("http", "https") or not url.host:
            raise _Refused("not an http or https address")
        if url.userinfo:
            raise _Refused("holds a name and password: take them out of the address")
        failed: httpx.TransportError = _Refused(f"the name {url.host} has no address")
        for address in await self._addresses(url):
            try:
                return await self._inner.handle_async_request(
                    httpx.Request(
                        request.method,
                        url.copy_with(host=address),
                        headers=request.headers,
                        extensions={**request.extensions, "sni_hostname": url.raw_host.decode()},
                    )
                )
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _addresses(self, url: httpx.URL) -> list[str]:
        host = url.raw_host.decode("ascii")
        try:
            found = await anyio.to_thread.run_sync(_resolve, host, abandon_on_cancel=True)
        except (OSError, UnicodeError) as error:
            raise _Refused(f"the name {url.host} is not known: check the address") from error
        for address in found:
            if not self._allow_private and not _is_public(address):
                raise _Refused(_NOT_PUBLIC.format(host=url.host, address=address))
        return found


def _resolve(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_public(text: str) -> bool:
    """Whether anyone on the internet can reach an address, and it stands for that alone."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        special = address in _PROTOCOLS
    else:
        if inner := _carried(address):
            return _is_public(str(inner))
        special = address.is_site_local or address.is_reserved
    return address.is_global and not address.is_multicast and not special


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address only wraps: mapped, 6to4 or NAT64 (RFC 6052)."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


# Words


def _kind(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).split(";")[0].strip().lower()


def _status(response: httpx.Response) -> str:
    advice = "try again later" if response.is_server_error else "check the address"
    return f"the server answered {response.status_code} {response.reason_phrase}: {advice}"


def _why(error: Exception) -> str:
    match error:
        case _Refused():
            return str(error)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
            return f"not an address that can be read: {error}"
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS} seconds: try again later"
        case httpx.TimeoutException():
            return f"nothing came for {READ_SECONDS} seconds: try again later"
        case TimeoutError():
            return f"not done within {TOTAL_SECONDS} seconds: try again later"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection: {getattr(cause, 'verify_message', '') or cause.reason}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached: nothing answers there"
    return f"the connection broke off: {error}"
