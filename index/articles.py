"""The articles of an archive, read without its indexes: also while another process has it open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from index import catalog as catalogs
from index.article import Article
from index.catalog import Catalog, Version
from index.errors import ArchiveError
from index.query import Query
from index.understand import narrowed


@dataclass(frozen=True)
class Holdings:
    """How much an archive holds.

    Attributes:
        articles: how many articles.
        first: the first day of publication, None if no article has one.
        last: the last day of publication, None if no article has one.
        sources: the outlets with their numbers of articles, most first.
    """

    articles: int
    first: date | None
    last: date | None
    sources: dict[str, int] = field(default_factory=dict)


class Articles:
    """The articles of an archive, read without its indexes: also while another process has it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @classmethod
    @contextmanager
    def at(cls, folder: str | Path, catalog: str = "") -> Iterator[Articles]:
        """Those of an archive's folder, or of the catalog that a URL names.

        Raises:
            ArchiveError: there is no archive, or its catalog cannot be read.
        """
        folder = Path(folder).expanduser().absolute()
        require_archive(folder, catalog)
        found = Catalog.at(folder, catalog)
        try:
            yield cls(found)
        finally:
            found.close()

    def article(self, article_id: str) -> Article | None:
        """The article with an id, or None."""
        return self._catalog.article(article_id)

    def articles(
        self,
        *,
        sources: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
        skip: int = 0,
    ) -> list[Article]:
        """Articles by outlet and days (both inclusive), newest first, without the first `skip`."""
        return self._catalog.articles(
            sources=sources, since=since, until=until, limit=limit, skip=skip
        )

    def versions(self, article_id: str) -> list[Version]:
        """The earlier texts of an article, oldest first."""
        return self._catalog.versions(article_id)

    def copies_of(self, article_id: str) -> list[Article]:
        """The other articles that carry the same report."""
        return self._catalog.copies(article_id)

    def weeks(self) -> dict[date, int]:
        """How many articles were published in each week that has any, by its Monday."""
        weeks: Counter[date] = Counter()
        for day, count in self._catalog.count_by_day().items():
            weeks[day - timedelta(days=day.weekday())] += count
        return dict(weeks)

    def holdings(self, query: Query | None = None) -> Holdings:
        """How much the archive holds; with a query, of what that query may see."""
        first, last = self._catalog.days()
        if query is None:
            return Holdings(self._catalog.count_articles(), first, last, self._catalog.sources())
        query = narrowed(query)
        until = query.last_day if query.until or (last and last > query.as_of) else None
        count = self._catalog.count_articles(sources=query.sources, since=query.since, until=until)
        days = [day for day in (first, query.since) if day], [d for d in (last, until) if d]
        return Holdings(count, max(days[0], default=None), min(days[1], default=None), {})


def holdings(folder: str | Path, catalog: str = "") -> Holdings:
    """How much an archive holds, without opening its indexes: works while another process has it.

    Raises:
        ArchiveError: its catalog cannot be read.
    """
    if not (catalog or exists(folder)):
        return Holdings(0, None, None)
    with Articles.at(folder, catalog) as articles:
        return articles.holdings()


def exists(folder: str | Path) -> bool:
    """Whether there is an archive in a folder."""
    return (Path(folder).expanduser() / catalogs.FILE).is_file()


def require_archive(folder: Path, catalog: str) -> None:
    """Raise an `ArchiveError` where there is no archive."""
    if not (exists(folder) or catalog):
        raise ArchiveError(
            f"There is no archive in {folder}. `dateline ingest PATH` makes one of your "
            "articles; `dateline ingest --sample` makes one of the sample articles."
        )
