"""What a question gets back: sentences, each with its citations and a verdict on their support."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from index.article import Article, Passage
from index.dates import in_words

Support = Literal["supported", "partly", "unsupported"]


@dataclass(frozen=True)
class Citation:
    """A verbatim quote from an article: `article.body[start:end] == quote`, always.

    Attributes:
        n: the number it goes by in the answer, from 1, in reading order.
        article: where it stands.
        start: the quote's first character, as an offset into the article's body.
        end: one past its last character.
    """

    n: int
    article: Article
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The quoted characters."""
        return self.article.body[self.start : self.end]

    def to_dict(self) -> dict[str, Any]:
        """The citation as `dateline ask --json` prints it."""
        return {
            "n": self.n,
            "article_id": self.article.id,
            "title": self.article.title,
            "source": self.article.source,
            "published": iso(self.article.published),
            "url": self.article.url,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer.

    Attributes:
        text: the sentence, without citation marks.
        citations: numbers of the citations that stand for it.
        support: whether they say it.
        reason: what they do not say, where the verdict is not "supported".
    """

    text: str
    citations: tuple[int, ...] = ()
    support: Support = "supported"
    reason: str = ""

    @property
    def marked(self) -> str:
        """The sentence with its citation marks, as in "The port reopened. [1][2]"."""
        marks = "".join(f"[{n}]" for n in self.citations)
        return f"{self.text} {marks}" if marks else self.text


@dataclass(frozen=True)
class Answer:
    """An answer, or an abstention: never an error.

    Attributes:
        question: as asked.
        standalone: a follow-up as it was understood, standing alone; "" where the question did.
        sentences: what is answered; for an abstention, none.
        citations: what the sentences cite, by number.
        passages: what was read to answer, best first.
        abstained: nothing in the archive answers the question; `note` says what was searched.
        note: what is said instead of an answer.
        short_answer: the words of the first sentence that answer, where the extractive reader is
            sure which do; else "".
        confidence: how surely the archive answers at all, 0 to 1, as the extractive reader judges;
            None where a language model wrote.
        warnings: what the reader of the answer should know.
        as_of: the day the question was asked on.
        model: what wrote the answer: "extractive", or the language model's name.
        prompt: what the language model was sent, "" without one.
        timings: seconds by stage.
        tokens: tokens by kind ("prompt", "completion"), where the model tells.
    """

    question: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    as_of: date
    model: str
    abstained: bool = False
    note: str = ""
    short_answer: str = ""
    confidence: float | None = None
    warnings: tuple[str, ...] = ()
    prompt: str = ""
    standalone: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole answer with citation marks, or the abstention's note."""
        return self.note if self.abstained else " ".join(s.marked for s in self.sentences)

    def to_dict(self) -> dict[str, Any]:
        """The answer as `dateline ask --json` prints it."""
        told = {
            "question": self.question,
            "answer": self.text,
            "abstained": self.abstained,
            "as_of": self.as_of.isoformat(),
            "model": self.model,
            "sentences": [
                {"text": s.text, "citations": list(s.citations), "support": s.support}
                for s in self.sentences
            ],
            "citations": [citation.to_dict() for citation in self.citations],
            "warnings": list(self.warnings),
            "timings": {stage: round(seconds, 4) for stage, seconds in self.timings.items()},
        }
        sometimes = {"standalone": self.standalone, "short_answer": self.short_answer}
        return told | {name: text for name, text in sometimes.items() if text}

    def to_markdown(self) -> str:
        """The answer with its sources below, for a notebook or a draft."""
        lines = [self.text, ""]
        for citation in self.citations:
            article = citation.article
            title, outlet, quote = map(_literal, (article.title, about(article), citation.quote))
            if article.url and article.url.startswith(("https://", "http://")):
                title = f"[{title}](<{article.url}>)"
            lines.append(f"{citation.n}. {title} — {outlet}: “{quote}”")
        lines += [f"*{warning}*" for warning in self.warnings]
        return "\n".join(lines).strip()


@dataclass(frozen=True)
class Found:
    """The event that passages were found.

    Attributes:
        passages: best first.
        searched: how many articles the question could have been answered from.
    """

    passages: Sequence[Passage]
    searched: int


def found(rank: int, passage: Passage) -> dict[str, Any]:
    """A searched passage as `dateline search --json` prints it; the first has rank 1.

    Where other articles carry the same report, `copies` names them.
    """
    article = passage.article
    copies = [
        {"article_id": copy.id, "source": copy.source, "url": copy.url} for copy in passage.copies
    ]
    return {
        "rank": rank,
        "score": round(passage.score, 6),
        "article_id": article.id,
        "title": article.title,
        "source": article.source,
        "published": iso(article.published),
        "url": article.url,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    } | ({"copies": copies} if copies else {})


def about(article: Article) -> str:
    """An article's outlet and day, as in "Halyard Wire, 27 October 2023"."""
    day = in_words(article.published, article.published) if article.published else "undated"
    return f"{article.source or 'outlet not given'}, {day}"


def _literal(text: str) -> str:
    """A text on one line in Markdown, none of it taken for markup."""
    return re.sub(r"([\\`*_\[\]<>!#|])", r"\\\1", " ".join(text.split()))


def iso(day: date | None) -> str | None:
    """A day as YYYY-MM-DD, or None."""
    return day.isoformat() if day else None
