"""The lexical index: ranked full-text search in tantivy. Derived from the catalog."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import tantivy
from tantivy import FieldType, Occur

from index.article import Passage
from index.errors import ArchiveError
from index.language import ENGLISH, STEMMERS, UNPARTED, language
from index.query import Query
from index.text import content_words, words

# Against the body. On RealTimeQA 2024q4, ×0.5 beat ×1 and ×2.
TITLE_WEIGHT = 0.5


# What an archive's texts may be written in; each has fields of its own: "body" for English,
# "body_fr" for French.
_LANGUAGES = (*STEMMERS, UNPARTED)


class LexicalIndex:
    """Best passages by BM25, each language's words stemmed.

    Args:
        folder: where the index lives; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("article", tokenizer_name="raw")
        builder.add_text_field("source", tokenizer_name="raw")
        builder.add_text_field("language", tokenizer_name="raw")
        builder.add_integer_field("day", indexed=True, fast=True)
        for code in _LANGUAGES:
            for field in _fields(code):
                builder.add_text_field(field, tokenizer_name=code)
        self._schema = builder.build()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = tantivy.Index(self._schema, path=str(folder))
            for code, analyser in _ANALYSERS.items():
                self._index.register_tokenizer(code, analyser)
            self._writer = self._index.writer(heap_size=64_000_000, num_threads=1)
        except ValueError as error:
            raise ArchiveError(
                f"The lexical index in {folder} cannot be opened: {error}. "
                "Run `dateline rebuild`: no article is lost."
            ) from error

    def close(self) -> None:
        """Finish what is being written."""
        self._writer.wait_merging_threads()

    def put(self, passages: Sequence[Passage]) -> None:
        """Add passages; those of the same articles that were there before must be removed first."""
        spoken: dict[str, str] = {}
        for passage in passages:
            article = passage.article
            if article.id not in spoken:
                spoken[article.id] = language(article.body)
            title, body = _fields(spoken[article.id])
            document = tantivy.Document(
                id=passage.id,
                article=article.id,
                source=article.source,
                language=spoken[article.id],
                **{title: article.title, body: passage.text},
            )
            if article.published:
                document.add_integer("day", article.published.toordinal())
            self._writer.add_document(document)

    def remove_articles(self, ids: Sequence[str]) -> None:
        """Remove all passages of articles."""
        for article_id in ids:
            self._writer.delete_documents_by_term("article", article_id)

    def commit(self) -> None:
        """Make what was put and removed durable, and seen by searches."""
        self._writer.commit()
        self._index.reload()

    def best(self, query: Query, k: int, *, newest: date | None) -> dict[str, float]:
        """The passages that match the query's words best, of those it may see.

        Args:
            query: gives words, days and outlets.
            k: how many passages at the most.
            newest: the archive's last day: a filter that excludes nothing is not paid for.

        Returns:
            BM25 score by passage key, best first.
        """
        text = " ".join(content_words(query.text) or words(query.text))
        if not text:
            return {}
        searcher = self._index.searcher()
        spoken = [code for code in _LANGUAGES if searcher.doc_freq("language", code)]
        matches = [(Occur.Should, self._matching(text, code)) for code in spoken]
        parts = [
            (Occur.Must, tantivy.Query.boolean_query(matches)),
            *((Occur.Must, part) for part in self._filters(query, newest)),
            *((Occur.Must, self._phrase(phrase, spoken)) for phrase in query.phrases),
        ]
        hits = searcher.search(tantivy.Query.boolean_query(parts), limit=k, count=False).hits
        return {searcher.doc(address)["id"][0]: float(score) for score, address in hits}

    def rarity(self, stem: str) -> float:
        """How much a stemmed word tells: its inverse document frequency over passages, from 0 up.

        ln(1 + (N − n + ½) / (n + ½)), as in BM25 (Robertson and Zaragoza 2009, p. 347).
        """
        searcher = self._index.searcher()
        total, having = searcher.num_docs, searcher.doc_freq("body", stem)
        return math.log1p((max(total - having, 0) + 0.5) / (having + 0.5))

    def count(self) -> int:
        """How many passages are indexed."""
        return int(self._index.searcher().num_docs)

    def keys(self) -> list[str]:
        """The keys of all passages in it; one that is there twice comes twice."""
        searcher = self._index.searcher()
        everything = searcher.search(tantivy.Query.all_query(), limit=max(self.count(), 1))
        return [searcher.doc(address)["id"][0] for _, address in everything.hits]

    def _matching(self, text: str, code: str) -> tantivy.Query:
        """What has words of a text in a language's title or body."""
        title, body = _fields(code)
        if code == UNPARTED:
            grams = dict.fromkeys(_ANALYSERS[code].analyze(text))
            terms = [tantivy.Query.term_query(self._schema, body, gram) for gram in grams]
            return tantivy.Query.boolean_query([(Occur.Should, term) for term in terms])
        match, _ = self._index.parse_query_lenient(
            text, [title, body], field_boosts={title: TITLE_WEIGHT}
        )
        return match

    def _phrase(self, phrase: str, spoken: Sequence[str]) -> tantivy.Query:
        """What has all words of a phrase, in a row where the language parts its words."""
        bodies = [_fields(code)[1] for code in spoken if code != UNPARTED]
        match, _ = self._index.parse_query_lenient(f'"{" ".join(words(phrase))}"', bodies)
        unparted = [self._matching(phrase, code) for code in spoken if code == UNPARTED]
        return tantivy.Query.boolean_query([(Occur.Should, part) for part in (match, *unparted)])

    def _filters(self, query: Query, newest: date | None) -> list[tantivy.Query]:
        filters = []
        if query.since or query.until:
            first = query.since.toordinal() if query.since else 0
            filters.append(self._days(first, query.last_day.toordinal()))
        elif newest and newest > query.as_of:
            later = self._days(query.as_of.toordinal() + 1, date.max.toordinal())
            everything = (Occur.Must, tantivy.Query.all_query())
            filters.append(tantivy.Query.boolean_query([everything, (Occur.MustNot, later)]))
        if query.sources:
            filters.append(
                tantivy.Query.term_set_query(self._schema, "source", list(query.sources))
            )
        return [tantivy.Query.const_score_query(part, 0.0) for part in filters]

    def _days(self, first: int, last: int) -> tantivy.Query:
        return tantivy.Query.range_query(self._schema, "day", FieldType.Integer, first, last)


def _fields(code: str) -> tuple[str, str]:
    """The names of a language's title and body."""
    return ("title", "body") if code == ENGLISH else (f"title_{code}", f"body_{code}")


def _analyser(code: str) -> tantivy.TextAnalyzer:
    """What cuts a text of a language into the terms it is found by."""
    if code == UNPARTED:
        grams = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(1, 2))
        return grams.filter(tantivy.Filter.lowercase()).build()
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.stemmer(STEMMERS[code]))
        .build()
    )


_ANALYSERS = {code: _analyser(code) for code in _LANGUAGES}
