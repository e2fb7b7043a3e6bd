"""A system under test that needs no model: it finds and answers by words in common."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from assistant.answer import Answer, Citation, Sentence
from index.article import Article, Passage

DAY = date(2024, 1, 31)
TOWNS = [f"{first}{last}" for first in ("Ash", "Bram", "Corn", "Dun", "Elm") for last in
         ("ford", "ham", "ley", "mere", "stow", "ton", "wick", "worth")]  # fmt: skip


def article(town: str) -> Article:
    return Article(
        title=f"{town} votes",
        body=f"The people of {town} voted on Sunday. The mayor of {town} is now {town}son.",
        source="Wire",
        published=date(2024, 1, 1 + TOWNS.index(town) % 28),
        path=f"/articles/{town}.txt",
    )


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


@dataclass
class Desk:
    """Answers with the second sentence of the best article; abstains where no town is known."""

    worse: int = 0  # of so many questions, one is answered from the wrong article
    fails: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    model = "words"

    @property
    def archive(self):
        return self

    def articles(self):
        return [article(town) for town in TOWNS]

    def search(self, question, k=10, *, as_of=None):
        seen = [a for a in self.articles() if as_of is None or a.published <= as_of]
        wrong = self.worse and sum(map(ord, question)) % self.worse == 0
        scored = [(len(words(question) & words(a.body)) * (-1 if wrong else 1), a) for a in seen]
        best = sorted(scored, key=lambda pair: (-pair[0], pair[1].title))[:k]
        return [Passage(a, 0, len(a.body), float(score), score / 10) for score, a in best]

    def ask(self, question, *, history=(), as_of=None):  # noqa: ARG002
        self.asked.append(question)
        if question in self.fails:
            raise RuntimeError("the lights went out")
        return self._answer(question, self.search(question, 5, as_of=as_of), as_of)

    def read(self, question, articles, *, as_of=None):
        return self._answer(question, [Passage(a, 0, len(a.body)) for a in articles], as_of)

    def choose(self, question, choices, *, as_of=None):
        text = "".join(passage.text for passage in self.search(question, 1, as_of=as_of))
        return next((i for i, choice in enumerate(choices) if choice in text), None)

    def _answer(self, question, passages, as_of):
        as_of = as_of or DAY
        if not any(town.lower() in question.lower() for town in TOWNS):
            return Answer(question, (), (), tuple(passages), as_of, self.model, abstained=True)
        body = passages[0].article.body
        start = body.find(". ") + 2
        citation = Citation(1, passages[0].article, start, len(body))
        sentences = (Sentence(citation.quote, (1,)),)
        return Answer(question, sentences, (citation,), tuple(passages), as_of, self.model)


def suite(folder: Path, questions: int = len(TOWNS), **declared: object) -> Path:
    """Write a suite about mayors, a quarter of it unanswerable, and return its file."""
    records = []
    for n, town in enumerate(TOWNS[:questions]):
        quote = f"The mayor of {town} is now {town}son"
        known = {
            "answers": [f"{town}son"],
            "evidence": [{"article": f"{town}.txt", "quote": quote}],
        }
        records.append({"id": f"q{n}", "question": f"Who is mayor of {town}?", "tags": ["mayor"]})
        if n % 4 == 3:
            nowhere = {"question": f"Who is mayor of Nowhere{n}?", "tags": ["nowhere"]}
            records[-1] |= nowhere | {"unanswerable": True}
        else:
            records[-1] |= known
    data = folder / "questions.jsonl"
    data.write_text("".join(json.dumps(record) + "\n" for record in records))
    values = {
        "name": "mayors",
        "version": 1,
        "dataset": "own",
        "data": "questions.jsonl",
        "as_of": DAY,
        "metrics": [
            "containment",
            "rejection",
            "passage.RR",
            "article.nDCG@10",
            "as_of_leak",
            "citation_recall",
            "crag",
        ],
        "gates": [{"metric": "containment", "margin": 0.15}],
    } | declared
    import yaml

    file = folder / "mayors.yaml"
    file.write_text(yaml.safe_dump(values))
    return file
