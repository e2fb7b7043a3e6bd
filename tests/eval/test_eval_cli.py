from __future__ import annotations

import json
import re
import subprocess
import sys

import mayors
import pytest
from typer.testing import CliRunner

from eval import Run, compare, run_suite
from eval.cli import app
from index.errors import UsageError


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def runs(tmp_path):
    """Two finished runs, the second worse."""
    file = mayors.suite(tmp_path)
    return [
        run_suite(file, tmp_path / "runs", desk=mayors.Desk(worse=worse), name=name).folder
        for worse, name in ((0, "good"), (2, "bad"))
    ]


def test_importing_eval_imports_nothing_heavy():
    code = (
        "import eval, eval.cli, sys;"
        "heavy = {'torch', 'scipy', 'pandas', 'ir_measures', 'chromadb', 'numpy', 'jinja2'};"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_list_names_suites_metrics_and_formats():
    listed = json.loads(call("list", "--json").stdout)
    assert "newsroom" in listed["suites"]
    assert "answer_recall@k" in listed["metrics"]
    assert "realtimeqa" in listed["datasets"]


def test_runs_stand_in_one_table(runs, tmp_path):
    shown = call("list", "--runs", tmp_path / "runs")
    assert shown.exit_code == 0
    header, *rows = shown.stdout.strip().split("\n")
    assert sorted(header.split()) == ["bad", "good", "mayors"]
    assert rows[0].startswith("containment")


def test_validate_says_what_is_wrong(tmp_path):
    file = mayors.suite(tmp_path)
    assert call("validate", file).exit_code == 0
    (tmp_path / "questions.jsonl").write_text("{\n")
    assert isinstance(call("validate", file).exception, UsageError)


def test_lint_ends_with_1_where_it_finds_something(tmp_path):
    file = mayors.suite(tmp_path)
    assert call("lint", file).exit_code == 0
    (tmp_path / "questions.jsonl").write_text('{"id": "a", "question": "?"}\n')
    found = call("lint", file, "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["findings"][0]["sample"] == "a"


def test_gate_ends_with_0_3_and_4(runs, tmp_path):
    good, bad = runs
    assert call("gate", good, "--baseline", good).exit_code == 0
    worse = call("gate", bad, "--baseline", good, "--json")
    assert worse.exit_code == 3
    assert json.loads(worse.stdout)["exit"] == 3
    ten = mayors.suite(tmp_path, questions=10)
    small = run_suite(ten, tmp_path / "runs", desk=mayors.Desk()).folder
    assert call("gate", small, "--baseline", small).exit_code == 4


def test_gate_does_not_pass_a_run_with_errors(runs, tmp_path):
    question = f"Who is mayor of {mayors.TOWNS[0]}?"
    file = tmp_path / "mayors.yaml"
    failed = run_suite(file, tmp_path / "runs", desk=mayors.Desk(fails={question})).folder
    assert call("gate", failed, "--baseline", runs[0]).exit_code == 1


def test_gate_calls_what_cannot_be_compared_bad_config(runs, tmp_path):
    wrong = call("gate", runs[0], "--baseline", tmp_path)
    assert isinstance(wrong.exception, UsageError)  # the command ends with 2


def test_compare_prints_changes_and_flips(runs):
    shown = call("compare", *runs)
    assert shown.exit_code == 0
    assert "worse" in shown.stdout
    assert "now wrong (" in shown.stdout
    changes = json.loads(call("compare", *runs, "--json").stdout)["changes"]
    assert {change["metric"] for change in changes} >= {"containment", "passage.RR"}


def test_report_and_export_write_files(runs, tmp_path):
    (runs[0] / "report.html").unlink()
    assert call("report", runs[0]).stdout.strip() == str(runs[0] / "report.html")
    assert (runs[0] / "report.html").is_file()
    plot = tmp_path / "plot.svg"
    assert str(plot) in call("report", runs[0], "--plot", plot).stdout
    assert plot.read_text().startswith("<svg")
    table = tmp_path / "scores.csv"
    assert call("export", runs[0], "--to", table).exit_code == 0
    assert len(table.read_text().split("\n")) == 42
    assert isinstance(call("export", runs[0], "--to", "x.png").exception, UsageError)


def test_data_frames_are_given_on_request(runs):
    good, bad = map(Run.open, runs)
    changes = compare(good, bad).frame()
    assert changes.loc["containment", "verdict"] == "worse"
    assert changes.loc["containment", "change"] < 0
    missed = bad.frame().query("right == False")
    assert len(missed) == bad.results["missed"]


def test_what_others_published_stands_beside_ours_in_one_table(tmp_path):
    quiz = tmp_path / "20230106_qa.jsonl"
    choices = ["Hask", "Velm", "Corran"]
    asked = [
        {"question_id": f"20230106_{n}", "question_date": "2023/01/05", "question_source": "CNN",
         "question_url": "", "question_sentence": f"Which port is number {n}?",
         "choices": choices, "answer": [str(n % 3)], "evidence": ""}
        for n in range(12)
    ]  # fmt: skip
    quiz.write_text("\n".join(map(json.dumps, asked)))
    for name, right in (("theirs", 9), ("other", 3)):
        picked = [str((n % 3 + (n >= right)) % 3) for n in range(12)]
        written = {"": [[p] for p in picked], "_gen": [choices[int(p)] for p in picked]}
        for suffix, predictions in written.items():
            records = (
                {"question_id": f"20230106_{n}", "prediction": prediction, "score": "0.5"}
                for n, prediction in enumerate(predictions)
            )
            file = tmp_path / f"20230106_qa_open_{name}{suffix}.jsonl"
            file.write_text("\n".join(map(json.dumps, records)))
        files = sorted(tmp_path.glob(f"*_qa_open_{name}*.jsonl"))
        options = ("--runs", tmp_path / "runs", "--data", quiz, "--name", name)
        assert call("score", "realtimeqa", *files, *options).exit_code == 0
    run_suite("realtimeqa", tmp_path / "runs", desk=mayors.Desk(), data=str(quiz), name="ours")
    shown = call("list", "--runs", tmp_path / "runs", "--suite", "realtimeqa").stdout
    (_, *names), *rows = (re.split("  +", line) for line in shown.strip().split("\n"))
    table = {metric: dict(zip(names, means, strict=True)) for metric, *means in rows}
    best, worst, none = "0.750 (12)", "0.250 (12)", "0.000 (12)"
    assert table["multiple_choice"] == {"theirs": best, "other": worst, "ours": none}
    assert table["exact_match"] == {"theirs": best, "other": worst, "ours": none}


def test_a_finished_run_is_resumed_by_summing_it_up(runs):
    again = call("resume", runs[0], "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["metrics"]["containment"]["mean"] == 1
