"""A language model that is set to judge is asked where the rules find nothing wrong."""

from __future__ import annotations

import pytest

from assistant.desk import Assistant
from assistant.settings import Settings
from index.errors import UsageError
from tests.assistant.scripted import server

QUESTION = "Why did Gregor Pellew resign?"
SAID = "Gregor Pellew resigned as minister of mines. [1] He was paid 9 billion crowns. [1]"


@pytest.fixture
def other():
    with server() as script:
        yield script


def judged(sample, model, other, *verdicts):
    model.enqueue(SAID)
    other.enqueue(*verdicts)
    desk = Assistant(sample.archive, Settings(llm=model.url, judge=other.url))
    return desk.ask(QUESTION, as_of="2023-12-10")


def test_it_sees_the_sentence_and_its_quotes_where_the_rules_find_nothing(sample, model, other):
    answer = judged(sample, model, other, "Yes.")
    assert [one.support for one in answer.sentences] == ["supported", "unsupported"]
    ((_, body),) = other.requests
    sent = body["messages"][0]["content"]
    assert "Sentence: Gregor Pellew resigned as minister of mines." in sent
    assert "2023-10-26" in sent and answer.citations[0].quote in sent


def test_its_no_is_the_verdict_and_the_reason_names_it(sample, model, other):
    answer = judged(sample, model, other, "No")
    assert [one.support for one in answer.sentences] == ["unsupported", "unsupported"]
    assert answer.sentences[0].reason == f"{other.url} finds it not said"
    assert "2 of 2 sentences are not said" in answer.warnings[0]


@pytest.mark.parametrize("reply", ["Perhaps", 401])
def test_without_its_word_the_rules_decide(sample, model, other, reply):
    answer = judged(sample, model, other, reply)
    assert [one.support for one in answer.sentences] == ["supported", "unsupported"]
    told = [warning for warning in answer.warnings if "rules alone" in warning]
    assert len(told) == (reply == 401)
    assert all(other.url in warning and "key" in warning for warning in told)


def test_none_judges_unless_it_is_set(sample, model):
    model.enqueue(SAID)
    Assistant(sample.archive, Settings(llm=model.url)).ask(QUESTION, as_of="2023-12-10")
    assert len(model.requests) == 1
    with pytest.raises(UsageError, match="write it as"):
        Assistant(sample.archive, Settings(llm=model.url, judge="someone"))
