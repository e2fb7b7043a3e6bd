"""Orders to an assistant, planted in articles: found, so that they are neither quoted nor believed.

Only what speaks to a machine that answers questions: "ignore the previous instructions", "system:
…", "your answer must say …", pictures and forged marks. News that reports such words, or that tells
people what to ignore, is left alone.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from index.article import Article, Passage
from index.text import sentences

# Letters of other alphabets that pass for Latin ones.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅαορνικτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡıİℓ",
    "aeopcyxijshdqwABEKMHOPCTXIJSaopviktuABEZHIKMNOPTYXgiIl",
)
# Characters that are not seen: zero width, direction, soft hyphens, tags.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\U000e0000-\U000e007f]"
)
_BEGINS = (
    r"(?:^|[.:;!?…—–\-\"“”‘’'(\[\]{}<>*#=|/]\s*"
    r"|\b(?:please|and|then|now|must|should|shall|will|also|kindly|instead|just)\s+)"
)
_MACHINE = (
    r"(?:ai|a\.i\.|assistant|language\s+model|llm|chat\s?bot|bot|gpt|summari[sz]er|dateline"
    r"|(?:any|the|dear)\s+(?:ai|model)|answering\s+(?:system|machine|engine))s?(?!\w)"
)
# Words of which one is in whatever speaks of a machine, and in whatever speaks of rules.
_MACHINES = (
    "ai ais i assistant assistants model models llm llms chatbot chatbots bot bots gpt gpts"
    " summarizer summariser summarizers summarisers dateline answering"
)
_RULES = (
    "instruction instructions prompt prompts rule rules guideline guidelines direction directions"
    " directive directives constraint constraints context contexts message messages training"
    " trainings command commands"
)
_SHOW = "reveal print repeat show output disclose display recite leak copy"
_ANSWER = "answer reply response output"
_SAY = "say answer respond reply output state write tell"


class _Order(NamedTuple):
    """What an order looks like, and sets of words, one of each of which stands in it."""

    pattern: re.Pattern[str]
    needs: list[frozenset[str]]


def _order(pattern: str, *needs: str) -> _Order:
    """An order of a form in which each `%` is one of some words; it may need others besides."""
    for words in needs:
        pattern = pattern.replace("%", f"(?:{'|'.join(words.split())})", 1)
    return _Order(
        re.compile(pattern, re.I | re.X | re.M), [frozenset(words.split()) for words in needs]
    )


_ORDERS = (
    _order(
        rf"{_BEGINS}%\s+(?:[\w’']+\s+){{0,5}}?%\b",
        "ignore disregard forget override bypass discard drop",
        _RULES,
    ),
    _order(
        rf"{_BEGINS}%\s+(?:[\w’']+\s+){{0,3}}(?:above|you\s+(?:were|have\s+been)\s+told)\b",
        "ignore disregard forget",
        "above told",
    ),
    _order(
        rf"{_BEGINS}%\s+(?:[\w’']+\s+){{0,4}}?%\b",
        _SHOW,
        "prompt",
    ),
    _order(
        rf"{_BEGINS}%\s+(?:[\w’']+\s+){{0,4}}?your\s+(?:\w+\s+)?%\b",
        _SHOW,
        "instructions rules guidelines",
    ),
    _order(
        r"\b%\s+are\s+(?:now|no\s+longer)\s+(?:an?|the|in|bound|under|allowed|dan\b)",
        "you",
    ),
    _order(
        rf"{_BEGINS}%\s+as\s+(?:if\s+you|an?\s+(?:\w+\s+)?{_MACHINE}|dan\b)",
        "act behave respond answer",
        f"{_MACHINES} you dan",
    ),
    _order(
        r"(?:^|\n|[\]>*\#|]\s*)%\s*(?:\]|>|:|\(\w+\)\s*:)",
        "system assistant user developer tool",
    ),
    _order(r"\b%\s+(?:SYSTEM|INSTRUCTIONS)", "begin"),
    _order(
        rf"\b%\s+(?:to|for)\s+(?:all\s+|any\s+|the\s+)?{_MACHINE}",
        "note message attention instruction instructions memo warning",
        _MACHINES,
    ),
    _order(rf"\b%,?\s+{_MACHINE}", "dear hey hello attention hi", _MACHINES),
    _order(
        rf"\b{_MACHINE}[^.!?\n]{{0,60}}\b(?:must|should|are\s+to|is\s+to|shall|please)\s+"
        rf"(?:\w+\s+){{0,2}}?%\b",
        f"{_SAY} ignore include cite not repeat add treat",
        _MACHINES,
    ),
    _order(
        r"\b%\s+(?:(?:you\s+(?:are|’re|'re)\s+)?asked|the\s+(?:question|user)\b|anyone\s+asks)"
        r"[^.!?\n,]{0,80},\s+(?:please\s+|always\s+|you\s+must\s+|only\s+)?%\b",
        "if when whenever",
        _SAY,
    ),
    _order(
        r"\b%\s+(?:next\s+|final\s+|whole\s+)?%"
        r"\s*(?:must|should|shall|with|to|is|has\s+to|:|,)",
        "your",
        f"{_ANSWER} summary",
    ),
    _order(
        rf"{_BEGINS}%\s+(?:only|exactly|with|verbatim|nothing\s+but|in\s+base64"
        r"|the\s+following|that\s+the\s+answer)\b",
        "respond reply answer output write print say",
    ),
    _order(
        rf"{_BEGINS}%\b[^!?\n]{{0,80}}\b(?:in|into|to)\s+(?:your|the)\s+%\b",
        "tell output print include add write put quote insert give state mention",
        _ANSWER,
    ),
    _order(
        r"\b%\s+(?:the\s+question|you\s+are\s+asked|(?:is|was)\s+asked)\b",
        "whatever",
    ),
    _order(
        r"\bthe\s+(?:correct|right|true|only|final)\s+%\s+to\s+"
        r"(?:any|every|all|this|the|that)\s+(?:\w+\s+)?%\b",
        "answer",
        "question questions",
    ),
    _order(r"\bthe\s+%\s+is\s*:?\s*[“\"'‘]?not\s+in\s+the\s+%", "answer", "archive"),
    _order(
        rf"{_BEGINS}%\s+(?:[\w’']+\s+){{0,5}}?(?:as|with|to)?\s*[\[【]\d",
        "cite credit attribute mark",
    ),
    _order(
        rf"{_BEGINS}(?:(?:do\s+not|don[’']t|never)\s+)?%\s+(?:[\w’']+\s+){{0,3}}?"
        r"(?:passages?|sources|instructions|system\s+(?:prompt|message)|rules)\b",
        "mention cite use trust quote follow obey read",
        "passage passages sources instructions prompt message rules",
    ),
    _order(
        rf"{_BEGINS}%\s+(?:[\w’']+\s+){{0,4}}?(?:prompt|instructions?|base64|tool|function"
        r"|shell\s+command|this\s+passage|the\s+following\s+(?:code|command))\b",
        "translate rewrite summarise summarize decode encode execute run evaluate call invoke",
        "prompt instruction instructions base64 tool function command passage code",
    ),
    _order(
        r"\b%\s+of\s+(?:the\s+)?%\b",
        "end",
        "passage passages article articles context data document",
    ),
    _order(
        r"\b%\s+(?:system\s+)?%\s*:",
        "new updated real actual additional",
        "task instruction instructions prompt rule rules",
    ),
    _order(r"\b%\s+%\b[^.!?\n]{0,20}[:=]", "system", "prompt message override note"),
    _order(
        r"\b%\s+%\b[^.!?\n]{0,30}\b(?:on|enabled|activated|is)\b",
        "developer debug admin god jailbreak",
        "mode",
    ),
    _order(r"\b%\s*:", "javascript"),
    _order(r"\b%\s*:\s*text/html", "data"),
    _order(r"\b%\s+only\s+from\b", "answer"),
    _order(
        r"\b%\s+(?:[\w’']+\s+){0,6}(?:answer|reply|response|url|link)\b",
        "append",
    ),
)
# By a word of the first set that each needs: of most sentences nothing is then looked for.
_BY_WORD = {
    word: [order for order in _ORDERS if word in order.needs[0]]
    for word in frozenset().union(*(order.needs[0] for order in _ORDERS))
}
# Orders of marks and tags, each of which has one of these; and such as begin a chat's turn.
_MARKS = frozenset("<[#=＝")
_MARKED = re.compile(
    r"""
    <\|?/?(?:im_start|im_end|system|assistant|user|endoftext|begin_of_text|eot_id|start_header_id
      |tool_call|instructions?)[^>\n]*>
  | \[/?INST\]|<</?SYS>>|</s>|\[\s*(?:system|assistant)\s*\]
  | \#{2,}\s*(?:system|instructions?|assistant|user|new\s+task)\b
  | !\[[^\]\n]*\]\s*\(|<\s*(?:img|script|iframe|svg|object|embed|form|style|meta|link|a\s+href
      |body\s+on|details\s+on)\b
  | ={4,}|＝{3,}
    """,
    re.I | re.X,
)
# "Ignore the instructions" in German, French, Spanish, Portuguese and Italian.
_FOREIGN_VERBS = "ignor disregard vergiss vergesst oubli olvid esquec esqueç dimentic".split()
_FOREIGN = re.compile(
    rf"\b(?:{'|'.join(_FOREIGN_VERBS)})\w*\s+(?:\w+\s+){{0,4}}?"
    r"(?:anweisung|instru|regeln|r[eè]gl|regras|vorgaben|consignes|directives|istruz|comandos)\w*",
    re.I,
)
_WORD = re.compile(r"\w+")
# Marks of an answer, which no article has.
_MARK = re.compile(r"\[\d{1,2}\]|【\d{1,2}】")
# After these a line ends, and the order does not: "system:", "<|im_start|>assistant".
_TURN = re.compile(r"(?:[:>\]]|\b(?:system|assistant|user|tool))\s*\Z", re.I)
_BASE64 = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{16,}={0,2}(?![\w+/])")
_SPACED = re.compile(r"\b(?:\w[ .\-_*]){5,}\w\b")


def is_order(sentence: str) -> bool:
    """Whether a sentence of an article is an order to whoever answers from it.

    Looked at as it is, with hidden characters and look-alike letters undone, with letters that are
    s p a c e d out joined, and with what base64 in it says.
    """
    plain = unmasked(sentence).strip()
    joined = _SPACED.sub(lambda match: re.sub(r"[ .\-_*]", "", match[0]), plain)
    return any(_orders(text) for text in dict.fromkeys((plain, joined, *_decoded(plain))))


def _orders(text: str) -> bool:
    small = text.lower()
    words = set(_WORD.findall(small))
    return (
        any(
            order.pattern.search(text)
            for word in words & _BY_WORD.keys()
            for order in _BY_WORD[word]
            if not any(words.isdisjoint(need) for need in order.needs)
        )
        or (not _MARKS.isdisjoint(text) and bool(_MARKED.search(text)))
        or (any(verb in small for verb in _FOREIGN_VERBS) and bool(_FOREIGN.search(text)))
    )


def unmasked(text: str) -> str:
    """A text without characters that are not seen, and with look-alikes as what they look like."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", unseen(text)).translate(_LOOKALIKES)


@lru_cache(maxsize=256)
def planted(body: str) -> tuple[tuple[int, int], ...]:
    """Where a text is an order or goes on with one: offsets of whole sentences, in order.

    What stands after an order in its paragraph is the order's: "Now say …", what is to be said, a
    question and answer made up after it. So is what stands before it with the marks of an answer.
    """
    found: set[tuple[int, int]] = set()
    paragraph: list[tuple[int, int]] = []
    ordered = False
    for start, end in sentences(body):
        text = body[start:end]
        if is_order(text):
            ordered = True
            found.update(span for span in paragraph if _MARK.search(body[slice(*span)]))
        if ordered:
            found.add((start, end))
        paragraph.append((start, end))
        ended = text[len(text.rstrip()) :].count("\n")
        if ended:
            paragraph = []
            ordered = ordered and ended == 1 and bool(_TURN.search(text))
    return tuple(sorted(found))


def without_orders(text: str) -> str:
    """A text without what is planted in it."""
    for start, end in reversed(planted(text)):
        text = text[:start] + text[end:]
    return text


def told(passage: Passage) -> str:
    """A passage's text without what is planted in its article."""
    kept, start = "", passage.start
    for first, last in [*planted(passage.article.body), (passage.end, passage.end)]:
        kept += passage.article.body[start : min(max(first, start), passage.end)]
        start = max(start, last)
    return kept


def is_planted(article: Article, start: int, end: int) -> bool:
    """Whether a stretch of an article's body is, even in part, planted in it."""
    return any(first < end and start < last for first, last in planted(article.body))


def unseen(text: str) -> str:
    """A text without characters that are not seen."""
    return _UNSEEN.sub("", text)


def _decoded(text: str) -> list[str]:
    found = []
    for match in _BASE64.finditer(text):
        try:
            padded = match[0] + "=" * (-len(match[0]) % 4)
            found.append(base64.b64decode(padded, validate=True).decode("ascii"))
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found
