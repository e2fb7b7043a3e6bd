from __future__ import annotations

import json
from datetime import date
from itertools import permutations
from pathlib import Path

import mayors
import pytest

from eval.datasets import load
from eval.sample import Dataset, Evidence, Sample, names
from eval.suite import load_suite
from eval.text import share
from index.errors import UsageError
from index.read import read, walk


def write(path: Path, *records: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_every_gold_quote_of_the_newsroom_stands_in_its_article():
    from eval.lint import lint

    assert lint(load_suite("newsroom").load()) == []


def test_the_newsroom_has_what_it_should():
    dataset = load_suite("newsroom").load()
    tags = [sample.tags[0] for sample in dataset.samples]
    articles = sum(1 for folder in dataset.corpus for _ in folder.glob("*.[jthm]*"))
    assert len(tags) >= 160
    assert articles >= 60
    assert sum(sample.unanswerable for sample in dataset.samples) >= len(tags) / 3
    for kind in ("single-fact", "two-articles", "three-articles", "temporal", "superseded",
                 "corrected", "conflict", "who-said-what", "counting-sources", "follow-up",
                 "injected"):  # fmt: skip
        assert kind in tags, kind


def test_some_questions_have_other_answers_on_other_days():
    answers: dict[str, set[object]] = {}
    for sample in load_suite("newsroom").load().samples:
        if "temporal" in sample.tags:
            answers.setdefault(sample.question, set()).add(sample.answers)
    assert sum(len(different) > 1 for different in answers.values()) >= 5


@pytest.fixture(scope="module")
def newsroom():
    """The questions of the built-in suite, and its articles by name."""
    dataset = load_suite("newsroom").load()
    articles = (article for path in walk(dataset.corpus) for article in read(path))
    return dataset.samples, {name: article for article in articles for name in names(article)}


def test_every_gold_answer_stands_in_the_articles_of_its_evidence(newsroom):
    samples, articles = newsroom
    for sample in samples:
        if sample.wanted and "counting-sources" not in sample.tags:
            bodies = (articles[evidence.article].body for evidence in sample.evidence)
            assert share(sample.wanted, "\n".join(bodies)) == 1, sample.id


def test_evidence_in_two_articles_is_not_to_be_had_from_one(newsroom):
    samples, articles = newsroom
    for sample in samples:
        for one, other in permutations(sample.evidence, 2):
            if one.article != other.article:
                assert not one.about(articles[other.article]), (sample.id, one.quote)


def test_the_own_format_is_read_field_by_field(tmp_path):
    record = {
        "id": "a", "question": "Who?", "answers": ["A", "Aa"], "parts": [["A"], ["B", "Bb"]],
        "evidence": [{"article": "x.txt", "quote": "A and B"}, {"article": "https://x.example"}],
        "as_of": "2023-12-10", "tags": ["t"], "stale_answers": ["C"], "choices": ["A", "C"],
        "history": [{"question": "What?", "answer": "That."}],
    }  # fmt: skip
    assert load("own", write(tmp_path / "q.jsonl", record)).samples == (
        Sample(
            id="a", question="Who?", answers=("A", "Aa"), parts=(("A",), ("B", "Bb")),
            evidence=(Evidence("x.txt", "A and B"), Evidence("https://x.example")),
            as_of=date(2023, 12, 10), tags=("t",), stale_answers=("C",), choices=("A", "C"),
            history=(("What?", "That."),),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[1]", "not an object"),
        ('{"question": "?"}', "'id' is missing"),
        ('{"id": "a", "question": "?", "answer": "x"}', "unknown field answer"),
        ('{"id": "a", "question": "?", "answers": "x"}', "not a list"),
        ('{"id": "a", "question": "?", "as_of": "soon"}', "soon"),
        ('{"id": "a", "question": "?", "evidence": ["x.txt"]}', "."),
    ],
)
def test_what_is_wrong_with_a_question_is_told_with_file_and_line(tmp_path, line, why):
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "fine", "question": "?"}\n\n' + line + "\n")
    with pytest.raises(UsageError) as raised:
        load("own", file)
    assert str(raised.value).startswith(f"{file}:3: ")
    assert why in str(raised.value)


def test_a_dataset_that_is_not_there_or_empty_is_told(tmp_path):
    with pytest.raises(UsageError, match="--data"):
        load("own", tmp_path / "gone.jsonl")
    (tmp_path / "q.jsonl").write_text("")
    with pytest.raises(UsageError, match="no questions"):
        load("own", tmp_path / "q.jsonl")
    with pytest.raises(UsageError, match=r"dateline\.datasets"):
        load("unheard-of", tmp_path)


def own_format(_path: Path) -> Dataset:
    return Dataset((Sample("only", "?"),))


def test_a_teams_own_format_is_found_by_dotted_name(tmp_path):
    assert load("test_datasets:own_format", tmp_path).samples[0].id == "only"


def test_realtimeqa_as_published_is_indexes_into_choices(tmp_path):
    record = {
        "question_id": "20230106_0", "question_date": "2023/01/06", "question_source": "CNN",
        "question_url": "https://x.example", "question_sentence": "Which two?",
        "choices": ["A", "B", "C"], "answer": ["0", "2"], "evidence": "",
    }  # fmt: skip
    beyond = record | {"question_id": "20230106_1", "answer": ["3"]}
    write(tmp_path / "20230106_qa.jsonl", record, beyond)
    first, second = load("realtimeqa", tmp_path).samples
    assert first.right_choices == {0, 2}
    assert set(first.answers) == {"A C", "C A"}
    assert first.as_of == date(2023, 1, 6)
    assert "CNN" in first.tags
    assert second.wanted == ()  # out of range: for lint to find


def test_a_quiz_question_is_answerable_where_its_own_article_holds_its_short_answer(tmp_path):
    article = {"url": "https://x.example/1", "title": "T", "published": "2024-01-05",
               "text": "The port of Hask reopened."}  # fmt: skip
    write(tmp_path / "articles.jsonl", article)
    asked = {"question": "?", "asked": "2024-01-06", "choices": ["Hask", "Velm"], "quiz": "CNN"}
    write(
        tmp_path / "questions.jsonl",
        asked | {"id": "in", "answers": ["Hask"], "article_urls": ["https://x.example/1"]},
        asked | {"id": "part", "answers": ["Has"], "article_urls": ["https://x.example/1"]},
        asked | {"id": "elsewhere", "answers": ["Hask"], "article_urls": []},
    )
    dataset = load("realtimeqa", tmp_path)
    assert [sample.tags[0] for sample in dataset.samples] == [
        "answerable", "not answerable", "not answerable",
    ]  # fmt: skip
    assert dataset.corpus == (tmp_path / "articles.jsonl",)


def test_beir_and_trec_judgements_are_both_read(tmp_path):
    write(tmp_path / "queries.jsonl", {"_id": "1", "text": "x"}, {"_id": "2", "text": "y"})
    write(tmp_path / "corpus.jsonl", {"_id": "d1", "title": "", "text": "x"})
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\n1\td1\t2\n2\td1\t0\n")
    (beir,) = load("trec", tmp_path).samples
    assert beir.evidence == (Evidence("d1", grade=2),)
    (tmp_path / "qrels/test.tsv").unlink()
    (tmp_path / "qrels.txt").write_text("1 0 d1 2\n")
    assert load("trec", tmp_path).samples == (beir,)
    (tmp_path / "qrels.txt").write_text("1 0 d1 2\n1 d1 much\n")
    with pytest.raises(UsageError, match=r"qrels.txt:2"):
        load("trec", tmp_path)


def test_multihop_rags_null_queries_are_unanswerable(tmp_path):
    fact = {"url": "https://x.example/1", "fact": "It reopened.", "title": "T"}
    items = [
        {"query": "Which?", "answer": "Hask", "question_type": "inference_query",
         "evidence_list": [fact]},
        {"query": "Who?", "answer": "Insufficient information.", "question_type": "null_query",
         "evidence_list": []},
    ]  # fmt: skip
    (tmp_path / "MultiHopRAG.json").write_text(json.dumps(items))
    one, two = load("multihop-rag", tmp_path).samples
    assert one.evidence == (Evidence("https://x.example/1", "It reopened."),)
    assert (two.unanswerable, two.answers) == (True, ())


def test_rgb_asks_each_question_over_noise_nothing_and_falsehood(tmp_path):
    record = {
        "id": 7, "query": "When?", "fakeanswer": "1999",
        "answer": [["May 15, 2012", "15 May 2012"]],
        "positive": ["It was May 15, 2012."], "positive_wrong": ["It was 1999."],
        "negative": [f"Other {n}." for n in range(9)],
    }  # fmt: skip
    samples = {s.tags[0]: s for s in load("rgb", write(tmp_path / "en.json", record)).samples}
    assert samples["noise"].answers == ("May 15, 2012", "15 May 2012")
    assert [a.body for a in samples["noise"].articles][-1] == "It was May 15, 2012."
    assert samples["rejection"].unanswerable
    assert samples["counterfactual"].stale_answers == ("1999",)
    assert [a.body for a in samples["counterfactual"].articles] == ["It was 1999."]


# The real files


def test_realtimeqa_has_the_answerable_questions_it_is_known_to_have(public_data):
    samples = load("realtimeqa", public_data / "realtimeqa" / "2024q4").samples
    assert len(samples) == 370
    assert sum("answerable" in sample.tags for sample in samples) == 138


def test_xquad_has_its_1190_questions(public_data):
    samples = load("squad", public_data / "xquad" / "xquad.en.json").samples
    assert len(samples) == 1190
    assert all(s.evidence[0].span(s.articles[0]) for s in samples)


def test_rgbs_counterfactual_set_is_read_whole(public_data):
    samples = load("rgb", public_data / "rgb" / "en_fact.json").samples
    assert len(samples) == 300
    assert all(sample.wanted or sample.unanswerable for sample in samples)


def test_the_small_suite_of_these_tests_is_sound(tmp_path):
    assert len(load_suite(mayors.suite(tmp_path)).load().samples) == 40
