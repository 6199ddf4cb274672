"""Numbers as they are meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.quantities import Quantity, missing_quantities, quantities


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("$106 billion", 106 * 10**9, "usd"),
        ("106bn dollars", 106 * 10**9, "usd"),
        ("US$1.5 million", 1_500_000, "usd"),
        ("€2.5m", 2_500_000, "eur"),
        ("412 million euros", 412 * 10**6, "eur"),
        ("1,234,567", 1_234_567, ""),
        ("12.5%", Decimal("12.5"), "%"),
        ("four percent", 4, "%"),
        ("twenty-eight", 28, ""),
        ("two hundred and five", 205, ""),
        ("three thousand", 3000, ""),
        ("the 62nd", 62, ""),
    ],
)
def test_read(text: str, value: int | Decimal, kind: str) -> None:
    assert quantities(text) == [Quantity(Decimal(value).normalize(), kind)]


def test_one_is_a_pronoun() -> None:
    assert quantities("one of them") == []


@pytest.mark.parametrize(
    ("claim", "evidence", "missing"),
    [
        ("It cost $106 billion.", "a price of 106bn dollars", []),
        ("It cost $105 billion.", "a price of $106 billion", ["105000000000 usd"]),
        ("It cost 5 dollars.", "It rose 5 percent.", ["5 usd"]),
        ("Three died.", "The storm killed 3 people.", []),
        ("It rose 4%.", "It rose by four percent.", []),
    ],
)
def test_missing(claim: str, evidence: str, missing: list[str]) -> None:
    assert missing_quantities(claim, evidence) == missing


@given(st.integers(0, 10**12))
def test_any_integer_is_read_as_written(number: int) -> None:
    assert [q.value for q in quantities(f"about {number} of them")] == [Decimal(number).normalize()]
    assert [q.value for q in quantities(f"about {number:,} of them")] == [Decimal(number).normalize()]


@given(st.text(max_size=200))
def test_never_fails(text: str) -> None:
    assert all(q.value >= 0 for q in quantities(text))
