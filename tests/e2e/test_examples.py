"""The examples in docs/examples run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
HOLMES = "convicted Elizabeth Holmes, who founded the blood-testing company Theranos"


def test_llamaindex(seed_index: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "llamaindex.py", seed_index],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert HOLMES in lines[0]
    assert "2022-01-03" in lines[0]
    cited = [line for line in lines if line.startswith("[1] ")]
    assert len(cited) == 1
    assert HOLMES in cited[0]
