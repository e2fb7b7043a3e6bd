"""Where articles give different figures for what is asked, the answer says who and when."""

from __future__ import annotations

from datetime import date

import pytest

from assistant import chain, conflict
from assistant.answer import Citation
from index.article import Article, Passage
from index.query import Query

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


def test_of_a_number_that_moves_it_is_said_as_of_when():
    body = "The flood has killed at least seven people, the ministry said. Four bridges are shut."
    article = Article("Flood", body, "Quay", date(2023, 10, 27))
    moving, still = Citation(1, article, 0, 62), Citation(1, article, 63, len(body))
    (told,) = conflict.as_of("How many people has the flood killed?", [moving])
    assert "27 October 2023" in told
    assert not conflict.as_of("How many bridges are shut?", [still])
    assert not conflict.as_of("What has the flood done?", [moving])


def test_a_language_model_is_told_which_report_is_the_latest_and_which_a_correction():
    days = [date(2023, 10, 26), date(2023, 10, 27)]
    first, last = (Article("Toll at nine", "Nine died.", "Quay", day) for day in days)
    corrected = Article("Correction: toll at eight", "One was counted twice.", "Quay", days[0])
    assert conflict.standing(first, days) == ""
    assert conflict.standing(last, days) == " (the latest of these)"
    assert conflict.standing(corrected, days) == " (a correction)"
    assert conflict.standing(last, days[1:]) == "", "where there is but one day, it tells nothing"
    rendered = chain.render(Query("How many died?"), [Passage(a, 0, 10) for a in (first, last)])
    assert "[2] Quay, 27 October 2023 (the latest of these)" in str(rendered[1].content)


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
