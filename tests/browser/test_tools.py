"""What programs may ask of a served page, asked by real clients."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from assistant.page import tools
from index.archive import Archive, sample_articles
from tests.browser.load import run
from tests.browser.serving import serving

ROOT = Path(__file__).parents[2]
NAMES = ["ask", "search", "get_article"]
QUESTION = "How many people died in the Grey Petrel ferry disaster?"


@pytest.fixture(scope="module")
def address(embedder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tools")
    with Archive.open(folder, embedder, create=True) as archive:
        archive.ingest([sample_articles()])
    with serving(folder) as url:
        yield url


@asynccontextmanager
async def session(address):
    async with (
        streamable_http_client(f"{address}{tools.MCP}") as (read, write, _),
        ClientSession(read, write) as opened,
    ):
        await opened.initialize()
        yield opened


def post(address, tool, **fields):
    return httpx.post(f"{address}/api/{tool}", json=fields, timeout=120)


def test_over_http_the_three_are_there_typed_and_described(address):
    told = httpx.get(f"{address}/api/openapi.json").json()
    paths = {path: ways for path, ways in told["paths"].items() if path.startswith("/api/")}
    assert list(paths) == [f"/api/{name}" for name in NAMES]
    for name in NAMES:
        assert paths[f"/api/{name}"]["post"]["operationId"] == name
        assert paths[f"/api/{name}"]["post"]["description"]
    for schema in told["components"]["schemas"].values():
        if schema["title"].startswith("Body_"):
            assert all(field["description"] for field in schema["properties"].values())

    answer = post(address, "ask", question=QUESTION, as_of="2023-10-12").json()
    assert answer["question"] == QUESTION and answer["as_of"] == "2023-10-12"
    assert answer["citations"] and not answer["abstained"]
    for citation in answer["citations"]:
        article = post(address, "get_article", article_id=citation["article_id"]).json()
        assert article["body"][citation["start"] : citation["end"]] == citation["quote"]
        assert article["published"] <= "2023-10-12"
    found = post(address, "search", question="ferry", k=3, sources=["Halyard Wire"]).json()
    assert [passage["rank"] for passage in found] == [1, 2, 3]
    assert {passage["source"] for passage in found} == {"Halyard Wire"}


@pytest.mark.parametrize(
    ("tool", "fields", "status", "said"),
    [
        ("ask", {"question": " "}, 400, "The question is empty: ask one."),
        ("ask", {}, 422, "question: field required."),
        ("ask", {"question": "x", "llm": "openai:none"}, 400, "extractive"),
        ("search", {"question": "x", "as_of": "soon"}, 400, "as_of is 'soon'"),
        ("search", {"question": "x", "k": 0}, 422, "k: input should be greater"),
        ("get_article", {"article_id": "no"}, 404, "no article 'no'"),
    ],
)
def test_over_http_what_is_wrong_is_told(address, tool, fields, status, said):
    answered = post(address, tool, **fields)
    assert answered.status_code == status
    assert said in answered.json()["error"]


def test_gradio_client_sees_the_three_and_none_of_the_pages_own_events(address):
    client = Client(address, verbose=False)
    told = client.view_api(return_format="dict", print_info=False)
    assert list(told["named_endpoints"]) == [f"/{name}" for name in NAMES]
    assert not told["unnamed_endpoints"]
    answer = client.predict(QUESTION, api_name="/ask")
    assert answer["citations"]
    key = answer["citations"][0]["article_id"]
    assert client.predict(key, api_name="/get_article")["article_id"] == key
    with pytest.raises(AppError, match="write a day as YYYY-MM-DD"):
        client.predict("ferry", since="soon", api_name="/search")


def test_over_mcp_the_three_are_tools(address):
    async def go():
        async with session(address) as opened:
            listed = (await opened.list_tools()).tools
            answer = await opened.call_tool("ask", {"question": QUESTION})
            wrong = await opened.call_tool("get_article", {"article_id": "no"})
            return listed, answer, wrong

    listed, answer, wrong = run(go())
    assert [tool.name for tool in listed] == NAMES
    for tool in listed:
        assert tool.description and tool.outputSchema
        assert all(field["description"] for field in tool.inputSchema["properties"].values())
    assert listed[0].inputSchema["required"] == ["question"]
    assert answer.structuredContent["citations"]
    assert wrong.isError and "no article 'no'" in wrong.content[0].text


def test_the_example_client_runs(address):
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "client.py", address],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Grey Petrel" in done.stdout and "get_article Read an article" in done.stdout


# The line that programs wait in


class Slow:
    """A desk that answers when it is let, and remembers in which order it was asked."""

    def __init__(self):
        self.asked = []
        self.go = asyncio.Event()

    def search(self, question, *_, **__):
        self.asked.append(question)
        anyio.from_thread.run(self.go.wait)
        return []


def test_who_asks_first_is_answered_first_and_a_full_line_says_so(monkeypatch):
    monkeypatch.setattr(tools, "_AT_ONCE", 1)
    monkeypatch.setattr(tools, "_WAITING", 30)

    async def go():
        desk = Slow()
        _, search, _ = tools.over(desk)
        order = [f"greedy {n}" for n in range(20)] + ["patient"] + [f"late {n}" for n in range(10)]
        calls = [asyncio.create_task(search(question)) for question in order]
        for _ in range(9):  # each takes its place
            await asyncio.sleep(0)
        with pytest.raises(tools.Busy, match="call again"):
            await asyncio.wait_for(search("one too many"), 60)
        desk.go.set()
        await asyncio.gather(*calls)
        assert desk.asked == order

    run(go())
