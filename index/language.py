"""Which language a text is written in: it is searched by that language's stems."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from index.text import HAN, words

ENGLISH = "en"

# The languages that tantivy has a stemmer for, by their ISO 639-1 codes.
STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
# Languages that do not part their words: searched by single characters and pairs of them.
UNPARTED = "cjk"
_UNPARTED = re.compile(rf"[{HAN}\uac00-\ud7af]")
_SAME = {"nb": "no", "nn": "no"}

# A beginning is enough to tell by. One of fewer characters may be anything.
_LOOKED_AT, _TOO_SHORT = 1000, 40
# Of English prose the commonest words are over a third; of no other language a tenth.
_COMMONEST = frozenset("the of and to a in is that for on was with as it he be by at said".split())
_ENGLISH_SHARE = 0.18
# A question with one of these is English, one of fewer words may be anything, and of others it must
# be as sure: all 1,714 questions of RealTimeQA's 2024 and the newsroom suite are English so.
_ASKED = frozenset("the what when where who why how which whose did does has have are were".split())
_FEW, _SURE = 3, 0.7
_LATIN = re.compile(r"[A-Za-z]")


def language(text: str) -> str:
    """The language of a text, as the lexical index keeps it apart.

    Returns:
        A code of `STEMMERS`, or `UNPARTED`; English where the text is too short to tell, or in a
        language there is no stemmer for.
    """
    text = text[:_LOOKED_AT]
    if len(_UNPARTED.findall(text)) * 3 > len(text):
        return UNPARTED
    told = list(words(text))
    english = sum(word in _COMMONEST for word in told) / max(len(told), 1)
    if len(text) < _TOO_SHORT or english >= _ENGLISH_SHARE:
        return ENGLISH  # most archives need no more, and the identifier takes a second to load
    code = str(_identifier().classify(text)[0])
    code = _SAME.get(code, code)
    return code if code in STEMMERS else ENGLISH


def question_language(question: str) -> str:
    """The language of a question: English where it is too short to tell.

    Returns:
        An ISO 639-1 code, of a language with a stemmer or without; or `UNPARTED`.
    """
    if _UNPARTED.search(question):
        return UNPARTED
    told = list(words(question))
    if len(told) < _FEW or not _ASKED.isdisjoint(told):
        return ENGLISH
    code, sure = _identifier().classify(question)
    foreign = sure >= _SURE or not _LATIN.search(question)
    return _SAME.get(code, str(code)) if foreign else ENGLISH


def language_name(code: str) -> str:
    """What a language is called: "German"; "another language" where that is not known here."""
    if code == UNPARTED:
        return "Chinese, Japanese or Korean"
    return STEMMERS[code].capitalize() if code in STEMMERS else "another language"


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
