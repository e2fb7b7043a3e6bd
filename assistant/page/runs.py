"""Past evaluation runs, as `dateline eval` leaves them in a folder: read as the files they are.

The formats are told in `eval/run.py`; this package may not import it. What a newer or older harness
has left out is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: where it is.
        facts: what `run.json` says: suite, name, started, model, metrics.
        results: what `results.json` says: means with intervals, slices, causes.
    """

    folder: Path
    facts: dict[str, Any]
    results: dict[str, Any]

    @property
    def title(self) -> str:
        """When it was started, its suite and its name."""
        parts = (
            self.facts["started"][:16].replace("T", " "),
            self.facts["suite"],
            self.facts["name"],
        )
        return " · ".join(filter(None, parts))

    @property
    def right(self) -> float | None:
        """The share of the judged questions that it has right, None if none was judged."""
        judged = self.results["right"] + self.results["missed"]
        return self.results["right"] / judged if judged else None

    def mean(self, metric: str) -> float | None:
        """A metric's mean, None if no question was scored."""
        mean: float | None = self.results["metrics"].get(metric, {}).get("mean")
        return mean

    def records(self) -> tuple[Record, ...]:
        """Its questions in the dataset's order, each with what was answered and scored."""
        path = self.folder / "samples.jsonl"
        return _records(path, path.stat().st_mtime)


@dataclass(frozen=True)
class Change:
    """A metric in two runs, over the questions that both have scored.

    Attributes:
        before: its mean in the one run.
        after: its mean in the other.
        better: questions that score better in the other.
        worse: questions that score worse in it.
    """

    before: float
    after: float
    better: int
    worse: int


def finished(folder: Path) -> list[Run]:
    """The finished runs in a folder, newest first; what cannot be read is left out."""
    runs = []
    for path in folder.glob("*/results.json"):
        try:
            facts = json.loads((path.parent / "run.json").read_text("utf-8"))
            run = Run(path.parent, facts, json.loads(path.read_text("utf-8")))
            _ = run.title, run.right
        except (OSError, ValueError, KeyError, TypeError):
            continue
        runs.append(run)
    return sorted(runs, key=_age, reverse=True)


def _age(run: Run) -> tuple[str, float]:
    return run.facts["started"], (run.folder / "results.json").stat().st_mtime


def comparable(before: Run, after: Run) -> bool:
    """Whether two runs are of the same questions, as `dateline eval compare` demands."""
    return all(
        before.facts.get(key) == after.facts.get(key) for key in ("suite", "version", "questions")
    )


def changes(before: Run, after: Run) -> dict[str, Change]:
    """By metric, what changed between two runs on the questions that both have scored."""
    earlier = {record["id"]: record["scores"] for record in before.records()}
    found = {}
    for metric, about in after.facts["metrics"].items():
        pairs = [
            (earlier[record["id"]][metric], record["scores"][metric])
            for record in after.records()
            if record["scores"].get(metric) is not None
            and earlier.get(record["id"], {}).get(metric) is not None
        ]
        if pairs:
            rise = sum(new > old for old, new in pairs)
            fall = sum(new < old for old, new in pairs)
            better, worse = (rise, fall) if about["higher_is_better"] else (fall, rise)
            old_mean, new_mean = (sum(scores) / len(pairs) for scores in zip(*pairs, strict=True))
            found[metric] = Change(old_mean, new_mean, better, worse)
    return found


def flipped(before: Run, after: Run) -> set[str]:
    """The ids of the questions that one run has right and the other wrong."""
    earlier = {record["id"]: record["right"] for record in before.records()}
    return {
        record["id"]
        for record in after.records()
        if {record["right"], earlier.get(record["id"])} == {True, False}
    }


@lru_cache(maxsize=4)
def _records(path: Path, _changed: float) -> tuple[Record, ...]:
    records = {record["id"]: record for record in _lines(path)}
    return tuple(sorted(records.values(), key=lambda record: record["n"]))


def _lines(path: Path) -> Iterator[Record]:
    # Not splitlines(): a text may hold other line ends than the file's own.
    for line in path.read_text("utf-8").split("\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the last line of a run that was killed, or none at all
