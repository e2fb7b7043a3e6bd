from __future__ import annotations

from dataclasses import replace

import mayors
import pytest

from assistant.answer import Answer, Citation, Sentence
from eval import attribution
from eval.attribution import cause, right
from eval.sample import Evidence, Outcome, Sample
from index.article import Passage

TOWN = mayors.TOWNS[0]
ARTICLE = mayors.article(TOWN)
OTHER = mayors.article(mayors.TOWNS[1])
QUOTE = f"The mayor of {TOWN} is now {TOWN}son"
SAMPLE = Sample("q", "Who?", (f"{TOWN}son",), evidence=(Evidence(f"{TOWN}.txt", QUOTE),))
GOOD, BAD = (Passage(a, 0, len(a.body)) for a in (ARTICLE, OTHER))
HELD = {f"{TOWN}.txt"}


def outcome(text="Nobody knows.", cited=None, read=(GOOD,), ranking=(GOOD,), support="supported"):
    citations = (Citation(1, cited.article, cited.start, cited.end),) if cited else ()
    sentences = (Sentence(text, (1,) if cited else (), support),) if text else ()
    answer = Answer(
        "Who?", sentences, citations, tuple(read), mayors.DAY, "fake", abstained=not text
    )
    return Outcome(answer, tuple(ranking))


@pytest.mark.parametrize(
    ("found", "held", "why"),
    [
        (outcome(), set(), attribution.NOT_IN_ARCHIVE),
        (outcome(read=(BAD,), ranking=(BAD,)), HELD, attribution.NOT_RETRIEVED),
        (outcome(read=(BAD,), ranking=(BAD, GOOD)), HELD, attribution.NOT_READ),
        (outcome(text=""), HELD, attribution.WRONG_REFUSAL),
        (outcome(text="", read=(BAD,), ranking=(BAD,)), HELD, attribution.NOT_RETRIEVED),
        (outcome(cited=BAD), HELD, attribution.NOT_USED),
        (outcome(cited=GOOD, support="unsupported"), HELD, attribution.UNSUPPORTED),
        (outcome(cited=GOOD), HELD, attribution.WRONG_FORM),
        (outcome(text=f"{TOWN}son."), HELD, None),
    ],
)
def test_a_miss_is_put_down_to_the_first_stage_that_lost_it(found, held, why):
    assert cause(SAMPLE, found, held) == why
    assert right(SAMPLE, found) is (why is None)


def test_answering_the_unanswerable_is_a_cause_of_its_own():
    nowhere = Sample("q", "Who?", unanswerable=True)
    assert cause(nowhere, outcome(), HELD) == attribution.NOT_REFUSED
    assert cause(nowhere, outcome(text=""), HELD) is None


def test_an_answer_in_parts_needs_all_of_its_evidence():
    both = replace(
        SAMPLE,
        parts=((f"{TOWN}son",), ("nobody else",)),
        evidence=(*SAMPLE.evidence, Evidence(f"{mayors.TOWNS[1]}.txt", "The people")),
    )
    held = {evidence.article for evidence in both.evidence}
    assert cause(both, outcome(), held) == attribution.NOT_RETRIEVED
    either = replace(both, parts=())
    assert cause(either, outcome(cited=GOOD), held) == attribution.WRONG_FORM


def test_without_known_quotes_the_answers_own_words_are_looked_for():
    article_only = replace(SAMPLE, evidence=(Evidence(f"{mayors.TOWNS[1]}.txt"),))
    assert cause(article_only, outcome(ranking=(BAD,)), None) == attribution.NOT_RETRIEVED
    unknown = replace(SAMPLE, evidence=())
    assert cause(unknown, outcome(ranking=(BAD,)), None) == attribution.NOT_IN_ARCHIVE
    assert cause(unknown, outcome(cited=BAD), None) == attribution.NOT_USED


def test_retrieval_alone_is_judged_by_the_first_ten():
    ranked = Sample("q", "Who?", evidence=(Evidence(f"{TOWN}.txt"),))
    assert right(ranked, Outcome(ranking=(BAD, GOOD))) is True
    deep = Outcome(ranking=(*[BAD] * 10, GOOD))
    assert cause(ranked, deep, HELD) == attribution.NOT_READ
    assert cause(ranked, Outcome(ranking=(BAD,)), HELD) == attribution.NOT_RETRIEVED
    assert right(Sample("q", "Who?"), Outcome()) is None
