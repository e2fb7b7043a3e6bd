"""Is a sentence said by what it cites? Deterministic: no model is asked.

Every number, date, name and quotation of the sentence must occur in what it cites: numbers by value
and unit ("5 million" is "5,000,000"), dates by the days they name, resolved from each article's own
date. What is cited must not say otherwise (`contradiction`). At last enough of its words must be
there. Measured on hand-made pairs, true and subtly false: `tests/assistant/test_pairs.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from assistant.answer import Support
from assistant.verify.clause import NAME, STOPS, Clause, Days, Text, read
from assistant.verify.contradiction import DENIES, contradiction, spelt
from assistant.verify.lexicon import polar, same
from assistant.verify.quantity import quantities
from assistant.verify.roles import TITLES
from index.dates import find_dates
from index.text import stems

# Share of a sentence's telling words that its quotes must have; below the lower, it is not said.
MOSTLY, BARELY = 0.6, 0.35
# How far off a number may be that is given as "about" so much.
_ROUGHLY = 0.05

_QUOTED = re.compile(r"[“\"]([^”\"]{3,})[”\"]")
_ABOUT = re.compile(
    r"\b(?:about|around|some|roughly|nearly|almost|approximately|close to)\s*\Z", re.I
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SCORE = re.compile(r"(?<![\w.–-])(\d{1,2})[–-](\d{1,2})(?![\w–-]|\.\d)")
_RATE = re.compile(r"\w\s+\w+\s+(?:an?|per|each|every)\s+(day|week|month|year|hour|minute)\b")
_THING = re.compile(
    r"\ban?\s+(?:\w+\s)?([a-z]{3,})(?=[.,;:]?\s*\Z|[,;:]| (?:of|in|on|at|by|to|for|from|with)\b)"
)
_WHOSE = r"(?:the|an?|its|his|her|their)\s+([a-z][\w\s-]{2,40}?)"
_SPOKE = re.compile(
    rf",\s+{_WHOSE}\s+(?:said|says|warned|announced|added)\b"
    rf"|\baccording to\s+{_WHOSE}[.,]?\s*\Z"
)
# Who speaks for anybody: no other speaker than the one that is named.
_SPOKESMEN = frozenset(
    stems(
        """official authority spokesman spokeswoman spokesperson company firm report article source
        statement agency man woman club outlet paper newspaper"""
    )
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
    cited = [read(text, written) for text, written in sources if text.strip()]
    if not cited:
        return "unsupported", "nothing is cited"
    if any(_flat(sentence) == _flat(one.text) for text in cited for one in text.sentences):
        return "supported", ""
    rest, dates = _without_dates(sentence, [as_of or date.today(), *_written(cited)])
    missing = [
        *_quotations(sentence, cited),
        *(words for words, meant in dates if not _dated(words, meant, sentence, cited)),
        *_quantities(rest, cited),
        *_speakers(rest, cited),
        *_names(rest, cited),
    ]
    if missing:
        return "unsupported", f"not in what is cited: {', '.join(dict.fromkeys(missing))}"
    claim = read(rest, None)
    if otherwise := contradiction(claim, cited):
        return "unsupported", otherwise
    return _share(claim, cited)


def _share(claim: Text, cited: Sequence[Text]) -> tuple[Support, str]:
    """The verdict by how much of a claim is said at all."""
    whole = Clause(claim.text, claim.text)
    if not whole.telling and not whole.numbers:
        return "unsupported", "it says nothing that could be looked up"
    unsaid = {stem for stem in whole.telling if not _said(stem, cited)}
    share = 1 - len(unsaid) / max(len(whole.telling), 1)
    if share < BARELY:
        return "unsupported", "what is cited is about something else"
    if share < MOSTLY:
        return "partly", "what is cited says only part of it"
    things = {stem for match in _THING.finditer(claim.text) for stem in stems(match[1])} & unsaid
    # One word of a clause is not said, and it is one that matters: "killed", "welcomed".
    odd = [clause.telling & unsaid for clause in claim.clauses if not DENIES.search(clause.text)]
    things |= {stem for stems_ in odd if len(stems_) == 1 for stem in stems_ if polar(stem)}
    if things:
        return "partly", f"what is cited does not say “{spelt(frozenset(things), whole)}”"
    return "supported", ""


def _said(stem: str, cited: Sequence[Text]) -> bool:
    return any(not one.stems.isdisjoint(same(stem)) for one in cited)


def _written(cited: Sequence[Text]) -> list[date]:
    return [one.written for one in cited if one.written]


# What must occur


def _quotations(sentence: str, cited: Sequence[Text]) -> Iterator[str]:
    flat = "\n".join(f" {_flat(one.text)} " for one in cited)
    for match in _QUOTED.finditer(sentence):
        if f" {_flat(match[1])} " not in flat:
            yield f"“{match[1]}”"


def _flat(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower()).split())


def _quantities(rest: str, cited: Sequence[Text]) -> Iterator[str]:
    text = "\n".join(one.text for one in cited)
    known = [quantity for one in cited for quantity in one.numbers]
    for quantity in quantities(rest):
        words = rest[quantity.start : quantity.end]
        slack = _ROUGHLY if _ABOUT.search(rest[: quantity.start]) else 1e-6
        as_year = _YEAR.fullmatch(words) and words in text
        if words.lower() == "twice" or as_year:
            continue
        if not any(quantity.matches(other, slack) for other in known):
            yield words
    scores = set(_SCORE.findall(text))
    for score in _SCORE.findall(rest):
        if scores and score not in scores and score[::-1] not in scores:
            yield "–".join(score)
    rates = set(_RATE.findall(text))
    yield from (f"a {rate}" for rate in _RATE.findall(rest) if rates and rate not in rates)


def _speakers(rest: str, cited: Sequence[Text]) -> Iterator[str]:
    """Common nouns that something is attributed to: "the health ministry said"."""
    for match in _SPOKE.finditer(rest):
        speaker = match[1] or match[2]
        if not all(_said(stem, cited) for stem in {*stems(speaker)} - STOPS - _SPOKESMEN):
            yield speaker


def _names(rest: str, cited: Sequence[Text]) -> Iterator[str]:
    for match in NAME.finditer(rest):
        found = [stem for stem in stems(match[0]) if len(stem) > 1 and stem not in STOPS]
        unknown = [stem for stem in found if not _said(stem, cited)]
        if not rest[: match.start()].strip(" “\"'"):
            # A sentence's first word is a capital whatever it is: "Writer Ann Lee".
            alone = len(found) < 2 or (len(found) > 2 and found[1] not in TITLES)
            unknown = [stem for stem in unknown if not alone or stem != found[0]]
        if unknown or _titled_otherwise(found, cited):
            yield match[0]


def _titled_otherwise(name: Sequence[str], cited: Sequence[Text]) -> bool:
    """Whether who bears a name with a title has only other titles in the cited texts."""
    titles = TITLES.intersection(name[:-1])
    borne = [
        TITLES.intersection(stems(match[0]))
        for one in cited
        for match in NAME.finditer(one.text)
        if titles and stems(match[0])[-1:] == list(name[-1:])
    ]
    return any(borne) and all(titles.isdisjoint(one) for one in borne)


def _dated(words: str, meant: Sequence[Days], sentence: str, cited: Sequence[Text]) -> bool:
    """Whether a cited text names the days that a date means, or days within them."""
    claim = Clause(sentence, sentence)
    naming = [
        one.around(place)
        for one in cited
        for (known_first, known_last), place in one.days
        if any(first <= known_first and known_last <= last for first, last in meant)
    ]
    beside = [max(one.sentences, key=claim.shares) for one in cited]
    has_date = [
        bool(read(best.text, one.written).dates) for best, one in zip(beside, cited, strict=True)
    ]
    if naming:
        # Not when it is named for something else, and what is spoken of has a date of its own.
        return any(claim.common(one) for one in naming) or not any(has_date)
    if re.fullmatch(r"\d{4}(?:\D+\d{4})?", words):  # "2018 to 2021", in whatever words
        years = {year for one in cited for year in _YEAR.findall(one.text)}
        return set(_YEAR.findall(words)) <= years
    # The day of publication is the day of what is told without one.
    return any(
        first <= one.written <= last
        for one, dated in zip(cited, has_date, strict=True)
        if one.written and not dated
        for first, last in meant
    )


def _without_dates(
    sentence: str, written: Sequence[date]
) -> tuple[str, list[tuple[str, list[Days]]]]:
    """Cut the dates out of a sentence, so that their figures are not taken for numbers.

    A model may copy "on Friday" from an article: then it counts from the article's day.

    Returns:
        The rest, and each date's words with the days they mean from each of the given days.
    """
    meant: dict[tuple[int, int], list[Days]] = {}
    for day in written:
        for span in find_dates(sentence, day):
            meant.setdefault((span.start, span.end), []).append((span.first, span.last))
    rest = sentence
    for start, end in sorted(meant, reverse=True):
        rest = f"{rest[:start]} {rest[end:]}"
    return rest, [(sentence[start:end], days) for (start, end), days in meant.items()]


def numbers(text: str) -> list[float]:
    """The values of the numbers in a text: "5 million" and "5,000,000" are both 5000000.0."""
    return [quantity.value for quantity in quantities(text)]
