"""Words and sentences: the few text functions that every stage shares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import sentencex
import tantivy

WORD = re.compile(r"\w+(?:[’'.,]\w+)*")
# The characters of Chinese and Japanese, for a pattern: these do not part their words, so
# that each character counts as one.
HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"

# sentencex knows most abbreviations; these it splits after, and news is full of them.
_NOT_AN_END = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Gov|Sen|Rep|Gen|Lt|Col|Sgt|Capt|Prof|Rev|Hon|St|Ft|Mt|No|vs?)\."
    r"|(?<![.\w])[A-Z]\."
    r"|[“\"‘(])\s*\Z"
)
_PARAGRAPH = re.compile(r"\S.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)
_CLOCK_END = re.compile(r"\b[ap]\.m\.\s*\Z")
_TIME_ZONE = re.compile(r"(?:E|C|M|P)[SD]?T\b|GMT|BST|UTC|CET|local\b")

STOPWORDS = frozenset(
    """a about above after again against all am an and any are aren't as at be because been before
    being below between both but by can can't cannot could couldn't did didn't do does doesn't doing
    don't down during each few for from further had hadn't has hasn't have haven't having he he'd
    he'll he's her here here's hers herself him himself his how how's i i'd i'll i'm i've if in into
    is isn't it it's its itself let's me more most mustn't my myself no nor not of off on once only
    or other ought our ours ourselves out over own s same shan't she she'd she'll she's should
    shouldn't so some such t than that that's the their theirs them themselves then there there's
    these they they'd they'll they're they've this those through to too under until up upon us very
    was wasn't we we'd we'll we're we've were weren't what what's when when's where where's which
    while who who's whom why why's will with won't would wouldn't you you'd you'll you're you've
    your yours yourself yourselves also may might must shall said say says tell told many much
    according""".split()
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence of a text starts and ends: offsets that tile the text exactly.

    White space after a sentence belongs to it. A blank line always ends a sentence. Boundaries
    are found by `sentencex` and mended where news style misleads it ("Dr. Ash", "5 p.m. ET").
    """
    if not text:
        return []
    starts = [0]
    for paragraph in _PARAGRAPH.finditer(text):
        first = end = paragraph.start()
        for piece in sentencex.segment("en", paragraph.group()):
            # Looked for, not counted on: in a long text sentencex drops white space at times.
            begin = text.find(piece, end, paragraph.end())
            if begin < 0 or not piece.strip():
                continue
            end = begin + len(piece)
            if begin > first and _goes_on(text, starts[-1], begin):
                continue
            if text[starts[-1] : begin].strip():
                starts.append(begin)
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _goes_on(text: str, start: int, cut: int) -> bool:
    """Whether what was cut into two sentences at `cut` is one."""
    head = text[max(start, cut - 40) : cut]
    if _CLOCK_END.search(head):
        return bool(_TIME_ZONE.match(text, cut))
    return bool(_NOT_AN_END.search(head))


def words(text: str) -> Iterator[str]:
    """The words of a text in lower case, a possessive 's dropped, figures kept whole (1,500)."""
    for match in WORD.finditer(text.lower()):
        yield re.sub(r"[’']s?\Z", "", match.group())


def content_words(text: str) -> list[str]:
    """The words of a text that carry meaning: no articles, pronouns or question words."""
    return [word for word in words(text) if word.replace("’", "'") not in STOPWORDS]


def unaccented(text: str) -> str:
    """A text without its letters' accents: "Copa América" as "Copa America"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def clip(text: str, limit: int) -> str:
    """A text cut to a number of characters, at a word, with an ellipsis where anything is lost."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rsplit(" ", 1)[0] or head).rstrip(",;:—– ") + "…"


def stems(text: str) -> list[str]:
    """The stemmed words of a text: "resigned" → "resign", and irregular verbs: "shot" → "shoot"."""
    return [IRREGULAR.get(stem, stem) for stem in _ANALYSER.analyze(text.replace("’", "'"))]


# Past forms that no stemmer joins with their verb, of the verbs that news is written with.
IRREGULAR = {
    form: verb
    for verb, forms in {
        "begin": "began begun", "break": "broke broken", "bring": "brought", "build": "built",
        "buy": "bought", "catch": "caught", "choos": "chose chosen", "come": "came",
        "deal": "dealt", "draw": "drew drawn", "drive": "drove driven", "fall": "fell fallen",
        "fight": "fought", "find": "found", "fli": "flew flown", "freez": "froze frozen",
        "get": "got", "give": "gave given", "go": "went gone", "grow": "grew grown",
        "hear": "heard", "hide": "hid hidden", "hold": "held", "keep": "kept", "know": "knew known",
        "lead": "led", "leav": "left", "lend": "lent", "lose": "lost", "make": "made",
        "mean": "meant", "meet": "met", "pay": "paid", "ride": "rode ridden", "rise": "rose risen",
        "run": "ran", "see": "saw seen", "seek": "sought", "sell": "sold", "send": "sent",
        "shake": "shook shaken", "shoot": "shot", "show": "shown", "sink": "sank sunk",
        "speak": "spoke spoken", "spend": "spent", "stand": "stood", "steal": "stole stolen",
        "strike": "struck", "swear": "sworn", "sweep": "swept", "take": "took taken",
        "teach": "taught", "throw": "threw thrown", "wear": "wore worn", "win": "won",
        "withdraw": "withdrew withdrawn", "write": "wrote written",
    }.items()
    for form in forms.split()
}  # fmt: skip


_ANALYSER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.remove_long(40))
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)


def says(text: str, phrase: str) -> bool:
    """Whether a text has a phrase, word for word; case and punctuation do not count."""
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "
