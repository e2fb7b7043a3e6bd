"""What the verbs of the `dateline` command share: their options, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from assistant.settings import Settings
    from index.archive import Progress

Archive = Annotated[
    str | None,
    typer.Option("--archive", metavar="DIR", help="The archive [default: DATELINE_ARCHIVE]."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Ask as on that day: later articles are unseen."),
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Articles from that day on.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Articles up to that day.")
]
Source = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Articles of that outlet; may be repeated."),
]
Llm = Annotated[
    str | None,
    typer.Option(
        "--llm", metavar="MODEL", help='What writes; "" for none [default: DATELINE_LLM].'
    ),
]


def say(message: str) -> None:
    """Print a message on stderr."""
    print(message, file=sys.stderr)


def settings_of(**given: Any) -> Settings:
    """The settings, those given on the command line first."""
    from assistant.settings import load

    return load(**given)


def filters(
    as_of: str | None, since: str | None, until: str | None, source: list[str] | None
) -> dict[str, Any]:
    """What `Assistant.ask` and `search` take as filters."""
    return {"as_of": as_of, "published": (since, until), "sources": source or []}


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A progress bar on stderr with articles, passages a second, and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("articles  {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        tasks = {
            stage: bar.add_task(stage, total=None, rate="", visible=False)
            for stage in ("reading", "indexing")
        }

        def show(progress: Progress) -> None:
            rate = f"{progress.passages / max(progress.seconds, 0.01):.0f} passages/s"
            bar.update(
                tasks[progress.stage],
                completed=progress.done,
                total=progress.total,
                rate=rate if progress.stage == "indexing" else "",
                visible=True,
            )

        yield show
