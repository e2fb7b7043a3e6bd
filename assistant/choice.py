"""Multiple choice without a language model: the choice that the archive's sentences speak for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from assistant.candidates import nearness
from index import rank
from index.article import Passage
from index.query import Query
from index.rank import Rarity
from index.text import STOPWORDS, sentences, stems, words

# Passages read that were found for the question, and for the question with each choice after it.
READ, READ_EACH = 30, 10
# A choice's chance is the softmax of these sums (maximum likelihood, L2; RealTimeQA 2024q1 to q3).
# Right over all questions, the weights fitted on the two other quarters: q1 .507, q2 .586, q3 .565;
# 2024q4, looked at once afterwards: .565 (.505 to .627, bootstrap over weeks), .783 of the
# answerable; .476 by the best passage's likeness to question and choice. Without "length" the mean
# of q1 to q3 falls from .553 to .493; likeness of the choice's own search adds nothing.
WEIGHTS = {"told": 0.95, "phrase": 0.45, "place": 0.8, "length": 1.4}
# What "all of the above" and "none of the above" score, which no article says. With "none" among
# the choices (`questions_nota`, 2024q1 to q3) .494 are right, .460 where it is never picked.
ALL, NONE = 6.2, 1.0
_ALL = re.compile(r"\b(?:all|both)\b.*\b(?:above|these|[ab] and [bc])\b", re.I)
_NONE = re.compile(r"\b(?:none|neither)\b.*\b(?:above|these)\b", re.I)
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()
_NUMBERS = {word: str(number) for number, word in enumerate(_SMALL)}
# The share of its words with which a passage has a choice.
_HAS = 0.8


def scores(
    query: Query,
    choices: Sequence[str],
    passages: Sequence[Passage],
    wider: Sequence[Passage],
    rarity: Rarity,
) -> list[float]:
    """How much speaks for each choice: a higher score is likelier, no score is a chance.

    A choice is spoken for by each article in which it stands near to what is asked, by standing
    word for word where that is spoken of, and by the place of the first passage that has it; and
    the more its words tell, the less they stand there by chance.

    Args:
        query: the question, standing alone.
        choices: what may be chosen.
        passages: found for the question, best first.
        wider: found for the question and each choice.
        rarity: how much a stemmed word tells.
    """
    asked = {term: 1 + rarity(term) for term in _telling(query.text)}
    read = [_Read(passage, asked, query) for passage in dict.fromkeys([*passages, *wider])]
    places = {passage.id: place for place, passage in enumerate(passages)}
    wanted = _wanted(choices, asked, rarity)
    return [
        ALL
        if _ALL.search(choice)
        else NONE
        if _NONE.search(choice)
        else sum(
            WEIGHTS[name] * value for name, value in _features(choice, terms, read, places).items()
        )
        for choice, terms in zip(choices, wanted, strict=True)
    ]


class _Read:
    """A passage's terms, by sentence, and how near each sentence is to what is asked."""

    def __init__(self, passage: Passage, asked: Mapping[str, float], query: Query) -> None:
        self.passage = passage
        told = [_terms(passage.article.title)]
        told += [_terms(passage.text[start:end]) for start, end in sentences(passage.text)]
        self.flat = f" {' '.join(term for one in told for term in one)} "
        self.sentences = [set(one) for one in told]
        self.terms = set().union(*self.sentences)
        self.near = rank.coverage(asked, self.terms)
        recency = rank.recency(passage.article.published, query.as_of)
        self.nearness = [
            nearness(rank.coverage(asked, one), self.near, passage.similarity or 0.0, recency)
            for one in self.sentences
        ]


def _features(
    choice: str, terms: Mapping[str, float], read: Sequence[_Read], places: Mapping[str, int]
) -> dict[str, float]:
    """What speaks for one choice."""
    phrase = f" {' '.join(_terms(choice))} "
    told: dict[str, float] = {}
    for one in read:
        best = max(
            rank.coverage(terms, sentence) * near
            for sentence, near in zip(one.sentences, one.nearness, strict=True)
        )
        article = one.passage.article.id
        told[article] = max(told.get(article, 0.0), best)
    return {
        "told": math.log(0.01 + sum(best**2 for best in told.values())),
        "phrase": max((one.near for one in read if phrase in one.flat), default=0.0),
        "place": max(
            (
                1 / (1 + places[one.passage.id] / 5)
                for one in read
                if one.passage.id in places and rank.coverage(terms, one.terms) > _HAS
            ),
            default=0.0,
        ),
        "length": math.log(1 + sum(terms.values())),
    }


def _wanted(
    choices: Sequence[str], asked: Mapping[str, float], rarity: Rarity
) -> list[dict[str, float]]:
    """Each choice's terms by how much they tell: those that set it apart, where it has any."""
    told = [dict.fromkeys(_terms(choice)) for choice in choices]
    shared = set(told[0]).intersection(*told[1:]) if len(told) > 1 else set()
    apart = [
        [term for term in one if term not in shared and term not in asked and term not in _STOPS]
        for one in told
    ]
    return [
        {term: 1 + rarity(term) for term in own or one}
        for own, one in zip(apart, told, strict=True)
    ]


def _telling(text: str) -> list[str]:
    return [term for term in dict.fromkeys(_terms(text)) if term not in _STOPS]


def _terms(text: str) -> list[str]:
    """The stemmed words of a text; figures kept whole, and small numbers as figures."""
    return [_term(word) for word in words(text)]


@lru_cache(maxsize=2**15)
def _term(word: str) -> str:
    if word[0].isdigit():
        return word.replace(",", "")
    return _NUMBERS.get(word) or " ".join(stems(word)) or word


_STOPS = frozenset(map(_term, STOPWORDS))
