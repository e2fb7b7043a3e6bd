"""Conversations kept on the server: each user's own, in a database beside the archive's.

Every method takes the user ("" where nobody logs in); what belongs to another user is as if it were
not there. What is deleted is overwritten on the disk too, and so is what was said from an article
that is erased from the archive.

    kept = Conversations.at(folder)
    conversation, n = kept.append("ana", None, answer)              # begins one
    conversation, n = kept.append("ana", conversation, answer)      # goes on with it
    kept.of("ana", "ferry")                                         # listed, or searched
    kept.turns("ana", conversation)[n - 1].answer                   # an Answer again: `restore`
    kept.rate("ana", conversation, n, thumb=1, comment="Right.")
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from assistant.answer import Answer
from assistant.record import articles_of, plain, restore, without
from index.articles import Articles
from index.catalog import tune_sqlite
from index.errors import ArchiveError, ArchiveMismatch
from index.text import clip, unaccented

SCHEMA_VERSION = 1
FILE = "conversations.db"
_TITLE = 80  # characters of a first question that title its conversation

_metadata = sa.MetaData()
_conversations = sa.Table(
    "conversations",
    _metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("user", sa.String, nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("started", sa.String, nullable=False),
    sa.Column("changed", sa.String, nullable=False),
)
_turns = sa.Table(
    "turns",
    _metadata,
    sa.Column("conversation", sa.ForeignKey("conversations.id", ondelete="CASCADE")),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("asked", sa.String, nullable=False),
    sa.Column("filters", sa.JSON, nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("searched", sa.Text, nullable=False),
    sa.Column("thumb", sa.Integer, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("conversation", "n"),
)


@dataclass(frozen=True)
class Conversation:
    """A conversation in a list.

    Attributes:
        id: what the other methods know it by.
        title: its first question, or what its user named it.
        started: when its first question was answered, UTC.
        changed: when its last question was answered, UTC.
        turns: how many questions it has.
    """

    id: str
    title: str
    started: datetime
    changed: datetime
    turns: int


@dataclass(frozen=True)
class Kept:
    """A question and its answer as they were kept.

    Attributes:
        n: the turn's number in its conversation, from 1.
        asked: when it was answered, UTC.
        filters: what was chosen beside the question, as it was given to `append`.
        answer: the answer as plain data, for `restore`.
        thumb: 1 up, -1 down, 0 not rated.
        comment: what the user said of it.
    """

    n: int
    asked: datetime
    filters: dict[str, Any]
    answer: dict[str, Any]
    thumb: int
    comment: str

    @property
    def question(self) -> str:
        """The question as asked."""
        return str(self.answer["question"])


class Conversations:
    """The conversations of all users. Safe to share between threads and processes.

    Args:
        path: the database's file, made where there is none.

    Raises:
        ArchiveError: the file is no such database, or was written by another Dateline.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.touch(mode=0o600)
            self._engine = sa.create_engine(f"sqlite:///{path}")
            sa.event.listen(self._engine, "connect", _tune)
            with self._engine.begin() as connection:
                version = connection.exec_driver_sql("PRAGMA user_version").scalar()
                if not version:
                    _metadata.create_all(connection)
                    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
        except (OSError, sa.exc.DatabaseError) as error:
            reason = getattr(error, "orig", None) or error
            raise ArchiveError(
                f"The conversations in {path} cannot be opened: {reason}. Move the file away to "
                "begin anew, or restore it from a backup."
            ) from error
        if version not in (0, SCHEMA_VERSION):
            self.close()
            raise ArchiveMismatch(
                f"The conversations in {path} have schema {version}, this Dateline reads "
                f"{SCHEMA_VERSION}: use the version of Dateline that wrote them, or move the file "
                "away to begin anew."
            )

    @classmethod
    def at(cls, folder: Path) -> Conversations:
        """The conversations about the archive in a folder."""
        return cls(folder / FILE)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # Asking

    def append(
        self,
        user: str,
        conversation: str | None,
        answer: Answer,
        filters: dict[str, Any] | None = None,
    ) -> tuple[str, int]:
        """Keep an answer at the end of a conversation; a new one for None, or an id not there.

        Args:
            user: whose it is.
            conversation: the conversation's id.
            answer: with its question, model and as-of day.
            filters: what was chosen beside the question; plain data, given back as it is.

        Returns:
            The conversation's id, and the turn's number in it.
        """
        now = datetime.now(UTC).isoformat()
        with self._engine.begin() as connection:
            mine = _conversations.c.id.in_(_ids(user, [conversation or ""]))
            goes_on = _conversations.update().where(mine).values(changed=now)
            if not conversation or not connection.execute(goes_on).rowcount:
                conversation = secrets.token_urlsafe(12)
                named = {"user": user, "title": clip(answer.question, _TITLE)}
                connection.execute(
                    _conversations.insert().values(
                        id=conversation, started=now, changed=now, **named
                    )
                )
            last = sa.select(sa.func.max(_turns.c.n)).where(_turns.c.conversation == conversation)
            n = int(connection.execute(last).scalar() or 0) + 1
            row = {"conversation": conversation, "n": n, "asked": now, "filters": filters or {}}
            said = _answer_columns(plain(answer)) | {"thumb": 0, "comment": ""}
            connection.execute(_turns.insert().values(**row, **said))
        return conversation, n

    def take_back(self, user: str, conversation: str, n: int) -> None:
        """Forget a turn and those after it; with its first turn a conversation is gone."""
        if n <= 1:
            self.delete(user, [conversation])
            return
        mine = _turns.c.conversation.in_(_ids(user, [conversation]))
        self._changed(_turns.delete().where(mine, _turns.c.n >= n))
        self._overwrite()

    # Looking back

    def of(self, user: str, matching: str = "", limit: int = 200) -> list[Conversation]:
        """A user's conversations, last changed first.

        Args:
            user: whose.
            matching: words that must all stand in the title, or all in one question and its answer;
                neither case nor accents matter.
            limit: the most there can be.
        """
        words = _folded(matching).split()
        query = (
            sa.select(_conversations, sa.func.count(_turns.c.n).label("turns"))
            .join(_turns, _turns.c.conversation == _conversations.c.id)
            .where(_conversations.c.user == user)
            .group_by(_conversations.c.id)
            .order_by(_conversations.c.changed.desc())
            .limit(limit)
        )
        if words:
            said = sa.select(_turns.c.conversation).where(
                *(_turns.c.searched.contains(word, autoescape=True) for word in words)
            )
            titled = [
                sa.func.folded(_conversations.c.title).contains(word, autoescape=True)
                for word in words
            ]
            query = query.where(sa.or_(_conversations.c.id.in_(said), sa.and_(*titled)))
        return [
            Conversation(row.id, row.title, _time(row.started), _time(row.changed), row.turns)
            for row in self._rows(query)
        ]

    def turns(self, user: str, conversation: str) -> list[Kept]:
        """A conversation's turns, first first; none where it is not there."""
        query = sa.select(_turns).where(_turns.c.conversation.in_(_ids(user, [conversation])))
        return [
            Kept(row.n, _time(row.asked), row.filters, row.answer, row.thumb, row.comment)
            for row in self._rows(query.order_by(_turns.c.n))
        ]

    # Keeping order

    def rename(self, user: str, conversation: str, title: str) -> bool:
        """Name a conversation; False where it is not there, or the name is empty."""
        title = " ".join(title.split())
        if not title:
            return False
        named = _conversations.update().values(title=clip(title, 2 * _TITLE))
        return self._changed(named.where(_conversations.c.id.in_(_ids(user, [conversation])))) > 0

    def delete(self, user: str, conversations: Sequence[str]) -> int:
        """Delete conversations, with their answers and ratings; gives how many there were."""
        mine = _conversations.c.id.in_(_ids(user, conversations))
        deleted = self._changed(_conversations.delete().where(mine))
        self._overwrite()
        return deleted

    def erase(self, archive: Articles) -> int:
        """Take out of all answers what they have from articles that the archive holds no more.

        A sentence goes that cites such an article, or nothing while such a one was read for it; an
        answer that nothing is left of says so, and loses its rating.

        Returns:
            How many answers were changed.
        """
        erased = 0
        with self._engine.begin() as connection:
            for row in connection.execute(sa.select(_turns)).all():
                deleted = {key for key in articles_of(row.answer) if not archive.article(key)}
                if deleted:
                    left = without(deleted, row.answer)
                    rating = row.thumb if left["sentences"] else 0
                    this = (_turns.c.conversation == row.conversation) & (_turns.c.n == row.n)
                    connection.execute(
                        _turns.update().where(this).values(thumb=rating, **_answer_columns(left))
                    )
                    erased += 1
        self._overwrite()
        return erased

    def rate(self, user: str, conversation: str, n: int, thumb: int = 0, comment: str = "") -> bool:
        """Say what an answer was worth, in place of what was said before.

        Args:
            user: whose it is.
            conversation: the conversation's id.
            n: the turn's number in it.
            thumb: 1 up, -1 down, 0 to take it back.
            comment: in words.

        Returns:
            Whether there is such a turn.
        """
        mine = _turns.c.conversation.in_(_ids(user, [conversation]))
        rated = _turns.update().where(mine, _turns.c.n == n)
        said = {"thumb": max(-1, min(thumb, 1)), "comment": comment.strip()}
        return self._changed(rated.values(said)) > 0

    # Taking out

    def to_dict(self, user: str, conversation: str) -> dict[str, Any] | None:
        """A conversation with all that was kept of it, or None where it is not there."""
        title = self._title(user, conversation)
        if title is None:
            return None
        return {
            "title": title,
            "turns": [
                {
                    "asked": turn.asked.isoformat(timespec="seconds"),
                    "filters": turn.filters,
                    "thumb": turn.thumb,
                    "comment": turn.comment,
                    **turn.answer,
                }
                for turn in self.turns(user, conversation)
            ],
        }

    def to_markdown(self, user: str, conversation: str) -> str | None:
        """A conversation to read or to file, with quotes, links, dates, filters and model."""
        title = self._title(user, conversation)
        if title is None:
            return None
        parts = [f"# {title}"]
        for turn in self.turns(user, conversation):
            answer = restore(turn.answer)
            how = [
                f"Asked {turn.asked:%Y-%m-%d %H:%M} UTC",
                f"as of {answer.as_of}",
                *(f"{name} {_in_words(value)}" for name, value in turn.filters.items() if value),
                f"model {answer.model}",
            ]
            parts += [f"## {turn.question}", answer.to_markdown(), "*" + " · ".join(how) + "*"]
            if turn.thumb or turn.comment:
                verdict = {1: "Thumbs up", -1: "Thumbs down", 0: "Comment"}[turn.thumb]
                parts.append(f"> {verdict}. {turn.comment}".rstrip())
        return "\n\n".join(parts) + "\n"

    def dataset(self, user: str | None = None) -> str:
        """The rated answers as questions to evaluate with: JSON Lines, in `eval`'s own format.

        An answer with a thumb up is a candidate for gold, with what it cites as its evidence (an
        abstention: the question is unanswerable); one with a thumb down is what should not be said.
        The comment is a tag. Someone who knows should look at each before it is called gold.

        Args:
            user: whose ratings; of everyone for None, which is for who runs the server.
        """
        query = sa.select(_conversations.c.id, _conversations.c.user)
        if user is not None:
            query = query.where(_conversations.c.user == user)
        samples = []
        for row in self._rows(query.order_by(_conversations.c.started)):
            history: list[dict[str, str]] = []
            for turn in self.turns(row.user, row.id):
                if turn.thumb:
                    samples.append(_sample(f"{row.id}-{turn.n}", turn, history))
                history.append({"question": turn.question, "answer": turn.answer["answer"]})
        return "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)

    def _title(self, user: str, conversation: str) -> str | None:
        mine = _conversations.c.id.in_(_ids(user, [conversation]))
        return next(
            (row.title for row in self._rows(sa.select(_conversations.c.title).where(mine))), None
        )

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _changed(self, change: sa.UpdateBase) -> int:
        """Make a change; gives how many rows it changed."""
        with self._engine.begin() as connection:
            return connection.execute(change).rowcount

    def _overwrite(self) -> None:
        """Empty the write-ahead log, in which what was deleted would still stand."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _answer_columns(answer: dict[str, Any]) -> dict[str, Any]:
    return {"answer": answer, "searched": _folded(f"{answer['question']}\n{answer['answer']}")}


def _time(stored: str) -> datetime:
    return datetime.fromisoformat(stored)


def _sample(key: str, turn: Kept, history: list[dict[str, str]]) -> dict[str, Any]:
    answer = turn.answer
    said = " ".join(sentence["text"] for sentence in answer["sentences"])
    up = turn.thumb > 0
    return {
        "id": key,
        "question": turn.question,
        "answers": [said] if up and said else [],
        "evidence": [
            {"article": cited["article_id"], "quote": cited["quote"]}
            for cited in answer["citations"]
            if up
        ],
        "as_of": answer["as_of"],
        "unanswerable": up and answer["abstained"],
        "tags": ["thumbs up" if up else "thumbs down", *([turn.comment] if turn.comment else [])],
        "stale_answers": [] if up or not said else [said],
        "history": list(history),
    }


def _in_words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _ids(user: str, conversations: Sequence[str]) -> sa.Select[Any]:
    """Of some conversations, those that are the user's: the one way that any is reached."""
    return sa.select(_conversations.c.id).where(
        _conversations.c.user == user, _conversations.c.id.in_(list(conversations))
    )


def _folded(text: str) -> str:
    """Text without case and accents."""
    return unaccented(text.casefold())


def _tune(connection: Any, record: Any) -> None:
    tune_sqlite(connection, record)
    connection.create_function("folded", 1, _folded, deterministic=True)
