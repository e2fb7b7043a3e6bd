"""The cost of a threshold: what is refused and what is answered wrongly, from asking."""

from __future__ import annotations

from datetime import date

from assistant import reader
from eval.calibration import Judged, judge, table
from eval.sample import Evidence, Sample

DAY = date(2023, 12, 10)


def test_a_threshold_refuses_the_unsure_and_only_them():
    judged = [
        Judged(0.9, answerable=True, right=True),
        Judged(0.6, answerable=True, right=False),
        Judged(0.4, answerable=False, right=False),
        Judged(0.2, answerable=True, right=True),
    ]
    _, all_, half, none = (line.split()[:5] for line in table(judged, [0.0, 0.5, 1.0]))
    assert all_ == ["0.00", "0.000", "0.000", "1.000", "0.500"]
    assert half == ["0.50", "1.000", "0.333", "0.500", "0.500"]
    assert none == ["1.00", "1.000", "1.000", "0.000", "0.000"]


def test_the_threshold_in_use_is_marked():
    lines = list(table([Judged(0.9, answerable=True, right=True)], [0.0, reader.ABSTAIN_BELOW]))
    assert [line.endswith("<- in use") for line in lines] == [False, False, True]


def test_questions_are_answered_whatever_the_confidence_and_judged(sample):
    asked = [
        Sample(
            "a", "Why did Gregor Pellew resign?", answers=("brother-in-law",), as_of=DAY,
            evidence=(Evidence("2023-10-26-mines-minister-pellew-resigns.txt"),),
        ),
        Sample("b", "Who wrote the first Norse dictionary?", unanswerable=True),
        Sample("c", "Neither answerable nor not", answers=("so",)),
    ]  # fmt: skip
    answerable, foreign = judge(sample, asked)
    assert (answerable.answerable, answerable.right) == (True, True)
    assert (foreign.answerable, foreign.right) == (False, False)
    assert answerable.sure > reader.ABSTAIN_BELOW > foreign.sure
