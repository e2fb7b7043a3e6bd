"""Copies are told from follow-ups, rival reports and templated stories, on hand-labelled pairs.

`copies/pairs.tsv` names two articles, the edits made to each, the label and why. In the articles
beside it `{name: 2 4}` stands for paragraphs of another, and a template is followed by its
fillings. The *tuned* pairs were looked at when the thresholds were chosen, the *fresh* were not.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.copies import bands, is_copy, likeness, signature

HERE = Path(__file__).parent / "copies"
AMERICAN = {
    "metre": "meter", "centre": "center", "cheque": "check", "programme": "program",
    "labour": "labor", "defence": "defense", "organis": "organiz", "apologis": "apologiz",
    "licence": "license", "harbour": "harbor", "learnt": "learned", "neighbour": "neighbor",
}  # fmt: skip
LOCAL = (
    "In our own district the news was followed closely. The county's emergency planners met for an "
    "hour, the mayor sent a message of sympathy, and at the Three Herons the landlord, Josef "
    "Ambler, put out a jar for contributions which by closing time held four hundred crowns, a "
    "foreign coin and a button."
)


def american(text):
    for ours, theirs in AMERICAN.items():
        text = text.replace(ours, theirs)
    return text


def british(text):
    for ours, theirs in AMERICAN.items():
        text = text.replace(theirs, ours)
    return text


def each(change):
    return lambda paragraphs: [change(paragraph) for paragraph in paragraphs]


def corrected(paragraphs):
    """The last figure or weekday changed, and said so at the top."""
    text = "\n\n".join(paragraphs)
    fact = list(re.finditer(r"\d+|\w+day\b", text))[-1]
    right = str(int(fact[0]) + 1) if fact[0].isdigit() else "Christmas Eve"
    text = text[: fact.start()] + right + text[fact.end() :]
    return ["Correction: this article gave a wrong detail.", *text.split("\n\n")]


EDITS = {
    "headline": lambda p: ["“It could have been any of us”: the story so far", *p],
    "dateline": lambda p: ["PORT ELLAND, Nov. 3 (Halyard) — " + p[0], *p[1:]],
    "half": lambda p: p[: (len(p) + 1) // 2],
    "three": lambda p: p[:3],
    "local": lambda p: [*p[:3], LOCAL, *p[3:]],
    "local-first": lambda p: [LOCAL, *p],
    "assistance": lambda p: [
        *p,
        "Reporting by Ada Quist, with assistance from Pim Lowe in Averling; editing by R. Nash.",
        "Sign up for our morning letter. Follow us for more news as it happens.",
    ],
    "straight": each(lambda text: re.sub("[‘’]", "'", re.sub("[“”]", '"', text))),
    "curly": each(lambda text: text.replace("'", "’")),
    "american": each(american),
    "british": each(british),
    "percent": each(lambda text: text.replace(" percent", "%").replace(" kilometres", "km")),
    "told": each(lambda text: text.replace(" said", " told reporters")),
    "corrected": corrected,
    "joined": lambda p: [" ".join(p[i : i + 2]) for i in range(0, len(p), 2)],
    "trimmed": each(lambda text: re.sub(r"(?<=[.”] )[^.]{9,}\.\Z", "", text)),
}


def articles():
    """The paragraphs of each article, by name."""
    found = {}
    for file in ("reports", "versions", "followups", "templates"):
        text = (HERE / f"{file}.md").read_text(encoding="utf-8")
        for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            name, *paragraphs = section.strip().split("\n\n")
            if file == "templates":
                *paragraphs, fillings = paragraphs
                for filling in fillings.removeprefix("- ").split("\n- "):
                    name, *facts = filling.split(" | ")
                    found[name] = "\n\n".join(paragraphs).format(*facts).split("\n\n")
            else:
                found[name] = [part for text in paragraphs for part in expanded(text, found)]
    return found


def expanded(text, found):
    """The paragraph, or those of another article that it stands for."""
    reference = re.fullmatch(r"\{(.+): ([\d ]+)\}", text)
    if not reference:
        return [text]
    return [found[reference[1]][int(number) - 1] for number in reference[2].split()]


def edited(paragraphs, edits):
    for edit in edits.split():
        paragraphs = EDITS[edit](paragraphs)
    return "\n\n".join(paragraphs)


def pairs():
    """Each labelled pair: two bodies, whether they are copies, and its row."""
    known = articles()
    for line in (HERE / "pairs.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        _, one, edits, other, other_edits, label, _ = row = line.split("\t")
        yield edited(known[one], edits), edited(known[other], other_edits), label == "copy", row


@pytest.fixture(scope="module")
def judged():
    """Each labelled pair with whether it is one, is held to be one, and shares a band."""
    results = []
    for one, other, copies, row in pairs():
        one, other = signature(one), signature(other)
        together = bool(set(bands(one)) & set(bands(other)))
        results.append((row, copies, is_copy(one, other), together))
    return results


def test_the_pairs_are_fit_to_measure_with():
    labels = Counter(copies for one, other, copies, _ in pairs() if one != other)
    assert labels[True] >= 100 and labels[False] >= labels[True], "identical bodies show nothing"
    assert all(140 <= len(" ".join(body).split()) <= 400 for body in articles().values())


@pytest.mark.parametrize(
    ("pairs_of", "precision", "recall"), [("tuned", 0.97, 0.95), ("fresh", 0.95, 0.95)]
)
def test_copies_are_known_and_nothing_else_is(judged, pairs_of, precision, recall):
    """Held as an archive holds them: two that share a band, and are then decided on."""
    counts = Counter(
        (copies, held and together) for row, copies, held, together in judged if row[0] == pairs_of
    )
    found, false, missed = counts[True, True], counts[False, True], counts[True, False]
    print(f"{pairs_of}: precision {found}/{found + false}, recall {found}/{found + missed}")
    assert found / (found + false) >= precision
    assert found / (found + missed) >= recall


REPORT = (
    "The ferry Anselm ran aground off Cape Sorrow on Tuesday with 212 people aboard, and all of "
    "them were taken off by lifeboat before dark, the coastguard’s duty officer said."
)
PORT = "大統領は火曜日に首都で新しい港の計画を発表した。"


def test_a_signature_is_the_same_in_every_process_and_on_every_machine():
    kept = signature(REPORT)
    assert len(kept) == 1548
    assert hashlib.sha256(kept).hexdigest()[:16] == "5df863e80b16a058", (
        "old archives need a new SCHEME"
    )


def test_typography_does_not_count():
    other = REPORT.upper().replace("’", "'").replace(" ", "\n\n")
    assert signature(other) == signature(REPORT)


def test_likeness_is_the_jaccard_index():
    one, other = (" ".join(f"w{n}" for n in range(start, start + 602)) for start in (0, 200))
    assert likeness(signature(one), signature(other)) == pytest.approx(400 / 800, abs=0.13)


@given(st.text(), st.text())
def test_any_text_has_a_signature_and_is_a_copy_of_itself_if_it_has_words(one, other):
    a, b = signature(one), signature(other)
    assert is_copy(a, a) == bool(bands(a)) == (likeness(a, a) == 1)
    assert is_copy(a, b) == is_copy(b, a)


@pytest.mark.parametrize(
    ("one", "other", "copies"),
    [
        ("", "", False),
        ("Match abandoned.", "Match abandoned", True),
        ("Match abandoned.", "Match postponed.", False),
        (REPORT, REPORT + " Nobody was hurt.", True),
        (REPORT, REPORT.replace("Anselm", "Petrel").replace("Tuesday", "Friday"), False),
        (PORT, PORT.rstrip("。"), True),
        (PORT, "市長は日曜日に北部で橋の閉鎖を命じたと述べた。", False),
    ],
)
def test_short_texts(one, other, copies):
    assert is_copy(signature(one), signature(other)) == copies


def test_bands_are_few_and_short():
    keys = bands(signature(REPORT))
    assert len(set(keys)) == 32 and all(len(key) == 14 for key in keys)
    assert bands(signature("…")) == []
