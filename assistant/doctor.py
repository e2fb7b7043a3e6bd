"""What `dateline doctor` looks at: versions, the archive, and both models."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from assistant import llm
from assistant.settings import Settings
from index.articles import holdings
from index.embed import SentenceEmbedder
from index.errors import DatelineError

_PACKAGES = ("dateline", "chromadb", "llama-index-core", "sentence-transformers", "torch", "gradio")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what, whether it is well, and what was found or what to do."""

    what: str
    ok: bool
    found: str

    def to_dict(self) -> dict[str, Any]:
        """The finding as `dateline doctor --json` prints it."""
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything an answer needs, and use each model once."""
    names = dict.fromkeys(name for name in (*settings.llms, settings.judge) if name)
    return [
        Finding("Python", True, platform.python_version()),
        Finding("packages", True, ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)),
        _look("archive", lambda: _archive(settings)),
        _look("embedding model", lambda: _embedder(settings)),
        *(_look("language model", partial(_llm, settings, name)) for name in names or [""]),
    ]


def _look(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except DatelineError as error:
        return Finding(what, False, str(error))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(run from its sources)"


def _archive(settings: Settings) -> str:
    held = holdings(settings.archive, settings.catalog)
    if not held.articles:
        return f"{settings.archive} is empty: `dateline ingest PATH` puts articles in"
    return f"{settings.archive}: {held.articles:,} articles, {held.first} to {held.last}"


def _embedder(settings: Settings) -> str:
    embedder = SentenceEmbedder(settings.embedder, offline=settings.offline)
    embedder.embed_query("Does it answer?")
    return (
        f"{embedder.name} answers: {embedder.dimension} dimensions, a window of "
        f"{embedder.window} tokens, {embedder.precision}"
    )


def _llm(settings: Settings, name: str) -> str:
    model = llm.connect(settings, name)
    if model is None:
        suggested = llm.running_ollama()
        here = f"; Ollama runs here: {suggested}" if suggested else ""
        return f"none: the extractive reader answers. DATELINE_LLM chooses one{here}"
    from llama_index.core.base.llms.types import ChatMessage

    said = "".join(llm.stream(model, [ChatMessage(content="Say: ready")], name))
    return f"{name} answers: {said[:60]!r}"
