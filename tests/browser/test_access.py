"""The page can be used by everyone: axe-core finds nothing serious, motion can be turned off."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.serving import ask, opened, show

QUESTION = "How many people died in the Grey Petrel ferry disaster in October 2023?"


def serious(page):
    """What axe-core calls serious or critical, each with the elements it is about."""
    page.wait_for_timeout(400)  # what fades in has no contrast yet
    return {
        fault["id"]: [node["html"][:160] for node in fault["nodes"][:4]]
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_serious_fault(page, address, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, address)
    found = {"welcome": serious(page)}
    ask(page, QUESTION)
    page.click("#filters button")
    page.click("#chat .chip summary")
    page.click("#chat .passages summary")
    page.click("#chat .comment summary")
    page.click("#chat a.mark >> nth=0")
    page.wait_for_selector("#article mark.chosen")
    found["answer"] = serious(page)
    ask(page, "Who discovered the element polonium?")
    found["abstention"] = serious(page)
    page.click("#article .close")
    show(page, "Archive")
    page.click("#adding button")
    page.click("#found .title >> nth=0")
    page.wait_for_selector("#article .delete")
    page.click("#article .delete summary")
    found["archive"] = serious(page)
    page.click("#article .close")
    show(page, "Conversations")
    page.click("#conversations summary >> nth=0")
    found["conversations"] = serious(page)
    show(page, "Evaluation")
    found["runs"] = serious(page)
    page.click("#choosing input >> nth=0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#questions details")
    page.click("#questions .question > summary >> nth=0")
    found["run"] = serious(page)
    page.click("#masthead .keys")
    found["keys"] = serious(page)
    assert {part: faults for part, faults in found.items() if faults} == {}


def test_every_button_has_a_name(page, address):
    ask(opened(page, address), QUESTION)
    for tab in ("Ask", "Archive", "Conversations", "Evaluation"):
        show(page, tab)
        for button in page.locator("button:visible, [role=button]:visible").all():
            told = button.get_attribute("aria-label") or button.text_content()
            assert told.strip(), button.evaluate("it => it.outerHTML")
    show(page, "Ask")
    page.get_by_role("button", name="Ask", exact=True).click()


def test_a_citation_is_read_aloud_with_its_outlet_and_day(page, address):
    ask(opened(page, address), QUESTION)
    assert page.locator("#chat a.mark").first.text_content().startswith("Citation 1, ")
    assert "2023" in page.locator("#chat a.mark").first.text_content()


def test_nothing_moves_where_motion_is_not_wanted(page, address):
    page.emulate_media(reduced_motion="reduce")
    opened(page, address)
    page.evaluate(
        "document.querySelector('#chat').insertAdjacentHTML('beforeend', '<p class=doing>')"
    )
    moving = page.evaluate(
        "() => getComputedStyle(document.querySelector('#chat .doing'), '::before').animationName"
    )
    assert moving == "none"


def test_what_has_the_focus_is_seen(page, address):
    opened(page, address)
    page.keyboard.press("Tab")
    width = page.evaluate(
        "() => { const it = document.activeElement; const style = getComputedStyle(it);"
        " return style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth) }"
    )
    assert width >= 2
