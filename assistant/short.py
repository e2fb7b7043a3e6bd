"""The short answer: the words of a sentence that answer, where it is sure which those are.

What could answer is a number, a day or a person's name, by what the question asks for; a place or
another thing is too often another than the one meant. How likely each is, is told by how well it
fits the kind that is asked for, and by how near the question's own words stand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assistant import candidates
from assistant.asked import Asked, asked, to_come
from assistant.verify.clause import NO_NAMES
from index.dates import find_dates
from index.embed import Embedder
from index.text import WORD, content_words, stems

# Fitted so that the right one is likeliest, and rounded, on 431 questions of XQuAD (en), the
# newsroom suite and RealTimeQA 2024q1, each with the sentence that holds its answer.
_WEIGHTS = {"counts": 3.0, "person": 5.3, "nearest": 1.4, "near": 2.9}
# How likely it must be. Where the sentence is the right one, 200 of 472 such questions then have a
# short answer, and .94 of these are right: of numbers .94, of days .99, of people .89.
_SURE = 0.8
# How surely the archive must answer at all: below, the sentence is as often another's.
AT_LEAST = 0.5
# The years of "1912 and 1915", which name days only after "in".
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
# "Friday [27 October 2023]"
_MADE_PLAIN = re.compile(r" \[[^\[\]]*\d{4}\]")


@dataclass(frozen=True)
class _Candidate:
    """Words that may answer: where they stand, and how well they fit what is asked for."""

    start: int
    end: int
    counts: float = 0.0
    person: float = 0.0


def short_answer(
    question: str, sentence: str, written: date, known: frozenset[str], embedder: Embedder
) -> str:
    """The words of a sentence that answer a question; "" where it is not sure which do.

    Args:
        question: standing alone.
        sentence: of an answer, which may have its dates made plain.
        written: the day that its dates are counted from.
        known: words that are written small near the sentence: at its start they are no name.
        embedder: tells names of people.
    """
    wanted = asked(question)
    own = frozenset(stems(question))
    found = [
        one
        for one in _candidates(question, wanted, sentence, written, known, embedder)
        if not own.issuperset(stems(sentence[one.start : one.end]))
    ]
    if not found:
        return ""
    named = {stem for word in content_words(question) for stem in stems(word)}
    places = [(word.start(), set(stems(word[0]))) for word in WORD.finditer(sentence)]
    shares = [math.exp(_score(one, places, named - set(stems(wanted.noun)))) for one in found]
    best = max(range(len(found)), key=shares.__getitem__)
    sure = shares[best] / sum(shares) >= _SURE
    if not sure or (wanted.kind == "number" and found[best].counts < candidates.COUNTS):
        return ""
    return sentence[found[best].start : found[best].end]


def _candidates(
    question: str,
    wanted: Asked,
    sentence: str,
    written: date,
    known: frozenset[str],
    embedder: Embedder,
) -> Iterator[_Candidate]:
    if wanted.kind == "number":
        days = [(day.start, day.end) for day in find_dates(sentence, written)]
        for start, end, counts in candidates.numbers(question, wanted.noun, sentence):
            if not _within(start, days):
                yield _Candidate(start, end, counts=counts)
    elif wanted.kind == "time":
        plain = [match.span() for match in _MADE_PLAIN.finditer(sentence)]
        taken = list(plain)
        for day in find_dates(sentence, written):
            past = to_come(question) and day.first <= written
            if not past and not _within(day.start, plain):
                end = next((last for first, last in plain if first == day.end), day.end)
                taken.append((day.start, end))
                yield _Candidate(day.start, end)
        for year in _YEAR.finditer(sentence):
            if not _within(year.start(), taken):
                yield _Candidate(*year.span())
    elif wanted.kind == "person":
        for name, likeness in candidates.people(wanted, sentence, known, embedder).items():
            if NO_NAMES.issuperset(stems(name)):
                continue
            start = sentence.find(name)
            yield _Candidate(start, start + len(name), person=likeness)


def _score(one: _Candidate, words: Sequence[tuple[int, set[str]]], asked: set[str]) -> float:
    """How likely a candidate is the one that is asked for, as a logarithm."""
    mine = [place for place, (start, _) in enumerate(words) if one.start <= start < one.end] or [0]
    away = [
        max(mine[0] - place, place - mine[-1])
        for place, (_, said) in enumerate(words)
        if not said.isdisjoint(asked) and not mine[0] <= place <= mine[-1]
    ]
    features = {
        "counts": one.counts,
        "person": one.person,
        "nearest": math.exp(-min(away) / 4) if away else 0.0,
        "near": sum(math.exp(-far / 6) for far in away) / len(away) if away else 0.0,
    }
    return sum(weight * features[name] for name, weight in _WEIGHTS.items())


def _within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(first <= place < last for first, last in spans)
