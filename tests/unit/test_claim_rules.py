"""What a claim turns round though its words stay: order, amounts, and who does or says it."""

from __future__ import annotations

import pytest

from rag.verify import failures

TRIAL = ["The airline grounded six planes after inspectors found cracks in two blades.", "Flights resume on 22 April."]
PORT = ["The port authority will spend 210 million pounds on two new cranes.", "It plans to buy a third one."]
FARES = ["Bus fares in Calloway will go up from $2.25 to $2.50 on July 1.", "The authority had proposed $2.75."]
FINAL = ["Top seed Karel Vondra lost to qualifier Ben Achterberg.", "Vondra had won their only meeting in Rotterdam."]
MINE = ["The company blamed falling ore grades, while the miners' union blamed bad management.", "Karrup laid off 230."]
HOMES = [
    "Inspectors refused permission for 350 homes.",
    "Developer Corley Homes had argued that drains would solve it.",
]


@pytest.mark.parametrize(
    ("rule", "claim", "evidence"),
    [
        ("order", "Inspectors found cracks in two blades after the airline grounded six planes.", TRIAL),
        ("order", "The airline grounded six planes before inspectors found cracks in two blades.", TRIAL),
        ("order", "Inspectors found cracks in two blades because the airline grounded six planes.", TRIAL),
        ("order", "The port authority has spent 210 million pounds on two new cranes.", PORT),
        (
            "order",
            "Loose bolts caused the collapse.",
            ["Workers had complained about loose bolts.", "It collapsed in May."],
        ),
        ("amounts", "Bus fares in Calloway will go up from $2.25 to $2.75 on July 1.", FARES),
        ("amounts", "All sheep farmers fear for their lambs.", ["Some sheep farmers fear for their lambs."]),
        ("amounts", "At most 900 signed.", ["At least 900 signed."]),
        ("parties", "Qualifier Ben Achterberg lost to top seed Karel Vondra.", FINAL),
        ("parties", "Achterberg had won their only meeting in Rotterdam.", FINAL),
        ("parties", "The miners' union blamed falling ore grades.", MINE),
        ("parties", "Inspectors had argued that drains would solve it.", HOMES),
    ],
)
def test_turned_round(rule: str, claim: str, evidence: list[str]) -> None:
    assert failures(claim, evidence).get(rule)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Inspectors found cracks in two blades before the airline grounded six planes.", TRIAL),
        ("After inspectors found cracks in two blades, the airline grounded six planes.", TRIAL),
        ("The port authority will spend 210 million pounds on cranes.", PORT),
        ("The bridge was closed.", ["The city had to close the bridge."]),
        ("Bus fares in Calloway will go up from $2.25 to $2.50.", FARES),
        ("All passengers were taken ashore.", ["All passengers were taken ashore, and some were treated."]),
        ("More than 900 signed.", ["At least 900 signed, over 900 by one count."]),
        ("Top seed Karel Vondra lost to qualifier Ben Achterberg.", FINAL),
        ("Ben Achterberg beat Karel Vondra.", FINAL),
        ("The miners' union blamed bad management.", MINE),
        ("Corley Homes had argued that drains would solve it.", HOMES),
        (
            "The mayor said the bridge over the Lea would reopen.",
            ["Mayor Holt said the bridge over the Lea would reopen."],
        ),
    ],
)
def test_told_as_the_evidence_tells_it(claim: str, evidence: list[str]) -> None:
    assert not failures(claim, evidence).keys() & {"order", "amounts", "parties"}
