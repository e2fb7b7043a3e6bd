"""Language models' servers that say what a test tells them to: real sockets, real protocols.

A reply is a text, a number for an HTTP status, a `Reply` for what goes wrong, or a function
from the request's body to one of these.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """A reply with a fault.

    Attributes:
        text: what is said.
        size: how many characters at a time.
        status: the HTTP status.
        headers: sent with it.
        message: of the error, where the status is one.
        finish: why it ends: "stop", "length", "content_filter", or None where it never says.
        refusal: what is said instead of an answer.
        raw: sent as it is in place of all that.
        drop: the connection is cut after this many pieces.
        hang: nothing more is said after this many pieces, until the client goes away.
        pause: seconds between two pieces.
    """

    text: str = ""
    size: int = 7
    status: int = 200
    headers: dict = field(default_factory=dict)
    message: str = "scripted"
    finish: str | None = "stop"
    refusal: str = ""
    raw: bytes = b""
    drop: int | None = None
    hang: int | None = None
    pause: float = 0.0


class Scripted:
    """Replies are taken in turn.

    Attributes:
        requests: the headers and the body of each.
        closed: set when a client went away while it was being answered.
        sent: when each piece of the last reply was sent, by `time.perf_counter`.
    """

    def __init__(self):
        self.replies = []
        self.requests = []
        self.closed = threading.Event()
        self.asked = threading.Event()
        self.sent = []

    def enqueue(self, *replies):
        self.replies += replies


def _openai(reply):
    """The pieces of a reply in OpenAI's protocol."""

    def event(delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [choice]}
        return f"data: {json.dumps(chunk)}\n\n".encode()

    if not reply.text:
        yield event({"role": "assistant", "content": None})
    yield from (event({"content": piece}) for piece in _pieces(reply))
    if reply.refusal:
        yield event({"refusal": reply.refusal}, reply.finish)
    elif reply.finish:
        yield event({}, reply.finish)
    yield b"data: [DONE]\n\n"


def _ollama(reply):
    """The pieces of a reply in Ollama's protocol."""

    def line(content, **rest):
        message = {"role": "assistant", "content": content}
        return (json.dumps({"model": "scripted", "message": message, **rest}) + "\n").encode()

    yield from (line(piece, done=False) for piece in _pieces(reply))
    if reply.finish:
        yield line("", done=True, done_reason=reply.finish, prompt_eval_count=9, eval_count=3)


def _anthropic(reply):
    """The pieces of a reply in Anthropic's protocol."""

    def event(kind, **rest):
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode()

    message = {
        "id": "1", "type": "message", "role": "assistant", "content": [], "model": "scripted",
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }  # fmt: skip
    yield event("message_start", message=message)
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for piece in _pieces(reply):
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
    yield event("content_block_stop", index=0)
    if reply.finish:
        reasons = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
        yield event(
            "message_delta", usage={"output_tokens": 3},
            delta={"stop_reason": reasons[reply.finish], "stop_sequence": None},
        )  # fmt: skip
        yield event("message_stop")


def _pieces(reply):
    text, size = reply.text, reply.size
    return (text[start : start + size] for start in range(0, len(text), size))


@contextmanager
def server(protocol=_openai):
    """A scripted server; `.url` is what DATELINE_LLM takes, `.address` where it listens."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script.requests.append((dict(self.headers), body))
            reply = script.replies.pop(0)
            if callable(reply):
                reply = reply(body)
            if not isinstance(reply, Reply):
                reply = Reply(status=reply) if isinstance(reply, int) else Reply(reply)
            script.asked.set()
            try:
                self.answer(reply)
            except OSError:
                script.closed.set()

        def do_GET(self):
            """Ollama's list of models."""
            models = json.dumps({"models": [{"name": "scripted"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(models)))
            self.end_headers()
            self.wfile.write(models)

        def answer(self, reply):
            self.close_connection = True
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 200:
                said = reply.message if protocol is _ollama else {"message": reply.message}
                error = json.dumps({"error": said}).encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(error)))
                self.end_headers()
                self.wfile.write(error)
                return
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            script.sent.clear()
            for number, piece in enumerate([reply.raw] if reply.raw else protocol(reply)):
                if number == reply.drop:
                    return  # without the chunk that ends it
                if number == reply.hang:
                    self.until_gone()
                script.sent.append(time.perf_counter())
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                time.sleep(reply.pause)
            self.wfile.write(b"0\r\n\r\n")

        def until_gone(self):
            """Wait until the client closes the connection."""
            self.connection.settimeout(60)
            if not self.connection.recv(1):
                raise ConnectionResetError

        def log_message(self, *args):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    script.address = f"http://127.0.0.1:{httpd.server_port}"
    script.url = f"{script.address}/v1#scripted"
    try:
        yield script
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


openai = server


def ollama():
    """A scripted server that speaks Ollama's protocol."""
    return server(_ollama)


def anthropic():
    """A scripted server that speaks Anthropic's protocol."""
    return server(_anthropic)
