"""The article that is read beside an answer: as it was cited, or as the archive has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.answer import Citation
from assistant.desk import Assistant
from assistant.page.conversation import Turn
from assistant.page.html import Html, button, join, tag
from assistant.page.render import origin, original
from index.article import Article


def cited(desk: Assistant, turn: Turn, n: int) -> Html:
    """The article of a turn's nth citation, as it was when it was cited."""
    assert turn.answer
    chosen = next(citation for citation in turn.answer.citations if citation.n == n)
    now = desk.archive.article(chosen.article.id)
    note = ""
    if now is None:
        note = "This article is no longer in the archive; the quotation is kept."
    elif now.content_hash != chosen.article.content_hash:
        note = "The archive holds a newer version of this article. Here it stands as it was cited."
    copies = turn.copies.get(chosen.article.id, ())
    return opened(chosen.article, turn.answer.citations, n, note=note, copies=copies)


def read(desk: Assistant, key: str) -> Html:
    """An article of the archive, which may be deleted there."""
    article = desk.archive.article(key)
    if article is None:
        return gone()
    copies = desk.archive.copies_of(key)
    return opened(article, copies=copies, deletable=True)


def opened(
    article: Article,
    cited: Sequence[Citation] = (),
    chosen: int = 0,
    *,
    note: str = "",
    copies: Sequence[Article] = (),
    deletable: bool = False,
) -> Html:
    """An article to read, its cited characters marked.

    Args:
        article: what to show.
        cited: what an answer cites, of other articles too.
        chosen: the number of the citation that is being looked at.
        note: what should be known of it first.
        copies: the other articles that carry the same report.
        deletable: offer to delete it from the archive.
    """
    own = [citation for citation in cited if citation.article.id == article.id]
    made = "Published without a headline: this is its first sentence."
    carried = [
        tag(
            "li",
            button(".plain", "read", copy.title, id=copy.id),
            tag("span.note", " ", origin(copy)),
        )
        for copy in copies
    ]
    return tag(
        "article",
        tag(
            "p.bar", tag("span", origin(article)), tag("button.plain.close", "Close", type="button")
        ),
        tag("p.warning", note, role="status") if note else "",
        tag("h2", article.title, dir="auto", tabindex=-1),
        tag("p.note", made) if article.title_made else "",
        tag("p.note", join([*article.authors, original(article)], " · ")),
        tag("div.body", *_paragraphs(article.body, own, chosen)),
        tag("p.note", f"Contributed: {', '.join(article.credits)}") if article.credits else "",
        tag("p.note", "The same report in the archive:") if carried else "",
        tag("ul.copies", *carried) if carried else "",
        _delete(article) if deletable else "",
    )


def gone() -> Html:
    """What stands where an article was to be read that is not in the archive any more."""
    close = tag("button.plain.close", "Close", type="button")
    return tag(
        "article",
        tag("p.bar", tag("span", "Archive"), close),
        tag("h2", "This article is no longer in the archive", tabindex=-1),
    )


def _delete(article: Article) -> Html:
    warning = "It goes from the archive for good, and no answer will cite it any more."
    return tag(
        "details.delete",
        tag("summary", "Delete this article"),
        tag("p", warning),
        button(".danger", "delete", "Delete it", id=article.id),
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
