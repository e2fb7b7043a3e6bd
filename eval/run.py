"""A run on disk, and what its numbers come to.

::

    <time>_<suite>_<name>/
        run.json        what was run, with what, on what; its state, seconds and tokens
        samples.jsonl   one line a question, written as it finishes; a killed run goes on from there
        results.json    means with intervals, slices, causes of misses, risk and coverage
        *.run *.qrels   the rankings in TREC's format, over articles and over gold quotes
        report.md  report.html  junit.xml

`results.json` depends on nothing but the scores: two runs that score the same have the same file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval import stats
from eval.metrics.abstention import area, risk_coverage
from index.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: where it is.
        facts: what `run.json` says.
        records: what `samples.jsonl` says, one a question, in the dataset's order.
        results: what `results.json` says.
    """

    folder: Path
    facts: dict[str, Any]
    records: tuple[Record, ...]
    results: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> Run:
        """Read a run.

        Raises:
            UsageError: the folder is none, or the run did not finish.
        """
        folder = Path(folder).expanduser()
        facts = read_facts(folder)
        if not (folder / "results.json").is_file():
            raise UsageError(f"The run {folder} did not finish: `dateline eval resume {folder}`.")
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        return cls(folder, facts, tuple(read_records(folder)), results)

    @property
    def name(self) -> str:
        """The folder's name, or the name the run was given."""
        return str(self.facts["name"] or self.folder.name)

    def scores(self, metric: str) -> dict[str, float]:
        """A metric's scores by question; the unscored are left out."""
        return {
            record["id"]: record["scores"][metric]
            for record in self.records
            if record["scores"].get(metric) is not None
        }

    @cached_property
    def clusters(self) -> dict[str, str]:
        """The cluster of each question."""
        return {record["id"]: record["cluster"] for record in self.records}

    def frame(self) -> pd.DataFrame:
        """A data frame with a row for each question and a column for each metric."""
        import pandas as pd

        columns = ("id", "question", "as_of", "tags", "right", "cause", "error", "seconds")
        rows = [{c: record[c] for c in columns} | record["scores"] for record in self.records]
        return pd.DataFrame(rows).set_index("id")


def read_facts(folder: Path) -> dict[str, Any]:
    """A run's `run.json`.

    Raises:
        UsageError: the folder holds no run.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} is not the folder of a run: {error}.") from error
    return facts


def read_records(folder: Path) -> list[Record]:
    """The questions that were finished, in the dataset's order; of one tried twice, the last try.

    A line that a killed run left half-written is passed over.
    """
    path = folder / "samples.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
    records: dict[str, Record] = {}
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        records[record["id"]] = record
    return sorted(records.values(), key=lambda record: record["n"])


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file; what was there stays whole until the new one is."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def aggregate(
    records: Sequence[Record], metrics: Sequence[str], slices: Sequence[str] = ()
) -> dict[str, Any]:
    """What the scores come to: the content of `results.json`.

    Args:
        records: in the dataset's order.
        metrics: their names.
        slices: tags to break the numbers down by; all that occur if none are given.
    """
    tags = slices or list(dict.fromkeys(tag for record in records for tag in record["tags"]))
    judged = [record for record in records if record["right"] is not None]
    answered = [
        (record["sure"], record["right"]) for record in judged if record["sure"] is not None
    ]
    curve = risk_coverage(answered, len(judged))
    return {
        "questions": len(records),
        "errors": sum(bool(record["error"]) for record in records),
        "right": sum(record["right"] is True for record in records),
        "missed": sum(record["right"] is False for record in records),
        "metrics": {name: _summary(name, records) for name in metrics},
        "slices": {
            tag: {"questions": len(within)}
            | {name: summary for name in metrics if (summary := _summary(name, within))["scored"]}
            for tag in tags
            if (within := [record for record in records if tag in record["tags"]])
        },
        "causes": dict(Counter(r["cause"] for r in records if r["cause"]).most_common()),
        "risk_coverage": {"curve": curve, "area": area(curve)},
    }


def share_right(records: Sequence[Record]) -> dict[str, Any]:
    """The share of questions answered rightly, with its interval; `scored` could be told."""
    return _summed([(record["right"], record["cluster"]) for record in records])


def _summary(metric: str, records: Sequence[Record]) -> dict[str, Any]:
    return _summed([(record["scores"].get(metric), record["cluster"]) for record in records])


def _summed(scores: Sequence[tuple[float | None, str]]) -> dict[str, Any]:
    scored = [(float(score), cluster) for score, cluster in scores if score is not None]
    summary: dict[str, Any] = {"scored": len(scored), "unscored": len(scores) - len(scored)}
    if scored:
        values, clusters = zip(*scored, strict=True)
        low, high = stats.interval(values, clusters)
        summary |= {"mean": sum(values) / len(values), "low": low, "high": high}
    return summary
