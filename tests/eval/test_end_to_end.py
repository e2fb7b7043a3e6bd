"""The command over a real assistant: killed and resumed, gated, judged, on published formats."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from eval import run_suite
from eval.cli import app
from eval.run import Run, read_records
from index.archive import Archive, sample_articles
from index.embed import SentenceEmbedder
from tests.assistant.scripted import server

QUESTIONS = Path(__file__).parents[2] / "eval" / "suites" / "newsroom" / "questions.jsonl"
FERRY = ("ferry", "petrel", "soundlink")
DATELINE = [sys.executable, "-c", "from assistant.cli import main; main()"]


def call(*arguments: object):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def questions(wanted=lambda _: True) -> list[dict]:
    records = map(json.loads, QUESTIONS.read_text().splitlines())
    return [record for record in records if wanted(record)]


def suite(folder: Path, name: str, records: list[dict], **declared: object) -> Path:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / f"{name}.jsonl").write_text(lines)
    values = {"name": name, "version": 1, "dataset": "own", "data": f"{name}.jsonl"} | declared
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(values))
    return file


@pytest.fixture(scope="module")
def ferry(tmp_path_factory) -> Path:
    """A suite over the sample articles about the ferry: small, and with real gold."""
    folder = tmp_path_factory.mktemp("ferry")
    (folder / "articles").mkdir()
    for path in Path(sample_articles()).iterdir():
        if any(word in path.name for word in FERRY):
            shutil.copy(path, folder / "articles")
    held = {path.name for path in (folder / "articles").iterdir()}
    known = questions(lambda r: r["evidence"] and {e["article"] for e in r["evidence"]} <= held)
    metrics = ["containment", "passage.nDCG@10", "citation_recall", "correctness", "as_of_leak"]
    assert len(known) >= 12
    return suite(folder, "ferry", known, corpus=["articles"], metrics=metrics)


@pytest.mark.timeout(900)
def test_a_run_killed_at_three_points_and_resumed_equals_an_unbroken_one(ferry, tmp_path):
    runs = tmp_path / "runs"
    unbroken = call("run", ferry, "--runs", tmp_path / "whole", "--json")
    count = json.loads(unbroken.stdout)["questions"]
    # The first kill is while the archive is built, the others while questions are asked.
    points = [0, *sorted(random.Random(20231210).sample(range(1, count - 2), 2))]
    command = ["eval", "run", str(ferry), "--runs", str(runs)]
    for point in points:
        _kill_after(point, command, runs)
        (broken,) = runs.glob("*_ferry")
        assert point <= len(read_records(broken)) < count
        command = ["eval", "resume", str(broken)]
    resumed = call("resume", broken)
    assert resumed.exit_code == 0
    whole = Path(json.loads(unbroken.stdout)["run"])
    for name in ("results.json", "passage.run", "article.qrels"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()
    assert len(Run.open(broken).facts["resumed"]) == 3


def _kill_after(answered: int, command: list[str], runs: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([*DATELINE, *command], env=environment, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if any(len(read_records(run.parent)) >= answered for run in runs.glob("*/run.json")):
            process.send_signal(signal.SIGKILL)
        time.sleep(0.01)
    assert process.returncode == -signal.SIGKILL


def test_an_archive_made_by_another_version_is_made_again(ferry, tmp_path):
    first = call("run", ferry, "--runs", tmp_path, "--limit", 2, "--json")
    (folder,) = (tmp_path / ".archives").iterdir()
    shutil.rmtree(folder)
    Archive.open(folder, SentenceEmbedder("another model")).close()
    again = call("run", ferry, "--runs", tmp_path, "--limit", 2, "--json")
    assert json.loads(again.stdout)["metrics"] == json.loads(first.stdout)["metrics"]


def test_a_suite_can_be_over_an_archive_as_it_stands(ferry, tmp_path):
    first = call("run", ferry, "--runs", tmp_path, "--limit", 2, "--json")
    (folder,) = (tmp_path / ".archives").iterdir()
    declared = yaml.safe_load(ferry.read_text())
    del declared["corpus"]
    over = tmp_path / "over.yaml"
    data = str(ferry.with_name(declared["data"]))
    over.write_text(yaml.safe_dump(declared | {"archive": str(folder), "data": data}))
    again = call("run", over, "--runs", tmp_path, "--limit", 2, "--json")
    assert json.loads(again.stdout)["metrics"] == json.loads(first.stdout)["metrics"]


class Worse:
    """The assistant with a worse retriever: of every so many questions, the best come last."""

    def __init__(self, desk, every: int) -> None:
        self._desk, self._every, self._asked = desk, every, 0
        self.archive, self.model = desk.archive, desk.model

    def search(self, question, k=10, *, as_of=None):
        found = self._desk.search(question, k, as_of=as_of)
        self._asked += 1
        return found if self._asked % self._every else [*found[5:], *found[:5]]


def test_gate_catches_a_worse_retriever_not_noise_and_knows_when_ten_are_too_few(sample, tmp_path):
    known = questions(lambda r: r["evidence"] and not r.get("history"))[::2]
    metric = {"metrics": ["passage.nDCG@10"], "depth": 10}
    gates = [{"metric": "passage.nDCG@10", "margin": 0.05}]
    file = suite(tmp_path, "ranking", known, gates=gates, **metric)
    few = suite(tmp_path, "few", known[:10], gates=gates, **metric)

    def run(suite, desk) -> Path:
        return run_suite(suite, tmp_path / "runs", desk=desk).folder

    good, bad, noisy = (run(file, Worse(sample, every)) for every in (10**6, 3, len(known)))
    few_good, few_again = (run(few, Worse(sample, 10**6)) for _ in range(2))
    assert call("gate", bad, "--baseline", good).exit_code == 3
    assert call("gate", noisy, "--baseline", good).exit_code == 0
    assert call("gate", few_again, "--baseline", few_good).exit_code == 4
    assert "too small to tell" in call("gate", few_again, "--baseline", few_good).stdout


def test_a_language_model_judges_and_people_say_what_it_is_worth(ferry, tmp_path):
    with server() as script:
        script.enqueue(*["Yes.", "Yes.", "No.", "I cannot tell."] * 100)
        ran = call("run", ferry, "--runs", tmp_path, "--judge", script.url, "--json")
        asked = [body["messages"][-1]["content"] for _, body in script.requests]
    assert ran.exit_code == 0
    run = Run.open(json.loads(ran.stdout)["run"])
    metric = run.facts["metrics"]["correctness"]
    assert metric["judge"] == run.facts["metrics"]["citation_recall"]["judge"] == "llm:scripted"
    assert run.facts["metrics"]["containment"]["judge"] == ""
    gold = run.records[0]["gold"][0][0]
    assert any("Right answer:" in text and gold in text for text in asked)
    verdicts = run.scores("correctness")
    assert 0 < len(verdicts) < len(run.records)  # what it cannot tell is unscored
    labels = tmp_path / "labels.jsonl"
    labelled = {key: verdict for n, (key, verdict) in enumerate(verdicts.items()) if n % 2}
    lines = (json.dumps({"id": key, "label": int(value)}) for key, value in labelled.items())
    labels.write_text("\n".join(lines))
    assert call("report", run.folder, "--labels", labels).exit_code == 0
    found = json.loads((run.folder / "calibration.json").read_text())
    assert (found["labelled"], found["agreement"]) == (len(labelled), 1)
    assert found["low"] <= found["mean"] <= found["high"]
    assert "Judge against people" in (run.folder / "report.html").read_text()


# Published formats, on our own text


PORT = "The port of Hask reopened on Thursday after a strike of nine days, its harbourmaster said."
DAM = "Yara Quill, the governor of Velm, ordered the dam at Corran to be repaired by the spring."
SKY = "Astronomers at Mount Iselle saw a comet that had last been seen from the valley in 1907."


def multihop_rag(folder: Path) -> Path:
    corpus = [
        {"title": title, "author": "A. Writer", "source": source, "category": "news",
         "published_at": f"2023-11-0{day}T09:00:00+00:00", "url": f"https://x.example/{day}",
         "body": body}
        for day, (title, source, body) in enumerate(
            [("Port reopens", "Wire", PORT), ("Dam repairs", "Echo", DAM), ("Comet", "Post", SKY)],
            1,
        )
    ]  # fmt: skip
    keys = ("title", "author", "source", "category", "published_at", "url")
    facts = [{key: a[key] for key in keys} | {"fact": a["body"]} for a in corpus]
    items = [
        {"query": "Who ordered the dam at Corran to be repaired?", "answer": "Yara Quill",
         "question_type": "inference_query", "evidence_list": [facts[1]]},
        {"query": "Did the port of Hask reopen on a Thursday, and was the comet seen in 1907?",
         "answer": "Yes", "question_type": "comparison_query",
         "evidence_list": [facts[0], facts[2]]},
        {"query": "What is the boiling point of tungsten?", "answer": "Insufficient information.",
         "question_type": "null_query", "evidence_list": []},
    ]  # fmt: skip
    (folder / "corpus.json").write_text(json.dumps(corpus))
    (folder / "MultiHopRAG.json").write_text(json.dumps(items))
    return folder


def beir(folder: Path) -> Path:
    documents = {"d1": PORT, "d2": DAM, "d3": SKY}
    queries = {"q1": "Who ordered repairs of the dam?", "q2": "comet seen from Mount Iselle"}
    for name, texts in (("corpus", documents), ("queries", queries)):
        records = ({"_id": key, "title": "", "text": text} for key, text in texts.items())
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)))
    (folder / "qrels").mkdir()
    judged = "query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td3\t1\n"
    (folder / "qrels" / "test.tsv").write_text(judged)
    return folder


def xquad(folder: Path) -> Path:
    start = DAM.index("Yara")
    asked = {"id": "1", "question": "Who ordered the dam at Corran to be repaired?",
             "answers": [{"text": "Yara Quill", "answer_start": start}]}  # fmt: skip
    entry = {"title": "Velm", "paragraphs": [{"context": DAM, "qas": [asked]}]}
    file = folder / "squad.json"
    file.write_text(json.dumps({"version": "1.1", "data": [entry]}))
    return file


def rgb(folder: Path) -> Path:
    record = {
        "id": 0, "query": "Who ordered the dam at Corran to be repaired?", "answer": "Yara Quill",
        "fakeanswer": "Marit Vance", "positive": [DAM], "negative": [PORT, SKY],
        "positive_wrong": [DAM.replace("Yara Quill", "Marit Vance")],
    }  # fmt: skip
    file = folder / "en_fact.json"
    file.write_text(json.dumps(record) + "\n")
    return file


@pytest.mark.parametrize(
    ("suite", "write", "means"),
    [
        ("multihop-rag", multihop_rag, {"article.Recall@10": 1, "rejection": 1}),
        ("beir", beir, {"article.nDCG@10": 1, "article.Recall@100": 1}),
        ("xquad", xquad, {"containment": 1, "evidence_recall": 1}),
        ("rgb", rgb, {"misled": 1, "citation_recall": 1}),
    ],
)
def test_public_benchmarks_run_in_their_published_formats(tmp_path, suite, write, means):
    (tmp_path / "data").mkdir()
    data = write(tmp_path / "data")
    assert call("validate", suite, "--data", data).exit_code == 0
    assert call("lint", suite, "--data", data).exit_code == 0
    ran = call("run", suite, "--runs", tmp_path / "runs", "--data", data, "--json")
    assert ran.exit_code == 0
    run = Run.open(json.loads(ran.stdout)["run"])
    assert run.facts.get("unread", []) == []
    assert {name: run.results["metrics"][name]["mean"] for name in means} == means
