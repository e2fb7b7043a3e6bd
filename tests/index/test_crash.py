"""Killed, stressed, and driven at random: catalog, vectors and lexical index stay one."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from index.archive import Archive
from index.catalog import Catalog
from index.indexes import Indexes
from tests.index import crash, stress
from tests.index.hashed import HashedWords


def test_nothing_is_lost_when_a_process_is_killed(tmp_path):
    assert crash.run(tmp_path, kills=8, seed=7) >= 6


def test_others_may_ask_while_one_changes_the_archive(tmp_path):
    changes, questions = stress.run(tmp_path, seconds=4)
    assert changes > 3 and questions > 3


def settle(archive):
    """Wait until nothing is pending: opening an archive has begun to finish that."""
    for _ in range(600):
        if not any("not indexed yet" in problem.what for problem in archive.check()):
            return
        time.sleep(0.1)
    raise AssertionError("what was pending at opening is not finished")


def test_opening_takes_up_what_a_killed_ingest_left(tmp_path, caplog):
    stories = [tmp_path / f"{number}.txt" for number in range(9)]
    for number, path in enumerate(stories):
        path.write_text(f"date 2023-10-0{number + 1} (Quay) -- Ship {number} came in late.")
    with Archive.open(tmp_path / "archive", HashedWords()) as archive:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Lost):
            patch.setattr(Indexes, "put", lost)
            archive.ingest(stories)
        assert archive.search(archive.query("ship"), 10) == []
    with Archive.open(tmp_path / "archive", HashedWords()) as archive:
        settle(archive)
        assert len(archive.search(archive.query("ship"), 10)) == 9
    assert "9 articles were read and not yet indexed" in caplog.text
    caplog.clear()
    with Archive.open(tmp_path / "archive", HashedWords()) as archive:
        assert archive.check() == []
    assert not caplog.text


class Lost(Exception):
    """The process is gone, as far as the archive can tell."""


def lost(*_, **__):
    raise Lost


# Where a process may die: each of these is a step of the order of writing.
POINTS = [
    (Indexes, "put"),
    (Indexes, "remove_articles"),
    (Indexes, "commit"),
    (Catalog, "put_passages"),
    (Catalog, "mark_indexed"),
    (Catalog, "forget"),
    (Catalog, "switch"),
]


class ArchiveMachine(RuleBasedStateMachine):
    """An archive beside a plain dictionary that says what must be in it."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.stories = self.folder / "stories"
        self.stories.mkdir()
        self.known: dict[str, str] = {}
        self.archive = self._open()

    def _open(self):
        return Archive.open(self.folder / "archive", HashedWords())

    def teardown(self) -> None:
        self.archive.close()
        self._folder.cleanup()

    def _path(self, number):
        return self.stories / f"{number}.txt"

    @rule(number=st.integers(0, 5), word=st.sampled_from(crash.WORDS))
    def add_or_edit(self, number, word):
        self._path(number).write_text(
            f"date 2023-10-0{number + 1} (Quay) -- The {word} of Ansel was in the news again."
        )
        self.archive.ingest([self._path(number)])
        self.known[str(self._path(number))] = word

    @precondition(lambda self: self.known)
    @rule(pick=st.randoms(use_true_random=False))
    def delete(self, pick):
        path = pick.choice(sorted(self.known))
        (article,) = [a for a in self.archive.articles() if a.path == path]
        assert self.archive.delete([article.id]) == 1
        del self.known[path]

    @rule(pick=st.randoms(use_true_random=False))
    def sync(self, pick):
        files = sorted(self.stories.iterdir())
        for path in pick.sample(files, len(files) // 3):
            path.unlink()
        self.archive.ingest([self.stories], sync=True)
        self.known = {
            str(path): next(word for word in crash.WORDS if f"The {word} of" in path.read_text())
            for path in self.stories.iterdir()
        }

    @rule()
    def rebuild(self):
        self.archive.rebuild()

    @rule()
    def reopen(self):
        self.archive.close()
        self.archive = self._open()

    @rule(point=st.sampled_from(POINTS), number=st.integers(0, 5), rebuild=st.booleans())
    def die(self, point, number, rebuild):
        owner, name = point

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, lost)
            try:
                if rebuild:
                    self.archive.rebuild()
                else:
                    self.add_or_edit(number, "budget")
            except Lost:
                pass
        if not rebuild:
            self.known[str(self._path(number))] = "budget"
        self.archive.close()
        self.archive = self._open()
        settle(self.archive)

    @invariant()
    def all_agree(self):
        assert self.archive.check() == []
        bodies = {article.path: article.body for article in self.archive.articles()}
        assert bodies.keys() == self.known.keys()
        assert all(f"The {word} of" in bodies[path] for path, word in self.known.items())
        found = self.archive.search(self.archive.query("Ansel news"), 10)
        named = {passage.article.id for passage in found}
        named |= {copy.id for passage in found for copy in passage.copies}
        assert named == {article.id for article in self.archive.articles()}


TestArchiveMachine = ArchiveMachine.TestCase
TestArchiveMachine.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
