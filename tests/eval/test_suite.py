from __future__ import annotations

from datetime import date

import mayors
import pytest

from eval import run_suite
from eval.sample import Dataset, Sample
from eval.suite import built_in, load_suite
from index.errors import UsageError


def test_the_suites_that_come_with_dateline_are_sound():
    assert "newsroom" in built_in()
    for name in built_in():
        assert load_suite(name).about


def test_a_suite_is_read_as_declared(tmp_path):
    suite = load_suite(mayors.suite(tmp_path, cluster="week"))
    assert (suite.name, suite.version, suite.cluster) == ("mayors", 1, "week")
    assert suite.gates[0].metric == "containment"
    assert {sample.as_of for sample in suite.load().samples} == {date(2024, 1, 31)}


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("name: x\nversion: 1\nmetrics: [f1]\n", 1, "'dataset' is missing"),
        ("name: x\nversion: 1\ndataset: own\nmetrics: [f1]\ncolour: red\n", 5, "unknown key"),
        ("name: x\nversion: one\ndataset: own\nmetrics: [f1]\n", 2, "whole number"),
        ("name: x y\nversion: 1\ndataset: own\nmetrics: [f1]\n", 1, "other characters"),
        ("name: x\nversion: 1\ndataset: own\n\nmetrics: [f1, f2]\n", 5, "f2"),
        ("name: x\nversion: 1\ndataset: own\nmetrics: [f1@3]\n", 4, "write it as in f1"),
        ("name: x\nversion: 1\ndataset: own\nmetrics: [f1]\ndata: gone.jsonl\n", 5, "there is no"),
        ("name: x\nversion: 1\ndataset: own\nmetrics: [f1]\nas_of: soon\n", 5, "not a day"),
        ("name: x\nversion: 1\ndataset: own\nmetrics: [f1]\ncluster: moon\n", 5, "none of"),
        ("name: x\nversion: 1\ndataset: own\nmetrics: [f1]\ngates: [{metric: em}]\n", 5, "'em'"),
        ("name: x\nversion: 1\ndataset: own\nmetrics: [f1]\ngates: [{margin: 1}]\n", 5, "a gate"),
        ("name: x\nversion: [1\n", 3, "not YAML"),
        ("- a\n- b\n", 1, "a list of keys"),
        ("", 1, "a list of keys"),
    ],
)
def test_what_is_wrong_with_a_suite_is_told_with_file_and_line(tmp_path, text, line, why):
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        load_suite(file)
    assert str(raised.value).startswith(f"{file}:{line}: ")
    assert why in str(raised.value)


def brevity(_sample, outcome):
    """How short it is."""
    return 1 / (1 + len(outcome.answer.text)) if outcome.answer else None


def teams_own(path):
    """One question, whatever the file says."""
    return Dataset((Sample(path.name, "Who is mayor of Ashford?"),))


def test_a_teams_own_metric_and_dataset_are_found_by_entry_point(tmp_path, monkeypatch):
    installed = tmp_path / "installed" / "team-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: team\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[dateline.metrics]\nbrevity = test_suite:brevity\n"
        "[dateline.datasets]\nteams-own = test_suite:teams_own\n"
    )
    monkeypatch.syspath_prepend(installed.parent)
    declared = {"dataset": "teams-own", "metrics": ["brevity"], "gates": []}
    run = run_suite(mayors.suite(tmp_path, **declared), tmp_path / "runs", desk=mayors.Desk())
    assert [record["id"] for record in run.records] == ["questions.jsonl"]
    assert run.facts["metrics"]["brevity"]["about"] == "How short it is."
    assert 0 < run.results["metrics"]["brevity"]["mean"] < 1


def test_a_suite_that_is_none_names_those_that_are():
    with pytest.raises(UsageError, match="newsroom"):
        load_suite("newsrom")


def test_public_data_is_asked_for():
    with pytest.raises(UsageError, match="--data"):
        load_suite("realtimeqa").load()
