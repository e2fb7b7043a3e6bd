"""What a question asks for: a person, a place, a time, a number, a reason, or some other thing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from index.text import IRREGULAR, STOPWORDS, WORD, stems

Kind = Literal["person", "place", "time", "number", "reason", "yes-no", ""]

_AUXILIARIES = (
    "is|are|was|were|be|been|has|have|had|do|does|did|can|could|will|would|may|might|must|shall"
    "|should"
)
ASKS = re.compile(r"\b(?:what|which|whose|who|whom|when|where|why|how)\b", re.I)
_ASKS_VERB = re.compile(rf"\s+(?:{_AUXILIARIES})\b", re.I)
_HOW = re.compile(r"\s+(\w+)")
_OPENS = re.compile(
    r"\W*(?:(?:in|at|on|by|for|to|from|of|with|under|since|until|about|against|after|before|and"
    r"|but|so|then|roughly|according\s+to\s[^,]+,)(?:\s+the)?)?\W*",
    re.I,
)
_CAUSE = re.compile(
    r"\s+(?:caused|led|prompted|triggered|sparked)\b|\s+(?:was|is)\s+the\s+(?:cause|reason)\b", re.I
)
# What stands between "what" and the noun that is asked for: "is the name of the", "kind of".
_LEADS = re.compile(
    r"\s*(?:(?:is|are|was|were|will\s+be)\s+)?(?:(?:the|a|an|its|his|her|their)\s+)?"
    r"(?:(?:name|kind|type|sort|term)s?\s+(?:of|for)\s+)*"
    r"(?:(?:the|these|those|a|an|following|other|of)\s+)*",
    re.I,
)
# "What is China urging?", "What was the minister accused of?": what is asked for is no China and no
# minister; but a city it is in "What is the name of the city that it lies in?".
_IS = re.compile(r"\s+(?:is|are|was|were)\s+(?!(?:the\s+)?(?:name|kind|type|sort|term)s?\s)", re.I)
_HANGS = re.compile(r"\s(?:about|against|at|by|for|from|in|into|of|on|to|with)\W*\Z")
_INFLECTED = re.compile(r"\w{2,}(?:ed|ly)")
_PAST = frozenset(IRREGULAR) | {"became", "now", "put"}
# A question with one of these asks for what is to come when it is told of.
_TO_COME = re.compile(r"\b(?:will|would|expected|due|scheduled|planned|going|set) ", re.I)
# Words an asked-for noun may have.
_MOST_WORDS = 5


def _stemmed(words: str) -> frozenset[str]:
    return frozenset(stems(words))


_NUMBERS = _stemmed(
    "percent percentage number share proportion rate amount score margin price cost fee fine sum "
    "salary pay total age size length height depth width weight population temperature speed "
    "distance turnout count value toll budget ratio majority increase rise raise"
)
_TIMES = _stemmed("day date month year time week decade century season hour")
_PLACES = _stemmed(
    "city country town village place state port nation island location continent region province "
    "county capital"
)
_PEOPLE = _stemmed(
    "person man woman player actor actress singer minister president leader athlete celebrity"
)


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        kind: what kind of thing, or "" where only the noun tells, if anything.
        noun: what it is called in the question: "airline" of "Which airline …?", or "".
    """

    kind: Kind
    noun: str = ""


def asked(question: str) -> Asked:
    """What a question asks for, told from its words; of several sentences the last one asks."""
    last = re.split(r"(?<=[.!?])\s+(?=[A-Z“\"'‘])", question.strip())[-1]
    for text in (last, question):
        if word := _asking(text):
            return _told(word[0].lower(), text[word.end() :])
    return Asked("yes-no" if re.match(rf"\W*(?:{_AUXILIARIES})\b", last, re.I) else "")


def to_come(question: str) -> bool:
    """Whether a question is of what is still to come: "When are they expected to meet?"."""
    return bool(_TO_COME.search(question))


def _asking(text: str) -> re.Match[str] | None:
    """The word that asks; not one that only joins: "the ferry that sank when …, who …"."""

    def weight(word: re.Match[str]) -> float:
        before, after = text[: word.start()], text[word.end() :]
        if _OPENS.fullmatch(before):
            return 3
        if before.rstrip().endswith(","):
            return 0.5
        if word[0].lower() in ("what", "which") or re.match(r"\s+(?:many|much|old)\b", after, re.I):
            return 2
        return 1.5 if _ASKS_VERB.match(after) else 0.2

    return max(ASKS.finditer(text), key=lambda word: (weight(word), -word.start()), default=None)


def _told(word: str, after: str) -> Asked:
    """What a question asks for, by the word that asks and what comes after it."""
    if word == "how":
        how = _HOW.match(after)
        if not how or _ASKS_VERB.match(after) or how[1].lower() == "come":
            return Asked("")
        counted = how[1].lower() in ("many", "much")
        return Asked("number", _noun(after[how.end() :]) if counted else "")
    simple: dict[str, Kind] = {
        "when": "time", "why": "reason", "where": "place", "who": "person", "whom": "person",
        "whose": "person",
    }  # fmt: skip
    if word in simple:
        return Asked(simple[word])
    noun = _noun(after, owned=word == "what")
    head = frozenset(stems(re.split(r"\sof\b", noun)[0])[-1:])
    if _CAUSE.match(after) or head & {"reason", "caus"}:
        return Asked("reason")
    kinds: dict[Kind, frozenset[str]] = {
        "number": _NUMBERS, "time": _TIMES, "place": _PLACES, "person": _PEOPLE,
    }  # fmt: skip
    kind: Kind = next((kind for kind, heads in kinds.items() if head & heads), "")
    hangs = kind not in ("number", "time") and _HANGS.search(after)
    if word == "what" and _IS.match(after) and (hangs or _is_name(noun)):
        return Asked("")
    return Asked(kind, noun)


def _is_name(noun: str) -> bool:
    return bool(noun) and all(word[0].isupper() for word in noun.split())


def _noun(after: str, *, owned: bool = False) -> str:
    """The noun at the start of some words, its verb left out.

    Args:
        after: the words after "which", "what" or "how many".
        owned: of "Corvessa's inflation rate" it is the rate, not Corvessa.
    """
    lead = _LEADS.match(after)
    noun: list[str] = []
    for word in re.findall(r"[\w’'&.-]+|[^\w\s]", after[lead.end() if lead else 0 :]):
        if not WORD.match(word) or (word.islower() and _ends_noun(word)):
            break
        if owned and word.endswith("ing") and word.islower() and _is_name(" ".join(noun)):
            break  # "China urging"
        owner = re.fullmatch(r"(.+)[’']s?", word)
        if owner and owned:
            noun = []
            continue
        noun.append(owner[1] if owner else word)
        if owner or len(noun) == _MOST_WORDS:
            break
    return " ".join(noun).removesuffix(" of")


def _ends_noun(word: str) -> bool:
    return (word in STOPWORDS and word != "of") or word in _PAST or bool(_INFLECTED.fullmatch(word))
