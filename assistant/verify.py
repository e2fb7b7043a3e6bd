"""Is a sentence said by what it cites? Deterministic: no model is asked.

Every number, date, name and quotation of the sentence must occur in the quotes it cites, and
enough of its words. Numbers are compared by value ("5 million" is "5,000,000"), dates by the days
they name, resolved from each article's own date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from assistant.answer import Support
from index.dates import find_dates
from index.text import content_words, stems

# Share of a sentence's telling words that its quotes must have; below the lower, it is not said.
MOSTLY, BARELY = 0.6, 0.35

_SCALES = {
    "hundred": 100, "thousand": 1e3, "million": 1e6, "mn": 1e6, "m": 1e6, "billion": 1e9,
    "bn": 1e9, "b": 1e9, "trillion": 1e12, "k": 1e3,
}  # fmt: skip
_SMALL = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
} | {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2
    )
}
_NUMBER = re.compile(
    rf"(?<![\w.])(?:(\d[\d,]*(?:\.\d+)?)|({'|'.join(_SMALL)})(?:-({'|'.join(_SMALL)}))?)"
    rf"(?:[\s-]*({'|'.join(_SCALES)}))?(?![\w])",
    re.I,
)
_NAME = re.compile(r"\b[A-Z][\w’'-]*(?:\s+(?:of\s+|the\s+|de\s+|van\s+|bin\s+)?[A-Z][\w’'-]*)*")
_QUOTED = re.compile(r"[“\"]([^”\"]{3,})[”\"]")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|neither|nor|without|den(?:y|ied|ies)|\w+n[’']t)\b", re.I
)

Source = tuple[str, date | None]
"""A quoted text, and the day it was written."""


def verify(
    sentence: str, sources: Sequence[Source], as_of: date | None = None
) -> tuple[Support, str]:
    """Judge whether the sources say a sentence.

    Args:
        sentence: of an answer, without citation marks.
        sources: what it cites: texts, each with the day it was written.
        as_of: the day the sentence was written on: what "yesterday" in it counts from.

    Returns:
        The verdict, and what the sources do not say ("" if supported).
    """
    if not sources:
        return "unsupported", "nothing is cited"
    text = "\n".join(source for source, _ in sources)
    if missing := _missing_facts(sentence, text, sources, as_of):
        return "unsupported", f"not in what is cited: {', '.join(missing)}"
    told, said = set(stems(" ".join(content_words(sentence)))), set(stems(text))
    share = len(told & said) / len(told) if told else 1.0
    if share < BARELY:
        return "unsupported", "what is cited is about something else"
    if bool(_NEGATION.search(sentence)) and not _NEGATION.search(text):
        return "unsupported", "what is cited does not deny it"
    if share < MOSTLY:
        return "partly", "what is cited says only part of it"
    return "supported", ""


def _missing_facts(
    sentence: str, text: str, sources: Sequence[Source], as_of: date | None
) -> list[str]:
    missing = [
        f"“{match[1]}”"
        for match in _QUOTED.finditer(sentence)
        if _flat(match[1]) not in _flat(text)
    ]
    # A model may copy "on Friday" from an article: then it counts from the article's day.
    written = [as_of or date.today(), *(day for _, day in sources if day)]
    rest, days = _take_dates(sentence, written)
    known_days = [
        (span.first, span.last)
        for source, written_on in sources
        for span in find_dates(source, written_on or date.today())
    ] + [(written_on, written_on) for _, written_on in sources if written_on]
    missing += [
        words
        for words, meanings in days
        if not any(
            first <= known_last and known_first <= last
            for first, last in meanings
            for known_first, known_last in known_days
        )
    ]
    known = set(numbers(text))
    missing += [words for value, words in _numbers(rest) if value not in known]
    said = set(stems(text))
    for match in _NAME.finditer(rest):
        words = match[0]
        at_start = not rest[: match.start()].strip()
        unknown = [stem for stem in stems(words) if len(stem) > 1 and stem not in said]
        if at_start and " " not in words and unknown:
            continue  # a sentence's first word is capital whatever it is
        if unknown:
            missing.append(words)
    return missing


def numbers(text: str) -> list[float]:
    """The values of the numbers in a text: "5 million" and "5,000,000" are both 5000000.0."""
    return [value for value, _ in _numbers(text)]


def _numbers(text: str) -> list[tuple[float, str]]:
    found = []
    for match in _NUMBER.finditer(text):
        digits, word, unit, scale = match.groups()
        if digits:
            value = float(digits.replace(",", ""))
        else:
            value = _SMALL[word.lower()] + (_SMALL[unit.lower()] if unit else 0)
        found.append((round(value * _SCALES.get((scale or "").lower(), 1), 6), match[0]))
    return found


def _take_dates(
    sentence: str, written: Sequence[date]
) -> tuple[str, list[tuple[str, list[tuple[date, date]]]]]:
    """Cut the dates out of a sentence, so that their figures are not taken for numbers.

    Returns:
        The rest, and each date's words with the days they mean from each of the given days.
    """
    meanings: dict[tuple[int, int], list[tuple[date, date]]] = {}
    for day in written:
        for span in find_dates(sentence, day):
            meanings.setdefault((span.start, span.end), []).append((span.first, span.last))
    rest = sentence
    for start, end in sorted(meanings, reverse=True):
        rest = rest[:start] + " " + rest[end:]
    return rest, [(sentence[start:end], days) for (start, end), days in meanings.items()]


def _flat(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower()).split())
