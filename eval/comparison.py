"""Two runs of one suite, question by question: what changed, and whether it is more than luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from eval.run import Run
from eval.stats import ALPHA, Difference, holm, paired
from index.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

# Exit codes of `dateline eval gate`, worst first where gates differ.
PASS, REGRESSION, TOO_SMALL = 0, 3, 4
VERDICTS = {PASS: "pass", REGRESSION: "regression", TOO_SMALL: "too small to tell"}


@dataclass(frozen=True)
class Change:
    """One metric in two runs.

    Attributes:
        metric: its name.
        higher_is_better: its direction.
        difference: of the questions both have scored.
        p: of no difference, made safe for looking at several metrics (Holm).
    """

    metric: str
    higher_is_better: bool
    difference: Difference
    p: float

    @property
    def loss(self) -> float:
        """By how much it became worse; below 0 where it became better."""
        change = self.difference.change
        return -change if self.higher_is_better else change

    @property
    def verdict(self) -> str:
        """better, worse, or no difference that can be told from luck."""
        if self.p >= ALPHA:
            return "no difference to be told"
        return "worse" if self.loss > 0 else "better"


@dataclass(frozen=True)
class Flip:
    """A question that one run has right and the other wrong.

    Attributes:
        id: the question's.
        question: as asked.
        now_right: whether the second run has it right.
        cause: why the wrong one missed it.
    """

    id: str
    question: str
    now_right: bool
    cause: str


@dataclass(frozen=True)
class Comparison:
    """Two runs compared.

    Attributes:
        before: the first run's name.
        after: the second's.
        changes: by metric, in the suite's order.
        flips: the questions that changed sides.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    flips: tuple[Flip, ...]

    def to_dict(self) -> dict[str, Any]:
        """The comparison as `dateline eval compare --json` prints it."""
        return asdict(self) | {
            "changes": [
                asdict(change) | {"change": change.difference.change, "verdict": change.verdict}
                for change in self.changes
            ]
        }

    def frame(self) -> pd.DataFrame:
        """A data frame with a row for each metric."""
        import pandas as pd

        rows = [
            {"metric": c.metric, "change": c.difference.change, "p_holm": c.p, "verdict": c.verdict}
            | asdict(c.difference)
            for c in self.changes
        ]
        return pd.DataFrame(rows).set_index("metric")


@dataclass(frozen=True)
class Gated:
    """A gate's verdict.

    Attributes:
        metric: what was gated.
        code: 0 pass, 3 regression, 4 too small to tell.
        why: in words, with the numbers.
    """

    metric: str
    code: int
    why: str


def compare(before: Run, after: Run, metrics: Sequence[str] = ()) -> Comparison:
    """Compare two runs on the questions both have scored.

    Args:
        before: the baseline.
        after: the change.
        metrics: which; by default all that both have. Holm's correction is over these.

    Raises:
        UsageError: the runs are not of the same questions.
    """
    for key in ("suite", "version", "questions"):
        if before.facts[key] != after.facts[key]:
            raise UsageError(
                f"{before.folder} and {after.folder} cannot be compared: their {key} differ "
                f"({before.facts[key]}, {after.facts[key]})."
            )
    chosen = metrics or [name for name in after.facts["metrics"] if name in before.facts["metrics"]]
    differences = {
        name: found
        for name in chosen
        if (found := paired(before.scores(name), after.scores(name), after.clusters))
    }
    adjusted = holm([difference.p for difference in differences.values()])
    return Comparison(
        before.name,
        after.name,
        tuple(
            Change(name, after.facts["metrics"][name]["higher_is_better"], difference, p)
            for (name, difference), p in zip(differences.items(), adjusted, strict=True)
        ),
        tuple(_flips(before, after)),
    )


def _flips(before: Run, after: Run) -> list[Flip]:
    earlier = {record["id"]: record for record in before.records}
    return [
        Flip(r["id"], r["question"], r["right"], r["cause"] or earlier[r["id"]]["cause"] or "")
        for r in after.records
        if r["id"] in earlier and {r["right"], earlier[r["id"]]["right"]} == {True, False}
    ]


def gate(run: Run, baseline: Run) -> list[Gated]:
    """Hold a run to its suite's gates against a baseline.

    A gate is a *regression* if the mean passes its bounds, or if a loss beyond its margin is
    significant (5%, Holm over the gates); *too small to tell* if a loss of its margin would go
    unnoticed more than one time in five; else it passes.

    Raises:
        UsageError: the suite has no gates, the runs cannot be compared, or a gated metric is
            scored on no question of both.
    """
    gates = run.facts["gates"]
    if not gates:
        raise UsageError(f"The suite {run.facts['suite']!r} declares no gates.")
    comparison = compare(baseline, run, [gate["metric"] for gate in gates])
    changes = {change.metric: change for change in comparison.changes}
    if missing := [gate["metric"] for gate in gates if gate["metric"] not in changes]:
        raise UsageError(f"No question is scored in both runs for: {', '.join(missing)}.")
    return [_gated(gate, changes[gate["metric"]], run) for gate in gates]


def _gated(gate: dict[str, Any], change: Change, run: Run) -> Gated:
    found, margin = change.difference, gate["margin"]
    mean = run.results["metrics"][change.metric]["mean"]
    if gate["min"] is not None and mean < gate["min"]:
        return Gated(change.metric, REGRESSION, f"{mean:.3f} is below {gate['min']:g}")
    if gate["max"] is not None and mean > gate["max"]:
        return Gated(change.metric, REGRESSION, f"{mean:.3f} is above {gate['max']:g}")
    told = f"{found.before:.3f} → {found.after:.3f} on {found.n} questions, p = {change.p:.3f}"
    if change.loss > margin and change.p < ALPHA:
        return Gated(change.metric, REGRESSION, f"{told}: a loss of more than {margin:g}")
    if found.detectable > margin:
        return Gated(
            change.metric,
            TOO_SMALL,
            f"{told}: a loss of {margin:g} could go unnoticed, {found.detectable:.3f} not",
        )
    return Gated(change.metric, PASS, told)


def exit_code(verdicts: Sequence[Gated]) -> int:
    """The worst of the verdicts: a regression, else too small to tell, else pass."""
    codes = {verdict.code for verdict in verdicts}
    return next((code for code in (REGRESSION, TOO_SMALL) if code in codes), PASS)
