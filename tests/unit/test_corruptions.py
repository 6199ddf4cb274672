"""Corruptions change one fact, rewordings none; pairs know which of their words are wrong."""

from __future__ import annotations

import random

import pytest

from eval.corruptions import Pool, corruptions, names
from eval.opposites import NUMBER_WORDS
from eval.reword import reword
from eval.verifier_pairs import Text, pairs
from rag.quantities import missing_quantities

SENTENCE = "Holt told Ida Brandt of Reuters on Friday that 12 bridges in France may not open before March 2024."
POOL = Pool(names=("Karl Weber", "Jane Doe", "Bloomberg"), numbers=("31", "48"), places=("Spain",))


def changed(kind: str, sentence: str = SENTENCE, seed: int = 1) -> str:
    found = {c.kind: c.text for c in corruptions(sentence, POOL, random.Random(seed))}
    return found[kind]


def test_names_leave_out_how_a_sentence_begins_and_the_calendar() -> None:
    assert names("The Bank of England met Ida Brandt on Friday in March.") == ["England", "Ida Brandt"]


@pytest.mark.parametrize("seed", range(5))
def test_each_kind_changes_its_own_fact(seed: int) -> None:
    assert changed("number", seed=seed).split(" that ")[0] == SENTENCE.split(" that ", maxsplit=1)[0]
    assert missing_quantities(changed("number", seed=seed), SENTENCE)
    assert "Ida Brandt" not in changed("name", seed=seed) or "Reuters" not in changed("name", seed=seed)
    assert "France" not in changed("place", seed=seed)
    assert changed("hedge", "He said that it might rain.", seed) == "He said that it will rain."
    assert changed("role", "Alice hit Bob in Paris.", seed) == "Bob hit Alice in Paris."
    assert changed("antonym", "Prices rose by a fifth.", seed) == "Prices fell by a fifth."
    assert changed("negation", "It was not approved.", seed) == "It was approved."
    assert changed("negation", "It was approved.", seed) == "It was not approved."


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The alleged thief left the town on Monday.", "The thief left the town on Monday."),
        ("Police reportedly found 12 coins.", "Police found 12 coins."),
        ("He is likely to win the seat.", "He is to win the seat."),
    ],
)
def test_a_suspicion_told_as_a_fact_is_false(said: str, told: str, seed: int) -> None:
    assert changed("hedge", said, seed) == told


def test_what_somebody_said_keeps_its_hedges() -> None:
    quoted = "“It is probably over,” Holt said."
    assert all(c.kind != "hedge" for c in corruptions(quoted, POOL, random.Random(1)))


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("The mayor allegedly took 300 euros in the town hall of Aarhus.", "allegedly"),
        ("Nearly all of the old ferry is hardly used by anyone in the town.", "hardly"),
        ("The ferry will close in the autumn after a hundred years, Peskov said.", "Peskov said"),
    ],
)
def test_a_rewording_keeps_doubts_and_who_said_it(sentence: str, kept: str, seed: int) -> None:
    said = reword(sentence, random.Random(seed))
    assert kept in said or ("said" in kept and any(f"Peskov {verb}" in said for verb in ("stated", "says"))), said


def test_what_a_sentence_does_not_hold_is_not_changed() -> None:
    assert list(corruptions("it rained all day long", Pool(), random.Random(1))) == []


@pytest.mark.parametrize("seed", range(40))
def test_a_rewording_states_no_other_number_and_adds_no_name(seed: int) -> None:
    said = reword(SENTENCE, random.Random(seed))
    assert not missing_quantities(said, SENTENCE)
    assert {part for name in names(said) for part in name.split()} <= {"Ida", "Brandt", "Reuters", "France", "Holt"}
    assert "may open" not in said


def text(subject: str) -> Text:
    body = " ".join(
        f"Ida Brandt said on Friday that {subject} number {n} rose by {n + 3} percent in France after rain."
        for n in range(2, 12)
    )
    return Text({"title": f"Brandt: {subject} rose in France after rain", "text": body, "outlet": "Desk"})


def test_pairs_are_labelled_and_point_at_what_is_wrong() -> None:
    made = [pair for seed in range(6) for pair in pairs(text("bridges"), text("museums"), random.Random(seed))]
    assert {pair.supported for pair in made} == {True, False}
    for pair in made:
        if pair.supported:
            assert pair.wrong == []
        for start, end in pair.wrong or []:
            assert 0 <= start < end <= len(pair.claim)
    numbers = [pair for pair in made if pair.kind == "sentence-number"]
    assert numbers
    for pair in numbers:
        wrong = " ".join(pair.claim[a:b] for a, b in pair.wrong or [])
        assert any(word.strip(".,%").isdigit() or word in NUMBER_WORDS for word in wrong.split()), pair


def test_the_same_seed_makes_the_same_pairs() -> None:
    one, two = (list(pairs(text("bridges"), text("museums"), random.Random(3))) for _ in range(2))
    assert one == two
