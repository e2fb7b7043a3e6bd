"""What each part of retrieval is worth: the table, the losses, and weights that can be fitted."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest

from eval.ablation import ROWS, Asked, fit, left_out, losses, table
from eval.sample import Evidence, Sample
from index.article import Article, Passage
from index.rank import WEIGHTS, Candidate


def asked(number, *, right, sharp=True):
    """A question whose answer stands in the candidate `right`, which the words give away."""
    day = date(2023, 10, 1) + timedelta(days=7 * number)
    candidates, features = [], []
    for place in range(6):
        body = f"The ferry {place} was {'Petrel' if place == right else 'late'}."
        passage = Passage(Article(f"Report {place}", body, published=day), 0, len(body))
        candidates.append(Candidate(passage, 0.5, 0.1, 0.03, place, 5 - place))
        told = dict.fromkeys([*WEIGHTS, "fused"], 0.1) | {"similarity": 0.5 - place / 100}
        features.append(told | {"words": float(sharp and place == right)})
    sample = Sample(
        f"q{number}", "Which ferry?", ("Petrel",), evidence=(Evidence("Report"),), as_of=day
    )
    return Asked(sample, candidates, features, [one.passage for one in candidates], True)


@pytest.fixture
def questions():
    return [asked(number, right=number % 5 + 1) for number in range(12)]


def test_each_part_has_its_row_and_its_change(questions):
    lines = table(questions).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == list(ROWS)
    ranking = lines[2 + list(ROWS).index("+ ranking")]
    assert "1.000" in ranking.split("|")[2]  # the words put the answer first
    assert "0.000" in lines[2].split("|")[2]  # which is never the nearest


def test_losses_say_how_far_down_the_answers_stand(questions):
    told = losses(questions)
    assert "| in the first 1 found | 0.000 |" in told
    assert "| in the first 20 found | 1.000 |" in told
    assert "word for word | 1.000 |" in told


def test_fitting_finds_the_feature_that_tells(questions):
    weights = fit(questions)
    assert max(weights, key=lambda name: abs(weights[name])) == "words"
    again = left_out({"one": questions[:6], "two": questions[6:]})
    assert again.count("@1 1.000") == 4


def test_a_pair_without_an_archive_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "eval.ablation", "newsroom"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "names no archive" in done.stderr
