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


def test_a_second_process_is_told_who_has_the_archive(archive):
    told = dateline("ask", "Who?", code=1).stderr
    assert "is open in another process" in told and "process" in told
