"""What belongs to whom: a claim's numbers, names and deeds are laid beside those that are cited.

A number must not be that of something else, nor somebody said to do, suffer or be what is cited of
somebody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from assistant.verify.clause import ALIKE, NAME, NEARLY, STOPS, Clause, Text, uncut
from assistant.verify.lexicon import same
from assistant.verify.quantity import Quantity, quantities
from assistant.verify.roles import MUTUAL, called, has_verb, roles
from index.text import stems


def misgiven(claim: Text, cited: Sequence[Text]) -> str:
    """What the cited texts say of others than a claim does, in words; "" where they do not."""
    others = [clause for one in cited for clause in one.clauses]
    found = (told for clause in claim.clauses for told in _misgiven(clause, others) if told)
    return next(found, "")


def _misgiven(clause: Clause, others: Sequence[Clause]) -> Iterator[str]:
    for beside in clause.beside(others):
        yield _of_another(clause, beside, others)
    yield _misplaced(clause, others)
    yield _miscounted(clause, others)
    yield _miscalled(clause, others)
    yield _swapped(clause, others)
    yield _misattributed(clause, others)


def _of_another(clause: Clause, beside: Clause, others: Sequence[Clause]) -> str:
    """All of a clause but its subject, where another clause speaks of that subject."""
    ours, theirs = clause.subject, beside.subject
    if not ours or not theirs or beside.says(ours) or clause.says(theirs):
        return ""
    rest = all(beside.says(word) for word in clause.telling if word != ours)
    if rest and any(other.subject == ours for other in others):
        return f"what is cited says it of “{beside.spelt(frozenset((theirs,)))}”"
    return ""


def _misplaced(clause: Clause, others: Sequence[Clause]) -> str:
    """A number given to somebody or something that other numbers are given to."""
    subjects = clause.names or clause.telling
    if not clause.names and len(clause.numbers) > 1:
        return ""
    for number in clause.numbers:
        giving = [other for other in others if other.gives(number)]
        of_it = [other for other in others if any(other.says(word) for word in subjects)]
        elsewhere = giving and all(
            other not in of_it and (other.names or not clause.names) for other in giving
        )
        if elsewhere and any(_rivals(number, other) for other in of_it):
            return _gives_otherwise(clause, number)
        if len(clause.numbers) > 1 or len(clause.telling) < 3:
            continue
        # "Rents in the capital rose by 4.2", where by 6.8 they did, and by 4.2 those elsewhere.
        told = {other: _told(clause, other) for other in others}
        best = max(told, key=lambda other: told[other], default=None)
        if (
            best
            and giving
            and told[best] >= NEARLY
            and _rivals(number, best)
            and all(told[other] < ALIKE for other in giving)
        ):
            return _gives_otherwise(clause, number)
    return ""


def _rivals(number: Quantity, other: Clause) -> bool:
    """Whether a clause gives another number of the same unit, and not this one."""
    return (
        bool(number.unit)
        and not other.gives(number)
        and any(one.unit == number.unit for one in other.numbers)
    )


def _told(clause: Clause, other: Clause) -> float:
    """The share of a clause's telling words that another has."""
    return sum(map(other.says, clause.telling)) / max(len(clause.telling), 1)


def _miscounted(clause: Clause, others: Sequence[Clause]) -> str:
    """A number of one thing that the cited text gives as that of another."""
    given = [(*pair, other) for other in others for pair in other.counted]
    for number, things in clause.counted:
        alike = frozenset().union(*map(same, things))
        of_it = [(n, one) for n, theirs, one in given if not alike.isdisjoint(theirs)]
        elsewhere = any(number.matches(other) for other, _, _ in given)
        near = any(clause.whole.shares(one.whole) >= ALIKE for _, one in of_it)
        if near and elsewhere and not any(number.matches(other) for other, _ in of_it):
            return _gives_otherwise(clause, number)
    return ""


def _miscalled(clause: Clause, others: Sequence[Clause]) -> str:
    """Somebody or something called what the cited text calls another: "the ferry Halcyon"."""
    given = [pair for text in _sentences(others) for pair in called(text)]
    for noun, name in called(clause.text):
        bearers = [one for word, one in given if word in same(noun)]
        known = any(name & one.names for one in others)
        if known and bearers and not any(name & one for one in bearers):
            return f"what is cited says it of {_named(bearers[0], others)}"
    return ""


def _swapped(clause: Clause, others: Sequence[Clause]) -> str:
    """Two numbers changed about: each stands where the other does in what is cited."""
    given = [pair for text in _sentences(others) for pair in _anchored(text)]
    ours = _anchored(clause.text)
    for word, number in ours:
        here = [other for anchor, other in given if anchor in same(word)]
        there = [other for anchor, other in given if anchor not in same(word)]
        own = [other for anchor, other in ours if anchor == word]
        rivals = [other for _, other in ours if other not in own]
        if (
            any(number.matches(other) for other in there)
            and not any(number.matches(other) for other in here)
            and any(rival.matches(other) for rival in rivals for other in here)
        ):
            return _gives_otherwise(clause, number)
    return ""


def _gives_otherwise(clause: Clause, number: Quantity) -> str:
    return f"what is cited gives {clause.text[number.start : number.end]} for something else"


@lru_cache(maxsize=2048)
def _anchored(text: str) -> Sequence[tuple[str, Quantity]]:
    """The numbers of a text, each with the telling word before it."""
    found = []
    for number in quantities(text):
        before = stems(text[: number.start])
        words = [stem for stem in before if stem not in STOPS and not stem.isdigit()]
        found += [(word, number) for word in words[-1:]]
        found += [(word, number) for word in before[-1:] if word in ("from", "to")]
    return found


def _misattributed(clause: Clause, others: Sequence[Clause]) -> str:
    """Said, done or suffered by somebody whom the cited text does not say it of."""
    common = frozenset().union(*(other.small for other in others))
    for verb, claimed in roles(clause.text).items():
        known, told = _cited_roles(verb, clause, others)
        for does, named in claimed:
            who = named - common
            if not who or verb in MUTUAL or any(who <= one or one <= who for one in known[does]):
                continue
            if any(
                who <= one.stems and any(map(one.gives, clause.numbers)) and not has_verb(one.text)
                for one in others
            ):
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
        alike = clause.whole.shares(uncut(text)) >= ALIKE
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
