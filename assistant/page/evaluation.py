"""The tab of past evaluation runs: their metrics, two compared, and each question looked into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.page import plots, render, runs
from assistant.page.conversation import counted
from assistant.page.events import INSTANT
from assistant.page.html import Html, button, join, tag
from assistant.page.runs import Change, Record, Run

_ALL = ""
_WHICH = ("all", "right", "missed", "failed", "changed sides")
# Questions shown at first, and each time that more are asked for.
_SHOWN = 50


class Evaluation:
    """The tab laid out, in the layout that is open; `connect` makes it work.

    Args:
        folder: where runs are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with gr.Row(elem_id="choosing"):
            self.run = gr.Dropdown([("All runs", _ALL)], value=_ALL, label="Run", min_width=300)
            self.before = gr.Dropdown(
                [("Nothing", _ALL)], value=_ALL, label="Compared with", min_width=300
            )
        self.metrics = gr.HTML(apply_default_css=False, elem_id="metrics")
        with gr.Row(elem_id="asked", visible=False) as self.chosen:
            self.which = gr.Dropdown(list(_WHICH), value="all", label="Questions")
            self.words = gr.Textbox(
                label="Search", placeholder="Words of a question or an answer", submit_btn=True
            )
        self.questions = gr.HTML(apply_default_css=False, elem_id="questions")

    def connect(self, pane: gr.HTML) -> None:
        """Make it work, with what sends clicks."""
        chosen = [self.run, self.before, self.which, self.words]
        shown: dict[str, Any] = {"inputs": chosen, "outputs": self.questions, **INSTANT}
        for control in (self.run, self.before):
            control.change(self._show, chosen[:2], [self.metrics, self.chosen], **INSTANT).then(
                self._list, **shown
            )
        self.which.change(self._list, **shown)
        self.words.submit(self._list, **shown)
        pane.further(self._further, **shown)

    @property
    def view(self) -> list[Any]:
        """What `look` gives: the outputs of whoever opens the tab."""
        return [self.run, self.before, self.metrics, self.chosen]

    def look(self, run: str, before: str) -> tuple[Any, ...]:
        """The runs that can be chosen now, and what is shown of them."""
        found = [(one.title, one.folder.name) for one in runs.finished(self._folder)]
        return (
            gr.update(choices=[("All runs", _ALL), *found]),
            gr.update(choices=[("Nothing", _ALL), *found]),
            *self._show(run, before),
        )

    def _chosen(self, *names: str) -> list[Run | None]:
        found = {one.folder.name: one for one in runs.finished(self._folder)}
        return [found.get(name) for name in names]

    def _show(self, run: str, before: str) -> tuple[Any, ...]:
        one, other = self._chosen(run, before)
        html = detail(one, other) if one else overview(runs.finished(self._folder))
        return html, gr.update(visible=one is not None)

    def _list(self, run: str, before: str, which: str, words: str, most: int = _SHOWN) -> str:
        one, other = self._chosen(run, before)
        return questions(one, other, which, words, most) if one else ""

    def _further(self, run: str, before: str, which: str, words: str, event: gr.EventData) -> str:
        return self._list(run, before, which, words, int(event.most))


def overview(found: Sequence[Run]) -> Html:
    """All runs, suite by suite, with the metrics that each suite is judged by."""
    if not found:
        mend = ("No run is here yet: ", tag("code", "dateline eval run newsroom --runs runs"))
        return tag("p.note", *mend)
    suites = dict.fromkeys(run.facts["suite"] for run in found)
    return join(_of_suite([run for run in found if run.facts["suite"] == name]) for name in suites)


def _of_suite(found: Sequence[Run]) -> Html:
    names = list(
        dict.fromkeys(gate["metric"] for run in found for gate in run.facts.get("gates", ()))
    )
    head = ("Run", "Model", "Questions", "Right", *names)
    rows = [
        (
            f"{run.facts['started'][:16].replace('T', ' ')} {run.facts['name']}",
            render.written_by(run.facts["model"]),
            f"{run.results['questions']:,}",
            _number(run.right),
            *(_number(run.mean(name)) for name in names),
        )
        for run in found
    ]
    return join((tag("h2", found[0].facts["suite"]), _table(head, rows)))


def detail(run: Run, before: Run | None) -> Html:
    """One run: what it was, its metrics with intervals, why questions were missed."""
    results = run.results
    facts = [
        render.written_by(run.facts["model"]),
        counted(results["questions"], "question"),
        f"{results['right']:,} right, {results['missed']:,} missed, {results['errors']:,} failed",
        f"{run.facts['seconds']:,.0f} s" if "seconds" in run.facts else "",
    ]
    changed = runs.changes(before, run) if before else {}
    rows = [
        _metric(name, about, results["metrics"][name], changed.get(name), compared=bool(before))
        for name, about in run.facts["metrics"].items()
        if results["metrics"].get(name, {}).get("scored")
    ]
    head = ["Metric", "Mean", "95% interval", "Scored"]
    if before:
        head += ["Before", "Change", "Better", "Worse"]
    causes = [(cause, f"{n:,}") for cause, n in results["causes"].items()]
    return join(
        (
            tag("h2", run.title),
            tag("p.note", " · ".join(filter(None, facts))),
            _caution(before, run) if before else "",
            _table(head, rows, ".metrics"),
            tag("h3", "Why questions were missed") if causes else "",
            _table(("Cause", "Questions"), causes) if causes else "",
        )
    )


def _caution(before: Run, run: Run) -> Html:
    if not runs.comparable(before, run):
        said = "These runs are not of the same questions: only those that both have are compared."
        return tag("p.warning", said)
    command = f"dateline eval compare {before.folder.name} {run.folder.name}"
    return tag("p.note", "Whether a change is more than luck: ", tag("code", command))


def _metric(
    name: str, about: Record, summary: Record, change: Change | None, *, compared: bool
) -> tuple[str, ...]:
    cells = (
        join((tag("b", name), tag("span.note", f" {about['about']}"))),
        _number(summary["mean"]),
        plots.interval(summary["mean"], summary["low"], summary["high"]),
        f"{summary['scored']:,}",
    )
    if not compared:
        return cells
    if change is None:
        return (*cells, "–", "–", "", "")
    return (
        *cells,
        _number(change.before),
        f"{change.after - change.before:+.3f}",
        f"{change.better:,}",
        f"{change.worse:,}",
    )


def questions(run: Run, before: Run | None, which: str, words: str, most: int) -> Html:
    """A run's questions, each to be opened.

    Args:
        run: the run.
        before: the run it is compared with, or None.
        which: one of "all", "right", "missed", "failed" and "changed sides".
        words: words that must all stand in the question, or in what was answered.
        most: how many to show.
    """
    sides = runs.flipped(before, run) if before else set()
    earlier = {record["id"]: record for record in before.records()} if before else {}
    found = [
        record
        for record in run.records()
        if _is(record, which, sides)
        and all(word in _words(record) for word in words.casefold().split())
    ]
    rows = [_question(record, earlier.get(record["id"])) for record in found[:most]]
    if len(found) > most:
        rows.append(button(".plain.more", "further", "Show more", most=most + _SHOWN))
    return join((tag("p.counted", counted(len(found), "question")), *rows))


def _is(record: Record, which: str, sides: set[str]) -> bool:
    match which:
        case "right":
            return record["right"] is True
        case "missed":
            return record["right"] is False
        case "failed":
            return bool(record["error"])
        case "changed sides":
            return record["id"] in sides
        case _:
            return True


def _words(record: Record) -> str:
    return f"{record['question']} {_said(record)}".casefold()


def _said(record: Record) -> str:
    return str((record.get("answer") or {}).get("answer", ""))


def _question(record: Record, earlier: Record | None) -> Html:
    verdict = {True: "right", False: "missed"}.get(record["right"], "not judged")
    verdict = "failed" if record["error"] else verdict
    gold = "; ".join(" / ".join(part) for part in record["gold"])
    if record["unanswerable"]:
        gold = "nothing: the archive does not hold it"
    said = [
        ("Should be said", gold),
        ("Was said", str(record["error"] or _said(record))),
        ("Said before", _said(earlier) if earlier else ""),
        ("Why it was missed", record["cause"] or ""),
        ("Asked as of", record["as_of"] or ""),
        ("Where it stands", "; ".join(e["quote"] or e["article"] for e in record["evidence"])),
    ]
    scores = [
        (name, _number(score)) for name, score in record["scores"].items() if score is not None
    ]
    read = [
        tag("li", tag("b", one["title"]), f" {one['source']}, {one['published']}: {one['text']}")
        for one in record["read"]
    ]
    return tag(
        f"details.question.{verdict.replace(' ', '-')}",
        tag(
            "summary",
            tag("span.verdict", verdict),
            " ",
            tag("span", record["question"], dir="auto"),
        ),
        tag(
            "dl",
            *(
                part
                for name, text in said
                if text
                for part in (tag("dt", name), tag("dd", text, dir="auto"))
            ),
        ),
        tag("p.label", "Read") if read else "",
        tag("ol", *read) if read else "",
        tag("details", tag("summary", "Scores"), _table(("Metric", "Score"), scores)),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> Html:
    return tag(
        f"div.table{kind}",
        tag(
            "table",
            tag("thead", tag("tr", *(tag("th", name, scope="col") for name in head))),
            tag("tbody", *(_row(head, row) for row in rows)),
        ),
        tabindex=0,
    )


def _row(head: Sequence[str], row: Sequence[str]) -> Html:
    cells = zip(head, row, strict=True)
    return tag("tr", *(tag("td", cell, data_head=name) for name, cell in cells))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{float(value):.3f}"
