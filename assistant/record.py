"""Answers as plain data to keep, and back: articles may be edited or deleted meanwhile."""

from __future__ import annotations

from datetime import date
from typing import Any

from assistant.answer import Answer, Citation, Sentence
from index.article import Article, Passage
from index.articles import Articles

_DELETED = "What this answer was taken from was deleted from the archive."
_PARTLY_DELETED = (
    "What else this answer said was taken from articles since deleted from the archive."
)
_NOTHING = "Nothing in the archive answered this."


def plain(answer: Answer) -> dict[str, Any]:
    """An answer as `dateline ask --json` prints it, and what else the page shows of it."""
    kept = answer.to_dict()
    for sentence, written in zip(answer.sentences, kept["sentences"], strict=True):
        written["reason"] = sentence.reason
    passages = [
        {"article_id": p.article.id, "start": p.start, "end": p.end, "score": p.score}
        for p in answer.passages
    ]
    return kept | {"passages": passages, "tokens": answer.tokens}


def restore(kept: dict[str, Any], archive: Articles | None = None) -> Answer:
    """The answer that `plain` was given.

    A quotation whose article is not in the archive any more, or no longer says it, stands in an
    article of its own with nothing else in it, and a warning says so.

    Args:
        kept: what `plain` gave.
        archive: where the cited articles are; with None each has only what was quoted.
    """
    articles = {key: archive.article(key) if archive else None for key in articles_of(kept)}
    citations, lost = [], []
    for cited in kept["citations"]:
        found = articles[cited["article_id"]]
        start = _stands(cited, found)
        if found is None or start is None:
            found, start = _stand_in(cited), 0
            lost.append(cited["title"])
        citations.append(Citation(cited["n"], found, start, start + len(cited["quote"])))
    passages = [
        Passage(whole, p["start"], p["end"], p["score"])
        for p in kept["passages"]
        if (whole := articles[p["article_id"]]) and p["end"] <= len(whole.body)
    ]
    warnings = [
        f"“{title}” is no longer in the archive as it was cited; the quotation is kept."
        for title in dict.fromkeys(lost)
        if archive
    ]
    return Answer(
        question=kept["question"],
        sentences=tuple(
            Sentence(s["text"], tuple(s["citations"]), s["support"], s["reason"])
            for s in kept["sentences"]
        ),
        citations=tuple(citations),
        passages=tuple(passages),
        as_of=date.fromisoformat(kept["as_of"]),
        model=kept["model"],
        abstained=kept["abstained"],
        note=kept["answer"] if kept["abstained"] else "",
        warnings=(*kept["warnings"], *warnings),
        standalone=kept.get("standalone", ""),
        short_answer=kept.get("short_answer", ""),
        timings=kept["timings"],
        tokens=kept["tokens"],
    )


def articles_of(kept: dict[str, Any]) -> set[str]:
    """The ids of the articles that an answer cites or was read from."""
    return {one["article_id"] for one in (*kept["citations"], *kept["passages"])}


def without(deleted: set[str], kept: dict[str, Any]) -> dict[str, Any]:
    """What `plain` gave, without what it has from deleted articles, whose ids are given.

    Only sentences that cite nothing else stay, and a word on those that do not.
    """
    there = {c["n"] for c in kept["citations"] if c["article_id"] not in deleted}
    sentences = [
        s for s in kept["sentences"] if s["citations"] and there.issuperset(s["citations"])
    ]
    used = {n for sentence in sentences for n in sentence["citations"]}
    said = [Sentence(s["text"], tuple(s["citations"])).marked for s in sentences]
    instead = _DELETED if kept["sentences"] else _NOTHING
    return kept | {
        "answer": " ".join(said) or instead,
        "abstained": not sentences,
        "sentences": sentences,
        "citations": [cited for cited in kept["citations"] if cited["n"] in used],
        "passages": [one for one in kept["passages"] if one["article_id"] not in deleted],
        "warnings": [_PARTLY_DELETED] if sentences else [],
        "standalone": "",
        "short_answer": "",
    }


def _stands(cited: dict[str, Any], article: Article | None) -> int | None:
    """Where a quotation begins in an article, which may have been edited since; None if nowhere."""
    if article is None:
        return None
    if article.body[cited["start"] : cited["end"]] == cited["quote"]:
        return int(cited["start"])
    start = article.body.find(cited["quote"])
    return start if start >= 0 else None


def _stand_in(cited: dict[str, Any]) -> Article:
    article = Article(
        title=cited["title"],
        body=cited["quote"],
        source=cited["source"],
        published=date.fromisoformat(cited["published"]) if cited["published"] else None,
        url=cited["url"],
    )
    # An id is made from what is not all known here, and this is the article that it names.
    vars(article)["id"] = cited["article_id"]
    return article
