"""The `Assistant`: an open archive, and what may be asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from assistant import chain, choice, llm
from assistant import settings as configuration
from assistant.answer import Answer
from assistant.followup import History, standalone
from assistant.llm import Stop
from assistant.settings import Settings
from index.archive import Archive
from index.article import Article, Passage
from index.embed import SentenceEmbedder
from index.errors import UsageError
from index.query import Query
from index.rank import CrossEncoded

if TYPE_CHECKING:
    from llama_index.core.query_engine import BaseQueryEngine
    from llama_index.core.retrievers import BaseRetriever

Day = date | str
"""A day, as a `date` or an ISO string."""


class Assistant:
    """Answers questions from one archive. Long-lived; safe to share between threads.

    Args:
        archive: the open archive; closed with the assistant.
        settings: which language model, and how.
    """

    def __init__(self, archive: Archive, settings: Settings) -> None:
        self.archive = archive
        self.settings = settings
        self._writers = llm.writers(settings)

    @classmethod
    def open(
        cls,
        archive: str | Path | None = None,
        settings: Settings | None = None,
        *,
        create: bool = False,
    ) -> Self:
        """Open an archive to ask.

        Args:
            archive: its folder; by default the one the settings name.
            settings: by default from the environment and `dateline.toml`.
            create: make an empty archive where there is none.

        Raises:
            ArchiveError: it is missing, locked, damaged, or built with another model.
            UsageError: a setting cannot be used.
        """
        settings = settings or configuration.load()
        offline, reranker = settings.offline, settings.reranker
        embedder = SentenceEmbedder(settings.embedder, offline=offline)
        opened = Archive.open(
            archive or settings.archive,
            embedder,
            create=create,
            warm=True,
            server=settings.server,
            catalog=settings.catalog,
            reranker=CrossEncoded(reranker, offline=offline) if reranker else None,
        )
        try:
            return cls(opened, settings)
        except BaseException:
            opened.close()
            raise

    def close(self) -> None:
        """Let go of the archive."""
        self.archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def model(self) -> str:
        """What writes the answers unless another is asked for: the first of `models`."""
        return self.models[0]

    @property
    def models(self) -> tuple[str, ...]:
        """What may write an answer: the language models that were chosen, and "extractive"."""
        return *self._writers, chain.EXTRACTIVE

    def ask(
        self,
        question: str,
        *,
        history: History = (),
        as_of: Day | None = None,
        published: tuple[Day | None, Day | None] = (None, None),
        sources: Sequence[str] = (),
        ignore: Sequence[str] = (),
        llm: str | None = None,
    ) -> Answer:
        """Answer a question from the archive, or abstain.

        Args:
            question: in plain words.
            history: earlier (question, answer) texts of the conversation, oldest first.
            as_of: the day it is asked on, today by default: later articles are not seen.
            published: first and last day of the articles to answer from, either may be None.
            sources: outlets to answer from, all by default.
            ignore: words of the question ("last week") not to be understood as days or outlets.
            llm: which of `models` writes the answer; the first by default.

        Raises:
            UsageError: the question is empty, a filter cannot be, or there is no such model.
            LLMError: the language model failed.
        """
        *_, answer = self.stream(
            question,
            history=history,
            as_of=as_of,
            published=published,
            sources=sources,
            ignore=ignore,
            llm=llm,
        )
        assert isinstance(answer, Answer)
        return answer

    async def aask(self, question: str, **filters: Any) -> Answer:
        """As `ask`, awaited; cancelling it closes the connection to the language model."""
        async for event in self.astream(question, **filters):
            last = event
        assert isinstance(last, Answer)
        return last

    def stream(
        self,
        question: str,
        *,
        history: History = (),
        as_of: Day | None = None,
        published: tuple[Day | None, Day | None] = (None, None),
        sources: Sequence[str] = (),
        ignore: Sequence[str] = (),
        llm: str | None = None,
        stop: Stop | None = None,
    ) -> Generator[chain.Event, None, None]:
        """As `ask`, as it happens. Closing it stops the language model.

        So does calling `stop`, which another thread may do while this one waits; then the `Answer`
        does not come.

        Yields:
            The `Query` (the question as understood), then `Found` (the passages), then the
            answer's text in pieces (`str`), and at last the `Answer`.
        """
        writer = self._writer(llm)
        stop = stop or Stop()
        query = self.query(
            standalone(question, history, writer, stop),
            as_of=as_of,
            published=published,
            sources=sources,
            ignore=ignore,
        )
        yield from chain.answer(query, self.archive, writer, asked=question, stop=stop)

    async def astream(self, question: str, **filters: Any) -> AsyncGenerator[chain.Event, None]:
        """As `stream`, for asyncio: it runs in threads, and blocks nothing.

        Cancelling or closing it closes the connection to the language model at once, even while
        nothing has come yet.
        """
        stop = Stop()
        events = self.stream(question, stop=stop, **filters)
        waiting: asyncio.Future[chain.Event | None] | None = None
        try:
            while True:
                waiting = asyncio.ensure_future(asyncio.to_thread(next, events, None))
                event = await asyncio.shield(waiting)
                if event is None:
                    return
                yield event
        finally:
            stop()
            if waiting:  # a generator can be closed only when no thread is in it
                await asyncio.wait([waiting])
            events.close()

    def _writer(self, name: str | None) -> llm.Writer | None:
        name = self.model if name is None else name
        if name not in self.models:
            raise UsageError(
                f"There is no language model {name!r} here; there are: {', '.join(self.models)}."
            )
        return self._writers.get(name)

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        as_of: Day | None = None,
        published: tuple[Day | None, Day | None] = (None, None),
        sources: Sequence[str] = (),
        ignore: Sequence[str] = (),
    ) -> list[Passage]:
        """The k passages that match a question best, best first. No language model is used."""
        query = self.query(
            question, as_of=as_of, published=published, sources=sources, ignore=ignore
        )
        return self.archive.search(query, k)

    def query(
        self,
        question: str,
        *,
        as_of: Day | None = None,
        published: tuple[Day | None, Day | None] = (None, None),
        sources: Sequence[str] = (),
        ignore: Sequence[str] = (),
    ) -> Query:
        """A question and filters as the archive understands them.

        Raises:
            UsageError: the question is empty, or a filter cannot be.
        """
        since, until = published
        return self.archive.query(
            question,
            as_of=day(as_of, "as_of"),
            published=(day(since, "since"), day(until, "until")),
            sources=[sources] if isinstance(sources, str) else sources,
            ignore=ignore,
        )

    def read(
        self, question: str, articles: Sequence[Article], *, as_of: Day | None = None
    ) -> Answer:
        """Answer from the given articles only, in their own sentences: nothing is retrieved."""
        query = Query(question, day(as_of, "as_of") or date.today())
        passages = [
            Passage(article, start, end)
            for article in articles
            for start, end in self.archive.cut(article)
        ]
        return chain.read(query, passages, self.archive)

    def choose(
        self, question: str, choices: Sequence[str], *, as_of: Day | None = None
    ) -> int | None:
        """Answer a multiple-choice question: the index of the choice the archive speaks for.

        None where nothing was found.
        """
        query = self.query(question, as_of=as_of)
        passages = self.archive.search(query, choice.READ)
        wider = [
            passage
            for one in choices
            for passage in self.search(f"{question} {one}", choice.READ_EACH, as_of=as_of)
        ]
        if not passages or not choices:
            return None
        scores = choice.scores(query, choices, passages, wider, self.archive.rarity)
        return scores.index(max(scores))

    def as_retriever(self, k: int = 10) -> BaseRetriever:
        """The archive as a llama-index retriever of the k best passages."""
        from assistant.llama import DatelineRetriever

        return DatelineRetriever(self, k)

    def as_query_engine(self) -> BaseQueryEngine:
        """The assistant as a llama-index query engine: a response's metadata holds its `Answer`."""
        from assistant.llama import DatelineQueryEngine

        return DatelineQueryEngine(self)


def ask(question: str, **filters: Any) -> Answer:
    """Answer one question from the default archive; takes what `Assistant.ask` takes.

    Opens the archive and loads the model each time: for more than one question keep an `Assistant`.
    """
    with Assistant.open() as desk:
        return desk.ask(question, **filters)


def day(value: Day | None, name: str) -> date | None:
    """A day given as a `date` or an ISO string.

    Raises:
        UsageError: it is neither.
    """
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        raise UsageError(f"{name} is {value!r}: write a day as YYYY-MM-DD.") from None
