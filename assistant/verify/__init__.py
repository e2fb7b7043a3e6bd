"""Is a sentence said by what it cites? Deterministic: no model is asked.

Every number, date, name and quotation of the sentence must occur in what it cites (`occurrence`,
`figures`, `days`): numbers by value and unit ("5 million" is "5,000,000"), dates by the days they
name, resolved from each article's own date. What is cited must not say otherwise (`contradiction`),
nor say it of others (`belonging`, `speech`, `binding`). At last enough of its words must be there.
Measured on hand-made pairs, true and subtly false: `tests/assistant/test_pairs.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from assistant.answer import Support
from assistant.verify.belonging import misgiven
from assistant.verify.binding import IS, MAY_BE, bound
from assistant.verify.clause import Text, read, stopped, uncut
from assistant.verify.contradiction import DENIES, contradiction
from assistant.verify.days import cut_out, not_named
from assistant.verify.figures import not_given
from assistant.verify.lexicon import polar
from assistant.verify.occurrence import names, quotations, said, speakers
from assistant.verify.speech import misattributed
from index.dates import annotate
from index.text import stems

# Share of a sentence's telling words that its quotes must have; below the lower, it is not said.
MOSTLY, BARELY = 0.6, 0.35

# "next month [November 2023]"
_MADE_PLAIN = re.compile(r"(?<=\w) \[[^\[\]]*\d{4}\]")
# What a clause ends with: "a widow", "an appeal of".
_THING = re.compile(
    r"\ban?\s+(?:\w+\s)?([a-z]{3,})(?=[.,;:]?\s*\Z|[,;:]| (?:of|in|on|at|by|to|for|from|with)\b)"
)

Source = tuple[str, date | None]
"""A quoted text, and the day it was written."""


def verify(
    sentence: str, sources: Sequence[Source], as_of: date | None = None
) -> tuple[Support, str]:
    """Judge whether the sources say a sentence.

    Args:
        sentence: of an answer, without citation marks.
        sources: what it cites: texts, each with the day it was written.
        as_of: the day the sentence was written on: what "yesterday" in it counts from.

    Returns:
        The verdict, and what the sources do not say ("" if supported).
    """
    cited = [read(text, written) for text, written in sources if text.strip()]
    if not cited:
        return "unsupported", "nothing is cited"
    if any(_verbatim(sentence, one) for one in cited):
        return "supported", ""
    rest, dates = cut_out(
        sentence, [as_of or date.today(), *(t.written for t in cited if t.written)]
    )
    missing, reckoned = not_given(rest, cited)
    missing += quotations(sentence, cited)
    missing += not_named(dates, sentence, cited)
    missing += [*speakers(rest, cited), *names(rest, cited)]
    if missing:
        return "unsupported", f"not in what is cited: {', '.join(dict.fromkeys(missing))}"
    claim = read(rest, None)
    for otherwise in (misattributed, contradiction, misgiven):
        if told := otherwise(claim, cited):
            return "unsupported", told
    nearer, other = bound(claim, cited)
    if nearer > IS:
        return "unsupported", f"what is cited says it of {other}"
    support, reason = _share(claim, cited, bool(dates))
    if support == "supported" and nearer > MAY_BE:
        return "partly", f"what is cited may say it of {other}"
    if support == "supported" and reckoned:
        return "partly", f"reckoned, not said: {', '.join(reckoned)}"
    return support, reason


def _verbatim(sentence: str, cited: Text) -> bool:
    """Whether a sentence, or several, are whole ones of a text, their dates made plain or not."""
    plain = _MADE_PLAIN.sub("", sentence)
    as_written = plain == sentence or annotate(plain, cited.written) == sentence
    return as_written and stopped(plain) in cited.stopped


def _share(claim: Text, cited: Sequence[Text], dated: bool) -> tuple[Support, str]:
    """The verdict by how much of a claim is said at all."""
    whole = uncut(claim.text)
    size = len(whole.telling) + len(whole.numbers)
    if not size:
        return "unsupported", "it says nothing that could be looked up"
    unsaid = {stem for stem in whole.telling if not said(stem, cited)}
    share = 1 - len(unsaid) / size
    if share < BARELY:
        # Its numbers and dates stand there, so that it may be in other words.
        if whole.numbers or dated:
            return "partly", "what is cited says it in other words, if at all"
        return "unsupported", "what is cited is about something else"
    if share < MOSTLY:
        return "partly", "what is cited says only part of it"
    things = {stem for match in _THING.finditer(claim.text) for stem in stems(match[1])} & unsaid
    # One word of a clause is not said, and it is one that matters: "killed", "welcomed".
    odd = [clause.telling & unsaid for clause in claim.clauses if not DENIES.search(clause.text)]
    things |= {stem for alone in odd if len(alone) == 1 for stem in alone if polar(stem)}
    if things:
        return "partly", f"what is cited does not say “{whole.spelt(frozenset(things))}”"
    return "supported", ""
