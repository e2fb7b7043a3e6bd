"""The pictures of the page in the README: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from eval.runner import run_suite
from index.archive import Archive, sample_articles
from tests.browser.serving import ask, chromium, opened, serving, show

FOLDER = Path(__file__).parents[2] / "docs"
QUESTION = "How many people died in the Grey Petrel ferry disaster?"
# Questions asked of the built-in suite, for a picture of a run.
_ASKED = 40
DESKTOP, PHONE = (1280, 800), (390, 844)


def main() -> None:
    """Take each picture over the sample archive."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder, runs = Path(temporary, "archive"), Path(temporary, "runs")
        with Archive.open(folder) as archive:
            archive.ingest([sample_articles()])
        run_suite("newsroom", runs, limit=_ASKED)
        with (
            serving(folder, DATELINE_RUNS=str(runs)) as address,
            chromium() as browser,
        ):
            for name, (width, height), scheme, scene in PICTURES:
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                scene(opened(page, address))
                page.mouse.move(0, 0)
                page.wait_for_timeout(800)  # for what fades
                page.screenshot(path=FOLDER / f"{name}.png")
                page.close()


def _welcome(page: Page) -> None:
    page.wait_for_selector("#chat .example")


def _answer(page: Page) -> None:
    ask(page, QUESTION)


def _checked(page: Page) -> None:
    _answer(page)
    page.click("#chat a.mark >> nth=1")
    page.wait_for_selector("#article mark.chosen")


def _archive(page: Page) -> None:
    show(page, "Archive")


def _run(page: Page) -> None:
    show(page, "Evaluation")
    page.click("#choosing input >> nth=0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#questions details")


PICTURES: tuple[tuple[str, tuple[int, int], str, Callable[[Page], None]], ...] = (
    ("page-welcome", DESKTOP, "light", _welcome),
    ("page-light", DESKTOP, "light", _checked),
    ("page-dark", DESKTOP, "dark", _checked),
    ("page-phone", PHONE, "light", _answer),
    ("page-phone-dark", PHONE, "dark", _checked),
    ("page-archive", DESKTOP, "light", _archive),
    ("page-evaluation", DESKTOP, "light", _run),
)


if __name__ == "__main__":
    main()
