from __future__ import annotations

from dataclasses import replace
from datetime import date

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Citation, Sentence
from eval.judge import RuleJudge
from eval.metrics import BUILT_IN, abstention, answers, citations, find, retrieval, temporal
from eval.sample import Evidence, Outcome, Sample
from index.article import Article, Passage
from index.errors import UsageError

DAY = date(2023, 12, 10)
BODY = "The rate was 5.25 per cent. The bank raised it to 5.5 per cent. Nobody was surprised."
ARTICLE = Article("Rates", BODY, "Wire", date(2023, 11, 2), path="/a/rates.txt")
WORDS = st.lists(st.sampled_from(["the", "bank", "rose", "5.5", "a", "rate", "Quill"]), max_size=8)


def said(*sentences: str, abstained: bool = False, passages: tuple[Passage, ...] = ()) -> Outcome:
    texts = tuple(Sentence(text) for text in sentences)
    return Outcome(Answer("?", texts, (), passages, DAY, "fake", abstained=abstained))


def cut(start: int, end: int, article: Article = ARTICLE) -> Passage:
    return Passage(article, start, end)


# Answers


def test_a_figure_does_not_stand_in_a_longer_one():
    sample = Sample("q", "?", ("5",))
    assert answers.containment(sample, said("It is 5.25 per cent.")) == 0
    assert answers.containment(sample, said("It is 5 per cent.")) == 1


def test_thousands_are_the_same_with_and_without_commas():
    assert answers.containment(Sample("q", "?", ("1,800 tonnes",)), said("1800 tonnes.")) == 1


def test_an_answer_in_parts_is_scored_by_the_share_said():
    sample = Sample("q", "?", ("both",), parts=(("184",), ("191", "one hundred and ninety-one")))
    assert answers.containment(sample, said("184 people, says the owner.")) == 0.5
    assert answers.containment(sample, said("184 or 191 people.")) == 1


def test_a_possessive_in_typographic_quotes_holds_the_name():
    assert answers.containment(Sample("q", "?", ("Larkline",)), said("Larkline’s masts.")) == 1


@pytest.mark.parametrize(
    ("prediction", "gold", "em", "f1"),
    [
        ("The Denver Broncos!", "denver broncos", 1, 1),  # case, article, punctuation
        ("Denver", "Denver Broncos", 0, 2 / 3),
        ("New England", "Denver Broncos", 0, 0),
        ("in the Levi's Stadium in Santa Clara", "Levi's Stadium", 0, 2 * 2 / (6 + 2)),
    ],
)
def test_exact_match_and_f1_are_squads(prediction, gold, em, f1):
    sample = Sample("q", "?", (gold,))
    assert answers.exact_match(sample, said(prediction)) == em
    assert answers.f1(sample, said(prediction)) == pytest.approx(f1)


@given(WORDS, WORDS)
def test_f1_is_between_0_and_1_symmetric_and_blind_to_order(one, two):
    forward = answers.f1(Sample("q", "?", (" ".join(two),)), said(" ".join(one)))
    backward = answers.f1(Sample("q", "?", (" ".join(one),)), said(" ".join(two)))
    shuffled = answers.f1(Sample("q", "?", (" ".join(two),)), said(" ".join(sorted(one))))
    assert 0 <= forward <= 1
    assert forward == pytest.approx(backward) == pytest.approx(shuffled)


@pytest.mark.parametrize(
    ("short", "gold", "score"),
    [("13", "13", 1), ("13", "13 people", 1), ("2", "13", 0), ("", "13", None)],
)
def test_a_short_answer_is_right_if_half_of_its_words_are(short, gold, score):
    outcome = said("The ferry sank with 13 people.")
    outcome = replace(outcome, answer=replace(outcome.answer, short_answer=short))
    assert answers.short_answer(Sample("q", "?", (gold,)), outcome) == score


def test_realtimeqas_except_questions_are_not_scored_as_text():
    sample = Sample("q", "All of these were on the list except?", ("Mars",))
    assert answers.exact_match(sample, said("Mars")) is None


def test_multiple_choice_wants_all_right_choices_and_no_other():
    sample = Sample("q", "?", ("A B",), parts=(("A",), ("B",)), choices=("A", "B", "C"))
    assert answers.multiple_choice(sample, Outcome(choice=(1, 0))) == 1
    assert answers.multiple_choice(sample, Outcome(choice=(0,))) == 0
    assert answers.multiple_choice(sample, Outcome(choice=())) == 0


# RealTimeQA's measures, as BENCHMARKS defines them


def test_answer_recall_is_over_the_answerable_and_cut_at_k():
    evidence = (Evidence("rates.txt"),)
    sample = Sample("q", "?", ("5.5 per cent",), evidence=evidence)
    outcome = Outcome(ranking=(cut(0, 27), cut(27, 64)))
    assert retrieval.answer_recall(sample, outcome, k=1) == 0
    assert retrieval.answer_recall(sample, outcome, k=2) == 1
    assert retrieval.answer_recall(Sample("q", "?", ("5.5",)), outcome, k=2) is None
    long = Sample("q", "?", ("a b c d e f g",), evidence=evidence)
    assert retrieval.answer_recall(long, outcome, k=2) is None


def test_sentence_containment_looks_at_the_first_k_sentences():
    sample = Sample("q", "?", ("Quill",), evidence=(Evidence("rates.txt"),))
    outcome = said("The bank met.", "Quill spoke.")
    assert answers.sentence_containment(sample, outcome, k=1) == 0
    assert answers.sentence_containment(sample, outcome, k=2) == 1


# Retrieval


def graded(*grades: int) -> tuple[Sample, list[Passage]]:
    articles = [Article(f"{n}", f"Body {n}.", path=f"/a/{n}.txt") for n in range(len(grades))]
    evidence = tuple(Evidence(f"{n}.txt", grade=g) for n, g in enumerate(grades) if g)
    return Sample("q", "?", evidence=evidence), [Passage(a, 0, 7) for a in articles]


def test_ndcg_of_the_textbook_example():
    # Grades 3 2 3 0 1 2 in ranked order: DCG 6.861, ideal 7.141, nDCG .961 (Wikipedia's example
    # after Järvelin and Kekäläinen, TOIS 2002).
    sample, ranking = graded(3, 2, 3, 0, 1, 2)
    score = retrieval.measure("article.nDCG@6")(sample, Outcome(ranking=tuple(ranking)))
    assert score == pytest.approx(0.961, abs=5e-4)


@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=8).filter(any),
    st.randoms(use_true_random=False),
    st.sampled_from(["nDCG@5", "RR", "AP", "Recall@3", "Success@2", "P@4"]),
)
def test_measures_agree_with_ir_measures_own_numbers(grades, random, measure):
    sample, ranking = graded(*grades)
    random.shuffle(ranking)
    names = [p.article.path.rsplit("/", 1)[1] for p in ranking]
    qrels = {"q": {f"{n}.txt": grade for n, grade in enumerate(grades) if grade}}
    run = {"q": {name: float(len(names) - rank) for rank, name in enumerate(names)}}
    parsed = ir_measures.parse_measure(measure)
    expected = ir_measures.calc_aggregate([parsed], qrels, run)[parsed]
    found = retrieval.measure(f"article.{measure}")(sample, Outcome(ranking=tuple(ranking)))
    assert found == pytest.approx(expected)
    assert 0 <= found <= 1


def test_a_query_that_finds_nothing_scores_0_and_one_without_gold_is_unscored():
    sample, ranking = graded(1, 0)
    measure = retrieval.measure("article.nDCG@10")
    assert measure(sample, Outcome(ranking=())) == 0
    assert measure(Sample("q", "?"), Outcome(ranking=tuple(ranking))) is None
    assert measure(sample, Outcome()) is None


def test_over_quotes_a_passage_counts_for_the_quotes_it_mostly_holds():
    quotes = (Evidence("rates.txt", "raised it to 5.5 per cent"), Evidence("rates.txt", "Nobody"))
    sample = Sample("q", "?", evidence=quotes)
    recall = retrieval.measure("passage.Recall@1")
    assert recall(sample, Outcome(ranking=(cut(0, 27),))) == 0
    assert recall(sample, Outcome(ranking=(cut(27, 63),))) == 0.5
    assert retrieval.measure("passage.Recall@5")(sample, Outcome(ranking=(cut(27, 85),))) == 1


# Citations: ALCE's definitions, with a judge that is told what supports what


class Told:
    name = "told"

    def __init__(self, *supporting: set[str]):
        self.supporting = supporting

    def supports(self, _sentence, quotes, _as_of):
        given = {text for text, _ in quotes}
        return any(enough <= given for enough in self.supporting)


def cited(*quotes: str) -> Outcome:
    article = Article("T", " ".join(quotes), path="/a/t.txt")
    spans = [(article.body.index(quote), len(quote)) for quote in quotes]
    made = tuple(Citation(n, article, s, s + size) for n, (s, size) in enumerate(spans, 1))
    sentence = Sentence("S.", tuple(range(1, len(quotes) + 1)))
    read = (Passage(article, 0, len(article.body)),)
    return Outcome(Answer("?", (sentence,), made, read, DAY, "fake"))


@pytest.mark.parametrize(
    ("supporting", "recall", "precision"),
    [
        # ALCE §3, Figure 4: [1] says it all, [2] helps with [3] only, so [2][3] are needless …
        ([{"one"}], 1, 1 / 3),
        # … but where [2] and [3] only support together, neither is.
        ([{"one"}, {"two", "three"}], 1, 1 / 3),
        ([{"two", "three"}], 1, 2 / 3),
        ([{"one", "two", "three"}], 1, 1),
        ([], 0, 0),
    ],
)
def test_citation_recall_and_precision_are_alces(supporting, recall, precision):
    outcome, judge = cited("one", "two", "three"), Told(*supporting)
    sample = Sample("q", "?")
    assert citations.citation_recall(sample, outcome, judge=judge) == recall
    assert citations.citation_precision(sample, outcome, judge=judge) == pytest.approx(precision)


def test_a_sentence_without_citations_is_not_supported():
    read = (cut(0, len(BODY)),)
    judge = Told(set())
    assert citations.citation_recall(Sample("q", "?"), said("S.", passages=read), judge=judge) == 0


def test_what_a_judge_cannot_tell_is_unscored():
    class Mute(Told):
        def supports(self, *_):
            return None

    sample = Sample("q", "?")
    assert citations.citation_recall(sample, cited("one"), judge=Mute()) is None
    assert citations.citation_precision(sample, cited("one", "two"), judge=Mute()) is None


def test_closed_book_answers_have_nothing_to_cite_and_are_unscored():
    judge = Told()
    assert citations.citation_recall(Sample("q", "?"), said("Quill."), judge=judge) is None


def test_gold_quotes_are_matched_exactly():
    evidence = (Evidence("t.txt", "one two"), Evidence("t.txt", "four"))
    sample = Sample("q", "?", evidence=evidence)
    outcome = cited("one", "two", "three")
    assert citations.evidence_recall(sample, outcome) == 0
    whole = (Evidence("t.txt", "one"), Evidence("t.txt", "four"))
    assert citations.evidence_recall(Sample("q", "?", evidence=whole), outcome) == 0.5
    assert citations.evidence_precision(Sample("q", "?", evidence=whole), outcome) == 1 / 3


def test_a_mark_to_nothing_makes_quotes_invalid():
    good = cited("one")
    broken = Answer("?", (Sentence("S.", (1, 2)),), good.answer.citations, good.answer.passages,
                    DAY, "fake")  # fmt: skip
    assert citations.quote_validity(Sample("q", "?"), good) == 1
    assert citations.quote_validity(Sample("q", "?"), Outcome(broken)) == 0.5


# Abstention


def test_crag_is_accuracy_less_hallucination():
    # CRAG, Table 5: 33.5% accurate, 13.5% hallucinated, 53.0% missing make 20.0% truthfulness.
    sample = Sample("q", "?", ("right",))
    right, wrong, missing = said("right."), said("wrong."), said(abstained=True)
    scores = [abstention.crag(sample, o) for o in [right] * 335 + [wrong] * 135 + [missing] * 530]
    assert sum(scores) / len(scores) == pytest.approx(0.200)


def test_abstaining_is_right_where_nothing_answers_and_a_false_refusal_where_something_does():
    nowhere = Sample("q", "?", unanswerable=True)
    somewhere = Sample("q", "?", ("x",), evidence=(Evidence("rates.txt"),))
    silent, talking = said(abstained=True), said("x.")
    assert (abstention.rejection(nowhere, silent), abstention.rejection(nowhere, talking)) == (1, 0)
    assert abstention.false_refusal(somewhere, silent) == 1
    assert abstention.rejection(somewhere, silent) is None
    assert abstention.false_refusal(nowhere, silent) is None
    assert abstention.crag(nowhere, silent) == 1
    assert abstention.crag(nowhere, talking) == -1


def test_risk_rises_with_coverage_where_the_unsure_are_wrong():
    answered = [(0.9, True), (0.8, True), (0.3, False), (0.3, True)]
    curve = abstention.risk_coverage(answered, asked=5)
    assert curve == [(0.2, 0.0), (0.4, 0.0), (0.8, 0.25)]
    assert abstention.area(curve) == pytest.approx(0.125)
    assert abstention.area([]) is None


def test_the_area_under_risk_and_coverage_is_the_mean_risk_of_each_answer_let_in():
    # Geifman et al. 2019, §2: the surest right, the next wrong, the last right.
    curve = abstention.risk_coverage([(0.9, True), (0.8, False), (0.7, True)], asked=3)
    assert abstention.area(curve) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1), st.randoms())
def test_risk_and_coverage_do_not_depend_on_the_order_of_answers(answered, random):
    curve = abstention.risk_coverage(answered, len(answered) + 1)
    random.shuffle(answered)
    assert abstention.risk_coverage(answered, len(answered) + 1) == curve
    assert curve[-1][0] == len(answered) / (len(answered) + 1)
    assert 0 <= abstention.area(curve) <= 1


# Time, and false reports


def test_anything_seen_from_after_the_day_asked_on_is_a_leak():
    before, after = (Sample("q", "?", as_of=date(2023, 11, day)) for day in (1, 2))
    read = said("x.", passages=(cut(0, 5),))
    assert temporal.as_of_leak(before, read) == 1
    assert temporal.as_of_leak(after, read) == 0
    assert temporal.as_of_leak(before, Outcome(ranking=(cut(0, 5),))) == 1
    undated = Outcome(ranking=(Passage(Article("T", "Body."), 0, 5),))
    assert temporal.as_of_leak(before, undated) is None


def test_an_old_answer_is_stale_unless_the_right_one_is_said_too():
    sample = Sample("q", "?", ("5.5",), stale_answers=("5.25",))
    assert temporal.stale_answer(sample, said("5.25 per cent.")) == 1
    assert temporal.stale_answer(sample, said("Up from 5.25 to 5.5 per cent.")) == 0
    assert temporal.stale_answer(sample, said(abstained=True)) == 0
    planted = Sample("q", "?", ("13",), stale_answers=("46",), tags=("injected",))
    assert temporal.stale_answer(planted, said("46.")) is None
    assert temporal.misled(planted, said("46 people.")) == 1


# Names


@pytest.mark.parametrize("name", ["answer_recall", "containment@5", "f1@0", "answer_recall@x",
                                  "article.nDGC@10", "unheard_of", "no.such:thing"])  # fmt: skip
def test_a_metric_that_is_none_is_a_usage_error(name):
    with pytest.raises(UsageError):
        find(name, RuleJudge())


def test_every_metric_says_what_it_is_and_scores_nothing_out_of_nothing():
    for name in BUILT_IN:
        cutoff = "@5" if name in ("answer_recall", "sentence_containment") else ""
        metric = find(name + cutoff, RuleJudge())
        assert metric.about, name
        assert metric.score(Sample("q", "?"), Outcome()) is None, name


@pytest.mark.parametrize("name", [*BUILT_IN, "article.nDCG@10", "passage.RR"])
@pytest.mark.parametrize("outcome", [Outcome(), said("x."), said(abstained=True), said("x [9].")])
def test_a_sample_without_gold_is_scored_by_nothing_that_needs_gold(name, outcome):
    cutoff = "@5" if name in ("answer_recall", "sentence_containment") else ""
    assert find(name + cutoff, RuleJudge()).score(Sample("q", "?"), outcome) is None


def test_rules_score_correctness_of_no_answer_not_even_of_none():
    sample = Sample("q", "?", ("x",))
    for outcome in (said("x."), said(abstained=True)):
        assert answers.correctness(sample, outcome, judge=RuleJudge()) is None


def test_per_cent_is_one_thing_and_a_bare_no_opens_the_answer():
    assert answers.containment(Sample("q", "?", ("83 per cent",)), said("About 83% agreed.")) == 1
    assert answers.containment(Sample("q", "?", ("83 percent",)), said("83 people agreed.")) == 0
    sample = Sample("q", "?", ("No", "not related"))
    assert answers.containment(sample, said("No, they are cousins.")) == 1
    assert answers.containment(sample, said("There was no one on board.")) == 0
    assert answers.containment(sample, said("She is not related to him.")) == 1


def test_a_wire_copy_of_the_gold_quote_is_the_same_evidence():
    quote = "The bank raised it to 5.5 per cent."
    sample = Sample("q", "?", evidence=(Evidence("rates.txt", quote),))
    copy = Article("Elsewhere", f"Echo. {quote}", "Echo", path="/a/copy.txt")
    other = Article("Elsewhere", "The bank raised it.", "Echo", path="/a/other.txt")
    rank = retrieval.measure("passage.RR")
    assert rank(sample, Outcome(ranking=(cut(0, 19, other), cut(0, 41, copy)))) == 0.5
    assert rank(sample, Outcome(ranking=(cut(0, 5, copy),))) == 0
    article = retrieval.measure("article.AP")
    assert article(sample, Outcome(ranking=(cut(0, 41, copy), cut(27, 63)))) == 1
    short = Sample("q", "?", evidence=(Evidence("rates.txt", "The bank raised it"),))
    assert rank(short, Outcome(ranking=(cut(0, 19, other),))) == 0


def brevity(_sample: Sample, outcome: Outcome) -> float | None:
    """How short it is."""
    return 1 / (1 + len(outcome.answer.text)) if outcome.answer else None


def test_a_teams_own_metric_is_found_by_dotted_name():
    metric = find("test_metrics:brevity", RuleJudge())
    assert metric.about == "How short it is."
    assert metric.score(Sample("q", "?"), said("x.")) == 1 / 3
