"""Passages made of articles: cut, embedded under their titles, put into catalog and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from index import chunk
from index.article import Article
from index.catalog import Catalog, Recipe
from index.embed import Embedder

if TYPE_CHECKING:
    from index.indexes import Indexes

# Of a passage's window, what its heading (the article's title) may take.
_HEADING_SHARE = 4
# Tokenizers that look across white space may count a passage differently within its article.
_SLACK = 2


class Maker:
    """Cuts articles into passages and embeds them.

    Args:
        catalog: keeps what is made, and is asked first.
        embedder: makes the vectors.
    """

    def __init__(self, catalog: Catalog, embedder: Embedder) -> None:
        self._catalog = catalog
        self._embedder = embedder

    def index(self, articles: Sequence[Article], into: Indexes) -> int:
        """Put articles' passages into indexes; what the catalog has of them is not made again.

        Returns:
            How many passages.
        """
        recipe = Recipe(self._embedder.name, chunk.CHUNKING)
        made = self._catalog.passages_of(recipe, articles)
        self._make(recipe, [article for article in articles if article.id not in made])
        made = self._catalog.passages_of(recipe, articles)
        into.remove_articles([article.id for article in articles])
        passages = [passage for mine, _ in made.values() for passage in mine]
        if passages:
            into.put(passages, np.concatenate([vectors for _, vectors in made.values()]))
        into.commit()
        return len(passages)

    def _make(self, recipe: Recipe, articles: Sequence[Article]) -> None:
        spans = [self.cut(article) for article in articles]
        headed = [
            f"{self._heading(article)[0]}\n{article.body[start:end].strip()}"
            for article, mine in zip(articles, spans, strict=True)
            for start, end in mine
        ]
        if not headed:
            return
        vectors = self._embedder.embed(headed)
        first = 0
        for article, mine in zip(articles, spans, strict=True):
            self._catalog.put_passages(recipe, article, mine, vectors[first : first + len(mine)])
            first += len(mine)

    def cut(self, article: Article) -> list[tuple[int, int]]:
        """Where the passages of an article start and end."""
        _, room = self._heading(article)
        return chunk.passages(article.body, self._embedder.token_starts, room)

    def _heading(self, article: Article) -> tuple[str, int]:
        """What is embedded before each of an article's passages, and the tokens left for them."""
        window = self._embedder.window - _SLACK
        starts = self._embedder.token_starts(article.title)
        most = window // _HEADING_SHARE
        heading = article.title[: starts[most]] if len(starts) > most else article.title
        return heading, window - min(len(starts), most)
