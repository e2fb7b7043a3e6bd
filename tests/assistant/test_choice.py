"""Multiple choice: the choice that the articles speak for, and those that no article says."""

from __future__ import annotations

from datetime import date

import pytest

from assistant import choice
from index.article import Article, Passage
from index.query import Query

LATER = "2023-12-10"


@pytest.mark.parametrize(
    ("question", "choices", "right"),
    [
        (
            "Which trawler did the detained Corvessan fishermen belong to?",
            ["Second Helping", "Grey Heron", "Good Margit", "Grey Petrel"],
            "Good Margit",
        ),
        (
            "Which ferry sank off Tarrock?",
            ["the Good Margit", "the Grey Heron", "the Grey Petrel", "the Second Helping"],
            "the Grey Petrel",
        ),
        (
            "Who was named minister of mines when Pellew had resigned?",
            ["Judith Sandoe", "Orla Finnick", "Hedda Sorrel", "Sunniva Dahlke"],
            "Sunniva Dahlke",
        ),
    ],
)
def test_the_choice_the_archive_speaks_for(sample, question, choices, right):
    assert choices[sample.choose(question, choices, as_of=LATER)] == right


def test_nothing_is_chosen_where_nothing_is_found(sample):
    assert sample.choose("Which ferry sank?", ["One", "Other"], as_of="1990-01-01") is None
    assert sample.choose("Which ferry sank?", [], as_of=LATER) is None


def scored(choices, *bodies):
    passages = [
        Passage(Article(title="", body=body, published=date(2023, 10, 8)), 0, len(body), 1.0, 0.5)
        for body in bodies
    ]
    query = Query("How many lifeboats did the ferry launch?", date(2023, 10, 9))
    return choice.scores(query, choices, passages, passages, lambda _: 3.0)


def test_more_articles_speak_louder():
    four, three = scored(
        ["4", "3"],
        "The ferry launched four lifeboats.",
        "Four lifeboats were launched from the ferry.",
        "The ferry launched three lifeboats.",
    )
    assert four > three


def test_what_is_said_beside_the_question_counts_less():
    near, far = scored(
        ["14", "1,500"], "The ferry launched 14 lifeboats.", "Some 1,500 people watched a parade."
    )
    assert near > far


def test_none_of_the_above_is_chosen_where_nothing_is_said():
    some, none = scored(["Twelve", "None of the above"], "A parade was held in the town.")
    assert none > some
    some, none = scored(["Two", "None of the above"], "The ferry launched two lifeboats.")
    assert some > none
