"""The extractive reader: answers in the articles' own sentences, without a language model.

Each sentence of the best passages is scored by how near it is to the question in meaning, how many
of the question's telling words it (and the one before it) holds, whether it holds what kind of
thing is asked for (a name that is near to "airline"), whether other articles tell of the same
names and figures, how recent it is, and how well its passage matched. What gives orders to
assistants is left out. The best one to three answer; if even the best is too weak, the reader
abstains.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from assistant import candidates
from assistant.asked import Kind, asked
from assistant.orders import is_planted
from index import rank
from index.article import Article, Passage
from index.embed import Embedder
from index.query import Query
from index.rank import Rarity
from index.text import sentences, stems

# Passages read for an answer.
READ = 10
# Of their sentences, those compared in meaning: the best by all else.
COMPARED = 30
# Of those, the best whose names, and whose plain nouns, are compared with what is asked for.
NAMED, NOUNS = 12, 8
# Logits: the softmax over a question's sentences of their weighted sum is the chance of each to
# hold the answer (maximum likelihood, L2; RealTimeQA 2024q1 to q3 and the newsroom questions).
# The answer stands in the first sentence, and in what is said, of the answerable, abstentions
# counted as misses: q2 .374, .518; q3 .432, .511; newsroom suite: said .661; and 2024q4, which
# nothing was fitted on, .362, .536 (138 questions, ±.08), where the reader before this one, without
# "number", "type" and "news", gave .329, .476. Fitted on three of the four sets and asked on the
# other, "type" lifts the first sentence from .359 to .384 and the first three from .546 to .562.
WEIGHTS = {
    "meaning": 1.9,
    "words": 0.9,
    "before": 1.7,
    "kind": 0.9,
    "number": 1.6,
    "type": 0.9,
    "match": 2.2,
    "echo": 0.9,
    "recency": 0.9,
    "news": 0.7,
}
# The confidence below which the reader abstains: it refuses .28 of the newsroom suite's
# unanswerable questions and .12 of the answerable; .11 of 2024q4's answerable.
ABSTAIN_BELOW = 0.47
# Of sentences this near to the best, the latest report's comes first: a later or corrected one
# outranks an earlier one that says as much.
AS_GOOD = 0.4
# A further sentence joins the answer when its score is at most this far below the best: a chance
# of at least 1 to 7 against it.
JOINS_WITHIN = 2.0
MOST_SENTENCES = 3


@dataclass(frozen=True)
class Evidence:
    """A sentence that may answer the question.

    Attributes:
        article: where it stands.
        start: its first character's offset in the article's body.
        end: one past its last character's, white space after it left out.
        score: how well it answers, higher is better.
        confidence: how surely it answers at all, 0 to 1.
    """

    article: Article
    start: int
    end: int
    score: float
    confidence: float

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.article.body[self.start : self.end]


_DIGITS = re.compile(r"\d")
_NUMBER_WORD = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?"
    r"|thousands?|millions?|billions?|half|quarter|thirds?|none|no)\b",
    re.I,
)
_WHEN = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July"
    r"|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
    r"|yesterday|today|tomorrow|week|month|year|(?:19|20)\d\d|\d{1,2}(?::\d\d)? [ap]\.m)\b"
)
_WHY = re.compile(
    r"\b(?:because|due to|after|over|amid|since|so that|in order|to|citing|blam\w+|caus\w+|reason"
    r"|as a result|owing)\b"
)
_WHERE = re.compile(r"\b(?:in|at|on|near|off|outside|from|to)\s+(?:the\s+)?[A-Z]")
_NAME_OR_FIGURE = re.compile(
    r"(?:[A-Z][\w’'.-]*|\d[\d,.]*)(?:\s+(?:of|the|de|and|for)?\s*(?:[A-Z][\w’'-]*|\d[\d,.]*))*"
)
# Words that are written small, and questions about what is new.
_SMALL = re.compile(r"\b[a-z][\w’'-]*")
_OF_NOW = re.compile(
    r"\bthis (?:week|month|year)|\brecent(?:ly)?\b|\btoday\b|\byesterday\b|\blast week\b|\bnow\b"
    r"|\bjust\b|\bearlier this|\bnewly?\b",
    re.I,
)
_NAME = re.compile(r"(?<![.!?“\"]\s)(?<!^)\b[A-Z][\w’'-]+")


def holds(kind: Kind, sentence: str, question_stems: frozenset[str]) -> bool:
    """Whether a sentence holds the kind of thing that is asked for; not where that is any thing."""
    if kind == "number":
        return bool(_DIGITS.search(sentence) or _NUMBER_WORD.search(sentence))
    if kind == "time":
        return bool(_WHEN.search(sentence))
    if kind == "reason":
        return bool(_WHY.search(sentence))
    if kind == "place":
        return bool(_WHERE.search(sentence))
    if kind == "person":
        return any(not question_stems & set(stems(m[0])) for m in _NAME.finditer(sentence))
    return False


def read(
    query: Query, passages: Sequence[Passage], embedder: Embedder, rarity: Rarity
) -> list[Evidence]:
    """The sentences of the passages that may answer, as evidence, the best first.

    Args:
        query: the question, standing alone.
        passages: best first; only the first ten are read.
        embedder: compares meanings.
        rarity: how much a stemmed word tells.
    """
    said = [
        _Said(passage, start, end)
        for passage in passages[:READ]
        for start, end in _sentences(passage)
        if not is_planted(passage.article, start, end)
    ]
    telling = rank.telling(query.text, rarity)
    wanted = asked(query.text)
    own = frozenset(stems(query.text))
    soon = bool(_OF_NOW.search(query.text))
    features = [
        {
            "words": rank.coverage(telling, one.stems),
            "before": rank.coverage(telling, one.stems | _before(said, place)),
            "kind": float(holds(wanted.kind, one.text, own)),
            "match": one.passage.score,
            "recency": (recent := rank.recency(one.passage.article.published, query.as_of)),
            "news": recent * soon,
        }
        for place, one in enumerate(said)
    ]
    if wanted.kind == "number":
        for one, told in zip(said, features, strict=True):
            told["number"] = candidates.number_fit(query.text, wanted.noun, one.text, own)
    for told, echo in zip(features, _echoes(said, features, own), strict=True):
        told["echo"] = echo
    order = sorted(range(len(said)), key=lambda place: -_score(features[place]))[:COMPARED]
    if not order:
        return []
    vectors = embedder.embed([said[place].text for place in order])
    nearness = vectors @ embedder.embed_query(query.text)
    for place, near in zip(order, nearness, strict=True):
        features[place]["meaning"] = float(near)
    order.sort(key=lambda place: -_score(features[place]))
    small = frozenset(word for one in said for word in _SMALL.findall(one.text))
    could_be = [
        [
            *(candidates.names(said[place].text, small, own) if n < NAMED else ()),
            *(candidates.nouns(said[place].text, own) if n < NOUNS and not wanted.kind else ()),
        ]
        for n, place in enumerate(order)
    ]
    fits = candidates.fit(wanted, could_be, embedder, rarity)
    evidence = []
    for place, fit in zip(order, fits, strict=True):
        one, told = said[place], features[place]
        around = one.stems | set(stems(one.passage.text)) | set(stems(one.passage.article.title))
        confidence = 0.5 * told["meaning"] + 0.5 * rank.coverage(telling, around)
        evidence.append(
            Evidence(
                one.passage.article,
                one.start,
                one.end,
                _score(told | {"type": fit}),
                float(np.clip(confidence, 0, 1)),
            )
        )
    return sorted(evidence, key=lambda one: (-one.score, one.article.id, one.start))


@dataclass(frozen=True)
class _Said:
    """A sentence of a passage."""

    passage: Passage
    start: int
    end: int

    @cached_property
    def text(self) -> str:
        return self.passage.article.body[self.start : self.end]

    @cached_property
    def stems(self) -> set[str]:
        return set(stems(self.text))


def _score(features: Mapping[str, float]) -> float:
    return sum(WEIGHTS[name] * value for name, value in features.items())


def _before(said: Sequence[_Said], place: int) -> set[str]:
    """The stems of the sentence before one, where that is of the same passage."""
    if place and said[place - 1].passage is said[place].passage:
        return said[place - 1].stems
    return set()


def _echoes(
    said: Sequence[_Said], features: Sequence[Mapping[str, float]], own: frozenset[str]
) -> list[float]:
    """How much what each sentence tells beyond the question is told by other articles too, 0 to 1.

    Names and figures count, once an article, for as much as the sentence and its passage match the
    question: what answers is told again and again (as in Dumais et al. 2002, "Web Question
    Answering: Is More Always Better?", SIGIR, on redundancy).
    """
    told = [_told(one.text, own) for one in said]
    votes: dict[str, dict[str, float]] = {}
    for one, feature, names in zip(said, features, told, strict=True):
        weight = (one.passage.similarity or 0.0) * (0.3 + feature["words"])
        for name in names:
            voters = votes.setdefault(name, {})
            voters[one.passage.article.id] = max(voters.get(one.passage.article.id, 0.0), weight)
    counted = {name: sum(voters.values()) for name, voters in votes.items()}
    most = max(counted.values(), default=0.0) or 1.0
    return [
        2 / 9 * min(sum(counted[name] for name in names) / most, 3.0)
        + 1 / 3 * max((counted[name] for name in names), default=0.0) / most
        for names in told
    ]


def _told(sentence: str, own: frozenset[str]) -> set[str]:
    """The names and figures of a sentence, stemmed, without what the question says itself."""
    found = set()
    for match in _NAME_OR_FIGURE.finditer(sentence):
        words = match[0].strip(" .,'’")
        if match.start() == 0 and " " not in words and not _DIGITS.search(words):
            continue  # a sentence's first word is capital whatever it is
        if new := [stem for stem in stems(words) if stem not in own]:
            found.add(" ".join(new))
    return found


def choose(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The one to three sentences that answer: the best, and others nearly as good and not alike.

    The best comes first, or one nearly as good that was published later. None where the best is
    too weak to answer.
    """
    if not evidence or evidence[0].confidence < ABSTAIN_BELOW:
        return []
    chosen: list[Evidence] = []
    for one in evidence:
        if len(chosen) == MOST_SENTENCES or one.score < evidence[0].score - JOINS_WITHIN:
            break
        if not any(alike(one.text, other.text) for other in chosen):
            chosen.append(one)
    good = [one for one in chosen if one.score >= evidence[0].score - AS_GOOD]
    first = max(good, key=lambda one: one.article.published or date.min)
    return [first, *(one for one in chosen if one is not first)]


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same in nearly the same words (Jaccard over 0.7)."""
    a, b = set(stems(one)), set(stems(other))
    return len(a & b) > 0.7 * len(a | b)


def _sentences(passage: Passage) -> list[tuple[int, int]]:
    """Where the passage's sentences stand in the article; headings and fragments left out."""
    spans = []
    for start, end in sentences(passage.text):
        text = passage.text[start:end].rstrip()
        if len(text.split()) >= 4 and text.rstrip("”\"’')")[-1:] in ".!?…。":
            spans.append((passage.start + start, passage.start + start + len(text)))
    return spans
