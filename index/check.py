"""Does an archive hang together? Catalog, vectors and lexical index, passage by passage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from index.article import article_id
from index.catalog import Catalog
from index.embed import Vectors

if TYPE_CHECKING:
    from index.indexes import Indexes

_REBUILD = "Run `dateline rebuild`: no article is lost."
# Cosine below which a stored vector is not the catalog's: float16 keeps it over 0.9999.
_SAME = 0.999


@dataclass(frozen=True)
class Problem:
    """Something wrong with an archive.

    Attributes:
        where: "catalog", "vectors", "lexical" or "files".
        what: what is wrong.
        mend: what to do about it.
    """

    where: str
    what: str
    mend: str = _REBUILD

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.mend}"


def problems_of(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with a catalog in itself."""
    for what in catalog.problems():
        yield Problem(
            "catalog", what, "Restore catalog.db from a backup, or ingest the files anew."
        )
    if pending := catalog.pending_ids(catalog.generation):
        yield Problem(
            "catalog",
            f"{len(pending):,} articles were read and are not indexed yet",
            "Run `dateline ingest` with any path: it goes on from where it was.",
        )


def compare(catalog: Catalog, indexes: Indexes) -> Iterator[Problem]:
    """Where the indexes differ from the catalog: keys, outlets, days, and the vectors.

    Articles that are not indexed yet are left out: an interrupted ingest is no damage.
    """
    from index.vectors import day_number

    pending = catalog.pending_ids(catalog.generation)
    made = catalog.keys()
    known = {key for key in made if article_id(key) not in pending}
    found: set[str] = set()
    wrong = {"another vector": 0, "another outlet or day": 0}
    for page in indexes.vectors.entries():
        found.update(key for key in page if article_id(key) not in pending)
        passages = catalog.passages(list(page))
        for key, vector in catalog.vectors(list(page)).items():
            facts, stored = page[key]
            if stored.shape != vector.shape or _cosine(stored, vector) < _SAME:
                wrong["another vector"] += 1
            if key in passages:
                article = passages[key].article
                expected = (article.source, day_number(article.published))
                wrong["another outlet or day"] += (facts["source"], facts["day"]) != expected
    yield from _differences("vectors", known, found)
    for what, count in wrong.items():
        if count:
            yield Problem("vectors", f"{count:,} passages have {what} than the catalog")
    words = indexes.lexical.keys()
    held = Counter(key for key in words if article_id(key) not in pending)
    yield from _differences("lexical", known, set(held))
    if twice := sum(count > 1 for count in held.values()):
        yield Problem("lexical", f"{twice:,} passages are in it twice")


def _cosine(one: Vectors, other: Vectors) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _differences(where: str, known: set[str], found: set[str]) -> Iterator[Problem]:
    if missing := len(known - found):
        yield Problem(where, f"{missing:,} of {len(known):,} passages are missing")
    if foreign := len(found - known):
        yield Problem(where, f"{foreign:,} passages are in it that the archive does not have")
