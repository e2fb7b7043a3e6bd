"""Web pages: trafilatura finds the article and its title, author, outlet and date."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import trafilatura
from trafilatura.settings import Document

from index.article import Article
from index.read import fields
from index.read.source import Source, decode

# It reports each page it cannot use as an error of its own; we report it, once, to the user.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

# Menus and log-in pages hold text too; an article has a paragraph that ends as a sentence does.
_SENTENCE = re.compile(r"^.{40,}[.!?…。！？][”\"’»)]*\s*$", re.MULTILINE)
_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w-]+)""", re.IGNORECASE
)


def read(source: Source) -> Iterator[Article]:
    """Read the one article of a saved page.

    Raises:
        ReadError: there is no article in it.
    """
    body, matter = extract(text(source.content(), source), source)
    yield fields.article(body, matter, source)


def text(content: bytes, source: Source, declared: str | None = None) -> str:
    """A page's bytes as text, in the encoding its server or the page itself declares.

    Raises:
        ReadError: the bytes are not text in any encoding.
    """
    if declared is None and (match := _CHARSET.search(content[:4096])):
        declared = match[1].decode("ascii")
    # By the encodings the web calls by this name: https://encoding.spec.whatwg.org/#names-and-labels
    if declared and declared.lower() in ("iso-8859-1", "latin1", "us-ascii", "ascii"):
        declared = "cp1252"
    return decode(content, source, declared)


def extract(page: str, source: Source, url: str | None = None) -> tuple[str, dict[str, str]]:
    """Find the article in a page: its body, and the metadata that the page has.

    Args:
        page: the page's HTML.
        source: what it was read from.
        url: the page's address, to which its own addresses may be relative.

    Raises:
        ReadError: there is no article in it.
    """
    found = trafilatura.bare_extraction(
        page,
        url=url,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if not isinstance(found, Document) or not found.text or not _SENTENCE.search(found.text):
        raise source.error("no article found in the page")
    # Where a page does not name its outlet, trafilatura names the host; any other name is better.
    named = found.sitename not in urlsplit(found.url or "").netloc if found.sitename else False
    matter = {
        "title": found.title,
        "source" if named else "site": found.sitename or found.hostname,
        "date": found.date,
        "author": found.author,
        "url": found.url,
    }
    # trafilatura gives one line a paragraph; a blank line between them is what the rest expects.
    body = "\n\n".join(line for line in found.text.splitlines() if line.strip() != found.title)
    return body, {name: value for name, value in matter.items() if value}
