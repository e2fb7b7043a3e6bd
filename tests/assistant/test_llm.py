"""The same chain with a language model: what it is sent, what is believed of it, its faults."""

from __future__ import annotations

from datetime import date

import pytest

from assistant import chain, doctor
from assistant.chain import CANNOT_ANSWER
from assistant.desk import Assistant
from assistant.llm import MOST_TOKENS, connect, ollama_address, parse
from assistant.settings import Settings
from index.article import Article, Passage
from index.errors import LLMError, UsageError
from index.query import Query
from tests.assistant.scripted import Reply
from tests.conftest import assert_quotes_stand

QUESTION = "Why did Gregor Pellew resign?"


@pytest.fixture
def desk(sample, model):
    """The sample archive with the scripted model; the archive stays open for other tests."""
    return Assistant(sample.archive, Settings(llm=model.url, llm_timeout=5))


def test_passages_go_numbered_with_outlet_and_date(desk, model):
    model.enqueue("Gregor Pellew resigned. [1]")
    answer = desk.ask(QUESTION, as_of="2023-12-10")
    (_, body) = model.requests[0]
    system, user = (message["content"] for message in body["messages"])
    assert "Today is 10 December 2023" in system
    assert "[1] " in user and "Halyard Wire, 26 October 2023" in user
    assert user.rstrip().endswith(f"Question: {QUESTION}")
    assert body["temperature"] == 0
    assert answer.prompt.count(QUESTION) == 1
    assert answer.model == model.url


def test_passages_go_as_whole_paragraphs_where_there_is_room(sample):
    paragraph = "Ann Lee spoke first. " + "She had 14 ships to tell of. " * 8
    articles = [Article(f"News {n}", f"{paragraph}\n\nMore.", "Quay", url=str(n)) for n in (1, 2)]
    query, embedder = Query("Who spoke?", date(2023, 12, 1)), sample.archive.embedder
    found = [Passage(article, 21, 50) for article in articles]

    def starts(passages, context):
        return [one.start for one in chain._within(query, passages, context, embedder)]

    assert starts(found, 8192) == [0, 0]
    assert starts([found[0], Passage(articles[0], 0, 21)], 8192) == [21, 0], "nothing twice"
    fitting = next(room for room in range(1000, 3000, 10) if len(starts(found, room)) == 2)
    assert starts(found, fitting) == [21, 21]
    assert starts(found, fitting + 120) == [0, 21], "the best first"


def test_its_citations_are_resolved_and_checked(desk, model):
    model.enqueue(
        "Gregor Pellew resigned as minister of mines. [1] He was paid 9 billion crowns. [1][40]"
    )
    answer = desk.ask(QUESTION, as_of="2023-12-10")
    assert_quotes_stand(answer)
    assert [sentence.support for sentence in answer.sentences] == ["supported", "unsupported"]
    assert "9 billion" in answer.sentences[1].reason
    assert any("[40]" in warning for warning in answer.warnings)


def test_where_articles_disagree_with_it_the_answer_says_who_and_when(desk, model):
    model.enqueue("The Grey Petrel's toll rose to 11 people on 9 October 2023. [1][2][3][4][5]")
    answer = desk.ask("How many people died on the Grey Petrel?", as_of="2023-12-10")
    assert any("figures: nine (Halyard Wire, 8 October 2023); 11" in w for w in answer.warnings)


def test_text_is_streamed_and_an_abstention_is_not_shown_as_text(desk, model):
    model.enqueue("Gregor Pellew resigned. [1]", CANNOT_ANSWER)
    pieces = [event for event in desk.stream(QUESTION) if isinstance(event, str)]
    assert len(pieces) > 1 and "".join(pieces) == "Gregor Pellew resigned. [1]"
    *events, answer = desk.stream(QUESTION)
    assert answer.abstained
    assert CANNOT_ANSWER not in "".join(event for event in events if isinstance(event, str))
    assert answer.text.startswith("Nothing in 78 articles")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 200])
def test_however_it_comes_the_answer_is_the_same(desk, model, size):
    said = "Gregor Pellew resigned as minister of mines.【1】 He was born (1). [Source 2][40]"
    model.enqueue(Reply(said, size=size))
    *events, answer = desk.stream(QUESTION, as_of="2023-12-10")
    assert "".join(event for event in events if isinstance(event, str)) == said
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (1, 2)]
    assert any("[40]" in warning for warning in answer.warnings)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (401, "refused the key"),
        (404, "not known to the server"),
        (400, "refused the request: scripted"),
        ("", "answered with nothing"),
    ],
)
def test_a_fault_is_an_error_that_names_the_mend(desk, model, reply, told):
    model.enqueue(reply)
    with pytest.raises(LLMError, match=told):
        desk.ask(QUESTION)


def test_a_server_that_is_not_there(sample):
    desk = Assistant(sample.archive, Settings(llm="http://127.0.0.1:9/v1#none", llm_timeout=2))
    with pytest.raises(LLMError, match="cannot be reached"):
        desk.ask(QUESTION)


def test_a_key_meant_for_another_provider_is_never_sent(sample, model, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    model.enqueue("Gregor Pellew resigned. [1]")
    Assistant(sample.archive, Settings(llm=model.url)).ask(QUESTION)
    headers, _ = model.requests[0]
    assert "sk-secret" not in str(headers)


def test_none_is_chosen_because_a_key_is_there(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert connect(Settings(llm="")) is None


@pytest.mark.parametrize("form", ["http://127.0.0.1:{}", "127.0.0.1:{}", "0.0.0.0:{}/"])
def test_a_running_ollama_is_suggested_and_not_used(sample, model, monkeypatch, form):
    monkeypatch.setenv("OLLAMA_HOST", form.format(model.address.rsplit(":")[-1]))
    settings = Settings(llm="", archive=sample.archive.folder)
    (told,) = (one.found for one in doctor.examine(settings) if one.what == "language model")
    assert told.endswith("Ollama runs here: DATELINE_LLM=ollama:scripted")
    assert Assistant(sample.archive, settings).models == ("extractive",)
    monkeypatch.delenv("OLLAMA_HOST")
    assert ollama_address() == "http://127.0.0.1:11434"


def test_what_is_sent_has_room_in_the_context(sample, model):
    model.enqueue("Gregor Pellew resigned. [1]")
    Assistant(sample.archive, Settings(llm=model.url, llm_context=2048)).ask(QUESTION)
    sent = "".join(message["content"] for message in model.requests[0][1]["messages"])
    assert "[2] " in sent and "[8] " not in sent, "fewer passages"
    assert 1.25 * len(sample.archive.embedder.token_starts(sent)) <= 2048 - MOST_TOKENS


def test_a_key_is_kept_in_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dateline.toml").write_text('llm_api_key = "sk-secret"')
    with pytest.raises(UsageError, match="DATELINE_LLM_API_KEY") as caught:
        Settings()
    assert "sk-secret" not in str(caught.value)


def test_settings_that_cannot_be(monkeypatch):
    for setting in ("gpt", "openai:", "http://x/v1", "http://#m", "other:model"):
        with pytest.raises(UsageError, match="write it as"):
            parse(setting)
    with pytest.raises(UsageError, match="needs a key"):
        connect(Settings(llm="openai:some-model"))
    assert "secret" not in repr(Settings(llm_api_key="secret"))
