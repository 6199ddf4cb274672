"""Numbers as they are meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.quantities import missing_quantities, quantities


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
    assert [(q.value, q.kind) for q in quantities(text)] == [(Decimal(value).normalize(), kind)]


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
    assert all(q.value.is_finite() for q in quantities(text))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("GDP: -0.3%", ["-0.3"]),
        ("GDP: −0.3%", ["-0.3"]),
        ("a loss of -$5 million", ["-5000000"]),
        ("minus five degrees", ["-5"]),
        ("between -10 and (-5)", ["-10", "-5"]),
        ("plus or minus 3 points", ["3"]),
        ("2019-2020", ["2019", "2020"]),
        ("2019 -2020", ["2019", "2020"]),
        ("a 10-5 win", ["10", "5"]),
        ("COVID-19", ["19"]),
        ("a Boeing 737-800", ["737", "800"]),
        ("about 5 - 6 of them", ["5", "6"]),
        ("a mid-2024 vote", ["2024"]),
    ],
)
def test_a_minus_sign_stands_in_front_of_a_number_only(text: str, values: list[str]) -> None:
    assert [q.value for q in quantities(text)] == [Decimal(value).normalize() for value in values]


@pytest.mark.parametrize(
    ("claim", "evidence", "held"),
    [
        ("GDP grew 0.3%.", "GDP: -0.3%.", False),
        ("GDP fell 0.3%.", "GDP: -0.3%.", True),
        ("GDP fell by about 0.3%.", "GDP: −0.3%.", True),
        ("GDP saw a 0.3% decline.", "GDP: -0.3%.", True),
        ("The change was -0.3%.", "GDP shrank 0.3%.", True),
        ("GDP fell to 0.3%.", "GDP: -0.3%.", False),
        ("The change was -0.3%.", "GDP grew 0.3%.", False),
        ("It was minus 5 degrees.", "It was -5 degrees.", True),
        ("It cost 5 rupees.", "It cost ₹5.", True),
        ("It cost $5.", "It cost ₹5.", False),
    ],
)
def test_a_minus_sign_is_part_of_the_number(claim: str, evidence: str, held: bool) -> None:
    assert (not missing_quantities(claim, evidence)) == held


@pytest.mark.parametrize(
    ("claim", "evidence", "held"),
    [
        ("The road is 106 miles long.", "The road is 106 kilometres long.", False),
        ("The road is 106 km long.", "The 106-kilometre road is closed.", True),
        ("It flew at 15,000 mph.", "It flew at 15,000 miles per hour.", True),
        ("It flew at 15,000 mph.", "It flew 15,000 miles.", False),
        ("The storm killed 15 people.", "The storm left 12 killed, 15 injured.", False),
        ("The storm killed 12 people.", "The storm left 12 killed, 15 injured.", True),
        ("12 people were injured.", "The storm killed 12 and injured 15.", False),
        ("15 people were injured.", "The storm killed 12 and injured 15.", True),
        ("15 people died.", "12 people died and 15 were hurt.", False),
        ("12 people died.", "12 people died and 15 were hurt.", True),
        ("There were 21 people.", "They met on 21 December 2025.", False),
        ("They met on 21 December.", "They met on December 21st, 2025.", True),
        ("21 were killed.", "They met on Dec. 21.", False),
        ("They met from 3 to 5 May.", "They met on May 3-5.", True),
        ("It took 21 days.", "It took 21 people.", False),
        ("It took 21 people.", "It took 21 brave workers.", True),
        ("He scored 15 goals.", "He scored 12 goals in 15 games.", False),
        ("He scored 12 goals.", "In 15 games he scored 12 goals.", True),
        ("It lasted three months.", "It lasted three consecutive months.", True),
        ("It lasted three weeks.", "It lasted three months.", False),
        ("It was on the 21st.", "It was on 21 December.", True),
        ("They met on 21 December.", "21 people met.", False),
        ("They stopped on May two.", "They stopped on 2 May.", True),
        ("Two people stopped.", "They stopped on 2 May.", False),
        ("12 people died.", "In May 12 people died.", True),
        ("2,025 people came.", "They came in 2025.", False),
        ("It was in 2025.", "It was on 21 December 2025.", True),
    ],
)
def test_what_a_number_counts(claim: str, evidence: str, held: bool) -> None:
    assert (not missing_quantities(claim, evidence)) == held


@pytest.mark.parametrize(
    ("claim", "evidence", "missing"),
    [
        ("Dozens died.", "60 people died.", []),
        ("Dozens died.", "12 people died.", ["dozens"]),
        ("They have dozens.", "Dozens of them are there.", []),
        ("It cost millions.", "It cost $5 million.", []),
        ("Thousands came.", "They came in 2019.", ["thousands"]),
        ("Dozens came.", "5,000 came.", ["dozens"]),
    ],
)
def test_vague_numbers_are_twice_their_word_at_least(claim: str, evidence: str, missing: list[str]) -> None:
    assert missing_quantities(claim, evidence) == missing
