"""A word of a claim in whose place the evidence says the opposite, or an earlier stage of the same thing."""

from __future__ import annotations

import pytest

from rag.opposites import opposites

BILL = "Senators rejected the housing bill on Tuesday after a long debate."
AID = "The ministry has pledged 40 million euros to the flooded villages."


@pytest.mark.parametrize(
    ("claim", "evidence", "reason"),
    [
        ("Senators approved the housing bill on Tuesday.", BILL, "“rejected”, not “approved”"),
        ("The ministry has paid 40 million euros to the villages.", AID, "“pledged”, not “paid”"),
        ("Demand in Asia remained strong.", "Demand in Asia remained weak.", "“weak”, not “strong”"),
        ("The court called the arrest lawful.", "The court called the arrest unlawful.", "“unlawful”, not “lawful”"),
        ("The storm damaged 52 homes.", "The storm destroyed 52 homes.", "“destroyed”, not “damaged”"),
    ],
)
def test_the_opposite_in_the_same_place(claim: str, evidence: str, reason: str) -> None:
    assert opposites(claim, [evidence]) == [f"the evidence says {reason}"]


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Eleven people died in the crash.", "The crash killed eleven people and injured four."),  # the same, too
        ("The plan was not approved.", "The plan was rejected."),
        ("The cause is not clear.", "The cause is unclear."),
        ("Vondra beat Achterberg.", "Achterberg lost to Vondra."),
        ("Shares rose after the news.", "The news came a day after bonds fell."),  # of another thing
        ("Davidson went to prison for life.", "Davidson was sentenced to imprisonment for life."),
    ],
)
def test_what_is_no_contradiction(claim: str, evidence: str) -> None:
    assert opposites(claim, [evidence]) == []
