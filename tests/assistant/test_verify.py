"""A sentence is supported when what it cites says it: every number, day, name and quotation."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.verify import verify
from assistant.verify.quantity import quantities

SOURCE = (
    "Ann Lee, the harbour master of Ansel, said on Friday that 14 ships were waiting and that the "
    "closure had cost 5 million crowns. “We are not to blame,” she said.",
    date(2023, 10, 27),
)
AS_OF = date(2023, 12, 1)


@pytest.mark.parametrize(
    "sentence",
    [
        "Ann Lee said 14 ships were waiting.",
        "Lee, the harbour master, said that fourteen ships were waiting.",
        "The closure cost 5,000,000 crowns, the harbour master said.",
        "On 27 October 2023 Ann Lee said 14 ships were waiting.",
        "“We are not to blame,” Ann Lee said.",
        "As of 27 October 2023, 14 ships were waiting.",
    ],
)
def test_supported(sentence):
    assert verify(sentence, [SOURCE], AS_OF) == ("supported", "")


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("Ann Lee said 15 ships were waiting.", "15"),
        ("Bo Ek said 14 ships were waiting.", "Bo Ek"),
        ("As of 3 November 2023, 14 ships were waiting.", "3 November 2023"),
        ("The closure cost 5 billion crowns.", "5 billion"),
        ("On 20 October 2023 Ann Lee said 14 ships were waiting.", "20 October 2023"),
        ("“We are all to blame,” Ann Lee said.", "“We are all to blame,”"),
        ("The mayor opened a new library in the old town.", "something else"),
    ],
)
def test_unsupported_says_what_is_missing(sentence, missing):
    support, reason = verify(sentence, [SOURCE], AS_OF)
    assert support == "unsupported"
    assert missing in reason


def test_what_one_of_two_texts_says_of_it_is_enough():
    one = ("Ann Lee led the harbour through the long strike of the dockers.", date(2023, 10, 27))
    other = ("Bo Ek led it through the strike of the dockers. Ann Lee was away.", one[1])
    said = "Ann Lee led it during the dockers' long strike."
    assert verify(said, [one, other], AS_OF) == ("supported", "")
    assert verify(said, [other], AS_OF)[0] != "supported"


def test_numbers_by_value():
    for text, values in (
        ("5 million", [5_000_000]),
        ("5,000,000", [5_000_000]),
        ("twenty-one ships, 3.5 bn crowns", [21, 3_500_000_000]),
        ("a dozen boats, half a million crowns", [12, 500_000]),
        ("between 38 and 42 million pounds", [38_000_000, 42_000_000]),
        ("two and a half hours", [2.5]),
    ):
        assert [quantity.value for quantity in quantities(text)] == values
