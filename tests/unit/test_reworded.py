"""A claim in the words of its evidence: the same said otherwise, and nothing where it is not surely the same."""

from __future__ import annotations

import pytest

from rag.reworded import reworded
from rag.verify_learned import LearnedVerifier

POOL = "Councillors voted 9-4 on Monday night to close the Mill Street swimming pool."
DAY = "The Ledger, 11 March 2025"


@pytest.mark.parametrize(
    ("claim", "evidence", "expected"),
    [
        (
            "Councillors voted on 10 March 2025 to close the pool.",
            POOL,
            "Councillors voted on Monday to close the pool.",
        ),
        ("On March 10, councillors voted to close it.", POOL, "On Monday, councillors voted to close it."),
        ("Traffic grew in 2024.", "Traffic grew last year.", "Traffic grew last year."),
        ("The drug reduced the risk.", "The drug cut the risk.", "The drug cut the risk."),
        ("Drains would help, according to Holt.", "Ida Holt said drains would help.", "Holt said drains would help."),
        ("The pool was closed by the city.", "The city closed the pool.", "The city closed the pool."),
        ("The pool will be closed by the city.", "The city will close the pool.", "The city will close the pool."),
        ("The owner was cut.", "The owner, Miriam Costa, was cut.", "The owner Miriam Costa was cut."),
    ],
)
def test_the_same_in_the_words_of_the_evidence(claim: str, evidence: str, expected: str) -> None:
    assert reworded(claim, [evidence], DAY) == expected


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Councillors voted on 8 March 2025 to close the pool.", POOL),  # a Saturday
        ("Drains would help, according to Weber.", "Ida Holt said drains would help."),
        ("The pool was closed by the city.", "The city will close the pool."),  # not yet
        ("The city was sued by the owner.", "The city sued the owner."),
        ("“We reduced the risk,” Holt said.", "“We cut the risk,” Holt said."),  # her words
    ],
)
def test_what_is_not_the_same_stays(claim: str, evidence: str) -> None:
    assert reworded(claim, [evidence], DAY) == claim


def test_a_day_that_the_article_means_is_no_doubt_to_the_network() -> None:
    verifier = LearnedVerifier()
    right = verifier.verify("Councillors voted on 10 March 2025 to close the Mill Street swimming pool.", [POOL], DAY)
    wrong = verifier.verify("Councillors voted on 8 March 2025 to close the Mill Street swimming pool.", [POOL], DAY)
    assert wrong.support < verifier.threshold <= right.support
