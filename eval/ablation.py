"""What each part of retrieval is worth, and where the ranker's weights come from.

::

    python -m eval.ablation DATA=ARCHIVE…           a row for each part, against the row before
    python -m eval.ablation --fit DATA=ARCHIVE…     weights fitted; and tried on each left out

DATA is a folder in RealTime QA's form, or a suite (`newsroom`); its articles are put into ARCHIVE,
where they are not there yet (a quarter of RealTime QA takes minutes). All is over the answerable
questions, each as of its day.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval import datasets
from eval.metrics.retrieval import answer_recall, answerable
from eval.sample import Outcome, Sample
from eval.stats import interval, paired
from eval.suite import load_suite
from eval.text import normalised, stands
from index.archive import Archive
from index.article import Passage
from index.rank import WEIGHTS, Candidate, Counted
from index.retrieve import PROPOSED, RANKED
from index.understand import narrowed

DEPTHS = (1, 5, 20)
# Reciprocal rank fusion gives some hundredths; times this, its best is about one, as the features'.
_FUSED = 30
# How strongly large weights are held back when they are fitted.
_PENALTY = 0.03

Floats = NDArray[np.float64]
Order = Callable[["Asked"], list[Passage]]


@dataclass(frozen=True)
class Asked:
    """A question with all that retrieval saw of it.

    Attributes:
        sample: the question.
        candidates: all that the two indexes propose, best fused first.
        features: of those that are ranked, by name.
        found: what a search gives in the end.
        said: whether an article that it may see has the answer, word for word.
    """

    sample: Sample
    candidates: list[Candidate]
    features: list[dict[str, float]]
    found: list[Passage]
    said: bool

    def recall(self, ranking: Sequence[Passage], k: int) -> float:
        """Answer recall of a ranking, from 0 to 1."""
        return answer_recall(self.sample, Outcome(ranking=tuple(ranking)), k=k) or 0.0

    def ranked(self, weights: dict[str, float]) -> list[Passage]:
        """The ranked candidates in the order of a weighted sum of features."""
        scores = [sum(w * told[name] for name, w in weights.items()) for told in self.features]
        order = np.argsort([-score for score in scores], kind="stable")
        return [self.candidates[place].passage for place in order]


def ask(data: str, archive_folder: Path) -> list[Asked]:
    """Ask an archive, into which its articles are put first, a dataset's answerable questions."""
    if Path(data).is_dir():
        dataset = datasets.load("realtimeqa", Path(data))
    else:
        dataset = load_suite(data).load("")
    with Archive.open(archive_folder) as archive:
        archive.ingest(dataset.corpus)
        bodies = [
            (article.published or date.min, normalised(f"{article.title} {article.body}"))
            for article in archive.articles()
        ]
        return [_ask(archive, sample, bodies) for sample in dataset.samples if answerable(sample)]


def _ask(archive: Archive, sample: Sample, bodies: Sequence[tuple[date, str]]) -> Asked:
    query = narrowed(archive.query(sample.question, as_of=sample.as_of))
    candidates = archive.retriever.candidates(query, 2 * PROPOSED)
    ranked = candidates[:RANKED]
    features = [
        told | {"fused": _FUSED * one.fused}
        for one, told in zip(ranked, Counted(archive.rarity).features(query, ranked), strict=True)
    ]
    said = all(
        any(
            day <= query.as_of and stands(normalised(alias), body)
            for alias in part
            for day, body in bodies
        )
        for part in sample.wanted
    )
    return Asked(sample, candidates, features, archive.search(query, max(DEPTHS)), said)


def _by(place: Callable[[Candidate], int | None]) -> Order:
    """The candidates that one index proposes, in its order."""

    def order(asked: Asked) -> list[Passage]:
        mine = [(at, one.passage) for one in asked.candidates if (at := place(one)) is not None]
        return [passage for _, passage in sorted(mine, key=lambda pair: pair[0])]

    return order


def _weighing(**weights: float) -> Order:
    return lambda asked: asked.ranked(weights)


_TIME = {"fused": 1.0, "recency": WEIGHTS["recency"]}
ROWS: dict[str, Order] = {
    "dense": _by(lambda one: one.dense_place),
    "lexical": _by(lambda one: one.lexical_place),
    "fused": _weighing(fused=1.0),
    "+ recency": _weighing(**_TIME),
    "+ dates": _weighing(**_TIME, dated=WEIGHTS["dated"]),
    "+ ranking": _weighing(**WEIGHTS),
    "+ collapse": lambda asked: asked.found,
}


def table(questions: Sequence[Asked]) -> str:
    """A Markdown table: each row's answer recall, and its change from the row before."""
    lines = [
        "| | " + " | ".join(f"@{k} | change" for k in DEPTHS) + " |",
        "|---" * (1 + 2 * len(DEPTHS)) + "|",
    ]
    weeks = {asked.sample.id: _week(asked.sample) for asked in questions}
    before: dict[int, dict[str, float]] = {}
    for name, order in ROWS.items():
        rankings = [(asked, order(asked)) for asked in questions]
        cells = [name]
        for k in DEPTHS:
            now = {asked.sample.id: asked.recall(ranking, k) for asked, ranking in rankings}
            low, high = interval(list(now.values()), [weeks[key] for key in now])
            cells.append(f"{np.mean(list(now.values())):.3f} ({low:.3f} – {high:.3f})")
            change = paired(before[k], now, weeks) if k in before else None
            cells.append(
                f"{change.change:+.3f} ({change.low:+.3f} – {change.high:+.3f})" if change else ""
            )
            before[k] = now
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def losses(questions: Sequence[Asked]) -> str:
    """A Markdown table: how far into the rankings the answers stand, and how many nowhere."""
    everything = max(len(asked.candidates) for asked in questions)
    places: dict[str, Callable[[Asked], float]] = {
        f"in the first {k} found": partial(_found, k=k) for k in DEPTHS
    }
    places |= {
        f"among the {RANKED} that are ranked": partial(_proposed, k=RANKED),
        "among all that the indexes propose": partial(_proposed, k=everything),
        "in the articles, word for word": lambda asked: float(asked.said),
    }
    rows = [
        f"| {place} | {np.mean([share(asked) for asked in questions]):.3f} |"
        for place, share in places.items()
    ]
    return "\n".join(["| the answer stands | of the questions |", "|---|---:|", *rows])


def _found(asked: Asked, k: int) -> float:
    return asked.recall(asked.found, k)


def _proposed(asked: Asked, k: int) -> float:
    return asked.recall([one.passage for one in asked.candidates], k)


def _week(sample: Sample) -> str:
    return f"{sample.as_of:%G-W%V}" if sample.as_of else sample.id


def fit(questions: Sequence[Asked]) -> dict[str, float]:
    """The weights under which a passage with the answer most likely comes first.

    Maximises the softmax probability that an answering passage leads (ListNet's top-one model, Cao
    et al., ICML 2007, §4), with an L2 penalty on the weights of standardised features, by L-BFGS.

    Returns:
        The weights as multiples of the similarity's size.
    """
    lists: list[tuple[Floats, NDArray[np.bool_]]] = []
    for asked in questions:
        told = np.array([[one[name] for name in WEIGHTS] for one in asked.features])
        right = np.array(
            [asked.recall([one.passage], 1) > 0 for one in asked.candidates[: len(told)]]
        )
        if right.any() and not right.all():
            lists.append((told, right))
    spread = np.concatenate([told - told.mean(axis=0) for told, _ in lists]).std(axis=0)
    spread[spread < 1e-9] = 1.0  # a feature that never differs

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, gradient = 0.0, np.zeros_like(weights)
        for told, right in lists:
            scores = told / spread @ weights
            share = np.exp(scores - scores.max())
            share /= share.sum()
            leading = share * right / share[right].sum()
            total -= float(np.log(share[right].sum()))
            gradient += (told / spread).T @ (share - leading)
        n = len(lists)
        return total / n + _PENALTY * float(
            weights @ weights
        ), gradient / n + 2 * _PENALTY * weights

    fitted = minimize(loss, np.zeros(len(WEIGHTS)), jac=True, method="L-BFGS-B").x / spread
    return dict(zip(WEIGHTS, (fitted / abs(fitted[0])).tolist(), strict=True))


def left_out(sets: dict[str, list[Asked]]) -> str:
    """Each set's answer recall by weights fitted to the others, and by those that are shipped."""
    lines = []
    for name, mine in sets.items():
        others = [asked for other, theirs in sets.items() if other != name for asked in theirs]
        for kind, weights in (("fitted to the others", fit(others)), ("as shipped", WEIGHTS)):
            recalls = [
                float(np.mean([asked.recall(asked.ranked(weights), k) for asked in mine]))
                for k in DEPTHS
            ]
            told = "  ".join(
                f"@{k} {recall:.3f}" for k, recall in zip(DEPTHS, recalls, strict=True)
            )
            lines.append(f"{name:12} {kind:22} {told}")
    return "\n".join(lines)


def main() -> None:
    """Ask, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m eval.ablation")
    parser.add_argument("--fit", action="store_true", help="fit the ranker's weights")
    parser.add_argument("pairs", nargs="+", metavar="DATA=ARCHIVE")
    told = parser.parse_args()
    sets = {}
    for pair in told.pairs:
        data, _, archive = pair.partition("=")
        if not archive:
            parser.error(f"{pair!r} names no archive: give DATA=ARCHIVE.")
        sets[Path(data).name] = ask(data, Path(archive))
    questions = [asked for mine in sets.values() for asked in mine]
    if told.fit:
        fitted = fit(questions)
        print(
            "\n".join(f"{name:12} {fitted[name]:.3f}  shipped {WEIGHTS[name]}" for name in fitted)
        )
        print(left_out(sets))
    else:
        print(f"{', '.join(sets)}: {len(questions)} answerable questions\n\n{table(questions)}")
        print(f"\n{losses(questions)}")


if __name__ == "__main__":
    main()
