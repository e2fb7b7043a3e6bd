"""One generation of an archive's indexes: the dense and the lexical one, always written together.

Both are derived from the catalog. When they are closed their files are *sealed*: their sizes,
times and checksums are noted. What is found unsealed at the next opening (its process was killed, a
file was changed or is gone) is first tried out in a child process (`index.check.sound`).
"""

from __future__ import annotations

import json
import shutil
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.article import Passage
from index.catalog import Catalog, Recipe
from index.lexical import LexicalIndex
from index.vectors import ChromaServer, VectorIndex

# Another name where the form of an index changes: older ones are then tried out, and built anew.
_SEAL = "sealed-2.json"


class Indexes:
    """The dense and the lexical index of one generation.

    Args:
        folder: the generation's own.
        recipe: how its passages are made.
        server: where the vectors are, if not in the folder.
        collection: their name there.

    Raises:
        ArchiveError: they cannot be opened.
    """

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        server: ChromaServer | None = None,
        collection: str = "passages",
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._sealed = _read_seal(folder)
        (folder / _SEAL).unlink(missing_ok=True)
        facts = {"embedder": recipe.embedder, "chunking": recipe.chunking}
        self.vectors = (
            VectorIndex(server, collection, facts)
            if server
            else VectorIndex(folder / "vectors", facts=facts)
        )
        self.lexical = LexicalIndex(folder / "lexical")
        self._users = 0
        self._idle = threading.Condition()

    def put(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        """Add passages, `vectors` having a row for each; seen by searches after `commit`."""
        self.vectors.put(passages, vectors)
        self.lexical.put(passages)

    def remove_articles(self, ids: Sequence[str]) -> None:
        """Remove all passages of articles; gone from searches after `commit`."""
        self.vectors.remove_articles(ids)
        self.lexical.remove_articles(ids)

    def commit(self) -> None:
        """Make what was put and removed durable."""
        self.lexical.commit()

    @contextmanager
    def in_use(self) -> Iterator[Indexes]:
        """Keep them open while something is looked up in them."""
        with self._idle:
            self._users += 1
        try:
            yield self
        finally:
            with self._idle:
                self._users -= 1
                self._idle.notify_all()

    def close(self) -> None:
        """Let go of them once nobody is looking anything up, and seal their files."""
        with self._idle:
            self._idle.wait_for(lambda: not self._users)
        self.lexical.close()
        self.vectors.close()
        seal = _seal(self.folder, self._sealed)
        (self.folder / _SEAL).write_text(json.dumps(seal), encoding="utf-8")

    def drop(self) -> None:
        """Close them and delete their files."""
        self.vectors.drop()
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def open_generation(
    folder: Path, catalog: Catalog, number: int, server: ChromaServer | None
) -> Indexes:
    """Open the indexes of a generation of the archive in a folder."""
    building = catalog.building
    recipe = building[1] if building and building[0] == number else catalog.recipe
    assert recipe, "an archive is told how it is made before anything is put in it"
    name = f"dateline-{catalog.id}-{number}"  # a server may hold several archives
    return Indexes(generation_folder(folder, number), recipe, server, name)


def generation_folder(folder: Path, number: int) -> Path:
    """Where the files of a generation are."""
    return folder / f"index-{number}"


def as_sealed(folder: Path) -> bool:
    """Whether a generation's files look as they were left in good order: by size and time."""
    sealed = _read_seal(folder)
    return bool(sealed) and _looks(folder) == {name: entry[:2] for name, entry in sealed.items()}


def is_sealed(folder: Path) -> bool:
    """Whether a generation's files were left in good order, whatever became of them since."""
    return bool(_read_seal(folder))


def changed(folder: Path) -> list[str]:
    """Files that are not as they were sealed, by name; none where nothing was sealed."""
    sealed = _read_seal(folder)
    if not sealed:
        return []
    now = _seal(folder, {})
    return sorted(
        name for name in sealed.keys() | now.keys() if _sum(sealed, name) != _sum(now, name)
    )


def _sum(seal: dict[str, list[int]], name: str) -> tuple[int, int] | None:
    return (seal[name][0], seal[name][2]) if name in seal else None


def _looks(folder: Path) -> dict[str, list[int]]:
    """Size and time of each file."""
    return {
        str(path.relative_to(folder)): [path.stat().st_size, path.stat().st_mtime_ns]
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _SEAL and not path.name.endswith(".lock")
    }


def _seal(folder: Path, before: dict[str, list[int]]) -> dict[str, list[int]]:
    """Size, time and CRC-32 of each file; what did not change is not read again."""
    seal = {}
    for name, looks in _looks(folder).items():
        known = before.get(name, [])
        seal[name] = known if known[:2] == looks else [*looks, _checksum(folder / name)]
    return seal


def _checksum(path: Path) -> int:
    crc = 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return crc


def _read_seal(folder: Path) -> dict[str, list[int]]:
    try:
        sealed: dict[str, list[int]] = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return sealed
