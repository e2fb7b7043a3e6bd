from __future__ import annotations

import json
import random
from types import SimpleNamespace

import mayors
import pytest

from eval import run_suite
from eval.judge import LLMJudge, RuleJudge, calibrate, calibration
from eval.sample import Sample
from index.errors import UsageError


class LLM:
    """A language model that says what it is told to, and keeps what it was asked."""

    metadata = SimpleNamespace(model_name="fake-1")

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []

    def stream(self, messages, _name, _stop):
        self.asked.append(messages[0].content)
        yield self.replies.pop(0)


def test_rules_judge_support_and_never_correctness():
    judge = RuleJudge()
    quotes = [("The port of Hask reopened on 2 November 2023.", mayors.DAY)]
    assert judge.supports("The port of Hask reopened.", quotes, mayors.DAY)
    assert not judge.supports("The port of Velm reopened.", quotes, mayors.DAY)
    assert judge.agrees(Sample("q", "?", ("x",)), "x") is None


def test_a_language_model_is_asked_for_one_word_and_what_is_none_is_unscored(monkeypatch):
    monkeypatch.setattr("assistant.llm.stream", LLM.stream)
    llm = LLM("Yes.", "No, it does not.", "I cannot say.")
    judge = LLMJudge(llm)
    sample = Sample("q", "Who won?", ("Quill", "Yara Quill"))
    verdicts = [judge.agrees(sample, "Quill won."), judge.agrees(sample, "Hobbs.")]
    assert verdicts == [True, False]
    assert judge.supports("Quill won.", [("Quill has won.", None)], mayors.DAY) is None
    assert judge.name == "llm:fake-1"
    assert "Quill or Yara Quill" in llm.asked[0]
    assert "Quill has won." in llm.asked[2]


def test_kappa_of_the_textbook_example():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: agreement .7, by chance .5, kappa .4.
    pairs = [(1.0, 1.0)] * 20 + [(1.0, 0.0)] * 5 + [(0.0, 1.0)] * 10 + [(0.0, 0.0)] * 15
    verdicts = {f"q{n}": judge for n, (judge, _) in enumerate(pairs)} | {"x": 1.0, "y": 0.0}
    found = calibration(verdicts, {f"q{n}": human for n, (_, human) in enumerate(pairs)})
    assert (found.labelled, found.agreement) == (50, pytest.approx(0.7))
    assert found.kappa == pytest.approx(0.4)


def test_a_judge_that_is_too_kind_is_corrected_by_few_labels():
    draw = random.Random(0)
    truth = {f"q{n}": float(draw.random() < 0.5) for n in range(2000)}
    kind = {key: 1.0 if right or draw.random() < 0.4 else 0.0 for key, right in truth.items()}
    labels = {key: truth[key] for key in list(truth)[:300]}
    found = calibration(kind, labels)
    assert found.judge_mean == pytest.approx(0.7, abs=0.03)
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.15


def test_a_run_is_calibrated_with_a_file_of_labels(tmp_path):
    run = run_suite(mayors.suite(tmp_path), tmp_path / "runs", desk=mayors.Desk(worse=3))
    file = tmp_path / "labels.jsonl"
    labels = [{"id": f"q{n}", "label": 1} for n in range(10)]
    file.write_text("".join(json.dumps(label) + "\n" for label in labels))
    found = calibrate(run, "containment", file)
    assert found.labelled == 8  # two of the ten are unanswerable
    assert json.loads((run.folder / "calibration.json").read_text())["metric"] == "containment"
    file.write_text('{"id": "q0", "label": "good"}')
    with pytest.raises(UsageError, match=r"labels\.jsonl:1"):
        calibrate(run, "containment", file)
    file.write_text('{"id": "q0", "label": 1}')
    with pytest.raises(UsageError, match="at least two"):
        calibrate(run, "containment", file)
