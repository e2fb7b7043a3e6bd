"""`dateline eval`: measure, compare, gate, report. Results go to stdout, progress to stderr.

Exit codes: 0 done, 1 failed, 2 used wrongly; `gate` ends with 0 pass, 1 error, 2 bad config,
3 regression, 4 too small to tell.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import UsageError

if TYPE_CHECKING:
    from eval.run import Run
    from eval.runner import OnProgress

app = typer.Typer(
    help="Measure retrieval, answers, citations, time and abstention.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="A built-in suite, or a file.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where runs are kept.")]
Data = Annotated[
    str, typer.Option("--data", metavar="PATH", help="The dataset, where the suite has none.")
]
Name = Annotated[str, typer.Option("--name", help="What the run is called.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first questions.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_(
    runs: Annotated[Path | None, typer.Option("--runs", metavar="DIR", help="List runs.")] = None,
    suite: Annotated[str, typer.Option("--suite", help="Only runs of this suite.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the built-in suites, metrics and formats; or the runs in a folder, in one table."""
    if runs:
        _list_runs(runs, suite, as_json)
        return
    import inspect

    from eval import datasets
    from eval import suite as suites
    from eval.metrics import BUILT_IN

    found = {
        "suites": {name: suites.load_suite(name).about for name in suites.built_in()},
        "metrics": {
            name + "@k" * ("k" in inspect.signature(metric.score).parameters): metric.about
            for name, metric in BUILT_IN.items()
        }
        | {
            "article.MEASURE@k": "Any measure of ir-measures over articles, as in article.nDCG@10.",
            "passage.MEASURE@k": "The same over gold quotes, as in passage.Success@5.",
        },
        "datasets": {
            name: (loader.__doc__ or "").partition("\n")[0]
            for name, loader in datasets.FORMATS.items()
        },
    }
    if as_json:
        _print_json(found)
        return
    for kind, items in found.items():
        print(f"{kind}:")
        for name, about in items.items():
            print(f"  {name:22}{about}")


def _list_runs(folder: Path, suite: str, as_json: bool) -> None:
    from eval.run import Run

    finished = [Run.open(path.parent) for path in sorted(folder.glob("*/results.json"))]
    chosen = [run for run in finished if suite in ("", run.facts["suite"])]
    if as_json:
        _print_json({"runs": [_summary(run) for run in chosen]})
        return
    for name in dict.fromkeys(run.facts["suite"] for run in chosen):
        of_suite = [run for run in chosen if run.facts["suite"] == name]
        metrics = [
            metric
            for metric in of_suite[-1].facts["metrics"]
            if any(metric in r.facts["metrics"] and r.scores(metric) for r in of_suite)
        ]
        header = [name, *(run.name for run in of_suite)]
        _print_table(header, [[m, *(_mean(run, m) for run in of_suite)] for m in metrics])


def _mean(run: Run, metric: str) -> str:
    summary = run.results["metrics"].get(metric, {"scored": 0})
    return f"{summary['mean']:.3f} ({summary['scored']})" if summary["scored"] else "–"


@app.command()
def validate(suite: SuiteName, data: Data = "") -> None:
    """Check a suite's file and its dataset; what is wrong is told with file and line."""
    from eval.suite import load_suite

    found = load_suite(suite)
    if found.data or data:
        dataset = found.load(data)
        print(f"{found.name} v{found.version}: {len(dataset.samples)} questions. Nothing is wrong.")
    else:
        print(f"{found.name} v{found.version}: nothing is wrong; with --data its dataset is read.")


@app.command()
def lint(
    suite: SuiteName,
    data: Data = "",
    run: Annotated[Path | None, typer.Option("--run", help="A run to look over too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find gold data that cannot be right; ends with 1 if there is any."""
    from eval.lint import lint as look_over
    from eval.run import Run
    from eval.suite import load_suite

    findings = look_over(load_suite(suite).load(data), Run.open(run) if run else None)
    if as_json:
        _print_json({"findings": [vars(finding) for finding in findings]})
    else:
        for finding in findings:
            print(f"{finding.sample or 'dataset'}: {finding.problem}")
        _say(f"{len(findings)} findings.")
    if findings:
        raise typer.Exit(1)


@app.command()
def run(
    suite: SuiteName,
    runs: Runs,
    data: Data = "",
    name: Name = "",
    limit: Limit = None,
    llm: Annotated[
        str, typer.Option("--llm", metavar="MODEL", help="What writes the answers [default: none].")
    ] = "",
    judge: Annotated[
        str, typer.Option("--judge", metavar="MODEL", help="A model that judges [default: rules].")
    ] = "",
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Questions asked at a time.")] = 1,
    rate: Annotated[float, typer.Option("--rate", min=0, help="Most questions a minute.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Run a suite, and leave a folder of scores and reports; no language model by default."""
    from eval.runner import run_suite

    with _progress() as show:
        finished = run_suite(
            suite, runs, on_progress=show, data=data, name=name, limit=limit, llm=llm,
            judge=judge, jobs=jobs, rate=rate,
        )  # fmt: skip
    _print_run(finished, as_json)


@app.command()
def resume(run: RunFolder, as_json: AsJson = False) -> None:
    """Go on with a run that was stopped, and ask again what failed."""
    from eval.runner import resume as go_on

    with _progress() as show:
        finished = go_on(run, on_progress=show)
    _print_run(finished, as_json)


@app.command()
def score(
    suite: SuiteName,
    predictions: Annotated[list[Path], typer.Argument(metavar="FILE…", help="JSON Lines.")],
    runs: Runs,
    data: Data = "",
    name: Name = "",
    limit: Limit = None,
    first_choice: Annotated[
        int, typer.Option("--first-choice", min=0, max=1, help="Index of the first choice.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Score predictions from elsewhere; RealTime QA's archived outputs are read as they are."""
    from eval.predictions import score as score_predictions

    finished = score_predictions(
        suite, predictions, runs, first_choice=first_choice, data=data, name=name, limit=limit
    )
    _print_run(finished, as_json, unpredicted_is_done=True)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The folder of a run.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another of the same questions.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs question by question: differences, how sure they are, and what flipped."""
    from eval.comparison import compare as compare_runs
    from eval.run import Run

    found = compare_runs(Run.open(before), Run.open(after))
    if as_json:
        _print_json(found.to_dict())
        return
    header = ["metric", "n", found.before, found.after, "change", "95% interval", "p (Holm)",
              "detectable", "verdict"]  # fmt: skip
    _print_table(
        header,
        [
            [
                c.metric, str(c.difference.n), f"{c.difference.before:.3f}",
                f"{c.difference.after:.3f}", f"{c.difference.change:+.3f}",
                f"{c.difference.low:+.3f} … {c.difference.high:+.3f}", f"{c.p:.3f}",
                f"{c.difference.detectable:.3f}", c.verdict,
            ]
            for c in found.changes
        ],
    )  # fmt: skip
    for flip in found.flips:
        now = "now right" if flip.now_right else f"now wrong ({flip.cause})"
        print(f"{flip.id}: {now}: {flip.question}")


@app.command()
def gate(
    run: RunFolder,
    baseline: Annotated[Path, typer.Option("--baseline", metavar="RUN", help="What to hold to.")],
    as_json: AsJson = False,
) -> None:
    """Hold a run to its suite's gates: ends with 0 pass, 3 regression, 4 too small to tell."""
    from eval import comparison
    from eval.run import Run

    held, against = Run.open(run), Run.open(baseline)
    for each in (held, against):
        if errors := each.results["errors"]:
            _say(f"dateline: {errors} questions of {each.folder} failed: resume it first.")
            raise typer.Exit(1)
    verdicts = comparison.gate(held, against)
    code = comparison.exit_code(verdicts)
    if as_json:
        _print_json({"exit": code, "gates": [vars(verdict) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            print(f"{comparison.VERDICTS[verdict.code]}: {verdict.metric}: {verdict.why}")
    raise typer.Exit(code)


@app.command()
def report(
    run: RunFolder,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help='People\'s labels, {"id", "label": 0 or 1} a line.'),
    ] = None,
    metric: Annotated[str, typer.Option("--metric", help="What they label.")] = "correctness",
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Also a plot, as .svg.")
    ] = None,
) -> None:
    """Write a run's reports again; with people's labels, say what its judge is worth."""
    from eval import report as reports
    from eval.run import Run

    opened = Run.open(run)
    if labels:
        from eval.judge import calibrate

        calibrate(opened, metric, labels)
    reports.write(opened)
    print(opened.folder / "report.html")
    if plot:
        plot.write_text(reports.plot(opened), encoding="utf-8")
        print(plot)


@app.command()
def export(
    run: RunFolder,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .csv or a .jsonl.")],
) -> None:
    """Write a run's scores as a table, a row for each question."""
    from eval.run import Run

    frame = Run.open(run).frame()
    writers = {
        ".csv": frame.to_csv,
        ".jsonl": lambda path: frame.reset_index().to_json(path, orient="records", lines=True),
    }
    if to.suffix not in writers:
        raise UsageError(f"{to}: the table is written as {', '.join(writers)}.")
    writers[to.suffix](to)
    print(to)


def _summary(run: Run) -> dict[str, Any]:
    facts = ("suite", "version", "name", "started", "seconds")
    results = ("questions", "errors", "right", "missed", "metrics", "causes")
    return (
        {"run": str(run.folder), "model": run.facts.get("model", "")}
        | {key: run.facts[key] for key in facts if key in run.facts}
        | {key: run.results[key] for key in results}
    )


def _print_run(run: Run, as_json: bool, unpredicted_is_done: bool = False) -> None:
    from eval import report as reports

    if as_json:
        _print_json(_summary(run))
    else:
        print(reports.markdown(run))
        print(run.folder / "report.html")
    if run.results["errors"] and not unpredicted_is_done:
        _say(
            f"{run.results['errors']} questions failed and are unscored: "
            f"`dateline eval resume {run.folder}` asks them again."
        )
        raise typer.Exit(1)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _print_table(header: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    print()


def _say(message: str) -> None:
    print(message, file=sys.stderr)


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """A progress bar on stderr for each stage, with the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield show
