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

_NOT_SUBJECT = re.compile(
    r"\b(?:of|at|for|in|from|by|with|to|near|on|as|than|and|between|against|over|into"
    r"|after|before|during|since|until|through|across)(?:\s+the)?\s*\Z"
)
_VERB = re.compile(
    r"(?![’']s?\b)(?:,[^,.;]{2,60},|,)?\s+"
    r"(?P<helper>(?:(?:has|have|had|will|would|also|later|was|were|is|are|be|been|being)\s+)*)"
    r"(?P<verb>[a-z]+)\b"
)
_TO_BE = re.compile(r"\b(?:was|were|is|are|be|been|being)\b")
_PARTICIPLE = re.compile(r"(?:ed|en|[^aeiou][td]|ne|wn|un|de)\Z")
_BY = re.compile(rf"\s+by\s+(?:the\s+)?(?P<name>{NAME.pattern})")
_SAID = re.compile(rf"[,”\"]\s+(?:said|says|added|warned)\s+(?P<name>{NAME.pattern})")
_OBJECT = re.compile(
    r"\b(?P<to>to\s+)?(?P<verb>[a-z]{3,})\s+(?:the\s+(?:[a-z]+\s){0,2}[a-z]+,\s+|the\s+)?"
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
        past = stems(verb) != [verb] and not verb.endswith("s")
        if (match["to"] or past) and SPEECH.isdisjoint(stems(verb)):
            note(verb, False, match["name"])
    for match in _SAID.finditer(text):
        note("said", True, match["name"])
    for name in NAME.finditer(text):
        found_verb = _VERB.match(text, name.end())
        if not found_verb or _NOT_SUBJECT.search(text[: name.start()]):
            continue
        verb = found_verb["verb"]
        passive = bool(_TO_BE.search(found_verb["helper"]))
        if passive and not _PARTICIPLE.search(verb):
            continue
        words = name[0].split()
        # "Writer Ann Lee": a sentence's first word is a capital whatever it is.
        bare = " ".join(words[1:]) if name.start() == 0 and len(words) > 2 else name[0]
        note(verb, not passive, bare)
        if passive and (by := _BY.match(text, found_verb.end())):
            note(verb, True, by["name"])
    return found
