"""How closely a sentence follows its source."""

import pytest

from rag.copying import in_order, loses_attribution, loses_subject

COUNTS = "The guilty counts were one of conspiring to defraud investors and three of wire fraud."


@pytest.mark.parametrize(
    ("claim", "share"),
    [
        (COUNTS, 1.0),
        ("The guilty counts were three of wire fraud.", 1.0),
        ("The jurors sang.", 0.0),
        ("", 0.0),
    ],
)
def test_share_of_words_in_order(claim: str, share: float) -> None:
    assert in_order(claim, COUNTS) == share


def test_a_word_counts_as_often_as_the_source_has_it() -> None:
    twice = "The guilty counts were one of conspiring to defraud investors, one of wire fraud and three of wire fraud."
    assert in_order(twice, COUNTS) < 0.9


def test_turned_round_is_not_in_order() -> None:
    assert in_order("Holt beat Marsh in Paris", "Marsh beat Holt in Paris") < 0.9


@pytest.mark.parametrize(
    ("claim", "sentence", "loses"),
    [
        ("The risk was low.", "The agency said that the risk was low.", True),
        ("The agency said the risk was low.", "The agency said that the risk was low.", False),
        ("The risk was low.", "According to the agency, the risk was low.", True),
        ("The verdict was a win.", 'Demos described the verdict as "a win".', True),
        ("The bridge opened.", "The bridge opened on Monday.", False),
        ("The war will end within weeks.", "The war will end within weeks, Peskov said.", True),
        ("The war will end within weeks.", "The war will end within weeks, as Peskov told reporters.", True),
        ("The war will end within weeks.", "The war will end within weeks, according to Peskov, who smiled.", True),
        ("The war will end within weeks.", "On Monday, Peskov said the war will end within weeks.", True),
        ("Trump won the election.", "Trump said he won the election.", True),
        # Other words for saying so.
        ("Peskov believes the war will end within weeks.", "The war will end within weeks, Peskov said.", False),
        ("The war will end within weeks, Peskov stated.", "The war will end within weeks, Peskov said.", False),
        ("The United States expected it.", "The United States expected it, the agency said.", True),
        # What the sentence says itself.
        ("Police arrested three men.", "Police arrested three men and said they were armed.", False),
        ("Police arrested three men who were armed.", "Police arrested three men and said they were armed.", True),
        ("The court lifted the order.", "The court lifted the order against Holt, who claims it was a plot.", False),
    ],
)
def test_who_said_so(claim: str, sentence: str, loses: bool) -> None:
    assert loses_attribution(claim, sentence) is loses


@pytest.mark.parametrize(
    ("claim", "sentence", "loses"),
    [
        ("They rejected the report.", "Their group, the AMPTP, rejected the report.", True),
        ("They rejected the report.", "They rejected the report on Monday.", False),
        ("The AMPTP rejected the report.", "Their group, the AMPTP, rejected the report.", False),
        ("Itaipu closed.", "The Itaipu dam closed.", False),
    ],
)
def test_whom_it_is_about(claim: str, sentence: str, loses: bool) -> None:
    assert loses_subject(claim, sentence) is loses


@pytest.mark.parametrize(
    ("before", "loses"),
    [
        ("The Harbour Bridge opened on Saturday.", False),
        ("The Harbour Tunnel opened on Saturday.", True),
        ("", True),
    ],
)
def test_the_sentence_before_may_name_it(before: str, loses: bool) -> None:
    source = "In May the Harbour Bridge cost 412 million euros."
    assert loses_subject("It cost 412 million euros in May.", source, before) is loses


def test_nothing_that_was_left_out_is_no_subject() -> None:
    assert loses_subject("It cost 412 million euros.", "412 million euros: the cost.", "412 million euros.")
