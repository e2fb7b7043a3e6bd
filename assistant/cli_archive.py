"""The verbs that fill and keep an archive: ingest, articles, check, rebuild."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.options import (
    Archive,
    AsJson,
    Since,
    Source,
    Until,
    print_json,
    progress_bar,
    say,
    settings_of,
)
from index.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from assistant.settings import Settings
    from index.archive import Archive as OpenArchive
    from index.archive import IngestReport
    from index.article import Article
    from index.articles import Articles

_articles = typer.Typer(no_args_is_help=True)

Before = Annotated[
    str | None, typer.Option("--before", metavar="DATE", help="Articles before that day.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def add_to(app: typer.Typer) -> None:
    """Give the command these verbs."""
    for verb in (ingest, check, rebuild):
        app.command()(verb)
    app.add_typer(_articles, name="articles", help="List, show, delete and export articles.")


def ingest(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Files, folders, web addresses.")
    ] = None,
    archive: Archive = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="The sample articles, if the archive is empty.")
    ] = False,
    sync: Annotated[
        bool, typer.Option("--sync", help="Also remove articles gone from these folders.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also read addresses of this network.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put articles into the archive: text, Markdown, HTML, JSON, JSON Lines, PDF; .gz and .xz.

    A web address is read as a page, or as an RSS or Atom feed. Safe to repeat: what is unchanged is
    left alone, and an interrupted ingest goes on.
    """
    from index.archive import sample_articles
    from index.articles import holdings

    settings = settings_of(archive=archive)
    if not paths and not sample:
        raise UsageError("Nothing to ingest: name files or folders, or give --sample.")
    chosen = list(paths or [])
    if sample:
        held = holdings(settings.archive, settings.catalog).articles
        if held and not chosen:
            say(f"The archive {settings.archive} holds {held:,} articles; left as it is.")
            return
        if not held:
            chosen.append(str(sample_articles()))
    with _open(settings) as opened, progress_bar() as show:
        report = opened.ingest(
            chosen,
            show,
            limit=settings.max_file_mb * 2**20,
            sync=sync,
            allow_private=allow_private,
        )
    if as_json:
        print_json(report.to_dict())
    else:
        _print_report(report)
    if report.failed:
        raise typer.Exit(1)


@_articles.command("list")
def list_articles(
    archive: Archive = None,
    since: Since = None,
    until: Until = None,
    source: Source = None,
    as_json: AsJson = False,
) -> None:
    """Print the articles, newest first: id, day, outlet, title."""
    with _articles_of(archive) as opened:
        found = _chosen(opened, since, until, source)
    if as_json:
        print_json({"articles": [_told(article) for article in found]})
        return
    for article in found:
        day = article.published.isoformat() if article.published else "undated   "
        print(f"{article.id}  {day}  {article.source or '-'}  {article.title}")


@_articles.command("show")
def show_article(
    article_id: Annotated[str, typer.Argument(metavar="ID")],
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Print an article: its text, its earlier versions, and its copies."""
    with _articles_of(archive) as opened:
        article = opened.article(article_id)
        if article is None:
            raise UsageError(f"There is no article {article_id}: `dateline articles list` has ids.")
        versions, copies = opened.versions(article_id), opened.copies_of(article_id)
    if as_json:
        earlier = [
            {"seen": version.seen.isoformat(), "replaced": version.replaced.isoformat()}
            | _told(version.article, body=True)
            for version in versions
        ]
        also = [_told(copy) for copy in copies]
        print_json(_told(article, body=True) | {"versions": earlier, "copies": also})
        return
    from assistant.answer import about

    print(f"{article.title}\n{about(article)}")
    for line in (article.url, ", ".join(article.authors)):
        if line:
            print(line)
    print(f"\n{article.body}")
    for copy in copies:
        print(f"\nAlso carried: {copy.id}, {about(copy)}: {copy.title}")
    for version in versions:
        print(f"\nAs it was until {version.replaced:%Y-%m-%d %H:%M} UTC: {version.article.title}")
        print(version.article.body)


@_articles.command("delete")
def delete_articles(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    archive: Archive = None,
    source: Source = None,
    before: Before = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete articles by their ids, or by outlet and day: gone from search and answers at once.

    `dateline rebuild --erase` afterwards overwrites what is left of them on the disk.
    """
    if not (ids or source or before):
        raise UsageError("Nothing to delete: give ids, or --source or --before.")
    with _open(settings_of(archive=archive), create=False) as opened:
        if ids:
            found = [article for key in ids if (article := opened.article(key))]
            missing = set(ids) - {article.id for article in found}
            if missing:
                raise UsageError(f"There is no article {', '.join(sorted(missing))}.")
        else:
            found = _chosen(opened, None, None, source, before)
        if found and not yes:
            _confirm(f"Delete {len(found):,} articles?")
        deleted = opened.delete([article.id for article in found])
    if as_json:
        print_json({"deleted": deleted})
    else:
        print(f"{deleted:,} deleted.")


@_articles.command("export")
def export_articles(
    archive: Archive = None, since: Since = None, until: Until = None, source: Source = None
) -> None:
    """Print the articles as JSON Lines that `dateline ingest` reads back as they are."""
    with _articles_of(archive) as opened:
        for article in _chosen(opened, since, until, source):
            print(json.dumps(article.to_record(), ensure_ascii=False))


def check(archive: Archive = None, as_json: AsJson = False) -> None:
    """Compare the archive's catalog with its indexes, and say what is wrong and how to mend it."""
    from index import archive as archives

    settings = settings_of(archive=archive)
    problems = archives.check(settings.archive, server=settings.server, catalog=settings.catalog)
    if as_json:
        print_json({"problems": [problem.__dict__ for problem in problems]})
    else:
        for problem in problems:
            print(problem)
        if not problems:
            print("The archive is whole.")
    if problems:
        raise typer.Exit(1)


def rebuild(
    archive: Archive = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Also overwrite on the disk what was deleted.")
    ] = False,
) -> None:
    """Build the indexes anew from the catalog; the old ones answer until the new ones are whole.

    With another embedding model set (DATELINE_EMBEDDER), this is how an archive changes to it.
    """
    from index.archive import Archive
    from index.embed import SentenceEmbedder

    settings = settings_of(archive=archive)
    embedder = SentenceEmbedder(settings.embedder, offline=settings.offline)
    with (
        Archive.open(
            settings.archive,
            create=False,
            outdated=True,
            server=settings.server,
            catalog=settings.catalog,
        ) as opened,
        progress_bar() as show,
    ):
        opened.rebuild(show, embedder=embedder, erase=erase)
        held = opened.holdings()
        if erase:
            _erase_from_conversations(opened)
    print(f"Built anew: {held.articles:,} articles.")


def _open(settings: Settings, *, create: bool = True) -> OpenArchive:
    from index.archive import Archive
    from index.embed import SentenceEmbedder

    embedder = SentenceEmbedder(settings.embedder, offline=settings.offline)
    return Archive.open(
        settings.archive,
        embedder,
        create=create,
        server=settings.server,
        catalog=settings.catalog,
    )


def _articles_of(archive: str | None) -> AbstractContextManager[Articles]:
    from index.articles import Articles

    settings = settings_of(archive=archive)
    return Articles.at(settings.archive, settings.catalog)


def _chosen(
    opened: Articles,
    since: str | None,
    until: str | None,
    source: list[str] | None,
    before: str | None = None,
) -> list[Article]:
    from datetime import timedelta

    from assistant.desk import day

    last = day(until, "--until")
    if limit := day(before, "--before"):
        last = limit - timedelta(days=1)
    return opened.articles(sources=source or [], since=day(since, "--since"), until=last)


def _erase_from_conversations(opened: OpenArchive) -> None:
    from assistant.conversations import FILE, Conversations

    if (opened.folder / FILE).exists():
        kept = Conversations.at(opened.folder)
        erased = kept.erase(opened)
        kept.close()
        say(f"{erased:,} kept answers were cut: they were taken from deleted articles.")


def _told(article: Article, *, body: bool = False) -> dict[str, object]:
    """An article under the field names that `ingest` reads."""
    told: dict[str, object] = {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "authors": list(article.authors),
        "url": article.url,
        "path": article.path,
    }
    return told | {"body": article.body} if body else told


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Say --yes, as nobody can be asked here.")
    say(question + " [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        say("Nothing was deleted.")
        raise typer.Exit(1)


def _print_report(report: IngestReport) -> None:
    for error in report.failed:
        say(f"not read: {error}")
    print(
        f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged, "
        f"{len(report.failed):,} not read; the archive holds {report.articles:,} articles in "
        f"{report.passages:,} passages ({report.seconds:.1f} s)."
    )
