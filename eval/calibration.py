"""What the reader's threshold costs: refusals and wrong answers at every confidence.

::

    python -m eval.calibration ARCHIVE --ask own:questions.jsonl
    python -m eval.calibration ARCHIVE --ask realtimeqa:2024q2 --foreign realtimeqa:2024q1

The archive's own questions are asked, those marked unanswerable among them, and foreign ones, which
it cannot answer because their articles are not in it. Printed is what each threshold refuses and
answers wrongly; the one in use is marked.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from assistant import reader
from assistant.chain import FOUND
from assistant.desk import Assistant
from assistant.followup import standalone
from assistant.settings import load
from eval import datasets
from eval.metrics.abstention import risk_coverage
from eval.report import risk_coverage as drawn
from eval.sample import Sample
from eval.text import share


@dataclass(frozen=True)
class Judged:
    """A question, answered whatever the confidence.

    Attributes:
        sure: how sure the reader is, 0 to 1.
        answerable: whether the archive answers it.
        right: whether its answer is said.
    """

    sure: float
    answerable: bool
    right: bool


def judge(desk: Assistant, samples: Iterable[Sample]) -> Iterator[Judged]:
    """Each sample's confidence, and whether its answer is right; those without evidence left out.

    Args:
        desk: the archive, open.
        samples: asked on their day, or on the last day of the archive where they have none.
    """
    last = desk.archive.holdings().last or date.today()
    for sample in samples:
        if not (sample.unanswerable or sample.evidence):
            continue
        question = standalone(sample.question, sample.history)
        query = desk.query(question, as_of=sample.as_of or last)
        passages = desk.archive.search(query, FOUND)
        evidence = reader.read(query, passages, desk.archive.embedder, desk.archive.rarity)
        said = " ".join(one.text for one in reader.choose(evidence, at_least=0.0))
        yield Judged(
            evidence[0].confidence if evidence else 0.0,
            not sample.unanswerable,
            not sample.unanswerable and share(sample.wanted, said) == 1,
        )


def table(judged: Sequence[Judged], thresholds: Iterable[float]) -> Iterator[str]:
    """A line for each threshold: what is refused, and how many of the answers are wrong."""
    yield "threshold  refused: unanswerable  answerable   answered  of these wrong"
    for threshold in thresholds:
        answered = [one for one in judged if one.sure >= threshold]
        refused = [
            1 - sum(one.answerable is kind for one in answered) / max(total, 1)
            for kind in (False, True)
            for total in [sum(one.answerable is kind for one in judged)]
        ]
        wrong = sum(not one.right for one in answered) / max(len(answered), 1)
        mark = " <- in use" if threshold == reader.ABSTAIN_BELOW else ""
        yield (
            f"{threshold:9.2f}{refused[0]:23.3f}{refused[1]:12.3f}"
            f"{len(answered) / len(judged):11.3f}{wrong:16.3f}{mark}"
        )


def _loaded(named: str, every: int, *, foreign: bool = False) -> Iterator[Sample]:
    kind, _, path = named.partition(":")
    for sample in datasets.load(kind, Path(path)).samples[::every]:
        if foreign:
            yield replace(sample, unanswerable=True, as_of=None)
        else:
            yield sample


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m eval.calibration", description=__doc__)
    parser.add_argument("archive", help="the archive's folder")
    parser.add_argument("--ask", action="append", default=[], metavar="FORMAT:PATH")
    parser.add_argument("--foreign", action="append", default=[], metavar="FORMAT:PATH")
    parser.add_argument("--every", type=int, default=1, help="ask every so many-th only")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="the curve, as SVG")
    given = parser.parse_args()
    samples = [one for named in given.ask for one in _loaded(named, given.every)]
    for named in given.foreign:
        samples += _loaded(named, given.every, foreign=True)
    with Assistant.open(given.archive, load(llm="")) as desk:
        judged = list(judge(desk, samples))
    if not judged:
        parser.error("none of these questions can be judged: give some with --ask or --foreign")
    steps = {round(0.05 * step, 2) for step in range(21)} | {reader.ABSTAIN_BELOW}
    print("\n".join(table(judged, sorted(steps))))
    if given.plot:
        curve = risk_coverage([(one.sure, one.right) for one in judged], len(judged))
        given.plot.write_text(str(drawn(curve, alone=True)), encoding="utf-8")


if __name__ == "__main__":
    main()
