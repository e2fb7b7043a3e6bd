"""What in a sentence could be the answer: names, numbers, days and plain nouns, and how they fit.

How near a candidate is to what is asked for ("Spirit Airlines" to "airline") the embedder tells,
so that no list of airlines is needed; a kind is rarer than its class ("walnuts" than "food").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.asked import Asked
from assistant.verify.lexicon import polar, same
from index.embed import Embedder
from index.rank import Rarity
from index.text import STOPWORDS, WORD, stems

# People and places that could be anyone's and anywhere: what a bare "who" and "where" ask for.
_EXAMPLES = {
    "person": (
        "John Smith", "Maria Garcia", "Wei Chen", "Ahmed Hassan", "Olga Petrova", "Emily Johnson",
        "Pierre Dubois", "Kenji Tanaka",
    ),
    "place": (
        "Paris", "Texas", "Nigeria", "Chicago", "the Netherlands", "Osaka", "Manchester", "Peru",
    ),
}  # fmt: skip
_CAPITAL = r"[A-Z][\w’'&-]*(?:\.(?=\s+[A-Z]))?"
_NAME = re.compile(rf"{_CAPITAL}(?:\s+(?:(?:of|the|de|and|for|van|bin|al)\s+){{0,2}}{_CAPITAL})*")
_SMALL_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    "|hundreds?|thousands?|dozens?|half|third|quarter|once|twice|none"
)
_NUMBER = re.compile(
    rf"(?:[$€£]\s?)?\d[\d,.]*(?:\s?%|\s+(?:percent|per cent|million|billion|trillion))?"
    rf"|\b(?:{_SMALL_NUMBERS})\b",
    re.I,
)
# How well a number must count what is asked for, to be the one.
COUNTS = 0.8
_MONEY = frozenset({"dollar", "crown", "euro", "pound", "yen", "cent"})
_ANYBODY = frozenset(stems("people person persons"))
_PEOPLE = frozenset(
    stems(
        "people person persons men women children girls boys adults civilians residents citizens"
        " passengers patients victims migrants refugees soldiers officers workers employees"
        " students pupils teachers protesters demonstrators suspects hostages prisoners survivors"
        " tourists villagers firefighters sailors miners fans"
    )
)
_PERIODS = frozenset({"second", "hour", "minut", "day", "week", "month", "year", "decad"})
_PERIOD = re.compile(r"[- ](?:second|minute|hour|day|week|month|year|decade)s?\b")
_SHARES = re.compile(r"\bpercent|\bper cent|\bproportion|(?<!per )\bshare\b|\brate\b", re.I)
_SUMS = re.compile(r"\bhow much\b|\bprice\b|\bcost\b|\bworth\b|\bsalary\b|\bfined?\b|\bpay\b", re.I)
_AGES = re.compile(r"\bhow old\b|\bage\b", re.I)
_LENGTHS = re.compile(r"\bhow (?:long|soon)\b", re.I)
# "The toll … was put at", before a number.
_TOTAL = re.compile(
    r"\b(?:number|toll|total|count|tally)\b.*\b(?:to|at|is|was|now|stands|stood) \Z", re.I | re.S
)
# What a number stands before, where that is what it counts.
_THINGS = re.compile(r" [a-z]{3,}s\b")
# "won by 14" says how far apart, not how many.
_APART = re.compile(r"\bby \Z")
_HOW_FAR = re.compile(r"\bby (?:how|what)\b|\bmargin\b|\bmajority\b", re.I)
_YEARS_OLD = re.compile(r"[- ]years?[- ]old|,")
# Deviations from the mean beyond which a candidate's fit tells nothing more.
_LEAST, _MOST = -1.0, 2.5


def names(sentence: str, known: frozenset[str], asked: frozenset[str]) -> list[str]:
    """The names in a sentence that the question does not say itself.

    Args:
        sentence: the text.
        known: words that are written small somewhere near: at a sentence's start they are no name.
        asked: the question's stems.
    """
    found = []
    for match in _NAME.finditer(sentence):
        words = re.sub(r"[’']s?\Z", "", match[0]).split()
        first = not WORD.search(sentence[: match.start()])
        while words and (words[0].lower() in STOPWORDS or (first and words[0].lower() in known)):
            words, first = words[1:], False
        if words and not asked.issuperset(stems(" ".join(words))):
            found.append(" ".join(words))
    return found


def nouns(sentence: str, asked: frozenset[str]) -> list[str]:
    """The words written small that carry meaning and are not the question's own."""
    words = (re.sub(r"[’']s?\Z", "", match[0]) for match in WORD.finditer(sentence))
    return [
        word
        for word in words
        if len(word) > 2 and word.islower() and word not in STOPWORDS
        if asked.isdisjoint(stems(word))
    ]


def numbers(question: str, noun: str, sentence: str) -> Iterator[tuple[int, int, float]]:
    """Where a sentence's numbers stand, and how well each counts what is asked for, 0 to 1.

    Of one that says how long, its hours or days are a part.
    """
    how_long = bool(_LENGTHS.search(question))
    for number in _NUMBER.finditer(sentence):
        end = number.start() + len(number[0].rstrip(" ,."))
        if how_long and (period := _PERIOD.match(sentence, end)):
            end = period.end()
        yield number.start(), end, _counts(question, noun, sentence, *number.span())


def number_fit(question: str, noun: str, sentence: str, asked: frozenset[str]) -> float:
    """How well the sentence's best new number counts or measures what is asked for, 0 to 1."""
    fits = (
        counts
        for start, end, counts in numbers(question, noun, sentence)
        if not asked.issuperset(stems(sentence[start:end]))
    )
    return max(fits, default=0.0)


def people(
    asked: Asked, sentence: str, known: frozenset[str], embedder: Embedder
) -> dict[str, float]:
    """How like a person's name each name in a sentence is, as a cosine."""
    found = list(dict.fromkeys(names(sentence, known, frozenset())))
    wanted = _wanted(asked, embedder)
    if wanted is None or not found:
        return {}
    return dict(zip(found, (embedder.embed(found) @ wanted).tolist(), strict=True))


def _counts(question: str, noun: str, sentence: str, start: int, end: int) -> float:
    number, rest = sentence[start:end].strip(" ,."), sentence[end : end + 40]
    after = stems(rest)[:4]
    money = number[0] in "$€£" or not _MONEY.isdisjoint(after[:1])
    share = re.search(r"%|percent|per cent", number, re.I) or after[:1] == ["percent"]
    share = bool(share) or after[:2] == ["per", "cent"]
    year = bool(re.fullmatch(r"(?:19|20)\d\d", number))
    if _SHARES.search(question):
        return float(share)
    if _SUMS.search(question):
        return 1.0 if money else 0.0 if share or year else 0.25
    if _AGES.search(question):
        aged = re.search(r"aged? \Z", sentence[max(0, start - 6) : start])
        return 1.0 if aged or _YEARS_OLD.match(rest) else 0.2
    if _LENGTHS.search(question):
        return 1.0 if not _PERIODS.isdisjoint(after[:1]) else 0.1
    period = not _PERIODS.isdisjoint(after[:1]) and _PERIODS.isdisjoint(stems(noun))
    if money or share or year or period:
        return 0.0
    if not noun:
        return 0.5
    named = set(stems(noun))
    if not (named if named.isdisjoint(_ANYBODY) else named | _PEOPLE).isdisjoint(after):
        return 1.0
    if _APART.search(sentence[:start]) and not _HOW_FAR.search(question):
        return 0.2
    # "the number of people who died rose to 13", "killing 13" of how many people died; but "38
    # sinks" are sinks
    before = stems(sentence[:start])
    said = {*(before if _TOTAL.search(sentence[:start]) else before[-4:]), *after[:2]}
    asked = {alike for stem in stems(question) if polar(stem) for alike in same(stem)}
    other = _THINGS.match(rest) and asked.isdisjoint(after[:1])
    return 0.8 if not other and not asked.isdisjoint(said) else 0.4


def nearness(words: float, passage: float, similarity: float, recency: float) -> float:
    """How near what a sentence tells is to what is asked, 0 to 1.

    Args:
        words: the share of the question's telling words that the sentence has.
        passage: the share that its passage and title have.
        similarity: of the passage to the question.
        recency: of its article.
    """
    return (0.7 * words + 0.3 * passage) * (0.3 + 0.7 * similarity) * (0.4 + 0.6 * recency)


def fit(
    asked: Asked, candidates: Sequence[Iterable[str]], embedder: Embedder, rarity: Rarity
) -> list[float]:
    """How well each sentence's best candidate is of the kind that is asked for.

    In deviations from the mean of all candidates, -1 to 2.5; 0 throughout where the question does
    not say what it asks for.

    Args:
        asked: what is asked for.
        candidates: each sentence's names and nouns.
        embedder: compares meanings.
        rarity: how much a stemmed word tells.
    """
    apart = sorted({one for mine in candidates for one in mine if _may_be(asked.noun, one, rarity)})
    wanted = _wanted(asked, embedder)
    if wanted is None or not apart:
        return [0.0 for _ in candidates]
    near = embedder.embed(apart) @ wanted
    spread = near.std() + 0.05
    fits = dict(zip(apart, (near - near.mean()) / spread, strict=True))
    return [
        float(np.clip(max((fits.get(one, _LEAST) for one in mine), default=_LEAST), _LEAST, _MOST))
        for mine in candidates
    ]


def _wanted(asked: Asked, embedder: Embedder) -> NDArray[np.float32] | None:
    """The meaning of what is asked for, as a vector; None where that cannot be told."""
    named: NDArray[np.float32] | None = embedder.embed([asked.noun])[0] if asked.noun else None
    if asked.kind == "place" and named is not None:
        return named
    if examples := _EXAMPLES.get(asked.kind):
        typical: NDArray[np.float32] = embedder.embed(examples).mean(axis=0)
        typical /= np.linalg.norm(typical)
        if named is not None:
            typical = (typical + named) / np.float32(2)
        return typical
    return None if asked.kind else named


def _may_be(noun: str, candidate: str, rarity: Rarity) -> bool:
    """Whether a candidate can be one of a kind: not the kind itself, or something about it."""
    head = stems(re.split(r"\sof\b", noun)[0])[-1:]
    own = stems(candidate)
    if head and head[0] in own[1:-1]:
        return False  # "National Hurricane Center" is no hurricane
    if not head or not candidate.islower():
        return True
    return max(map(rarity, own), default=0.0) > rarity(head[0])
