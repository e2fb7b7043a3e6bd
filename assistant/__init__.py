"""Ask a news archive; every sentence cited, every date understood.

>>> from assistant import Assistant
>>> with Assistant.open("path/to/archive") as desk:
...     print(desk.ask("When do the leaders meet?").text)

Importing this package loads no model and opens nothing: names are imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation, Found, Sentence
    from assistant.desk import Assistant, ask
    from assistant.settings import Settings
    from index.article import Article, Passage
    from index.errors import (
        ArchiveError,
        ArchiveLocked,
        ArchiveMismatch,
        DatelineError,
        EmbedderError,
        LLMError,
        ReadError,
        UsageError,
    )
    from index.query import Query

_HOMES = {
    "assistant.answer": ("Answer", "Citation", "Found", "Sentence"),
    "assistant.desk": ("Assistant", "ask"),
    "assistant.settings": ("Settings",),
    "index.article": ("Article", "Passage"),
    "index.errors": (
        "ArchiveError",
        "ArchiveLocked",
        "ArchiveMismatch",
        "DatelineError",
        "EmbedderError",
        "LLMError",
        "ReadError",
        "UsageError",
    ),
    "index.query": ("Query",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "Answer",
    "ArchiveError",
    "ArchiveLocked",
    "ArchiveMismatch",
    "Article",
    "Assistant",
    "Citation",
    "DatelineError",
    "EmbedderError",
    "Found",
    "LLMError",
    "Passage",
    "Query",
    "ReadError",
    "Sentence",
    "Settings",
    "UsageError",
    "ask",
]
