"""The truth about an archive: its articles, passages and vectors, in a relational database.

Vectors and the lexical index are derived from it and can always be rebuilt. They come in
*generations*: a rebuild fills a new one while the old one answers. An article is written here
first; once its passages stand in a generation's indexes it is marked so, and what is not marked is
*pending*: finishing what is pending is all there is to resuming. A deleted article leaves its id
among the *removed* until the indexes have let go of it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from index.article import Article, Passage, passage_id
from index.errors import ArchiveError, ArchiveMismatch
from index.query import Query

FILE = "catalog.db"
# Another one where a table changes, and where `index.copies.SCHEME` does.
SCHEMA_VERSION = "2"

FULL = (
    "There is no room left to write to {}. Make room and run the same command again: what was read "
    "is kept, and it goes on from there."
)

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
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
)
# Articles that share a band may be copies of one report; their signatures tell.
_bands = sa.Table(
    "bands",
    _metadata,
    sa.Column("band", sa.String(14), primary_key=True),
    sa.Column(
        "article_id", sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)
_versions = sa.Table(
    "versions",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("article_id", sa.ForeignKey("articles.id", ondelete="CASCADE"), index=True),
    sa.Column("article", sa.JSON, nullable=False),
    sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
    sa.Column("replaced", sa.DateTime(timezone=True), nullable=False),
)
_indexed = sa.Table(
    "indexed",
    _metadata,
    sa.Column("article_id", sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
)
_removed = sa.Table("removed", _metadata, sa.Column("article_id", sa.String(12), primary_key=True))
_passages = sa.Table(
    "passages",
    _metadata,
    sa.Column("recipe", sa.String(12), primary_key=True),
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


@dataclass(frozen=True)
class Recipe:
    """How passages are made: the embedding model's name, and the way of chunking."""

    embedder: str
    chunking: str

    @cached_property
    def key(self) -> str:
        """Twelve hexadecimal digits that stand for it."""
        return hashlib.sha256(f"{self.embedder}\n{self.chunking}".encode()).hexdigest()[:12]


class Stored(NamedTuple):
    """A passage, its vector, and what the copies of its article are known by (`index.copies`)."""

    passage: Passage
    vector: NDArray[np.float32]
    signature: bytes


@dataclass(frozen=True)
class Version:
    """An earlier text of an article.

    Attributes:
        article: as it was.
        seen: when this text came into the archive.
        replaced: when the next one did.
    """

    article: Article
    seen: datetime
    replaced: datetime


class Catalog:
    """An archive's articles, passages and vectors, by URL of a database.

    Raises:
        ArchiveMismatch: another version of Dateline wrote it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        # Asked for by every search, and the same until an article comes or goes: by then the number
        # of changes is another.
        self._changes = 0
        self._sources = lru_cache(1)(lambda _: self._read_sources())
        self._days = lru_cache(1)(lambda _: self._read_days())
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", tune_sqlite)
        _metadata.create_all(self._engine, tables=[_facts])
        version = self._fact("schema")
        if version not in (None, SCHEMA_VERSION):
            self.close()
            raise ArchiveMismatch(
                f"The archive's catalog has schema {version}, this Dateline reads "
                f"{SCHEMA_VERSION}: use the version of Dateline that wrote it, or choose another "
                "folder with --archive and ingest the articles anew."
            )
        _metadata.create_all(self._engine)
        if version is None:
            self._set_facts(schema=SCHEMA_VERSION, id=uuid.uuid4().hex[:12], generation="1")

    @classmethod
    def at(cls, folder: Path, url: str = "") -> Catalog:
        """The catalog of an archive folder: the file in it, or the database that a URL names.

        Raises:
            ArchiveError: there is no catalog, or it cannot be opened.
        """
        return cls(url or f"sqlite:///{folder / FILE}")

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # What the archive is built with

    @property
    def id(self) -> str:
        """What tells this archive from others: twelve hexadecimal digits."""
        return self._fact("id") or ""

    @property
    def generation(self) -> int:
        """The number of the indexes that answer."""
        return int(self._fact("generation") or 1)

    @property
    def recipe(self) -> Recipe | None:
        """How the passages of the answering generation are made; None while nothing is in it."""
        made = self._fact("recipe")
        return Recipe(**json.loads(made)) if made else None

    @property
    def building(self) -> tuple[int, Recipe] | None:
        """The generation that a rebuild has begun to fill and its recipe, or None."""
        begun = self._fact("building")
        if not begun:
            return None
        generation, embedder, chunking = json.loads(begun)
        return generation, Recipe(embedder, chunking)

    def make_with(self, recipe: Recipe) -> None:
        """Say how passages are made from now on: for an archive that has none."""
        self._set_facts(recipe=_facts_of(recipe))

    def begin(self, recipe: Recipe) -> int:
        """The generation to build with a recipe: the one begun before with it, else a new one."""
        begun = self.building
        if begun and begun[1] == recipe:
            return begun[0]
        generation = max(self.generation, begun[0] if begun else 0) + 1
        self._set_facts(building=json.dumps([generation, recipe.embedder, recipe.chunking]))
        return generation

    def switch(self, generation: int, recipe: Recipe) -> None:
        """Let a built generation answer, at one stroke; what only the old one needed is dropped."""
        with self._engine.begin() as connection:
            _write_facts(
                connection, generation=str(generation), recipe=_facts_of(recipe), building=""
            )
            connection.execute(_indexed.delete().where(_indexed.c.generation != generation))
            connection.execute(_passages.delete().where(_passages.c.recipe != recipe.key))

    def erase(self) -> None:
        """Overwrite in the database's files what was deleted from it."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.isolation_level = None
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # Articles

    def put(self, articles: Iterable[Article]) -> dict[str, str]:
        """Write articles; new and changed ones become pending, and lose their old passages.

        The text that a changed one had is kept as a version.

        Returns:
            What happened to each, by article id: "added", "updated" or "unchanged".
        """
        batch = {article.id: article for article in articles}
        now = datetime.now(UTC)
        outcome = dict.fromkeys(batch, "added")
        with self._changing() as connection:
            query = sa.select(_articles).where(_articles.c.id.in_(list(batch)))
            for row in connection.execute(query).mappings().all():
                article, mine = batch[row["id"]], _articles.c.id == row["id"]
                if row["content_hash"] == article.content_hash:
                    outcome[article.id] = "unchanged"
                    if row["path"] != article.path:
                        moved = _articles.update().where(mine).values(path=article.path)
                        connection.execute(moved)
                    continue
                outcome[article.id] = "updated"
                version = {
                    "article_id": article.id,
                    "article": _article(row[c.name] for c in _ARTICLE_COLUMNS).to_record(),
                    "seen": row["seen"],
                    "replaced": now,
                }
                connection.execute(_versions.insert(), version)
                connection.execute(_articles.update().where(mine), _row(article) | {"seen": now})
                for table in (_passages, _indexed, _bands):
                    connection.execute(table.delete().where(table.c.article_id == article.id))
            rows = [_row(batch[key]) | {"seen": now} for key in batch if outcome[key] == "added"]
            if rows:
                connection.execute(_articles.insert(), rows)
            changed = [batch[key] for key in batch if outcome[key] != "unchanged"]
            if bands := _bands_of(changed):
                connection.execute(_bands.insert(), bands)
        return outcome

    def delete(self, ids: Sequence[str]) -> list[str]:
        """Delete articles, with their passages and versions.

        Returns:
            The ids that were there; each is among the `removed` until `forget`.
        """
        with self._changing() as connection:
            query = sa.select(_articles.c.id).where(_articles.c.id.in_(list(ids)))
            gone = list(connection.execute(query).scalars())
            if gone:
                connection.execute(_articles.delete().where(_articles.c.id.in_(gone)))
                known = sa.select(_removed.c.article_id)
                rows = set(gone) - set(connection.execute(known).scalars())
                if rows:
                    connection.execute(_removed.insert(), [{"article_id": key} for key in rows])
        return gone

    def removed(self) -> list[str]:
        """Ids of deleted articles that the indexes may still hold."""
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(_removed.c.article_id)).scalars())

    def forget(self, ids: Sequence[str]) -> None:
        """Say that the indexes have let go of deleted articles."""
        with self._engine.begin() as connection:
            connection.execute(_removed.delete().where(_removed.c.article_id.in_(list(ids))))

    def pending(self, generation: int, limit: int) -> list[Article]:
        """Up to `limit` articles that are not yet in a generation, oldest seen first."""
        query = sa.select(*_ARTICLE_COLUMNS).where(_lacking(generation))
        order = query.order_by(_articles.c.seen, _articles.c.id).limit(limit)
        with self._engine.connect() as connection:
            return [_article(row) for row in connection.execute(order)]

    def pending_ids(self, generation: int) -> set[str]:
        """The ids of the articles that are not yet in a generation."""
        with self._engine.connect() as connection:
            query = sa.select(_articles.c.id).where(_lacking(generation))
            return set(connection.execute(query).scalars())

    def unmark(self, generation: int) -> None:
        """Say that a generation's indexes hold nothing."""
        with self._engine.begin() as connection:
            connection.execute(_indexed.delete().where(_indexed.c.generation == generation))

    def mark_indexed(self, generation: int, ids: Sequence[str]) -> None:
        """Say that articles stand in a generation's indexes."""
        rows = [{"article_id": key, "generation": generation} for key in ids]
        with self._engine.begin() as connection:
            connection.execute(_indexed.insert(), rows)

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
        skip: int = 0,
    ) -> list[Article]:
        """Articles by outlet and days (both inclusive), newest first."""
        query = sa.select(*_ARTICLE_COLUMNS).where(*_between(sources, since, until))
        newest = sa.nulls_last(_articles.c.published.desc())
        page = query.order_by(newest, _articles.c.id).limit(limit).offset(skip or None)
        with self._engine.connect() as connection:
            return [_article(row) for row in connection.execute(page)]

    def visible(self, ids: Iterable[str], query: Query) -> set[str]:
        """Of the articles with the given ids, those that a query may see."""
        found = sa.select(_articles.c.id).where(_articles.c.id.in_(list(ids)), *_seen_by(query))
        with self._engine.connect() as connection:
            return set(connection.execute(found).scalars())

    def versions(self, article_id: str) -> list[Version]:
        """The earlier texts of an article, oldest first."""
        query = sa.select(_versions).where(_versions.c.article_id == article_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_versions.c.number)).all()
        return [
            Version(Article.from_record(row.article), _utc(row.seen), _utc(row.replaced))
            for row in rows
        ]

    def paths(self) -> dict[str, str]:
        """The file that each article was last read from, by article id."""
        query = sa.select(_articles.c.id, _articles.c.path).where(_articles.c.path.is_not(None))
        with self._engine.connect() as connection:
            return {row.id: row.path for row in connection.execute(query)}

    def count_by_day(self) -> dict[date, int]:
        """How many articles were published on each day that has any, in order."""
        day = _articles.c.published
        query = sa.select(day, sa.func.count()).where(day.is_not(None)).group_by(day).order_by(day)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def count_articles(
        self,
        *,
        sources: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
    ) -> int:
        """How many articles there are from outlets, between days (inclusive)."""
        where = _between(sources, since, until)
        return self._scalar(sa.select(sa.func.count()).select_from(_articles).where(*where)) or 0

    def copies(self, article_id: str) -> list[Article]:
        """The other articles that carry the same report, with small edits or none.

        Told pair by pair: a copy of a copy need not be among them.
        """
        found = [other for _, other in self._copied([article_id])]
        query = sa.select(*_ARTICLE_COLUMNS).where(_articles.c.id.in_(found))
        with self._engine.connect() as connection:
            return [_article(row) for row in connection.execute(query)]

    def copied(self, ids: Sequence[str]) -> set[str]:
        """Of the articles with the given ids, those that carry a report another one has, too."""
        return {key for key, _ in self._copied(ids)}

    def _copied(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each of these articles with each of its copies, by id."""
        from index.copies import is_copy

        theirs = _bands.alias()
        sharing = (
            sa.select(_bands.c.article_id, theirs.c.article_id)
            .join(theirs, theirs.c.band == _bands.c.band)
            .where(_bands.c.article_id.in_(list(ids)), theirs.c.article_id != _bands.c.article_id)
            .distinct()
        )
        with self._engine.connect() as connection:
            pairs = [(row[0], row[1]) for row in connection.execute(sharing)]
        signatures = self.signatures(list({key for pair in pairs for key in pair}))
        return (
            (one, other)
            for one, other in pairs
            if one in signatures
            and other in signatures
            and is_copy(signatures[one], signatures[other])
        )

    def signatures(self, ids: Sequence[str]) -> dict[str, bytes]:
        """What the copies of articles are known by (`index.copies`), by article id."""
        query = sa.select(_articles.c.id, _articles.c.signature).where(
            _articles.c.id.in_(list(ids))
        )
        with self._engine.connect() as connection:
            return {row.id: row.signature for row in connection.execute(query).all()}

    def sources(self) -> dict[str, int]:
        """The outlets, each with its number of articles, most first."""
        return dict(self._sources(self._changes))

    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day of publication in the archive, None where it has no dates."""
        return self._days(self._changes)

    @contextmanager
    def _changing(self) -> Iterator[sa.Connection]:
        """A transaction in which articles come or go."""
        try:
            with self._engine.begin() as connection:
                yield connection
        finally:  # after it: what is read meanwhile is then read again
            self._changes += 1

    def _read_sources(self) -> dict[str, int]:
        count = sa.func.count()
        query = sa.select(_articles.c.source, count).group_by(_articles.c.source)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(count.desc(), _articles.c.source)).all()
        return {row[0]: row[1] for row in rows}

    def _read_days(self) -> tuple[date | None, date | None]:
        # Asked for one by one, each is found at an end of its index.
        day = _articles.c.published
        ends = (sa.select(end(day)).scalar_subquery() for end in (sa.func.min, sa.func.max))
        query = sa.select(*ends)
        with self._engine.connect() as connection:
            first, last = connection.execute(query).one()
        return first, last

    # Passages

    def put_passages(
        self,
        recipe: Recipe,
        article: Article,
        spans: Sequence[tuple[int, int]],
        vectors: NDArray[np.float32],
    ) -> None:
        """Replace an article's passages: their offsets, and their vectors (kept as float16)."""
        rows = [
            {
                "recipe": recipe.key,
                "id": passage_id(article.id, start),
                "article_id": article.id,
                "start": start,
                "end": end,
                "vector": vector.astype(np.float16).tobytes(),
            }
            for (start, end), vector in zip(spans, vectors, strict=True)
        ]
        old = (_passages.c.article_id == article.id) & (_passages.c.recipe == recipe.key)
        with self._engine.begin() as connection:
            connection.execute(_passages.delete().where(old))
            if rows:
                connection.execute(_passages.insert(), rows)

    def passages_of(
        self, recipe: Recipe, articles: Sequence[Article]
    ) -> dict[str, tuple[list[Passage], NDArray[np.float32]]]:
        """The passages of articles as a recipe made them and their vectors, by article id.

        What it has not made is left out.
        """
        by_id = {article.id: article for article in articles}
        query = sa.select(_passages).where(
            _passages.c.article_id.in_(list(by_id)), _passages.c.recipe == recipe.key
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_passages.c.start)).all()
        made: dict[str, list[Any]] = {}
        for row in rows:
            made.setdefault(row.article_id, []).append(row)
        return {
            key: (
                [Passage(by_id[key], row.start, row.end) for row in mine],
                np.stack([_vector(row.vector) for row in mine]),
            )
            for key, mine in made.items()
        }

    def stored(self, ids: Sequence[str]) -> dict[str, Stored]:
        """What is kept of the passages with the given keys that exist, by key."""
        # In one statement: between two, an article could be changed under its offsets.
        query = (
            sa.select(
                _passages.c.id,
                _passages.c.start,
                _passages.c.end,
                _passages.c.vector,
                _articles.c.signature,
                _articles.c.id,
                *_ARTICLE_COLUMNS,
            )
            .join(_articles, _articles.c.id == _passages.c.article_id)
            .where(self._made(), _passages.c.id.in_(list(ids)))
        )
        articles: dict[str, Article] = {}
        found = {}
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        for key, start, end, vector, signature, article_id, *row in rows:
            article = articles.get(article_id) or _article(row)
            articles[article_id] = article
            found[key] = Stored(Passage(article, start, end), _vector(vector), signature)
        return found

    def visible_vectors(self, query: Query, most: int) -> dict[str, NDArray[np.float32]] | None:
        """The vectors of all passages that a query may see, by key; None of more than so many."""
        # The recipe is looked at here: SQLite would otherwise go through all passages made by it.
        recipe = self.recipe
        columns = sa.select(_passages.c.id, _passages.c.vector, _passages.c.recipe)
        joined = columns.join(_articles, _articles.c.id == _passages.c.article_id)
        with self._engine.connect() as connection:
            rows = connection.execute(joined.where(*_seen_by(query)).limit(most + 1)).all()
        if len(rows) > most:
            return None
        return {key: _vector(vector) for key, vector, made in rows if recipe and made == recipe.key}

    def keys(self) -> set[str]:
        """The keys of all passages."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(_passages.c.id).where(self._made())).scalars())

    def count_passages(self) -> int:
        """How many passages there are."""
        query = sa.select(sa.func.count()).select_from(_passages).where(self._made())
        return self._scalar(query) or 0

    def problems(self) -> list[str]:
        """What is wrong with the catalog in itself: its file, its hashes, its passages' offsets."""
        found = []
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                lines = connection.execute(sa.text("PRAGMA integrity_check(5)")).scalars().all()
            found += [f"the database is damaged: {line}" for line in lines if line != "ok"]
        recipe = self.recipe
        query = sa.select(_articles.c.id, _articles.c.content_hash, *_ARTICLE_COLUMNS)
        with self._engine.connect() as connection:
            for part in connection.execute(query).partitions(500):
                articles = [_article(row[2:]) for row in part]
                for row, article in zip(part, articles, strict=True):
                    if row[0] != article.id or row[1] != article.content_hash:
                        found.append(f"article {row[0]} is not what its hash says")
                made = self.passages_of(recipe, articles) if recipe else {}
                for key, (passages, _) in made.items():
                    if "".join(passage.text for passage in passages) != passages[0].article.body:
                        found.append(f"the passages of article {key} do not rebuild its text")
        return found

    def _made(self) -> sa.ColumnElement[bool]:
        recipe = self.recipe
        return _passages.c.recipe == (recipe.key if recipe else "")

    # Facts

    def _fact(self, name: str) -> str | None:
        value: str | None = self._scalar(sa.select(_facts.c.value).where(_facts.c.name == name))
        return value

    def _set_facts(self, **facts: str) -> None:
        with self._engine.begin() as connection:
            _write_facts(connection, **facts)

    def _scalar(self, query: sa.Select[Any]) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()


def _write_facts(connection: sa.Connection, **facts: str) -> None:
    connection.execute(_facts.delete().where(_facts.c.name.in_(list(facts))))
    rows = [{"name": name, "value": value} for name, value in facts.items()]
    connection.execute(_facts.insert(), rows)


def _facts_of(recipe: Recipe) -> str:
    return json.dumps({"embedder": recipe.embedder, "chunking": recipe.chunking})


def _lacking(generation: int) -> sa.ColumnElement[bool]:
    there = (_indexed.c.article_id == _articles.c.id) & (_indexed.c.generation == generation)
    return ~sa.exists().where(there)


def _vector(stored: bytes) -> NDArray[np.float32]:
    return np.frombuffer(stored, np.float16).astype(np.float32)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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


def _seen_by(query: Query) -> list[sa.ColumnElement[bool]]:
    """What an article must be for a query to see it; without a day it is seen as of any."""
    where = _between(query.sources, query.since, query.last_day)
    if not (query.since or query.until):
        where[-1] = sa.or_(_articles.c.published.is_(None), where[-1])
    return where


def _row(article: Article) -> dict[str, Any]:
    row: dict[str, Any] = {
        column.name: getattr(article, column.name) for column in _ARTICLE_COLUMNS
    }
    lists = {name: list(row[name]) for name in ("authors", "related", "credits")}
    hashes = {"text_hash": article.text_hash, "content_hash": article.content_hash}
    return row | lists | hashes | {"id": article.id, "signature": _signature(article)}


@lru_cache(maxsize=128)
def _signature(article: Article) -> bytes:
    from index import copies  # its library takes half a second to import

    return copies.signature(article.body)


def _bands_of(articles: Sequence[Article]) -> list[dict[str, str]]:
    from index import copies

    return [
        {"band": band, "article_id": article.id}
        for article in articles
        for band in set(copies.bands(_signature(article)))
    ]


def _article(row: Iterable[Any]) -> Article:
    values: Iterator[Any] = iter(row)
    fields = {column.name: next(values) for column in _ARTICLE_COLUMNS}
    lists = {name: tuple(fields[name]) for name in ("authors", "related", "credits")}
    return Article(**(fields | lists))


def _engine(url: str) -> sa.Engine:
    """Connections to a database, whose faults are told as `ArchiveError`s."""
    try:
        engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise ArchiveError(
            f"The database that DATELINE_CATALOG names cannot be used: {error}. For PostgreSQL it "
            "is postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, and "
            "`pip install 'dateline[postgresql]'`; leave it empty for a file in the archive."
        ) from error
    where = (
        engine.url.database if engine.dialect.name == "sqlite" else "that DATELINE_CATALOG names"
    )

    def explained(context: sa.engine.ExceptionContext) -> ArchiveError | None:
        reason = str(context.original_exception).strip()
        if "disk is full" in reason:
            return ArchiveError(FULL.format(where))
        known = isinstance(context.sqlalchemy_exception, sa.exc.DatabaseError)
        if not known or isinstance(context.sqlalchemy_exception, sa.exc.IntegrityError):
            return None
        return ArchiveError(
            f"The catalog {where} cannot be used: {reason}. Mend that and run the same command "
            "again: what was read is kept, and it goes on from there. If it is damaged, restore it "
            "from a backup, or choose another archive with --archive."
        )

    sa.event.listen(engine, "handle_error", explained)
    return engine


def tune_sqlite(connection: Any, _record: Any) -> None:
    """Make a new SQLite connection durable, patient, and thorough in deleting."""
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "busy_timeout=9000",
    ):
        connection.execute(f"PRAGMA {pragma}")
