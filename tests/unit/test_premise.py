"""Questions that take for granted what the articles deny."""

from __future__ import annotations

import pytest
from fakes.evidence import evidence

from rag.premise import denying


@pytest.mark.parametrize(
    ("question", "sentence", "premise"),
    [
        (
            "When did Mayor Ida Holt resign?",
            "Mayor Ida Holt said she would not resign over the bridge.",
            "Mayor Ida Holt did resign",
        ),
        ("When did Holt resign?", "“I will not resign,” Mayor Ida Holt said on Monday.", "Holt did resign"),
        ("When did Ida Holt resign?", "Holt told Alpha News that she would not resign.", "Ida Holt did resign"),
        ("Why did Ida Holt sign the treaty?", "Ida Holt refused to sign the treaty.", "Ida Holt did sign the treaty"),
        (
            "Who bought the Harbour Bridge tolls?",
            "Nobody has bought the Harbour Bridge tolls.",
            "somebody bought the Harbour Bridge tolls",
        ),
        (
            "When was the Harbour Bridge demolished?",
            "The Harbour Bridge wasn't demolished after the storm.",
            "the Harbour Bridge was demolished",
        ),
        ("When did the mayor of Harbour resign?", "Harbour’s mayor won’t resign.", "the mayor of Harbour did resign"),
        ("When did Holt resign?", "Holt denied that she had resigned.", "Holt did resign"),
        ("When did Holt resign?", "The council denied reports that Ida Holt had resigned.", "Holt did resign"),
        ("When did Holt resign?", "Holt has no plans to resign.", "Holt did resign"),
        ("Which firm bought the Herald?", "Nobody bought the Herald.", "some firm bought the Herald"),
        ("Tell me when Ida Holt resigned.", "Ida Holt has rejected calls to resign.", "Ida Holt resigned"),
    ],
)  # fmt: skip
def test_a_denied_premise_is_found_and_named(question: str, sentence: str, premise: str) -> None:
    found = denying(question, [evidence(1, "The Harbour Bridge is red."), evidence(2, sentence)])
    assert found is not None
    assert found.evidence.n == 2
    assert found.text == f"The question takes for granted that {premise}. The articles say otherwise."


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When did Ida Holt resign?", "Ida Holt stayed on as mayor of Harbour."),
        ("When did Ida Holt resign?", "Holt remains in office despite the fire."),
        ("When did Ida Holt resign?", "Holt was fired by the council on Monday."),
        ("When did Ida Holt step down?", "Mayor Holt was dismissed on Monday."),
        ("When was Ida Holt fired?", "Holt resigned on Monday."),
        ("Why was Ida Holt convicted?", "Ida Holt was acquitted of fraud."),
        ("When did the Senate approve the Harbour bill?", "The Senate rejected the Harbour bill by two votes."),
    ],
)
def test_what_cannot_both_be_true_denies_it(question: str, sentence: str) -> None:
    found = denying(question, [evidence(1, sentence)])
    assert found is not None


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When did Powell resign?", "Musk did not resign."),
        ("When did Powell resign?", "Musk stayed on as an adviser."),
        ("When did Powell resign?", "Powell said that Musk did not resign."),
        ("When did Powell resign?", "Powell's deputy did not resign."),
        ("When did Ida Holt resign?", "Peter Holt did not resign."),
        ("When did Powell resign?", "The council did not resign."),
        ("Who bought the Harbour Bridge tolls?", "Musk did not buy the Harbour Bridge tolls."),
        ("Why did CNN fire Ida Holt?", "CNN did not fire Peter Lane."),
    ],
)
@pytest.mark.parametrize("title", ["", "Powell and Musk meet"])
def test_a_denial_about_somebody_else_is_left_alone(question: str, sentence: str, title: str) -> None:
    assert denying(question, [evidence(1, sentence, title=title)]) is None


def test_the_headline_may_name_who_it_is_about() -> None:
    said = evidence(1, "He will not resign, he told reporters.", title="Powell speaks")
    assert denying("When did Powell resign?", [said]) is not None
    assert denying("When did Powell resign?", [evidence(1, said.sentence.text, title="Musk speaks")]) is None


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Did Mayor Ida Holt resign?", "Mayor Ida Holt said she would not resign."),  # asks whether
        ("Why did Ida Holt not resign?", "Ida Holt said she would not resign."),  # asks for the denial
        ("What did Ida Holt say about resigning?", "Ida Holt said she would not resign."),
        ("Why did Ida Holt refuse to sign the treaty?", "Ida Holt did not sign the treaty."),
        ("When did Ida Holt resign?", "Ida Holt resigned, not without regret, on Monday."),
        ("When did Ida Holt resign?", "The council did not fund a bridge."),  # about something else
        ("When did Ida Holt resign?", "Ida Holt did not say why she chose to resign on Monday."),
        ("When did Ida Holt resign?", "Ida Holt did not say she would resign."),
        ("When did Ida Holt resign?", "Ida Holt will not resign until May."),
        ("When did Ida Holt resign?", "Ida Holt did not resign because of the fire."),
        ("When did Ida Holt resign?", "Ida Holt not only resigned but left the town."),
        ("When did Ida Holt resign?", "Ida Holt did not deny that she had resigned."),
        ("When did Ida Holt resign?", "If Ida Holt does not resign, the council will vote."),
        ("When did Ida Holt resign?", "Ida Holt does not have to resign, a judge said."),
        ("When did Ida Holt resign?", "Ida Holt was not fired, she said."),
        ("When did Ida Holt resign?", "Ida Holt stayed on message."),
    ],
)
def test_what_denies_something_else_is_left_alone(question: str, sentence: str) -> None:
    assert denying(question, [evidence(1, sentence)]) is None


def test_a_later_report_that_it_happened_ends_the_denial() -> None:
    asked = "When did Ida Holt resign?"
    denial = evidence(1, "Ida Holt said she would not resign.", day="2025-05-03")
    assert denying(asked, [denial, evidence(2, "Ida Holt resigned on Friday.", day="2025-05-09")]) is None
    assert denying(asked, [denial, evidence(2, "Ida Holt resigned from a choir.", day="2025-04-09")]) is not None
    assert denying(asked, [denial, evidence(2, "Many want Ida Holt to resign.", day="2025-05-09")]) is not None
