"""The `dateline` command. Results go to stdout, progress and messages to stderr.

Exit codes: 0 done (abstaining is done), 1 failed, 2 used wrongly. Only what a verb needs is
imported, and only when it runs: `dateline --help` loads no model.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant import cli_archive
from assistant.options import (
    Archive,
    AsJson,
    AsOf,
    Llm,
    Since,
    Source,
    Until,
    filters,
    print_json,
    say,
    settings_of,
)
from index.errors import DatelineError, UsageError

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.users import Users

app = typer.Typer(
    name="dateline",
    help="Ask your news archive: every sentence cited, every date understood.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

cli_archive.add_to(app)
_users = typer.Typer(no_args_is_help=True)
app.add_typer(_users, name="users", help="Who may log in to the page: add, remove, list.")


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

    chosen = filters(as_of, since, until, source)
    with Assistant.open(settings=settings_of(archive=archive, llm=llm)) as desk:
        answer = desk.ask(question, **chosen)
    if show_prompt:
        say(answer.prompt or "No language model was asked.")
    if as_json:
        print_json(answer.to_dict())
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

    chosen = filters(as_of, since, until, source)
    with Assistant.open(settings=settings_of(archive=archive, llm="")) as desk:
        query = desk.query(question, **chosen)
        passages = desk.archive.search(query, k)
    from assistant.answer import about, found

    if as_json:
        ranked = [found(rank, passage) for rank, passage in enumerate(passages, 1)]
        print_json({"query": query.to_dict(), "passages": ranked})
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
    without_login: Annotated[
        bool, typer.Option("--without-login", help="Let everyone in who can reach --host.")
    ] = False,
) -> None:
    """Serve the chat page, and the same as HTTP endpoints and MCP tools for programs.

    Only this machine reaches it, unless --host says otherwise; then people log in:
    `dateline users add NAME` lets someone in.
    """
    from assistant.desk import Assistant
    from assistant.page import serve

    with Assistant.open(settings=settings_of(archive=archive, llm=llm), create=True) as desk:
        serve(desk, host, port, without_login=without_login)


@_users.command("add")
def add_user(name: Annotated[str, typer.Argument(metavar="NAME")], archive: Archive = None) -> None:
    """Let someone log in to the page; the password is asked for, or read from a pipe."""
    import getpass

    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {name}: ")
        if getpass.getpass("Once more: ") != password:
            raise UsageError("The two passwords are not the same; nothing was changed.")
    else:
        password = sys.stdin.readline().rstrip("\n")
    users = _users_of(archive)
    users.add(name, password)
    say(f"{name} may log in ({users.path}).")


@_users.command("remove")
def remove_user(
    name: Annotated[str, typer.Argument(metavar="NAME")], archive: Archive = None
) -> None:
    """Take someone's login away, also where it is in use."""
    users = _users_of(archive)
    users.remove(name)
    say(f"{name} may not log in any more ({users.path}).")


@_users.command("list")
def list_users(archive: Archive = None) -> None:
    """Print the names of those who may log in."""
    for name in _users_of(archive).hashes:
        print(name)


@app.command()
def feedback(archive: Archive = None) -> None:
    """Print the answers that users rated, as questions to evaluate with (JSON Lines)."""
    from assistant.conversations import FILE, Conversations

    folder = settings_of(archive=archive).archive
    if (folder / FILE).exists():
        print(Conversations.at(folder).dataset(), end="")


@app.command()
def doctor(archive: Archive = None, as_json: AsJson = False) -> None:
    """Say what is installed, which models are in use, and whether they answer."""
    from assistant.doctor import examine

    findings = examine(settings_of(archive=archive))
    if as_json:
        print_json({"findings": [finding.to_dict() for finding in findings]})
    else:
        for finding in findings:
            print(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.found}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command and end the process with its exit code."""
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # `dateline search … | head`
        code = 0
    # Taking torch and Chroma apart in order takes a second, and everything is closed by now.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run the command; an error that Dateline raises on purpose is told in one line.

    Returns:
        The exit code: 0 done, 1 failed, 2 used wrongly, 130 stopped with Ctrl-C.
    """
    try:
        _with_eval(arguments)(arguments, standalone_mode=True)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    except DatelineError as error:
        say(f"dateline: {error}")
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        say("Stopped. What was read is kept; the same command goes on from there.")
        return 130
    return 0


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


def _users_of(archive: str | None) -> Users:
    from assistant.users import FILE, Users

    settings = settings_of(archive=archive)
    return Users(settings.users or settings.archive / FILE)


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
            say(f"{sentence.support}: “{sentence.text}” ({sentence.reason})")
    for warning in answer.warnings:
        say(warning)
