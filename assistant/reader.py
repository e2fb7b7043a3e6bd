"""The extractive reader: answers in the articles' own sentences, without a language model.

Each sentence of the best passages is scored by how near it is to the question in meaning, how many
of the question's telling words it and the one before it hold, and its passage and title; whether
it holds what kind of thing is asked for (a name that is near to "airline"), whether other articles
tell of the same names and figures, how recent it is, and how near its passage is. What gives
orders to assistants is left out. The best one to three answer; if even the best is not sure enough,
the reader abstains.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from assistant import candidates, news
from assistant.asked import Asked, asked, to_come
from assistant.orders import is_planted
from assistant.verify.clause import NO_NAMES
from assistant.verify.lexicon import same
from index import rank
from index.article import Article, Passage
from index.dates import find_dates
from index.embed import Embedder
from index.language import ENGLISH, language, question_language
from index.query import Query
from index.rank import Rarity
from index.text import HAN, content_words, sentences, stems, unaccented

# Passages read for an answer.
READ = 20
# Of their sentences, those compared in meaning: the best by all else.
COMPARED = 30
# Of those, the best whose names, and whose plain nouns, are compared with what is asked for.
NAMED, NOUNS = 12, 8
# Logits: the softmax over a question's sentences of their weighted sum is the chance of each to
# hold the answer (maximum likelihood, L2; RealTimeQA 2024q1 to q3 and the newsroom questions).
# Fitted on three of the four and asked on the other, the answer stands in the first sentence, and
# in the first three: q1 .359 .615, q2 .345 .554, q3 .424 .583, newsroom .475 .670, mean .401 .606;
# by the ten features before, on the same passages, .392 .583. Without "type" the mean falls by
# .037 .030, without "echo" by .048 .024. What was tried besides, 2024q4, which nothing was fitted
# on, and where the rest is lost: docs/reader.md. The ranker's scores are left out, so that another
# ranker does not move the threshold below.
WEIGHTS = {
    "meaning": 2.6,
    "before": 1.55,
    "around": 2.0,
    "kind": 1.2,
    "number": 1.8,
    "type": 0.8,
    "similarity": 1.25,
    "echo": 0.75,
    "recency": 1.35,
}
# The chance that the archive answers at all, a logit again, from the best sentence: fitted to tell
# answerable questions from the newsroom suite's unanswerable ones and from other quarters' ones
# asked of the archives of 2024q1 and q2. Area under the ROC curve, on what it was not fitted to:
# .672 of the newsroom's near misses, .88 and .83 of the foreign (.665, .86 and .80 by half the
# meaning and half the words around). What a sentence names, holds and counts told nothing more.
SURE = {"meaning": 2.7, "around": 2.4, "nearest": 5.35}
SURE_AT = -5.98
# The likeness of passages that were given, not found.
GIVEN = 0.6
# The confidence below which the reader abstains: `python -m eval.calibration` shows what it costs.
ABSTAIN_BELOW = 0.32
# Of sentences this near to the best, the latest report's comes first: a later or corrected one
# outranks an earlier one that says as much.
AS_GOOD = 0.4
# Characters of a sentence together with those before it that say who "he" is.
_LONGEST = 500
# A number that is asked for moves: the latest report that gives it comes first, even one this much
# worse than the best; but not one that has less of what is asked, or whose passage is that much
# less like the question: its number is another's. Of 573 questions (2024q1 to q3, newsroom) 244
# first sentences are right so, 236 where any number counted, 239 where none did.
SUPERSEDES = 4.0
AS_LIKE = 0.2
# A further sentence joins the answer when its score is at most this far below the best: a chance
# of at least 1 to 20 against it.
JOINS_WITHIN = 3.0
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
        counts: of how many of the things that the question says it gives the number that is asked
            for; 0 where it does not, or not of all that the question names.
        likeness: of its passage to the question, as a cosine.
    """

    article: Article
    start: int
    end: int
    score: float
    confidence: float
    counts: int = 0
    likeness: float = 0.0

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
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_MONTH = re.compile(rf"\b(?:{_MONTHS})\b")
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_WHEN = re.compile(
    rf"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|{_MONTHS}"
    r"|yesterday|today|tomorrow|week|month|year|(?:19|20)\d\d|\d{1,2}(?::\d\d)? [ap]\.m)\b"
)
_WHY = re.compile(
    r"\b(?:because|due to|after|over|amid|since|so that|in order|to|citing|blam\w+|caus\w+|reason"
    r"|as a result|owing)\b"
)
_WHERE = re.compile(r"\b(?:in|at|on|near|off|outside|from|to)\s+(?:the\s+)?(?=[A-Z])")
_NAME_OR_FIGURE = re.compile(
    r"(?:[A-Z][\w’'.-]*|\d[\d,.]*)(?:\s+(?:of|the|de|and|for)?\s*(?:[A-Z][\w’'-]*|\d[\d,.]*))*"
)
# A sentence that says nothing to whoever has not read the one before.
_POINTS_BACK = re.compile(
    r"(?:(?:And|But|So|Then|Now|Later|Instead|Still|Yet),? )?(?:He|She|They|His|Her|Their)\b", re.I
)
# What a page says of itself, and not its report.
_BOILERPLATE = re.compile(
    r"\W*(?:(?:sign up|subscribe|read (?:more|also|next)|click here|tap here|follow (?:us|\w+ on)"
    r"|download (?:the|our) app|(?:photo|image|picture|photograph)s? (?:by|credit|courtesy)"
    r"|copyright|all rights reserved|(?:with|additional) (?:assistance|reporting)"
    r"|this (?:story|article|page|report) (?:has been|was) (?:updated|first published|originally)"
    r"|(?:reporting|editing|writing|compiled) by|have a (?:news )?tip|advertisement"
    r"|contact (?:us|the (?:author|reporter)))\b"
    r"|(?:watch|listen|related|see also|earlier|more from)\s*:|©)",
    re.I,
)
_WORDS = re.compile(rf"[{HAN}]|[^\s{HAN}]+")
# Stems as of "Chinese" and "Mexican"; and names that a text may well have in another form.
_ADJECTIVE = re.compile(r"(?:ian|an|es|ish|i|ch)\Z")
_OTHERWISE = re.compile(
    r"[A-Z]{2,4}|(?:French|Dutch|Danish|Welsh|Spanish|Swiss|Polish|English)(?:men)?"
    r"|Britain|British|Americans?|United|States|Kingdom|Nations|Union"
)
# By what else a state is named: by where its government sits.
_SEATS = {
    state: frozenset(seats)
    for line in (
        "Russia Moscow Kremlin", "China Beijing", "Ukraine Kyiv Kiev", "Iran Tehran",
        "Israel Jerusalem", "France Paris Elysee", "Germany Berlin", "Italy Rome", "Spain Madrid",
        "Japan Tokyo", "India Delhi", "Pakistan Islamabad", "Turkey Ankara", "Syria Damascus",
        "Egypt Cairo", "Poland Warsaw", "Hungary Budapest", "Belarus Minsk", "Cuba Havana",
        "Venezuela Caracas", "Taiwan Taipei", "Vietnam Hanoi", "Canada Ottawa",
        "Australia Canberra", "Europe Brussels", "America Washington", "England London",
    )
    for state, *seats in [stems(line)]
}  # fmt: skip
# What stands before a place, which may go without saying.
_PLACED = re.compile(r"\b(?:in|at|near|from|of|across|outside)\s(?:the\s)?(?:[A-Z]?\w+\s)?\Z")
# Words that even a heading writes small, as "What Caused the Fire at the Mill" does.
_LINKS = frozenset("a an the of in on at for and or to by with from".split())
# Words that are written small.
_SMALL = re.compile(r"\b[a-z][\w’'-]*")
_NAME = re.compile(r"(?<![.!?“\"]\s)(?<!^)\b[A-Z][\w’'-]+")


def holds(wanted: Asked, sentence: str, question_stems: frozenset[str]) -> bool:
    """Whether a sentence holds the kind of thing that is asked for; not where that is any thing."""
    kind = wanted.kind
    if kind == "number":
        return bool(_DIGITS.search(sentence) or _NUMBER_WORD.search(sentence))
    if kind == "time":
        of = {"year": _YEAR, "month": _MONTH}.get(wanted.noun, _WHEN)
        return bool(of.search(sentence))
    if kind == "reason":
        return bool(_WHY.search(sentence))
    if kind == "place":
        return any(not _WHEN.match(sentence, match.end()) for match in _WHERE.finditer(sentence))
    if kind == "person":
        return any(not question_stems & set(stems(m[0])) for m in _NAME.finditer(sentence))
    return False


def read(
    query: Query, passages: Sequence[Passage], embedder: Embedder, rarity: Rarity
) -> list[Evidence]:
    """The sentences of the passages that may answer, as evidence, the best first.

    Args:
        query: the question, standing alone.
        passages: best first; only the first twenty are read.
        embedder: compares meanings.
        rarity: how much a stemmed word tells.
    """
    if news.asks(query.text) and (reports := news.latest(query.text, passages, rarity)):
        return [
            Evidence(one.passage.article, one.start, one.end, float(-place), 1.0)
            for place, one in enumerate(reports)
            if not is_planted(one.passage.article, one.start, one.end)
        ]
    evidence = [
        Evidence(
            one.passage.article,
            one.opens,
            one.end,
            _score(told, WEIGHTS),
            confidence(told),
            _counted(query.text, one, told),
            told["similarity"],
        )
        for one, told in weigh(query, passages, embedder, rarity)
    ]
    return sorted(evidence, key=lambda one: (-one.score, one.article.id, one.start))


def weigh(
    query: Query, passages: Sequence[Passage], embedder: Embedder, rarity: Rarity
) -> list[tuple[_Said, dict[str, float]]]:
    """The sentences worth comparing, each with its features by name; as `read`, in no order."""
    said = [said for passage in passages[:READ] for said in _sentences(passage)]
    telling = rank.telling(query.text, rarity)
    wanted = asked(query.text)
    own = frozenset(stems(query.text))
    ahead = wanted.kind in ("time", "place") and to_come(query.text)
    around = {
        passage.id: rank.coverage(telling, {*stems(passage.article.title), *stems(passage.text)})
        for passage in passages[:READ]
    }
    features = [
        {
            "before": rank.coverage(telling, one.stems | _before(said, place)),
            "around": around[one.passage.id],
            "kind": float(holds(wanted, one.text, own) and (not ahead or one.looks_ahead(wanted))),
            "similarity": _likeness(one.passage),
            "recency": rank.recency(one.passage.article.published, query.as_of),
        }
        for place, one in enumerate(said)
    ]
    if wanted.kind == "number":
        for one, told in zip(said, features, strict=True):
            told["number"] = candidates.number_fit(query.text, wanted.noun, one.text, own)
    near = [
        candidates.nearness(
            rank.coverage(telling, one.stems),
            told["around"],
            told["similarity"],
            told["recency"],
        )
        for one, told in zip(said, features, strict=True)
    ]
    for told, echo in zip(features, _echoes(said, near, own, rarity), strict=True):
        told["echo"] = echo
    order = sorted(range(len(said)), key=lambda place: -_score(features[place], WEIGHTS))
    order = order[:COMPARED]
    if not order:
        return []
    vectors = embedder.embed([said[place].text for place in order])
    nearness = vectors @ embedder.embed_query(query.text)
    for place, likeness in zip(order, nearness, strict=True):
        features[place]["meaning"] = float(likeness)
    order.sort(key=lambda place: -_score(features[place], WEIGHTS))
    small = frozenset(word for one in said for word in _SMALL.findall(one.text))
    could_be = [
        [
            *(candidates.names(said[place].text, small, own) if n < NAMED else ()),
            *(candidates.nouns(said[place].text, own) if n < NOUNS and not wanted.kind else ()),
        ]
        for n, place in enumerate(order)
    ]
    fits = candidates.fit(wanted, could_be, embedder, rarity)
    nearest = max(map(_likeness, passages[:10]))
    for place, fit in zip(order, fits, strict=True):
        features[place] |= {"type": fit, "nearest": nearest}
    return [(said[place], features[place]) for place in order]


@dataclass(frozen=True)
class _Said:
    """A sentence of a passage; to be understood it may have to be read from `opens` on."""

    passage: Passage
    start: int
    end: int
    opens: int

    @cached_property
    def text(self) -> str:
        return self.passage.article.body[self.start : self.end]

    @cached_property
    def stems(self) -> set[str]:
        return set(stems(self.text))

    def looks_ahead(self, wanted: Asked) -> bool:
        """Whether it tells what is to come: a day after its article's, or where what will be."""
        written = self.passage.article.published
        if written is None or (wanted.kind == "place" and to_come(self.text)):
            return True
        return any(day.first > written for day in find_dates(self.text, written))


def _counted(question: str, one: _Said, told: Mapping[str, float]) -> int:
    """Of how many of the things that a question says a sentence gives the number.

    0 where it gives no number that is asked for, or lacks a name.
    """
    named, rest = _parts(question)
    if told.get("number", 0.0) < candidates.COUNTS or not named <= one.stems:
        return 0
    return sum(not alike.isdisjoint(one.stems) for alike in rest) if rest else 1


@lru_cache(maxsize=64)
def _parts(question: str) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
    """The stems of the names in a question; and of all else but what it counts, in any words."""
    named = {stem for match in _NAME.finditer(question) for stem in stems(match[0])}
    counted = set(stems(asked(question).noun))
    rest = {stem for word in content_words(question) for stem in stems(word)} - named - counted
    return frozenset(named), tuple(same(stem) for stem in sorted(rest))


def _score(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weight * features.get(name, 0.0) for name, weight in weights.items())


def confidence(features: Mapping[str, float]) -> float:
    """How surely a sentence with these features answers at all, 0 to 1."""
    return 1 / (1 + math.exp(-SURE_AT - _score(features, SURE)))


def _likeness(passage: Passage) -> float:
    return GIVEN if passage.similarity is None else passage.similarity


def _before(said: Sequence[_Said], place: int) -> set[str]:
    """The stems of the sentence before one, where that is of the same passage."""
    if place and said[place - 1].passage is said[place].passage:
        return said[place - 1].stems
    return set()


def _echoes(
    said: Sequence[_Said], near: Sequence[float], own: frozenset[str], rarity: Rarity
) -> list[float]:
    """How much each sentence names of what the articles name near to what is asked.

    What answers is told again and again (as in Dumais et al. 2002, "Web Question Answering: Is More
    Always Better?", SIGIR, on redundancy), and a rare name does not stand there by chance: a
    name's or a figure's weight is relative to the heaviest, and a sentence's is their sum.

    Args:
        said: the sentences.
        near: how near each is to what is asked.
        own: the question's stems.
        rarity: how much a stemmed word tells.
    """
    if len({one.passage.article.id for one in said}) < 2:
        return [0.0 for _ in said]  # nothing is told again: names would only favour long sentences
    told = [_told(one.text, own) for one in said]
    votes: dict[str, dict[str, float]] = {}
    for one, nearness, names in zip(said, near, told, strict=True):
        article = one.passage.article.id
        for name in names:
            voters = votes.setdefault(name, {})
            voters[article] = max(voters.get(article, 0.0), nearness)
    weights = {
        name: (0.01 + sum(vote**2 for vote in voters.values()))
        * (1 + sum(1 + rarity(stem) for stem in name.split())) ** 1.5
        for name, voters in votes.items()
    }
    most = max(weights.values(), default=1.0)
    return [sum(weights[name] for name in names) / most for names in told]


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


def unnamed(question: str, passages: Sequence[Passage], rarity: Rarity) -> list[str]:
    """The names in an English question that nothing in the archive bears: it cannot tell of them.

    One that may be borne in another form ("Chinese" of China, Russia as "Moscow") is not, nor a
    place that may go without saying ("Where in California …?"). Of
    RealTimeQA's 1,118 questions of 2024q1 to q3, asked of their quarters, 22 have such a name,
    and the archive answers none of these.
    """
    heading = not any(word not in _LINKS for word in _SMALL.findall(question))
    given = not passages or passages[0].similarity is None  # without an archive
    told = {language(passages[0].article.body), question_language(question)} if passages else set()
    if heading or given or told != {ENGLISH}:
        return []
    texts = (f"{one.article.title} {one.article.source} {one.text}" for one in passages)
    read = {stem for text in texts for stem in stems(unaccented(text))}
    nowhere = rarity("")

    def borne(stem: str) -> bool:
        begins = stem[: 4 if _ADJECTIVE.search(stem) else 5]
        alike = len(begins) >= 4 and any(other.startswith(begins) for other in read)
        seated = not _SEATS.get(stem, frozenset()).isdisjoint(read)
        return stem in read or alike or seated or rarity(stem) < nowhere

    found = []
    for match in _NAME.finditer(question):
        name = re.sub(r"[’']s?\Z", "", match[0])
        known = set(stems(unaccented(name))) - NO_NAMES
        aside = _OTHERWISE.fullmatch(name) or _PLACED.search(question[: match.start()])
        if known and not aside and not any(map(borne, known)):
            found.append(name)
    return list(dict.fromkeys(found))


def small_words(passages: Sequence[Passage]) -> frozenset[str]:
    """The words that the passages read write small: at a sentence's start they are no name."""
    return frozenset(word for one in passages[:READ] for word in _SMALL.findall(one.text))


def choose(evidence: Sequence[Evidence], at_least: float = ABSTAIN_BELOW) -> list[Evidence]:
    """The one to three sentences that answer: the best, and others nearly as good and not alike.

    The best comes first, or one nearly as good that was published later. None where the best is
    not so sure to answer.
    """
    if not evidence or evidence[0].confidence < at_least:
        return []
    chosen: list[Evidence] = []
    for one in evidence:
        if len(chosen) == MOST_SENTENCES or one.score < evidence[0].score - JOINS_WITHIN:
            break
        if not any(alike(one.text, other.text) for other in chosen):
            chosen.append(one)
    good = [one for one in chosen if one.score >= evidence[0].score - AS_GOOD]
    if chosen[0].counts:
        good += [one for one in evidence if _supersedes(one, chosen[0])]
    first = max(good, key=lambda one: (one.article.published or date.min, one.score))
    return [first, *(one for one in chosen if one is not first)][:MOST_SENTENCES]


def _supersedes(one: Evidence, best: Evidence) -> bool:
    """Whether a sentence gives the same number as the best one, so that the later is to be told."""
    near = one.score >= best.score - SUPERSEDES and one.likeness >= best.likeness - AS_LIKE
    return one.counts >= best.counts and near


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same in nearly the same words (Jaccard over 0.7)."""
    a, b = set(stems(one)), set(stems(other))
    return len(a & b) > 0.7 * len(a | b)


def _sentences(passage: Passage) -> list[_Said]:
    """The passage's sentences; headings, fragments, boilerplate and orders left out.

    One that begins with "He" opens with the sentence before, which says who that is.
    """
    found: list[_Said] = []
    before: _Said | None = None
    for start, end in sentences(passage.text):
        text = passage.text[start:end].rstrip()
        start, end = passage.start + start, passage.start + start + len(text)
        whole = len(_WORDS.findall(text)) >= 4 and text.rstrip("”\"'’)」")[-1:] in ".!?…。！？"
        if not whole or _BOILERPLATE.match(text) or is_planted(passage.article, start, end):
            before = None
            continue
        back = before and _POINTS_BACK.match(text) and end - before.opens <= _LONGEST
        before = _Said(passage, start, end, before.opens if before and back else start)
        found.append(before)
    return found
