"""The archive keeps what it is given, forgets what it is told to, and mends what is derived."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.archive import Archive, check, sample_articles
from index.article import Article
from index.errors import ArchiveError, ArchiveMismatch
from index.vectors import ChromaServer
from tests.index.hashed import HashedWords

# Chroma's HTTP client leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

STORIES = {
    "port.txt": "date 2023-10-27 (Quay) -- The port of Ansel reopened on Friday after nine days.",
    "mayor.txt": "date 2023-10-28 (Quay) -- Ann Lee was sworn in as mayor of Ansel on Saturday.",
    "bridge.txt": "date 2023-11-02 (Courier) -- The Tarn bridge will close for repairs in March.",
}


@pytest.fixture(scope="module")
def chroma(tmp_path_factory):
    """A Chroma server of the wheel's own, on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("chroma"), "run", "--host", "127.0.0.1"]
    place = ["--port", str(port), "--path", str(tmp_path_factory.mktemp("chroma"))]
    with subprocess.Popen([*command, *place], stdout=subprocess.DEVNULL) as process:
        wait_for(port)
        yield ChromaServer(f"http://127.0.0.1:{port}")
        process.kill()


def wait_for(port):
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise AssertionError("the Chroma server did not start")


@pytest.fixture(autouse=True, params=["embedded", "server"])
def place(request):
    """Every test here runs over the embedded store and over a Chroma server."""
    Place.server = request.getfixturevalue("chroma") if request.param == "server" else None


class Place:
    """Where the vectors are in this test."""

    server: ChromaServer | None = None


def opened(folder, embedder=None, **options):
    return Archive.open(folder, embedder, server=Place.server, **options)


def checked(folder):
    return check(folder, server=Place.server)


@pytest.fixture
def folder(tmp_path):
    stories = tmp_path / "stories"
    stories.mkdir()
    for name, text in STORIES.items():
        (stories / name).write_text(text)
    return stories


@pytest.fixture
def kept(tmp_path, folder):
    """An archive of the three stories, closed."""
    with opened(tmp_path / "kept", HashedWords()) as archive:
        archive.ingest([folder])
    return tmp_path / "kept"


def titles(archive, question="the port of Ansel"):
    return {passage.article.title for passage in archive.search(archive.query(question), 10)}


def test_the_same_folder_again_changes_nothing_and_embeds_nothing(kept, folder):
    embedder = HashedWords()
    with opened(kept, embedder) as archive:
        report = archive.ingest([folder])
    assert (report.unchanged, report.added, report.updated) == (3, 0, 0)
    assert embedder.calls == 0


def test_an_edited_article_replaces_its_passages_and_keeps_its_earlier_text(kept, folder):
    (folder / "port.txt").write_text(STORIES["port.txt"].replace("nine days", "eleven days"))
    with opened(kept, HashedWords()) as archive:
        assert archive.ingest([folder]).updated == 1
        found = [p.text for p in archive.search(archive.query("port reopened days"), 10)]
        assert any("eleven" in text for text in found) and not any("nine" in t for t in found)
        article = next(a for a in archive.articles() if "port" in a.body)
        (version,) = archive.versions(article.id)
        assert "nine days" in version.article.body and version.seen < version.replaced
        assert archive.check() == []


def test_sync_removes_what_is_gone_from_the_folder_and_nothing_else(kept, folder, tmp_path):
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("date 2023-10-01 (Quay) -- A lighthouse keeper retired in Skerry.")
    (folder / "port.txt").unlink()
    (folder / "mayor.txt").write_bytes(b"")  # there, but cannot be read now
    with opened(kept, HashedWords()) as archive:
        archive.ingest([elsewhere])
        assert archive.ingest([folder]).removed is None
        report = archive.ingest([folder], sync=True)
        assert (report.removed, report.articles) == (1, 3)
        assert not any("port" in article.body for article in archive.articles())
        assert archive.check() == []


def test_a_moved_file_with_an_address_stays_one_article(tmp_path):
    story = {
        "title": "Port",
        "body": "The port of Ansel reopened.",
        "url": "https://quay.example/1",
    }
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(story))
    with opened(tmp_path / "archive", HashedWords()) as archive:
        archive.ingest([folder])
        (folder / "a.json").rename(folder / "b.json")
        report = archive.ingest([folder], sync=True)
        assert (report.unchanged, report.removed, report.articles) == (1, 0, 1)


def test_a_deleted_article_is_gone_from_everywhere(kept):
    with opened(kept, HashedWords()) as archive:
        port = next(a for a in archive.articles() if "port" in a.body)
        assert archive.delete([port.id, "nosuchid"]) == 1
        assert archive.article(port.id) is None
        assert port.title not in titles(archive)
        assert archive.check() == []
    assert checked(kept) == []


# In another process: closing a database's file here would end the locks this one has on it.
RAW = """
import json, pathlib, sys
raw = b"".join(path.read_bytes() for path in pathlib.Path(sys.argv[1]).rglob("*") if path.is_file())
print(json.dumps([trace for trace in sys.argv[2:] if trace.encode() in raw]))
"""


def test_erased_text_is_on_disk_nowhere(kept, folder):
    # Not even what the process that had the text in its memory writes afterwards.
    traces = ["zanzibarite"]
    with opened(kept, HashedWords()) as archive:
        for number in range(3):
            stories = [folder / f"{number}-{line}.txt" for line in range(40)]
            for path in stories:
                path.write_text(f"date 2023-10-27 (Quay) -- The zanzibarite {path.name} was lost.")
            archive.ingest(stories)
            assert archive.search(archive.query("zanzibarite cargo"), 10)
            traces += [a.id for a in archive.articles() if "zanzibarite" in a.body]
            assert archive.delete(traces) == 40
            archive.rebuild(erase=True)
            assert as_guest(RAW, kept, *traces) == []
            (folder / "later.txt").write_text(f"date 2023-11-0{number + 1} (Quay) -- A new ship.")
            archive.ingest([folder / "later.txt"])
            assert archive.search(archive.query("zanzibarite cargo"), 10)
            assert as_guest(RAW, kept, *traces) == []
        assert archive.check() == []


def test_another_model_is_refused_and_rebuild_changes_to_it(kept):
    other = HashedWords("other", 32)
    with pytest.raises(ArchiveMismatch, match="dateline rebuild"):
        opened(kept, other)
    with opened(kept, HashedWords(), outdated=True) as archive:
        archive.rebuild(embedder=other)
        assert other.calls == 3
        assert len(titles(archive)) == 3 and archive.check() == []
    with opened(kept, other) as archive:
        assert len(titles(archive)) == 3


def test_a_rebuild_embeds_nothing_and_the_old_indexes_answer_meanwhile(kept):
    embedder, answered = HashedWords(), []
    with opened(kept, embedder) as archive:
        before = titles(archive)
        calls = embedder.calls
        archive.rebuild(lambda _: answered.append(titles(archive)))
        assert embedder.calls == calls + len(answered)  # the questions asked meanwhile
        assert answered == [before] and titles(archive) == before
    assert [path.name for path in kept.glob("index-*")] == ["index-2"]


def test_an_interrupted_rebuild_goes_on(kept):
    class Stopped(Exception):
        pass

    def stop(_):
        raise Stopped

    other = HashedWords("other", 32)
    with opened(kept, HashedWords(), outdated=True) as archive:
        with pytest.raises(Stopped):
            archive.rebuild(stop, embedder=other)
        assert len(titles(archive)) == 3
    with opened(kept, HashedWords(), outdated=True) as archive:
        archive.rebuild(embedder=other)
        assert other.calls == 3, "what the first try made was not made again"
        assert archive.check() == []


def derived(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.glob("index-*/**/*")
        if path.name != "sealed-2.json" and not path.name.endswith(".lock")
    )


def test_whatever_derived_is_lost_or_damaged_is_found_and_mended(kept, tmp_path):
    assert checked(kept) == []
    names = derived(kept)
    assert len(names) > (3 if Place.server else 12)
    for number, name in enumerate(names):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(kept, copy)
        path = copy / name
        if path.is_dir():
            shutil.rmtree(path)
        elif number % 2:
            path.unlink()
        else:
            torn = bytearray(path.read_bytes() or b"x")
            for place in range(0, len(torn), max(len(torn) // 40, 1)):
                torn[place] ^= 0xA5
            path.write_bytes(torn)
        assert checked(copy), f"nothing was found wrong with {name}"
        if number % 4 and not path.is_dir():
            continue  # mending is the same for all, and takes a second
        with opened(copy, HashedWords()) as archive:
            archive.rebuild()
            assert len(titles(archive)) == 3, name
        assert checked(copy) == [], name


def test_torn_indexes_are_mended_at_opening_without_embedding(kept):
    for path in kept.glob("index-*/*/**/*"):
        if path.is_file():
            path.write_bytes(os.urandom(path.stat().st_size))
    embedder = HashedWords()
    with opened(kept, embedder) as archive:
        assert embedder.calls == 0
        assert len(titles(archive)) == 3
    assert checked(kept) == []


def test_a_damaged_catalog_says_so(kept):
    (kept / "catalog.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(ArchiveError, match="backup"):
        opened(kept, HashedWords())


def test_another_schema_is_refused(kept):
    import sqlite3

    with sqlite3.connect(kept / "catalog.db") as connection:
        connection.execute("UPDATE facts SET value = '99' WHERE name = 'schema'")
    connection.close()
    with pytest.raises(ArchiveMismatch, match="schema 99"):
        opened(kept, HashedWords())


def test_an_export_reads_back_to_an_identical_archive(tmp_path):
    with opened(tmp_path / "one", HashedWords()) as one:
        one.ingest([sample_articles()])
        articles = one.articles()
    export = tmp_path / "export.jsonl"
    export.write_text("".join(json.dumps(article.to_record()) + "\n" for article in articles))
    with opened(tmp_path / "two", HashedWords()) as two:
        report = two.ingest([export])
        assert (report.added, report.failed) == (len(articles), ())
        assert two.articles() == articles
        assert [Article.from_record(article.to_record()) for article in articles] == articles


GUEST = """
import json, sys
from index.archive import Archive
with Archive.open(sys.argv[1], create=False) as guest:
    report = guest.ingest([sys.argv[2]])
    port = next(a for a in guest.articles() if "port" in a.body)
    found = guest.search(guest.query("the port of Ansel"), 5)
    assert found[0].article == port and found[0].score > 0
    assert guest.rarity("ansel") > 0 and guest.embedder.embed(["a b"]).shape == (1, 64)
    assert guest.check() == [] and guest.weeks() and guest.cut(port) == [(0, len(port.body))]
    deleted = guest.delete([port.id])
    loaded = {"torch", "chromadb", "sentence_transformers"} & set(sys.modules)
    print(json.dumps([type(guest).__name__, report.to_dict(), deleted, sorted(loaded)]))
"""


def as_guest(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_another_process_is_a_guest_and_loads_no_model(kept, folder):
    (folder / "new.txt").write_text("date 2023-11-05 (Quay) -- A seal was seen in the bath.")
    with opened(kept, HashedWords()) as archive:
        kind, report, deleted, loaded = as_guest(GUEST, kept, folder)
        assert (kind, deleted, loaded) == ("Guest", 1, [])
        assert (report["added"], report["unchanged"], report["articles"]) == (1, 3, 4)
        assert len(titles(archive)) == 3, "the owner sees the guest's changes at once"


HEIR = """
import sys
from index.archive import Archive
from tests.index.hashed import HashedWords
with Archive.open(sys.argv[1], HashedWords()) as guest:
    print(len(guest.search(guest.query("the port of Ansel"), 9)), flush=True)
    sys.stdin.readline()
    # It inherits with the model that the archive was built with; here that is no real one.
    guest._reopen = lambda: Archive.open(sys.argv[1], HashedWords())
    print(len(guest.embedder.embed(["a", "b"])), flush=True)
    print(len(guest.search(guest.query("the port of Ansel"), 9)), guest.check(), flush=True)
"""


def test_when_the_owner_leaves_a_guest_inherits(kept, monkeypatch):
    if Place.server:
        pytest.skip("the same")
    archive = opened(kept, HashedWords())
    command = [sys.executable, "-c", HEIR, str(kept)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as guest:
        assert guest.stdout.readline() == "3\n"
        archive.close()
        out, told = guest.communicate("go on\n", timeout=60)
    assert out.splitlines() == ["2", "3 []"], told


def test_only_the_same_user_can_use_the_door(kept):
    from multiprocessing import AuthenticationError
    from multiprocessing.connection import Client

    with opened(kept, HashedWords()) as archive:
        told = kept / "owner.json"
        assert told.stat().st_mode & 0o077 == 0
        address = json.loads(told.read_text())["address"]
        with pytest.raises((AuthenticationError, EOFError, OSError)):
            Client(address, authkey=b"guessed")
        with opened(kept) as guest:  # and the door still works
            assert type(guest).__name__ == "Guest"
        assert archive.holdings().articles == 3


def test_errors_come_through_the_door_as_they_are(kept):
    with opened(kept, HashedWords()), pytest.raises(ArchiveMismatch, match="embedder"):
        opened(kept, HashedWords("other"))


def test_a_lock_of_a_dead_process_is_taken_over(kept):
    (kept / "owner.json").write_text(
        json.dumps({"pid": os.getpid(), "command": "dateline chat", "address": "x", "secret": "00"})
    )
    with opened(kept, HashedWords()) as archive:
        assert type(archive) is Archive


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("index.lock._file_system", lambda _: "nfs4")
    with pytest.raises(ArchiveError, match="network file system"):
        opened(tmp_path / "archive", HashedWords())


def test_a_server_that_goes_away_is_told_and_comes_back(tmp_path, folder, monkeypatch):
    if Place.server is None:
        pytest.skip("embedded")
    monkeypatch.setattr("index.vectors._PAUSES", (0.01,))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("chroma"), "run", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--path", str(tmp_path / "chroma")]
    own = ChromaServer(f"http://127.0.0.1:{port}")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        wait_for(port)
        archive = Archive.open(tmp_path / "archive", HashedWords(), server=own)
        archive.ingest([folder / "port.txt"])
        process.kill()
    with archive:
        with pytest.raises(ArchiveError, match="does not answer"):
            archive.ingest([folder])
        with pytest.raises(ArchiveError, match="does not answer"):
            titles(archive)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            wait_for(port)
            report = archive.ingest([folder])
            assert (report.articles, len(titles(archive))) == (3, 3)
            assert archive.check() == []
            archive.close()
            process.kill()
