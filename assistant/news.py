"""What is new about something: the latest reports on it, each by the sentence that tells it.

"What changed since the summit?" asks for no name and no number, so nothing in a sentence could show
that it answers. What does is that a report is about the summit, and that it is the latest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from index import rank
from index.article import Passage
from index.rank import Rarity
from index.text import content_words, sentences, stems, words

_ASKS = re.compile(
    r"\W*(?:so|and|but|then)?,?\s*(?:"
    r"what(?:[’']s| is| are)? (?:the )?(?:latest|newest|most recent|recent|new)\b"
    r"|what(?:[’']s| is| has| have)? (?:been )?(?:happening|going on|changed|developed)\b"
    r"|what(?:[’']s| has| have)? happened (?:since|after|with|lately|recently)\b"
    r"|what did (?:(?!(?:say|tell|think|call|do|about|of)\b).){1,60} change\b"
    r"|how (?:have|has) .{1,60} (?:changed|developed|moved on)\b"
    r"|(?:is|are) there any (?:news|updates?|developments?)\b|any (?:news|updates?|developments?)\b"
    r"|(?:the )?latest (?:news )?(?:on|about|from)\b|(?:update me|bring me up to date)\b"
    r")",
    re.I,
)
# What such questions are made of, besides what they are about.
_FRAME = frozenset(
    stems(
        "what s is are has have been the latest newest most recent recently lately new news update "
        "updates development developments happening happened going on changed change developed "
        "since after with about from any there me bring up to date so and but then moved did how"
    )
)
_SINCE = re.compile(r"\b(?:since|after)\b", re.I)
# The share of what a question is about, by weight, that a report has. This and the next were set on
# a dozen questions to the sample archive; `tests/assistant/test_news.py` has some.
_ABOUT = 0.6
# Likeness below which a passage that has the words is about something else, where no name is asked.
_ALIKE = 0.2
# Sentences of a passage that may tell what a report is about.
_FIRST = 3


@dataclass(frozen=True)
class Report:
    """What one article tells of a topic.

    Attributes:
        passage: the passage that tells it.
        start: where the sentence begins in the article's body.
        end: and ends.
        leads: whether the article is about it: its title or its opening says so.
        share: how much of the topic the sentence and the title have, 0 to 1.
    """

    passage: Passage
    start: int
    end: int
    leads: bool
    share: float

    @property
    def published(self) -> date:
        """The article's day; the first of all days where it has none."""
        return self.passage.article.published or date.min


def asks(question: str) -> bool:
    """Whether a question asks what is new, of something that it names."""
    return bool(_ASKS.match(question)) and not _FRAME.issuperset(stems(question))


def latest(question: str, passages: Sequence[Passage], rarity: Rarity) -> list[Report]:
    """The reports on what a question is about, one of each article, the latest first.

    Of a question about what came since an event, the last report on the event comes first, and then
    what later ones tell of it.

    Args:
        question: one that `asks`.
        passages: what was found for it.
        rarity: how much a stemmed word tells.
    """
    about = {
        _form(word): 1 + max(map(rarity, stems(word)), default=0.0)
        for word in content_words(question)
        if not _FRAME.issuperset(stems(word))
    }
    named = any(word[0].isupper() for word in question.split()[1:])
    best: dict[str, Report] = {}
    for passage in sorted(passages, key=lambda one: one.start):
        if not named and (passage.similarity or 1.0) < _ALIKE:
            continue
        for report in _reports(about, passage):
            known = best.get(passage.article.id)
            # Of two sentences that tell as much the earlier one: a report begins with its news.
            if report.share >= _ABOUT and (known is None or report.share > known.share + 0.2):
                best[passage.article.id] = report
    found = sorted(best.values(), key=lambda one: (one.published, one.share), reverse=True)
    event = next((one for one in found if one.leads), None)
    if event is None or not _SINCE.search(question):
        return [one for one in found if named or one.leads] or found
    later = [one for one in found if one.published > event.published]
    return [event, *reversed(later)]


def _reports(about: Mapping[str, float], passage: Passage) -> Iterator[Report]:
    """What the first sentences of a passage tell of a topic."""
    # A title made of the beginning is no second voice.
    title = set() if passage.article.title_made else _forms(passage.article.title)
    for place, (start, end) in enumerate(sentences(passage.text)[:_FIRST]):
        text = passage.text[start:end].rstrip()
        opens = passage.start == 0 and place == 0
        share = rank.coverage(about, _forms(text) | title if opens else _forms(text))
        leads = opens or rank.coverage(about, title) >= _ABOUT
        if len(text.split()) >= 4:
            at = passage.start + start
            yield Report(passage, at, at + len(text), leads, share)


def _forms(text: str) -> set[str]:
    return {_form(word) for word in words(text)}


def _form(word: str) -> str:
    """A word without its plural: nearer than a stem, by which a sinking is what four sinks do."""
    return word.removesuffix("s")
