"""A language model's server that says what a test tells it to: real sockets, real SSE."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Scripted:
    """Replies are taken in turn; a reply is a text, or a number for an HTTP status."""

    def __init__(self):
        self.replies = []
        self.requests = []

    def enqueue(self, *replies):
        self.replies += replies


@contextmanager
def server():
    """A scripted OpenAI-compatible server; `.url` is what DATELINE_LLM takes."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            script.requests.append((dict(self.headers), body))
            reply = script.replies.pop(0)
            if isinstance(reply, int):
                self.send_response(reply)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"error": {"message": "scripted"}}')
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for start in range(0, len(reply), 7):
                delta = {"choices": [{"index": 0, "delta": {"content": reply[start : start + 7]}}]}
                self.wfile.write(f"data: {json.dumps(delta)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *args):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    script.url = f"http://127.0.0.1:{httpd.server_port}/v1#scripted"
    try:
        yield script
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
