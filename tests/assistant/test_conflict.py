"""Where articles give different figures for what is asked, the answer says who and when."""

from __future__ import annotations

import pytest

LATER = "2023-12-10"


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        ("How much did Orrowdale pay Braidwater Advisory?", ("2.3 million", "3.1 million")),
        (
            "How much a year does Averling now expect to save from the Cassock merger?",
            ("65 million", "58 million"),
        ),
        ("How many people died on the Grey Petrel?", ("11", "10")),
    ],
)
def test_different_figures_are_told_with_outlet_and_day(sample, question, figures):
    (warning,) = sample.ask(question, as_of=LATER).warnings
    assert all(figure in warning for figure in figures)
    assert warning.index(figures[0]) < warning.index(figures[1]), "the later report comes last"
    assert "2023)" in warning


@pytest.mark.parametrize(
    "question",
    [
        "How many seats make a majority in Nerrane's chamber?",
        "By how many votes was Hobb's Reach finally decided?",
        "Why did Gregor Pellew resign?",
    ],
)
def test_figures_for_other_things_are_no_conflict(sample, question):
    assert not sample.ask(question, as_of=LATER).warnings
