from __future__ import annotations

import re
from xml.etree import ElementTree

import mayors
import pytest

from eval import report, run_suite


@pytest.fixture
def run(tmp_path):
    question = f"Who is mayor of {mayors.TOWNS[0]}?"
    desk = mayors.Desk(worse=3, fails={question})
    return run_suite(mayors.suite(tmp_path), tmp_path / "runs", desk=desk, name="bad & <b>old</b>")


def test_the_page_is_one_file_that_fetches_nothing(run):
    page = report.page(run)
    assert not re.search(r"(?:src|href)=|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page
    assert "viewport" in page


def test_what_is_shown_is_escaped(run):
    assert "<b>old" not in report.page(run)
    assert "bad &amp; &lt;b&gt;old" in report.page(run)


def test_the_page_shows_scores_causes_slices_and_the_worst_with_what_went_wrong(run):
    page = report.page(run)
    miss = next(record for record in run.records if record["cause"])
    for shown in (
        "containment", f"{run.results['metrics']['containment']['mean']:.3f}", miss["cause"],
        miss["question"], miss["gold"][0][0], miss["evidence"][0]["quote"], "nowhere",
        "the lights went out", "Judge: rules",
    ):  # fmt: skip
        assert shown in page, shown


def test_nothing_is_ever_nan(run, tmp_path):
    assert "nan" not in (run.folder / "results.json").read_text().lower()
    empty = mayors.suite(tmp_path, metrics=["misled", "containment"], gates=[])
    other = run_suite(empty, tmp_path / "runs", desk=mayors.Desk())
    assert other.results["metrics"]["misled"] == {"scored": 0, "unscored": 40}
    assert "no question can be scored" in report.page(other)
    assert "| misled ↓ | – | | 0 | 40 |" in report.markdown(other)


def test_the_plot_stands_alone_on_white_and_on_black(run):
    picture = ElementTree.fromstring(report.plot(run))
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    right = run.results["right"] / (run.results["right"] + run.results["missed"])
    assert f"{right:.0%} of 39" in texts  # one of the forty failed
    assert {"all questions", "mayor", "nowhere"} <= set(texts)
    assert "prefers-color-scheme:dark" in report.plot(run)


def test_junit_has_a_case_for_each_question(run):
    suite = ElementTree.fromstring(report.junit(run))
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests")) == 40
    assert len(suite.findall("testcase/failure")) == int(suite.get("failures")) > 0
    assert len(suite.findall("testcase/error")) == int(suite.get("errors")) == 1


def test_a_mean_and_its_interval_stay_on_their_line():
    for row in (
        {"mean": 0.0, "low": 0.0, "high": 0.02},
        {"mean": -0.4, "low": -0.9, "high": 0.1},
        {"mean": 1.0, "low": 0.9, "high": 1.0},
    ):
        places = [float(x) for x in re.findall(r'(?:x1|x2|cx)="([\d.]+)"', report.whisker(row))]
        assert all(0 <= place <= 160 for place in places)
