"""`dateline mcp`, driven by the protocol's own client: over stdio as a process, over HTTP on loopback."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from api.desk import Capacity, Desk
from api.mcp_server import DATA, over_http
from api.tokens import Tokens
from index.embed import Embedder
from index.errors import InputError
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config
from rag.contract import AskJson
from rag.pipeline import Pipeline

QUESTION = "How much did the EU approve for Kyiv?"
TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
KINDS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


def words(result: CallToolResult) -> str:
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


async def use(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "search", "read_article"}
    assert all(DATA in (tool.description or "") for tool in tools.values())
    assert tools["ask"].input_schema["required"] == ["question"]
    assert tools["search"].input_schema["properties"]["limit"]["maximum"] == 50
    assert "citations" in (tools["ask"].output_schema or {})["properties"]

    document = AskJson.model_validate((await client.call_tool("ask", {"question": QUESTION})).structured_content)
    assert "$106 billion" in document.answer
    cited = document.citations[0]
    article = (await client.call_tool("read_article", {"article_id": cited.article_id})).structured_content
    assert article
    assert article["text"][cited.start : cited.end] == cited.sentence
    assert article["characters"] == len(article["text"])
    piece = {"article_id": cited.article_id, "start": cited.start, "length": cited.end - cited.start}
    part = (await client.call_tool("read_article", piece)).structured_content
    assert part
    assert (part["text"], part["start"], part["characters"]) == (cited.sentence, cited.start, article["characters"])
    found = (await client.call_tool("search", {"query": QUESTION, "limit": 2})).structured_content
    assert found
    assert cited.article_id in [a["article_id"] for a in found["results"]]

    early = AskJson.model_validate(
        (await client.call_tool("ask", {"question": QUESTION, "as_of": "2020-12-31"})).structured_content
    )
    assert early.citations == []
    assert "no such article" in words(await client.call_tool("read_article", {"article_id": "none"}))
    turned = {"question": QUESTION, "since": "2025-02-01", "until": "2025-01-01"}
    assert "lies before since" in words(await client.call_tool("ask", turned))
    assert "question" in words(await client.call_tool("ask", {"question": ""}))


def test_over_stdio(seed_index: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from rag.cli import main; main()", "mcp", "--index", str(seed_index), "--llm", "none"],
        env={"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
    )

    async def drive() -> None:
        async with Client(stdio_client(command)) as client:
            await use(client)

    anyio.run(drive)


@pytest.fixture
def desk(seed_index: Path, minilm: Embedder, tmp_path: Path) -> Iterator[Desk]:
    place = tmp_path / "index"
    shutil.copytree(seed_index, place)
    pipeline = Pipeline(SqliteFaissStore(place), minilm, Config(index=place, llm="none"))
    made = Desk(pipeline, Capacity())
    yield made
    made.close()
    pipeline.close()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    server, bound = over_http(desk, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join()


def test_over_http_with_a_token(desk: Desk, address: str) -> None:
    secret = Tokens(desk.pipeline.config.index).add("assistant", ("ask",))

    async def drive() -> None:
        bearer = {"Authorization": f"Bearer {secret}"}
        async with (
            httpx2.AsyncClient(headers=bearer) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            await use(client)

    anyio.run(drive)


def test_over_http_strangers_are_not_let_in(desk: Desk, address: str) -> None:
    def status(**headers: str) -> int:
        return httpx2.post(address, json=TOOLS, headers={**KINDS, **headers}).status_code

    assert status() == 200
    assert status(Origin="https://example.org") == 403
    assert status(Host="example.org") == 403
    tokens = Tokens(desk.pipeline.config.index)
    secret = tokens.add("taker", ("ingest",))
    assert status() == 401
    assert status(Authorization="Bearer dl_guessed") == 401
    assert status(Authorization=f"Bearer {secret}") == 403
    asker = tokens.add("asker", ("ask",))
    assert status(Authorization=f"Bearer {asker}") == 200
    assert status(Authorization=f"Bearer {asker}", Host="news.example.org") == 200, "behind a proxy"


def test_others_may_not_reach_it_without_a_token(desk: Desk) -> None:
    with pytest.raises(InputError, match="there is no token"):
        over_http(desk, "0.0.0.0", 0)
