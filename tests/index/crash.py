"""Kill a process at random points of its work on an archive, and see that nothing is lost.

    python tests/index/crash.py --kills 60

Each round a child opens the archive that the last kill left, holds it to what was done so far
(nothing lost, nothing back, nothing half-indexed), and then ingests, edits, deletes and rebuilds
until it is killed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.index.hashed import HashedWords

WORDS = "port mayor bridge harbour vote strike storm budget ferry council school river".split()


def main() -> None:
    """Run the rounds that the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", nargs=2)
    given = parser.parse_args()
    if given.child:
        work(Path(given.child[0]), Path(given.child[1]), random.Random(given.seed))
    else:
        with tempfile.TemporaryDirectory() as folder:
            print(run(Path(folder), given.kills, given.seed), "kills survived")


def run(folder: Path, kills: int, seed: int) -> int:
    """Kill a child so many times; returns how often it was killed at work."""
    chance = random.Random(seed)
    killed = 0
    for number in range(kills + 1):
        last = number == kills
        child = subprocess.Popen(
            [
                *[sys.executable, __file__, "--seed", str(seed * 1000 + number)],
                *["--child", str(folder / "archive"), str(folder / "log")],
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stdout and child.stderr
        if child.stdout.readline() != "held\n":
            raise AssertionError(f"after {killed} kills: {child.stderr.read()}")
        time.sleep(0 if last else chance.random() ** 2 * 1.5)
        killed += child.poll() is None and not last
        child.kill()
        child.communicate()
    return killed


def work(folder: Path, log: Path, chance: random.Random) -> None:
    """Hold the archive to the log, then change it until killed."""
    from index.archive import Archive

    log.touch()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    with Archive.open(folder, HashedWords()) as archive:
        now = {article.id: article.body for article in archive.articles()}
        if lines:
            before, after = lines[-1]
            for key in before.keys() | after.keys() | now.keys():
                assert now.get(key) in (before.get(key), after.get(key)), f"{key} is not as it was"
        problems = [str(one) for one in archive.check() if "not indexed yet" not in one.what]
        assert not problems, problems
        print("held", flush=True)
        stories = folder.parent / "stories"
        stories.mkdir(exist_ok=True)
        while True:
            act(archive, stories, log, chance)


def act(archive, stories: Path, log: Path, chance: random.Random) -> None:
    """One change, its outcome told to the log before it is made."""
    from index.read import read

    before = {article.id: article.body for article in archive.articles()}
    what = chance.choice(["ingest", "ingest", "ingest", "delete", "rebuild"])
    after = dict(before)
    batch = []
    if what == "ingest":
        for number in chance.sample(range(60), 12):
            path = stories / f"{number}.txt"
            text = " ".join(chance.choices(WORDS, k=60)).capitalize()
            path.write_text(f"date 2023-10-{number % 28 + 1:02} (Quay) -- {text}.")
            batch.append(path)
            after |= {article.id: article.body for article in read(path)}
    gone = chance.sample(sorted(before), min(5, len(before))) if what == "delete" else []
    for key in gone:
        del after[key]
    with log.open("a") as stream:
        stream.write(json.dumps([before, after]) + "\n")
    if batch:
        archive.ingest(batch)
    elif gone:
        archive.delete(gone)
    else:
        archive.rebuild()


if __name__ == "__main__":
    main()
