"""The extractive reader: answers in the articles' own sentences, without a language model.

Each sentence of the best passages is scored by how near it is to the question in meaning, how many
of the question's telling words it (or its surroundings) holds, whether it holds what kind of thing
is asked for, and how well its passage matched. The best one to three answer; if even the best is
too weak, the reader abstains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index import rank
from index.article import Article, Passage
from index.embed import Embedder
from index.rank import Rarity
from index.text import sentences, stems

# Passages read for an answer.
READ = 10
# Weights of a sentence's features, and the confidence below which the reader abstains.
WEIGHTS = {"meaning": 1.0, "words": 0.8, "context": 0.3, "kind": 0.4, "rank": 0.1, "match": 0.5}
ABSTAIN_BELOW = 0.5
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
    question: str, passages: Sequence[Passage], embedder: Embedder, rarity: Rarity
) -> list[Evidence]:
    """Every sentence of the passages as evidence, the best first.

    Args:
        question: what is asked, standing alone.
        passages: best first; only the first ten are read.
        embedder: compares meanings.
        rarity: how much a stemmed word tells.
    """
    found = [
        (place, passage, start, end)
        for place, passage in enumerate(passages[:READ])
        for start, end in _sentences(passage)
    ]
    if not found:
        return []
    telling = rank.telling(question, rarity)
    kind = asked_for(question)
    texts = [passage.article.body[start:end] for _, passage, start, end in found]
    vectors = embedder.embed(texts)
    meaning = vectors @ embedder.embed_query(question)
    evidence = []
    for (place, passage, start, end), text, near in zip(found, texts, meaning, strict=True):
        own = set(stems(text))
        around = own | set(stems(passage.text)) | set(stems(passage.article.title))
        inside = rank.coverage(telling, own)
        nearby = rank.coverage(telling, around)
        features = {
            "meaning": float(near),
            "words": inside,
            "context": nearby,
            "kind": float(holds(kind, text, frozenset(telling))),
            "rank": 1 / (1 + place),
            "match": passage.score,
        }
        score = sum(WEIGHTS[name] * value for name, value in features.items())
        confidence = float(np.clip(0.5 * near + 0.5 * nearby, 0, 1))
        evidence.append(Evidence(passage.article, start, end, score, confidence))
    return sorted(evidence, key=lambda one: (-one.score, one.article.id, one.start))


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
