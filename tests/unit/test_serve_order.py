"""`dateline serve --api`: when the window ends, the API ends next, and the pipeline last."""

from __future__ import annotations

import inspect
import json
import logging
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from e2e.browser import free_port
from typer.testing import CliRunner

from api.server import Beside
from index import plugins
from index.embed import Embedder
from index.errors import InputError
from index.sqlite_faiss import SqliteFaissStore
from rag import cli
from rag.config import Config
from rag.pipeline import Pipeline


@pytest.fixture
def pipeline(
    seed_index: Path, minilm: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Pipeline, list[str]]]:
    """What `dateline serve` opens, and a list that tells that it was closed."""
    # Shells start what runs in the background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    place = shutil.copytree(seed_index, tmp_path / "index")
    opened = Pipeline(SqliteFaissStore(place), minilm, Config(index=place, llm="none"))
    closed: list[str] = []
    close = opened.close

    def told() -> None:
        closed.append("pipeline")
        close()

    monkeypatch.setattr(opened, "close", told)
    monkeypatch.setattr(Pipeline, "open", lambda _: opened)
    yield opened, closed
    close()
    signal.signal(signal.SIGINT, before)


def serve(monkeypatch: pytest.MonkeyPatch, window: Callable[..., None], port: int) -> int:
    """Runs the command with another window; its exit code."""
    load = plugins.load
    monkeypatch.setattr(plugins, "load", lambda group, name: window if name == "serve" else load(group, name))
    result = CliRunner().invoke(cli.app, ["serve", "--api", "--api-port", str(port)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_an_answer_under_way_is_finished_before_the_pipeline_is_closed(
    pipeline: tuple[Pipeline, list[str]], monkeypatch: pytest.MonkeyPatch, told: signal.Signals
) -> None:
    opened, closed = pipeline
    inside, ended = threading.Event(), threading.Event()
    stream, port = opened.stream, free_port()
    asked: list[Future[httpx.Response]] = []

    def slow(*args: Any, **more: Any) -> Iterator[Any]:
        inside.set()
        assert ended.wait(30)
        time.sleep(0.5)  # by now the command is closing what it opened
        assert not closed
        yield from stream(*args, **more)

    monkeypatch.setattr(opened, "stream", slow)
    with ThreadPoolExecutor() as threads:

        def window(*_: Any, **__: Any) -> None:
            body = {"question": "How much did the EU approve for Kyiv?"}
            asked.append(threads.submit(httpx.post, f"http://127.0.0.1:{port}/api/ask", json=body, timeout=60))
            assert inside.wait(30)
            ended.set()
            assert signal.getsignal(told) is signal.default_int_handler, "else it would end the tests"
            signal.raise_signal(told)

        assert serve(monkeypatch, window, port) == 130
        answer = asked[0].result(60)
    assert answer.status_code == 200
    assert "$106 billion" in answer.json()["answer"]
    assert closed == ["pipeline"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "only while it serves"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz")


def test_a_window_that_cannot_be_opened_leaves_nothing_open(
    pipeline: tuple[Pipeline, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()

    def window(*_: Any, **__: Any) -> None:
        msg = "The port is taken."
        raise InputError(msg, "Choose another.")

    assert serve(monkeypatch, window, port) == 1
    assert pipeline[1] == ["pipeline"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz")


def test_the_limits_of_the_api_are_passed_on(
    pipeline: tuple[Pipeline, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []

    class Recorded:
        def __init__(self, _: Pipeline, host: str, port: int, **bounds: Any) -> None:
            begun.append({"port": port, **bounds})

        def close(self) -> None:
            """Nothing was opened."""

    monkeypatch.setattr(plugins, "load", lambda _, name: Recorded if name == "serve-api" else lambda *_, **__: None)
    bounds = ["--at-once", "2", "--waiting", "0", "--rate", "7/second", "--log-questions"]
    assert CliRunner().invoke(cli.app, ["serve", "--api", *bounds]).exit_code == 0
    assert CliRunner().invoke(cli.app, ["serve", "--api"]).exit_code == 0
    assert begun == [
        {"port": 7861, "at_once": 2, "waiting": 0, "rate": "7/second", "log_questions": True},
        {"port": 7861},
    ]
    refused = CliRunner().invoke(cli.app, ["serve", *bounds])
    assert refused.exit_code == 2
    assert "--at-once is about other programs" in refused.output


def test_what_serve_says_of_the_defaults_is_so() -> None:
    known = {option.name: option.show_default for option in typer.main.get_command(cli.app).commands["serve"].params}  # type: ignore[attr-defined]
    made = {name: parameter.default for name, parameter in inspect.signature(Beside.__init__).parameters.items()}
    for name in ("at_once", "waiting", "rate"):
        assert known[name] == str(made[name])


def test_the_log_goes_to_standard_error_only_while_it_serves(
    pipeline: tuple[Pipeline, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    before = logging.getLogger().handlers[:]
    beside = Beside(pipeline[0], "127.0.0.1", 0, log_questions=True)
    httpx.post(f"http://127.0.0.1:{beside.port}/api/search", json={"query": "quokkas"})
    beside.close()
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["route"], line["status"], line["question"]) == ("/api/search", 200, "quokkas")
    assert logging.getLogger().handlers == before
