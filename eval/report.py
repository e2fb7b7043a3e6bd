"""What a run leaves for people and for other programs: Markdown, one HTML file, JUnit, TREC."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from eval.attribution import CAUSES
from eval.run import Record, Run, share_right

# Misses shown of each cause, the surest first.
SHOWN = 8
# Metrics a slice is shown by: the gated ones, else the suite's first.
SLICED_BY = 4


def write(run: Run) -> None:
    """Write all of a run's reports into its folder."""
    folder = run.folder
    (folder / "report.md").write_text(markdown(run), encoding="utf-8")
    (folder / "report.html").write_text(page(run), encoding="utf-8")
    (folder / "junit.xml").write_bytes(junit(run))
    for level in ("article", "passage"):
        ranked = [(r["id"], r["trec"][level]) for r in run.records if level in r["trec"]]
        if ranked:
            write_lines(folder / f"{level}.qrels", _qrels(ranked))
            write_lines(folder / f"{level}.run", _rankings(ranked))


def write_lines(path: Path, lines: Iterator[str]) -> None:
    """Write a text file of lines."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _qrels(ranked: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    for key, level in ranked:
        for document, grade in level["qrels"].items():
            yield f"{key} 0 {document} {grade}"


def _rankings(ranked: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    for key, level in ranked:
        for rank, document in enumerate(level["run"], 1):
            yield f"{key} Q0 {document} {rank} {-rank} dateline"


# Tables


def rows(run: Run) -> list[dict[str, Any]]:
    """The run's metrics with what is said of each, in the suite's order."""
    return [
        {"name": name} | about | run.results["metrics"][name]
        for name, about in run.facts["metrics"].items()
    ]


def sliced_by(run: Run) -> list[str]:
    """The metrics that slices are shown by."""
    scored = [row["name"] for row in rows(run) if row["scored"]]
    gated = [gate["metric"] for gate in run.facts["gates"] if gate["metric"] in scored]
    return list(dict.fromkeys([*gated, *scored]))[:SLICED_BY]


def headline(run: Run) -> str:
    """The run in one line."""
    results = run.results
    told = results["right"] + results["missed"]
    parts = [f"{results['right']} of {told} questions right" if told else "no question judged"]
    if unjudged := results["questions"] - told - results["errors"]:
        parts.append(f"{unjudged} not judged")
    if results["errors"]:
        why = "without a prediction" if "scored_from" in run.facts else "failed"
        parts.append(f"{results['errors']} {why} (unscored)")
    return ", ".join(parts)


def markdown(run: Run) -> str:
    """The run's tables in Markdown."""
    facts, results = run.facts, run.results
    lines = [
        f"# {facts['suite']} v{facts['version']}: {run.name}",
        "",
        f"{headline(run)}. Answered by {facts.get('model', 'nothing')}, {facts['started']}.",
        "",
        "| metric | mean | 95% interval | scored | unscored |",
        "|---|---:|---|---:|---:|",
    ]
    for row in rows(run):
        arrow = "" if row["higher_is_better"] else " ↓"
        numbers = (
            f"{row['mean']:.3f} | {row['low']:.3f} – {row['high']:.3f}" if row["scored"] else "– |"
        )
        lines.append(f"| {row['name']}{arrow} | {numbers} | {row['scored']} | {row['unscored']} |")
    if results["causes"]:
        lines += ["", "| why questions were missed | |", "|---|---:|"]
        lines += [f"| {cause} | {count} |" for cause, count in results["causes"].items()]
    if results["slices"]:
        names = sliced_by(run)
        lines += ["", f"| slice | questions | {' | '.join(names)} |"]
        lines += ["|---|---:|" + "---:|" * len(names)]
        for tag, within in results["slices"].items():
            means = [f"{within[name]['mean']:.3f}" if name in within else "–" for name in names]
            lines.append(f"| {tag} | {within['questions']} | {' | '.join(means)} |")
    return "\n".join(lines) + "\n"


def junit(run: Run) -> bytes:
    """The run as a JUnit test suite: a case for each question."""
    records = run.records
    suite = ElementTree.Element(
        "testsuite",
        name=f"dateline eval {run.facts['suite']}",
        tests=str(len(records)),
        failures=str(run.results["missed"]),
        errors=str(run.results["errors"]),
        skipped=str(sum(r["right"] is None and not r["error"] for r in records)),
    )
    for record in records:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"{run.facts['suite']}.{(record['tags'] or ['question'])[0]}",
            name=f"{record['id']}: {_printable(record['question'])}",
            time=str(record["seconds"]),
        )
        if record["error"]:
            ElementTree.SubElement(case, "error", message=_printable(record["error"]))
        elif record["right"] is None:
            ElementTree.SubElement(case, "skipped", message="not judged")
        elif not record["right"]:
            failure = ElementTree.SubElement(case, "failure", message=record["cause"])
            failure.text = _printable((record["answer"] or {}).get("answer", ""))
    written: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written


def _printable(text: str) -> str:
    """A text without the control characters that XML cannot hold."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")


# The page


def page(run: Run) -> str:
    """The run as one self-contained HTML file."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("eval").joinpath("report.html").read_text(encoding="utf-8")
    calibration = run.folder / "calibration.json"
    return environment.from_string(source).render(
        run=run,
        facts=run.facts,
        results=run.results,
        headline=headline(run),
        rows=rows(run),
        sliced_by=sliced_by(run),
        causes=[(cause, run.results["causes"].get(cause, 0)) for cause in CAUSES],
        misses=list(_misses(run.records)),
        errors=[record for record in run.records if record["error"]],
        whisker=whisker,
        risk=risk_coverage(run.results["risk_coverage"]["curve"]),
        latency=latency([r["seconds"] for r in run.records if r["seconds"]]),
        calibration=json.loads(calibration.read_text()) if calibration.is_file() else None,
    )


def _misses(records: Sequence[Record]) -> Iterator[tuple[str, int, list[Record]]]:
    for cause in CAUSES:
        missed = [record for record in records if record["cause"] == cause]
        if missed:
            missed.sort(key=lambda record: -(record["sure"] or 0))
            yield cause, len(missed), missed[:SHOWN]


# Plots: small SVGs that take their colours from the page


def _svg(width: int, height: int, label: str, *marks: str) -> Any:
    from markupsafe import Markup

    return Markup(  # noqa: S704 - made of numbers and our own words
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{html.escape(label)}">'
        f"{''.join(marks)}</svg>"
    )


def whisker(row: dict[str, Any]) -> Any:
    """A mean as a dot, with its interval, on a line from 0 (or -1) to 1."""
    first = -1 if row["low"] < 0 else 0
    last = max(1.0, row["high"])

    def x(value: float) -> str:
        return f"{5 + 150 * (value - first) / (last - first):.1f}"

    return _svg(
        160, 14, f"{row['mean']:.3f}, 95% interval {row['low']:.3f} to {row['high']:.3f}",
        '<line class="axis" x1="5" x2="155" y1="7" y2="7"/>',
        f'<line class="axis" x1="{x(0)}" x2="{x(0)}" y1="3" y2="11"/>',
        f'<line class="range" x1="{x(row["low"])}" x2="{x(row["high"])}" y1="7" y2="7"/>',
        f'<circle class="dot" cx="{x(row["mean"])}" cy="7" r="3.5"/>',
    )  # fmt: skip


def plot(run: Run) -> str:
    """The share of questions answered rightly, by tag: an SVG that stands alone, light and dark."""
    groups = {"all questions": run.records} | {
        tag: [r for r in run.records if tag in r["tags"]] for tag in run.results["slices"]
    }
    shares = ((tag, share_right(records)) for tag, records in groups.items())
    told = [(tag, share) for tag, share in shares if share["scored"]]
    height = 26 * len(told) + 44

    def x(share: float) -> float:
        return round(190 + 380 * share, 1)

    marks = [
        f'<line class="axis" x1="{x(share)}" x2="{x(share)}" y1="10" y2="{height - 34}"/>'
        f'<text x="{x(share)}" y="{height - 16}" text-anchor="middle">{share:.0%}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    for n, (tag, share) in enumerate(told):
        y = 24 + 26 * n
        low, high = x(share["low"]), x(share["high"])
        marks.append(
            f'<text class="tag" x="176" y="{y + 4}" text-anchor="end">{html.escape(tag)}</text>'
            f'<line class="range" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
            f'<circle class="dot" cx="{x(share["mean"])}" cy="{y}" r="4.5"/>'
            f'<text x="590" y="{y + 4}">{share["mean"]:.0%} of {share["scored"]}</text>'
        )
    label = f"{run.facts['suite']}: the share of questions answered rightly, with 95% intervals"
    return str(_svg(680, height, label, f"<style>{_STYLE}</style>", *marks))


# Seen on white and on near-black: a README is shown on both.
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#59636e}.tag{fill:#1d2126}"
    ".axis{stroke:#dfe3e8}.range{stroke:#1f5fbf;stroke-width:4;stroke-linecap:round;opacity:.45}"
    ".curve{fill:none;stroke:#1f5fbf;stroke-width:2}"
    ".dot{fill:#1f5fbf}@media(prefers-color-scheme:dark){text{fill:#98a1ad}.tag{fill:#e6e8eb}"
    ".axis{stroke:#333a43}.range,.curve{stroke:#7fb0ff}.dot{fill:#7fb0ff}}"
)


def risk_coverage(curve: Sequence[Sequence[float]], *, alone: bool = False) -> Any:
    """The share of answers that are wrong, as less sure ones are given; a dot for all that are.

    `alone`: with its own colours, for a file of its own.
    """
    if not curve:
        return ""

    def at(coverage: float, risk: float) -> str:
        return f"{40 + 270 * coverage:.1f},{150 - 135 * risk:.1f}"

    points = " ".join(at(coverage, risk) for coverage, risk in curve)
    return _svg(
        330, 190, "Risk by coverage", f"<style>{_STYLE}</style>" if alone else "",
        *_frame("share of questions answered, the surest first"),
        f'<polyline class="curve" points="{points}"/>',
        '<circle class="dot" cx="{}" cy="{}" r="3.5"/>'.format(*at(*curve[-1]).split(",")),
    )  # fmt: skip


def latency(seconds: Sequence[float]) -> Any:
    """How long questions took: a histogram, with the median and the 95th percentile."""
    if not seconds:
        return ""
    ordered = sorted(seconds)
    median, p95 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
    most = max(p95 * 1.25, 1e-9)
    counts = [0] * 30
    for value in ordered:
        counts[min(int(value / most * 30), 29)] += 1
    bars = [
        f'<rect class="bar" x="{40 + 9 * i}" width="8" y="{150 - 135 * count / max(counts):.1f}" '
        f'height="{135 * count / max(counts):.1f}"/>'
        for i, count in enumerate(counts)
    ]
    marks = "".join(
        f'<line class="mark" x1="{40 + 270 * value / most:.1f}" '
        f'x2="{40 + 270 * value / most:.1f}" y1="15" y2="150"/>'
        for value in (median, p95)
    )
    axis = "".join(
        f'<text x="{40 + 270 * share}" y="166" text-anchor="middle">{most * share:.2g} s</text>'
        for share in (0, 0.5, 1)
    )
    told = f"median {median:.2g} s, 95th percentile {p95:.2g} s"
    return _svg(
        330, 190, told, '<line class="axis" x1="40" x2="310" y1="150" y2="150"/>', *bars, marks,
        axis, f'<text x="175" y="184" text-anchor="middle">{told}</text>',
    )  # fmt: skip


def _frame(label: str) -> Iterator[str]:
    for share in (0, 0.5, 1):
        y = 150 - 135 * share
        yield f'<line class="axis" x1="40" x2="310" y1="{y}" y2="{y}"/>'
        yield f'<text x="34" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
        yield f'<text x="{40 + 270 * share}" y="166" text-anchor="middle">{share:.0%}</text>'
    yield f'<text x="175" y="184" text-anchor="middle">{label}</text>'
