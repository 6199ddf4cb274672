"""Questions that take for granted what the articles deny."""

from __future__ import annotations

import pytest
from fakes.evidence import evidence

from rag.premise import denying


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When did Mayor Ida Holt resign?", "Mayor Ida Holt said she would not resign over the bridge."),
        ("Why did Ida Holt sign the treaty?", "Ida Holt refused to sign the treaty on Monday."),
        ("Who bought the Harbour Bridge tolls?", "Nobody has bought the Harbour Bridge tolls."),
        ("When was the Harbour Bridge demolished?", "The Harbour Bridge wasn't demolished after the storm."),
    ],
)
def test_a_denied_premise_is_found(question: str, sentence: str) -> None:
    found = denying(question, [evidence(1, "The Harbour Bridge is red."), evidence(2, sentence)])
    assert found is not None
    assert found.n == 2


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Did Mayor Ida Holt resign?", "Mayor Ida Holt said she would not resign."),  # asks whether
        ("Why did Ida Holt not resign?", "Ida Holt said she would not resign."),  # asks for the denial
        ("When did Ida Holt resign?", "Ida Holt resigned, not without regret, on Monday."),
        ("When did Ida Holt resign?", "The council did not fund a bridge."),  # about something else
        ("When did Ida Holt resign?", "Ida Holt did not say why she chose to resign on Monday."),
    ],
)
def test_what_denies_something_else_is_left_alone(question: str, sentence: str) -> None:
    assert denying(question, [evidence(1, sentence)]) is None
