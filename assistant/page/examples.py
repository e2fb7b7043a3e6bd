"""Questions to begin with, made from what an archive reported last, and sure to be answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from assistant import chain
from assistant.desk import Assistant
from index.article import Article
from index.text import sentences

# Articles looked at, newest first, and questions made of one kind.
_NEWEST = 60
_OF_A_KIND = 2

_DAY = (
    r"(?:\d|(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b)"
)
_NAME = r"[A-Z][a-z’'-]+ [A-Z][a-z’'-]+"
_TO_COME = rf"^(?P<it>[A-Z][\w’' -]+?) to (?P<do>[a-z][\w’' -]*?) (?:on|in|by) {_DAY}"
_COUNTED = (
    r"^(?:About|At least|More than|Nearly|Some|Almost|Over) [\w,.-]+ "
    rf"(?P<it>[a-z]+ (?:were|have|had|will) [^,.;:]*?)(?= (?:after|when|as|on {_DAY})|[,.;:])"
)
_DID = rf"\b(?P<it>{_NAME}) (?:resigned|stepped down|quit|became|won|was (?:named|elected|sworn))\b"
_THING = rf"\bthe (?P<it>{_NAME})(?=[,.]| (?:on|in|at|was|were|has|have|had|after|from)\b)"
# What a headline or a first sentence says, and the question that it answers.
_OF_HEADLINES = ((_TO_COME, "When {be} {it} to {do}?"),)
_OF_LEADS = (
    (_COUNTED, "How many {it}?"),
    (_DID, "Who is {it}?"),
    (_THING, "What has been reported about the {it}?"),
)


def examples(desk: Assistant, most: int = 4) -> list[str]:
    """At most so many questions that the archive answers, from its newest articles."""
    return _made(desk, tuple(desk.archive.articles(limit=_NEWEST)), most)


@lru_cache(maxsize=1)  # until there are newer articles
def _made(desk: Assistant, newest: Sequence[Article], most: int) -> list[str]:
    made: dict[str, str] = {}
    for article in newest:
        for kind, question in _questions(article):
            if len(made) == most:
                return list(made)
            fresh = question not in made and Counter(made.values())[kind] < _OF_A_KIND
            if fresh and not desk.ask(question, llm=chain.EXTRACTIVE).abstained:
                made[question] = kind
    return list(made)


def _questions(article: Article) -> Iterator[tuple[str, str]]:
    """The questions that an article's headline and first sentence answer, each after its kind."""
    first = next(iter(sentences(article.body)), (0, 0))
    headline = "" if article.title_made else article.title
    for text, kinds in ((headline, _OF_HEADLINES), (article.body[slice(*first)], _OF_LEADS)):
        for pattern, question in kinds:
            if found := re.search(pattern, text.strip()):
                be = "are" if found["it"].endswith("s") else "is"
                yield question, question.format(be=be, **found.groupdict())
