"""A follow-up takes the last question's names with it; a new topic is not dragged back."""

from __future__ import annotations

from assistant.followup import standalone

HISTORY = [
    ("Why did the minister Gregor Pellew resign?", "He resigned after payments emerged. [1]")
]


def test_what_points_back_is_completed():
    assert standalone("When did he resign?", HISTORY) == "When did he resign? (Gregor Pellew)"
    assert "Gregor Pellew" in standalone("And who follows?", HISTORY)
    assert "Gregor Pellew" in standalone("When?", HISTORY)


def test_over_two_turns():
    history = [*HISTORY, ("When did he resign?", "On 26 October. [1]")]
    assert "Gregor Pellew" in standalone("Who replaced him?", history)


def test_a_question_that_stands_alone_is_left_alone():
    for question in ("Who won the election in Nerrane?", "How many ships waited at Port Ansel?"):
        assert standalone(question, HISTORY) == question
    assert standalone("When did he resign?", ()) == "When did he resign?"
