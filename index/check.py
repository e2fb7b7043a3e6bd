"""Does an archive hang together? Catalog, vectors and lexical index, passage by passage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.article import article_id
from index.catalog import Catalog
from index.embed import Vectors

if TYPE_CHECKING:
    from index.indexes import Indexes
    from index.vectors import ChromaServer

_REBUILD = "Run `dateline rebuild`: no article is lost."
# Cosine below which a stored vector is not the catalog's: float16 keeps it over 0.9999.
_SAME = 0.999
# Seconds after which indexes that are being tried out are taken for torn.
_PATIENCE = 300


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
            "They are indexed while the archive is open; `dateline ingest PATH` waits for it.",
        )


def compare(catalog: Catalog, indexes: Indexes) -> Iterator[Problem]:
    """Where the indexes differ from the catalog: keys, outlets, days, and the vectors.

    Articles that are on their way in or out are left out: an interrupted ingest is no damage.
    """
    from index.vectors import day_number

    moving = catalog.pending_ids(catalog.generation) | set(catalog.removed())

    def settled(keys: Iterable[str]) -> list[str]:
        return [key for key in keys if article_id(key) not in moving]

    known = set(settled(catalog.keys()))
    found: set[str] = set()
    wrong = {"another vector": 0, "another outlet or day": 0}
    for page in indexes.vectors.entries():
        keys = settled(page)
        found.update(keys)
        for key, stored in catalog.stored(keys).items():
            facts, vector = page[key]
            if vector.shape != stored.vector.shape or _cosine(vector, stored.vector) < _SAME:
                wrong["another vector"] += 1
            article = stored.passage.article
            expected = (article.source, day_number(article.published))
            wrong["another outlet or day"] += (facts["source"], facts["day"]) != expected
    yield from _differences("vectors", known, found)
    for what, count in wrong.items():
        if count:
            yield Problem("vectors", f"{count:,} passages have {what} than the catalog")
    held = Counter(settled(indexes.lexical.keys()))
    yield from _differences("lexical", known, set(held))
    if twice := sum(count > 1 for count in held.values()):
        yield Problem("lexical", f"{twice:,} passages are in it twice")


def sound(folder: Path, catalog: str, server: ChromaServer | None, generation: int) -> bool:
    """Whether a generation's indexes agree with the catalog, tried in a child process.

    Opening a torn store can kill the process that does it, and no error is raised then.
    """
    told = {
        "folder": str(folder),
        "catalog": catalog,
        "generation": generation,
        "server": asdict(server) if server else None,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "index.check"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin
        try:
            print(json.dumps(told), file=child.stdin, flush=True)
            return child.wait(_PATIENCE) == 0
        except (subprocess.TimeoutExpired, BrokenPipeError):
            return False
        finally:
            child.kill()


def _try_out() -> int:
    from index.indexes import open_generation
    from index.vectors import ChromaServer

    told = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server = ChromaServer(**told["server"]) if told["server"] else None
    folder = Path(told["folder"])
    catalog = Catalog.at(folder, told["catalog"])
    opened = open_generation(folder, catalog, told["generation"], server)
    try:
        return int(any(compare(catalog, opened)))
    finally:
        opened.close()


def _end_with_parent() -> None:
    """End as soon as standard input does: two processes may not have one store open."""
    sys.stdin.read()
    os._exit(1)


def _cosine(one: Vectors, other: Vectors) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _differences(where: str, known: set[str], found: set[str]) -> Iterator[Problem]:
    if missing := len(known - found):
        yield Problem(where, f"{missing:,} of {len(known):,} passages are missing")
    if foreign := len(found - known):
        yield Problem(where, f"{foreign:,} passages are in it that the archive does not have")


if __name__ == "__main__":
    sys.exit(_try_out())
