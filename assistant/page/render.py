"""Turns and answers as HTML, and the page's head: pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from assistant.answer import Answer, Citation, Sentence, about
from assistant.chain import EXTRACTIVE
from assistant.page import plots
from assistant.page.chips import chips
from assistant.page.conversation import Turn, counted
from assistant.page.html import Html, button, form, join, tag, unseen
from index.article import Article, Passage
from index.articles import Holdings
from index.dates import in_words
from index.text import clip

# The conversation


def messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """A conversation as the chat shows it."""
    return [
        {"role": role, "content": content}
        for number, turn in enumerate(turns)
        for role, content in (("user", asked(turn, number)), ("assistant", told(turn, number)))
    ]


def asked(turn: Turn, number: int) -> Html:
    """A question, and how it was understood."""
    return tag(
        "div.asked",
        tag("h2.question", turn.question, dir="auto"),
        chips(turn, number),
    )


def told(turn: Turn, number: int) -> Html:
    """What there is to say to a question: an answer, an abstention, an error, or how far it is."""
    if turn.error:
        said = (tag("p.label", "No answer: something went wrong"), tag("p", turn.error))
        return join((_unchecked(turn.text), tag("div.failed", *said), _again(number)))
    if turn.answer is None:
        return _unfinished(turn, number)
    if turn.answer.abstained:
        said = (
            tag("p.label", "Not in the archive"),
            tag("p", turn.answer.note, dir="auto"),
        )
        return tag(
            "div.replied",
            tag("div.abstained", *said),
            _foot(turn, turn.answer, number),
            _read(turn.answer),
        )
    return _answered(turn, turn.answer, number)


def _unfinished(turn: Turn, number: int) -> Html:
    if turn.doing:
        said = tag("p.said", turn.text, dir="auto") if turn.text else ""
        return tag("div.unfinished", said, tag("p.doing", f"{turn.doing}…"))
    stopped = _unchecked(turn.text) or tag("p.label", "Stopped before anything was written.")
    return join((stopped, _again(number)))


def _unchecked(text: str) -> Html:
    """What was written of an answer that did not come."""
    if not text:
        return Html()
    warning = tag("p.label", "Not finished. What stands here was not checked.")
    return tag("div.unfinished", tag("p.said", text, dir="auto"), warning)


def _answered(turn: Turn, answer: Answer, number: int) -> Html:
    known = {citation.n: citation for citation in answer.citations}
    said = [
        _sentence(one, known, number, "" if place else answer.short_answer)
        for place, one in enumerate(answer.sentences)
    ]
    before = (None, *(citation.article.id for citation in answer.citations))
    sources = (
        _source(citation, turn.copies.get(citation.article.id, ()), number, last)
        for citation, last in zip(answer.citations, before, strict=False)
    )
    return tag(
        "div.replied.answer",
        tag("p.said", *(part for one in said for part in (one, " ")), dir="auto"),
        *(tag("p.warning", warning) for warning in answer.warnings),
        _foot(turn, answer, number),
        tag("p.counted", _counted(answer.citations, turn.copies)) if answer.citations else "",
        plots.timeline(answer.citations, number),
        tag("ol.sources", *sources),
        _read(answer),
    )


def _sentence(
    sentence: Sentence, known: Mapping[int, Citation], number: int, short: str = ""
) -> Html:
    marks = [
        _opener(
            "a.mark", number, n, unseen("Citation "), str(n), unseen(f", {about(known[n].article)}")
        )
        for n in sentence.citations
    ]
    doubt = (
        tag("span.doubt", f"{_VERDICT[sentence.support]} ({sentence.reason})")
        if sentence.support != "supported"
        else ""
    )
    words = tag("span.words", *_with_strong(sentence.text, short))
    return tag(f"span.sentence.{sentence.support}", words, *marks, doubt)


def _with_strong(text: str, short: str) -> Iterator[str]:
    """A sentence with the words in it that answer set off."""
    match = re.search(rf"(?<!\w){re.escape(short)}(?!\w)", text) if short else None
    if match:
        yield from (text[: match.start()], tag("strong", match[0]), text[match.end() :])
    else:
        yield text


_VERDICT = {"partly": "Partly supported", "unsupported": "Not supported"}


def _opener(kind: str, number: int, n: int, *children: str) -> Html:
    """A link that opens the article of a turn's nth citation."""
    return tag(kind, *children, href=f"#cited-{number}-{n}")


def _counted(citations: Sequence[Citation], copies: Mapping[str, Sequence[Article]]) -> str:
    """How many articles and outlets are cited, and how many of the reports are their own."""
    articles = {citation.article.id: citation.article for citation in citations}
    outlets = {article.source for article in articles.values() if article.source}
    carried = {key: {key, *(copy.id for copy in copies.get(key, ()))} for key in articles}
    independent = len({min(ids) for ids in carried.values()})
    others = len(set().union(*carried.values()) - set(articles))
    parts = [counted(len(articles), "article")]
    if len(outlets) > 1:
        parts.append(counted(len(outlets), "outlet"))
    if independent < len(articles) or others:
        parts.append(counted(independent, "independent report"))
    if others:
        parts.append(f"{others:,} more {'copy' if others == 1 else 'copies'} in the archive")
    return " · ".join(parts)


def _source(citation: Citation, copies: Sequence[Article], number: int, before: str | None) -> Html:
    """What a citation cites; of the article that the one before it cites, only the quotation."""
    article = citation.article
    quote = " ".join(citation.quote.split())
    carried = ", ".join(dict.fromkeys(copy.source or "an outlet not named" for copy in copies))
    return tag(
        "li.source.same" if article.id == before else "li.source",
        tag(
            "p.origin",
            _opener("a.title", number, citation.n, tag("bdi", article.title)),
            join([origin(article), *article.authors, original(article)], " · "),
        ),
        tag("blockquote.quoted" if quote[:1] in _MARKS else "blockquote", quote, dir="auto"),
        tag("p.note", f"Also carried by {carried}") if carried else "",
        id=f"source-{number}-{citation.n}",
    )


# What begins with one needs no other around it.
_MARKS = tuple("\"“„«»‘'「『")


def origin(article: Article) -> Html:
    """An article's outlet and day, as `about` says them, whichever way the outlet is written."""
    outlet, _, day = about(article).rpartition(", ")
    return tag("bdi", tag("bdi", outlet), f", {day}", dir="ltr")


def original(article: Article) -> Html:
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


def _read(answer: Answer) -> Html:
    """What was read to answer, and how well each passage matched, for who wants to know."""
    if not answer.passages:
        return Html()
    cited = [(one.article.id, one.start) for one in answer.citations]
    return tag(
        "details.passages",
        tag("summary", f"{counted(len(answer.passages), 'passage')} read, with scores"),
        tag("p.note", f"How surely they answer: {answer.confidence:.2f} of 1")
        if answer.confidence is not None
        else "",
        tag("ol", *(_passage(passage, _cites(cited, passage)) for passage in answer.passages)),
    )


def _passage(passage: Passage, cited: bool) -> Html:
    article = passage.article
    scores = [
        f"score {passage.score:.3f}",
        "" if passage.similarity is None else f"cosine {passage.similarity:.2f}",
        "cited" if cited else "",
    ]
    return tag(
        "li",
        button(".plain", "read", article.title, id=article.id),
        tag("p.note", origin(article), ": ", tag("bdi", clip(passage.text, 140))),
        tag("p.note", join(scores, " · ")),
    )


def _cites(cited: Sequence[tuple[str, int]], passage: Passage) -> bool:
    return any(key == passage.article.id and passage.start <= at < passage.end for key, at in cited)


def _foot(turn: Turn, answer: Answer, number: int) -> Html:
    facts = f"{written_by(answer.model)} · {answer.timings.get('total', 0):.1f} s"
    copy = (
        tag("button.plain.copy", "Copy", type="button"),
        tag("pre.copied", answer.to_markdown()),
    )
    rate = [
        button(
            f".thumb.{kind}.chosen" if turn.thumb == thumb else f".thumb.{kind}",
            "rate",
            unseen(f"{label}{' (chosen)' if turn.thumb == thumb else ''}"),
            title=label,
            turn=number,
            thumb=0 if turn.thumb == thumb else thumb,
        )
        for thumb, kind, label in ((1, "up", "A good answer"), (-1, "down", "A poor answer"))
    ]
    comment = tag(
        "details.comment",
        tag("summary", "Comment"),
        form(
            "",
            "comment",
            tag(
                "label",
                unseen("Comment on this answer"),
                tag("input", name="comment", value=turn.comment, maxlength=2000),
            ),
            tag("button.plain", "Keep"),
            turn=number,
        ),
    )
    said = tag("p.note", f"Your comment: {turn.comment}", dir="auto") if turn.comment else ""
    kept = (*rate, comment) if turn.kept else ()
    return join((tag("div.foot", tag("span", facts), *copy, *_redo(number), *kept), said))


def _again(number: int) -> Html:
    return tag("div.foot", *_redo(number))


def _redo(number: int) -> tuple[Html, Html]:
    return (
        button(".plain", "retry", "Ask again", turn=number),
        button(".plain", "edit", "Edit", turn=number),
    )


# What the page says of itself


def masthead(held: Holdings, user: str = "") -> Html:
    """The page's head: what the archive holds, and who is logged in."""
    facts = [
        counted(held.articles, "article"),
        counted(len([name for name in held.sources if name]), "outlet"),
        *([in_words(held.first, held.last)] if held.first and held.last else []),
    ]
    outlets = [tag("option", value=name) for name in held.sources if name]
    return tag(
        "header",
        tag("h1", "Dateline"),
        tag("p.facts", " · ".join(facts)),
        _logged_in(user) if user else "",
        tag("button.plain.keys", "?", unseen(" Keys"), type="button", title="Keys"),
        tag("datalist", *outlets, id="outlets"),
        _keys(),
    )


def _logged_in(user: str) -> Html:
    out = tag("button.plain", "Log out")
    return tag("form.user", tag("span", user, title=user), out, method="post", action="logout")


def _keys() -> Html:
    rows = (
        tag("tr", tag("th", tag("kbd", key), scope="row"), tag("td", does)) for key, does in _KEYS
    )
    close = tag("form", tag("button.plain", "Close"), method="dialog")
    return tag("dialog", tag("h2", "Keys"), tag("table", tag("tbody", *rows)), close, id="keys")


_KEYS = (
    ("/", "Ask a question"),
    ("n", "Next citation"),
    ("p", "Previous citation"),
    ("Esc", "Close the quote or the article; stop the answer"),
    ("?", "These keys"),
)


def welcome(held: Holdings, setting: str = "") -> Html:
    """What stands in an empty conversation, with the setting that would choose a local model."""
    if not held.articles:
        mend = (
            button(".plain", "fill", "Add articles"),
            ", or use the command line: ",
            tag("code", "dateline ingest PATH"),
        )
        return tag("div.welcome", tag("h2", "The archive is empty"), tag("p", *mend))
    promise = "Every sentence of an answer is cited. Open a citation to read it where it stands."
    ollama = "Ollama runs here. To have it write the answers: "
    hint = (tag("p", ollama, tag("code", setting)),) if setting else ()
    return tag("div.welcome", tag("h2", "Ask the archive"), tag("p", promise), *hint)


def written_by(model: str) -> str:
    """What writes the answers, in words."""
    if model == EXTRACTIVE:
        return "The articles’ own words, no language model"
    address = urlsplit(model)
    host = address.netloc.rpartition("@")[2]
    return f"{address.fragment} at {host}" if address.fragment else model
