"""The truth about an archive: its articles, passages and vectors, in a relational database.

Vectors and the lexical index are derived from it and can always be rebuilt. An article is written
here first, as *pending*; once its passages stand in both indexes it is marked *indexed*. Whatever
is pending when an archive is opened is finished then: that is all there is to resuming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from index.article import Article, Passage, passage_id
from index.errors import ArchiveError, ArchiveMismatch

SCHEMA_VERSION = "1"
PENDING, INDEXED = "pending", "indexed"

_metadata = sa.MetaData()
_facts = sa.Table(
    "facts",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
_articles = sa.Table(
    "articles",
    _metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("published", sa.Date, index=True),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("path", sa.Text),
    sa.Column("title_made", sa.Boolean, nullable=False),
    sa.Column("related", sa.JSON, nullable=False),
    sa.Column("credits", sa.JSON, nullable=False),
    sa.Column("text_hash", sa.String(64), nullable=False, index=True),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("state", sa.String(8), nullable=False, index=True),
    sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
)
_passages = sa.Table(
    "passages",
    _metadata,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("article_id", sa.ForeignKey("articles.id", ondelete="CASCADE"), index=True),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

_ARTICLE_COLUMNS = [
    _articles.c[name]
    for name in (
        "title", "body", "source", "published", "authors", "url", "path", "title_made", "related",
        "credits",
    )
]  # fmt: skip


class Catalog:
    """An archive's articles, passages and vectors, by URL of a database."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _tune_sqlite)
        _metadata.create_all(self._engine)
        version = self._fact("schema")
        if version is None:
            self._set_fact("schema", SCHEMA_VERSION)
        elif version != SCHEMA_VERSION:
            self.close()
            raise ArchiveMismatch(
                f"The archive's catalog has schema {version}, this Dateline reads "
                f"{SCHEMA_VERSION}: use the version of Dateline that wrote it, or ingest anew."
            )

    @classmethod
    def at(cls, folder: Path) -> Catalog:
        """The catalog of an archive folder.

        Raises:
            ArchiveError: the file there is no catalog, or cannot be opened.
        """
        try:
            return cls(f"sqlite:///{folder / 'catalog.db'}")
        except sa.exc.DatabaseError as error:
            raise ArchiveError(
                f"The catalog {folder / 'catalog.db'} cannot be opened: {error.orig}. "
                "Restore it from a backup, or choose another archive with --archive."
            ) from error

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def require(self, facts: dict[str, str]) -> None:
        """Hold the archive to what it was built with; an empty archive takes the given facts.

        Raises:
            ArchiveMismatch: it was built with something else.
        """
        empty = self.count_articles() == 0
        for name, value in facts.items():
            built = self._fact(name)
            if built is None or (empty and built != value):
                self._set_fact(name, value)
            elif built != value:
                raise ArchiveMismatch(
                    f"This archive was built with {name} {built!r}, not {value!r}. Set it back, "
                    "or run `dateline rebuild` to build the indexes anew with the new one."
                )

    # Articles

    def put(self, articles: Iterable[Article]) -> dict[str, str]:
        """Write articles; new and changed ones become pending, and lose their old passages.

        Returns:
            What happened to each, by article id: "added", "updated" or "unchanged".
        """
        batch = {article.id: article for article in articles}
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            known = connection.execute(
                sa.select(_articles.c.id, _articles.c.content_hash).where(
                    _articles.c.id.in_(list(batch))
                )
            ).all()
            hashes = {row.id: row.content_hash for row in known}
            outcome = {
                key: "added"
                if key not in hashes
                else "unchanged"
                if hashes[key] == article.content_hash
                else "updated"
                for key, article in batch.items()
            }
            updated = [key for key, what in outcome.items() if what == "updated"]
            connection.execute(_articles.delete().where(_articles.c.id.in_(updated)))
            rows = [
                _row(article) | {"state": PENDING, "seen": now}
                for key, article in batch.items()
                if outcome[key] != "unchanged"
            ]
            if rows:
                connection.execute(_articles.insert(), rows)
        return outcome

    def pending(self, limit: int) -> list[Article]:
        """Up to `limit` articles that are not yet in the indexes, oldest seen first."""
        query = sa.select(*_ARTICLE_COLUMNS).where(_articles.c.state == PENDING)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_articles.c.seen).limit(limit)).all()
        return [_article(row) for row in rows]

    def mark_indexed(self, ids: Sequence[str]) -> None:
        """Say that articles stand in the indexes."""
        with self._engine.begin() as connection:
            connection.execute(
                _articles.update().where(_articles.c.id.in_(ids)).values(state=INDEXED)
            )

    def article(self, article_id: str) -> Article | None:
        """The article with an id, or None."""
        query = sa.select(*_ARTICLE_COLUMNS).where(_articles.c.id == article_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _article(row) if row else None

    def articles(
        self,
        *,
        sources: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        limit: int | None = None,
    ) -> list[Article]:
        """Articles by outlet and days (both inclusive), newest first."""
        query = sa.select(*_ARTICLE_COLUMNS).where(*_between(sources, since, until))
        newest = sa.nulls_last(_articles.c.published.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(newest, _articles.c.id).limit(limit)).all()
        return [_article(row) for row in rows]

    def count_articles(
        self,
        *,
        state: str | None = None,
        sources: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
    ) -> int:
        """How many articles there are, in a state, from outlets, between days (inclusive)."""
        where = _between(sources, since, until)
        if state:
            where.append(_articles.c.state == state)
        return self._scalar(sa.select(sa.func.count()).select_from(_articles).where(*where)) or 0

    def copies(self, article: Article) -> list[Article]:
        """The other articles with the very same text."""
        query = sa.select(*_ARTICLE_COLUMNS).where(
            _articles.c.text_hash == article.text_hash, _articles.c.id != article.id
        )
        with self._engine.connect() as connection:
            return [_article(row) for row in connection.execute(query)]

    def sources(self) -> dict[str, int]:
        """The outlets, each with its number of articles, most first."""
        count = sa.func.count()
        query = sa.select(_articles.c.source, count).group_by(_articles.c.source)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(count.desc(), _articles.c.source)).all()
        return {row[0]: row[1] for row in rows}

    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day of publication in the archive, None where it has no dates."""
        query = sa.select(sa.func.min(_articles.c.published), sa.func.max(_articles.c.published))
        with self._engine.connect() as connection:
            first, last = connection.execute(query).one()
        return first, last

    # Passages

    def put_passages(
        self, article: Article, spans: Sequence[tuple[int, int]], vectors: NDArray[np.float32]
    ) -> None:
        """Replace an article's passages: their offsets, and their vectors (kept as float16)."""
        rows = [
            {
                "id": passage_id(article.id, start),
                "article_id": article.id,
                "start": start,
                "end": end,
                "vector": vector.astype(np.float16).tobytes(),
            }
            for (start, end), vector in zip(spans, vectors, strict=True)
        ]
        with self._engine.begin() as connection:
            connection.execute(_passages.delete().where(_passages.c.article_id == article.id))
            if rows:
                connection.execute(_passages.insert(), rows)

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages with the given keys that exist, by key."""
        columns = [_passages.c.id, _passages.c.start, _passages.c.end, _passages.c.article_id]
        with self._engine.connect() as connection:
            spans = connection.execute(
                sa.select(*columns).where(_passages.c.id.in_(list(ids)))
            ).all()
            wanted = {row.article_id for row in spans}
            query = sa.select(_articles.c.id, *_ARTICLE_COLUMNS)
            rows = connection.execute(query.where(_articles.c.id.in_(wanted))).all()
        articles = {row[0]: _article(row[1:]) for row in rows}
        return {row.id: Passage(articles[row.article_id], row.start, row.end) for row in spans}

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of the passages with the given keys that exist, by key."""
        query = sa.select(_passages.c.id, _passages.c.vector).where(_passages.c.id.in_(list(ids)))
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {row.id: np.frombuffer(row.vector, np.float16).astype(np.float32) for row in rows}

    def count_passages(self) -> int:
        """How many passages there are."""
        return self._scalar(sa.select(sa.func.count()).select_from(_passages)) or 0

    # Facts

    def _fact(self, name: str) -> str | None:
        value: str | None = self._scalar(sa.select(_facts.c.value).where(_facts.c.name == name))
        return value

    def _set_fact(self, name: str, value: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(_facts.delete().where(_facts.c.name == name))
            connection.execute(_facts.insert().values(name=name, value=value))

    def _scalar(self, query: sa.Select[Any]) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()


def _between(
    sources: Sequence[str], since: date | None, until: date | None
) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if sources:
        where.append(_articles.c.source.in_(list(sources)))
    if since:
        where.append(_articles.c.published >= since)
    if until:
        where.append(_articles.c.published <= until)
    return where


def _row(article: Article) -> dict[str, Any]:
    row: dict[str, Any] = {
        column.name: getattr(article, column.name) for column in _ARTICLE_COLUMNS
    }
    lists = {name: list(row[name]) for name in ("authors", "related", "credits")}
    hashes = {"text_hash": article.text_hash, "content_hash": article.content_hash}
    return row | lists | hashes | {"id": article.id}


def _article(row: Iterable[Any]) -> Article:
    values: Iterator[Any] = iter(row)
    fields = {column.name: next(values) for column in _ARTICLE_COLUMNS}
    lists = {name: tuple(fields[name]) for name in ("authors", "related", "credits")}
    return Article(**(fields | lists))


def _tune_sqlite(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=9000",
    ):
        connection.execute(f"PRAGMA {pragma}")
