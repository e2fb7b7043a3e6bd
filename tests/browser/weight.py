"""How fast the page is there and what it weighs: `python -m tests.browser.weight`.

Serves the sample archive on loopback, opens it in a fresh browser so many times, then asks in one
tab again and again, opening a citation each time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from index.archive import Archive, sample_articles
from tests.browser.serving import ask, chromium, opened, serving

QUESTION = "How many people died in the Grey Petrel ferry disaster?"
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_FETCHED = "performance.getEntriesByType('resource').reduce((sum, it) => sum + it.transferSize, 0)"


def visit(browser: Browser, address: str) -> tuple[float, float, float]:
    """Milliseconds to the first paint and until all is there, and kilobytes fetched."""
    context = browser.new_context()
    began = time.perf_counter()
    page = opened(context.new_page(), address)
    there = 1000 * (time.perf_counter() - began)
    told = page.evaluate(_PAINTED), there, page.evaluate(_FETCHED) / 1000
    context.close()
    return told


def heap(page: Page) -> float:
    """Megabytes that the tab's scripts hold."""
    tab = page.context.new_cdp_session(page)
    tab.send("Performance.enable")
    tab.send("HeapProfiler.collectGarbage")
    told = {one["name"]: one["value"] for one in tab.send("Performance.getMetrics")["metrics"]}
    return float(told["JSHeapUsedSize"]) / 1e6


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=10)
    parser.add_argument("--questions", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with Archive.open(folder, create=True) as archive:
            archive.ingest([sample_articles()])
        with serving(Path(folder)) as address, chromium() as browser:
            visits = [visit(browser, address) for _ in range(given.visits)]
            paint, there, fetched = (statistics.median(one) for one in zip(*visits, strict=True))
            print(f"first paint {paint:.0f} ms, all there {there:.0f} ms, {fetched:.0f} kB fetched")
            page = opened(browser.new_page(), address)
            print(f"memory: {heap(page):.1f} MB at first", end="")
            for _ in range(given.questions):
                ask(page, QUESTION)
                page.click("#chat a.mark >> nth=-1")
                page.wait_for_selector("#article mark.chosen")
                page.click("#article .close")
            print(f", {heap(page):.1f} MB after {given.questions} questions", end="")
            page.click("#anew")
            page.wait_for_selector("#chat .welcome")
            print(f", {heap(page):.1f} MB in a new conversation")


if __name__ == "__main__":
    main()
