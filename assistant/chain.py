"""A question in, an Answer out: understand, retrieve, write or read, cite.

The whole flow in one place. It is a generator of events, so that streaming, asking and awaiting are
one implementation: `Query` (the question as understood), `Found` (passages), `str` (a piece of the
answer's text), and at last the `Answer`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import prompts
from assistant import cite, conflict, followup, llm, output, reader
from assistant.answer import Answer, Citation, Found, Sentence, about
from assistant.judge import Judge
from assistant.orders import told, unseen, without_orders
from assistant.short import AT_LEAST, short_answer
from assistant.verify import verify
from index.archive import Archive
from index.article import Article, Passage
from index.dates import annotate, in_words
from index.embed import Embedder
from index.errors import LLMError
from index.language import language, language_name, question_language
from index.query import Query
from index.text import clip

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

Event = Query | Found | str | Answer

EXTRACTIVE = "extractive"
# What a language model is told to say when the passages do not hold the answer.
CANNOT_ANSWER = "NOT IN THE ARCHIVE"
# Passages found for an answer, and those a language model is given.
FOUND = 20
GIVEN = 8
# Characters by which a passage is at most widened on either side, to the end of a paragraph.
WIDENED = 600
# What in an article looks like the number of a passage.
_MARKS = re.compile(r"\s?[\[【]\d{1,3}[\]】]")
# A language model's tokens for each of the embedding model's, which are the ones that are counted.
_TOKENS = 1.25


def answer(
    query: Query,
    archive: Archive,
    writer: llm.Writer | None = None,
    *,
    asked: str = "",
    stop: llm.Stop | None = None,
) -> Iterator[Event]:
    """Answer a query from an archive.

    Args:
        query: the question, standing alone, and what it may see.
        archive: what is answered from.
        writer: the language model that writes, or None for the extractive reader.
        asked: the question as the user put it, where that is not `query.text`.
        stop: ends what the language model writes, from another thread.

    Raises:
        LLMError: the language model failed; what it wrote before is lost.
    """
    stop = stop or llm.Stop()
    clock = time.monotonic()
    yield query
    passages = _search(query, archive)
    searching = time.monotonic() - clock
    yield Found(passages, archive.holdings(query).articles)
    last: Answer | None = None
    for event in _written(query, passages, archive, writer, stop):
        if isinstance(event, Answer):
            last = event
        else:
            yield event
    if last is None or stop.stopped:
        return
    if last.abstained:
        last = replace(last, note=_nothing(query, passages, archive))
        yield last.note
    total = time.monotonic() - clock
    timings = {"search": searching, "answer": total - searching, "total": total}
    alone = query.text if asked and asked != query.text else ""
    yield replace(last, question=asked or query.text, standalone=alone, timings=timings)


def _search(query: Query, archive: Archive) -> list[Passage]:
    """The passages for a question; for several in one breath those of each in turn."""
    found = [
        archive.search(replace(query, text=part), FOUND) for part in followup.parts(query.text)
    ]
    in_turn = (one for some in zip_longest(*found) for one in some if one)
    return list({one.id: one for one in in_turn}.values())[:FOUND]


def _written(
    query: Query,
    passages: Sequence[Passage],
    archive: Archive,
    writer: llm.Writer | None,
    stop: llm.Stop,
) -> Iterator[str | Answer]:
    warnings: tuple[str, ...] = ()
    if writer and passages:
        try:
            yield from _write(query, passages, archive, writer, stop)
            return
        except LLMError as error:
            if not writer.fallback:
                raise
            warnings = (f"{error} Answered without it, in the articles' own sentences.",)
    result = read(query, passages, archive)
    if writer and not passages:  # nothing to write from: the model abstains unasked
        result = replace(result, model=writer.name)
    if not result.abstained:
        yield result.text
    yield replace(result, warnings=warnings + result.warnings)


def read(query: Query, passages: Sequence[Passage], archive: Archive) -> Answer:
    """Answer from passages in their own sentences; an abstention where none is good enough.

    Of several questions asked in one breath each is answered by its best sentence.
    """
    asked = followup.parts(query.text)
    found = [_found(replace(query, text=part), passages, archive) for part in asked]
    chosen, confidence = found[0]
    if len(asked) > 1:
        best = [(mine[0], sure) for mine, sure in found if mine]
        chosen = list({(one.article.id, one.start): one for one, _ in best}.values())
        confidence = min((sure for _, sure in best), default=0.0)
    citations = [Citation(n, one.article, one.start, one.end) for n, one in enumerate(chosen, 1)]
    sentences = [
        Sentence(annotate(" ".join(c.quote.split()), c.article.published), (c.n,))
        for c in citations
    ]
    short = ""
    if chosen and len(asked) == 1 and confidence >= AT_LEAST:
        written, small = chosen[0].article.published, reader.small_words(passages)
        short = short_answer(
            query.text, sentences[0].text, written or query.as_of, small, archive.embedder
        )
    missing = [part for part, (mine, _) in zip(asked, found, strict=True) if chosen and not mine]
    return Answer(
        question=query.text,
        sentences=tuple(sentences),
        citations=tuple(citations),
        short_answer=short,
        passages=tuple(passages),
        as_of=query.as_of,
        model=EXTRACTIVE,
        abstained=not chosen,
        confidence=confidence,
        warnings=(
            *(f"Nothing that was found answers “{part}”." for part in missing),
            *_in_time(query, citations, passages),
        ),
    )


def _found(
    query: Query, passages: Sequence[Passage], archive: Archive
) -> tuple[list[reader.Evidence], float]:
    """The sentences that answer one question, and how sure it is that they do."""
    if reader.unnamed(query.text, passages, archive.rarity):
        return [], 0.0
    evidence = reader.read(query, passages, archive.embedder, archive.rarity)
    return reader.choose(evidence), evidence[0].confidence if evidence else 0.0


def _write(
    query: Query,
    passages: Sequence[Passage],
    archive: Archive,
    writer: llm.Writer,
    stop: llm.Stop,
) -> Iterator[str | Answer]:
    given = _within(query, passages[:GIVEN], writer.context, archive.embedder)
    messages = render(query, given)
    rules = str(messages[0].content)
    links = {told for p in given for told in (p.article.url, p.article.source) if told}
    gate = output.Gate(links, rules)
    writing = llm.Writing(writer.llm, messages, writer.name, stop)
    text = held = ""
    for piece in writing:
        text += piece
        held += gate.push(piece)
        # An abstention is not shown as text: hold back while it may still become one.
        if held and not CANNOT_ANSWER.startswith(text.lstrip()[: len(CANNOT_ANSWER)]):
            yield held
            held = ""
    if stop.stopped:
        return
    held += gate.end()
    said = output.without_echoes(output.clean(text, links), rules)
    abstained = said.strip(' .\n*"').startswith(CANNOT_ANSWER) or not cite.split(said)
    ordered = [p.article for p in given if told(p) != p.text]
    if abstained and ordered:
        # The archive may well hold the answer: an article told the model to say otherwise.
        result = read(query, passages, archive)
        if not result.abstained:
            yield result.text
            yield replace(result, warnings=(*_told_of(ordered), *result.warnings))
            return
    if held and not abstained:
        yield held
    judge = Judge(*writer.judge, stop) if writer.judge else None
    cited = cite.resolve("" if abstained else said, given, query, judge or verify)
    yield Answer(
        question=query.text,
        sentences=cited.sentences,
        citations=cited.citations,
        passages=tuple(passages),
        as_of=query.as_of,
        model=writer.name,
        abstained=abstained,
        warnings=()
        if abstained
        else (
            *_warnings(cited, writing, judge),
            *_in_time(query, cited.citations, passages),
            *_told_of(ordered),
        ),
        prompt="\n\n".join(f"{message.role.value}:\n{message.content}" for message in messages),
        tokens=writing.tokens,
    )


def _warnings(cited: cite.Cited, writing: llm.Writing, judge: Judge | None) -> list[str]:
    """What the reader of a written answer should know."""
    warnings = [
        f"The model cited [{n}], which it was not given; the mark was dropped."
        for n in cited.unknown
    ]
    unsupported = sum(sentence.support == "unsupported" for sentence in cited.sentences)
    if unsupported:
        warnings.append(
            f"{unsupported} of {len(cited.sentences)} sentences are not said by what they cite."
        )
    if judge and judge.fault:
        warnings.append(judge.fault)
    if writing.cut_short:
        warnings.append(f"The answer was cut short after {llm.MOST_TOKENS} tokens.")
    return warnings


def _in_time(
    query: Query, citations: Sequence[Citation], passages: Sequence[Passage]
) -> Sequence[str]:
    """Who says otherwise and when, or as of when it is that a moving figure is given."""
    return conflict.notes(query.text, citations, passages) or conflict.as_of(query.text, citations)


def _told_of(articles: Sequence[Article]) -> list[str]:
    titles = dict.fromkeys(
        f"“{clip(article.title, 90)}” ({about(article)})" for article in articles
    )
    return [
        f"{title} gives orders to assistants; they were left out of what the model read."
        for title in titles
    ]


def render(query: Query, passages: Sequence[Passage]) -> list[ChatMessage]:
    """The messages a language model is sent: rules, numbered passages as data, the question."""
    from llama_index.core.base.llms.types import ChatMessage, MessageRole

    days = [passage.article.published for passage in passages if passage.article.published]
    numbered = "\n\n".join(
        f"[{n}] {_line(about(passage.article))}{conflict.standing(passage.article, days)}\n"
        f"Title: {_line(passage.article.title)}\n{_fenced(told(passage))}"
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


def _line(text: str) -> str:
    """A title or an outlet as data, on a line of its own."""
    return _fenced(" ".join(without_orders(text).split()))


def _fenced(text: str) -> str:
    """An article's text as data: nothing unseen, no marks, nothing that could end the passages."""
    text = _MARKS.sub("", unseen(text).replace("==", "= =").replace("<|", "< |"))
    return text.strip()


def _within(
    query: Query, passages: Sequence[Passage], context: int, embedder: Embedder
) -> list[Passage]:
    """As many of the best passages as a context of that many tokens has room for, at least one.

    With the room that is left they are widened to whole paragraphs, the best first.
    """

    def tokens(text: str) -> float:
        return len(embedder.token_starts(text)) * _TOKENS

    empty = "\n".join(str(message.content) for message in render(query, ()))
    room = context - llm.MOST_TOKENS - tokens(empty)
    kept: list[Passage] = []
    for passage in passages:
        room -= tokens(f"[99] {about(passage.article)}\n{passage.article.title}\n{passage.text}\n")
        if room < 0 and kept:
            break
        kept.append(passage)
    for place, passage in enumerate(kept):
        wide = passage.widened(WIDENED)
        more = tokens(wide.text) - tokens(passage.text)
        if 0 < more <= room and not any(_overlap(wide, one) for one in kept if one is not passage):
            kept[place] = wide
            room -= more
    return kept


def _overlap(one: Passage, other: Passage) -> bool:
    same = one.article.id == other.article.id
    return same and one.start < other.end and other.start < one.end


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
    if unknown := reader.unnamed(query.text, passages, archive.rarity):
        note += f" No article names {' or '.join(unknown)}."
    spoken, written = question_language(query.text), {language(p.article.body) for p in passages}
    if passages and spoken not in written:
        mine, theirs = language_name(spoken), " or ".join(sorted(map(language_name, written)))
        note += f" It seems to be asked in {mine}; ask in {theirs}, as the articles are."
    if passages:
        nearest = passages[0].article
        title = output.clean(clip(without_orders(nearest.title), 90))
        note += f" Nearest: “{title}” ({about(nearest)})."
    return note
