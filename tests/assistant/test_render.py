"""What the page shows is text and nothing else, and what it marks is what was quoted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Citation, Sentence
from assistant.page import render
from assistant.page.conversation import Turn
from index.archive import Holdings
from index.article import Article
from index.query import Query

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
    return render.asked(turn) + render.told(turn, 0)


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
        render.opened(article, answer.citations, 1),
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
    html = render.opened(replace(ARTICLE, url=url))
    assert not [tag for tag, _ in Page(html).tags if tag == "a"]


def test_a_link_out_tells_nothing_of_where_it_came_from():
    html = render.opened(replace(ARTICLE, url="https://news.example/a?b=1&c=2"))
    (link,) = [attributes for tag, attributes in Page(html).tags if tag == "a"]
    assert link["href"] == "https://news.example/a?b=1&c=2"
    assert link["rel"] == "noopener noreferrer"


def test_the_marked_text_is_the_quote():
    cited = (Citation(1, ARTICLE, 0, 28), Citation(2, ARTICLE, 44, 60))
    page = Page(render.opened(ARTICLE, cited, 2))
    assert page.marks == {"1": cited[0].quote, "2": cited[1].quote}
    assert page.chosen == cited[1].quote == "Nobody was hurt."


def test_other_articles_citations_are_not_marked():
    other = Citation(1, replace(ARTICLE, body="Another text altogether.", path="b"), 0, 7)
    assert not Page(render.opened(replace(ARTICLE, path="a"), [other], 1)).marks


@given(
    st.text(alphabet="ab é\n\r\t<&>\"'`$*_[]汉א", max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4),
)
def test_any_quotes_of_any_body_are_marked_exactly(body, spans):
    article = replace(ARTICLE, body=body)
    ends = [sorted((min(a, len(body)), min(b, len(body)))) for a, b in spans]
    cited = [Citation(n, article, start, end) for n, (start, end) in enumerate(ends, 1)]
    page = Page(render.opened(article, cited))
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


def test_an_unsupported_sentence_says_so_and_why():
    sentence = Sentence("It cost 5 crowns.", (1,), "unsupported", "not in what is cited: 5")
    html = render.told(Turn("Q", answer=answered(sentences=(sentence,))), 0)
    assert 'class="sentence unsupported"' in html
    assert "Not supported (not in what is cited: 5)" in html


def test_a_stopped_answer_says_that_it_was_not_checked():
    assert "not checked" in render.told(Turn("Q", text="The port"), 0)
    assert "not checked" not in render.told(Turn("Q", text="The port", doing="Writing"), 0)


def test_a_question_tells_what_it_was_limited_to():
    assert render.scope(Query("Q")) == ""
    limited = Query("Q", date(2023, 12, 1), date(2023, 10, 3), None, ("Halyard Wire",))
    assert render.scope(limited) == "Halyard Wire · from 3 October 2023 · as of 1 December 2023"
