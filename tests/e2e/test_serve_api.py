"""`dateline serve --api` as it is run from the command line: the window, and other programs beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
from e2e.browser import free_port

QUESTION = "How much did the EU approve for Kyiv?"


def test_the_window_and_the_api_answer_from_one_process(seed_index: Path, tmp_path: Path) -> None:
    window, api = free_port(), free_port()
    command = [
        str(Path(sys.executable).with_name("dateline")),
        *("serve", "--api", "--port", str(window), "--api-port", str(api), "--index", str(seed_index), "--llm", "none"),
        *("--rate", "2/minute"),
    ]
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    said = tmp_path / "said"
    with said.open("w") as out:
        serving = subprocess.Popen(command, stdout=out, stderr=out, env=environ)
    try:
        until = time.monotonic() + 200
        while f"Dateline is at http://127.0.0.1:{window}" not in said.read_text():
            assert serving.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.2)
        assert f"The API is at http://127.0.0.1:{api}" in said.read_text()
        ready = httpx.get(f"http://127.0.0.1:{api}/readyz", timeout=60).json()
        assert ready["model"] == "none"
        this = {"X-Request-ID": "of-a-test.1"}
        asked = httpx.post(f"http://127.0.0.1:{api}/api/ask", json={"question": QUESTION}, headers=this, timeout=120)
        assert "$106 billion" in asked.json()["answer"]
        models = f"http://127.0.0.1:{api}/v1/models"
        assert [httpx.get(models).status_code, httpx.get(models).status_code] == [200, 429], "--rate 2/minute"
        assert "Dateline" in httpx.get(f"http://127.0.0.1:{window}/", timeout=60).text
    finally:
        serving.terminate()
        assert serving.wait(60) == 130, "it closes in order, as at Ctrl-C"
    lines = said.read_text().splitlines()
    assert lines[-1] == "Stopped."
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    told = [(line["request_id"], line["route"], line["status"]) for line in logged if line["message"] == "request"]
    assert told.count(("of-a-test.1", "/api/ask", 200)) == 1
    assert [status for _, route, status in told if route == "/v1/models"] == [200, 429]
    assert QUESTION not in said.read_text()
