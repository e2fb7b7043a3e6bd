"""Where passages disagree on a number that is asked for: who says what, and when.

Found for questions of "how many" and "how much" only, and only where sentences of several articles
speak of what the question speaks of: a wrong note costs more than a missing one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.answer import Citation, about
from assistant.verify.clause import STOPS, Clause, read
from assistant.verify.lexicon import same
from assistant.verify.quantity import Quantity
from index.article import Article, Passage
from index.text import stems

# Share of a question's telling words that a sentence must have to speak of the same.
ALIKE = 0.6
# Passages looked at, best first.
_READ = 10

_ASKED = re.compile(r"\bhow\s+(?P<count>many|much)\b(?P<of>(?:\s+[\w’'-]+){0,4})", re.I)
# Of a number that moves: "has risen to 11", "at least 40 so far", "still missing".
_MOVES = re.compile(
    r"\b(?:so far|at least|(?:has|have|had) (?:risen|climbed|grown|fallen) to|(?:rose|climbed) to"
    r"|still (?:missing|unaccounted)|death toll|and counting|as of (?:now|\w+day|\d))\b",
    re.I,
)
_CORRECTS = re.compile(
    r"\b(?:correct(?:s|ed|ion)|revised|retract(?:s|ed|ion)|clarification|record straight|in error"
    r"|by mistake|counted twice|an earlier (?:version|report)|the right (?:number|figure|name))\b",
    re.I,
)
# Characters of a body that tell whether it is a correction.
_HEAD = 300
_MONEY = frozenset({"crown", "dollar", "euro", "pound", "yen"})


@dataclass(frozen=True)
class Figure:
    """A number that an article gives for what is asked.

    Attributes:
        article: which article.
        words: the number as it stands there, its unit included.
        quantity: its value and unit.
        place: its sentence's first character in the article's body.
    """

    article: Article
    words: str
    quantity: Quantity
    place: int


def as_of(question: str, citations: Sequence[Citation]) -> list[str]:
    """As of when a number that is asked for is told, where a cited sentence says that it moves."""
    moving = [one.article for one in citations if _MOVES.search(one.quote)]
    if not moving or not _ASKED.search(question):
        return []
    last = max(moving, key=lambda article: str(article.published))
    if str(citations[0].article.published) > str(last.published):
        return []  # what is told first is from later, and does not move
    return [f"The figure may have changed since: {about(last)}."]


def standing(article: Article, days: Sequence[date]) -> str:
    """What a language model is told of a report among those of some days, in words or ""."""
    marks = []
    if article.published and len(set(days)) > 1 and article.published == max(days):
        marks.append("the latest of these")
    if _CORRECTS.search(article.title) or _CORRECTS.search(article.body[:_HEAD]):
        marks.append("a correction")
    return f" ({', '.join(marks)})" if marks else ""


def notes(question: str, citations: Sequence[Citation], passages: Sequence[Passage]) -> list[str]:
    """What other articles say otherwise than the cited sentences, in words; mostly nothing.

    Args:
        question: standing alone.
        citations: of the answer.
        passages: what was read to answer, best first.
    """
    figures = list(_figures(question, passages[:_READ]))
    cited = [
        figure
        for figure in figures
        if any(c.article == figure.article and c.start == figure.place for c in citations)
    ]
    if not cited:
        return []
    given: list[Figure] = []
    for figure in sorted(figures, key=lambda one: (str(one.article.published), one.article.id)):
        own = [other for other in figures if other.article.id == figure.article.id]
        if not all(figure.quantity.matches(other.quantity) for other in own):
            continue  # an article with two of them speaks of two things
        if not any(figure.quantity.matches(other.quantity) for other in given):
            given.append(figure)
    if len(given) < 2 or not any(figure in given for figure in cited):
        return []
    told = "; ".join(f"{figure.words} ({about(figure.article)})" for figure in given)
    return [f"The articles give different figures: {told}."]


def _figures(question: str, passages: Sequence[Passage]) -> Iterator[Figure]:
    """The numbers that sentences give for what a question asks the number of."""
    asked = _ASKED.search(question)
    if not asked:
        return
    much = asked["count"].lower() == "much"
    counted = [stem for stem in stems(asked["of"]) if stem not in STOPS][: 0 if much else 1]
    clause = Clause(question, question)
    subject = clause.telling - {"mani", "much"}
    doing = subject - clause.names - set(counted)
    for passage in passages:
        title = Clause(passage.article.title, passage.article.title)
        place = passage.start
        for sentence in read(passage.text, passage.article.published).sentences:
            place = max(passage.article.body.find(sentence.text, place, passage.end), place)
            near = [stem for stem in subject if sentence.says(stem) or title.says(stem)]
            if len(near) < ALIKE * len(subject):
                continue
            for part in read(sentence.text, passage.article.published).clauses:
                if sum(map(part.says, doing)) < ALIKE * len(doing):
                    continue
                for number in read(part.text, passage.article.published).numbers:
                    if number.unit in _MONEY if much else _counts(number, part.text, counted):
                        words = part.text[number.start : number.end].strip(" ,.")
                        yield Figure(passage.article, " ".join(words.split()), number, place)


def _counts(number: Quantity, text: str, counted: Sequence[str]) -> bool:
    """Whether a number counts the thing asked for: "14 ships" for "how many ships"."""
    after = stems(text[number.end :])[:3]
    return not number.unit and any(not same(noun).isdisjoint(after) for noun in counted)
