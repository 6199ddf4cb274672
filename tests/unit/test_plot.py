"""Charts are well-formed, and as long as the figures they show."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from eval.metrics import Estimate
from eval.plot import BINS, LEFT, WIDTH, calibration, histogram, intervals

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


def test_a_histogram_counts() -> None:
    drawn = ET.fromstring(histogram("Latency", [0, 10, 10, 24], "ms"))
    bars = [r for r in drawn.iter(f"{SVG}rect") if r.find(f"{SVG}title") is not None]
    tall = [float(bar.get("height", 0)) for bar in bars]
    assert len(tall) == BINS
    # One value a unit of time: bins 0, 10 and the last hold 1, 2 and 1.
    assert [i for i, height in enumerate(tall) if height] == [0, 10, 23]
    assert tall[10] == 2 * tall[0]
    assert bars[10].findtext(f"{SVG}title") == "10 to 11 ms: 2"


def test_a_histogram_of_nothing_but_zeros() -> None:
    assert ET.fromstring(histogram("Latency", [0], "ms")).tag == f"{SVG}svg"


def test_a_calibration_curve() -> None:
    drawn = ET.fromstring(calibration("Judge", {"a < b": [(0.0, 0.0), (0.5, 1.0)], "c": [(1.0, 1.0)]}))
    points = [(c.get("cx"), c.get("cy")) for c in drawn.iter(f"{SVG}circle")]
    assert points == [("200.0", "360.0"), ("360.0", "40.0"), ("520.0", "40.0")]
    assert "a < b" in [t.text for t in drawn.iter(f"{SVG}text")]
