"""The archive in the page: looked through, added to and deleted from."""

from __future__ import annotations

import json
import re

import pytest

from index.archive import Archive, sample_articles
from tests.browser.serving import ask, opened, serving, show

QUESTION = "How many people died in the Grey Petrel ferry disaster?"
NEWS = {
    "title": "Orrin lighthouse keeper retires",
    "source": "Orrin Herald",
    "published": "2023-11-20",
    "body": "Tamsin Orlo, keeper of the Orrin lighthouse for 41 years, retired on Sunday. "
    "The light will be run from Tolvane.",
}

WEIR = NEWS | {
    "title": "Orrin weir gives way",
    "body": "The Orrin weir gave way on Sunday after three days of rain, the river authority said.",
}


@pytest.fixture(scope="module")
def own(browser, embedder, tmp_path_factory):
    """A page over an archive that tests may change."""
    folder = tmp_path_factory.mktemp("own") / "archive"
    with Archive.open(folder, embedder) as archive:
        archive.ingest([*sample_articles().glob("*ferry*"), *sample_articles().glob("*petrel*")])
    with serving(folder) as url:
        yield url


def test_articles_are_browsed_by_week_and_read(page, address):
    show(opened(page, address), "Archive")
    held = int(re.match(r"(\d+) articles?, newest first", page.inner_text("#found .counted"))[1])
    bars = page.locator("#found .week")
    counts = [int(re.search(r"(\d+) articles?$", bar)[1]) for bar in bars.all_text_contents()]
    assert sum(counts) == held
    bars.nth(0).click()
    page.wait_for_function(
        "n => document.querySelectorAll('#found li').length === n", arg=counts[0]
    )
    title = page.inner_text("#found li .title >> nth=0")
    page.click("#found li .title >> nth=0")
    page.wait_for_selector("#article h2")
    assert page.inner_text("#article h2") == title
    page.click("#found button:has-text('All days')")
    page.wait_for_function(
        "n => document.querySelectorAll('#found li').length === n", arg=min(held, 30)
    )


def test_articles_are_searched_best_first(page, address):
    show(opened(page, address), "Archive")
    page.fill("#tab-archive .searching textarea", "divers car deck")
    page.press("#tab-archive .searching textarea", "Enter")
    page.wait_for_selector("#found .counted:has-text('best first')")
    assert "divers" in page.inner_text("#found li >> nth=0").lower()


def test_an_upload_is_reported_by_file_and_can_be_asked_about_at_once(page, own, tmp_path):
    good, bad = tmp_path / "lighthouse.json", tmp_path / "<img src=x onerror=broken=1>.bin"
    good.write_text(json.dumps(NEWS), encoding="utf-8")
    bad.write_bytes(bytes(range(256)) * 8)
    show(opened(page, own), "Archive")
    held = page.inner_text("#masthead .facts")
    page.click("#adding button")
    page.set_input_files("#adding input[type=file]", [good, bad])
    page.wait_for_selector("#added li:has-text('1 article added')")
    page.wait_for_selector("#added li:has-text('not read:')")
    assert page.evaluate("window.broken") is None
    page.wait_for_function(
        "held => document.querySelector('#masthead .facts').innerText !== held", arg=held
    )
    page.wait_for_selector("#found .title:has-text('Orrin lighthouse')")
    page.set_input_files("#adding input[type=file]", [good])
    page.wait_for_selector("#added li:has-text('1 article already there')")
    show(page, "Ask")
    ask(page, "Who kept the Orrin lighthouse?")
    assert "Tamsin Orlo" in page.inner_text("#chat .said")


def test_questions_are_answered_while_an_upload_is_indexed(page, own, tmp_path):
    many = tmp_path / "many.jsonl"
    lines = (
        NEWS | {"title": f"Lock {n} of the Orrin canal", "body": f"{NEWS['body']} Lock {n}. " * 8}
        for n in range(400)
    )
    many.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    show(opened(page, own), "Archive")
    page.click("#adding button")
    page.set_input_files("#adding input[type=file]", many)
    page.wait_for_selector("#added .doing:has-text('indexing')")
    show(page, "Ask")
    ask(page, QUESTION)
    assert page.locator("#chat .answer").count() == 1
    show(page, "Archive")
    assert page.locator("#added .doing").count() == 1, "it was indexed before it could be asked"
    page.wait_for_selector("#added li:has-text('400 articles added')", timeout=300_000)


def test_only_the_web_can_be_read_from_not_the_servers_own_files(page, own):
    show(opened(page, own), "Archive")
    page.click("#adding button")
    for address, told in (
        ("/etc/passwd", "‘/etc/passwd’ is not a web address"),
        ("file:///etc/passwd", "‘file:///etc/passwd’ is not a web address"),
        ("http://127.0.0.1:9/", "not read:"),
    ):
        page.fill("#adding textarea", address)
        page.press("#adding textarea", "Enter")
        page.locator("#added", has_text=told).wait_for()
    assert "root:" not in page.inner_text("#desk")


def test_deleting_asks_first_and_a_citation_of_it_keeps_its_quotation(page, own):
    ask(opened(page, own), QUESTION)
    quote = page.inner_text("#chat .source blockquote >> nth=0")
    title = page.inner_text("#chat .source a.title >> nth=0")
    show(page, "Archive")
    page.fill("#tab-archive .searching textarea", title)
    page.press("#tab-archive .searching textarea", "Enter")
    page.wait_for_selector("#found .counted:has-text('best first')")
    row = page.locator("#found .title", has_text=title)
    row.click()
    page.wait_for_selector("#article h2")
    assert not page.locator("#article button[name=delete]").is_visible()
    page.click("#article .delete summary")
    page.click("#article button[name=delete]")
    page.wait_for_selector("#article article", state="detached")
    row.wait_for(state="detached")
    show(page, "Ask")
    page.click("#chat a.mark >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    assert "no longer in the archive" in page.inner_text("#article .warning")
    assert " ".join(page.text_content("#article mark.chosen").split()) == quote


def drop(page, path):
    """Drop a file or a folder where articles are added, as a hand would."""
    at = page.locator("#adding .block").first.bounding_box()
    where = {"x": at["x"] + at["width"] / 2, "y": at["y"] + at["height"] / 2}
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})


def test_a_folder_dropped_on_an_empty_page_fills_it_and_is_asked_about(page, tmp_path):
    folder = tmp_path / "news"
    (folder / "local").mkdir(parents=True)
    (folder / "keeper.json").write_text(json.dumps(NEWS), encoding="utf-8")
    (folder / "local" / "keeper.json").write_text(json.dumps(WEIR), encoding="utf-8")
    (folder / ".hidden").write_text("not an article")
    with serving(tmp_path / "archive") as address:
        assert "The archive is empty" in opened(page, address).inner_text("#chat .welcome")
        page.click("#chat .welcome button")
        page.wait_for_selector("#adding [data-testid=file-upload]", state="attached")
        page.wait_for_selector("#adding >> text=Drop")
        drop(page, folder)
        for name in ("keeper.json", "local_keeper.json"):
            page.wait_for_selector(f"#added li:has-text('{name}'):has-text('1 article added')")
        assert page.locator("#added li").count() == 2
        show(page, "Ask")
        page.wait_for_selector("#chat .welcome:has-text('Ask the archive')")
        ask(page, "Who kept the Orrin lighthouse?")
        page.click("#chat a.mark >> nth=0")
        page.wait_for_selector("#article mark.chosen:has-text('Tamsin Orlo')")
    assert not list((tmp_path / "archive" / "uploads").iterdir()), "no copy outlives its reading"


def test_a_page_whose_archive_another_process_has_open_does_all_the_same(page, embedder, tmp_path):
    article = tmp_path / "keeper.json"
    article.write_text(json.dumps(NEWS), encoding="utf-8")
    with Archive.open(tmp_path / "archive", embedder, create=True) as owner:
        owner.ingest(sample_articles().glob("*ferry*"))
        with serving(tmp_path / "archive") as address:
            ask(opened(page, address), QUESTION)
            page.click("#chat a.mark >> nth=0")
            page.wait_for_selector("#article mark.chosen")
            page.click("#article .close")
            show(page, "Archive")
            page.click("#adding button")
            page.set_input_files("#adding input[type=file]", article)
            page.wait_for_selector("#added li:has-text('1 article added')")
            assert [kept.title for kept in owner.articles(limit=1)] == [NEWS["title"]]
            page.locator("#found .title", has_text=NEWS["title"]).click()
            page.click("#article .delete summary")
            page.click("#article button[name=delete]")
            page.wait_for_selector(f"#found .title:has-text('{NEWS['title']}')", state="detached")
            assert NEWS["title"] not in {kept.title for kept in owner.articles()}
            show(page, "Ask")
            ask(page, "Who kept the Orrin lighthouse?")
            assert "Tamsin Orlo" not in page.inner_text("#chat .bot-row >> nth=-1")
