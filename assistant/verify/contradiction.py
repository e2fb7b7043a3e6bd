"""What cited texts say otherwise: each clause of a claim is laid beside what speaks of the same.

The clause beside it must not say the opposite (rose, fell), deny what is affirmed or affirm what is
denied, hold for possible what is told as fact, give a number to something else, or say it of
somebody else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from assistant.verify.clause import NAME, STOPS, Clause, Text
from assistant.verify.lexicon import opposed, same
from assistant.verify.quantity import Quantity, quantities
from assistant.verify.roles import MUTUAL, roles
from index.text import WORD, stems

# A clause speaks of the same when it has this share of another's telling words and numbers.
ALIKE = 0.5

DENIES = re.compile(
    r"\b(?:no one|not|no|never|none|nobody|neither|nor|nothing|cannot|den(?:y|ied|ies|ying)"
    r"|fail(?:s|ed|ing)?|refus(?:e|es|ed|ing)|yet to|\w+n[’']t)\b",
    re.I,
)
# With these a denial may say the same as an affirmation ("has not built one since" and "last built
# one in"), so that counting denials tells nothing.
_TURNS = re.compile(r"\b(?:last|only|still to|must|until|since|yet|un\w+|free|nothing|but)\b", re.I)
_DOUBTS = re.compile(r"\b(?:could|may|might|possible|possibly|alleged(?:ly)?|if)\b")
_HEDGES = re.compile(
    r"\b(?:could|may|might|can|would|should|possible|possibly|potential|likely|unlikely|if|to be"
    r"|will|due to|scheduled"
    r"|(?:expect|plan|hope|aim|propos|alleg|suspect|consider|risk|threat|warn)\w*)\b"
)
_SURE = re.compile(r"\b(?:will|certain|certainly|definitely)\b")
_TO_COME = re.compile(
    r"\b(?:will|must(?: still)?|yet to|expected(?: to)?|due to|set to|plan\w*(?: to)?|scheduled"
    r"|(?:hope|aim|want|intend)s?(?: to)?)\s+(\w+)"
)
_DONE = re.compile(r"\b(?:(?:has|have|had|was|were)\s+\w+|\w+ed)\b")
_HAPPENED = re.compile(r"\b(?:took place|was held|were held|happened|began|ended)\b")
_LOWER = re.compile(r"\b[a-z]\w+")


def contradiction(claim: Text, cited: Sequence[Text]) -> str:
    """What the cited texts say otherwise than a claim, in words; "" where they do not."""
    others = [clause for one in cited for clause in one.clauses]
    found = (told for clause in claim.clauses for told in _contradictions(clause, others) if told)
    return next(found, "")


def _contradictions(clause: Clause, others: Sequence[Clause]) -> Iterator[str]:
    yield _denied(clause, others)
    most = max((clause.common(other) for other in others), default=0)
    for beside in others:
        if clause.common(beside) >= max(most, 2) and clause.shares(beside) >= ALIKE:
            yield _opposite(clause, beside, others)
            yield _affirmed(clause, beside)
            yield _possible(clause, beside)
            yield _to_come(clause, beside)
            yield _of_another(clause, beside, others)
    yield _misplaced(clause, others)
    yield _swapped(clause, others)
    yield _misattributed(clause, others)


def spelt(wanted: frozenset[str], clause: Clause) -> str:
    """The word of a clause that has one of the wanted stems, as it stands there; "" for none."""
    found = (m[0] for m in WORD.finditer(clause.text) if not wanted.isdisjoint(stems(m[0])))
    return next(found, "")


# Opposites, denials and doubts


def _opposite(clause: Clause, beside: Clause, others: Sequence[Clause]) -> str:
    near = [other for other in others if clause.shares(other) >= ALIKE]
    for word in clause.telling:
        differs = beside.stems & opposed(word)
        if (
            differs
            and not any(one.says(word) for one in (beside, *near))
            and _negated(clause, frozenset((word,))) == _negated(beside, differs)
        ):
            wrong = spelt(frozenset((word,)), clause)
            return f"what is cited says “{spelt(differs, beside)}”, not “{wrong}”"
    return ""


def _negated(clause: Clause, wanted: frozenset[str]) -> bool:
    """Whether a word of a clause stands shortly after a denial."""
    before = clause.text[: clause.text.find(spelt(wanted, clause))]
    return bool(DENIES.search(" ".join(before.split()[-4:])))


def _scope(clause: Clause, marks: re.Pattern[str]) -> list[str]:
    """The stems of the first telling words that a clause denies or doubts."""
    match = marks.search(clause.text)
    if not match:
        return []
    after = [stem for stem in stems(clause.text[match.end() :]) if stem not in STOPS]
    before = [stem for stem in stems(clause.text[: match.start()]) if stem not in STOPS]
    return after[:3] or before[-1:]


def _affirmed(clause: Clause, beside: Clause) -> str:
    scope = _scope(clause, DENIES)
    turned = DENIES.search(beside.sentence) or _TURNS.search(beside.sentence)
    if scope and not turned and beside.says(scope[0]):
        return "what is cited does not deny it"
    return ""


def _denied(clause: Clause, others: Sequence[Clause]) -> str:
    if DENIES.search(clause.sentence) or _TURNS.search(clause.text):
        return ""
    for other in others:
        scope = _scope(other, DENIES)
        if not scope or not clause.says(scope[0]):
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
    if scope and clause.says(scope[0]) and sure and not _DOUBTS.search(clause.text):
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


# What belongs to whom


def _of_another(clause: Clause, beside: Clause, others: Sequence[Clause]) -> str:
    """All of a clause but its subject, where another clause speaks of that subject."""
    ours, theirs = clause.subject, beside.subject
    if not ours or not theirs or beside.says(ours) or clause.says(theirs):
        return ""
    rest = all(beside.says(word) for word in clause.telling if word != ours)
    if rest and any(other.subject == ours for other in others):
        return f"what is cited says it of “{spelt(frozenset((theirs,)), beside)}”"
    return ""


def _misplaced(clause: Clause, others: Sequence[Clause]) -> str:
    """A number given to somebody or something that other numbers are given to."""
    subjects = clause.names or clause.telling
    if not clause.names and len(clause.numbers) > 1:
        return ""
    for number in clause.numbers:
        of_it = [other for other in others if any(other.says(word) for word in subjects)]
        giving = [other for other in others if other.gives(number)]
        elsewhere = giving and all(
            other not in of_it and (other.names or not clause.names) for other in giving
        )
        if elsewhere and any(other.numbers for other in of_it):
            return _gives_otherwise(clause, number)
    return ""


def _swapped(clause: Clause, others: Sequence[Clause]) -> str:
    """Two numbers changed about: each stands where the other does in what is cited."""
    given = [pair for text in _sentences(others) for pair in _anchored(text)]
    ours = _anchored(clause.text)
    for word, number in ours:
        here = [other for anchor, other in given if anchor in same(word)]
        there = [other for anchor, other in given if anchor not in same(word)]
        rivals = [other for anchor, other in ours if anchor != word]
        if (
            any(number.matches(other) for other in there)
            and not any(number.matches(other) for other in here)
            and any(rival.matches(other) for rival in rivals for other in here)
        ):
            return _gives_otherwise(clause, number)
    return ""


def _gives_otherwise(clause: Clause, number: Quantity) -> str:
    return f"what is cited gives {clause.text[number.start : number.end]} for something else"


def _anchored(text: str) -> list[tuple[str, Quantity]]:
    """The numbers of a text, each with the telling word before it."""
    found = []
    for number in quantities(text):
        before = stems(text[: number.start])
        words = [stem for stem in before if stem not in STOPS and not stem.isdigit()]
        if words:
            found.append((words[-1], number))
    return found


def _misattributed(clause: Clause, others: Sequence[Clause]) -> str:
    """Said, done or suffered by somebody whom the cited text does not say it of."""
    common = {stem for other in others for stem in stems(" ".join(_LOWER.findall(other.text)))}
    for verb, claimed in roles(clause.text).items():
        known, told = _cited_roles(verb, clause, others)
        for does, named in claimed:
            who = named - common
            if not who or verb in MUTUAL or any(who <= one or one <= who for one in known[does]):
                continue
            if any(who <= one.stems and any(map(one.gives, clause.numbers)) for one in others):
                continue  # "the Union 35": the verb is left out
            if any(who <= one for one in told[not does]):
                return f"what is cited has it the other way round for {_named(who, others)}"
            if told[does]:
                return f"what is cited says it of {_named(told[does][0], others)}"
    return ""


def _cited_roles(
    verb: str, clause: Clause, others: Sequence[Clause]
) -> tuple[dict[bool, list[frozenset[str]]], dict[bool, list[frozenset[str]]]]:
    """Who does (True) and suffers (False) a verb anywhere, and where the same is spoken of."""
    known: dict[bool, list[frozenset[str]]] = defaultdict(list)
    told: dict[bool, list[frozenset[str]]] = defaultdict(list)
    texts = _sentences(others)
    verbs = {verb} if any(verb in roles(text) for text in texts) else same(verb)
    for text in texts:
        alike = clause.whole.shares(Clause(text, text)) >= ALIKE
        for does, who in (role for one in verbs for role in roles(text).get(one, ())):
            known[does].append(who)
            if alike:
                told[does].append(who)
    return known, told


def _sentences(clauses: Sequence[Clause]) -> list[str]:
    return list(dict.fromkeys(clause.sentence for clause in clauses))


def _named(who: frozenset[str], others: Sequence[Clause]) -> str:
    """A name as the texts write it."""
    found = (
        match[0]
        for text in _sentences(others)
        for match in NAME.finditer(text)
        if who <= frozenset(stems(match[0]))
    )
    return next(found, "somebody else")
