"""What the page shows is text and nothing else, and what it marks is what was quoted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Citation, Sentence
from assistant.page import chips, plots, reading, render
from assistant.page.conversation import Turn
from index.article import Article, Passage
from index.articles import Holdings
from index.query import Query, Understood

HOSTILE = "<script>alert('x')</script>\n\n![i](http://evil.example/i.png) \"><img src=x onerror=y>"
BODY = "The port reopened on Monday.\nShips queued.\n\nNobody was hurt. The cause is unknown."
ARTICLE = Article("Port reopens", BODY, "Halyard Wire", date(2023, 10, 27), ("A. Bell",))


class Page(HTMLParser):
    """The elements of some HTML, and the text of its marks by their numbers."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marks: dict[str, str] = {}
        self.chosen = ""
        self._mark: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self._mark = dict(attrs)

    def handle_endtag(self, tag):
        if tag == "mark":
            self._mark = None

    def handle_data(self, data):
        self.text += data
        if self._mark:
            for n in self._mark["data-n"].split():
                self.marks[n] = self.marks.get(n, "") + data
            if "chosen" in self._mark["class" if "class" in self._mark else "data-n"]:
                self.chosen += data


def answered(article=ARTICLE, **changes):
    citation = Citation(1, article, 0, min(28, len(article.body)))
    answer = Answer(
        question="Did the port reopen?",
        sentences=(Sentence("It did.", (1,)),),
        citations=(citation,),
        passages=(),
        as_of=date(2023, 11, 1),
        model="extractive",
    )
    return replace(answer, **changes)


def everything(turn: Turn) -> str:
    return render.asked(turn, 0) + render.told(turn, 0)


def test_nothing_from_outside_becomes_markup():
    article = Article(
        HOSTILE, HOSTILE, HOSTILE, date(2023, 1, 1), (HOSTILE,), HOSTILE, credits=(HOSTILE,)
    )
    answer = answered(
        article,
        sentences=(Sentence(HOSTILE, (1,), "unsupported", HOSTILE),),
        warnings=(HOSTILE,),
        model=HOSTILE,
        question=HOSTILE,
    )
    query = Query(HOSTILE, sources=(HOSTILE,))
    shown = [
        everything(Turn(HOSTILE, query, answer=answer)),
        everything(Turn(HOSTILE, answer=replace(answer, abstained=True, note=HOSTILE))),
        everything(Turn(HOSTILE, error=HOSTILE)),
        everything(Turn(HOSTILE, doing="Writing", text=HOSTILE)),
        reading.opened(article, answer.citations, 1),
        render.masthead(Holdings(1, None, None, {HOSTILE: 1}), HOSTILE),
    ]
    for html in shown:
        page = Page(html)
        assert not {"script", "img"} & {tag for tag, _ in page.tags}
        assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
        assert "<script>alert('x')</script>" in page.text
        assert "\n" not in html, "a blank line would give the rest to Markdown"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "http://[", "file:///etc/passwd", "//x", ""]
)
def test_only_the_web_is_linked_to(url):
    html = reading.opened(replace(ARTICLE, url=url))
    assert not [tag for tag, _ in Page(html).tags if tag == "a"]


def test_a_link_out_tells_nothing_of_where_it_came_from():
    html = reading.opened(replace(ARTICLE, url="https://news.example/a?b=1&c=2"))
    (link,) = [attributes for tag, attributes in Page(html).tags if tag == "a"]
    assert link["href"] == "https://news.example/a?b=1&c=2"
    assert link["rel"] == "noopener noreferrer"


def test_the_marked_text_is_the_quote():
    cited = (Citation(1, ARTICLE, 0, 28), Citation(2, ARTICLE, 44, 60))
    page = Page(reading.opened(ARTICLE, cited, 2))
    assert page.marks == {"1": cited[0].quote, "2": cited[1].quote}
    assert page.chosen == cited[1].quote == "Nobody was hurt."


def test_other_articles_citations_are_not_marked():
    other = Citation(1, replace(ARTICLE, body="Another text altogether.", path="b"), 0, 7)
    assert not Page(reading.opened(replace(ARTICLE, path="a"), [other], 1)).marks


@given(
    st.text(alphabet="ab é\n\r\t<&>\"'`$*_[]汉א", max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4),
)
def test_any_quotes_of_any_body_are_marked_exactly(body, spans):
    article = replace(ARTICLE, body=body)
    ends = [sorted((min(a, len(body)), min(b, len(body)))) for a, b in spans]
    cited = [Citation(n, article, start, end) for n, (start, end) in enumerate(ends, 1)]
    page = Page(reading.opened(article, cited))
    for citation in cited:  # between paragraphs there is nothing but white space
        assert "".join(page.marks.get(str(citation.n), "").split()) == "".join(
            citation.quote.split()
        )
    assert "".join(body.split()) in "".join(page.text.split())


def test_an_abstention_is_not_shown_as_an_answer():
    html = render.told(Turn("Q", answer=answered(abstained=True, note="Nothing in 3 articles.")), 0)
    assert 'class="abstained"' in html
    assert 'class="answer"' not in html
    assert "Nothing in 3 articles." in html


def test_an_error_is_shown_with_its_mend_and_not_as_an_answer():
    html = render.told(Turn("Q", error="The key was refused. Set DATELINE_LLM_API_KEY."), 0)
    assert 'class="failed"' in html
    assert "Set DATELINE_LLM_API_KEY." in html
    assert "abstained" not in html


def test_a_local_model_is_suggested_by_its_setting_and_only_where_it_runs():
    held = Holdings(3, None, None)
    setting = "DATELINE_LLM=ollama:<b>"
    assert "<code>DATELINE_LLM=ollama:&lt;b&gt;</code>" in str(render.welcome(held, setting))
    assert "Ollama" not in str(render.welcome(held))


def test_an_unsupported_sentence_says_so_and_why():
    sentence = Sentence("It cost 5 crowns.", (1,), "unsupported", "not in what is cited: 5")
    html = render.told(Turn("Q", answer=answered(sentences=(sentence,))), 0)
    assert 'class="sentence unsupported"' in html
    assert "Not supported (not in what is cited: 5)" in html


def test_a_stopped_answer_says_that_it_was_not_checked():
    assert "not checked" in render.told(Turn("Q", text="The port"), 0)
    assert "not checked" not in render.told(Turn("Q", text="The port", doing="Writing"), 0)


# The question as understood


def chips_of(**turn):
    return Page(chips.chips(Turn(**{"question": "Q", "query": Query("Q")} | turn), 3))


def sent(page):
    """What the buttons of some HTML send."""
    return [
        (attributes["name"], json.loads(attributes["value"]))
        for tag, attributes in page.tags
        if tag == "button" and "name" in attributes
    ]


def test_a_question_without_limits_has_no_chip():
    assert not chips_of().tags
    assert not chips_of(query=None, filters={"as_of": "2023-12-01"}).tags


def test_what_was_chosen_is_a_chip_that_drops_it():
    page = chips_of(
        filters={"since": "2023-10-03", "as_of": "2023-12-01", "sources": ["Halyard Wire"]}
    )
    assert "Published from 3 October 2023" in page.text
    assert "Halyard Wire" in page.text
    assert "Asked as of 1 December 2023" in page.text
    assert sent(page) == [
        ("refine", {"turn": 3, "since": "", "until": ""}),
        ("refine", {"turn": 3, "source": ""}),
        ("refine", {"turn": 3, "as_of": ""}),
    ]


def test_what_was_understood_is_a_chip_that_lets_it_be_ignored_or_changed():
    week = Understood("last week", "days", date(2023, 10, 2), date(2023, 10, 8))
    month = Understood("in October 2023", "days", date(2023, 10, 1), date(2023, 10, 31))
    outlet = Understood("according to the Wire", "sources", sources=("Halyard Wire",))
    phrase = Understood("not a penny", "phrase", strict=True)
    page = chips_of(query=Query("Q", understood=(week, outlet, phrase)))
    assert "“last week” 2–8 October 2023" in page.text
    assert "“according to the Wire” Halyard Wire" in page.text
    assert "“" not in chips_of(query=Query("Q", understood=(month,))).text
    assert "Word for word: “not a penny”" in page.text
    assert [what["ignore"] for _, what in sent(page)] == [
        "last week",
        "according to the Wire",
        "not a penny",
    ]
    fields = {
        attributes["name"]: attributes["value"] for tag, attributes in page.tags if tag == "input"
    }
    assert fields["since"] == "2023-10-02"
    assert fields["until"] == "2023-10-08"
    assert fields["source"] == "Halyard Wire"


def test_a_follow_up_tells_what_it_was_read_as_and_can_be_asked_alone():
    page = chips_of(question="And he?", query=Query("And he? (Renn)"))
    assert "Read as: And he? (Renn)" in page.text
    assert sent(page) == [("refine", {"turn": 3, "alone": True})]


# The sources


def test_copies_are_counted_and_independent_reports_too():
    wire = replace(ARTICLE, path="a")
    copy = replace(ARTICLE, path="b", source="Tolvane Courant")
    own = replace(ARTICLE, path="c", source="Ledger & Quay", body="Our own words on it. Yes.")
    elsewhere = replace(ARTICLE, path="d", source="Drennick Valley Echo")
    answer = answered(
        sentences=(Sentence("It did.", (1, 2, 3)),),
        citations=tuple(Citation(n, one, 0, 8) for n, one in enumerate((wire, copy, own), 1)),
    )
    copies = {wire.id: (copy, elsewhere), copy.id: (wire, elsewhere), own.id: ()}
    page = Page(render.told(Turn("Q", answer=answer, copies=copies), 0))
    assert (
        "3 articles · 3 outlets · 2 independent reports · 1 more copy in the archive" in page.text
    )
    assert "Also carried by Tolvane Courant, Drennick Valley Echo" in page.text


def test_the_scores_of_what_was_read_are_there_for_who_wants_them():
    read = Passage(ARTICLE, 0, 44, 2.21, 0.82)
    page = Page(render.told(Turn("Q", answer=answered(passages=(read,))), 0))
    assert "1 passage read, with scores" in page.text
    assert "score 2.210 · cosine 0.82 · cited" in page.text
    assert ("read", {"id": ARTICLE.id}) in sent(page)


# Plots


def test_the_timeline_puts_each_citation_on_its_day():
    days = (date(2023, 10, 1), date(2023, 10, 11), date(2023, 10, 6))
    cited = [Citation(n, replace(ARTICLE, published=d), 0, 8) for n, d in enumerate(days, 1)]
    page = Page(plots.timeline(cited, 4))
    at = {
        attributes["href"]: re.search(r"left:([\d.]+)%", attributes["style"])[1]
        for tag, attributes in page.tags
        if tag == "a"
    }
    assert at == {"#cited-4-1": "0.0", "#cited-4-3": "50.0", "#cited-4-2": "100.0"}
    assert "1 October 2023" in page.text
    assert "11 October 2023" in page.text


def test_one_day_has_no_timeline():
    undated = Citation(2, replace(ARTICLE, published=None), 0, 8)
    assert plots.timeline([Citation(1, ARTICLE, 0, 8), undated], 0) == ""


@given(
    st.dictionaries(
        st.integers(0, 3000).map(lambda week: date(1970, 1, 5) + timedelta(weeks=week)),
        st.integers(1, 500),
        min_size=2,
        max_size=30,
    )
)
def test_every_article_is_in_one_bar_and_the_bars_are_few(counts):
    bars = sent(Page(plots.weeks(counts, None, None)))
    text = Page(plots.weeks(counts, None, None)).text
    told = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) articles?", text)]
    assert sum(told) == sum(counts.values())
    assert len(bars) == len(told) <= 120
    for (_, before), (_, after) in pairwise(bars):
        assert date.fromisoformat(after["since"]) - date.fromisoformat(before["until"]) == (
            timedelta(days=1)
        )
