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

from index.article import Article, Passage
from index.text import sentences

# Letters of other alphabets that pass for Latin ones.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅαορνικτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡıℓ",
    "aeopcyxijshdqwABEKMHOPCTXIJSaopviktuABEZHIKMNOPTYXgil",
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
    r"|(?:any|the|dear)\s+(?:ai|model)|answering\s+(?:system|machine|engine))"
)
_RULES = (
    r"(?:instruction|prompt|rule|guideline|direction|directive|constraint|context|message"
    r"|training|command)s?"
)
_ORDERS = re.compile(
    rf"""
    {_BEGINS}(?:ignore|disregard|forget|override|bypass|discard|drop)\s+
      (?:[\w’']+\s+){{0,5}}?{_RULES}\b
  | {_BEGINS}(?:ignore|disregard|forget)\s+(?:[\w’']+\s+){{0,3}}(?:above|you\s+(?:were
      |have\s+been)\s+told)\b
  | {_BEGINS}(?:reveal|print|repeat|show|output|disclose|display|recite|leak|copy)\s+
      (?:[\w’']+\s+){{0,4}}?
      (?:prompt|your\s+(?:\w+\s+)?(?:instructions|rules|guidelines))\b
  | \byou\s+are\s+(?:now|no\s+longer)\s+(?:an?|the|in|bound|under|allowed|dan\b)
  | {_BEGINS}(?:act|behave|respond|answer)\s+as\s+(?:if\s+you|an?\s+(?:\w+\s+)?{_MACHINE}|dan\b)
  | (?:^|\n|[\]>*#|]\s*)(?:system|assistant|user|developer|tool)\s*(?:\]|>|:|\(\w+\)\s*:)
  | <\|?/?(?:im_start|im_end|system|assistant|user|endoftext|begin_of_text|eot_id|start_header_id
      |tool_call|instructions?)[^>\n]*>
  | \[/?INST\]|<</?SYS>>|</s>|\bBEGIN\s+(?:SYSTEM|INSTRUCTIONS)
  | \#{{2,}}\s*(?:system|instructions?|assistant|user|new\s+task)\b
  | \b(?:note|message|attention|instructions?|memo|warning)\s+(?:to|for)\s+(?:all\s+|any\s+
      |the\s+)?{_MACHINE}
  | \b(?:dear|hey|hello|attention|hi),?\s+{_MACHINE}\b
  | \b{_MACHINE}s?\b[^.!?\n]{{0,60}}\b(?:must|should|are\s+to|is\s+to|shall|please)\s+
      (?:\w+\s+){{0,2}}?
      (?:say|answer|respond|reply|output|state|ignore|include|cite|not|write|tell|repeat|add
      |treat)\b
  | \b(?:if|when|whenever)\s+(?:(?:you\s+(?:are|’re|'re)\s+)?asked|the\s+(?:question|user)\b
      |anyone\s+asks)
      [^.!?\n,]{{0,80}},\s+(?:please\s+|always\s+|you\s+must\s+|only\s+)?(?:say|answer|respond
      |reply|output|state|write|tell)\b
  | \b(?:in|as|to|of|begin|end|start|with)?\s*your\s+(?:next\s+|final\s+|whole\s+)?(?:answer
      |reply|response|output|summary)
      \s*(?:must|should|shall|with|to|is|has\s+to|:|,)
  | {_BEGINS}(?:respond|reply|answer|output|write|print|say)\s+(?:only|exactly|with|verbatim
      |nothing\s+but|in\s+base64|the\s+following|that\s+the\s+answer)\b
  | {_BEGINS}(?:tell|output|print|include|add|write|put|quote|insert|give|state
      |mention)\b[^!?\n]{{0,80}}
      \b(?:in|into|to)\s+(?:your|the)\s+(?:answer|reply|response|output)\b
  | \bwhatever\s+(?:the\s+question|you\s+are\s+asked|(?:is|was)\s+asked)\b
  | \[\s*(?:system|assistant)\s*\]
  | \bthe\s+(?:correct|right|true|only|final)\s+answer\s+to\s+(?:any|every|all|this|the|that)\s+
      (?:\w+\s+)?questions?\b
  | \bthe\s+answer\s+is\s*:?\s*[“"'‘]?not\s+in\s+the\s+archive
  | {_BEGINS}(?:cite|credit|attribute|mark)\s+(?:[\w’']+\s+){{0,5}}?(?:as|with|to)?\s*[\[【]\d
  | {_BEGINS}(?:(?:do\s+not|don[’']t|never)\s+)?(?:mention|cite|use|trust|quote|follow|obey|read)\s+
      (?:[\w’']+\s+){{0,3}}?(?:passages?|sources|instructions|system\s+(?:prompt|message)|rules)\b
  | {_BEGINS}(?:translate|rewrite|summari[sz]e|decode|encode|execute|run|evaluate|call|invoke)\s+
      (?:[\w’']+\s+){{0,4}}?
      (?:prompt|instructions?|base64|tool|function|shell\s+command|this\s+passage
      |the\s+following\s+(?:code|command))\b
  | \bend\s+of\s+(?:the\s+)?(?:passages?|articles?|context|data|document)\b
  | \b(?:new|updated|real|actual|additional)\s+(?:task|instructions?|system\s+prompt|rules?)\s*:
  | \bsystem\s+(?:prompt|message|override|note)\b[^.!?\n]{{0,20}}[:=]
  | \b(?:developer|debug|admin|god|jailbreak)\s+mode\b[^.!?\n]{{0,30}}\b(?:on|enabled|activated
      |is)\b
  | !\[[^\]\n]*\]\s*\(|<\s*(?:img|script|iframe|svg|object|embed|form|style|meta|link|a\s+href
      |body\s+on|details\s+on)\b
  | \bjavascript\s*:|\bdata\s*:\s*text/html
  | ={{4,}}|＝{{3,}}
  | \bAnswer\s+only\s+from\b
  | \b(?:ignor|disregard|vergiss|vergesst|oubli|olvid|esque[cç]|dimentic)\w*\s+(?:\w+\s+){{0,4}}?
      (?:anweisung|instru|regeln|r[eè]gl|regras|vorgaben|consignes|directives|istruz|comandos)\w*
  | \bappend\s+(?:[\w’']+\s+){{0,6}}(?:answer|reply|response|url|link)\b
    """,
    re.I | re.X | re.M,
)
# One of these is in every order: looked for first, since most sentences have none.
_HINTS = (
    "ignor,disregard,forget,overrid,bypass,discard,drop,reveal,print,repeat,show,output,disclos"
    ",display,recite,leak,copy,you are,act as,behave,respond,answer,system,assistant,user,develop"
    ",tool,<,[,##,begin,to all,note,message,attention,memo,warning,dear,hey,hello,a.i.,model,llm"
    ",bot,gpt,summari,dateline,asked,whatever,reply,include,insert,write,cite,credit,attribute"
    ",mark,mention,trust,quote,follow,obey,translate,rewrite,decode,encode,execute,evaluate,call"
    ",invoke,end of,new task,prompt,instruction,rules,mode,javascript,data,====,＝＝＝,append"
    ",vergiss,vergesst,oubli,olvid,esque,dimentic"
).split(",")
_HINT_WORDS = re.compile(r"\b(?:ai|say|run)\b")
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
    hinted = any(hint in small for hint in _HINTS) or _HINT_WORDS.search(small)
    return bool(hinted and _ORDERS.search(text))


def unmasked(text: str) -> str:
    """A text without characters that are not seen, and with look-alikes as what they look like."""
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
