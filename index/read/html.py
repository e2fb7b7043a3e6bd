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
# The parser's time grows with the square of a tag's attributes, and nothing can interrupt it. A
# start tag, as https://html.spec.whatwg.org/#tokenization ends it: it always matches, so the time
# this takes does not.
_SPACE = r"[ \t\n\f\r]"
_NAME = r"(?:=[^ \t\n\f\r/>=]*+|[^ \t\n\f\r/>=]++)"
_VALUE = r"""(?:"[^"]*+"?|'[^']*+'?|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+)"""
_ATTRIBUTE = re.compile(rf"{_NAME}(?:{_SPACE}*+={_SPACE}*+{_VALUE}?)?")
_TAG = re.compile(rf"(<[a-zA-Z][^ \t\n\f\r/>]*+)(?:{_SPACE}++|/|{_ATTRIBUTE.pattern})*+")
_LONG_TAG, _LONGEST_TAG = 2000, 20_000  # characters; pictures may stand in a page as attributes
_MOST_ATTRIBUTES = 200
_MOST_ELEMENTS = 50_000
_LARGEST = 8 * 2**20


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
        bounded(page, source),
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


def page_of(fragment: str) -> str:
    """The page that a piece of one, from a feed or a database, is the article of."""
    return f"<html><body><article>{fragment}</article></body></html>"


def bounded(page: str, source: Source) -> str:
    """A page, or a feed, without the attributes that would hold its parser up.

    Raises:
        ReadError: it is larger, or has more elements, than any has.
    """
    elements = page.count("<")
    if elements <= 4 * _MOST_ELEMENTS:  # their ends, comments and scripts have the mark too
        page, elements = _TAG.subn(_bounded_tag, page)
    if elements > _MOST_ELEMENTS:
        raise source.error(f"more than {_MOST_ELEMENTS:,} elements: no article has so many")
    if len(page) > _LARGEST:
        raise source.error(f"more than {_LARGEST >> 20} MB of text and scripts: no article has")
    return page


def _bounded_tag(tag: re.Match[str]) -> str:
    text = tag[0]
    if len(text) <= _LONG_TAG:
        return text
    many = len(text) > _LONGEST_TAG or len(_ATTRIBUTE.findall(text)) > _MOST_ATTRIBUTES
    return tag[1] if many else text
