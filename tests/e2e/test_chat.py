"""`dateline chat` as a subprocess, fed through a pipe, over the seeds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fakes import fake_ollama

from rag.contract import AskJson

ROOT = Path(__file__).parents[2]


def start(index: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    command = [Path(sys.executable).with_name("dateline"), "chat", "--index", index, *arguments]
    environ = {"DATELINE_OLLAMA_HOST": "http://127.0.0.1:9", "COLUMNS": "200", "OMP_NUM_THREADS": "1", **environ}
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environ},
    )


def talk(index: Path, lines: list[str], *arguments: str) -> tuple[int, str, str]:
    chat = start(index, *arguments)
    out, err = chat.communicate("\n".join(lines) + "\n", timeout=280)
    assert "Traceback" not in err
    return chat.returncode, out, err


def test_a_conversation(seed_index: Path) -> None:
    lines = [
        "How much did the EU approve for Kyiv?",
        "And what did Ushakov say?",
        "What is his job?",
        "/sources 1",
        "/as-of someday",
        "/nonsense",
        "  ",
        "/as-of 2022-01-05",
        "/new",
        "/sources",
        "How many charges was Elizabeth Holmes convicted of?",
        "/quit",
        "never asked",
    ]
    code, out, err = talk(seed_index, lines, "--llm", "none", "--as-of", "2025-12-22")
    assert code == 0
    assert "» Radio Free Europe/Radio Liberty, 22 December 2025:" in out
    assert "$106 billion" in out
    assert "[1] Radio Free Europe/Radio Liberty, 22 December 2025, EU loan" in out
    assert "As of 22 December 2025; newest evidence 22 December 2025; " in out
    assert "Searched for: What is Yuri Ushakov’s job?" in err  # the whole name was told by the answer before
    assert "Error: 'someday' is no day.\nWrite it as 2025-12-31, or `today`." in err
    assert "There is no command /nonsense." in err
    assert "Questions are asked as of 2022-01-05." in err
    assert "The last answer cites nothing. Ask" in err.replace("\n", " ")  # it is forgotten
    assert "four of 11 charges" in out
    assert "never asked" not in out + err
    assert "\x1b" not in out  # no colours in a pipe


def test_json_lines(seed_index: Path) -> None:
    lines = ["How much did the EU approve for Kyiv?", "And for Moldova?", "/sources 1", "/sources 9", "?!", "/new"]
    code, out, _ = talk(seed_index, lines, "--llm", "none", "--as-of", "2025-12-22", "--json")
    assert code == 0
    documents: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    first, second, _, no_source, no_question, new = documents
    for answer in (first, second):
        jsonschema.validate(answer, AskJson.model_json_schema(), format_checker=jsonschema.FormatChecker())
    assert "$106 billion" in first["answer"]
    assert second["standalone_question"] == "How much did the EU approve for Moldova?"
    assert (no_source["error"][:11], no_source["retryable"]) in {("There is no", False), ("The last an", False)}
    assert no_question == {"error": "There is no question.", "advice": "Type one.", "retryable": False}
    assert new == {"command": "new"}


def test_no_index(tmp_path: Path) -> None:
    code, out, err = talk(tmp_path / "none", ["Why?"])
    assert (code, out) == (1, "")
    assert "There is no index at" in err


def eventually(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_ctrl_c_stops_the_answer_and_the_server_and_the_chat_goes_on(seed_index: Path) -> None:
    pieces = ("The", " EU", " approved", " $106", " billion", " for", " Kyiv", ". [1]", *(" And", " so", " on") * 900)
    with fake_ollama.serve(fake_ollama.Script(pieces=pieces, piece_s=0.03)) as server:
        chat = start(
            seed_index, "--llm", "ollama/llama3.2:3b", "--as-of", "2025-12-22", DATELINE_OLLAMA_HOST=server.url
        )
        assert chat.stdin is not None
        chat.stdin.write("How much did the EU approve for Kyiv?\n")
        chat.stdin.flush()
        assert eventually(lambda: server.sent > 12, 120)
        chat.send_signal(signal.SIGINT)
        assert server.abandoned.wait(3)  # its connection is closed, so a real server stops
        sent = server.sent
        assert sent < 200
        out, err = chat.communicate("/sources 1\n/quit\n", timeout=60)
    assert chat.returncode == 0
    assert "✓ The EU approved $106 billion for Kyiv. [1]" in out
    assert "Stopped: this is what was checked by then." in err
