"""The extractive reader: answers in the articles' own sentences, without a language model.

Each sentence of the best passages is scored by how near it is to the question in meaning, how many
of the question's telling words it (and the one before it) holds, whether it holds what kind of
thing is asked for, whether other articles tell of the same names and figures, how recent it is, and
how well its passage matched. What gives orders to assistants is left out. The best one to three
answer; if even the best is too weak, the reader abstains.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assistant.orders import is_planted
from index import rank
from index.article import Article, Passage
from index.embed import Embedder
from index.query import Query
from index.rank import Rarity
from index.text import sentences, stems

# Passages read for an answer.
READ = 10
# Of their sentences, those compared in meaning: the best by all else. At 12 nothing changes yet.
COMPARED = 24
# Fitted by random search on RealTimeQA 2024q2 and q3 and the newsroom questions, then rounded. The
# answer stands in the first sentence, and in the first three, of the answerable questions:
# q2 .352, .528; q3 .400, .564; newsroom .429, .629; and 2024q4, not looked at, .329, .476. Weights
# chosen by hand without echo and recency gave .225, .423; .307, .479; .400, .667; .245, .427.
WEIGHTS = {
    "meaning": 0.55,
    "words": 0.45,
    "before": 0.3,
    "kind": 0.4,
    "match": 0.5,
    "echo": 0.6,
    "recency": 0.4,
}
# The confidence below which the reader abstains. On the newsroom questions and on 2024q4's (those
# without their answer in the archive), .45 refuses .20 and .43 of the unanswerable, .09 and .06 of
# the answerable; .50 refuses .34 and .52, and .16 and .13.
ABSTAIN_BELOW = 0.47
# A further sentence joins the answer when it scores this share of the best.
JOINS_AT = 0.88
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
_NAME = re.compile(r"(?<![.!?“\"]\s)(?<!^)\b[A-Z][\w’'-]+")


def asked_for(question: str) -> str:
    """The kind of thing a question asks for: who, when, where, number, why, or "" for any."""
    text = question.lower()
    if re.search(
        r"\bhow (?:many|much|old|long|far|high|big|large|often)\b"
        r"|\bwhat (?:percent|number|share|proportion)",
        text,
    ):
        return "number"
    for kind, pattern in (
        ("when", r"\bwhen\b|\b(?:what|which) (?:day|date|month|year|time|week)\b"),
        (
            "where",
            r"\bwhere\b|\b(?:what|which|in which|in what) (?:city|country|town|place|state|port)\b",
        ),
        ("who", r"\bwho(?:se|m)?\b|\bwhich (?:person|player|actor|singer|minister|company)\b"),
        ("why", r"\bwhy\b|\bwhat (?:caused|led|prompted)\b|\bfor what reason\b"),
    ):
        if re.search(pattern, text):
            return kind
    return ""


def holds(kind: str, sentence: str, question_stems: frozenset[str]) -> bool:
    """Whether a sentence holds the kind of thing that is asked for."""
    if kind == "number":
        return bool(_DIGITS.search(sentence) or _NUMBER_WORD.search(sentence))
    if kind == "when":
        return bool(_WHEN.search(sentence))
    if kind == "why":
        return bool(_WHY.search(sentence))
    if kind == "where":
        return bool(_WHERE.search(sentence))
    if kind == "who":
        return any(not question_stems & set(stems(m[0])) for m in _NAME.finditer(sentence))
    return True


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
    kind = asked_for(query.text)
    asked = frozenset(stems(query.text))
    features = [
        {
            "words": rank.coverage(telling, one.stems),
            "before": rank.coverage(telling, one.stems | _before(said, place)),
            "kind": float(holds(kind, one.text, asked)),
            "match": one.passage.score,
            "recency": rank.recency(one.passage.article.published, query.as_of),
        }
        for place, one in enumerate(said)
    ]
    for told, echo in zip(features, _echoes(said, features, asked), strict=True):
        told["echo"] = echo
    order = sorted(range(len(said)), key=lambda place: -_score(features[place]))[:COMPARED]
    if not order:
        return []
    vectors = embedder.embed([said[place].text for place in order])
    evidence = []
    for place, near in zip(order, vectors @ embedder.embed_query(query.text), strict=True):
        one = said[place]
        around = one.stems | set(stems(one.passage.text)) | set(stems(one.passage.article.title))
        confidence = 0.5 * near + 0.5 * rank.coverage(telling, around)
        evidence.append(
            Evidence(
                one.passage.article,
                one.start,
                one.end,
                _score(features[place] | {"meaning": float(near)}),
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
    said: Sequence[_Said], features: Sequence[Mapping[str, float]], asked: frozenset[str]
) -> list[float]:
    """How much what each sentence tells beyond the question is told by other articles too, 0 to 1.

    Names and figures count, once an article, for as much as the sentence and its passage match the
    question: what answers is told again and again (as in Dumais et al. 2002, "Web Question
    Answering: Is More Always Better?", SIGIR, on redundancy).
    """
    told = [_told(one.text, asked) for one in said]
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


def _told(sentence: str, asked: frozenset[str]) -> set[str]:
    """The names and figures of a sentence, stemmed, without what the question says itself."""
    found = set()
    for match in _NAME_OR_FIGURE.finditer(sentence):
        words = match[0].strip(" .,'’")
        if match.start() == 0 and " " not in words and not _DIGITS.search(words):
            continue  # a sentence's first word is capital whatever it is
        if new := [stem for stem in stems(words) if stem not in asked]:
            found.add(" ".join(new))
    return found


def choose(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The one to three sentences that answer: the best, and others nearly as good and not alike.

    Sentences of one article keep their order in it. None where the best is too weak to answer.
    """
    if not evidence or evidence[0].confidence < ABSTAIN_BELOW:
        return []
    chosen: list[Evidence] = []
    for one in evidence:
        if len(chosen) == MOST_SENTENCES or one.score < JOINS_AT * evidence[0].score:
            break
        if not any(alike(one.text, other.text) for other in chosen):
            chosen.append(one)
    order = {one.article.id: place for place, one in reversed(list(enumerate(chosen)))}
    return sorted(chosen, key=lambda one: (order[one.article.id], one.start))


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
