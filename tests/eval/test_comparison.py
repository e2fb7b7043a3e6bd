from __future__ import annotations

import mayors
import pytest

from eval import run_suite
from eval.comparison import PASS, REGRESSION, TOO_SMALL, compare, exit_code, gate
from index.errors import UsageError


def run(tmp_path, desk=None, **options):
    return run_suite(
        tmp_path / "mayors.yaml", tmp_path / "runs", desk=desk or mayors.Desk(), **options
    )


def test_a_worsened_retriever_is_a_regression(tmp_path):
    mayors.suite(tmp_path, gates=[{"metric": "containment"}, {"metric": "passage.RR"}])
    verdicts = gate(run(tmp_path, mayors.Desk(worse=2)), run(tmp_path))
    assert exit_code(verdicts) == REGRESSION
    assert {verdict.code for verdict in verdicts} == {REGRESSION}


def test_the_same_system_again_passes(tmp_path):
    mayors.suite(tmp_path)
    assert exit_code(gate(run(tmp_path), run(tmp_path))) == PASS


def test_noise_is_no_regression(tmp_path):
    mayors.suite(tmp_path, gates=[{"metric": "containment", "margin": 0.2}])
    # One question of forty comes out otherwise: that is luck.
    unlucky = next(w for w in range(40, 400) if sum(_wrong(w)) == 1)
    found = gate(run(tmp_path, mayors.Desk(worse=unlucky)), run(tmp_path))
    assert found[0].code == PASS
    assert "0.967" in found[0].why


def _wrong(worse):
    asked = [f"Who is mayor of {town}?" for n, town in enumerate(mayors.TOWNS) if n % 4 != 3]
    return [sum(map(ord, question)) % worse == 0 for question in asked]


def test_ten_questions_are_too_few_to_tell(tmp_path):
    mayors.suite(tmp_path, questions=10, gates=[{"metric": "containment", "margin": 0.05}])
    assert exit_code(gate(run(tmp_path), run(tmp_path))) == TOO_SMALL


def test_a_bound_is_held_whatever_the_baseline_was(tmp_path):
    mayors.suite(tmp_path, gates=[{"metric": "containment", "margin": 1, "min": 0.9}])
    worse = run(tmp_path, mayors.Desk(worse=2))
    assert exit_code(gate(worse, worse)) == REGRESSION
    mayors.suite(tmp_path, gates=[{"metric": "as_of_leak", "margin": 1, "max": 0}])
    assert exit_code(gate(run(tmp_path), run(tmp_path))) == PASS


def test_a_regression_outweighs_what_is_too_small_to_tell(tmp_path):
    gates = [{"metric": "containment", "margin": 0.1}, {"metric": "rejection", "margin": 0.01}]
    mayors.suite(tmp_path, gates=gates)
    verdicts = gate(run(tmp_path, mayors.Desk(worse=2)), run(tmp_path))
    assert [verdict.code for verdict in verdicts] == [REGRESSION, TOO_SMALL]
    assert exit_code(verdicts) == REGRESSION


def test_a_metric_where_lower_is_better_loses_by_rising(tmp_path):
    mayors.suite(tmp_path, metrics=["containment", "false_refusal"], gates=[])

    class Shy(mayors.Desk):
        def _answer(self, question, passages, as_of):
            return super()._answer("" if "Elm" not in question else question, passages, as_of)

    found = {c.metric: c for c in compare(run(tmp_path), run(tmp_path, Shy())).changes}
    assert found["containment"].loss > 0
    assert found["false_refusal"].loss == pytest.approx(found["containment"].loss)
    assert found["false_refusal"].verdict == "worse"


def test_a_comparison_names_the_questions_that_flipped_and_why(tmp_path):
    mayors.suite(tmp_path)
    found = compare(run(tmp_path), run(tmp_path, mayors.Desk(worse=3)))
    assert len(found.flips) == sum(_wrong(3))
    assert all(not flip.now_right and flip.cause for flip in found.flips)
    back = compare(run(tmp_path, mayors.Desk(worse=3)), run(tmp_path))
    assert {flip.id for flip in back.flips} == {flip.id for flip in found.flips}
    assert all(flip.now_right and flip.cause for flip in back.flips)


def test_runs_of_other_questions_are_not_compared(tmp_path):
    mayors.suite(tmp_path)
    whole, part = run(tmp_path), run(tmp_path, limit=5)
    with pytest.raises(UsageError, match="questions differ"):
        compare(whole, part)


def test_a_suite_without_gates_has_nothing_to_gate(tmp_path):
    mayors.suite(tmp_path, gates=[])
    with pytest.raises(UsageError, match="no gates"):
        gate(run(tmp_path), run(tmp_path))
