"""Passages tile their article's body, fit the embedder's window, and end where sentences end."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunk import passages

BODIES = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("aet .\n”。")),
    max_size=600,
)


def letters(text):
    """A stand-in tokenizer: a token for each run of letters of at most four, and each mark."""
    return [match.start() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)]


def rebuilt(body, spans):
    assert all(start < end for start, end in spans)
    return "".join(body[start:end] for start, end in spans)


@given(BODIES, st.integers(2, 60), st.integers(1, 30))
def test_passages_give_back_any_body_and_fit(body, room, most_words):
    spans = passages(body, letters, room, most_words)
    assert rebuilt(body, spans) == body
    assert all(len(letters(body[start:end])) <= room for start, end in spans)


@settings(max_examples=40, deadline=None)
@given(body=BODIES)
def test_with_the_real_tokenizer(body, embedder):
    spans = passages(body, embedder.token_starts, 40)
    assert rebuilt(body, spans) == body
    assert all(len(embedder.token_starts(body[start:end])) <= 40 for start, end in spans)


def test_every_passage_of_the_sample_fits_the_window_with_its_heading(sample):
    """Measured by the model's own tokenizer: nothing is ever cut off."""
    embedder = sample.archive.embedder
    for article in sample.archive.articles():
        spans = sample.archive.cut(article)
        assert rebuilt(article.body, spans) == article.body
        for start, end in spans:
            text = f"{article.title}\n{article.body[start:end]}"
            assert len(embedder.token_starts(text)) <= embedder.window
            assert article.body[start:end].rstrip()[-1] in ".!?”\"’':)…", "cut at a sentence's end"


def test_no_stub_is_left_at_the_end():
    body = "The mayor spoke to the crowd for a while. " * 30
    spans = passages(body, letters, 10_000, 130)
    sizes = [len(body[start:end].split()) for start, end in spans]
    assert len(sizes) == 3 and min(sizes[-2:]) > 40


def test_an_empty_body_has_no_passages():
    assert passages("", letters, 10) == []
