"""The set of claims that was written for the verifier by another hand, and the command that measures it."""

from __future__ import annotations

from collections import Counter

import pytest

from eval.claims import SET, read, supports, table
from rag.verify import OverlapVerifier
from rag.verify_learned import LearnedVerifier

ROWS = read(SET)
ROW = {"evidence": ["Rain closed the bridge."], "claim": "Rain closed the bridge.", "supported": True, "kind": "part"}


def test_the_set_is_half_true_in_both_halves_and_no_passage_is_in_both() -> None:
    assert len(ROWS) == 360
    assert Counter((row["half"], row["supported"]) for row in ROWS) == {
        ("studied", True): 90, ("studied", False): 90, ("held out", True): 90, ("held out", False): 90,
    }  # fmt: skip
    assert len({(row["half"], row["passage"]) for row in ROWS}) == len({row["passage"] for row in ROWS})
    assert not any(row["claim"] in row["evidence"] for row in ROWS if not row["supported"])


def test_the_table_counts_right_verdicts_by_half_and_kind() -> None:
    rows = [
        {**ROW, "half": "studied"},
        {**ROW, "half": "studied", "claim": "Rain closed the museum.", "supported": False, "kind": "place"},
        {**ROW, "half": "held out"},
        {**ROW, "half": "held out", "claim": "Snow closed it.", "supported": False, "kind": "cause"},
    ]
    assert table(rows, [1.0, 0.7, 1.0, 0.1], 0.6) == {
        "studied": "0.500 (true 1.000, false 0.000, n 2)",
        "held out": "1.000 (true 1.000, false 1.000, n 2)",
        "together": "0.750 (true 1.000, false 0.500, n 4)",
        "true: part": "2 of 2",
        "false: cause": "1 of 1",
        "false: place": "0 of 1",
    }


def test_the_day_of_publication_stands_beside_the_evidence() -> None:
    row = {**ROW, "outlet": "The Ledger", "published": "2025-03-11", "evidence": ["Rain closed it on Monday."]}
    told = [{**row, "claim": "Rain closed it on 10 March 2025."}, {**row, "claim": "Rain closed it on 8 March 2025."}]
    right, wrong = supports(OverlapVerifier(), told)
    assert wrong < OverlapVerifier.threshold <= right


@pytest.mark.parametrize(("half", "least"), [("studied", 0.88), ("held out", 0.8)])  # .900 and .817 measured
def test_balanced_accuracy_on_claims_of_another_hand(half: str, least: float) -> None:
    verifier, rows = LearnedVerifier(), [row for row in ROWS if row["half"] == half]
    figures = table(rows, supports(verifier, rows), verifier.threshold)
    assert float(figures[half].split()[0]) >= least, figures
