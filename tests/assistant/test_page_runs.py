"""The evaluation tab shows what the harness wrote."""

from __future__ import annotations

import json

import pytest

from assistant.page import evaluation, runs
from eval.runner import run_suite
from tests.assistant.test_render import HOSTILE, Page
from tests.eval import mayors


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs of one suite: all right, and every third question wrong."""
    kept = tmp_path_factory.mktemp("runs")
    suite = mayors.suite(tmp_path_factory.mktemp("suite"), 12)
    run_suite(suite, kept, desk=mayors.Desk(), name="all right")
    run_suite(suite, kept, desk=mayors.Desk(worse=3), name=HOSTILE)
    return kept


def test_the_runs_are_told_newest_first_with_their_share_of_right_answers(folder):
    after, before = runs.finished(folder)
    assert after.facts["name"] == HOSTILE
    assert before.right == 1
    assert after.right < 1
    text = Page(evaluation.overview([after, before])).text
    assert f"{after.right:.3f}" in text
    assert "all right" in text


def test_the_means_are_those_that_the_harness_wrote(folder):
    after, before = runs.finished(folder)
    text = Page(evaluation.detail(after, before)).text
    results = json.loads((after.folder / "results.json").read_text("utf-8"))
    shown = {name: of for name, of in results["metrics"].items() if of["scored"]}
    assert shown
    for name, of in shown.items():
        assert name in text
        assert f"{of['mean']:.3f}" in text


def test_a_change_is_counted_question_by_question(folder):
    after, before = runs.finished(folder)
    wrong = sum(record["right"] is False for record in after.records())
    change = runs.changes(before, after)["containment"]
    assert (change.better, change.worse) == (0, wrong)
    assert change.before == 1
    assert change.after == pytest.approx(after.mean("containment"))
    assert runs.changes(after, before)["containment"].better == wrong


def test_the_questions_that_changed_sides_are_shown_with_both_answers(folder):
    after, before = runs.finished(folder)
    html = evaluation.questions(after, before, "changed sides", "", 50)
    sides = runs.flipped(before, after)
    assert sides
    assert html.count("Said before") == len(sides)
    assert Page(html).text.startswith(f"{len(sides)} question")


@pytest.mark.parametrize(
    ("which", "right"), [("all", {True, False}), ("right", {True}), ("missed", {False})]
)
def test_questions_are_chosen_by_how_they_came_out(folder, which, right):
    after, _ = runs.finished(folder)
    chosen = [record for record in after.records() if record["right"] in right]
    html = evaluation.questions(after, None, which, "", 50)
    assert html.count('class="question') == len(chosen)


def test_questions_are_found_by_words_of_question_or_answer(folder):
    after, _ = runs.finished(folder)
    question = after.records()[0]["question"]
    assert question in Page(evaluation.questions(after, None, "all", question, 50)).text
    assert evaluation.questions(after, None, "all", "no such words", 50).count("<details") == 0


def test_more_questions_than_are_shown_can_be_asked_for(folder):
    after, _ = runs.finished(folder)
    html = evaluation.questions(after, None, "all", "", 5)
    assert html.count('class="question') == 5
    assert 'name="further"' in html
    assert 'name="further"' not in evaluation.questions(after, None, "all", "", 12)


def test_runs_of_other_questions_are_compared_with_a_warning(folder, tmp_path):
    after, _ = runs.finished(folder)
    run_suite(mayors.suite(tmp_path, 5), tmp_path / "runs", desk=mayors.Desk())
    (other,) = runs.finished(tmp_path / "runs")
    assert not runs.comparable(other, after)
    assert "not of the same questions" in evaluation.detail(after, other)


def test_what_is_no_run_is_passed_over(folder, tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "results.json").write_text("{", encoding="utf-8")
    assert runs.finished(tmp_path) == []
    assert "dateline eval run" in evaluation.overview([])


def test_nothing_in_a_run_becomes_markup(folder):
    after, before = runs.finished(folder)
    for html in (
        evaluation.overview([after, before]),
        evaluation.detail(after, before),
        evaluation.questions(after, before, "all", "", 50),
    ):
        assert not {"script", "img"} & {tag for tag, _ in Page(html).tags}
