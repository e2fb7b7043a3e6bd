"""A question's own words: days, outlets and phrases, as a careful reader would take them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query import Query, Understood
from index.understand import narrowed, published_window, understand

OUTLETS = ("The Harbor Gazette", "Reuters", "BBC", "Time", "The Mirror", "halyardwire.com")
TUESDAY = date(2023, 10, 31)


def labelled():
    lines = (Path(__file__).parent / "expressions.txt").read_text(encoding="utf-8").splitlines()
    as_of = None
    for line in lines:
        if line.startswith("as of "):
            as_of = date.fromisoformat(line.removeprefix("as of "))
        elif "=>" in line:
            question, expected = line.split(" => ")
            yield pytest.param(question, as_of, expected, id=question)


def said(words):
    if words.kind == "days":
        days = sorted({d.isoformat() if d else "" for d in (words.since, words.until)})
        open_end = words.until is None
        meaning = f"{days[1]}.." if open_end else "..".join(days)
    else:
        meaning = ", ".join(words.sources) or words.kind
    return f"{words.text} = {meaning}{'!' if words.strict else ''}"


def ask(question, as_of=TUESDAY, **options):
    return understand(Query(question, as_of), OUTLETS, **options)


@pytest.mark.parametrize(("question", "as_of", "expected"), list(labelled()))
def test_understood_as_a_careful_reader_would(question, as_of, expected):
    understood = ask(question, as_of).understood
    assert "; ".join(map(said, understood)) == expected.replace("nothing", "")


def test_the_labels_are_many_and_distinct():
    labels = [label.values for label in labelled()]
    assert len({question for question, _, _ in labels}) == len(labels) > 200
    assert sum(expected == "nothing" for _, _, expected in labels) > 60


def test_words_stand_in_the_question_and_in_its_order():
    text = 'On Friday, who called it "the end of the line", according to Reuters?'
    understood = ask(text).understood
    assert [words.kind for words in understood] == ["days", "phrase", "sources"]
    assert [text.index(words.text) for words in understood] == [3, 26, 61]


def test_ignored_words_are_left_alone_and_others_are_not():
    text = "What did Reuters report last week on the strike of 3 May?"
    assert [words.text for words in ask(text).understood] == ["Reuters", "last week", "3 May"]
    left = ask(text, ignore=("LAST WEEK", "reuters")).understood
    assert [words.text for words in left] == ["3 May"]


def test_the_rest_of_a_query_is_kept():
    query = Query("Who won last week?", TUESDAY, TUESDAY - timedelta(9), TUESDAY, ("BBC",))
    told = understand(query, OUTLETS)
    assert (told.since, told.until, told.sources) == (query.since, query.until, query.sources)
    assert told.to_dict()["understood"] == [
        {
            "text": "last week",
            "kind": "days",
            "since": "2023-10-23",
            "until": "2023-10-29",
            "sources": [],
            "strict": False,
        }
    ]


def test_only_outlets_of_the_archive_are_understood():
    text = "How many died, according to Reuters?"
    assert understand(Query(text, TUESDAY), ()).understood == ()
    assert understand(Query(text, TUESDAY), ("BBC",)).understood == ()


def test_an_outlet_under_several_names_is_all_of_them():
    query = Query("What did Halyard Wire report?", TUESDAY)
    (words,) = understand(query, ("halyardwire.com", "sport.halyardwire.com", "Wire")).understood
    assert words.sources == ("halyardwire.com", "sport.halyardwire.com")


def test_strict_words_narrow_a_query_and_others_do_not():
    asked = narrowed(ask("What did Reuters report last week about the strike on 3 May?"))
    assert (asked.since, asked.until) == (date(2023, 10, 23), date(2023, 10, 29))
    assert asked.sources == ("Reuters",)
    asked = narrowed(ask("Who won on 3 May, and what did the BBC say?"))
    assert (asked.since, asked.until, asked.sources) == (None, None, ())


def test_strict_words_of_one_kind_widen_each_other():
    asked = narrowed(ask("Compare coverage in May 2023 with articles published since July 2023."))
    assert (asked.since, asked.until) == (date(2023, 5, 1), None)


def test_what_the_user_set_stands():
    query = Query("What did Reuters report last week?", TUESDAY, date(2023, 1, 1), sources=("BBC",))
    asked = narrowed(understand(query, OUTLETS))
    assert (asked.since, asked.until, asked.sources) == (date(2023, 1, 1), None, ("BBC",))


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("Who won on 3 May 2023?", "2023-04-30", "2023-05-10"),
        ("How many were jailed in May 2023?", "2023-04-28", "2023-06-30"),
        ("How many were jailed in 2021?", "2020-12-29", "2022-12-30"),
        ("Who won last week?", "2023-10-20", "2023-10-31"),  # until the day asked
        ("What has changed since May?", "2023-04-28", None),
        ("What was known before 12 October?", None, "2023-10-18"),
        ("Who returns next month?", None, None),
        ("Which articles published on 3 May 2023 name Renn?", "2023-05-03", "2023-05-03"),
        ("How many died, according to Reuters?", None, None),
    ],
)
def test_an_event_is_reported_from_shortly_before_it_until_some_time_after(question, first, last):
    (words,) = ask(question).understood
    window = published_window(words, TUESDAY)
    assert [day and day.isoformat() for day in window] == [first, last]


WORDS = """on in since before after between from until by the last next this and to of , . ? "
“ ” 's Friday ſunday FRıDAY may March May 3 29 31 February Feb. Q3 2024 2023 0001 9999 2024-02-29
31/02/2023 week weekend month year ago two 999 early mid-May late late-2024 today yesterday
according Reuters the BBC Time report published articles ending beginning İ K ٣ ² 😀""".split()
PIECES = st.sampled_from([*WORDS, "\x00", "\u2028", "week of", "as of", "a couple of"])


@given(
    st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=12).map(" ".join)),
    st.dates(),
    st.frozensets(st.one_of(st.text(max_size=12), st.sampled_from(OUTLETS)), max_size=5),
)
def test_any_question_on_any_day_is_understood_without_fail(text, as_of, sources):
    query = Query(text, as_of)
    told = understand(query, sources)
    assert told == understand(query, sources)
    for words in told.understood:
        assert words.text in text
        assert set(words.sources) <= sources
        assert words.since is None or words.until is None or words.since <= words.until
        first, last = published_window(words, as_of)
        assert first is None or last is None or first <= last
        assert isinstance(words, Understood)
    narrowed(told)
    assert understand(query, sources, [w.text for w in told.understood]).understood == ()
