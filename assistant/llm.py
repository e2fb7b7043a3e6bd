"""The language models a user chose, through llama-index; none is ever chosen for them.

`DATELINE_LLM` names one or, separated by commas, several, of which the first is used unless another
is asked for: `ollama:MODEL`, `openai:MODEL`, `anthropic:MODEL`, or `http(s)://…/v1#MODEL` for any
OpenAI-compatible server (vLLM, llama.cpp, LM Studio, OpenRouter). The key comes from
`DATELINE_LLM_API_KEY`, else from the provider's usual variable; a server named by its address is
sent no other key than `DATELINE_LLM_API_KEY`.

A model writes on an event loop of its own, so that stopping it, from any thread and at any moment,
closes its connection at once: while it is being reached, while it thinks, and while it writes.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.settings import Settings
from index.errors import LLMError, UsageError

if TYPE_CHECKING:
    from httpx import Request
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

MOST_TOKENS = 700
# Seconds to wait before asking again, each in turn, where a server is busy or failing; and the
# longest that a server's own Retry-After is waited for.
PAUSES = (0.5, 2.0)
LONGEST_PAUSE = 20.0
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_OPENAI = "https://api.openai.com/v1"
_NO_PROTOCOL = (
    "sent what is not an answer in its protocol. Check that the address in DATELINE_LLM is that "
    "of a language model's server (most end in /v1)."
)
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
    """Understand how a language model is written in the settings.

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
    raise UsageError(f"{setting!r} names no language model: write it as {_FORMS}.")


def connect(settings: Settings, name: str = "") -> LLM | None:
    """A llama-index language model that the settings allow, or None where they name none.

    Nothing is sent yet.

    Args:
        settings: name the models, and how long to wait for them.
        name: which of the models; the first by default.

    Raises:
        UsageError: the setting is not of one of the forms, its key is missing, or its package is
            not installed.
    """
    name = name or next(iter(settings.llms), "")
    if not name:
        return None
    import httpx

    choice = parse(name)
    common: dict[str, Any] = {"model": choice.model, "temperature": 0.0}
    # A connection is for one answer: when that ends or is stopped, nothing is left open.
    limits = httpx.Limits(max_keepalive_connections=0)
    if choice.provider == "ollama":
        package = _integration("ollama")
        client = importlib.import_module("ollama").AsyncClient(
            host=ollama_address(), timeout=settings.llm_timeout, limits=limits
        )
        ollama: LLM = package.Ollama(
            **common,
            context_window=settings.llm_context,
            additional_kwargs={"num_predict": MOST_TOKENS},
            async_client=client,
        )
        return ollama
    # Asking again is this module's: so that it is bounded, and never after text was passed on.
    common |= {"max_tokens": MOST_TOKENS, "timeout": settings.llm_timeout, "max_retries": 0}
    key = _key(choice, settings)
    if choice.provider == "anthropic":
        anthropic: LLM = _anthropic(settings.llm_context)(
            **common,
            api_key=key,
            base_url=os.environ.get("ANTHROPIC_BASE_URL"),
            default_headers={"Connection": "close"},
        )
        return anthropic
    from llama_index.llms.openai_like import OpenAILike

    # llama-index tells its events all that a model was made with: the key goes another way.
    common |= {"async_http_client": httpx.AsyncClient(limits=limits, auth=_bearer(key))}
    openai: LLM = OpenAILike(
        **common,
        context_window=settings.llm_context,
        api_base=choice.url,
        api_key="none",
        is_chat_model=True,
    )
    return openai


def _anthropic(context: int) -> Any:
    """llama-index's class for Anthropic's models, but also for those that it does not know yet."""
    from llama_index.core.base.llms.types import LLMMetadata

    class Anthropic(_integration("anthropic").Anthropic):  # type: ignore[misc]
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(context_window=context, is_chat_model=True, model_name=self.model)

    return Anthropic


def _bearer(key: str) -> Callable[[Request], Request]:
    """What puts a key into a request, on its way out."""

    def signed(request: Request) -> Request:
        request.headers["Authorization"] = f"Bearer {key}"
        return request

    return signed


def ollama_address() -> str:
    """Where Ollama listens: `OLLAMA_HOST`, in all its forms, else its usual place."""
    given = os.environ.get("OLLAMA_HOST", "").strip()
    parts = urlsplit(given if "://" in given else f"http://{given}")
    host = parts.hostname if parts.hostname not in (None, "0.0.0.0") else "127.0.0.1"  # noqa: S104
    return f"{parts.scheme}://{host}:{parts.port or 11434}{parts.path}"


def running_ollama() -> str:
    """The setting that chooses the first model of a local Ollama; "" where none runs."""
    import httpx

    try:
        reply = httpx.get(f"{ollama_address()}/api/tags", timeout=1)
        names = [model["name"] for model in reply.json()["models"]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return ""
    return f"DATELINE_LLM=ollama:{names[0]}" if names else ""


@dataclass(frozen=True)
class Writer:
    """A language model that may write answers.

    Attributes:
        name: as it was chosen.
        llm: the model.
        context: the tokens that it can take, its answer included.
        fallback: where it fails, the extractive reader answers instead.
        judge: the name and the model that judges what it wrote, where one is set.
    """

    name: str
    llm: LLM = field(repr=False)
    context: int
    fallback: bool = False
    judge: tuple[str, LLM] | None = field(default=None, repr=False)


def writers(settings: Settings) -> dict[str, Writer]:
    """The language models that the settings name, by name, the default first.

    Raises:
        UsageError: as `connect`.
    """
    judging = connect(settings, settings.judge) if settings.judge else None
    judge = (settings.judge, judging) if judging else None
    return {
        name: Writer(name, model, settings.llm_context, settings.fallback, judge)
        for name in settings.llms
        if (model := connect(settings, name))
    }


# Writing


class Stop:
    """Ends what a language model writes, from any thread, and closes its connection.

    Attributes:
        stopped: it was.
    """

    def __init__(self) -> None:
        self._call: Future[None] | None = None
        self.stopped = False
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Stop what is being written, and whatever would be from now on."""
        with self._lock:
            self.stopped = True
            if self._call:
                self._call.cancel()

    def watch(self, call: Future[None]) -> None:
        """Have a call ended with the others."""
        with self._lock:
            self._call = call
            if self.stopped:
                call.cancel()


@dataclass
class Writing:
    """What a language model writes, piece by piece as one iterates over it, once.

    Attributes:
        llm: the language model.
        messages: what it is sent.
        name: what messages call it.
        stop: ends it from another thread; then there are no more pieces.
        tokens: how many it read ("prompt") and wrote ("completion"), at last and where it tells.
        cut_short: it stopped because it may write no more, at last.
    """

    llm: LLM
    messages: Sequence[ChatMessage]
    name: str
    stop: Stop = field(default_factory=Stop)
    tokens: dict[str, int] = field(default_factory=dict)
    cut_short: bool = False

    def __iter__(self) -> Iterator[str]:
        """The pieces.

        Raises:
            LLMError: it cannot be reached, refuses, breaks off or answers with nothing.
        """
        pieces: SimpleQueue[str | None] = SimpleQueue()
        call = asyncio.run_coroutine_threadsafe(self._ask(pieces), _loop())
        call.add_done_callback(lambda _: pieces.put(None))
        self.stop.watch(call)
        try:
            while (piece := pieces.get()) is not None:
                yield piece
            call.result()
        except CancelledError:
            return
        finally:
            call.cancel()

    async def _ask(self, pieces: SimpleQueue[str | None]) -> None:
        """Ask, and ask again where that may help and nothing was passed on yet."""
        for pause in (*PAUSES, None):
            passed = False
            try:
                with told(self.name):
                    ended, refusal = None, ""
                    async for response in await self.llm.astream_chat(self.messages):
                        ended = response.raw or ended
                        refusal += _refusal(response.raw)
                        if response.delta:
                            passed = True
                            pieces.put(response.delta)
                self._note(ended, passed, refusal)
                return
            except LLMError as error:
                wait = _wait(error.__cause__, pause)
                if passed or wait is None:
                    raise
            await asyncio.sleep(wait)

    def _note(self, ended: Any, passed: bool, refusal: str) -> None:
        """Keep how it ended.

        Raises:
            LLMError: with nothing, a refusal, or not at all.
        """
        reason = _ending(ended)
        if refusal or reason in ("content_filter", "refusal"):
            words = f" ({_short(refusal)})" if refusal else ""
            raise LLMError(
                f"{self.name} refused to answer{words}. Ask in other words, or choose another "
                "model."
            )
        if not passed:
            nothing = "answered with nothing. Ask again, or choose another model."
            raise LLMError(f"{self.name} {nothing if ended else _NO_PROTOCOL}")
        if reason is None:
            raise LLMError(
                f"{self.name} broke off before its answer was complete. Ask again; if it happens "
                "again, look at the server's own messages."
            )
        self.cut_short = reason in ("length", "max_tokens")
        self.tokens = _tokens(ended)


def stream(
    llm: LLM, messages: Sequence[ChatMessage], name: str, stop: Stop | None = None
) -> Iterator[str]:
    """What the language model writes, piece by piece; see `Writing`.

    Raises:
        LLMError: it cannot be reached, refuses, breaks off or answers with nothing.
    """
    yield from Writing(llm, messages, name, stop or Stop())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop that all language models write on, in a thread of its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language models", daemon=True).start()
    return loop


def _field(thing: Any, name: str) -> Any:
    """A field of what a server sent, as an object or a dict, or None."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _ending(raw: Any) -> str | None:
    """Why a model stopped; "" where its protocol does not say, None where it has not stopped."""
    choices = _field(raw, "choices")
    if choices is not None:  # OpenAI; the last piece may carry only the use of tokens
        return choices[0].finish_reason if choices else ""
    if kind := _field(raw, "type"):  # Anthropic
        return _field(_field(raw, "delta"), "stop_reason") if kind == "message_delta" else None
    if _field(raw, "done") is not None:  # Ollama
        return (_field(raw, "done_reason") or "stop") if _field(raw, "done") else None
    return ""


def _refusal(raw: Any) -> str:
    choices = _field(raw, "choices")
    return _field(choices[0].delta, "refusal") or "" if choices else ""


def _tokens(raw: Any) -> dict[str, int]:
    usage = _field(raw, "usage")
    counts = {
        kind: _field(usage, f"{kind}_tokens") or _field(usage, f"{theirs}_tokens")
        for kind, theirs in (("prompt", "input"), ("completion", "output"))
    }
    return {kind: count for kind, count in counts.items() if isinstance(count, int)}


# Faults


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn what goes wrong with a language model into an `LLMError` that names the mend.

    The three clients have their errors from one mould: what is looked at is the status, and the
    names of the kinds.
    """
    try:
        yield
    except LLMError:
        raise
    except Exception as error:
        message = _fault(error)
        if not message:
            raise
        raise LLMError(f"{name} {message}") from error


def _fault(error: Exception) -> str:
    """What went wrong and what to do about it; "" for what is no fault of a language model."""
    import httpx
    import pydantic

    kinds = {kind.__name__ for kind in type(error).__mro__}
    status, said = getattr(error, "status_code", None), _said(error)
    if isinstance(status, int) and status >= 400:
        return _refused(status, said, error)
    if "APITimeoutError" in kinds or isinstance(error, httpx.TimeoutException | TimeoutError):
        return "did not answer in time. Ask again, or raise DATELINE_LLM_TIMEOUT (seconds)."
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | pydantic.ValidationError):
        return _NO_PROTOCOL
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return f"broke off before its answer was complete: {said}. Ask again."
    if "APIConnectionError" in kinds or isinstance(error, httpx.HTTPError | ConnectionError):
        return (
            f"cannot be reached: {said}. Check that it runs and that the address in DATELINE_LLM "
            "is right."
        )
    if kinds & {"APIError", "ResponseError"}:
        if re.search(r"overloaded|rate.?limit", f"{said} {getattr(error, 'body', '')}", re.I):
            return f"takes no more requests now: {said}. Wait and ask again."
        return f"failed while it answered: {said}. Ask again later."
    return ""


def _refused(status: int, said: str, error: Exception) -> str:
    if re.search(r"context.{0,20}(?:length|window|size)|too long|too many tokens", said, re.I):
        return (
            f"has no room for so many passages: {said}. Set DATELINE_LLM_CONTEXT to the number of "
            "tokens that it takes."
        )
    if status == 401:
        return "refused the key. Set DATELINE_LLM_API_KEY to a valid one."
    if status in (402, 403):
        return f"does not allow this key to use the model: {said}."
    if status == 404:
        return (
            f"is not known to the server: {said}. Check the model's name and the address in "
            "DATELINE_LLM (most end in /v1); an Ollama model is fetched with `ollama pull MODEL`."
        )
    if status == 429:
        seconds = _retry_after(error)
        when = f"in {seconds:.0f} seconds" if seconds else "later"
        return f"takes no more requests now: {said}. Ask again {when}."
    if status < 500:
        return f"refused the request: {said}."
    return f"failed with status {status}: {said}. Ask again later."


def _wait(error: BaseException | None, pause: float | None) -> float | None:
    """Seconds until it is worth asking again; None where it is not."""
    if pause is None or error is None:
        return None
    kinds = {kind.__name__ for kind in type(error).__mro__}
    unreached = "APIConnectionError" in kinds and "APITimeoutError" not in kinds
    if getattr(error, "status_code", None) not in _AGAIN and not unreached:
        return None
    wait = _retry_after(error)
    if wait is None:
        return pause
    return wait if wait <= LONGEST_PAUSE else None


def _retry_after(error: BaseException) -> float | None:
    """The seconds that a server asks to wait for, where it does."""
    # Ollama's client keeps the response only in the error that its own was made of.
    response = getattr(error, "response", getattr(error.__context__, "response", None))
    headers = getattr(response, "headers", {})
    try:
        return max(float(headers.get("retry-after", "")), 0.0)
    except ValueError:
        return None


def _said(error: Exception) -> str:
    """The server's own words, short, on one line, and without anything that may be a key."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else inner
    return _short(str(message or getattr(error, "error", "") or error))


def _short(text: str) -> str:
    text = re.sub(r"(?i)\b(?:sk|key|bearer|token)[-_: ]+[\w.-]{6,}|\b[\w-]{32,}\b", "…", text)
    return " ".join(text.split())[:200].rstrip(".")


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
            f"{name} models need one more package: pip install 'dateline[{name}]', or "
            f"pip install llama-index-llms-{name}"
        ) from error
