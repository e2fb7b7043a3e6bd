"""A follow-up made to stand alone: "and when did he resign?" after a question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.text import content_words

History = Sequence[tuple[str, str]]
"""Earlier questions, each with the text of its answer, oldest first."""

# Words that point back at something said before.
_POINTS_BACK = re.compile(
    r"\b(?:he|him|his|she|her|hers|they|them|their|it|its|that|those|these|this|there|then"
    r"|the (?:same|other|others|former|latter))\b",
    re.I,
)
_GOES_ON = re.compile(
    r"\s*(?:and|but|so|what about|how about)\b|\s*\w+(?:\s+\w+){0,2}\?*\s*$", re.I
)
_NAME = re.compile(r"(?:[A-Z][\w’'-]*)(?:\s+(?:of |the )?[A-Z][\w’'-]*)*")


def standalone(question: str, history: History) -> str:
    """The question with the names of the last one added, where it points back; else unchanged."""
    if not history or not (_POINTS_BACK.search(question) or _GOES_ON.match(question)):
        return question
    before, _ = history[-1]
    before = standalone(before, history[:-1])
    asked = set(content_words(question))
    carried = [word for word in content_words(before) if word not in asked]
    names = [match[0] for match in _NAME.finditer(before) if match.start() > 0]
    about = " ".join(dict.fromkeys(names)) if names else " ".join(dict.fromkeys(carried))
    return f"{question.rstrip()} ({about})" if about else question
