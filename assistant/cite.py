"""Marks in, citations out: what a model wrote, held to the passages it was given.

The parser forgives what models really write: `[1][2]`, `[1, 2]`, `【1】`, `(1)`, `[Source 1]`,
marks before the full stop. The resolver is strict: a number that was not given is dropped and
warned of, each citation is a verbatim sentence, and numbers run from 1 in reading order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.answer import Citation, Sentence
from assistant.judge import Verify
from assistant.orders import is_planted, told, without_orders
from assistant.verify import Source, verify
from index.article import Article, Passage
from index.query import Query
from index.text import content_words, sentences, stems

_LIST = r"(?:(?:source|passage|article|doc|document)s?\s*)?[#^]?\d{1,3}"
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
# "10 km²" is no mark: one follows a word of letters, or the stop.
_RAISED = re.compile(r"(?:(?<=[^\W\d_]{3})|(?<=[.!?”]))([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})(?=[\s.!?,;]|$)")
_MARK = re.compile(
    rf"\s*(?:\[\s*{_LIST}(?:\s*(?:,|;|and|&|–|-)\s*{_LIST})*\s*\]"
    rf"|【\s*{_LIST}(?:\s*[,;]\s*{_LIST})*[^】]{{0,20}}】"
    r"|\(\s*(?:source|passage)s?\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*\)"
    r"|\(\d{1,2}\)(?=\s*(?:[.!?,;]|$|[\[(])))",
    re.I,
)
_AFTER_STOP = re.compile(rf"([.!?…][”\"’)]*)((?:{_MARK.pattern})+)", re.I)


@dataclass(frozen=True)
class Cited:
    """What a text cites.

    Attributes:
        sentences: with their citations' numbers and verdicts.
        citations: numbered from 1 in reading order.
        unknown: numbers in the text that stand for no passage.
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    unknown: tuple[int, ...]


def resolve(text: str, passages: Sequence[Passage], query: Query, judge: Verify = verify) -> Cited:
    """Turn a model's text into sentences with verified citations.

    Args:
        text: as the model wrote it; its mark `[n]` stands for `passages[n - 1]`.
        passages: as they were numbered in the prompt.
        query: gives the day the text was written on.
        judge: judges each sentence by what it cites.
    """
    citations: dict[tuple[str, int, int], Citation] = {}
    unknown: list[int] = []
    resolved = []
    for sentence, marks in split(text):
        unknown += [mark for mark in marks if not 1 <= mark <= len(passages)]
        cited = []
        for mark in dict.fromkeys(mark for mark in marks if 1 <= mark <= len(passages)):
            passage = passages[mark - 1]
            start, end = best_quote(sentence, passage)
            key = (passage.article.id, start, end)
            if key not in citations:
                citations[key] = Citation(len(citations) + 1, passage.article, start, end)
            cited.append(citations[key])
        known = [passages[mark - 1] for mark in marks if 1 <= mark <= len(passages)]
        support, reason = judge(sentence, [_source(passage) for passage in known], query.as_of)
        numbers = tuple(dict.fromkeys(citation.n for citation in cited))
        resolved.append(Sentence(sentence, numbers, support, reason))
    return Cited(tuple(resolved), tuple(citations.values()), tuple(dict.fromkeys(unknown)))


def split(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """A text's sentences without their marks, each with the numbers of its marks in order."""
    # Marks after the full stop are taken in front of it, so that they stay with their sentence.
    text = _RAISED.sub(lambda m: f"[{m[1].translate(_SUPERSCRIPTS)}]", text.strip())
    text = _AFTER_STOP.sub(lambda m: m[2] + m[1], text)
    found = []
    for start, end in sentences(text):
        piece = text[start:end]
        marks = tuple(number for mark in _MARK.finditer(piece) for number in _numbers(mark[0]))
        words = " ".join(_MARK.sub("", piece).split())
        if any(character.isalnum() for character in words):
            found.append((words, marks))
        elif marks and found:  # marks that stand alone belong to the sentence before
            found[-1] = (found[-1][0], found[-1][1] + marks)
    return found


def _numbers(mark: str) -> list[int]:
    """The numbers of a mark, a range [2-4] with all that it spans."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*(\d+))?", mark.split("†")[0]):
        upto = int(last or first)
        found += range(int(first), upto + 1) if upto - int(first) < 20 else (int(first), upto)
    return found


def best_quote(sentence: str, passage: Passage) -> tuple[int, int]:
    """Where the passage's sentence that says most of a sentence stands in the article."""
    wanted = set(stems(" ".join(content_words(sentence))))

    def shared(one: tuple[int, int, list[str]]) -> tuple[float, int]:
        start, _, said = one
        return len(wanted & set(said)) / (len(wanted) + 0.1 * len(said) + 1), -start

    spans = [(passage.start + a, passage.start + b, said) for a, b, said in _said(passage.text)]
    clear = [one for one in spans if not is_planted(passage.article, *one[:2])]
    start, end, _ = max(clear or spans, key=shared)
    return trimmed(passage.article, start, end)


@lru_cache(maxsize=256)
def _said(text: str) -> list[tuple[int, int, list[str]]]:
    """The sentences of a text: where they start and end, and their stems."""
    return [(start, end, stems(text[start:end])) for start, end in sentences(text)]


def trimmed(article: Article, start: int, end: int) -> tuple[int, int]:
    """The offsets of a stretch of a body without white space at its ends."""
    text = article.body[start:end]
    start += len(text) - len(text.lstrip())
    return start, start + len(text.strip())


def _source(passage: Passage) -> Source:
    """What a passage says; its headline and outlet with it, but no order planted in them."""
    article = passage.article
    head = without_orders(f"{article.source}: {article.title}.\n\n")
    return head + told(passage), article.published
