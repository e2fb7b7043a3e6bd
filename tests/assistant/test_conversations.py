"""Conversations kept: each user's own, until they are deleted, and then nowhere."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date

import pytest

from assistant.answer import Answer, Citation, Sentence
from assistant.conversations import FILE, Conversations
from assistant.record import plain, restore
from eval import datasets
from eval.lint import lint
from index.article import Article, Passage
from index.errors import ArchiveError, ArchiveMismatch

QUAY = Article(
    title="Quay [north] reopens",
    body="The quay at Vessel Bay was mended. It reopened on Friday with 40 berths. Trade resumed.",
    source="Vessel Post",
    published=date(2023, 10, 27),
    url="https://post.example/quay_(north)",
)
QUOTE = "It reopened on Friday with 40 berths."
START = QUAY.body.index(QUOTE)


def answered(question="When did the quay reopen?", article=QUAY, quote=QUOTE):
    start = article.body.index(quote)
    return Answer(
        question=question,
        sentences=(
            Sentence("It reopened on Friday with 40 berths.", (1,)),
            Sentence("It has 50 cranes.", (), "unsupported", "50 stands in no source"),
        ),
        citations=(Citation(1, article, start, start + len(quote)),),
        passages=(Passage(article, 0, len(article.body), 1.5),),
        as_of=date(2023, 11, 1),
        model="extractive",
        warnings=("1 of 2 sentences is not said by what it cites.",),
        timings={"total": 0.25},
        tokens={"prompt": 10},
    )


ABSTAINED = Answer(
    question="Who mended it?",
    sentences=(),
    citations=(),
    passages=(),
    as_of=date(2023, 11, 1),
    model="extractive",
    abstained=True,
    note="Nothing in 1 article answers this.",
)


@pytest.fixture
def kept(tmp_path):
    conversations = Conversations.at(tmp_path)
    yield conversations
    conversations.close()


def test_a_conversation_goes_on_and_survives_a_restart(kept, tmp_path):
    key, n = kept.append("ana", None, answered(), {"sources": ["Vessel Post"], "until": None})
    assert (key, n) == (key, 1)
    assert kept.append("ana", key, ABSTAINED) == (key, 2)
    kept.close()
    again = Conversations.at(tmp_path)
    (listed,) = again.of("ana")
    assert (listed.title, listed.turns) == ("When did the quay reopen?", 2)
    first, second = again.turns("ana", key)
    assert (first.n, first.question, first.filters["sources"]) == (
        1,
        "When did the quay reopen?",
        ["Vessel Post"],
    )
    assert listed.started == first.asked < second.asked == listed.changed
    again.close()


def test_the_last_changed_comes_first(kept):
    old, _ = kept.append("ana", None, answered("One?"))
    new, _ = kept.append("ana", None, answered("Two?"))
    assert [one.id for one in kept.of("ana")] == [new, old]
    kept.append("ana", old, ABSTAINED)
    assert [one.id for one in kept.of("ana")] == [old, new]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("quay", True),
        ("BERTHS friday", True),
        ("quay 100%", False),
        ("q_ay", False),
        ("Straße", True),
        ("STRASSE vigo", True),
        ("vigó", True),
        ("lantern", False),
    ],
)
def test_search_looks_at_questions_and_answers_without_case_and_accents(kept, words, found):
    kept.append("ana", None, answered("When did the quay in Vigo’s Hafenstraße reopen?"))
    kept.append("ana", None, ABSTAINED)
    assert len(kept.of("ana", words)) == found


def test_search_finds_a_name_that_was_given(kept):
    key, _ = kept.append("ana", None, answered())
    assert kept.rename("ana", key, "  For Monday’s\n page ")
    assert [one.title for one in kept.of("ana", "monday")] == ["For Monday’s page"]
    assert not kept.rename("ana", key, " ")


def test_what_is_another_users_is_not_there(kept):
    key, _ = kept.append("ana", None, answered())
    for stranger in ("ben", ""):
        assert kept.of(stranger) == kept.of(stranger, "quay") == []
        assert kept.turns(stranger, key) == []
        assert kept.to_dict(stranger, key) is kept.to_markdown(stranger, key) is None
        assert not kept.rename(stranger, key, "Mine")
        assert not kept.rate(stranger, key, 1, 1)
        assert kept.delete(stranger, [key]) == 0
        kept.take_back(stranger, key, 1)
        assert kept.dataset(stranger) == ""
        other, n = kept.append(stranger, key, ABSTAINED)
        assert other != key and n == 1
    (mine,) = kept.of("ana")
    assert (mine.title, mine.turns) == ("When did the quay reopen?", 1)


def test_what_is_deleted_is_nowhere_in_the_folder(kept, tmp_path):
    article = replace(QUAY, title="Xylophone", body="A zebra called Quagmire was found.")
    secret, _ = kept.append("ana", None, answered("Quagmire?", article, article.body))
    kept.rate("ana", secret, 1, 1, "Quagmire indeed")
    other, _ = kept.append("ana", None, answered())
    kept.append("ana", other, answered("Quagmire?", article, article.body))
    assert b"Quagmire" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept.delete("ana", [secret, "absent"]) == 1
    kept.take_back("ana", other, 2)
    assert [one.id for one in kept.of("ana")] == [other]
    assert len(kept.turns("ana", other)) == 1
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Quagmire" not in left and b"quagmire" not in left
    kept.take_back("ana", other, 1)
    assert kept.of("ana") == []


def test_what_was_said_from_a_deleted_article_is_erased_and_the_rest_stays(kept, tmp_path):
    gone = Article(title="Zebra", body="A zebra called Quagmire was found.", source="Vessel Post")
    other = START, START + len(QUOTE)
    told = Citation(1, gone, 0, len(gone.body)), Citation(2, QUAY, *other)
    said = Sentence(gone.body, (1,)), Sentence(QUOTE, (2,)), Sentence("Quagmire is a zebra.")
    both = replace(
        answered("What was found?"),
        sentences=said,
        citations=told,
        passages=(Passage(gone, 0, 9), Passage(QUAY, 0, 9)),
        warnings=("“Zebra” says otherwise.",),
    )
    key, _ = kept.append("ana", None, both)
    kept.append("ana", key, replace(both, sentences=said[:1], citations=told[:1]))
    near = replace(ABSTAINED, passages=both.passages, note="Nothing says so. Nearest: “Zebra”.")
    kept.append("ana", key, near)
    kept.append("ana", key, answered())
    for n in (1, 2):
        kept.rate("ana", key, n, 1)
    assert kept.erase(Holding(gone, QUAY)) == 0
    assert kept.erase(Holding(QUAY)) == 3 and kept.erase(Holding(QUAY)) == 0
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for trace in ("Quagmire", "Zebra", gone.id, "quagmire"):
        assert trace.encode() not in left
    turns = kept.turns("ana", key)
    some, nothing, abstained, whole = (restore(turn.answer, Holding(QUAY)) for turn in turns)
    assert (some.text, some.citations[0].quote) == (f"{QUOTE} [2]", QUOTE)
    assert [p.article for p in some.passages] == [QUAY]
    assert "deleted from the archive" in some.warnings[0] and not some.abstained
    assert nothing.abstained and "deleted from the archive" in nothing.text
    assert abstained.abstained and not abstained.warnings
    assert whole == answered()
    assert [turn.thumb for turn in turns] == [1, 0, 0, 0]


def test_an_answer_comes_back_as_it_was(archive, tmp_path):
    (tmp_path / "quay.json").write_text(
        json.dumps(
            {
                "title": QUAY.title,
                "body": QUAY.body,
                "source": QUAY.source,
                "date": "2023-10-27",
                "url": QUAY.url,
            }
        )
    )
    archive.ingest([tmp_path / "quay.json"])
    (held,) = archive.articles()
    answer = replace(answered(article=held), standalone="When did the quay reopen? (Vigo)")
    data = json.loads(json.dumps(plain(answer)))
    assert restore(data, archive) == answer
    assert restore(json.loads(json.dumps(plain(ABSTAINED))), archive) == ABSTAINED


class Holding:
    """An archive of the given articles."""

    def __init__(self, *articles):
        self._articles = {article.id: article for article in articles}

    def article(self, key):
        return self._articles.get(key)


def test_a_quotation_outlives_its_article_and_says_so():
    restored = restore(plain(answered()), Holding())
    (citation,) = restored.citations
    assert citation.quote == QUOTE == citation.article.body
    assert (citation.article.id, citation.article.title) == (QUAY.id, QUAY.title)
    assert citation.article.published == QUAY.published
    assert "no longer in the archive" in restored.warnings[-1]
    assert QUAY.title in restored.warnings[-1]
    assert restored.passages == ()
    assert restored.text == answered().text


def test_a_quotation_is_found_where_an_edit_moved_it():
    edited = replace(QUAY, body="Corrected. " + QUAY.body)
    (citation,) = restore(plain(answered()), Holding(edited)).citations
    assert citation.article is edited
    assert citation.quote == QUOTE and citation.start == START + len("Corrected. ")


def test_exports_hold_quotes_links_dates_filters_and_model(kept):
    key, _ = kept.append("ana", None, answered(), {"sources": ["Vessel Post"], "since": None})
    kept.append("ana", key, ABSTAINED)
    kept.rate("ana", key, 1, -1, "50 cranes?")
    told = kept.to_markdown("ana", key)
    for part in (QUOTE, QUAY.url, "27 October 2023", "as of 2023-11-01", "Vessel Post"):
        assert part in told
    for part in ("extractive", "Thumbs down. 50 cranes?", ABSTAINED.note, "## Who mended it?"):
        assert part in told
    assert "since" not in told
    data = json.loads(json.dumps(kept.to_dict("ana", key)))
    first, second = data["turns"]
    assert first["citations"][0]["quote"] == QUOTE
    assert (first["citations"][0]["start"], first["as_of"]) == (START, "2023-11-01")
    assert (first["model"], first["filters"]["sources"]) == ("extractive", ["Vessel Post"])
    assert (first["thumb"], first["comment"]) == (-1, "50 cranes?")
    assert second["abstained"]


def test_ratings_become_questions_to_evaluate_with(kept, tmp_path):
    key, _ = kept.append("ana", None, answered())
    kept.append("ana", key, ABSTAINED)
    kept.append("ana", key, answered("How many berths?"))
    kept.append("ana", key, answered("Unrated?"))
    assert kept.rate("ana", key, 1, 1, " Right. ")
    assert kept.rate("ana", key, 2, 1)
    assert kept.rate("ana", key, 3, -1, "No cranes.")
    assert not kept.rate("ana", key, 9, 1)
    kept.append("ben", None, answered("Ben’s?"))
    (tmp_path / "rated.jsonl").write_text(kept.dataset("ana"), encoding="utf-8")
    loaded = datasets.load("own", tmp_path / "rated.jsonl")
    gold, refused, wrong = loaded.samples
    assert gold.answers == ("It reopened on Friday with 40 berths. It has 50 cranes.",)
    (evidence,) = gold.evidence
    assert evidence.about(QUAY) and evidence.within(QUAY, START, START + len(QUOTE))
    assert gold.as_of == date(2023, 11, 1) and gold.tags == ("thumbs up", "Right.")
    assert refused.unanswerable and not refused.answers
    assert refused.history == ((answered().question, answered().text),)
    assert wrong.stale_answers and not wrong.answers and wrong.tags[1] == "No cranes."
    problems = {finding.sample: finding.problem for finding in lint(loaded)}
    assert set(problems) == {wrong.id}, "only what was wrong still lacks its gold"


def test_the_dataset_of_everyone_is_for_who_runs_the_server(kept):
    for user in ("ana", "ben"):
        key, _ = kept.append(user, None, answered())
        kept.rate(user, key, 1, 1)
    assert len(kept.dataset().splitlines()) == 2
    assert len(kept.dataset("ana").splitlines()) == 1


def test_a_command_prints_what_was_rated(kept, tmp_path):
    key, _ = kept.append("ana", None, answered())
    kept.rate("ana", key, 1, 1)
    command = [sys.executable, "-c", "from assistant.cli import main; main()", "feedback"]
    for folder, rated in ((tmp_path, kept.dataset()), (tmp_path / "none", "")):
        done = subprocess.run(
            [*command, "--archive", str(folder)], capture_output=True, text=True, check=True
        )
        assert done.stdout == rated


def test_many_at_once_lose_nothing(kept):
    key, _ = kept.append("ana", None, answered())

    def go(user):
        for _ in range(10):
            kept.append("ana", key, ABSTAINED)
            kept.append(user, None, ABSTAINED)

    threads = [threading.Thread(target=go, args=(f"user {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [turn.n for turn in kept.turns("ana", key)] == list(range(1, 62))
    assert all(len(kept.of(f"user {n}")) == 10 for n in range(6))


def test_only_the_owner_of_the_file_can_read_it(kept, tmp_path):
    kept.append("ana", None, answered())
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_another_schema_and_another_file_are_told_with_the_mend(tmp_path):
    database = sqlite3.connect(tmp_path / FILE)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(ArchiveMismatch, match="schema 99"):
        Conversations.at(tmp_path)
    (tmp_path / FILE).write_text("This is no database. " * 100)
    with pytest.raises(ArchiveError, match="Move the file away"):
        Conversations.at(tmp_path)
