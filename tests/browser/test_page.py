"""The page in a real browser."""

from __future__ import annotations

import signal
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.browser.serving import COMMAND, SCREENS, ask, opened, serving, show, started

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


def test_what_is_cited_is_counted_and_laid_out_in_time(page, address):
    ask(opened(page, address), QUESTION)
    assert "independent report" in page.inner_text("#chat .counted")
    cited = page.locator("#chat .source").count()
    assert page.locator("#chat .timeline .tick").count() == cited > 1
    page.click("#chat .timeline .tick >> nth=0")
    page.wait_for_selector("#article mark.chosen")


def test_a_finger_sees_the_quote_first_and_opens_the_article_from_it(browser, address):
    context = browser.new_context(viewport=SCREENS[1], has_touch=True, is_mobile=True)
    page = opened(context.new_page(), address)
    ask(page, QUESTION)
    page.tap("#chat a.mark >> nth=0")
    quote = page.inner_text("#quote blockquote")
    assert not page.locator("#article article").count()
    page.tap("#quote a.title")
    page.wait_for_selector("#article mark.chosen")
    assert " ".join(page.text_content("#article mark.chosen").split()) == quote
    context.close()


def test_an_answer_is_copied_with_its_quotes_and_links(page, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(opened(page, address), "For how many days had the ferry's warning light not worked?")
    page.click("#chat .copy")
    page.wait_for_selector("#chat .copy:has-text('Copied')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert page.inner_text("#chat .source blockquote >> nth=0").strip("“”") in copied
    assert "https://www.tolvanecourant.example" in copied


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


def test_asking_again_replaces_the_answer_and_editing_gives_the_question_back(page, address):
    ask(opened(page, address), QUESTION)
    page.click("#chat button[name=retry]")
    page.wait_for_selector("#chat .doing")
    page.wait_for_selector("#chat .thumb")
    assert page.locator("#chat .question").count() == 1
    page.click("#chat button[name=edit]")
    page.wait_for_selector("#chat .answer", state="detached")
    assert page.input_value("#box textarea") == QUESTION


def test_asking_an_earlier_question_again_keeps_what_came_after_it(page, address):
    ask(opened(page, address), QUESTION)
    ask(page, "Who is Yara Quill?")
    page.click("#chat button[name=retry] >> nth=0")
    page.wait_for_function("() => document.querySelectorAll('#chat .thumb.up').length === 3")
    assert page.locator("#chat .question").all_inner_texts() == [
        QUESTION,
        "Who is Yara Quill?",
        QUESTION,
    ]


def test_a_filter_is_a_chip_that_can_be_changed_and_dropped(page, address):
    opened(page, address)
    page.click("#filters button")
    page.fill("#filters input.time >> nth=2", "2023-10-08")
    page.press("#filters input.time >> nth=2", "Enter")
    ask(page, QUESTION)
    assert page.inner_text("#chat .chip .words") == "Asked as of 8 October 2023"
    assert "9 October 2023" not in page.inner_text("#chat .sources")
    page.click("#chat .chip summary")
    page.fill("#chat .chip input[name=as_of]", "2023-10-09")
    page.click("#chat .chip form button")
    page.wait_for_selector("#chat .chip .words:has-text('9 October 2023')")
    page.wait_for_selector("#chat .thumb")
    page.click("#chat .chip .drop")
    page.wait_for_selector("#chat .chip", state="detached")
    page.wait_for_selector("#chat .thumb")
    assert page.locator("#chat .question").count() == 1


def test_words_understood_as_days_can_be_ignored(page, address):
    ask(opened(page, address), "Which ships sank in October 2023?")
    assert page.inner_text("#chat .chip .words") == "October 2023"
    page.click("#chat .chip .drop")
    page.wait_for_selector("#chat .chip", state="detached")
    page.wait_for_selector("#chat .thumb")


def test_a_follow_up_can_be_asked_to_stand_alone(page, address):
    ask(opened(page, address), QUESTION)
    ask(page, "And when did it sink?")
    assert "Read as: And when did it sink? (Grey Petrel)" in page.inner_text("#chat .chips")
    page.click("#chat .chip .drop")
    page.wait_for_selector("#chat .chip", state="detached")


def test_the_outlets_stand_in_the_filter_with_their_counts(page, address):
    opened(page, address)
    page.click("#filters button")
    page.click("#filters .block:has-text('Outlets') input")
    counts = page.locator("#filters [role=option]").all_inner_texts()
    assert any("Halyard Wire (" in outlet for outlet in counts)


def test_what_was_read_can_be_opened_from_its_score(page, address):
    ask(opened(page, address), QUESTION)
    page.click("#chat .passages summary")
    assert "cosine" in page.inner_text("#chat .passages li >> nth=0")
    title = page.inner_text("#chat .passages button >> nth=0")
    page.click("#chat .passages button >> nth=0")
    page.wait_for_selector("#article h2")
    assert page.inner_text("#article h2") == title


def test_a_question_mark_shows_the_keys(page, address):
    ask(opened(page, address), QUESTION)
    page.click("#chat .question")
    page.keyboard.press("?")
    assert "Next citation" in page.inner_text("#keys")
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys", state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('#box') !== null")


def test_nothing_hostile_runs_and_nothing_leaves_loopback(page, address):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.route(
        lambda url: urlsplit(url).hostname not in ("127.0.0.1", None), lambda route: route.abort()
    )
    opened(page, address)
    ask(page, "How many workers does the Zemblin quarry have? <img src=x onerror='broken=1'>")
    page.click("#chat a.mark >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    assert "& <b>six</b> cranes" in page.inner_text("#chat .said")
    assert "& <b>six</b> cranes" in page.inner_text("#article mark.chosen")
    shown = page.inner_text("#article")
    assert "<script>window.broken = 1</script>" in shown
    assert "![image](http://evil.example/y.png)" in shown
    assert page.evaluate("window.broken") is None
    assert not page.locator("a[href^='javascript'], #chat img, #article img").count()
    for tab in ("Archive", "Conversations", "Evaluation"):
        show(page, tab)
    page.click("#choosing input >> nth=0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#questions details")
    assert "<script>window.broken = 1</script>" in page.inner_text("#metrics h2")
    assert page.evaluate("window.broken") is None
    assert not page.locator("a[href^='javascript'], .html-container :is(img, script)").count()
    assert {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))} == {
        "127.0.0.1"
    }


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_nothing_is_wider_than_the_screen(page, address, screen):
    def fits(*parts):
        for part in ("html", *parts):
            wide = page.locator(part).evaluate("part => part.scrollWidth - part.clientWidth")
            assert wide <= 0, part

    page.set_viewport_size(screen)
    opened(page, address)
    ask(page, "How many workers does the Zemblin quarry have?")
    fits("#chat .panel-wrap")
    page.click("#chat a.title >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    fits("#article")
    page.click("#article .close")
    for tab in ("Archive", "Conversations", "Evaluation"):
        show(page, tab)
        fits(".tabitem:visible > .column")
    for field in (0, 1):
        page.click(f"#choosing input >> nth={field}")
        page.locator("#choosing [role=option]", has_text="before").last.click()
    page.wait_for_selector("#metrics .note code")
    fits("#tab-runs > .column", "#metrics .table.metrics")


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
