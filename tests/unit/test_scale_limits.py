"""The size test fails where a figure is not what it should be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torture.scale import LIMITS, enlarged, missed


def test_a_figure_beyond_its_limit_is_named() -> None:
    found: dict[str, dict[str, Any]] = {}
    for step, figure, _, limit in LIMITS:
        found.setdefault(step, {})[figure] = limit
    assert missed(found) == []
    found["ingest"]["rss_mb_most"] = 1_501
    found["recall"]["recall_compared_exactly"] = 0.979
    assert missed(found) == [
        "ingest: rss_mb_most is 1501, at most 1500 is wanted",
        "recall: recall_compared_exactly is 0.979, at least 0.98 is wanted",
    ]


def test_memory_is_that_of_the_process_and_not_of_the_one_that_started_it() -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell the peak of a process by itself")
    code = "from torture.scale import memory; print(memory())"
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    before = int(subprocess.check_output([sys.executable, "-c", code], env=environ))
    held = np.ones(400 * 1024**2 // 8)  # 400 MB more in this process
    after = int(subprocess.check_output([sys.executable, "-c", code], env=environ))
    assert held.nbytes // 1024**2 == 400
    assert after < before + 100


def test_neighbours_are_unit_vectors_as_near_as_they_should_be() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((20, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = enlarged(vectors, 50)
    assert found.shape == (50, 384)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found[:20], vectors)
    nearest = (found[20:] @ vectors.T).max(axis=1)
    np.testing.assert_allclose(nearest, 0.86, atol=1e-3)
