from __future__ import annotations

import json
import subprocess
import sys

import mayors
import pytest
from typer.testing import CliRunner

from eval import run_suite
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
    table = tmp_path / "scores.csv"
    assert call("export", runs[0], "--to", table).exit_code == 0
    assert len(table.read_text().split("\n")) == 42
    assert isinstance(call("export", runs[0], "--to", "x.png").exception, UsageError)


def test_a_finished_run_is_resumed_by_summing_it_up(runs):
    again = call("resume", runs[0], "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["metrics"]["containment"]["mean"] == 1
