"""Who is said to have said what: the speakers of a sentence, each with the words given to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from assistant.verify.clause import NAME, NO_NAMES, STOPS, Clause, Text, uncut
from assistant.verify.lexicon import same
from assistant.verify.occurrence import MOUTHS
from index.text import stems

_SAYS = (
    r"(?:said|says?|told|tells?|warn(?:s|ed)?|add(?:s|ed)|announced?|argue[sd]?|note[sd]"
    r"|insist(?:s|ed)?|claim(?:s|ed)|explain(?:s|ed)|conceded|admit(?:s|ted)|testified|predict(?:s|ed)?"
    r"|believes?|thinks?|caution(?:s|ed)|urge[sd]?|demand(?:s|ed)|question(?:s|ed)|appealed|blamed"
    r"|call(?:s|ed)|promise[sd]|vow(?:s|ed)|acknowledge[sd]|point(?:s|ed)\sout|suggest(?:s|ed)"
    r"|describe[sd])"
)
_AFTER = re.compile(
    r"(?:[”\"]|,[”\"]?)\s+(?:said|says|added|warned|explained)\s+"
    r"(?P<who>\w(?:(?!\b(?:was|were|is|are|ha[sd]|would|will|could)\b)"
    r"[^.;“\"])*?)(?=,?\s(?:who|whose|adding|noting|as|in|on|at|after)\b|[.;]|\Z)"
)
_BEFORE = re.compile(
    rf"(?<!\bwas)(?<!\bwere)(?<!\bbeen)(?<!\bis)(?<!\bare)(?<!\bbeing)(?<!\bhad)(?<!\bto)\s{_SAYS}\b(?!\sby\b)"
)
_ACCORDING = re.compile(r"\b[Aa]ccording to (?P<who>[^,.;]+)")
# Where what went before is another's.
_TURN = re.compile(r"[;:]\s|,\s(?:but|while|whereas|though|although|and)\s|\s(?:but|while)\s")
_WHO_TURN = re.compile(rf"{_TURN.pattern}|\s(?:since|because|after|that)\s")
_PRONOUN = re.compile(r"\s*(?:he|she|it|they|we|i|who|which|this|that)\b", re.I)
_DEFINITE = re.compile(r"\s*(?:the|his|her|its|their)\b", re.I)

Speech = tuple[str, str]
"""Who, and what they are said to have said."""


@lru_cache(maxsize=2048)
def speeches(sentence: str) -> tuple[Speech, ...]:
    """The speakers of a sentence in its own words, each with what is theirs of it."""
    found = [
        (match["who"], sentence[: match.start()] + sentence[match.end() :])
        for match in _ACCORDING.finditer(sentence)
    ]
    for match in _AFTER.finditer(sentence):
        if match["who"].strip():
            found.append((match["who"], sentence[: match.start() + 1]))
    end = 0
    for match in _BEFORE.finditer(sentence):
        before = re.split(r"[;”\"]", sentence[end : match.start()])[-1]
        end = match.end()
        who = _WHO_TURN.split(before)[-1]
        if who.strip(" ,"):
            found.append((who, _TURN.split(sentence[match.end() :])[0]))
    return tuple(found)


def misattributed(claim: Text, cited: Sequence[Text]) -> str:
    """Whom the cited texts have say what a claim has another say, in words; "" for nobody."""
    clauses = [clause for one in cited for clause in one.clauses]
    sentences = [sentence for one in cited for sentence in one.sentences]
    for who, said in speeches(claim.text):
        speaker = _telling(who)
        content = uncut(said)
        if not speaker or _PRONOUN.match(who) or len(content.telling) < 2:
            continue
        near = [(content.shares(one), one) for one in sentences]
        best = max((share for share, _ in near), default=0.0)
        alike = [one for share, one in near if share >= max(best - 0.1, 0.5)]
        others = [other for one in alike for other, _ in speeches(one.text)]
        if others and not any(_may_be(who, speaker, other, clauses) for other in others):
            return f"what is cited has {' '.join(others[0].split()).strip(' ,“”')} say it"
    return ""


def _may_be(who: str, speaker: frozenset[str], other: str, clauses: Sequence[Clause]) -> bool:
    """Whether a claimed speaker can be the one of a cited sentence."""
    theirs = _telling(other)
    if not theirs or _PRONOUN.match(other) or not speaker.isdisjoint(theirs):
        return True
    if any(not same(stem).isdisjoint(theirs) for stem in speaker):
        return True
    if any(one[:5] == stem[:5] for one in theirs for stem in speaker):
        return True  # the minister, the ministry
    names = _names(other)
    if names and _names(who):
        return False
    if names:
        # "The minister said", of Ms Toth: somewhere both must be named together.
        return any(speaker <= one.stems and not names.isdisjoint(one.stems) for one in clauses)
    if _names(who):
        # "The minister said": may well be who is named; "car dealers say" is not.
        return bool(_DEFINITE.match(other))
    return not any(speaker <= one.stems and theirs.isdisjoint(one.stems) for one in clauses)


def _telling(who: str) -> frozenset[str]:
    return frozenset(stems(who)) - STOPS - MOUTHS


def _names(who: str) -> frozenset[str]:
    found = (stem for match in NAME.finditer(who) for stem in stems(match[0]))
    return frozenset(found) - NO_NAMES
