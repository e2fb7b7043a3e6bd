from __future__ import annotations

from datetime import date
from pathlib import Path

import mayors
import pytest

from eval import run_suite
from eval.lint import lint
from eval.sample import Dataset, Evidence, Sample
from eval.suite import load_suite

GOOD = Sample("good", "Who?", ("Quill",))


def problems(*samples: Sample, corpus: tuple[Path, ...] = ()) -> str:
    return "\n".join(f"{f.sample}: {f.problem}" for f in lint(Dataset(samples, corpus)))


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "port.txt").write_text("2023-11-02 (Wire) -- The port reopened on Thursday.")
    return (tmp_path,)


def test_sound_gold_has_no_findings(corpus):
    evidence = (Evidence("port.txt", "The port reopened"),)
    sound = Sample("q", "When?", ("Thursday",), evidence=evidence, as_of=date(2023, 11, 2))
    assert problems(GOOD, sound, corpus=corpus) == ""


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (Sample("q", " ", ("x",)), "question is empty"),
        (Sample("q", "?"), "no answer"),
        (Sample("q", "?", ("x",), unanswerable=True), "said to be unanswerable"),
        (Sample("q", "?", ("",)), "an answer is empty"),
        (Sample("q", "?", ("x",), choices=("a", "b")), "none of the choices"),
        (Sample("q", "?", ("a",), choices=("a", "a")), "two choices are the same"),
        (Sample("q", "?", ("x",), stale_answers=("x",)), "right and stale"),
        (Sample("q", "?", ("x",), evidence=(Evidence("gone.txt"),)), "not in the corpus"),
        (Sample("q", "?", ("x",), evidence=(Evidence("port.txt", "closed"),)), "does not stand"),
        (
            Sample("q", "?", ("x",), evidence=(Evidence("port.txt"),), as_of=date(2023, 11, 1)),
            "published after it is asked",
        ),
        (Sample("good", "Where?", ("x",)), "2 questions have this id"),
        (Sample("q", "Who?", ("Dahlke",)), "with another answer"),
    ],
)
def test_gold_that_cannot_be_right_is_found(corpus, sample, why):
    assert why in problems(GOOD, sample, corpus=corpus)


def quiz(n: int, place: int) -> Sample:
    choices = tuple(f"{n}-{i}" for i in range(4))
    return Sample(f"q{n}", f"Question {n}?", (choices[place],), choices=choices)


def test_right_choices_that_stand_mostly_in_one_place_are_found():
    assert problems(*(quiz(n, n % 4) for n in range(40))) == ""
    assert "too uneven" in problems(*(quiz(n, 0 if n % 3 else 1) for n in range(40)))


def test_a_system_that_does_worse_than_guessing_is_read_wrongly(tmp_path):
    file = mayors.suite(tmp_path, metrics=["multiple_choice"], gates=[], data="quiz.jsonl")
    file.with_name("quiz.jsonl").touch()
    import json

    records = [
        {"id": s.id, "question": s.question, "answers": list(s.answers), "choices": list(s.choices)}
        for s in (quiz(n, n % 4) for n in range(40))
    ]
    file.with_name("quiz.jsonl").write_text("\n".join(map(json.dumps, records)))

    class OffByOne(mayors.Desk):
        def choose(self, question, choices, *, as_of=None):  # noqa: ARG002
            return (int(choices[0].split("-")[0]) % 4 + 1) % 4

    run = run_suite(file, tmp_path / "runs", desk=OffByOne())
    dataset = load_suite(file).load()
    assert lint(dataset) == []
    assert "counted from 1" in lint(dataset, run)[0].problem
