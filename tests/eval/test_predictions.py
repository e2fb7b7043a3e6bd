from __future__ import annotations

import json

import pytest

from eval.predictions import NO_PREDICTION, score
from index.errors import UsageError

CHOICES = ["Hask", "Velm", "Tolvane"]


@pytest.fixture
def quiz(tmp_path):
    """Four questions in RealTime QA's published format; a made-up week."""
    questions = [
        {
            "question_id": f"20230106_{n}", "question_date": "2023/01/06", "question_source": "CNN",
            "question_url": "", "question_sentence": f"Which port is number {n}?",
            "choices": CHOICES, "answer": [str(n % 3)], "evidence": "",
        }
        for n in range(4)
    ]  # fmt: skip
    folder = tmp_path / "past"
    folder.mkdir()
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    (folder / "20230106_qa.jsonl").write_text(lines)
    return folder


def archived(path, predictions):
    records = [
        {"question_id": f"20230106_{n}", "prediction": prediction, "score": "0.5"}
        for n, prediction in enumerate(predictions)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def means(run):
    return {name: summary.get("mean") for name, summary in run.results["metrics"].items()}


def test_realtimeqas_archived_outputs_are_scored_as_ours(quiz, tmp_path):
    chosen = archived(tmp_path / "20230106_qa_open_x.jsonl", [["0"], ["1"], ["0"], ["1"]])
    written = archived(
        tmp_path / "20230106_qa_open_x_gen.jsonl", ["Hask", "the Velm", "?", "Hask port"]
    )
    run = score("realtimeqa", [chosen, written], tmp_path / "runs", data=str(quiz), name="x")
    found = means(run)
    assert found["multiple_choice"] == 0.5
    assert found["exact_match"] == 0.5
    assert found["f1"] == pytest.approx((1 + 1 + 0 + 2 / 3) / 4)
    assert found["citation_recall"] is None  # nothing was read, so nothing could be cited
    assert run.facts["model"] == "x"


def test_predictions_counted_from_1_are_read_so(quiz, tmp_path):
    file = archived(tmp_path / "p.jsonl", [["1"], ["2"], ["3"], ["1"]])
    options = {"data": str(quiz)}
    assert means(score("realtimeqa", [file], tmp_path / "r", **options))["multiple_choice"] == 0
    one_based = score("realtimeqa", [file], tmp_path / "r", first_choice=1, **options)
    assert means(one_based)["multiple_choice"] == 1


def test_a_question_without_prediction_is_unscored_and_shown(quiz, tmp_path):
    file = archived(tmp_path / "p.jsonl", [["0"], ["1"]])
    run = score("realtimeqa", [file], tmp_path / "runs", data=str(quiz))
    summary = run.results["metrics"]["multiple_choice"]
    assert (summary["mean"], summary["scored"], summary["unscored"]) == (1, 2, 2)
    assert "2 without a prediction" in (run.folder / "report.html").read_text()
    assert [record["error"] for record in run.records] == ["", "", NO_PREDICTION, NO_PREDICTION]


def test_an_empty_answer_is_an_abstention(quiz, tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text('{"id": "20230106_0", "answer": ""}\n{"id": "20230106_1", "answer": null}\n')
    run = score("realtimeqa", [file], tmp_path / "runs", data=str(quiz))
    assert all(record["answer"]["abstained"] for record in run.records[:2])


@pytest.mark.parametrize(
    "line", ['{"answer": "x"}', '{"id": "20230106_0", "choice": "x"}', '{"id": "q", "answer": 3}']
)
def test_a_prediction_that_is_none_is_told_with_its_line(quiz, tmp_path, line):
    file = tmp_path / "p.jsonl"
    file.write_text("\n" + line)
    with pytest.raises(UsageError, match=r"p\.jsonl:2"):
        score("realtimeqa", [file], tmp_path / "runs", data=str(quiz))


def test_predictions_of_other_questions_are_refused(quiz, tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text('{"id": "other", "answer": "x"}')
    with pytest.raises(UsageError, match="None of the predictions"):
        score("realtimeqa", [file], tmp_path / "runs", data=str(quiz))
