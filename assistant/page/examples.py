"""Questions to begin with, made from what an archive reported last, and sure to be answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from assistant.chain import EXTRACTIVE
from assistant.desk import Assistant
from index.article import Article
from index.text import sentences

# Articles looked at, newest first, and questions made of one kind.
_NEWEST = 60
_OF_A_KIND = 2
# Names tried where that is not enough.
_NAMES = 8

_DAY = (
    r"(?:\d|(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b)"
)
_WORD = r"[A-Z][a-z-]+"
_NAME = rf"{_WORD} {_WORD}"
_TO_COME = rf"^(?P<it>[A-Z][\w’' -]+?) to (?P<do>[a-z][\w’' -]*?) (?:on|in|by) {_DAY}"
_COUNTED = (
    r"^(?:About|At least|More than|Nearly|Some|Almost|Over) [\w,.-]+ "
    rf"(?P<it>[a-z]+ (?:were|have|had|will) [^,.;:]*?)(?= (?:after|when|as|on {_DAY})|[,.;:])"
)
_DID = rf"\b(?P<it>{_NAME}) (?:resigned|stepped down|quit|became|won|was (?:named|elected|sworn))\b"
# A name of several words within a sentence, all of it.
_NAMED = rf"(?<=[a-z,] )(?:the )?(?!{_DAY}){_WORD}(?: (?!{_DAY}){_WORD})+(?= [a-z]|[,.’'])"
# What a headline or a first sentence says, and the question that it answers.
_OF_HEADLINES = ((_TO_COME, "When {be} {it} to {do}?"),)
_OF_LEADS = (
    (_COUNTED, "How many {it}?"),
    (_DID, "Who is {it}?"),
)
_OF_NAMES = "What is the latest on {}?"


def examples(desk: Assistant, most: int = 4) -> list[str]:
    """At most so many questions that the archive answers, from its newest articles."""
    return _made(desk, tuple(desk.archive.articles(limit=_NEWEST)), most)


@lru_cache(maxsize=1)  # until there are newer articles
def _made(desk: Assistant, newest: Sequence[Article], most: int) -> list[str]:
    made: dict[str, str] = {}
    for kind, question in (
        *(of for article in newest for of in _questions(article)),
        *_of_names(newest),
    ):
        if len(made) == most:
            break
        enough = kind != _OF_NAMES and Counter(made.values())[kind] == _OF_A_KIND
        if question in made or enough:
            continue
        if not desk.ask(question, llm=EXTRACTIVE).abstained:
            made[question] = kind
    return list(made)


def _of_names(newest: Sequence[Article]) -> Iterator[tuple[str, str]]:
    """Questions of the names that most articles lead with, one that ends in the same word."""
    found = [name for article in newest for name in set(re.findall(_NAMED, _lead(article)))]
    # "the Supreme Court" where it is called so anywhere.
    names = {name.split()[-1]: name for name in sorted(found, key=lambda it: it[:4] == "the ")}
    for last, _ in Counter(name.split()[-1] for name in found).most_common(_NAMES):
        yield _OF_NAMES, _OF_NAMES.format(names[last])


def _lead(article: Article) -> str:
    return article.body[slice(*next(iter(sentences(article.body)), (0, 0)))].strip()


def _questions(article: Article) -> Iterator[tuple[str, str]]:
    """The questions that an article's headline and first sentence answer, each after its kind."""
    headline = "" if article.title_made else article.title.strip()
    for text, kinds in ((headline, _OF_HEADLINES), (_lead(article), _OF_LEADS)):
        for pattern, question in kinds:
            if found := re.search(pattern, text):
                be = "are" if found["it"].endswith("s") else "is"
                yield question, question.format(be=be, **found.groupdict())
