"""What an outlet took back is shown with what it says instead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes.evidence import evidence

from rag.corrections import behind, correction, takes_back
from rag.extract import extract
from rag.types import Evidence

OLD = evidence(1, "The castle’s director, Emil Voss, said that 11 boxes were stolen.", outlet="Alpha", day="2024-05-13")


def corrected(text: str, title: str = "Correction: castle theft", day: str = "2024-05-15") -> Evidence:
    return evidence(2, text, title=title, day=day, outlet="Alpha")


@pytest.mark.parametrize(
    "text",
    [
        "He is Emanuel Voss, not Emil Voss.",
        "Its director is not Emil Voss but Emanuel Voss.",
        "Nine were taken, not 11.",
        "The boxes were nine, and not 11, the police said.",
    ],
)
def test_a_correction_names_what_was_wrong_in_what_is_shown(text: str) -> None:
    found = correction([OLD], [OLD, corrected(text)])
    assert found is not None
    assert (found.wrong.n, found.right.n) == (1, 2)
    assert found.text == "Alpha corrected this on 15 May 2024."


@pytest.mark.parametrize(
    "other",
    [
        corrected("He is Emanuel Voss, not Emil Vos."),  # of somebody else
        corrected("He is Emanuel Voss, not Emil Voss.", day="2024-05-12"),  # older
        corrected("He is Emanuel Voss, not Emil Voss.", title="Castle theft"),  # no correction
        corrected("He is Emil Voss, and not because he wanted to."),
    ],
)
def test_what_corrects_nothing_that_is_shown_is_left_alone(other: Evidence) -> None:
    assert correction([OLD], [OLD, other]) is None


def test_an_outlet_corrects_what_it_wrote_itself() -> None:
    other = evidence(2, "He is Emanuel Voss, not Emil Voss.", title="Correction", day="2024-05-15", outlet="Beta")
    assert correction([OLD], [other]) is None


def test_a_correction_is_known_by_its_words_as_well() -> None:
    text = "In our report we wrote that Emil Voss ran it. The director is Emanuel Voss, not Emil Voss."
    assert correction([OLD], [corrected(text, title="Castle theft")]) is not None


def test_the_sentence_that_says_what_is_wrong_is_not_what_it_corrects() -> None:
    twice = evidence(1, "It is Emanuel Voss, not Emil Voss.", outlet="Alpha", day="2024-05-14")
    assert correction([twice], [corrected("He is Emanuel Voss, not Emil Voss.")]) is None


@pytest.mark.parametrize(
    ("sentence", "repeats"),
    [
        ("In our report of May 13 we wrote that 11 boxes had been stolen.", True),
        ("An earlier version of this article gave another number of boxes.", True),
        ("The article also gave the wrong first name for the director.", True),
        ("The story incorrectly said that 11 boxes were stolen.", True),
        ("The report misstated the number of boxes.", True),
        ("We reported that 11 boxes were stolen, not nine.", False),  # says what is right by itself
        ("We said farewell, the director wrote.", False),
        ("An earlier version of the bill set a limit of 11 boxes.", False),
        ("We reported him to the police, the director said.", False),
        ("The report said that 11 boxes were stolen.", False),
    ],
)
def test_a_sentence_that_only_repeats_what_was_wrong(sentence: str, repeats: bool) -> None:
    assert takes_back(sentence) is repeats


def test_what_was_wrong_is_quoted_with_what_is_right() -> None:
    wrong = evidence(1, "We wrote that 11 boxes had been stolen.", score=20, answers=0.6)
    right = evidence(2, "Nine were.", score=2, answers=0.01)
    right = replace(right, sentence=replace(right.sentence, article_id="a1", position=1))
    others = [evidence(n, f"The castle has {n} doors.", score=15 - n, answers=0.5) for n in range(3, 7)]
    assert behind(wrong, [*others, right]) == right
    assert [s.evidence[0].n for s in extract([wrong, *others, right])] == [1, 2, 3]
