"""A chart of systems with their 95% intervals, as a self-contained SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from eval.metrics import Estimate

WIDTH, LEFT, ROW, TOP, BOTTOM = 720, 170, 26, 40, 34
_INK, _MUTED, _BAR, _BEST = "#1f2430", "#6b7280", "#9db4d3", "#2f6db5"


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

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
            f'font-size="13" role="img" aria-label="{escape(title)}">'
        ),
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="16" y="24" font-size="15" font-weight="600" fill="{_INK}">{escape(title)}</text>',
    ]
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
