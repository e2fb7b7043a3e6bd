"""Turns, answers and articles as HTML: pure functions, and no way to forget the escaping.

`tag` escapes every string that is not `Html` already, so what comes from articles, language models
and users can only ever be text. All of it is one line without a blank one in it: the chat takes a
message for Markdown, and in Markdown a block of HTML lasts until a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape
from itertools import pairwise
from urllib.parse import urlsplit

from assistant.answer import Answer, Citation, Sentence, about
from assistant.chain import EXTRACTIVE
from assistant.page.conversation import Turn, counted
from index.archive import Holdings
from index.article import Article
from index.dates import in_words
from index.query import Query


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str | int) -> Html:
    """An HTML element; what is not `Html` is escaped.

    Args:
        name: the element's, and its classes, as in "p.note".
        children: text and elements.
        attributes: by name, `_` standing for `-`.
    """
    name, *classes = name.split(".")
    given = {"class": " ".join(classes), **attributes} if classes else attributes
    written = "".join(
        f' {key.replace("_", "-")}="{_escaped(str(value))}"' for key, value in given.items()
    )
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[str]) -> Html:
    """Text and elements one after the other."""
    return Html(
        "".join(child if isinstance(child, Html) else _escaped(child) for child in children)
    )


def _escaped(text: str) -> str:
    return escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


# The conversation


def messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """A conversation as the chat shows it."""
    return [
        {"role": role, "content": content}
        for number, turn in enumerate(turns)
        for role, content in (("user", asked(turn)), ("assistant", told(turn, number)))
    ]


def asked(turn: Turn) -> Html:
    """A question, and of which part of the archive it was asked."""
    limits = turn.query and scope(turn.query)
    return tag(
        "div.asked",
        tag("p.question", turn.question, dir="auto"),
        tag("p.scope", limits) if limits else "",
    )


def told(turn: Turn, number: int) -> Html:
    """What there is to say to a question: an answer, an abstention, an error, or how far it is."""
    if turn.error:
        return tag(
            "div.failed",
            tag("p.label", "No answer: something went wrong"),
            tag("p", turn.error),
        )
    if turn.answer is None:
        return _unfinished(turn)
    if turn.answer.abstained:
        return tag(
            "div.abstained",
            tag("p.label", "Not in the archive"),
            tag("p", turn.answer.note, dir="auto"),
            _foot(turn.answer),
        )
    return _answered(turn.answer, number)


def _unfinished(turn: Turn) -> Html:
    return tag(
        "div.unfinished",
        tag("p.said", turn.text, dir="auto") if turn.text else "",
        tag("p.doing", turn.doing)
        if turn.doing
        else tag("p.label", "Stopped. What stands here was not checked."),
    )


def _answered(answer: Answer, number: int) -> Html:
    known = {citation.n: citation for citation in answer.citations}
    said = [_sentence(one, known, number) for one in answer.sentences]
    return tag(
        "div.answer",
        tag("p.said", *(part for one in said for part in (one, " ")), dir="auto"),
        *(tag("p.warning", warning) for warning in answer.warnings),
        tag("ol.sources", *(_source(citation, number) for citation in answer.citations)),
        _foot(answer),
    )


def _sentence(sentence: Sentence, known: dict[int, Citation], number: int) -> Html:
    marks = [
        _opener("a.mark", number, n, str(n), tag("span.unseen", f" {about(known[n].article)}"))
        for n in sentence.citations
    ]
    doubt = (
        tag("span.doubt", f"{_VERDICT[sentence.support]} ({sentence.reason})")
        if sentence.support != "supported"
        else ""
    )
    words = tag("span.words", sentence.text)
    return tag(f"span.sentence.{sentence.support}", words, *marks, doubt)


_VERDICT = {"partly": "Partly supported", "unsupported": "Not supported"}


def _opener(kind: str, number: int, n: int, *children: str) -> Html:
    """A link that opens the article of a turn's nth citation."""
    return tag(kind, *children, href=f"#cited-{number}-{n}")


def _source(citation: Citation, number: int) -> Html:
    article = citation.article
    return tag(
        "li.source",
        tag(
            "p.origin",
            _opener("a.title", number, citation.n, article.title),
            *_between(" · ", [about(article), *article.authors, _original(article)]),
        ),
        tag("blockquote", " ".join(citation.quote.split()), dir="auto"),
        id=f"source-{number}-{citation.n}",
    )


def _original(article: Article) -> Html:
    """A link to where the article was published, if that is a place on the web."""
    try:
        address = urlsplit(article.url or "")
    except ValueError:  # it only looks like one
        return Html()
    if address.scheme not in ("http", "https") or not address.hostname:
        return Html()
    return tag(
        "a.original",
        f"{address.hostname} ↗",
        href=address.geturl(),
        target="_blank",
        rel="noopener noreferrer",
    )


def _foot(answer: Answer) -> Html:
    facts = f"{written_by(answer.model)} · {answer.timings.get('total', 0):.1f} s"
    return join(
        (
            tag("p.foot", tag("span", facts), tag("button.copy", "Copy", type="button")),
            tag("pre.copied", answer.to_markdown()),
        )
    )


# The article


def opened(article: Article, cited: Sequence[Citation] = (), chosen: int = 0) -> Html:
    """An article to read, its cited characters marked.

    Args:
        article: what to show.
        cited: what an answer cites, of other articles too.
        chosen: the number of the citation that is being looked at.
    """
    own = [citation for citation in cited if citation.article.id == article.id]
    made = "Published without a headline: this is its first sentence."
    return tag(
        "article",
        tag("p.bar", tag("span", about(article)), tag("button.close", "Close", type="button")),
        tag("h2", article.title, dir="auto", tabindex=-1),
        tag("p.note", made) if article.title_made else "",
        tag("p.note", *_between(" · ", [*article.authors, _original(article)])),
        tag("div.body", *_paragraphs(article.body, own, chosen)),
        tag("p.note", f"Contributed: {', '.join(article.credits)}") if article.credits else "",
    )


def _paragraphs(body: str, cited: Sequence[Citation], chosen: int) -> Iterator[Html]:
    for found in re.finditer(r"\S.*(?:\n.*\S.*)*", body):
        yield tag("p", *_marked(body, found.start(), found.end(), cited, chosen), dir="auto")


def _marked(
    body: str, start: int, end: int, cited: Sequence[Citation], chosen: int
) -> Iterator[str]:
    """A stretch of a body, cut where a citation begins or ends, the cited pieces marked."""
    edges = {edge for one in cited for edge in (one.start, one.end) if start < edge < end}
    for first, last in pairwise(sorted(edges | {start, end})):
        numbers = [one.n for one in cited if one.start <= first and last <= one.end]
        kind = "mark.chosen" if chosen in numbers else "mark"
        text = body[first:last]
        yield tag(kind, text, data_n=" ".join(map(str, numbers))) if numbers else text


def _between(separator: str, parts: Iterable[str]) -> list[str]:
    """The parts that say something, with the separator between them."""
    return [piece for part in parts if part for piece in (separator, part)][1:]


# What the page says of itself


def masthead(held: Holdings, model: str) -> Html:
    """The page's head: what the archive holds, and what answers."""
    facts = [
        counted(held.articles, "article"),
        counted(len([name for name in held.sources if name]), "outlet"),
        *([in_words(held.first, held.last)] if held.first and held.last else []),
    ]
    return tag(
        "header",
        tag("h1", "Dateline"),
        tag("p", " · ".join(facts), title=", ".join(filter(None, held.sources))),
        tag("p", f"Answers: {written_by(model)}"),
    )


def welcome(held: Holdings) -> Html:
    """What stands in an empty conversation."""
    if not held.articles:
        mend = ("Put articles in, then reload this page: ", tag("code", "dateline ingest PATH"))
        return tag("div.welcome", tag("h2", "The archive is empty"), tag("p", *mend))
    promise = "Every sentence of an answer is cited. Open a citation to read it where it stands."
    return tag("div.welcome", tag("h2", "Ask the archive"), tag("p", promise))


def written_by(model: str) -> str:
    """What writes the answers, in words."""
    return "the articles’ own words, no language model" if model == EXTRACTIVE else model


def scope(query: Query) -> str:
    """What a query was limited to, as in "Halyard Wire · from 3 May 2024"; "" if to nothing."""
    limits = list(query.sources)
    if query.since and query.until:
        limits.append(in_words(query.since, query.until))
    elif query.since:
        limits.append(f"from {in_words(query.since, query.since)}")
    elif query.until:
        limits.append(f"to {in_words(query.until, query.until)}")
    if query.as_of != date.today():
        limits.append(f"as of {in_words(query.as_of, query.as_of)}")
    return " · ".join(limits)
