from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mayors
import pytest

from assistant.answer import Answer
from eval import run_suite
from eval import runner as running
from eval.run import Run, read_records
from eval.runner import Desk, resume
from index.errors import LLMError, UsageError

HERE = Path(__file__).parent

KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import mayors
from eval.runner import resume, run_suite

class Mortal(mayors.Desk):
    def ask(self, *args, **kwargs):
        if len(self.asked) == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().ask(*args, **kwargs)

desk = Mortal()
resume(sys.argv[4], desk=desk) if len(sys.argv) > 4 else run_suite(sys.argv[3], "runs", desk=desk)
"""


@pytest.fixture
def suite(tmp_path):
    return mayors.suite(tmp_path)


def test_the_desk_is_what_the_runner_asks_of_an_assistant():
    from assistant.desk import Assistant

    for name in ("ask", "search", "read", "choose", "model"):
        assert hasattr(Desk, name)
        assert hasattr(Assistant, name)


def test_a_run_scores_what_it_should(suite, tmp_path):
    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(), name="good")
    means = {name: summary.get("mean") for name, summary in run.results["metrics"].items()}
    assert means == {
        "containment": 1, "rejection": 1, "passage.RR": 1, "article.nDCG@10": 1, "as_of_leak": 0,
        "citation_recall": 1, "crag": 1,
    }  # fmt: skip
    assert run.results["metrics"]["containment"]["unscored"] == 10
    assert run.results["slices"]["nowhere"]["rejection"]["scored"] == 10
    assert (run.results["right"], run.results["causes"]) == (40, {})


def test_a_run_leaves_all_its_files_and_what_it_was_made_with(suite, tmp_path):
    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(), name="good run")
    assert run.folder.name.endswith("_mayors_good-run")
    assert {path.name for path in run.folder.iterdir()} == {
        "run.json", "samples.jsonl", "results.json", "report.md", "report.html", "junit.xml",
        "article.run", "article.qrels", "passage.run", "passage.qrels",
    }  # fmt: skip
    for fact in ("suite", "version", "started", "questions", "seed", "model", "archive", "seconds",
                 "hardware", "packages", "prompts", "tokens", "metrics"):  # fmt: skip
        assert fact in run.facts, fact
    assert run.facts["metrics"]["citation_recall"]["judge"] == "rules"


def test_two_runs_give_the_same_numbers(suite, tmp_path):
    runs = [run_suite(suite, tmp_path / "runs", desk=mayors.Desk(worse=3)) for _ in range(2)]
    assert runs[0].folder != runs[1].folder
    one, two = ((run.folder / "results.json").read_bytes() for run in runs)
    assert one == two


def test_several_at_a_time_give_the_same_numbers(suite, tmp_path):
    alone = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(worse=3))
    together = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(worse=3), jobs=4)
    assert alone.results == together.results
    assert [r["id"] for r in alone.records] == [r["id"] for r in together.records]


def test_a_run_killed_at_three_points_and_resumed_equals_an_unbroken_one(suite, tmp_path):
    command = [sys.executable, "-c", KILLED, str(HERE)]
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1])}
    folder: list[str] = []
    for survived in (7, 11, 13):
        done = subprocess.run(
            [*command, str(survived), str(suite), *folder], cwd=tmp_path, env=environment
        )
        assert done.returncode == -signal.SIGKILL
        folder = [str(next((tmp_path / "runs").glob("*_mayors")))]
    broken = Path(folder[0])
    # A kill may take what was answered and not yet written: no more than that is lost.
    kept = len(read_records(broken))
    assert 7 + 11 + 13 - 3 <= kept <= 7 + 11 + 13
    with (broken / "samples.jsonl").open("a") as file:
        file.write('{"id": "q39", "sco')  # as a kill in the middle of a line leaves it
    desk = mayors.Desk()
    resumed = resume(broken, desk=desk)
    assert len(desk.asked) == 40 - kept
    unbroken = run_suite(suite, tmp_path / "whole", desk=mayors.Desk())
    for name in ("results.json", "article.run", "passage.qrels"):
        assert (resumed.folder / name).read_bytes() == (unbroken.folder / name).read_bytes()


def test_a_failed_question_is_unscored_not_wrong_and_asked_again(suite, tmp_path):
    question = f"Who is mayor of {mayors.TOWNS[0]}?"
    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(fails={question}))
    assert run.results["errors"] == 1
    assert run.results["metrics"]["containment"] == pytest.approx(
        {"scored": 29, "unscored": 11, "mean": 1, "low": 0.883, "high": 1}, abs=1e-3
    )
    assert run.records[0]["error"] == "the lights went out"
    desk = mayors.Desk()
    mended = resume(run.folder, desk=desk)
    assert desk.asked == [question]
    assert (mended.results["errors"], mended.results["metrics"]["containment"]["scored"]) == (0, 30)


def test_a_language_model_that_stumbles_is_asked_again_and_counted(suite, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "WAITS", (0.0, 0.0))

    class Stumbling(mayors.Desk):
        def ask(self, question, **filters) -> Answer:
            if self.asked.count(question) < 2 and mayors.TOWNS[0] in question:
                self.asked.append(question)
                raise LLMError("busy")
            return super().ask(question, **filters)

    run = run_suite(suite, tmp_path / "runs", desk=Stumbling())
    assert run.facts["retries"] == 2
    assert run.results["errors"] == 0


def test_only_what_a_metric_looks_at_is_asked_for(tmp_path):
    desk = mayors.Desk()
    file = mayors.suite(tmp_path, metrics=["article.RR"], gates=[])
    run = run_suite(file, tmp_path / "runs", desk=desk)
    assert desk.asked == []
    assert run.results["metrics"]["article.RR"]["mean"] == 1


def test_questions_that_changed_are_not_mixed_with_old_answers(suite, tmp_path):
    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk())
    mayors.suite(tmp_path, questions=5)
    with pytest.raises(UsageError, match="changed"):
        resume(run.folder, desk=mayors.Desk())


def test_a_limit_takes_the_first_questions(suite, tmp_path):
    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(), limit=5)
    assert [record["id"] for record in run.records] == ["q0", "q1", "q2", "q3", "q4"]


def test_a_rate_holds_questions_back(suite, tmp_path, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(running.time, "sleep", slept.append)
    run_suite(suite, tmp_path / "runs", desk=mayors.Desk(), limit=4, rate=60)
    assert sum(second > 0.9 for second in slept) == 3


def test_scores_come_as_a_data_frame(suite, tmp_path):
    frame = run_suite(suite, tmp_path / "runs", desk=mayors.Desk()).frame()
    assert frame.shape[0] == 40
    assert frame["containment"].mean() == 1
    assert frame.loc["q3", "tags"] == ["nowhere"]


def test_what_the_readme_shows_runs_under_pytest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mayors.suite(tmp_path).rename(tmp_path / "our-suite.yaml")
    with_mayors = partial(run_suite, desk=mayors.Desk())
    with_mayors("our-suite.yaml", "runs").folder.rename(tmp_path / "runs" / "baseline")
    monkeypatch.setattr(running, "run_suite", with_mayors)
    readme = (HERE.parents[1] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```py\n(.*?)```", readme, re.DOTALL)
    shown: dict[str, Callable[[], None]] = {}
    exec(code, shown)
    shown["test_the_desk_has_not_become_worse"]()
    assert len(list((tmp_path / "runs").glob("*/results.json"))) == 2


def test_an_unfinished_run_says_how_to_finish_it(suite, tmp_path):
    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk())
    (run.folder / "results.json").unlink()
    with pytest.raises(UsageError, match="resume"):
        Run.open(run.folder)
    with pytest.raises(UsageError, match="not the folder of a run"):
        Run.open(tmp_path)


def test_what_is_written_can_be_read_as_trec(suite, tmp_path):
    import ir_measures

    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(worse=2))
    measure = ir_measures.parse_measure("nDCG@10")
    found = ir_measures.calc_aggregate(
        [measure],
        list(ir_measures.read_trec_qrels(str(run.folder / "article.qrels"))),
        list(ir_measures.read_trec_run(str(run.folder / "article.run"))),
    )[measure]
    assert found == pytest.approx(run.results["metrics"]["article.nDCG@10"]["mean"])
    assert found < 1


def test_a_run_keeps_what_the_report_needs(suite, tmp_path):
    run = run_suite(suite, tmp_path / "runs", desk=mayors.Desk(worse=2))
    line = json.loads((run.folder / "samples.jsonl").read_text().split("\n")[1])
    assert {"question", "gold", "answer", "evidence", "read", "cause"} <= line.keys()


def test_the_newsroom_is_run_over_a_real_assistant(sample, tmp_path):
    run = run_suite("newsroom", tmp_path / "runs", desk=sample, limit=8)
    assert run.results["errors"] == 0
    assert run.facts["model"] == "extractive"
    assert run.facts["embedder"]["digest"]
    assert run.results["metrics"]["as_of_leak"]["mean"] == 0
    assert run.results["metrics"]["quote_validity"]["mean"] == 1
    assert run.results["right"] > 0
