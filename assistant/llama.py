"""Dateline inside llama-index: a retriever and a query engine over an `Assistant`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from assistant.answer import Answer, iso
from index.article import Passage

if TYPE_CHECKING:
    from assistant.desk import Assistant


class DatelineRetriever(BaseRetriever):
    """The k best passages of an assistant's archive, as nodes with the article's metadata."""

    def __init__(self, desk: Assistant, k: int = 10) -> None:
        self._desk = desk
        self._k = k
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [node(p) for p in self._desk.search(query_bundle.query_str, self._k)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class DatelineQueryEngine(CustomQueryEngine):
    """Answers as the assistant does; `response.metadata["answer"]` is the whole `Answer`."""

    _desk: Any = PrivateAttr()

    def __init__(self, desk: Assistant) -> None:
        super().__init__()
        self._desk = desk

    def custom_query(self, query_str: str) -> Response:
        """Answer a question."""
        return _response(self._desk.ask(query_str))

    async def acustom_query(self, query_str: str) -> Response:
        """Answer a question without blocking the event loop."""
        return _response(await self._desk.aask(query_str))


def _response(answer: Answer) -> Response:
    nodes = [node(passage) for passage in answer.passages]
    return Response(answer.text, source_nodes=nodes, metadata={"answer": answer})


def node(passage: Passage) -> NodeWithScore:
    """A passage as a llama-index node."""
    article = passage.article
    metadata = {
        "article_id": article.id,
        "title": article.title,
        "source": article.source,
        "published": iso(article.published),
        "url": article.url,
    }
    text = TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=metadata,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
    )
    return NodeWithScore(node=text, score=passage.score)
