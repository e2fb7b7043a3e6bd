"""When two texts say the same answer: three normalisations, each from where it is defined."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

_TO_SPACES = str.maketrans(string.punctuation, " " * len(string.punctuation))
_TO_NOTHING = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|\d+")
_PER_CENT = re.compile(r"\s?%|\bpercent\b")


def normalised(text: str) -> str:
    """Lower case, ASCII punctuation to spaces, white space folded: RealTimeQA's measures use it."""
    return " ".join(text.lower().translate(_TO_SPACES).split())


def squad(text: str) -> str:
    """SQuAD's own: lower case, no ASCII punctuation, no articles, white space folded.

    Source: Rajpurkar et al., "SQuAD", EMNLP 2016, and its evaluation script.
    """
    text = text.lower().translate(_TO_NOTHING)
    return " ".join(word for word in text.split() if word not in ("a", "an", "the"))


def plain(text: str) -> str:
    """The words in lower case, figures kept whole: "5" does not stand in "5.25".

    Per cent is one thing in all its spellings.
    """
    text = _PER_CENT.sub(" per cent", text.lower())
    return " ".join(word.replace(",", "") for word in _WORD.findall(text))


def stands(answer: str, text: str) -> bool:
    """Whether an answer stands in a text, as whole words; both normalised the same way."""
    return bool(answer) and f" {answer} " in f" {text} "


def share(parts: Iterable[Iterable[str]], text: str) -> float:
    """Of an answer's parts, the share that `plain` finds in a text, in any of their spellings.

    A bare yes or no must open the text: "no" stands in many sentences that do not say no.
    """
    text = plain(text)

    def told(alias: str) -> bool:
        if alias in ("yes", "no"):
            return text.split(" ", 1)[0] == alias
        return stands(alias, text)

    found = [any(told(plain(alias)) for alias in part) for part in parts]
    return sum(found) / len(found)
