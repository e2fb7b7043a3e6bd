"""The page in a real browser."""

from __future__ import annotations

import signal
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.browser.serving import COMMAND, ask, opened, serving, started

QUESTION = "How many people died in the Grey Petrel ferry disaster?"


def test_from_a_question_to_the_highlighted_sentence(page, address):
    ask(opened(page, address), QUESTION)
    source = page.locator("#chat .source").first
    quote = source.locator("blockquote").inner_text()
    page.hover("#chat a.mark >> nth=0")
    assert page.inner_text("#quote blockquote") == quote
    page.click("#chat a.mark >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    assert " ".join(page.text_content("#article mark.chosen").split()) == quote
    assert page.inner_text("#article h2") == source.locator("a.title").inner_text()
    page.wait_for_function(
        "() => { const at = document.querySelector('#article mark.chosen').getBoundingClientRect();"
        " return at.top >= 0 && at.bottom <= innerHeight }"
    )
    page.keyboard.press("Escape")
    page.wait_for_selector("#article article", state="detached")


def test_keys_go_from_citation_to_citation(page, address):
    ask(opened(page, address), QUESTION)
    page.click("#chat .question >> nth=0")
    for n in ("1", "2"):
        page.keyboard.press("n")
        page.wait_for_selector(f"#article mark.chosen[data-n~='{n}']")
    page.keyboard.press("p")
    page.wait_for_selector("#article mark.chosen[data-n~='1']")


def test_an_example_question_is_asked_by_a_click(page, address):
    opened(page, address)
    example = page.locator("#chat .example").first
    question = example.inner_text()
    example.click()
    page.wait_for_selector("#chat .answer")
    assert page.inner_text("#chat .question") == question


def test_an_abstention_is_no_answer_and_no_error(page, address):
    ask(opened(page, address), "Who discovered the element polonium?")
    assert "Nothing in" in page.inner_text("#chat .abstained")
    assert not page.locator("#chat .answer, #chat .failed").count()


def test_an_impossible_filter_is_told_and_the_question_kept(page, address):
    opened(page, address)
    page.click("#filters button")
    for field, day in enumerate(("2023-12-01", "2023-10-01")):
        page.fill(f"#filters input.time >> nth={field}", day)
        page.press(f"#filters input.time >> nth={field}", "Enter")
    ask(page, QUESTION)
    assert "swap them" in page.inner_text("#chat .failed")
    assert page.input_value("#box textarea") == QUESTION


def test_retry_asks_again_and_undo_gives_the_question_back(page, address):
    ask(opened(page, address), QUESTION)
    page.click("#chat [aria-label=Retry]")
    page.wait_for_selector("#chat .doing")
    page.wait_for_selector("#chat .answer")
    assert page.locator("#chat .question").count() == 1
    page.click("#chat [aria-label=Undo]")
    page.wait_for_selector("#chat .answer", state="detached")
    assert page.input_value("#box textarea") == QUESTION


def test_nothing_hostile_runs_and_nothing_leaves_loopback(page, address):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, address)
    ask(page, "How many workers does the Zemblin quarry have? <img src=x onerror='broken=1'>")
    page.click("#chat a.mark >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    shown = page.inner_text("#article")
    assert "<script>window.broken = 1</script>" in shown
    assert "![image](http://evil.example/y.png)" in shown
    assert page.evaluate("window.broken") is None
    assert not page.locator("a[href^='javascript'], #chat img, #article img").count()
    assert {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))} == {
        "127.0.0.1"
    }


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(page, address, width):
    page.set_viewport_size({"width": width, "height": 844})
    opened(page, address)
    ask(page, "How many workers does the Zemblin quarry have?")
    page.click("#chat a.title >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    for part in ("html", "#chat .panel-wrap", "#article"):
        wide = page.evaluate("part => document.querySelector(part).scrollWidth", part)
        assert wide <= page.evaluate("part => document.querySelector(part).clientWidth", part)


def test_two_readers_do_not_see_each_others_questions(page, address, browser):
    ask(opened(page, address), QUESTION)
    other = browser.new_page()
    assert not opened(other, address).locator("#chat .question").count()
    other.close()


def test_a_port_in_use_is_told_with_the_mend(address, tmp_path):
    port = str(urlsplit(address).port)
    command = [*COMMAND, "--archive", str(tmp_path / "other"), "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "already in use" in done.stderr and "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_it_cleanly(tmp_path):
    process, _ = started(tmp_path / "archive")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said


def test_an_archive_that_is_empty_says_how_to_fill_it(page, tmp_path):
    with serving(tmp_path / "archive") as address:
        assert "dateline ingest" in opened(page, address).inner_text("#chat .welcome")
