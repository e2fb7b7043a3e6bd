"""The extractive reader knows what is asked for, finds it, and lets a later report go first."""

from __future__ import annotations

from datetime import date

import pytest

from assistant import candidates, reader
from assistant.asked import Asked, asked
from assistant.reader import Evidence, choose, read
from index.article import Article, Passage
from index.query import Query


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who leads the inquiry?", Asked("person")),
        ("Where was the torc found?", Asked("place")),
        ("Since when has the port been shut?", Asked("time")),
        ("Why did the minister resign?", Asked("reason")),
        ("What caused the gate to jam?", Asked("reason")),
        ("Did Bellamy take the recount to court?", Asked("yes-no")),
        ("How many lifeboats were launched?", Asked("number", "lifeboats")),
        ("What was Corvessa's inflation rate in August?", Asked("number", "inflation rate")),
        ("The ferry that sank when it left belonged to which firm?", Asked("", "firm")),
        ("Which type of fish did the scientists, who met in Ostel, count?", Asked("", "fish")),
        ("The summit was moved. Which city hosted it?", Asked("place", "city")),
        ("How did the vote end?", Asked("")),
        ("What is Corvessa urging on its neighbours?", Asked("")),
        ("What was the minister accused of?", Asked("")),
        ("What is the name of the port it lies in?", Asked("place", "port")),
        ("What is the new ferry called?", Asked("", "new ferry")),
    ],
)  # fmt: skip
def test_what_is_asked_for(question, expected):
    assert asked(question) == expected


def test_names_at_a_sentence_start_are_told_from_words():
    known, own = frozenset({"dockers", "the"}), frozenset({"strike"})
    assert candidates.names("Dockers met Judith Sandoe.", known, own) == ["Judith Sandoe"]
    assert candidates.names("The Port Ansel union did.", known, own) == ["Port Ansel"]


def test_a_number_fits_that_counts_what_is_asked_for():
    def fit(question, noun, sentence):
        return candidates.number_fit(question, noun, sentence, frozenset())

    assert fit("How many ships came?", "ships", "All 14 ships came.") == 1
    assert fit("How many ships came?", "ships", "It cost $14.") == 0
    assert fit("How much did it cost?", "", "It cost $14.") == 1
    assert fit("How old is he?", "", "A 31-year-old was held.") == 1
    assert fit("What share voted yes?", "share", "Some 83 per cent did.") == 1
    assert fit("How many people died?", "people", "It was found two weeks later.") == 0
    assert fit("How many seats did they win?", "seats", "She won by 14.") < 0.4
    assert fit("How many people died there?", "people", "The hospital replaced 38 sinks.") < 0.8
    assert fit("How many people died?", "people", "In all 19 patients died.") == 1
    toll = "The number of people known to have died in the capsizing rose to 11 on Monday."
    assert fit("How many people died?", "people", toll) >= 0.8
    assert fit("By how many votes did she win?", "votes", "She won by 14.") > 0.4
    assert fit("How many weeks did it take?", "weeks", "It was found two weeks later.") == 1


def test_candidates_of_the_kind_asked_for_fit_best(embedder):
    sentences = [["Spirit Airlines"], ["Judith Sandoe"], ["Tuesday"], []]
    fits = candidates.fit(Asked("", "airline"), sentences, embedder, lambda _: 1.0)
    assert fits[0] == max(fits) > fits[1]
    assert fits[3] == min(fits)
    assert candidates.fit(Asked(""), sentences, embedder, lambda _: 1.0) == [0.0] * 4


def test_of_sentences_that_say_as_much_the_later_report_comes_first():
    def evidence(text, day, score):
        article = Article(title="", body=text, published=date(2023, 10, day))
        return Evidence(article, 0, len(text), score, 0.9)

    early = evidence("Nine people died.", 8, 5.0)
    late = evidence("The toll was put at ten.", 21, 4.8)
    weak = evidence("A ferry sank on Sunday evening.", 30, 1.0)
    assert choose([early, late, weak]) == [late, early]


def quotes(embedder, question, *paragraphs):
    body = "\n\n".join(paragraphs)
    article = Article("Harbour report", body, published=date(2023, 10, 5))
    passages = [Passage(article, 0, len(body), similarity=0.5)]
    query = Query(question, as_of=date(2023, 10, 9))
    return [one.text for one in read(query, passages, embedder, lambda _: 1.0)]


def test_a_sentence_about_him_is_quoted_with_the_one_that_names_him(embedder):
    told = quotes(
        embedder,
        "How many crates did the mate count?",
        "Judith Sandoe, the mate, came on board at noon. She counted 31 crates in the hold.",
        "The harbour was closed on Friday.",
    )
    assert told[0].startswith("Judith Sandoe") and told[0].endswith("31 crates in the hold.")
    assert "The harbour was closed on Friday." in told


def test_what_a_page_says_of_itself_is_not_quoted(embedder):
    told = quotes(
        embedder,
        "How can readers follow the harbour report?",
        "The harbour was closed on Friday for repairs.",
        "Sign up for our harbour newsletter and follow the report every day.",
        "Reporting by Ana Holt in Port Ansel, the harbour town.",
        "This story was updated with a report from the harbour.",
    )
    assert told == ["The harbour was closed on Friday for repairs."]


def test_of_what_is_to_come_a_day_to_come_is_told_first(embedder):
    came = "Before they meet, envoys of Renn and Sorrel met in Ostel on Monday of this week."
    comes = "The two will hold talks in Lake Orrin next month, an official said."
    for asks in ("When are Renn and Sorrel expected to meet?", "Where will Renn and Sorrel meet?"):
        assert quotes(embedder, asks, came, comes)[0] == comes
    assert quotes(embedder, "Where did envoys of Renn and Sorrel meet?", came, comes)[0] == came


@pytest.mark.parametrize(
    ("question", "sentence", "holds"),
    [
        ("In what year was she built?", "She was built in 1994.", True),
        ("In what year was she built?", "She was built in March.", False),
        ("In which month was she built?", "She was built in March.", True),
        ("In which month was she built?", "She was built in 1994.", False),
        ("When was she built?", "She was built in 1994.", True),
        ("Where was she built?", "She was built in Port Ansel.", True),
        ("Where was she built?", "She was built in March on a Monday.", False),
    ],
)
def test_what_a_sentence_holds(question, sentence, holds):
    assert reader.holds(asked(question), sentence, frozenset({"built"})) == holds


def test_of_a_number_that_moved_the_latest_report_comes_first(sample):
    for question in (
        "How many people died when the Grey Petrel sank?",
        "How many people died in the Grey Petrel ferry disaster?",
    ):
        answer = sample.ask(question, as_of="2023-12-10")
        assert "final number of dead to 13" in answer.sentences[0].text
        assert not any("may have changed" in warning for warning in answer.warnings)
    earlier = sample.ask("How many people died when the Grey Petrel sank?", as_of="2023-10-10")
    assert "lowered to 10" in earlier.sentences[0].text


def test_sentences_without_spaces_are_read(embedder):
    assert "大臣は木曜日に辞任した。" in "".join(
        quotes(
            embedder, "大臣はいつ辞任した？", "大臣は木曜日に辞任した。", "港の再建には三年かかる。"
        )
    )
