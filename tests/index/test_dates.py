"""Dates in news style mean the days a careful reader would say; what is vague is left alone."""

from __future__ import annotations

from datetime import date

import pytest

from index.dates import annotate, find_dates, in_words

FRIDAY = date(2023, 10, 27)


def days(text, today=FRIDAY):
    return [in_words(span.first, span.last) for span in find_dates(text, today)]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("yesterday", "26 October 2023"),
        ("tomorrow", "28 October 2023"),
        ("the day before yesterday", "25 October 2023"),
        ("met on Friday", "27 October 2023"),
        ("met on Thursday", "26 October 2023"),
        ("will meet on Thursday", "2 November 2023"),
        ("was found by divers on Thursday", "26 October 2023"),
        ("must report by Thursday", "2 November 2023"),
        ("said on Thursday it will close", "26 October 2023"),
        ("said it will close on Thursday", "2 November 2023"),
        ("will, she said on Thursday, close", "26 October 2023"),
        ("On Thursday the council will vote", "2 November 2023"),
        ("On Thursday the council voted", "26 October 2023"),
        ("will be released on Thursday", "2 November 2023"),
        ("met the ousted leader on Thursday", "26 October 2023"),
        ("will meet the ousted leader on Thursday", "2 November 2023"),
        ("is expected to be held on Thursday", "2 November 2023"),
        ("has been held since Thursday", "26 October 2023"),
        ("on Sunday night", "22 October 2023"),
        ("last Tuesday", "24 October 2023"),
        ("last Friday", "20 October 2023"),
        ("last night", "26 October 2023"),
        ("the day after tomorrow", "29 October 2023"),
        ("a fortnight ago", "13 October 2023"),
        ("in September of last year", "September 2022"),
        ("was put off until January", "January 2024"),
        ("last December", "December 2022"),
        ("early October", "1–16 October 2023"),
        ("called a vote on 5 November", "5 November 2023"),
        ("died on 5 June", "5 June 2023"),
        ("will open on 5 June", "5 June 2024"),
        ("on 29 February", "29 February 2024"),
        ("on Sunday, Jan. 7, 2024", "7 January 2024"),
        ("July 4, 1776", "4 July 1776"),
        ("13/10/2023", "13 October 2023"),
        ("next Tuesday", "31 October 2023"),
        ("Tuesday last week", "17 October 2023"),
        ("this week", "23–29 October 2023"),
        ("last week", "16–22 October 2023"),
        ("next week", "30 October – 5 November 2023"),
        ("this weekend", "28–29 October 2023"),
        ("next month", "November 2023"),
        ("last month", "September 2023"),
        ("last year", "2022"),
        ("next year", "2024"),
        ("this quarter", "1 October – 31 December 2023"),
        ("a week ago", "20 October 2023"),
        ("three days ago", "24 October 2023"),
        ("two months ago", "August 2023"),
        ("in the past week", "20–27 October 2023"),
        ("over the last two weeks", "13–27 October 2023"),
        ("will open in three months", "January 2024"),
        ("Oct. 27", "27 October 2023"),
        ("27th of October", "27 October 2023"),
        ("October 27, 2021", "27 October 2021"),
        ("27 Oct 2021", "27 October 2021"),
        ("2021-10-27", "27 October 2021"),
        ("on Jan. 5", "5 January 2024"),
        ("between 3 and 9 May 2024", "3–9 May 2024"),
        ("May 3-9, 2024", "3–9 May 2024"),
        ("in October 2021", "October 2021"),
        ("in June", "June 2023"),
        ("since September", "September 2023"),
        ("October to December 2021", "1 October – 31 December 2021"),
        ("Q3 2024", "1 July – 30 September 2024"),
        ("the third quarter of 2024", "1 July – 30 September 2024"),
        ("in 2019", "2019"),
        ("from 2019 to 2021", "1 January 2019 – 31 December 2021"),
    ],
)
def test_means(text, meaning):
    assert days(text) == [meaning]


@pytest.mark.parametrize(
    "text",
    [
        "since the summit", "recently", "almost a year ago", "about two weeks ago", "2,019 people",
        "he may go", "a march on parliament", "The Sunday Times", "30 February 2023", "Boeing 2000",
        "Black Friday", "the Fourth of July weekend", "its first win in three months",
        "the last week of term", "Friday the 13th",
    ],
)  # fmt: skip
def test_left_alone(text):
    assert days(text) == []


def test_annotated_for_who_reads_it_later():
    said = "They agreed to meet next month, an official said on Thursday."
    assert annotate(said, FRIDAY) == (
        "They agreed to meet next month [November 2023], an official said on Thursday "
        "[26 October 2023]."
    )
    assert annotate(said, None) == said
    assert annotate("They met on 3 May 2023.", FRIDAY) == "They met on 3 May 2023."
    assert annotate("Last week’s vote was close.", FRIDAY) == (
        "Last week’s [16–22 October 2023] vote was close."
    )


def test_what_may_mean_two_days_says_so():
    (span,) = find_dates("The vote is on Monday.", FRIDAY)
    assert (span.earliest, span.latest) == (date(2023, 10, 23), date(2023, 10, 30))
    (span,) = find_dates("They voted on Monday.", FRIDAY)
    assert span.earliest == span.latest == span.first == date(2023, 10, 23)
