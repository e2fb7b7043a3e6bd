"""PDF files that hold text; a scan is told apart and refused."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from index.article import Article
from index.read import fields
from index.read.source import Source

# Its remarks on sloppy files are no news to a reporter; what stops it is raised.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-z])")
_WRAPPED = re.compile(r"(?<=[^\s.!?:”\"])[ \t]*\n(?=[^\n])")


def read(source: Source) -> Iterator[Article]:
    """Read a PDF as one article.

    Raises:
        ReadError: it is encrypted, damaged, or holds pictures of text only.
    """
    try:
        document = PdfReader(io.BytesIO(source.content()))
        if document.is_encrypted and not document.decrypt(""):
            raise source.error("the PDF is encrypted: save it without a password first")
        pages = [page.extract_text() for page in document.pages]
        info = document.metadata
        matter = {
            "title": info.title if info else None,
            "author": info.author if info else None,
            "date": info.creation_date.date() if info and info.creation_date else None,
        }
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        NotImplementedError,
    ) as error:  # pypdf lets any of these out for a file that breaks the format
        raise source.error(f"the PDF is damaged: {error}") from error
    text = "\n".join(pages)
    if not text.strip():
        raise source.error("the PDF holds no text, only pictures of it: run OCR on it first")
    yield fields.article(_WRAPPED.sub(" ", _HYPHENATED.sub("", text)), matter, source)
