"""What is new: the latest reports on what is asked, each by the sentence that tells it."""

from __future__ import annotations

from datetime import date

import pytest

from assistant import news
from index.article import Article, Passage


@pytest.mark.parametrize(
    "question",
    [
        "What changed since the summit?",
        "What has happened since the outbreak?",
        "What is the latest on the Grey Petrel?",
        "What’s new with the Merrin Torc?",
        "Any news about Yara Quill?",
        "How has the ferry inquiry moved on?",
    ],
)
def test_questions_that_ask_what_is_new(question):
    assert news.asks(question)


@pytest.mark.parametrize(
    "question",
    [
        "What happened to the Grey Petrel?",
        "Who won the latest election?",
        "What's new?",
        "Which law changed after the summit?",
        "When did the summit end?",
        "What did officials say about the change at the mine?",
        "What did Renn say about climate change?",
    ],
)
def test_questions_that_do_not(question):
    assert not news.asks(question)


def desk_ask(sample, question):
    return sample.ask(question, as_of="2023-12-10")


def test_what_changed_since_an_event_begins_with_it_and_goes_on(sample):
    answer = desk_ask(sample, "What changed since the summit?")
    days = [citation.article.published for citation in answer.citations]
    assert days[0] == date(2023, 11, 28) and days == sorted(days) and len(days) == 3
    assert "settled their quarrel over herring" in answer.text


def test_the_latest_comes_first(sample):
    answer = desk_ask(sample, "What is the latest on the Grey Petrel?")
    days = [citation.article.published for citation in answer.citations]
    assert days[0] == date(2023, 12, 1) and days == sorted(days, reverse=True)
    assert len({citation.article.id for citation in answer.citations}) == len(days) == 3


def test_nothing_new_is_said_of_what_the_archive_does_not_know(sample):
    for question in ("What is the latest on the moon landing?", "What changed since the sinking?"):
        assert desk_ask(sample, question).abstained


def told(body, day, title="", similarity=0.5, start=0):
    article = Article(title or body, body, published=date(2023, 10, day), title_made=not title)
    return Passage(article, start, len(body), similarity=similarity)


def test_a_word_is_no_other_word_of_its_stem():
    passages = [told("The drains of four sinks were opened on Friday.", 5)]
    assert news.latest("What changed since the sinking?", passages, lambda _: 1.0) == []


def test_one_sentence_of_an_article_and_its_opening_where_the_title_tells():
    body = "Lawmakers voted on Monday to look again. Nobody spoke of the ferry tax at all."
    found = news.latest(
        "What is the latest on the ferry tax?", [told(body, 9, "Ferry tax")], lambda _: 1.0
    )
    assert [body[one.start : one.end] for one in found] == [body.split(" Nobody")[0]]
