"""Odd articles, odd answers and language models that fail: each looks right."""

from __future__ import annotations

import json

import pytest

from index.archive import Archive
from tests.assistant import scripted
from tests.assistant.scripted import Reply
from tests.browser.serving import SCREENS, ask, opened, serving, show

HEADLINE = (
    "The Zemblin harbour commissioners, meeting in extraordinary session after a week of storms "
    "that closed both the outer and the inner basin, resolve by nine votes to four to reopen the "
    "port to small vessels"
)
ARTICLES = (
    {
        "title": "وزير الخارجية يصل إلى العاصمة لإجراء محادثات",
        "source": "صحيفة الميناء",
        "published": "2023-11-02",
        "body": "وصل وزير الخارجية إلى العاصمة يوم الخميس لإجراء محادثات حول ميناء زمبلين.",
    },
    {
        "title": "外務大臣が首都に到着、港湾協議へ",
        "source": "港湾新聞",
        "published": "2023-11-03",
        "body": "外務大臣は金曜日、ゼンブリン港に関する協議のため首都に到着した。",
    },
    {
        "title": HEADLINE,
        "source": "The Consolidated Zemblin and District Harbour Gazette and Advertiser",
        "published": "2023-11-04",
        "url": "https://news.example/" + "a-very-long-path/" * 12,
        "authors": ["Maximiliana Featherstonehaugh-Cholmondeley"],
        "body": "The Zemblin harbour reopened on Saturday to vessels under 4,000 tonnes after nine "
        "commissioners voted in favour. Four voted against.",
    },
)
QUESTION = "When did the Zemblin harbour reopen?"
EXTRACTIVE = "No language model (extractive)"


@pytest.fixture(scope="module")
def llm():
    with scripted.server() as script:
        yield script


@pytest.fixture(scope="module")
def odd(browser, embedder, llm, tmp_path_factory):
    """A page over odd articles, with a scripted language model, one that is down, and none."""
    assert len(HEADLINE) >= 200
    articles = tmp_path_factory.mktemp("odd")
    for n, article in enumerate(ARTICLES):
        (articles / f"{n}.json").write_text(json.dumps(article), encoding="utf-8")
    with Archive.open(articles / "archive", embedder) as archive:
        assert archive.ingest(articles.glob("*.json")).added == len(ARTICLES)
    with serving(articles / "archive", f"{llm.url}, http://127.0.0.1:9/v1#down") as url:
        yield url


def choose(page, model):
    page.click("#llm input")
    page.locator("#llm [role=option]", has_text=model).click()


def wide(page, part):
    """By how many pixels a part of the page is wider than what is seen of it."""
    return page.locator(part).first.evaluate("it => it.scrollWidth - it.clientWidth")


def test_what_is_not_said_looks_unsupported_and_says_why(page, odd, llm):
    llm.enqueue("The Zemblin harbour reopened [1]. Ninety commissioners voted for it [1].")
    ask(opened(page, odd), QUESTION)
    doubted = page.locator("#chat .unsupported")
    assert doubted.locator(".words").inner_text() == "Ninety commissioners voted for it."
    assert "Ninety" in doubted.locator(".doubt").inner_text()
    line = "it => getComputedStyle(it).textDecorationStyle"
    assert doubted.locator(".words").evaluate(line) == "wavy"


def test_a_very_long_answer_is_read_from_its_beginning(page, odd, llm):
    llm.enqueue("The Zemblin harbour reopened on Saturday [1]. Four voted against [1]. " * 60)
    ask(opened(page, odd), QUESTION)
    top = "document.querySelector('#chat .question').getBoundingClientRect().top"
    page.wait_for_function(f"() => {top} > 0 && {top} < 200")
    assert page.locator("#chat .sentence").count() >= 100
    assert wide(page, "#chat .panel-wrap") <= 0


def test_a_model_that_is_down_is_told_and_another_can_be_chosen(page, odd):
    opened(page, odd)
    choose(page, "down at")
    ask(page, QUESTION)
    assert "cannot be reached" in page.inner_text("#chat .failed")
    assert page.input_value("#box textarea") == QUESTION
    choose(page, EXTRACTIVE)
    ask(page, QUESTION)
    assert "4,000 tonnes" in page.inner_text("#chat .answer .said")
    assert "no language model" in page.inner_text("#chat .answer .foot")


def test_stop_hangs_up_on_a_model_that_says_nothing(page, odd, llm):
    llm.closed.clear()
    llm.enqueue(Reply("The harbour reopened", hang=0))
    opened(page, odd)
    page.fill("#box textarea", QUESTION)
    page.press("#box textarea", "Enter")
    page.wait_for_selector("#chat .doing:has-text('passage')")
    llm.asked.wait(60)
    page.click("#box .stop-button")
    page.wait_for_selector("text=Stopped before anything was written")
    assert llm.closed.wait(30), "the connection was not closed"


def test_a_model_that_breaks_off_leaves_what_it_wrote_unchecked_with_the_fault(page, odd, llm):
    llm.enqueue(Reply("The Zemblin harbour reopened on Saturday [1].", drop=5, pause=0.1))
    ask(opened(page, odd), QUESTION)
    assert "broke off" in page.inner_text("#chat .failed")
    assert "The Zemblin harbour" in page.inner_text("#chat .unfinished .said")
    assert "was not checked" in page.inner_text("#chat .unfinished")
    assert page.input_value("#box textarea") == QUESTION


def test_closing_the_tab_hangs_up_on_the_model(browser, odd, llm):
    llm.closed.clear()
    llm.asked.clear()
    llm.enqueue(Reply("The harbour reopened on Saturday", hang=2))
    tab = opened(browser.new_page(), odd)
    tab.fill("#box textarea", QUESTION)
    tab.press("#box textarea", "Enter")
    assert llm.asked.wait(60)
    tab.close()
    assert llm.closed.wait(60), "the connection was not closed"


@pytest.mark.parametrize(
    ("question", "direction"),
    [("وزير الخارجية ميناء زمبلين", "rtl"), ("外務大臣 首都 協議", "ltr")],
)
def test_each_script_runs_its_own_way(page, odd, question, direction):
    opened(page, odd)
    choose(page, EXTRACTIVE)
    ask(page, question)
    way = "it => getComputedStyle(it).direction"
    assert page.locator("#chat .question").evaluate(way) == direction
    show(page, "Archive")
    row = page.locator("#found li", has_text="وزير")
    assert row.evaluate(way) == "rtl"
    assert row.locator(".note > bdi").evaluate(way) == "ltr", "the outlet and its day are English"
    row.locator(".title").click()
    page.wait_for_selector("#article h2:has-text('وزير')")
    assert page.locator("#article h2").evaluate(way) == "rtl"
    assert page.locator("#article .body p").first.evaluate(way) == "rtl"


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_a_long_headline_fits(page, odd, screen):
    page.set_viewport_size(screen)
    opened(page, odd)
    choose(page, EXTRACTIVE)
    ask(page, QUESTION)
    page.click("#chat a.title >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    for part in ("html", "#chat .panel-wrap", "#article"):
        assert wide(page, part) <= 0, part
    page.click("#article .close")
    show(page, "Archive")
    assert wide(page, "html") <= 0
    assert wide(page, "#tab-archive > .column") <= 0
