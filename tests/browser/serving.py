"""The page for a browser: served as users serve it, and driven by Debian's Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A small phone, a phone, a desktop at 200%, a desktop.
SCREENS = [
    {"width": width, "height": height}
    for width, height in ((320, 568), (390, 844), (640, 400), (1280, 800))
]
COMMAND = [sys.executable, "-c", "from assistant.cli import main; main()", "chat"]


def started(
    archive: Path, *options: str, env: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[str], str]:
    """The process that serves the page over an archive, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "--archive", str(archive), "--port", str(port), *options],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"} | dict(env or {}),
    )
    said = ""
    for line in process.stderr:
        said += line
        if "Dateline is at" in line:
            return process, f"http://127.0.0.1:{port}"
    raise RuntimeError(f"the page did not start: {said}")


@contextmanager
def serving(archive: Path, llm: str = "", **env: str) -> Iterator[str]:
    """Serve the page over an archive in a process of its own; gives its address."""
    process, address = started(archive, "--llm", llm, env=env)
    try:
        yield address
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that asks for nothing by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


def opened(page: Page, address: str) -> Page:
    """The page, once it has something to say."""
    page.goto(address)
    page.wait_for_selector("#chat .welcome")
    return page


def show(page: Page, tab: str) -> None:
    """Go to a tab, and wait until it has something to show."""
    page.click(f"role=tab[name={tab}]")
    page.wait_for_selector(_SHOWN[tab])


_SHOWN = {
    "Ask": "#box textarea",
    "Archive": "#found .counted",
    "Conversations": "#conversations :is(ol, .note)",
    "Evaluation": "#metrics :is(table, .note)",
}


def ask(page: Page, question: str) -> None:
    """Ask, and wait until there is nothing more to wait for."""
    before = page.locator("#chat .asked").count()
    page.fill("#box textarea", question)
    page.press("#box textarea", "Enter")
    page.wait_for_function(
        "before => document.querySelectorAll('#chat .asked').length > before "
        "&& !document.querySelector('#chat .doing')",
        arg=before,
        timeout=60_000,
    )
