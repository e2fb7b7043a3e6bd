"""The command as a user types it: what goes to stdout and stderr, and the exit codes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

STORY = (
    "date 2023-10-27 (Quay) -- The port of Ansel reopened on Friday after nine days, Ann Lee said."
)


def dateline(*arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-c", "from assistant.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def folder(tmp_path):
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "port.txt").write_text(STORY)
    return articles


def test_ingest_twice_ask_and_search(folder):
    (folder / "empty.txt").write_text("")
    first = json.loads(dateline("ingest", str(folder), "--json", code=1).stdout)
    assert list(first) == [
        "added", "updated", "unchanged", "duplicates", "failed", "articles", "passages", "seconds",
    ]  # fmt: skip
    assert (first["added"], first["articles"], first["passages"]) == (1, 1, 1)
    assert first["failed"] == [{"path": str(folder / "empty.txt"), "reason": "the file is empty"}]
    again = json.loads(dateline("ingest", str(folder / "port.txt"), "--json").stdout)
    assert (again["added"], again["unchanged"]) == (0, 1)

    answer = json.loads(dateline("ask", "When did the port of Ansel reopen?", "--json").stdout)
    assert not answer["abstained"] and answer["model"] == "extractive"
    assert "[27 October 2023]" in answer["answer"]
    found = json.loads(dateline("search", "port of Ansel", "--json").stdout)
    assert list(found["passages"][0]) == [
        "rank", "score", "article_id", "title", "source", "published", "url", "start", "end",
        "text",
    ]  # fmt: skip
    refused = dateline("ask", "Who is the president of France?")
    assert refused.stdout.startswith("Nothing in 1 article, 27 October 2023, answers this.")


def test_used_wrongly():
    assert "Nothing to ingest" in dateline("ingest", code=2).stderr
    dateline("frobnicate", code=2)


def test_a_missing_archive_names_what_to_do():
    assert "dateline ingest" in dateline("ask", "Who?", code=1).stderr


def test_a_second_process_is_a_guest_of_the_first(archive, folder):
    archive.ingest([folder])
    answer = json.loads(dateline("ask", "When did the port of Ansel reopen?", "--json").stdout)
    assert answer["citations"][0]["quote"].startswith("The port of Ansel reopened")
    (folder / "bath.txt").write_text("date 2023-10-28 (Quay) -- A seal was seen in the bath.")
    assert json.loads(dateline("ingest", str(folder), "--json").stdout)["added"] == 1
    assert archive.holdings().articles == 2
    assert dateline("check").stdout == "The archive is whole.\n"


def test_the_verbs_that_keep_an_archive(folder, tmp_path):
    (folder / "bath.txt").write_text("date 2023-10-28 (Courier) -- A seal was seen in the bath.")
    dateline("ingest", str(folder))
    listed = dateline("articles", "list", "--source", "Quay").stdout
    port = listed.split()[0]
    assert listed.count("\n") == 1 and "2023-10-27  Quay" in listed
    assert "The port of Ansel reopened" in dateline("articles", "show", port).stdout
    dateline("articles", "show", "nosuchid", code=2)

    export = tmp_path / "export.jsonl"
    export.write_text(dateline("articles", "export").stdout)
    assert len(export.read_text().splitlines()) == 2
    other = str(tmp_path / "other")
    dateline("ingest", str(export), "--archive", other)
    assert dateline("articles", "export", "--archive", other).stdout == export.read_text()

    assert "--yes" in dateline("articles", "delete", "--source", "Quay", code=2).stderr
    deleted = dateline("articles", "delete", "--before", "2023-10-28", "--yes", "--json")
    assert json.loads(deleted.stdout) == {"deleted": 1}
    (folder / "bath.txt").unlink()
    synced = json.loads(dateline("ingest", str(folder), "--sync", "--json").stdout)
    assert (synced["removed"], synced["added"], synced["articles"]) == (1, 1, 1)
    assert "1 articles" in dateline("rebuild", "--erase").stdout

    next((tmp_path / "archive").glob("index-*/lexical/*.store")).unlink()
    assert "dateline rebuild" in dateline("check", code=1).stdout
    dateline("rebuild")
    assert json.loads(dateline("check", "--json").stdout) == {"problems": []}
