"""A language model's faults are told with their mend, tried again within bounds, or replaced.

The servers are scripted, with real sockets: OpenAI's protocol, Ollama's and Anthropic's.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import socket
import threading

import pytest

from assistant import llm
from assistant.chain import EXTRACTIVE
from assistant.desk import Assistant
from assistant.llm import Stop
from assistant.settings import Settings
from index.errors import LLMError
from tests.assistant import scripted
from tests.assistant.scripted import Reply

QUESTION = "Why did Gregor Pellew resign?"
GOOD = "Gregor Pellew resigned as minister of mines. [1]"
KEY = "sk-a-key-that-nobody-may-see-0123456789"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nothing is waited for between two tries."""
    monkeypatch.setattr(llm, "PAUSES", (0.0, 0.0))


@pytest.fixture(params=["openai", "ollama", "anthropic"])
def model(request, monkeypatch):
    """A scripted server of each protocol."""
    if request.param != "openai":
        pytest.importorskip(f"llama_index.llms.{request.param}")
    with getattr(scripted, request.param)() as script:
        monkeypatch.setenv("OLLAMA_HOST", script.address)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", script.address)
        if request.param != "openai":
            script.url = f"{request.param}:claude-scripted"
        yield script


def desk_with(sample, model, **settings):
    given = {"llm_timeout": 20, "llm_api_key": KEY} | settings
    return Assistant(sample.archive, Settings(llm=model.url, **given))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (401, "refused the key. Set DATELINE_LLM_API_KEY"),
        (403, "does not allow this key"),
        (404, "not known to the server.*Check the model's name.*ollama pull"),
        (400, "refused the request: scripted"),
        (Reply(status=400, message="maximum context length is 4096"), "DATELINE_LLM_CONTEXT"),
        (Reply(status=400, message="prompt is too long: 9 tokens"), "DATELINE_LLM_CONTEXT"),
        (Reply(status=413, message="Request too large"), "refused the request: Request too large"),
        (Reply(raw=b"<html>The home page</html>\n\n"), "not an answer in its protocol.*/v1"),
        (Reply(GOOD, drop=5), "broke off before its answer was complete"),
        (Reply(GOOD, finish=None), "broke off before its answer was complete"),
        (Reply("Ha", finish="content_filter"), "refused to answer"),
        ("", "answered with nothing. Ask again"),
    ],
)
def test_a_fault_names_the_mend_and_is_not_repeated(sample, model, reply, told):
    model.enqueue(reply)
    with pytest.raises(LLMError, match=f"^{model.url} .*{told}"):
        desk_with(sample, model).ask(QUESTION)
    assert len(model.requests) == 1


ANTHROPICS = b'event: error\ndata: {"type": "error", "error": {"type": "%s", "message": "hot"}}\n\n'


@pytest.mark.parametrize(
    ("model", "reply", "told"),
    [
        ("openai", Reply(raw=b"data: {not json}\n\n"), "not an answer in its protocol"),
        ("openai", Reply(raw=b'data: {"error": {"message": "hot"}}\n\n'), "failed.*: hot"),
        ("openai", Reply(refusal="I will not."), "refused to answer .I will not"),
        ("ollama", Reply(raw=b"{not json}\n"), "not an answer in its protocol"),
        ("ollama", Reply(raw=b'{"error": "hot"}\n'), "failed.*: hot"),
        ("anthropic", Reply(raw=b"event: ping\ndata: {no\n\n"), "not an answer in its protocol"),
        ("anthropic", Reply(raw=ANTHROPICS % b"api_error"), "failed.*: hot"),
        ("anthropic", Reply(raw=ANTHROPICS % b"overloaded_error"), "takes no more requests now"),
    ],
    indirect=["model"],
)
def test_a_fault_in_a_protocols_own_words(sample, model, reply, told):
    model.enqueue(reply)
    with pytest.raises(LLMError, match=f"^{model.url} .*{told}"):
        desk_with(sample, model).ask(QUESTION)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_what_may_pass_is_asked_again(sample, model, status):
    model.enqueue(status, status, GOOD)
    assert desk_with(sample, model).ask(QUESTION, as_of="2023-12-10").citations
    assert len(model.requests) == 3


@pytest.mark.parametrize(
    ("status", "told"), [(429, "takes no more requests now"), (500, "failed with status 500")]
)
def test_but_not_for_ever(sample, model, status, told):
    model.enqueue(*[status] * 9)
    with pytest.raises(LLMError, match=told):
        desk_with(sample, model).ask(QUESTION)
    assert len(model.requests) == 3


def test_retry_after_is_honoured(sample, model, monkeypatch):
    monkeypatch.setattr(llm, "PAUSES", (1000.0,))
    model.enqueue(Reply(status=429, headers={"Retry-After": "0"}), GOOD)
    assert desk_with(sample, model).ask(QUESTION, as_of="2023-12-10").citations


def test_a_long_retry_after_is_told_and_not_waited_for(sample, model):
    model.enqueue(Reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(LLMError, match="Ask again in 3600 seconds"):
        desk_with(sample, model).ask(QUESTION)
    assert len(model.requests) == 1


def test_a_server_that_does_not_answer(sample, model):
    model.enqueue(Reply(GOOD, hang=0), Reply(GOOD, hang=2))
    desk = desk_with(sample, model, llm_timeout=0.5)
    for _ in range(2):
        with pytest.raises(LLMError, match=r"did not answer in time.*DATELINE_LLM_TIMEOUT"):
            desk.ask(QUESTION)
    assert len(model.requests) == 2, "after a whole timeout it is not asked again"


def test_a_server_that_cannot_be_reached(sample, model, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    at(model, address, monkeypatch)
    with pytest.raises(LLMError, match=r"cannot be reached.*Check that it runs"):
        desk_with(sample, model).ask(QUESTION)


def test_a_server_that_takes_no_connections(sample, model, monkeypatch):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as held:
        for _ in range(4):  # nobody accepts these, so that none is left for the next
            caller = held.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        at(model, f"http://127.0.0.1:{full.getsockname()[1]}", monkeypatch)
        with pytest.raises(LLMError, match=r"did not answer in time.*DATELINE_LLM_TIMEOUT"):
            desk_with(sample, model, llm_timeout=0.5).ask(QUESTION)


def at(model, address, monkeypatch):
    """Have the model at another address."""
    monkeypatch.setenv("OLLAMA_HOST", address)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    model.url = model.url.replace(model.address, address)


def test_nothing_is_asked_again_once_text_was_passed_on(sample, model):
    model.enqueue(Reply(GOOD, drop=4), GOOD)
    events = desk_with(sample, model).stream(QUESTION)
    with pytest.raises(LLMError):
        list(events)
    assert len(model.requests) == 1


@pytest.mark.parametrize("reply", [401, "", Reply(GOOD, drop=5), Reply(raw=b"<html>\n\n")])
def test_with_fallback_the_extractive_reader_answers_and_says_so(sample, model, reply):
    model.enqueue(reply)
    answer = desk_with(sample, model, fallback=True).ask(QUESTION, as_of="2023-12-10")
    assert answer.model == EXTRACTIVE
    assert "brother-in-law" in answer.text
    assert answer.warnings[0].startswith(model.url) and "own sentences" in answer.warnings[0]


def test_fallback_is_a_setting(monkeypatch):
    monkeypatch.setenv("DATELINE_FALLBACK", "true")
    assert Settings().fallback
    monkeypatch.delenv("DATELINE_FALLBACK")
    assert not Settings().fallback


def test_an_answer_that_is_cut_short_says_so(sample, model):
    model.enqueue(Reply(GOOD, finish="length"))
    answer = desk_with(sample, model).ask(QUESTION, as_of="2023-12-10")
    assert any("cut short" in warning for warning in answer.warnings)


def test_keys_are_nowhere(sample, model, caplog, monkeypatch):
    """Not in logs, errors, what is printed of objects, answers, or llama-index's events."""
    from llama_index.core.instrumentation import get_dispatcher
    from llama_index.core.instrumentation.event_handlers import BaseEventHandler

    seen = []

    class Keep(BaseEventHandler):
        def handle(self, event, **_):
            seen.append(event.model_dump_json(fallback=repr))

    monkeypatch.setattr(get_dispatcher(), "event_handlers", [Keep()])
    caplog.set_level(logging.DEBUG)
    desk = desk_with(sample, model, llm_api_key=KEY)
    model.enqueue(
        GOOD,
        Reply(status=401, message=f"the key {KEY} is wrong"),
        Reply(status=500, message=f"Bearer {KEY}"),
        500,
        500,
    )
    answer = desk.ask(QUESTION, as_of="2023-12-10")
    assert seen, "events came"
    told = [repr(answer), str(answer.to_dict()), answer.prompt, *seen]
    for _ in range(2):
        with pytest.raises(LLMError) as caught:
            desk.ask(QUESTION)
        told.append(repr(caught.value))
    told += [repr(desk), repr(vars(desk)), repr(desk.settings), caplog.text]
    sent = KEY in str(model.requests[0][0])
    assert sent != model.url.startswith("ollama"), "which takes none"
    assert KEY not in "\n".join(told)


# Stopping


def until(piece):
    """Read a stream up to a piece of text."""
    return next(event for event in piece if isinstance(event, str))


def test_closing_the_stream_closes_the_connection(sample, model):
    model.enqueue(Reply(GOOD, hang=3))
    events = desk_with(sample, model).stream(QUESTION)
    assert until(events)
    events.close()
    assert model.closed.wait(60)


def test_another_thread_can_stop_it_before_anything_has_come(sample, model):
    model.enqueue(Reply(GOOD, hang=0))
    stop = Stop()
    events = []
    desk = desk_with(sample, model)
    reading = threading.Thread(target=lambda: events.extend(desk.stream(QUESTION, stop=stop)))
    reading.start()
    assert model.asked.wait(60)
    stop()
    reading.join(60)
    assert not reading.is_alive()
    assert model.closed.wait(60)
    assert [type(event).__name__ for event in events] == ["Query", "Found"]


def test_cancelling_an_await_closes_the_connection(sample, model):
    model.enqueue(Reply(GOOD, hang=0))
    desk = desk_with(sample, model)

    async def cancel():
        asking = asyncio.create_task(desk.aask(QUESTION))
        await asyncio.to_thread(model.asked.wait, 60)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(cancel())
    assert model.closed.wait(60)


def test_streaming_sync_and_async_gives_the_same(sample, model):
    model.enqueue(GOOD, GOOD)
    desk = desk_with(sample, model)

    async def collect():
        return [event async for event in desk.astream(QUESTION, as_of="2023-12-10")]

    sync, awaited = list(desk.stream(QUESTION, as_of="2023-12-10")), asyncio.run(collect())
    assert [type(event) for event in sync] == [type(event) for event in awaited]
    assert sync[-1].sentences == awaited[-1].sentences


# What is sent


def test_what_is_sent_and_counted(sample, model):
    model.enqueue(GOOD)
    answer = desk_with(sample, model).ask(QUESTION, as_of="2023-12-10")
    assert answer.citations and answer.model == model.url
    ((_, body),) = model.requests
    sent = body.get("options", body)
    assert sent["temperature"] == 0
    assert sent.get("num_predict") or sent.get("max_tokens") == llm.MOST_TOKENS
    if model.url.startswith("ollama"):
        assert sent["num_predict"] == llm.MOST_TOKENS and sent["num_ctx"] == 8192
    assert answer.tokens == ({} if "//" in model.url else {"prompt": 9, "completion": 3})


def test_a_missing_package_is_named(sample, monkeypatch):
    if importlib.util.find_spec("llama_index.llms.anthropic"):
        pytest.skip("it is installed here")
    from index.errors import UsageError

    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with pytest.raises(UsageError, match=r"pip install 'dateline\[anthropic\]'"):
        Assistant(sample.archive, Settings(llm="anthropic:some-model"))
