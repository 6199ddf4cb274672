"""Charts as self-contained SVG: values with their 95% intervals, a histogram, a calibration curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from eval.metrics import Estimate

WIDTH, LEFT, ROW, TOP, BOTTOM = 720, 170, 26, 40, 34
HEIGHT, SIDE = 240, 60  # of the charts with two axes
BINS = 24
_INK, _MUTED, _BAR, _BEST = "#1f2430", "#6b7280", "#9db4d3", "#2f6db5"
_LINES = (_BEST, "#b5532f", "#2f8f5b", "#7a4fb5")


def intervals(title: str, rows: Mapping[str, Estimate], *, highlight: str = "") -> str:
    """Horizontal bars from 0 to 1, one a system, with whiskers for the interval.

    Args:
        title: stands above the chart.
        rows: systems in the order in which they are drawn.
        highlight: the system that is drawn in the stronger colour.
    """
    height = TOP + ROW * len(rows) + BOTTOM
    span = WIDTH - LEFT - 60

    def x(value: float) -> float:
        return round(LEFT + span * value, 1)

    parts = _frame(title, height)
    for tick in range(0, 11, 2):
        at = x(tick / 10)
        parts.append(f'<path d="M{at} {TOP}V{height - BOTTOM}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{at}" y="{height - 12}" text-anchor="middle" fill="{_MUTED}">{tick / 10:.1f}</text>')
    for i, (name, value) in enumerate(rows.items()):
        y = TOP + ROW * i
        middle = y + ROW / 2
        colour = _BEST if name == highlight else _BAR
        parts += [
            f'<text x="{LEFT - 10}" y="{middle + 4}" text-anchor="end" fill="{_INK}">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y + 5}" width="{round(span * value.mean, 1)}" height="{ROW - 10}" fill="{colour}"/>',
            f'<path d="M{x(value.low)} {middle}H{x(value.high)}" stroke="{_INK}" stroke-width="1.5"/>',
            f'<text x="{x(value.high) + 8}" y="{middle + 4}" fill="{_INK}">{value.mean:.3f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def histogram(title: str, values: Sequence[float], unit: str) -> str:
    """How many values fall into each of `BINS` equal intervals from 0 to the largest.

    Args:
        title: stands above the chart.
        values: at least one, none negative.
        unit: of the values; stands at the axis.
    """
    counts, edges = np.histogram(values, bins=BINS, range=(0, max(*values, 1)))
    parts = _frame(title, HEIGHT)
    bottom, span = HEIGHT - BOTTOM, WIDTH - 2 * SIDE
    for i, count in enumerate(counts.tolist()):
        tall = round((bottom - TOP) * count / counts.max(), 1)
        x, wide = round(SIDE + span * i / BINS, 1), round(span / BINS - 2, 1)
        about = f"{edges[i]:.0f} to {edges[i + 1]:.0f} {unit}: {count}"
        parts.append(
            f'<rect x="{x}" y="{round(bottom - tall, 1)}" width="{wide}" height="{tall}" fill="{_BEST}">'
            f"<title>{escape(about)}</title></rect>"
        )
    for share in (0, 0.25, 0.5, 0.75, 1):
        words = f"{edges[-1] * share:,.0f} {unit}"
        parts.append(_label(round(SIDE + span * share, 1), HEIGHT - 12, words, "middle"))
    parts.append(_label(SIDE - 8, TOP + 10, str(counts.max()), "end"))
    return "\n".join([*parts, "</svg>", ""])


def calibration(title: str, curves: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Points (mean score, share of positives) joined by lines, one line a name, over the perfect diagonal.

    Args:
        title: stands above the chart.
        curves: at most four, each from left to right.
    """
    side = 320
    height = TOP + side + BOTTOM
    left = (WIDTH - side) // 2

    def at(point: tuple[float, float]) -> str:
        return f"{round(left + side * point[0], 1)} {round(TOP + side * (1 - point[1]), 1)}"

    parts = _frame(title, height)
    parts.append(f'<path d="M{at((0, 0))}L{at((1, 1))}" stroke="{_MUTED}" stroke-dasharray="4 4"/>')
    for tick in range(0, 11, 2):
        share = tick / 10
        parts.append(f'<path d="M{at((0, share))}L{at((1, share))}" stroke="#e5e7eb"/>')
        parts.append(_label(left - 8, round(TOP + side * (1 - share) + 4, 1), f"{share:.1f}", "end"))
        parts.append(_label(round(left + side * share, 1), height - 12, f"{share:.1f}", "middle"))
    for i, (name, points) in enumerate(curves.items()):
        colour = _LINES[i]
        parts.append(
            f'<path d="M{"L".join(at(point) for point in points)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [f'<circle cx="{at(p).split()[0]}" cy="{at(p).split()[1]}" r="3.5" fill="{colour}"/>' for p in points]
        y = TOP + 16 + 20 * i
        parts.append(f'<rect x="{left + side + 16}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + side + 34}" y="{y}" fill="{_INK}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _frame(title: str, height: int) -> list[str]:
    return [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
            f'font-size="13" role="img" aria-label="{escape(title)}">'
        ),
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="16" y="24" font-size="15" font-weight="600" fill="{_INK}">{escape(title)}</text>',
    ]


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{_MUTED}">{escape(words)}</text>'
