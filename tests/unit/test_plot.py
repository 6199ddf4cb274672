"""Charts are well-formed, and as long as the figures they show."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from eval.metrics import Estimate
from eval.plot import LEFT, WIDTH, intervals

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_as_long_as_their_values() -> None:
    rows = {"a < b": Estimate(0.5, 0.4, 0.6, 10), "shipped": Estimate(1.0, 0.9, 1.0, 10)}
    drawn = ET.fromstring(intervals("Hits & misses", rows, highlight="shipped"))
    bars = [r for r in drawn.iter(f"{SVG}rect") if r.get("x") == str(LEFT)]
    span = WIDTH - LEFT - 60
    assert [float(bar.get("width", 0)) for bar in bars] == [span / 2, span]
    assert bars[0].get("fill") != bars[1].get("fill")
    texts = [t.text for t in drawn.iter(f"{SVG}text")]
    assert "a < b" in texts
    assert "Hits & misses" in texts
    assert "0.500" in texts
