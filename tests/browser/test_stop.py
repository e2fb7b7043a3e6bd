"""A language model that never ends, stopped from the page."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from index.archive import Archive, sample_articles
from tests.browser.serving import opened, serving

PIECE = "Ten died [1]. <img src=x onerror='broken=1'> ![i](http://evil.example/i.png) "


class Endless(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that goes on until it is hung up on."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        delta = {"index": 0, "delta": {"role": "assistant", "content": PIECE}}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        line = f"data: {json.dumps(chunk | {'choices': [delta]})}\n\n".encode()
        try:
            while True:
                self.wfile.write(line)
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass  # hung up on

    def log_message(self, *_):
        pass


@pytest.fixture
def llm():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_stop_keeps_what_was_written_and_says_that_it_is_unchecked(page, llm, embedder, tmp_path):
    folder = tmp_path / "archive"
    with Archive.open(folder, embedder) as archive:
        archive.ingest(sample_articles().glob("*ferry*"))
    with serving(folder, f"http://127.0.0.1:{llm.server_port}/v1#endless") as address:
        opened(page, address)
        page.fill("#box textarea", "How many died?")
        page.press("#box textarea", "Enter")
        page.wait_for_selector("#chat .unfinished .said")
        page.click("#box .stop-button")
        page.wait_for_selector("text=was not checked")
        assert "Ten died" in page.inner_text("#chat .said")
        assert not page.locator("#chat img").count()
        assert page.evaluate("window.broken") is None
        assert page.input_value("#box textarea") == "How many died?"
        said = page.inner_text("#chat .said")
        page.wait_for_timeout(700)
        assert page.inner_text("#chat .said") == said
