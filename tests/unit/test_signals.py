"""What words show of a claim: hand-counted values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.signals import SHARES, signals


def shares(claim: str, *evidence: str) -> dict[str, float]:
    return signals(claim, evidence).shares


def test_a_sentence_is_in_itself_in_one_piece() -> None:
    found = shares("Alice hit Bob.", "Alice hit Bob.")
    assert found == {
        "coverage": 1, "missing": 0, "pairs": 1, "bigrams": 1, "trigrams": 1, "together": 1, "ordered": 1, "pieces": -1,
    }  # fmt: skip


def test_exchanged_the_words_are_there_and_their_order_is_not() -> None:
    found = shares("Bob hit Alice.", "Alice hit Bob.")
    assert (found["coverage"], found["together"]) == (1, 1)
    assert found["ordered"] == 0, "neither bob before hit, nor hit before alice, nor bob before alice"
    assert found["pieces"] == -3


def test_a_claim_put_together_from_two_sentences_is_in_two_pieces() -> None:
    found = shares("Acme sold boats, Globex bought planes.", "Acme sold boats.", "Globex bought planes.")
    assert found["coverage"] == 1
    assert found["together"] == 0.5
    assert found["pieces"] == -2
    assert found["ordered"] == pytest.approx(6 / 15), "three pairs of each half, of fifteen"


def test_a_word_that_is_nowhere_is_a_piece_of_its_own() -> None:
    assert shares("Acme sold wooden boats.", "Acme sold boats.")["pieces"] == -3


@given(st.text(max_size=80), st.lists(st.text(max_size=80), min_size=1, max_size=3))
def test_every_share_stays_in_its_range(claim: str, evidence: list[str]) -> None:
    found = shares(f"Words {claim}", *(f"Words {one}" for one in evidence))
    assert found.keys() == set(SHARES)
    assert found["missing"] <= 0
    assert found["pieces"] <= -1
    assert all(0 <= found[name] <= 1 for name in SHARES if name not in ("missing", "pieces"))
