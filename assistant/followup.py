"""A follow-up made to stand alone: "and when did he resign?" after a question about a minister.

Where there is a language model it rewrites the question. Without one the names and days of the last
question are carried over, deterministically, where the question points back or goes on; a question
that names its own subject is a new topic, and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import prompts
from assistant import llm
from assistant.asked import ASKS, asked
from assistant.orders import is_order
from assistant.verify.clause import NAME, NO_NAMES
from index.dates import find_dates
from index.errors import LLMError
from index.text import WORD, clip, content_words, stems

History = Sequence[tuple[str, str]]
"""Earlier questions, each with the text of its answer, oldest first."""

# Turns a language model is shown, and characters of each answer.
_TURNS = 3
_SHOWN = 400

# Words that point back at something said before.
_POINTS_BACK = re.compile(
    r"\b(?:he|him|his|she|her|hers|they|them|their|theirs|it|its|those|these|this|there|then"
    r"|that(?!\s+(?:the|a|an|is|are|was|were|has|have|had|can|will|would|could)\b"
    r"|\s+(?-i:[A-Z]))|how (?:many|much)(?= (?:were|was|are|is|did|have|has|had|will)\b)"
    r"|afterwards?|meanwhile|the (?:same|other|others|former|latter|first one|second one|two))\b",
    re.I,
)
# What needs no name before it: "is there", "is it true", "the man that left".
_DUMMY = re.compile(
    r"\b(?:is|was|are|were|has|have) (?:it|there)\b(?= (?:true|a|an|any|no|likely|possible|\d))"
    r"|\bthere (?:is|are|was|were|will|ha[sd]|have)\b"
    r"|\bthis (?:week|month|year|morning|summer|autumn|winter|spring)\b",
    re.I,
)
# "When does the trial begin?", without a name: the trial that was spoken of.
_THE_THING = re.compile(r"\bthe [a-z]{3,}\b")
_GOES_ON = re.compile(
    r"\s*(?:and|but|so|or|then|also|what about|how about|what else|who else|anything else|why so"
    r"|why not|since when|how come|tell me more|go on|(?:by|for|in|at|on|to|from|with|until)"
    r" (?:how|what|which|whom|when))\b|\s*\w+(?:\s+\w+){0,2}\s*\?*\s*$",
    re.I,
)


# Where another question begins in the same breath: "… and how many died?", "… and did it sink?".
_ALSO = re.compile(
    r"(?:\?\s+(?:and\s+)?|,?\s+and\s+)(?="
    r"(?:(?:by|for|in|at|on|to|from|with|until)\s+)?(?P<word>how|when|where|why|whom?|what|which)\b"
    r"|(?:did|does|do)\b|(?:is|are|was|were|has|have|will)\s+(?:any\w*|he|she|it|they|there)\b)",
    re.I,
)
# "When and where did they meet?"
_BOTH = re.compile(r"\W*(when|where|why|how|who|what)\s+and\s+(when|where|why|how|what)\s+", re.I)
_CARRIED = re.compile(r"\s*\([^()]*\)\s*\Z")
# Questions that are told apart, and characters of what is no more than questions.
_MOST_PARTS, _BREATH = 3, 500


def parts(question: str, most: int = _MOST_PARTS) -> list[str]:
    """The questions that are asked in one breath, each so that it can be understood alone.

    "When did the ferry sink, and why?" is two: of the second it is told, in brackets, what the
    first is about. A question that asks one thing is the only part.

    Args:
        question: standing alone.
        most: how many parts at the most; the last one may then ask several things.
    """
    if most == 1 or len(question) > _BREATH:
        return [question]
    carried = _CARRIED.search(question)
    text = question[: carried.start()] if carried else question
    end = carried[0] if carried else ""
    if both := _BOTH.match(text):
        return [f"{word.capitalize()} {text[both.end() :]}{end}" for word in both.groups()]
    also = next((one for one in _ALSO.finditer(text) if _are_two(text[: one.start()], one)), None)
    if also is None:
        return [question]
    first, second = text[: also.start()].rstrip("?") + "?", text[also.end() :]
    known, telling = {*stems(second)}, set(content_words(first))
    about = [
        word[0]
        for word in WORD.finditer(first)
        if word[0].lower() in telling and known.isdisjoint(stems(word[0]))
    ]
    told = end or (f" ({' '.join(about)})" if about else "")
    return [f"{first}{end}", *parts(f"{second[:1].upper()}{second[1:]}{told}", most - 1)]


def _are_two(first: str, also: re.Match[str]) -> bool:
    """Whether what stands before is a question, and what comes after no second relative clause.

    What stands within quotation marks is nobody's question.
    """
    if first.count('"') % 2 or first.count("“") != first.count("”"):
        return False
    asking = [word[0].lower() for word in ASKS.finditer(first)]
    asks = asking or asked(first).kind == "yes-no"
    return bool(asks) and (also["word"] or "").lower() not in asking[1:]


def standalone(
    question: str,
    history: History,
    writer: llm.Writer | None = None,
    stop: llm.Stop | None = None,
) -> str:
    """The question so that it can be understood without what went before; unchanged if it can.

    Args:
        question: as the user put it.
        history: earlier (question, answer) texts, oldest first.
        writer: the language model that rewrites it; by default it is done without one.
        stop: ends what the language model writes, from another thread.
    """
    if not history or not depends(question):
        return question
    if writer:
        try:
            if alone := _rewritten(question, history, writer, stop or llm.Stop()):
                return alone
        except LLMError:  # the answer meets the same fault, and tells of it
            pass
    return _carried(question, history)


def depends(question: str) -> bool:
    """Whether a question points back or goes on, and so may need what went before.

    One that begins "And …" or "What about …" and then names a subject of its own at length does
    not: "What about the price of bread in Tolvane in May?" is a topic of its own.
    """
    named = _names(question)
    points = bool(_POINTS_BACK.search(_DUMMY.sub(" ", question)))
    if named:
        return points or (bool(_GOES_ON.match(question)) and len(content_words(question)) <= 3)
    short = len(content_words(question)) <= 5
    return points or bool(_GOES_ON.match(question)) or (short and bool(_THE_THING.search(question)))


def _carried(question: str, history: History) -> str:
    """The question with the names and days of the last one that had any, in brackets."""
    asked = set(stems(question))
    about: list[str] = []
    for before, _ in reversed(history):
        about = [name for name in _names(before) if asked.isdisjoint(stems(name))]
        about = about or [word for word in content_words(before) if asked.isdisjoint(stems(word))]
        about += _days(before) if not _days(question) else []
        if about and not (depends(before) and not _names(before)):
            break
    told = " ".join(dict.fromkeys(about))
    return f"{question.rstrip()} ({told})" if told else question


def _names(question: str) -> list[str]:
    """The names in a question; its first word is a capital whatever it is."""
    found = []
    for match in NAME.finditer(question):
        words = match[0].split()
        if match.start() == 0:
            words = words[1:]
        if words and not NO_NAMES.issuperset(stems(" ".join(words))):
            found.append(" ".join(words).removesuffix("'s").removesuffix("’s"))
    return found


def _days(question: str) -> list[str]:
    return [question[span.start : span.end] for span in find_dates(question, date.today())]


def _rewritten(question: str, history: History, writer: llm.Writer, stop: llm.Stop) -> str:
    """The question as a language model puts it, or "" where that is no question of one line."""
    from llama_index.core.base.llms.types import ChatMessage

    turns = "\n".join(
        f"Question: {clip(asked, _SHOWN)}\nAnswer: {clip(answer, _SHOWN)}"
        for asked, answer in history[-_TURNS:]
    )
    prompt = prompts.load("standalone").substitute(turns=turns, question=question)
    text = "".join(llm.Writing(writer.llm, [ChatMessage(content=prompt)], writer.name, stop))
    line = text.strip().removeprefix("Question:").strip(' "“”')
    usable = line and "\n" not in line and len(line) <= 2 * len(question) + 300
    return line if usable and not is_order(line) else ""
