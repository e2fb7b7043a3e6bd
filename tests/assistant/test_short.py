"""The words that answer are marked where it is sure which those are, and not elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistant.page.conversation import Turn
from assistant.page.render import told
from assistant.short import short_answer

DAY = date(2023, 10, 27)
SMALL = frozenset({"the", "minister", "police", "ferry"})


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        (
            "How many people died on the Grey Petrel?",
            "The Grey Petrel sank on 7 October with 61 on board, and 13 people died.",
            "13",
        ),
        (
            "How much will the new pier cost?",
            "The pier, 40 metres long, will cost $5.2 million and open in 2025.",
            "$5.2 million",
        ),
        (
            "How long did Renn speak with Sorrel?",
            "Renn and 40 others spoke with Sorrel for two hours.",
            "two hours",
        ),
        (
            "When did Gregor Pellew resign?",
            "Gregor Pellew resigned on Thursday [26 October 2023], the minister said.",
            "Thursday [26 October 2023]",
        ),
        (
            "Who resigned as minister of mines?",
            "Gregor Pellew, the minister of mines, resigned on Thursday over 13 payments.",
            "Gregor Pellew",
        ),
        (
            "When are Renn and Sorrel expected to meet?",
            "Renn met Sorrel on Friday [20 October 2023].",
            "",
        ),
        (
            "When are Renn and Sorrel expected to meet?",
            "Renn is to meet Sorrel next month [November 2023].",
            "next month [November 2023]",
        ),
        ("When was the pier built?", "The pier is 40 metres long.", ""),
        ("Why did he resign?", "He resigned over 13 payments on Thursday.", ""),
        ("Where was it found?", "It was found in Tarrock on Thursday.", ""),
        ("How many people died?", "Of 40 people 13 died and 27 people died later.", ""),
    ],
)
def test_the_words_that_answer(question, sentence, expected, embedder):
    assert short_answer(question, sentence, DAY, SMALL, embedder) == expected


def test_it_stands_in_the_answer_and_is_set_off_on_the_page(sample):
    answer = sample.ask("When did Gregor Pellew resign?", as_of="2023-12-10")
    assert answer.short_answer
    assert answer.short_answer in answer.sentences[0].text
    assert answer.to_dict()["short_answer"] == answer.short_answer
    shown = told(Turn(answer.question, answer=answer), 0)
    assert f"<strong>{answer.short_answer}</strong>" in shown
    without = replace(answer, short_answer="")
    assert "short_answer" not in without.to_dict()
    assert "<strong>" not in told(Turn(answer.question, answer=without), 0)


def test_a_short_answer_within_a_longer_word_is_not_set_off(sample):
    answer = sample.ask("How many people died when the Grey Petrel sank?", as_of="2023-12-10")
    first = replace(answer.sentences[0], text="All 113 were told that 13 died.")
    answer = replace(answer, sentences=(first,), short_answer="13")
    assert "All 113 were told that <strong>13</strong> died." in told(Turn("?", answer=answer), 0)
