"""What cited texts say otherwise: each clause of a claim is laid beside what speaks of the same.

The clause beside it must not say the opposite (rose, fell), deny what is affirmed or affirm what is
denied, hold for possible or still to come what is told as done, or say of some what is told of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from assistant.verify.clause import ALIKE, NEARLY, STOPS, Clause, Text
from assistant.verify.lexicon import opposed
from index.text import stems

DENIES = re.compile(
    r"\b(?:no one|not(?! only\b)|no(?! (?:more|fewer|less) than\b)|never|none|nobody|neither|nor"
    r"|nothing|cannot|den(?:y|ied|ies|ying)|declin(?:e|es|ed|ing)|fail(?:s|ed|ing)?"
    r"|refus(?:e|es|ed|ing)|yet to|(?:hardly|barely|scarcely)(?! \d)|(?<!\ba )little|few"
    r"|\w+n[’']t)\b",
    re.I,
)
# With these a denial may say the same as an affirmation ("has not built one since" and "last built
# one in"), so that counting denials tells nothing.
_TURNS = re.compile(
    r"\b(?:last|first|only|still to|must|until|since|yet|un\w+|free|nothing|but)\b", re.I
)
_DOUBTS = re.compile(
    r"\b(?:could|may|might|possibl[ey]|allege[sd]?|allegedly|if|unless|probabl[ey]"
    r"|(?<!as )(?<!more )(?<!less )likely|perhaps|reportedly|appear(?:s|ed)? to|hopes? to"
    r"|thought to|believed? to|suspected)\b"
)
_HEDGES = re.compile(
    r"\b(?:could|may|might|can|would|should|possibl[ey]|potential|likely|unlikely|if|unless|to be"
    r"|will|due to|scheduled|probabl[ey]|perhaps|reportedly|appear\w*|thought|believe\w*"
    r"|(?:expect|plan|hope|aim|propos|alleg|suspect|consider|risk|threat|warn)\w*)\b"
)
_SURE = re.compile(
    r"\b(?:will(?! (?:likely|probably))|certain|certainly|definitely|establish\w*)\b"
)
_TO_COME = re.compile(
    r"\b(?:will|would(?: have to)?|must(?: still)?|ha(?:s|ve|d) (?:yet )?to|(?:yet|due|set) to"
    r"|(?:is|are|was|were) to|expected(?: to)?|plan\w*(?: to)?|scheduled"
    r"|(?:hope|aim|want|intend)s?(?: to)?)"
    r"\s+(?:be\s+)?(\w+)"
)
_DONE = re.compile(r"\b(?:(?:has|have|had|was|were)\s+(?:been\s+)?\w+|\w+ed)\b")
_HAPPENED = re.compile(r"\b(?:took place|was held|were held|happened|began|ended)\b")
# Words too common to tell anything, unless nearly the same is said.
_PLACES = frozenset(stems("above below"))
_ALL = re.compile(
    r"\b(?:all(?! but\b| (?:of )?(?:the )?\d)|every(?!\s+\w*(?:day|week|month|year|hour)s?\b)|none"
    r"|never|always|entire|no(?! (?:one|more|fewer|less|longer)\b))\b",
    re.I,
)
_SOME = re.compile(
    r"\b(?:some|many|most|several|few|only|half|part|partly|almost|nearly|but|except|other|others"
    r"|two|three|four|five|six)\b",
    re.I,
)
_FILLERS = frozenset(
    stems("yet still already ever even begin become been be is sign evidence indication")
)


def contradiction(claim: Text, cited: Sequence[Text]) -> str:
    """What the cited texts say otherwise than a claim, in words; "" where they do not."""
    others = [clause for one in cited for clause in one.clauses]
    found = (told for clause in claim.clauses for told in _contradictions(clause, others) if told)
    return next(found, "")


def _contradictions(clause: Clause, others: Sequence[Clause]) -> Iterator[str]:
    yield _denied(clause, others)
    for beside in clause.beside(others):
        yield _opposite(clause, beside, others)
        yield _affirmed(clause, beside, others)
        yield _possible(clause, beside)
        yield _to_come(clause, beside)
        yield _overstated(clause, beside, others)


# Opposites, denials and doubts


def _opposite(clause: Clause, beside: Clause, others: Sequence[Clause]) -> str:
    near = [other for other in others if clause.shares(other) >= ALIKE]
    nearly = clause.shares(beside) >= NEARLY
    for word in clause.telling | (clause.stems & _PLACES if nearly else frozenset()):
        differs = beside.stems & opposed(word)
        if (
            differs
            and not any(one.says(word) for one in (beside, *near))
            and _negated(clause, frozenset((word,))) == _negated(beside, differs)
        ):
            wrong = clause.spelt(frozenset((word,)))
            return f"what is cited says “{beside.spelt(differs)}”, not “{wrong}”"
    return ""


def _negated(clause: Clause, wanted: frozenset[str]) -> bool:
    """Whether a word of a clause stands shortly after a denial."""
    before = clause.text[: clause.text.find(clause.spelt(wanted))]
    return bool(DENIES.search(" ".join(before.split()[-4:])))


@lru_cache(maxsize=4096)
def _scope(clause: Clause, marks: re.Pattern[str]) -> list[str]:
    """The stems of the first telling words that a clause denies or doubts."""
    match = marks.search(clause.text)
    if not match:
        return []
    after, before = (
        [stem for stem in stems(text) if stem not in STOPS | _FILLERS]
        for text in (clause.text[match.end() :], clause.text[: match.start()])
    )
    return after[:3] or before[-1:]


def _affirmed(clause: Clause, beside: Clause, others: Sequence[Clause]) -> str:
    denial = DENIES.search(clause.text)
    if denial and any(set(stems(denial[0])) & other.stems - STOPS for other in others):
        return ""  # "Arlen refused", in a sentence of its own
    scope = _scope(clause, DENIES)
    turned = any(
        marks.search(text)
        for marks, text in (
            (DENIES, beside.sentence),
            (_TURNS, beside.sentence),
            (_TURNS, clause.text),
        )
    )
    if scope and not turned and beside.says(scope[0]) and clause.shares(beside) >= NEARLY:
        return "what is cited does not deny it"
    return ""


def _denied(clause: Clause, others: Sequence[Clause]) -> str:
    if DENIES.search(clause.sentence) or _TURNS.search(clause.text):
        return ""
    for other in others:
        scope = _scope(other, DENIES)
        if not scope or scope[0] not in clause.stems:
            continue
        alike = (
            sum(clause.says(stem) for stem in scope) > 1
            or clause.shares(other) >= ALIKE
            or clause.whole.shares(other.whole) >= ALIKE
        )
        affirmed = any(
            one.says(scope[0]) and clause.shares(one) >= clause.shares(other)
            for one in others
            if not DENIES.search(one.text)
        )
        if alike and not affirmed:
            return "what is cited denies it"
    return ""


def _possible(clause: Clause, beside: Clause) -> str:
    scope = _scope(beside, _DOUBTS)
    sure = _SURE.search(clause.text) or not _HEDGES.search(clause.text)
    said = any(clause.says(stem) for stem in scope[:2])
    if said and sure and not _DOUBTS.search(clause.text):
        return "what is cited holds it only for possible"
    return ""


def _to_come(clause: Clause, beside: Clause) -> str:
    if _HEDGES.search(clause.text):
        return ""
    done = {stem for verb in _DONE.findall(clause.text) for stem in stems(verb.split()[-1])}
    for match in _TO_COME.finditer(beside.text):
        noun = match[1] in ("for", "in", "on") and _HAPPENED.search(clause.text)
        if noun or not done.isdisjoint(stems(match[1])):
            return "what is cited says that it is still to come"
    return ""


def _overstated(clause: Clause, beside: Clause, others: Sequence[Clause]) -> str:
    """Said of all or of none, where the cited text says it of some."""
    some = _SOME.search(beside.sentence) or beside.numbers
    if some and not _TURNS.search(beside.sentence) and _ALL.search(clause.text):
        known = (other for other in others if clause.common(other))
        if not any(_ALL.search(other.sentence) for other in known):
            return "what is cited does not say it of all"
    return ""
