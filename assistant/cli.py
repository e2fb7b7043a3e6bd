"""The `dateline` command. Results go to stdout, progress and messages to stderr.

Exit codes: 0 done (abstaining is done), 1 failed, 2 used wrongly. Only what a verb needs is
imported, and only when it runs: `dateline --help` loads no model.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import DatelineError, UsageError

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.settings import Settings
    from index.archive import IngestReport, Progress

app = typer.Typer(
    name="dateline",
    help="Ask your news archive: every sentence cited, every date understood.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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


@app.command()
def ingest(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Files and folders.")
    ] = None,
    archive: Archive = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="The sample articles, if the archive is empty.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put articles into the archive: text, Markdown, HTML, JSON, JSON Lines, PDF; .gz and .xz.

    Safe to repeat: what is unchanged is left alone, and an interrupted ingest goes on.
    """
    from index.archive import holdings, sample_articles

    settings = _settings(archive=archive)
    if not paths and not sample:
        raise UsageError("Nothing to ingest: name files or folders, or give --sample.")
    chosen = list(paths or [])
    if sample:
        held = holdings(settings.archive).articles
        if held and not chosen:
            _say(f"The archive {settings.archive} holds {held:,} articles; left as it is.")
            return
        if not held:
            chosen.append(str(sample_articles()))
    from index.archive import Archive
    from index.embed import SentenceEmbedder

    embedder = SentenceEmbedder(settings.embedder, offline=settings.offline)
    with Archive.open(settings.archive, embedder) as opened, _progress() as show:
        report = opened.ingest(chosen, show, limit=settings.max_file_mb * 2**20)
    if as_json:
        _print_json(report.to_dict())
    else:
        _print_report(report)
    if report.failed:
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    archive: Archive = None,
    as_of: AsOf = None,
    since: Since = None,
    until: Until = None,
    source: Source = None,
    llm: Llm = None,
    show_prompt: Annotated[
        bool, typer.Option("--show-prompt", help="Print what the language model was sent.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question, each sentence cited; or say that the archive does not hold the answer."""
    from assistant.desk import Assistant

    filters = _filters(as_of, since, until, source)
    with Assistant.open(settings=_settings(archive=archive, llm=llm)) as desk:
        answer = desk.ask(question, **filters)
    if show_prompt:
        _say(answer.prompt or "No language model was asked.")
    if as_json:
        _print_json(answer.to_dict())
    else:
        _print_answer(answer)


@app.command()
def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    archive: Archive = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 10,
    as_of: AsOf = None,
    since: Since = None,
    until: Until = None,
    source: Source = None,
    as_json: AsJson = False,
) -> None:
    """Print the passages that match a question best; no language model is used."""
    from assistant.desk import Assistant

    filters = _filters(as_of, since, until, source)
    with Assistant.open(settings=_settings(archive=archive, llm="")) as desk:
        query = desk.query(question, **filters)
        passages = desk.archive.search(query, k)
    from assistant.answer import about, found

    if as_json:
        ranked = [found(rank, passage) for rank, passage in enumerate(passages, 1)]
        _print_json({"query": query.to_dict(), "passages": ranked})
        return

    for rank, passage in enumerate(passages, 1):
        print(f"{rank}. {passage.article.title} — {about(passage.article)}")
        print(f"   {' '.join(passage.text.split())}\n")


@app.command()
def chat(
    archive: Archive = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 7860,
    llm: Llm = None,
) -> None:
    """Serve the chat page, and the same as MCP tools for programs."""
    from assistant.desk import Assistant
    from assistant.page import serve

    with Assistant.open(settings=_settings(archive=archive, llm=llm), create=True) as desk:
        serve(desk, host, port)


@app.command()
def doctor(archive: Archive = None, as_json: AsJson = False) -> None:
    """Say what is installed, which models are in use, and whether they answer."""
    from assistant.doctor import examine

    findings = examine(_settings(archive=archive))
    if as_json:
        _print_json({"findings": [finding.to_dict() for finding in findings]})
    else:
        for finding in findings:
            print(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.found}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command; an error that Dateline raises on purpose is told in one line."""
    try:
        _with_eval(sys.argv[1:])(standalone_mode=True)
    except UsageError as error:
        _fail(error, 2)
    except DatelineError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        _say("Stopped. What was read is kept; the same command goes on from there.")
        sys.exit(130)
    except BrokenPipeError:  # `dateline search … | head`
        sys.stderr.close()
        sys.exit(0)


def _with_eval(arguments: list[str]) -> Callable[..., Any]:
    """The command with its `eval` verbs, which are imported only when they are called."""
    if arguments[:1] == ["eval"]:
        from eval.cli import app as verbs

        app.add_typer(verbs, name="eval")
    else:
        app.command("eval", help="Measure: list, validate, lint, run, compare, gate, report.")(
            _eval
        )
    return app


def _eval() -> None:
    raise UsageError("Ask for one of the eval verbs: `dateline eval --help` lists them.")


def _fail(error: DatelineError, code: int) -> None:
    _say(f"dateline: {error}")
    sys.exit(code)


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _settings(**given: Any) -> Settings:
    from assistant.settings import load

    return load(**given)


def _filters(
    as_of: str | None, since: str | None, until: str | None, source: list[str] | None
) -> dict[str, Any]:
    return {"as_of": as_of, "published": (since, until), "sources": source or []}


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _print_report(report: IngestReport) -> None:
    for error in report.failed:
        _say(f"not read: {error}")
    print(
        f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged, "
        f"{len(report.failed):,} not read; the archive holds {report.articles:,} articles in "
        f"{report.passages:,} passages ({report.seconds:.1f} s)."
    )


def _print_answer(answer: Answer) -> None:
    from assistant.answer import about

    print(answer.text)
    if answer.citations:
        print()
    for citation in answer.citations:
        article = citation.article
        print(f"[{citation.n}] {about(article)}: {article.title}")
        print(f"    “{' '.join(citation.quote.split())}”")
        if article.url:
            print(f"    {article.url}")
    for sentence in answer.sentences:
        if sentence.support != "supported":
            _say(f"{sentence.support}: “{sentence.text}” ({sentence.reason})")
    for warning in answer.warnings:
        _say(warning)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
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
