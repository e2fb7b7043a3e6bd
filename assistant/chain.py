"""A question in, an Answer out: understand, retrieve, write or read, cite.

The whole flow in one place. It is a generator of events, so that streaming, asking and awaiting are
one implementation: `Query` (the question as understood), `Found` (passages), `str` (a piece of the
answer's text), and at last the `Answer`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import prompts
from assistant import cite, llm, reader
from assistant.answer import Answer, Citation, Found, Sentence, about
from index.archive import Archive
from index.article import Passage
from index.dates import annotate, in_words
from index.query import Query
from index.text import clip

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

Event = Query | Found | str | Answer

EXTRACTIVE = "extractive"
# What a language model is told to say when the passages do not hold the answer.
CANNOT_ANSWER = "NOT IN THE ARCHIVE"
# Passages found for an answer, and those a language model is given.
FOUND = 20
GIVEN = 8
# Characters of a language model's context held back for instructions and its answer.
_RESERVED = 6000
_CHARACTERS_A_TOKEN = 3


def answer(
    query: Query,
    archive: Archive,
    model: LLM | None = None,
    name: str = EXTRACTIVE,
    asked: str = "",
) -> Iterator[Event]:
    """Answer a query from an archive.

    Args:
        query: the question, standing alone, and what it may see.
        archive: what is answered from.
        model: the language model that writes, or None for the extractive reader.
        name: what the answer says wrote it.
        asked: the question as the user put it, where that is not `query.text`.

    Raises:
        LLMError: the language model failed; what it wrote before is lost.
    """
    clock = time.monotonic()
    yield query
    passages = archive.search(query, FOUND)
    searching = time.monotonic() - clock
    yield Found(passages, archive.holdings(query).articles)
    last: Answer | None = None
    for event in _written(query, passages, archive, model, name):
        if isinstance(event, Answer):
            last = event
        else:
            yield event
    assert last is not None
    if last.abstained:
        last = replace(last, note=_nothing(query, passages, archive))
        yield last.note
    total = time.monotonic() - clock
    timings = {"search": searching, "answer": total - searching, "total": total}
    yield replace(last, question=asked or query.text, timings=timings)


def _written(
    query: Query, passages: Sequence[Passage], archive: Archive, model: LLM | None, name: str
) -> Iterator[str | Answer]:
    if model is None or not passages:
        result = read(query, passages, archive)
        if model is not None:
            result = replace(result, model=name)
        if not result.abstained:
            yield result.text
        yield result
        return
    yield from _write(query, passages, model, name)


def read(query: Query, passages: Sequence[Passage], archive: Archive) -> Answer:
    """Answer from passages in their own sentences; an abstention where none is good enough."""
    evidence = reader.read(query.text, passages, archive.embedder, archive.rarity)
    chosen = reader.choose(evidence)
    citations = [Citation(n, one.article, one.start, one.end) for n, one in enumerate(chosen, 1)]
    sentences = [
        Sentence(annotate(" ".join(c.quote.split()), c.article.published), (c.n,))
        for c in citations
    ]
    return Answer(
        question=query.text,
        sentences=tuple(sentences),
        citations=tuple(citations),
        passages=tuple(passages),
        as_of=query.as_of,
        model=EXTRACTIVE,
        abstained=not chosen,
    )


def _write(
    query: Query, passages: Sequence[Passage], model: LLM, name: str
) -> Iterator[str | Answer]:
    given = _within(passages[:GIVEN], model.metadata.context_window)
    messages = render(query, given)
    text = ""
    held = ""
    for piece in llm.stream(model, messages, name):
        text += piece
        held += piece
        # An abstention is not shown as text: hold back while it may still become one.
        if not CANNOT_ANSWER.startswith(text.lstrip()[: len(CANNOT_ANSWER)]):
            yield held
            held = ""
    cited = cite.resolve(text, given, query)
    warnings = [
        f"The model cited [{n}], which it was not given; the mark was dropped."
        for n in cited.unknown
    ]
    unsupported = sum(sentence.support == "unsupported" for sentence in cited.sentences)
    if unsupported:
        warnings.append(
            f"{unsupported} of {len(cited.sentences)} sentences are not said by what they cite."
        )
    abstained = text.strip(" .\n").startswith(CANNOT_ANSWER) or not cited.sentences
    if held and not abstained:
        yield held
    yield Answer(
        question=query.text,
        sentences=() if abstained else cited.sentences,
        citations=() if abstained else cited.citations,
        passages=tuple(passages),
        as_of=query.as_of,
        model=name,
        abstained=abstained,
        warnings=() if abstained else tuple(warnings),
        prompt="\n\n".join(f"{message.role.value}:\n{message.content}" for message in messages),
    )


def render(query: Query, passages: Sequence[Passage]) -> list[ChatMessage]:
    """The messages a language model is sent: rules, numbered passages as data, the question."""
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    numbered = "\n\n".join(
        f"[{n}] {about(passage.article)}\nTitle: {_fenced(passage.article.title)}\n"
        f"{_fenced(passage.text)}"
        for n, passage in enumerate(passages, 1)
    )
    rules = prompts.load("answer").substitute(
        as_of=in_words(query.as_of, query.as_of), cannot_answer=CANNOT_ANSWER
    )
    question = prompts.load("question").substitute(passages=numbered, question=query.text)
    return [
        ChatMessage(role=MessageRole.SYSTEM, content=rules),
        ChatMessage(role=MessageRole.USER, content=question),
    ]


def _fenced(text: str) -> str:
    """An article's text with nothing in it that could pass for the end of the passages."""
    return text.strip().replace("====", "= = =")


def _within(passages: Sequence[Passage], context: int) -> list[Passage]:
    """As many of the best passages as a context of that many tokens has room for, at least one."""
    room = context * _CHARACTERS_A_TOKEN - _RESERVED
    kept: list[Passage] = []
    for passage in passages:
        room -= len(passage.text) + len(passage.article.title)
        if room < 0 and kept:
            break
        kept.append(passage)
    return kept


def _nothing(query: Query, passages: Sequence[Passage], archive: Archive) -> str:
    """What is said instead of an answer: what was searched, and what came nearest."""
    seen = archive.holdings(query)
    if not seen.articles:
        held = archive.holdings()
        if not held.articles:
            return "The archive is empty: there is nothing to answer from yet."
        days = in_words(held.first, held.last) if held.first and held.last else "undated"
        return (
            f"None of the archive's {held.articles:,} articles ({days}) is in the part asked about."
        )
    days = f", {in_words(seen.first, seen.last)}" if seen.first and seen.last else ""
    outlets = f" from {', '.join(query.sources)}" if query.sources else ""
    comma = "," if days else ""
    articles = "1 article" if seen.articles == 1 else f"{seen.articles:,} articles"
    note = f"Nothing in {articles}{outlets}{days}{comma} answers this."
    if passages:
        nearest = passages[0].article
        note += f" Nearest: “{clip(nearest.title, 90)}” ({about(nearest)})."
    return note
