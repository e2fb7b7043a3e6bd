"""One process changes an archive while others ask it: no error, and no trace of what was deleted.

python tests/index/stress.py --seconds 60
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.index.hashed import HashedWords

ASKERS = 2


def main() -> None:
    """Run as the command line asks: the whole, or one asker."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--ask", nargs=2)
    given = parser.parse_args()
    if given.ask:
        print(ask(Path(given.ask[0]), Path(given.ask[1]), given.seconds))
    else:
        with tempfile.TemporaryDirectory() as folder:
            changes, questions = run(Path(folder), given.seconds)
            print(f"{changes} changes, {questions} questions, no error, nothing deleted was found")


def run(folder: Path, seconds: float) -> tuple[int, int]:
    """Change an archive while askers ask; returns how many changes and how many questions."""
    from index.archive import Archive

    gone = folder / "gone"
    gone.touch()
    stories = folder / "stories"
    stories.mkdir()
    (stories / "0.txt").write_text("date 2023-10-01 (Quay) -- The mayor opened the port.")
    with Archive.open(folder / "archive", HashedWords()) as archive:
        archive.ingest([stories])
        askers = [
            subprocess.Popen(
                [
                    *[sys.executable, __file__, "--seconds", str(seconds)],
                    *["--ask", str(folder / "archive"), str(gone)],
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(ASKERS)
        ]
        changes = 0
        while any(asker.poll() is None for asker in askers):
            changes += 1
            path = stories / f"{changes}.txt"
            path.write_text(f"date 2023-10-02 (Quay) -- The port took in ship number {changes}.")
            archive.ingest([path])
            ship = next(a for a in archive.articles() if a.path == str(path))
            if changes % 3:
                archive.delete([ship.id])
                with gone.open("a") as stream:
                    stream.write(ship.id + "\n")
            if changes % 40 == 0:
                archive.rebuild()
        questions = 0
        for asker in askers:
            out, err = asker.communicate()
            assert asker.returncode == 0, err
            questions += json.loads(out)
        assert archive.check() == []
    return changes, questions


def ask(folder: Path, gone: Path, seconds: float) -> int:
    """Ask as a guest for so long; returns how often."""
    from index.archive import Archive

    asked = 0
    end = time.monotonic() + seconds
    with Archive.open(folder, create=False) as guest:
        while time.monotonic() < end:
            deleted = set(gone.read_text().split())
            found = guest.search(guest.query("which ship did the port take in"), 20)
            assert found and not deleted & {passage.article.id for passage in found}
            asked += 1
    return asked


if __name__ == "__main__":
    main()
