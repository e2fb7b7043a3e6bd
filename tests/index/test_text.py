"""Sentences tile any text, and end where a reader of news would say they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import clip, content_words, sentences, stems, words


def cut(text):
    return [text[start:end].strip() for start, end in sentences(text)]


@given(
    st.text(
        alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n.!?”“U"))
    )
)
def test_sentences_tile_any_text(text):
    assert "".join(text[start:end] for start, end in sentences(text)) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("He met Dr. Ash. She left.", ["He met Dr. Ash.", "She left."]),
        (
            "It begins at 5 p.m. ET on Oct. 8. Doors open early.",
            ["It begins at 5 p.m. ET on Oct. 8.", "Doors open early."],
        ),
        (
            "“We are ready,” she said. “We are.” He agreed.",
            ["“We are ready,” she said.", "“We are.”", "He agreed."],
        ),
        ("It cost $3.5 million. J. K. Orr paid.", ["It cost $3.5 million.", "J. K. Orr paid."]),
        ("A headline\n\nA story.", ["A headline", "A story."]),
        ("今日は雨です。明日は晴れです。", ["今日は雨です。", "明日は晴れです。"]),
    ],
)
def test_ends(text, parts):
    assert cut(text) == parts


def test_a_long_text_is_tiled_too():
    text = "The mayor spoke. \n\n" * 2000
    assert "".join(text[start:end] for start, end in sentences(text)) == text


def test_words_keep_figures_whole_and_drop_possessives():
    assert list(words("Renn’s 1,500 boats, U.S.-built")) == [
        "renn",
        "1,500",
        "boats",
        "u.s",
        "built",
    ]


def test_content_words_leave_out_what_every_question_has():
    assert content_words("When did the minister resign?") == ["minister", "resign"]


def test_stems_join_inflections():
    assert stems("resigned resigning") == ["resign", "resign"]


def test_clip_ends_at_a_word():
    assert clip("one two three", 9) == "one two…"
    assert clip("one two", 9) == "one two"
