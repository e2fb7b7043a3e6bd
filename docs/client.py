"""Asking a served Dateline from a program: `python docs/client.py http://127.0.0.1:7860`.

Where people log in, a program sends a user's name and password too: `auth=` in all three ways.
"""

import asyncio
import sys

import httpx
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

address = sys.argv[1].rstrip("/")
auth = tuple(sys.argv[2:4]) or None
question = "How many people died in the Grey Petrel ferry disaster?"

# Plain HTTP: JSON in, JSON out. /api/openapi.json describes ask, search and get_article.

with httpx.Client(base_url=address, auth=auth, timeout=120) as http:
    answer = http.post("/api/ask", json={"question": question, "as_of": "2023-10-12"}).json()
    print(answer["answer"])
    for citation in answer["citations"]:
        key = {"article_id": citation["article_id"]}
        article = http.post("/api/get_article", json=key).json()
        assert article["body"][citation["start"] : citation["end"]] == citation["quote"]

# gradio_client, whose calls look like functions

desk = Client(address, auth=auth, verbose=False, analytics_enabled=False)
for passage in desk.predict("herring quota", k=3, sources=["Halyard Wire"], api_name="/search"):
    print(passage["published"], passage["title"])

# MCP, as assistants and editors use it


async def over_mcp() -> None:
    """List the tools and call one."""
    async with (
        httpx.AsyncClient(auth=auth, timeout=120) as http,
        streamable_http_client(f"{address}/gradio_api/mcp", http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        for tool in (await session.list_tools()).tools:
            print(tool.name, tool.description.splitlines()[0])
        called = await session.call_tool("search", {"question": "herring quota", "k": 1})
        print(called.structuredContent["result"][0]["title"])


asyncio.run(over_mcp())
