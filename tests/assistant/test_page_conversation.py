"""A question on the page, from the asking to the answer."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from assistant.answer import Answer, Found
from assistant.page import conversation
from assistant.page.conversation import Turn
from assistant.page.examples import examples
from index.archive import Holdings
from index.errors import LLMError
from index.query import Query


class Scripted:
    """An assistant that says what it is given, and remembers what it was asked."""

    def __init__(self, *events):
        self.events = events
        self.closed = False
        self.archive = SimpleNamespace(holdings=lambda _: Holdings(3, None, None))

    def stream(self, question, *, history, **filters):
        self.asked = question, list(history), filters
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed = True


QUERY = Query("Q")
ANSWER = Answer("Q", (), (), (), QUERY.as_of, "extractive", abstained=True, note="Nothing.")


def test_the_page_tells_what_is_being_done():
    desk = Scripted(QUERY, Found([None] * 8, 3), "The port", ANSWER)
    turns = list(conversation.ask(desk, "Q"))
    assert [turn.doing for turn in turns] == [
        "Reading the question",
        "Searching 3 articles",
        "Reading 8 passages",
        "Writing",
        "",
    ]
    assert turns[-2].text == "The port"
    assert turns[-1].answer == ANSWER


def test_the_text_is_shown_at_most_five_times_a_second():
    desk = Scripted(*["word "] * 1000, ANSWER)
    began = time.monotonic()
    shown = [turn for turn in conversation.ask(desk, "Q") if turn.text]
    assert 1 <= len(shown) <= 1 + 5 * (time.monotonic() - began)


def test_a_follow_up_knows_what_was_answered_and_not_what_failed():
    desk = Scripted(ANSWER)
    before = [
        Turn("One", answer=ANSWER),
        Turn("Two", error="It broke."),
        Turn("Three", text="Half"),
    ]
    list(conversation.ask(desk, "Four", before, as_of="2023-11-01"))
    assert desk.asked == ("Four", [("One", "Nothing.")], {"as_of": "2023-11-01"})


def test_an_error_ends_the_turn_with_its_message():
    turns = list(conversation.ask(Scripted(QUERY, "The", LLMError("Set a key.")), "Q"))
    assert turns[-1].error == "Set a key."
    assert turns[-1].answer is None
    assert not turns[-1].doing


def test_a_fault_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        list(conversation.ask(Scripted(ZeroDivisionError()), "Q"))


def test_closing_it_stops_the_language_model():
    desk = Scripted("word ", "word ", ANSWER)
    turns = conversation.ask(desk, "Q")
    next(turns), next(turns)
    turns.close()
    assert desk.closed


def test_the_example_questions_are_answered(sample):
    questions = examples(sample)
    assert len(questions) == len(set(questions)) == 4
    for question in questions:
        assert not sample.ask(question).abstained, question
