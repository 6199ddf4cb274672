"""Different figures for what is asked."""

from __future__ import annotations

from fakes.evidence import evidence

from rag.conflicts import disagreement

ASKED = "How many people died in the Harbour fire?"


def test_a_later_report_with_another_figure_is_an_update() -> None:
    found = disagreement(
        ASKED,
        [
            evidence(1, "The Harbour fire killed 15 people, police said.", outlet="Beta", day="2025-05-07"),
            evidence(2, "At least 12 people died in the Harbour fire.", outlet="Alpha", day="2025-05-05"),
        ],
    )
    assert found is not None
    assert found.kind == "update"
    assert [f.evidence.n for f in found.figures] == [2, 1]
    assert found.text.startswith(
        "Reports differ: Alpha reported 12 people on 5 May 2025; Beta reported 15 people on 7 May 2025."
    )


def test_two_figures_of_one_day_are_a_conflict() -> None:
    found = disagreement(
        ASKED,
        [
            evidence(1, "The Harbour fire killed 15 people.", outlet="Beta"),
            evidence(2, "The Harbour fire left 12 people dead.", outlet="Alpha"),
        ],
    )
    assert found is not None
    assert found.kind == "conflict"
    assert "replace" not in found.text


def test_money_and_shares_are_compared_with_their_kind() -> None:
    two = [
        evidence(1, "The Harbour Bridge cost $412 million in all.", outlet="Alpha"),
        evidence(2, "The cost of the Harbour Bridge rose to $500 million over 12 years.", outlet="Beta"),
    ]
    found = disagreement("How much did the Harbour Bridge cost?", two)
    assert found is not None
    assert [f.shown for f in found.figures] == ["$412 million", "$500 million"]
    assert disagreement("What percentage did the Harbour Bridge cost?", two) is None


def test_the_same_figure_in_other_words_is_no_disagreement() -> None:
    two = [
        evidence(1, "Twelve people died in the Harbour fire.", outlet="Alpha"),
        evidence(2, "The Harbour fire killed 12 people.", outlet="Beta"),
    ]
    assert disagreement(ASKED, two) is None


def test_reprints_of_one_story_are_one_source() -> None:
    two = [
        evidence(1, "The Harbour fire killed 15 people.", outlet="Alpha", story=7),
        evidence(2, "The Harbour fire killed 12 people.", outlet="Beta", story=7),
    ]
    assert disagreement(ASKED, two) is None


def test_figures_of_other_things_are_left_alone() -> None:
    two = [
        evidence(1, "The Harbour fire killed 15 people.", outlet="Alpha"),
        evidence(2, "The Harbour fire was fought by 60 firefighters from 4 towns.", outlet="Beta"),
        evidence(3, "A flood killed 300 people in another country.", outlet="Gamma"),
    ]
    assert disagreement(ASKED, two) is None


def test_only_questions_for_a_number_are_looked_at() -> None:
    two = [evidence(1, "The fire killed 15 people."), evidence(2, "The fire killed 12 people.")]
    assert disagreement("Who fought the Harbour fire?", two) is None
