"""A question on the page, from the asking to the answer."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant.answer import Answer, Found
from assistant.conversations import Conversations
from assistant.desk import Assistant
from assistant.page import conversation
from assistant.page.asking import refined
from assistant.page.conversation import Turn
from assistant.page.examples import examples
from assistant.settings import Settings
from index.archive import Archive
from index.articles import Holdings
from index.errors import LLMError
from index.query import Query


class Scripted:
    """An assistant that says what it is given, and remembers what it was asked."""

    def __init__(self, *events):
        self.events = events
        self.closed = False
        self.archive = SimpleNamespace(
            holdings=lambda _: Holdings(3, None, None), copies_of=lambda _: []
        )

    def stream(self, question, *, history, stop, **filters):  # noqa: ARG002
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
    list(conversation.ask(desk, "Four", before, {"as_of": "2023-11-01"}))
    assert desk.asked == ("Four", [("One", "Nothing.")], {"as_of": "2023-11-01"})


def test_what_was_chosen_reaches_the_archive_and_what_was_not_is_left_to_it():
    desk = Scripted(ANSWER)
    chosen = {"since": "2023-10-01", "sources": ["Halyard Wire"], "ignore": ["last week"]}
    list(conversation.ask(desk, "Q", (), chosen | {"llm": "ollama:b"}))
    assert desk.asked[2] == {
        "published": ("2023-10-01", None),
        "sources": ["Halyard Wire"],
        "ignore": ["last week"],
        "llm": "ollama:b",
    }


def test_a_question_that_stands_alone_is_asked_without_the_conversation():
    desk = Scripted(ANSWER)
    list(conversation.ask(desk, "And he?", [Turn("One", answer=ANSWER)], {"alone": True}))
    assert desk.asked == ("And he?", [], {})


def test_a_kept_conversation_is_restored_with_what_was_understood(sample, tmp_path):
    kept = Conversations.at(tmp_path)
    turns: tuple[Turn, ...] = ()
    key = None
    for question in ("How many people died when the Grey Petrel sank?", "And when did it sink?"):
        *_, turn = conversation.ask(sample, question, turns, {"since": "2023-10-05"})
        key, n = kept.append("", key, turn.answer, turn.filters)
        turns = (*turns, replace(turn, kept=n))
    again = conversation.restored(sample, kept.turns("", key))
    assert [turn.question for turn in again] == [turn.question for turn in turns]
    assert [turn.query for turn in again] == [turn.query for turn in turns]
    assert again[1].query.text != again[1].question
    for before, after in zip(turns, again, strict=True):
        assert after.answer.text == before.answer.text
        assert [c.quote for c in after.answer.citations] == [
            c.quote for c in before.answer.citations
        ]


def test_a_chip_changes_what_it_is_about_and_nothing_else():
    chosen = {"sources": ["Halyard Wire"], "ignore": ["last week"], "llm": "ollama:b"}
    assert refined(chosen, {"turn": 0, "since": "2023-10-01", "until": ""}) == chosen | {
        "since": "2023-10-01"
    }
    assert refined(chosen, {"turn": 0, "source": ""}) == {
        "ignore": ["last week"],
        "llm": "ollama:b",
    }
    assert refined(chosen, {"ignore": "in May"})["ignore"] == ["last week", "in May"]
    assert refined({}, {"alone": True}) == {"alone": True}


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


def test_an_archive_without_such_reports_is_asked_of_the_names_it_leads_with(embedder, tmp_path):
    with Assistant(Archive.open(tmp_path / "archive", embedder), Settings(llm="")) as desk:
        for n, lead in enumerate(("was fined", "lost its appeal")):
            text = f"{n}. hearing\n\nOn Friday the firm Averling Foods {lead} over its dairies."
            (tmp_path / f"{n}.txt").write_text(text)
        desk.archive.ingest(tmp_path.glob("*.txt"))
        assert examples(desk) == ["What is the latest on Averling Foods?"]
