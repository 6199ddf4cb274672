"""`dateline serve --api` as it is run from the command line: the window, and other programs beside it."""

from __future__ import annotations

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
        asked = httpx.post(f"http://127.0.0.1:{api}/api/ask", json={"question": QUESTION}, timeout=120).json()
        assert "$106 billion" in asked["answer"]
        assert "Dateline" in httpx.get(f"http://127.0.0.1:{window}/", timeout=60).text
    finally:
        serving.terminate()
        assert serving.wait(60) == 130, "it closes in order, as at Ctrl-C"
    assert said.read_text().splitlines()[-1] == "Stopped."
