"""Marks as models write them are understood; what they cite is verbatim, or dropped and told."""

from __future__ import annotations

from datetime import date
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cite import resolve, split
from assistant.output import Gate, clean
from index.article import Article, Passage
from index.query import Query

BODY = (
    "The port of Ansel reopened on Friday. It had been shut for nine days.\n\n"
    "Ann Lee, the harbour master, said 14 ships were waiting."
)
ARTICLE = Article("Port reopens", BODY, "Quay", date(2023, 10, 27))
PASSAGES = [Passage(ARTICLE, 0, 71), Passage(ARTICLE, 71, len(BODY))]
QUERY = Query("When did the port reopen?", date(2023, 12, 1))


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("It reopened. [1]", (1,)),
        ("It reopened [1].", (1,)),
        ("It reopened.[1][2]", (1, 2)),
        ("It reopened [1, 2].", (1, 2)),
        ("It reopened [1; 2].", (1, 2)),
        ("It reopened【1】.", (1,)),
        ("It reopened【1†source】.", (1,)),
        ("It reopened (1).", (1,)),
        ("It reopened [Source 1].", (1,)),
        ("It reopened [sources 1 and 2].", (1, 2)),
        ("It reopened [#1].", (1,)),
        ("“It reopened.” [1]", (1,)),
    ],
)
def test_marks_as_models_write_them(text, marks):
    ((sentence, found),) = split(text)
    assert tuple(n for n in found if n in (1, 2)) == marks
    assert "[" not in sentence and "【" not in sentence and "(" not in sentence
    assert sentence.strip("“”.") == "It reopened"


def test_a_mark_stays_with_its_own_sentence():
    assert split("It reopened. [1] Ships waited. [2]") == [
        ("It reopened.", (1,)),
        ("Ships waited.", (2,)),
    ]


def test_years_and_asides_in_brackets_are_no_marks():
    assert split("It reopened (after 9 days).") == [("It reopened (after 9 days).", ())]


def test_each_citation_is_the_sentence_that_says_it():
    cited = resolve(
        "14 ships were waiting, Ann Lee said. [2] It reopened on Friday. [1]", PASSAGES, QUERY
    )
    assert [c.quote for c in cited.citations] == [
        "Ann Lee, the harbour master, said 14 ships were waiting.",
        "The port of Ansel reopened on Friday.",
    ]
    assert [s.citations for s in cited.sentences] == [(1,), (2,)], "numbered in reading order"
    assert [s.support for s in cited.sentences] == ["supported", "supported"]


def test_unknown_numbers_are_dropped_and_told():
    cited = resolve("It reopened on Friday. [1][7]", PASSAGES, QUERY)
    assert cited.unknown == (7,)
    assert cited.sentences[0].citations == (1,)


def test_a_sentence_without_a_citation_is_unsupported():
    (sentence,) = resolve("It reopened on Friday.", PASSAGES, QUERY).sentences
    assert (sentence.support, sentence.reason) == ("unsupported", "nothing is cited")


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("It reopened [1-2].", (1, 2)),
        ("It reopened [^1].", (1,)),
        ("It reopened.¹", (1,)),
        ("It reopened¹².", (12,)),
    ],
)
def test_ranges_footnotes_and_superscripts(text, marks):
    assert split(text) == [("It reopened.", marks)]


def test_a_square_metre_is_no_mark():
    assert split("It covers 14 m² of the port.") == [("It covers 14 m² of the port.", ())]


WRITTEN = st.sampled_from(
    ["The port reopened on Friday", "14 ships waited", ".", ". ", " ", "[1]", " [2][1]", "[1, 2]",
     "[1-2]", "【2】", "【1†source】", "(1)", "[Source 1]", " [sources 1 and 2]", "[^1]", "¹",
     "[9]", "(", ")", "\n\n", "“It reopened.” ", "12 m²", "U.S. "]
)  # fmt: skip


@given(
    st.lists(WRITTEN, max_size=12).map("".join), st.lists(st.integers(1, 9), min_size=1, max_size=9)
)
def test_however_a_text_is_cut_into_pieces_its_marks_are_the_same(text, sizes):
    gate, shown, rest, size = Gate(), "", text, cycle(sizes)
    while rest:
        cut = next(size)
        shown, rest = shown + gate.push(rest[:cut]), rest[cut:]
    assert split(shown + gate.end()) == split(clean(text))


PIECES = st.sampled_from(
    ["The port reopened on Friday. ", "14 ships were waiting", ". ", "[1]", "[2][1]",
     "【2】", "[9]", "(1)",
     "[1, 2]", "[1-2]", "[", "]", "²", "\n\n", "Ann Lee said so "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14))
def test_whatever_is_written_quotes_stand_and_numbers_run_from_one(pieces):
    cited = resolve("".join(pieces), PASSAGES, QUERY)
    for citation in cited.citations:
        body = citation.article.body
        assert citation.quote and body[citation.start : citation.end] == citation.quote
    numbers = [n for sentence in cited.sentences for n in sentence.citations]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(cited.citations) + 1))
    assert not set(cited.unknown) & {1, 2}
