"""Conversations kept on the server: found again, taken out, named, rated, deleted, private."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.archive import Archive, sample_articles
from tests.browser.serving import ask, opened, serving, show

QUESTION = "How many people died in the Grey Petrel ferry disaster?"
ATTACK = "<img src=x onerror='broken=1'>"
NAME = f"{ATTACK} The ferry"


@pytest.fixture
def folder(embedder, tmp_path):
    with Archive.open(tmp_path / "archive", embedder) as archive:
        archive.ingest([*sample_articles().glob("*ferry*"), *sample_articles().glob("*petrel*")])
    return tmp_path / "archive"


def taken_out(page, label):
    with page.expect_download() as download:
        page.click(f"#conversations button:has-text('{label}') >> nth=0")
    return Path(download.value.path()).read_text("utf-8")


def test_a_conversation_outlives_the_server_with_its_ratings(page, folder):
    with serving(folder) as address:
        ask(opened(page, address), QUESTION)
        said = page.inner_text("#chat .said")
        page.click("#chat .thumb.up")
        page.wait_for_selector("#chat .thumb.up.chosen")
        page.click("#chat .comment summary")
        page.fill("#chat .comment input[name=comment]", f"{ATTACK} Checked by hand.")
        page.press("#chat .comment input[name=comment]", "Enter")
        page.wait_for_selector(f"text=Your comment: {ATTACK} Checked by hand.")
        show(page, "Conversations")
        page.click("#conversations summary:has-text('Rename')")
        page.fill("#conversations input[name=title]", NAME)
        page.press("#conversations input[name=title]", "Enter")
        page.wait_for_selector(f"#conversations .title:has-text({json.dumps(NAME)})")
        assert page.evaluate("window.broken") is None
    with serving(folder) as address:
        show(opened(page, address), "Conversations")
        markdown = taken_out(page, "Markdown")
        assert QUESTION in markdown
        assert "model extractive" in markdown
        assert "“" in markdown
        (turn,) = json.loads(taken_out(page, "JSON"))["turns"]
        assert turn["citations"][0]["quote"]
        assert turn["thumb"] == 1 and turn["comment"] == f"{ATTACK} Checked by hand."
        sample = json.loads(taken_out(page, "evaluation dataset"))
        assert sample["question"] == QUESTION
        assert sample["evidence"][0]["quote"] == turn["citations"][0]["quote"]
        page.click("#conversations .title")
        page.wait_for_selector("#chat .thumb.up.chosen")
        assert page.inner_text("#chat .said") == said
        assert page.evaluate("window.broken") is None
        assert not page.locator("#chat img, .html-container img").count()
        page.click("#chat a.mark >> nth=0")
        page.wait_for_selector("#article mark.chosen")
        ask(page, "And when did it sink?")
        assert "Grey Petrel" in page.inner_text("#chat .chips")
        show(page, "Conversations")
        page.wait_for_selector("#conversations .note:has-text('2 questions')")
        page.fill("#tab-kept .searching textarea", "nothing like it")
        page.press("#tab-kept .searching textarea", "Enter")
        page.wait_for_selector("text=No conversation holds these words.")
        page.fill("#tab-kept .searching textarea", "petrel")
        page.press("#tab-kept .searching textarea", "Enter")
        page.wait_for_selector("#conversations li")
        page.click("#conversations summary:has-text('Delete')")
        page.click("#conversations button[name=forget]")
        page.wait_for_selector("#conversations li", state="detached")
        show(page, "Ask")
        assert not page.locator("#chat .question").count()


def test_one_users_conversations_are_never_shown_to_another(page, browser, folder):
    with serving(folder, DATELINE_AUTH_HEADER="X-User") as address:
        page.context.set_extra_http_headers({"X-User": "ana"})
        ask(opened(page, address), QUESTION)
        show(page, "Conversations")
        (key,) = {
            json.loads(button.get_attribute("value"))["id"]
            for button in page.locator("#conversations .title").all()
        }
        context = browser.new_context(extra_http_headers={"X-User": "ben"})
        other = context.new_page()
        show(opened(other, address), "Conversations")
        assert not other.locator("#conversations li").count()
        # Asking for it by its id gives nothing either.
        other.evaluate(
            """key => { const button = document.createElement("button");
            button.name = "resume"; button.value = JSON.stringify({ id: key });
            document.querySelector(".gradio-container").append(button); button.click() }""",
            key,
        )
        other.wait_for_selector("#box textarea:visible")
        assert not other.locator("#chat .question").count()
        context.close()
