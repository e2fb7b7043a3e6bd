"""The language model a user chose, through llama-index; none is ever chosen for them.

`DATELINE_LLM` names it: `ollama:MODEL`, `openai:MODEL`, `anthropic:MODEL`, or `http(s)://…/v1#MODEL`
for any OpenAI-compatible server (vLLM, llama.cpp, LM Studio, OpenRouter). Its key comes from
`DATELINE_LLM_API_KEY`, else from the provider's usual variable; a server named by its address is
sent no other key than `DATELINE_LLM_API_KEY`.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.settings import Settings
from index.errors import LLMError, UsageError

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

MOST_TOKENS = 700
_OPENAI = "https://api.openai.com/v1"
_FORMS = "ollama:MODEL, openai:MODEL, anthropic:MODEL or http(s)://HOST/v1#MODEL"


@dataclass(frozen=True)
class Choice:
    """Which language model: its provider (openai, ollama, anthropic or http), name and server."""

    provider: str
    model: str
    url: str = ""

    def __str__(self) -> str:
        return (
            f"{self.url}#{self.model}"
            if self.provider == "http"
            else f"{self.provider}:{self.model}"
        )


def parse(setting: str) -> Choice:
    """Understand a value of `DATELINE_LLM`.

    Raises:
        UsageError: it is not of one of the forms.
    """
    provider, _, model = setting.partition(":")
    if provider in ("http", "https"):
        url, _, model = setting.partition("#")
        if model and urlsplit(url).hostname:
            return Choice("http", model, url.rstrip("/"))
    elif provider == "openai" and model:
        return Choice(provider, model, _OPENAI)
    elif provider in ("ollama", "anthropic") and model:
        return Choice(provider, model)
    raise UsageError(f"DATELINE_LLM is {setting!r}: write it as {_FORMS}.")


def connect(settings: Settings) -> LLM | None:
    """The llama-index language model that the settings name, or None where they name none.

    Nothing is sent yet.

    Raises:
        UsageError: the setting is not of one of the forms, its key is missing, or its package is
            not installed.
    """
    if not settings.llm:
        return None
    choice = parse(settings.llm)
    common: dict[str, Any] = {
        "model": choice.model,
        "temperature": 0.0,
        "context_window": settings.llm_context,
    }
    if choice.provider == "ollama":
        ollama = _integration("ollama")
        return ollama.Ollama(**common, request_timeout=settings.llm_timeout)  # type: ignore[no-any-return]
    common |= {"max_tokens": MOST_TOKENS, "timeout": settings.llm_timeout, "max_retries": 1}
    key = _key(choice, settings)
    if choice.provider == "anthropic":
        del common["context_window"]
        return _integration("anthropic").Anthropic(**common, api_key=key)  # type: ignore[no-any-return]
    from llama_index.llms.openai_like import OpenAILike

    model: LLM = OpenAILike(**common, api_base=choice.url, api_key=key, is_chat_model=True)
    return model


def stream(llm: LLM, messages: Sequence[ChatMessage], name: str) -> Iterator[str]:
    """What the language model writes, piece by piece.

    Raises:
        LLMError: it cannot be reached, refuses, or answers with nothing.
    """
    written = False
    try:
        with told(name):
            for response in llm.stream_chat(messages):
                if response.delta:
                    written = True
                    yield response.delta
    except GeneratorExit:
        # llama-index holds its open response in a reference cycle: only collecting it closes the
        # connection, and the server goes on writing until then.
        response = None
        gc.collect()
        raise
    if not written:
        raise LLMError(f"{name} answered with nothing. Ask again, or choose another model.")


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn what goes wrong with a language model into an `LLMError` that names the mend."""
    import httpx
    import openai

    try:
        yield
    except openai.AuthenticationError as error:
        raise LLMError(
            f"{name} refused the key. Set DATELINE_LLM_API_KEY to a valid one."
        ) from error
    except openai.PermissionDeniedError as error:
        raise LLMError(
            f"{name} does not allow this key to use the model: {_said(error)}."
        ) from error
    except openai.NotFoundError as error:
        raise LLMError(
            f"{name} is not known to the server: {_said(error)}. Check the model's name and the "
            "address in DATELINE_LLM (most end in /v1)."
        ) from error
    except openai.RateLimitError as error:
        raise LLMError(
            f"{name} takes no more requests now: {_said(error)}. Wait and ask again."
        ) from error
    except (openai.APITimeoutError, httpx.TimeoutException) as error:
        raise LLMError(
            f"{name} did not answer in time. Ask again, or raise DATELINE_LLM_TIMEOUT (seconds)."
        ) from error
    except openai.BadRequestError as error:
        raise LLMError(f"{name} refused the request: {_said(error)}.") from error
    except openai.APIStatusError as error:
        raise LLMError(
            f"{name} failed with status {error.status_code}: {_said(error)}. Ask again later."
        ) from error
    except (openai.APIError, httpx.HTTPError, ConnectionError) as error:
        raise LLMError(
            f"{name} cannot be reached, or broke off: {_said(error)}. Check that it runs and that "
            "the address in DATELINE_LLM is right."
        ) from error


def _said(error: Exception) -> str:
    """The server's own words, short, and on one line."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(message or error).split())[:200].rstrip(".")


def _key(choice: Choice, settings: Settings) -> str:
    given = settings.llm_api_key.get_secret_value()
    if given or choice.provider == "http":
        return given or "none"
    variable = f"{choice.provider.upper()}_API_KEY"
    if key := os.environ.get(variable):
        return key
    raise UsageError(f"{choice} needs a key: set DATELINE_LLM_API_KEY or {variable}.")


def _integration(name: str) -> Any:
    try:
        return importlib.import_module(f"llama_index.llms.{name}")
    except ImportError as error:
        raise UsageError(
            f"{name} models need one more package: pip install llama-index-llms-{name}"
        ) from error
