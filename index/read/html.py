"""Saved web pages: trafilatura finds the article and its title, author, outlet and date."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import trafilatura
from trafilatura.settings import Document

from index.article import Article
from index.read import fields
from index.read.source import Source

# It reports each page it cannot use as an error of its own; we report it, once, to the user.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

# Menus and log-in pages hold text too; an article has a paragraph that ends as a sentence does.
_SENTENCE = re.compile(r"^.{40,}[.!?…。！？][”\"’»)]*\s*$", re.MULTILINE)


def read(source: Source) -> Iterator[Article]:
    """Read the one article of a page.

    Raises:
        ReadError: there is no article in it.
    """
    page = trafilatura.bare_extraction(
        source.content(),
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if not isinstance(page, Document) or not page.text or not _SENTENCE.search(page.text):
        raise source.error("no article found in the page")
    matter = {
        "title": page.title,
        "source": page.sitename or page.hostname,
        "date": page.date,
        "author": page.author,
        "url": page.url,
    }
    # trafilatura gives one line a paragraph; a blank line between them is what the rest expects.
    body = "\n\n".join(line for line in page.text.splitlines() if line.strip() != page.title)
    yield fields.article(body, matter, source)
