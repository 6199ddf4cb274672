"""`dateline mcp`, driven by the protocol's own client: over stdio as a process, over HTTP on loopback."""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
from api.envelope import BODY
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


@contextmanager
def served(desk: Desk, **settings: str) -> Iterator[str]:
    server, bound = over_http(desk, "127.0.0.1", 0, **settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    with served(desk) as found:
        yield found


def test_over_http_with_a_token(desk: Desk, address: str) -> None:
    secret = Tokens(desk.pipeline.config.index).add("assistant", ("ask",))

    async def drive() -> None:
        bearer = {"Authorization": f"Bearer {secret}"}
        async with (
            httpx2.AsyncClient(headers=bearer, timeout=60) as http,
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


def test_over_http_too_many_requests_are_told_when_to_come_again(desk: Desk) -> None:
    with served(desk, rate="2/minute") as address:
        answers = [httpx2.post(address, json=TOOLS, headers=KINDS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json()["error"]["code"] == "rate_limited"


def test_over_http_a_request_has_an_id_a_line_in_the_log_and_a_size(
    desk: Desk, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dateline.api")
    call = {**TOOLS, "method": "tools/call", "params": {"name": "search", "arguments": {"query": QUESTION}}}
    asked = httpx2.post(address, json=call, headers={**KINDS, "X-Request-ID": "mcp-1"}, timeout=60)
    assert (asked.status_code, asked.headers["X-Request-ID"]) == (200, "mcp-1")
    announced = http.client.HTTPConnection(address.split("/")[2])
    announced.putrequest("POST", "/mcp")
    announced.putheader("Content-Length", str(BODY + 1))
    announced.endheaders()
    assert announced.getresponse().status == 413
    announced.close()
    large = json.dumps({**call, "id": "x" * BODY}).encode()
    kind = {**KINDS, "Content-Type": "application/json"}
    pieces = (large[at : at + 9999] for at in range(0, len(large), 9999))
    unannounced = httpx2.post(address, content=pieces, headers=kind)
    assert (unannounced.status_code, unannounced.json()["error"]["code"]) == (413, "too_large")
    assert httpx2.get(address.replace("/mcp", "/other"), headers=KINDS).json()["error"]["code"] == "not_found"
    for _ in range(100):  # a line is written when its answer is out
        told = [record.fields for record in caplog.records if record.message == "request"]  # type: ignore[attr-defined]
        if len(told) == 4:
            break
        time.sleep(0.05)
    assert [(line["method"], line["route"], line["status"]) for line in told] == [
        ("POST", "/mcp", 200),
        ("POST", "unmatched", 413),
        ("POST", "/mcp", 413),
        ("GET", "unmatched", 404),
    ]
    assert told[0]["visitor"] == "address 127.0.0.1"
    assert QUESTION not in str([vars(record) for record in caplog.records])


def test_a_crowd_is_told_by_the_tool_when_to_come_again(desk: Desk, address: str) -> None:
    held = threading.Event()
    for _ in range(Capacity().at_once + Capacity().waiting):
        desk.asking.begin(lambda: held.wait(60) and None)

    async def drive() -> None:
        async with Client(streamable_http_client(address)) as client:
            for tool, words_of in (("ask", {"question": QUESTION}), ("search", {"query": QUESTION})):
                assert "Come again in" in words(await client.call_tool(tool, words_of))

    try:
        anyio.run(drive)
    finally:
        held.set()


def test_over_http_as_a_command(seed_index: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from rag.cli import main; main()"]
    options = ["mcp", "--http", "--port", "0", "--index", str(seed_index), "--llm", "none"]
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    said = tmp_path / "said"
    with said.open("w") as out:
        serving = subprocess.Popen([*program, *options], stdout=out, stderr=out, env=environ)
    try:
        until = time.monotonic() + 200
        while not (found := re.search(r"The tools are at (http://127\.0\.0\.1:\d+/mcp)", said.read_text())):
            assert serving.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.2)

        async def drive() -> None:
            async with Client(streamable_http_client(found[1])) as client:
                await use(client)

        anyio.run(drive)
    finally:
        serving.terminate()
        assert serving.wait(60) == 130, "it closes in order, as at Ctrl-C"
    logged = [json.loads(line) for line in said.read_text().splitlines() if line.startswith("{")]
    told = [line for line in logged if line["message"] == "request" and line["route"] == "/mcp"]
    assert {line["status"] for line in told} >= {200}
    assert all(re.fullmatch("[0-9a-f]{32}", line["request_id"]) for line in told)
    assert QUESTION not in said.read_text()


def test_others_may_not_reach_it_without_a_token(desk: Desk) -> None:
    with pytest.raises(InputError, match="there is no token"):
        over_http(desk, "0.0.0.0", 0)
