"""Many clients asking at once, every other one as the page asks and every other one as a program.

    python -m tests.browser.load --clients 20 --seconds 60

Serves the sample archive on loopback; each client asks questions of its own, one after the other,
and each answer is held against the one that the same question gets when nobody else asks. Prints
how long answers took, and fails if any is missing, wrong or somebody else's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

import httpx

from index.archive import Archive, sample_articles
from tests.browser.serving import serving

Result = TypeVar("Result")
QUESTIONS = (
    "How many people died in the Grey Petrel ferry disaster?",
    "Why did Gregor Pellew resign as mines minister?",
    "When will the Lake Orrin summit be held?",
    "How many people died in the Hask flood?",
    "What did the central bank raise its rate to in November?",
    "Who was arrested in the Larkline breach?",
    "When was the Merrin torc recovered?",
    "How many outbreak cases were there at Mirrow Hill?",
    "Which party won most seats in Nerrane?",
    "What did the dockers at Port Ansel ratify?",
    "Why did Ostrander resign?",
    "Who was injured at Drennick Town in December?",
    "Which planet did the Mount Iselle team report?",
    "What is the herring quota agreed at the summit?",
    "What price did Averling offer for Cassock?",
    "Who was named mines minister after Pellew?",
    "What did insurers estimate the Hask flood would cost?",
    "When did the Port Ansel strike begin?",
    "What was blamed for the sink at the site?",
    "Who was sworn in as leader in Nerrane?",
)


@dataclass(frozen=True)
class Asked:
    """One question asked.

    Attributes:
        client: who asked.
        seconds: until the whole answer was there.
        fault: what was wrong with it, "" if nothing.
    """

    client: str
    seconds: float
    fault: str


class Program:
    """Asks as programs do: one request, one JSON object."""

    def __init__(self, http: httpx.AsyncClient, expected: dict[str, str]) -> None:
        self._http, self._expected = http, expected

    async def ask(self, question: str) -> str:
        """Ask, and say what is wrong with the answer."""
        answer = await answered(self._http, question)
        if (answer["question"], answer["answer"]) != (question, self._expected[question]):
            return f"asked {question!r}, got {answer}"
        return ""


class Reader:
    """Asks as the page does: through Gradio's queue, in a session that remembers."""

    def __init__(
        self, http: httpx.AsyncClient, expected: dict[str, str], page: dict[str, Any]
    ) -> None:
        self._http, self._expected = http, expected
        self._session = secrets.token_hex(8)
        self._asked: list[str] = []
        parts = page["components"]
        self._values = {part["id"]: part["props"].get("value") for part in parts}
        self._box = next(part["id"] for part in parts if part["props"].get("elem_id") == "box")
        self._event = next(
            event for event in page["dependencies"] if [self._box, "submit"] in event["targets"]
        )

    async def ask(self, question: str) -> str:
        """Ask, and say what is wrong with the conversation."""
        self._asked.append(question)
        values = self._values | {self._box: question}
        joined = await self._http.post(
            "/gradio_api/queue/join",
            json={
                "data": [values.get(part) for part in self._event["inputs"]],
                "fn_index": self._event["id"],
                "session_hash": self._session,
                "trigger_id": self._box,
            },
        )
        joined.raise_for_status()
        shown = await self._completed()
        if missing := [asked for asked in self._asked if asked not in shown]:
            return f"the conversation lacks {missing}"
        if foreign := [q for q in self._expected if q in shown and q not in self._asked]:
            return f"the conversation holds what others asked: {foreign}"
        return ""

    async def _completed(self) -> str:
        """The text of all that is shown once the answer is there."""
        events = self._http.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": self._session}
        )
        async with events as stream:
            stream.raise_for_status()
            async for line in stream.aiter_lines():
                event = json.loads(line[5:]) if line.startswith("data:") else {}
                if event.get("msg") == "process_completed":
                    if not event["success"]:
                        raise httpx.HTTPError(f"the page failed: {event['output']}")
                    written = json.dumps(event["output"]["data"], ensure_ascii=False)
                    return unescape(re.sub(r"<[^>]*>", " ", written))
        raise httpx.HTTPError("the stream ended without an answer")


async def answered(http: httpx.AsyncClient, question: str) -> dict[str, Any]:
    """What a program is answered."""
    response = await http.post("/api/ask", json={"question": question})
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it in a thread of its own: a test's may be Playwright's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def clients(
    address: str, number: int, seconds: float = 0, rounds: int = 1, **options: Any
) -> list[Asked]:
    """Let so many clients ask at once, each so many questions and for so long at least.

    Args:
        address: where the page is served.
        number: of clients.
        seconds: for which they go on asking.
        rounds: the fewest questions that each asks.
        options: of their connections, as `httpx.AsyncClient` takes them.
    """
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=300, limits=limits, **options) as http:
        expected = {question: (await answered(http, question))["answer"] for question in QUESTIONS}
        page = (await http.get("/config")).raise_for_status().json()
        until = time.monotonic() + seconds

        async def go(n: int) -> list[Asked]:
            client = Reader(http, expected, page) if n % 2 else Program(http, expected)
            name = f"{'page' if n % 2 else 'program'} {n}"
            asked: list[Asked] = []
            while len(asked) < rounds or time.monotonic() < until:
                question = QUESTIONS[(n + 7 * len(asked)) % len(QUESTIONS)]
                began = time.monotonic()
                try:
                    fault = await client.ask(question)
                except (httpx.HTTPError, ValueError, KeyError) as error:
                    fault = f"{type(error).__name__}: {error}"
                asked.append(Asked(name, time.monotonic() - began, fault))
            return asked

        return [one for asked in await asyncio.gather(*map(go, range(number))) for one in asked]


def main() -> int:
    """Ask, and say how it went; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with Archive.open(folder, create=True) as archive:
            archive.ingest([sample_articles()])
        with serving(Path(folder)) as address:
            asked = asyncio.run(clients(address, given.clients, given.seconds))
    faults = [one for one in asked if one.fault]
    print(f"{given.clients} clients, {given.seconds:g} s: {len(asked)} asked, {len(faults)} wrong")
    for kind in ("page", "program"):
        taken = [one.seconds for one in asked if one.client.startswith(kind)]
        each = [
            sum(one.client == client for one in asked)
            for client in {one.client for one in asked if one.client.startswith(kind)}
        ]
        if len(taken) > 1:
            cuts = statistics.quantiles(taken, n=20, method="inclusive")
            print(
                f"{kind:8} {len(taken):5} answers, p50 {cuts[9]:.2f} s, p95 {cuts[18]:.2f} s, "
                f"longest {max(taken):.2f} s; {min(each)} to {max(each)} a client"
            )
    for one in faults[:10]:
        print(f"{one.client}: {one.fault}", file=sys.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
