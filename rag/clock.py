"""How long each stage of an answer took."""

from __future__ import annotations

import time


class Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {"retrieve": 0.0, "draft": 0.0, "verify": 0.0}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps[stage] += now - self._last
        self._last = now

    def timing(self, stage: str) -> _Timing:
        return _Timing(self._laps, stage)

    def done(self) -> dict[str, int]:
        laps = dict(self._laps)
        laps["draft"] = max(laps["draft"] - laps["verify"], 0.0)
        laps["total"] = time.perf_counter() - self._start
        return {stage: round(seconds * 1000) for stage, seconds in laps.items()}


class _Timing:
    """Adds the time spent in its block to one stage."""

    def __init__(self, laps: dict[str, float], stage: str) -> None:
        self._laps, self._stage = laps, stage

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *exc: object) -> None:
        self._laps[self._stage] += time.perf_counter() - self._start
