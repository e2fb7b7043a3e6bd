"""What is asked in an evaluation, what should come back, and what came back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path, PurePath

from assistant.answer import Answer
from index.article import Article, Passage

# Words from which a quote that stands elsewhere too is no coincidence but a copy of the report.
COPIED = 5


@dataclass(frozen=True)
class Evidence:
    """Where a right answer stands.

    A wire story that another outlet carries is the same evidence: an article that holds the quote
    verbatim counts as the one named, if the quote has at least five words.

    Attributes:
        article: the article's file name, URL or id, or its key within a file of many.
        quote: the words that say it, verbatim, or "" where only the article is known.
        grade: how relevant it is, as TREC grades it: 1 or more.
    """

    article: str
    quote: str = ""
    grade: int = 1

    def about(self, article: Article) -> bool:
        """Whether it names this article, or one that carries the same words."""
        return self.article in names(article) or (
            len(self.quote.split()) >= COPIED and self.span(article) is not None
        )

    def span(self, article: Article) -> tuple[int, int] | None:
        """Where the quote stands in an article's body, white space folded, or None."""
        found = _folded(self.quote).search(article.body) if self.quote else None
        return found.span() if found else None

    def within(self, article: Article, start: int, end: int) -> bool:
        """Whether a stretch of an article holds the evidence: at least half of its quote."""
        if not self.about(article):
            return False
        span = self.span(article)
        if span is None:
            return not self.quote
        return 2 * (min(end, span[1]) - max(start, span[0])) >= span[1] - span[0]


@dataclass(frozen=True)
class Sample:
    """One question with its gold answer.

    Attributes:
        id: unique in its dataset.
        question: as asked.
        answers: ways to write the right answer; none where only retrieval can be scored.
        parts: for an answer of several parts, the ways to write each; all must be given.
        evidence: where the answer stands.
        as_of: the day it is asked on.
        unanswerable: nothing in the archive answers it: abstaining is right.
        tags: what kind of question it is, the main one first.
        stale_answers: wrong answers that some article gives: true once, corrected, or planted.
        history: earlier (question, answer) turns of its dialogue.
        choices: for multiple choice, what to choose from.
        articles: what to answer from, where retrieval is not part of the test.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    as_of: date | None = None
    unanswerable: bool = False
    tags: tuple[str, ...] = ()
    stale_answers: tuple[str, ...] = ()
    history: tuple[tuple[str, str], ...] = ()
    choices: tuple[str, ...] = ()
    articles: tuple[Article, ...] = ()

    @property
    def wanted(self) -> tuple[tuple[str, ...], ...]:
        """What must be said: the ways to write each part, of which a simple answer has one."""
        return self.parts or ((self.answers,) if self.answers else ())

    @property
    def right_choices(self) -> frozenset[int]:
        """The indexes of the right choices."""
        right = {*self.answers, *(alias for part in self.parts for alias in part)}
        return frozenset(i for i, choice in enumerate(self.choices) if choice in right)


@dataclass(frozen=True)
class Dataset:
    """Questions, and the articles to ask them of.

    Attributes:
        samples: in the dataset's order.
        corpus: files and folders of articles to build an archive of; may be none.
    """

    samples: tuple[Sample, ...]
    corpus: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a system did with a sample: all that metrics look at. None is what was not asked for.

    Attributes:
        answer: to the question.
        ranking: the passages a search gives, best first.
        choice: indexes of the choices it picked; none if it would not pick.
    """

    answer: Answer | None = None
    ranking: tuple[Passage, ...] | None = None
    choice: tuple[int, ...] | None = None


def names(article: Article) -> frozenset[str]:
    """What evidence may call an article: id, URL, file name, or key within its file."""
    return _names(article.id, article.url, article.path)


@lru_cache(maxsize=2**16)
def _names(article_id: str, url: str | None, path: str | None) -> frozenset[str]:
    file, _, key = (path or "").partition("#")
    return frozenset(name for name in (article_id, url, PurePath(file).name, key) if name)


@lru_cache(maxsize=2**12)
def _folded(quote: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, quote.split())))


def reached(evidence: Evidence, passages: Iterable[Passage]) -> bool:
    """Whether one of the passages holds the evidence."""
    return any(evidence.within(p.article, p.start, p.end) for p in passages)
