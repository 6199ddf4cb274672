"""What the browser tests share: an index with hostile articles, servers, one browser a module, careful pages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from e2e import browser as chrome
from playwright.sync_api import Browser, Page

import app
from index.build import Builder
from index.embed import Embedder
from rag.config import Config
from rag.pipeline import Pipeline

HOSTILE = {
    "id": "hostile",
    "title": "<img src=x onerror=alert(1)> **Harbour** [council](javascript:alert(2))",
    "outlet": "<script>alert(3)</script>The `Example`",
    "published": "2025-06-01",
    "url": "javascript:alert(7)",
    "text": "The Zorvian harbour council voted for a bridge of 412 million euros on Sunday. The"
    " <script>alert(4)</script> **mayor** <img src=x onerror='document.title=1'> [clicked](javascript:alert(5))"
    " on `${alert(6)}` {{7*7}} $$x^2$$ <b>now</b>.",
}


@pytest.fixture(scope="session")
def window_index(seed_index: Path, minilm: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds, and an article full of tricks."""
    place = shutil.copytree(seed_index, tmp_path_factory.mktemp("window") / "index")
    articles = tmp_path_factory.mktemp("articles")
    (articles / "hostile.jsonl").write_text(json.dumps(HOSTILE), encoding="utf-8")
    report = Builder(place, minilm).ingest([articles])
    assert report.added == ["hostile"], report.refused
    return place


class Server:
    """A window being served over an index, its own process's threads behind it."""

    def __init__(self, index: Path, settings: dict[str, Any], options: dict[str, Any]) -> None:
        self.pipeline = Pipeline.open(Config(index=index, **settings))
        port = chrome.free_port()
        self.window = app.start(self.pipeline, port=port, **options)
        self.address = f"http://127.0.0.1:{port}"

    def close(self) -> None:
        self.window.close()
        self.pipeline.close()


Serve = Callable[..., Server]


@pytest.fixture
def serve(window_index: Path) -> Iterator[Serve]:
    """Starts servers for one test: `serve(llm="none", options={"auth": …})`."""
    opened: list[Server] = []

    def start(index: Path = window_index, options: dict[str, Any] | None = None, **settings: Any) -> Server:
        opened.append(Server(index, {"llm": "none"} | settings, options or {}))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


@pytest.fixture(scope="module")
def quoting(window_index: Path) -> Iterator[Server]:
    """One server without a language model, for all tests of a module that change no articles."""
    server = Server(window_index, {"llm": "none"}, {})
    yield server
    server.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not chrome.CHROMIUM:
        pytest.skip(chrome.MISSING)
    with chrome.chromium() as browser:
        yield browser


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, each in a browser of its own as far as cookies go.

    Such a page fails the test for a dialog, a script error or a request to another machine.
    """
    contexts, wrong = [], list[str]()

    def start(**options: Any) -> Page:
        contexts.append(chromium.new_context(**({"reduced_motion": "reduce"} | options)))
        found = contexts[-1].new_page()
        found.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        found.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        found.on("request", lambda request: wrong.append(request.url) if _elsewhere(request.url) else None)
        return found

    yield start
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


def _elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob", "about"} and parts.hostname != "127.0.0.1"
