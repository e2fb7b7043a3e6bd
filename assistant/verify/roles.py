"""Who does what to whom in a sentence: read off the names that stand beside its verbs."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.verify.clause import NAME, NO_NAMES, STOPS
from index.text import stems

TITLES = frozenset(
    stems(
        """mr mrs ms dr sir dame lord lady president prime minister senator judge governor mayor
        king queen prince princess captain commander general professor ambassador
        secretary chancellor premier representative congressman congresswoman foreign
        state"""
    )
)
"""Stems of titles, which go with a name or not."""

# What two do together: who is named first says nothing.
MUTUAL = frozenset(stems("meet talk agree sign marry play draw share fight face discuss"))

SPEECH = frozenset(
    stems(
        """say said tell told state add announce report declare note remark comment explain deny
        warn call"""
    )
)
"""Stems of verbs of saying."""

Roles = dict[str, list[tuple[bool, frozenset[str]]]]
"""By a verb's stem: names as stems, each with whether it does (True) or suffers it (False)."""

# Verbs whose past looks like their present.
_UNCHANGED = frozenset("beat bid cost cut hit put quit set shut spread".split())
_NOT_SUBJECT = re.compile(
    r"\b(?:of|at|for|in|from|by|to|near|on|than|between|against|over|into|during|through|across)"
    r"(?:\s+the)?\s*\Z"
)
# After these a name may be the subject of a clause of its own, if a verb follows: "as City won".
_PERHAPS_SUBJECT = re.compile(r"\b(?:with|as|and|after|before|since|until)(?:\s+the)?\s*\Z")
_VERB = re.compile(
    r"(?![’']s?\b)(?:,[^,.;]{2,60},|,)?\s+"
    r"(?P<helper>(?:(?:has|have|had|will|would|also|later|was|were|is|are|be|been|being)\s+)*)"
    r"(?P<verb>[a-z]+)\b"
)
_TO_BE = re.compile(r"\b(?:was|were|is|are|be|been|being)\b")
_PARTICIPLE = re.compile(r"(?:ed|en|[^aeiou][td]|ne|wn|un|de)\Z")
_DONE_BY = re.compile(
    rf"\b(?P<verb>\w+(?:ed|en|wn|lt|pt|ght))\s+by\s+(?:the\s+)?(?P<name>{NAME.pattern})"
)
_PAIR = re.compile(rf"(?P<name>{NAME.pattern})\s+and\s+(?:the\s+)?\Z")
_TO_DO = re.compile(r"\s+to\s+(?P<verb>[a-z]+)\b")
_BY = re.compile(rf"\s+by\s+(?:the\s+)?(?P<name>{NAME.pattern})")
_SAID = re.compile(rf"[,”\"]\s+(?:said|says|added|warned)\s+(?P<name>{NAME.pattern})")
# "the ferry Queen Ragna", "the ferry, the Queen Ragna"; "Defender Clara Voss"; "Voss, the captain"
_CALLED = re.compile(
    rf"\b(?:the|an?|its|his|her|their)\s(?:[a-z-]+\s)?(?P<noun>[a-z]{{4,}})(?:,\s(?:the\s)?|\s)"
    rf"(?P<name>{NAME.pattern})(?=[\s,.;])"
)
_CALLED_FIRST = re.compile(
    r"(?:\A|[.!?”]\s+|,\s|\b(?:and|had|but)\s)(?P<noun>[A-Z]?[a-z]{3,})\s"
    rf"(?P<name>{NAME.pattern})"
)
_CALLED_AFTER = re.compile(
    rf"(?P<name>{NAME.pattern}),\s(?:the|an?|its|his|her|their)\s(?P<noun>(?:[a-z-]+\s?){{1,4}})"
)
_OBJECT = re.compile(
    r"\b(?P<to>to\s+)?(?P<verb>[a-z]{3,})\s+"
    r"(?:the\s+(?:[a-z]+\s){0,2}[a-z]+,\s+|the\s+|(?:its|his|her|their)\s+(?:[a-z]+\s){1,3})?"
    rf"(?P<name>{NAME.pattern})"
)


@lru_cache(maxsize=2048)
def roles(text: str) -> Roles:
    """Who does and who suffers each verb of a text, where a name stands beside it.

    Active ("Lee told Ek"), passive ("Ek was told by Lee") and turned about ("said Ann Lee").
    """
    found: Roles = {}

    def note(verb: str, does: bool, name: str) -> None:
        stem, who = stems(verb)[:1], frozenset(stems(name)) - TITLES - NO_NAMES
        if stem and who and (stem[0] not in STOPS or stem[0] in SPEECH):
            found.setdefault(stem[0], []).append((does, who))

    for match in _OBJECT.finditer(text):
        verb = match["verb"]
        if (match["to"] or _is_verb(verb)) and SPEECH.isdisjoint(stems(verb)):
            note(verb, False, match["name"])
    for match in _DONE_BY.finditer(text):
        note(match["verb"], True, match["name"])
    for match in _SAID.finditer(text):
        note("said", True, match["name"])
    for name in NAME.finditer(text):
        if re.search(r"[’']s?\Z", name[0]):  # "Fernway's founder"
            continue
        found_verb = _VERB.match(text, name.end())
        if not found_verb or _NOT_SUBJECT.search(text[: name.start()]):
            continue
        verb = found_verb["verb"]
        if _PERHAPS_SUBJECT.search(text[: name.start()]) and not _is_verb(verb):
            continue
        passive = bool(_TO_BE.search(found_verb["helper"]))
        if passive and not _PARTICIPLE.search(verb):
            continue
        words = name[0].split()
        # "Writer Ann Lee": a sentence's first word is a capital whatever it is.
        bare = " ".join(words[1:]) if name.start() == 0 and len(words) > 2 else name[0]
        if (pair := _PAIR.search(text[: name.start()])) and not passive:
            bare = f"{pair['name']} {bare}"
        note(verb, not passive, bare)
        if not passive and (infinitive := _TO_DO.match(text, found_verb.end())):
            note(infinitive["verb"], True, bare)
        if passive and (by := _BY.match(text, found_verb.end())):
            note(verb, True, by["name"])
    return found


def has_verb(text: str) -> bool:
    """Whether a text plainly has a verb in the past."""
    return any(map(_is_verb, re.findall(r"\b[a-z]+\b", text)))


@lru_cache(maxsize=2048)
def called(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """What names are called in a text, as stems: "the ferry Queen Ragna", "Voss, the captain"."""
    found = []
    for pattern in (_CALLED, _CALLED_FIRST, _CALLED_AFTER):
        for match in pattern.finditer(text):
            name = frozenset(stems(match["name"])) - NO_NAMES - TITLES
            nouns = (
                [] if match["noun"] in text[: match.start()].split()[-1:] else stems(match["noun"])
            )
            found += [(noun, name) for noun in nouns if noun not in STOPS and name]
    return tuple(found)


def _is_verb(word: str) -> bool:
    """Whether a word is plainly a verb: "won", "refused", "insisting"."""
    return word in _UNCHANGED or (stems(word) != [word] and not word.endswith("s"))
