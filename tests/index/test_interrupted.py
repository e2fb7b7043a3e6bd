"""An ingest that is stopped or runs out of room says so, keeps what it read, and goes on later."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time

import pytest

from index.archive import Archive, check
from tests.index.hashed import HashedWords

CHILD = """
import sys
from index.archive import Archive
from tests.index.hashed import HashedWords
limit = int(sys.argv[3])
if limit:
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from index.errors import ArchiveError
try:
    with Archive.open(sys.argv[1], HashedWords()) as archive:
        archive.ingest([sys.argv[2]], lambda done: print(done.stage, done.done, flush=True))
except ArchiveError as error:
    print(error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def stories(tmp_path):
    """Four hundred articles in one file."""
    path = tmp_path / "stories.jsonl"
    with path.open("w") as stream:
        for number in range(400):
            body = " ".join(f"Ship {number} of berth {line} came in late." for line in range(40))
            stream.write(json.dumps({"id": number, "title": f"Ship {number}", "text": body}) + "\n")
    return path


def start(folder, stories, limit=0):
    command = [sys.executable, "-c", CHILD, str(folder), str(stories), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_ends_cleanly_and_the_next_ingest_goes_on(tmp_path, stories):
    child = start(tmp_path / "archive", stories)
    for line in child.stdout:
        if line.startswith("indexing"):
            break
    child.send_signal(signal.SIGINT)
    stopped = time.monotonic()
    _, told = child.communicate(timeout=30)
    print(f"ended {time.monotonic() - stopped:.2f} s after Ctrl-C")
    assert child.returncode == 130 and "Traceback" not in told
    embedder = HashedWords()
    with Archive.open(tmp_path / "archive", embedder) as archive:
        assert 0 < archive.holdings().articles <= 400
        report = archive.ingest([stories])
        assert report.articles == 400 and embedder.calls < report.passages
    assert check(tmp_path / "archive") == []


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limits on this system")
def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path, stories):
    child = start(tmp_path / "archive", stories, limit=600_000)
    out, told = child.communicate(timeout=120)
    assert child.returncode == 1 and "Traceback" not in told, told
    assert "goes on from there" in out or "no article is lost" in out, out
    with Archive.open(tmp_path / "archive", HashedWords()) as archive:
        assert archive.ingest([stories]).articles == 400
    assert check(tmp_path / "archive") == []
    assert (tmp_path / "archive" / "catalog.db").stat().st_size > 600_000
