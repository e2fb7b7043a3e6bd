from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from eval import stats


def test_wilson_agrees_with_scipy():
    expected = binomtest(7, 20).proportion_ci(method="wilson")
    assert stats.wilson(7, 20) == pytest.approx((expected.low, expected.high))


def test_ten_right_of_ten_is_not_certainty():
    low, high = stats.interval([1.0] * 10, range(10))
    assert low == pytest.approx(0.722, abs=1e-3)
    assert high == pytest.approx(1)


def test_questions_of_one_article_are_one_draw():
    scores = [float(n // 10 % 2) for n in range(100)]
    alone = stats.interval(scores, range(100))
    together = stats.interval(scores, [n // 10 for n in range(100)])
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_one_cluster_tells_nothing_of_others():
    assert stats.interval([0.2, 0.9, 0.5], ["a", "a", "a"]) == (0, 1)
    assert stats.interval([-1.0, 1.0, 0.0], ["a", "a", "a"]) == (-1, 1)
    found = stats.paired({"a": 0.1, "b": 0.2}, {"a": 0.3, "b": 0.5}, {"a": 1, "b": 1})
    assert (found.low, found.high, found.p) == (-1, 1, 1)


def test_mcnemar_is_the_exact_binomial_of_what_flipped():
    before = {f"q{n}": float(n < 50) for n in range(100)}
    after = before | {f"q{n}": 0.0 for n in range(9)} | {"q60": 1.0}
    found = stats.paired(before, after, {key: key for key in before})
    assert found.test == "McNemar, exact"
    assert found.p == pytest.approx(binomtest(1, 10).pvalue)
    assert found.change == pytest.approx(-0.08)
    assert found.low <= found.change <= found.high


def test_only_questions_both_have_scored_are_compared():
    found = stats.paired({"a": 1.0, "b": 0.0}, {"b": 0.0, "c": 1.0}, {"b": "b"})
    assert (found.n, found.change) == (1, 0)
    assert stats.paired({"a": 1.0}, {"b": 1.0}, {}) is None


def test_clusters_make_a_change_less_sure():
    draw = random.Random(0)
    before = {f"q{n}": 0.5 for n in range(60)}
    after = {key: 0.5 + draw.uniform(-0.1, 0.3) for key in before}
    alone = stats.paired(before, after, {key: key for key in before})
    together = stats.paired(before, after, {key: key[:2] for key in before})
    assert alone.p < 0.01
    assert together.clusters < alone.clusters
    assert "permutation" in together.test


def test_the_same_scores_give_the_same_numbers():
    draw = random.Random(1)
    before, after = ({f"q{n}": draw.random() for n in range(40)} for _ in range(2))
    clusters = {f"q{n}": n // 4 for n in range(40)}
    assert stats.paired(before, after, clusters) == stats.paired(before, after, clusters)


def test_no_difference_on_ten_questions_is_no_proof_and_on_a_thousand_it_is():
    few, many = ({f"q{n}": 1.0 for n in range(count)} for count in (10, 1000))
    assert stats.paired(few, few, {k: k for k in few}).detectable > 0.2
    assert stats.paired(many, many, {k: k for k in many}).detectable < 0.01


def test_a_difference_of_the_detectable_size_is_found_about_four_times_in_five():
    draw = random.Random(2)
    n, found = 200, 0
    for _ in range(100):
        before = {f"q{i}": float(draw.random() < 0.5) for i in range(n)}
        after = {
            key: 0.0 if value and draw.random() < 0.24 else 1.0 if draw.random() < 0.02 else value
            for key, value in before.items()
        }
        # A loss of about .11 at a variance of .13: (1.96 + .84) * sqrt(.13 / 200) = .071
        difference = stats.paired(before, after, {key: key for key in before})
        found += difference.p < 0.05
        assert 0.05 < difference.detectable < 0.1
    assert found > 80


def test_holm_of_a_textbook_example():
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_only_raises_and_keeps_the_order(p_values):
    adjusted = stats.holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    ranked = sorted(range(len(p_values)), key=lambda i: p_values[i])
    assert [adjusted[i] for i in ranked] == sorted(adjusted)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20))
def test_a_mean_lies_in_its_interval(scores):
    low, high = stats.interval(scores, range(len(scores)))
    assert low - 1e-9 <= sum(scores) / len(scores) <= high + 1e-9
