"""The pictures of the page in the README: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from index.archive import Archive, sample_articles
from tests.browser.serving import ask, chromium, opened, serving

FOLDER = Path(__file__).parents[2] / "docs"
QUESTION = "How many people died in the Grey Petrel ferry disaster?"


def main() -> None:
    """Take each picture over the sample archive."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        with Archive.open(folder) as archive:
            archive.ingest([sample_articles()])
        with serving(Path(folder)) as address, chromium() as browser:
            for name, scheme, width, height in (
                ("light", "light", 1280, 800),
                ("dark", "dark", 1280, 800),
                ("phone", "light", 390, 844),
            ):
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                ask(opened(page, address), QUESTION)
                if name != "phone":
                    _open_second(page)
                page.mouse.move(0, 0)
                page.wait_for_timeout(500)  # for what fades
                page.screenshot(path=FOLDER / f"page-{name}.png")
                page.close()


def _open_second(page: Page) -> None:
    page.click("#chat a.mark >> nth=1")
    page.wait_for_selector("#article mark.chosen")


if __name__ == "__main__":
    main()
