"""How closely a sentence follows its source."""

import time

import pytest

from rag.copying import in_order, loses_attribution, loses_limit, loses_subject

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
        ("12 people died in the flood.", "Officials say 12 people died in the flood.", True),
        ("Iran is building a bomb.", "Netanyahu believes Iran is building a bomb.", True),
        ("Holt will rebuild the ferry.", "Holt hopes to rebuild the ferry.", True),
        ("Prices are expected to rise.", "Analysts expect prices to rise.", False),
        # What the sentence says itself.
        ("Police arrested three men.", "Police arrested three men and said they were armed.", False),
        ("Police arrested three men who were armed.", "Police arrested three men and said they were armed.", True),
        ("The court lifted the order.", "The court lifted the order against Holt, who claims it was a plot.", False),
    ],
)
def test_who_said_so(claim: str, sentence: str, loses: bool) -> None:
    assert loses_attribution(claim, sentence) is loses


@pytest.mark.parametrize(
    "told",
    [
        "Officials say %s.",
        "Survivors tell of it: %s, neighbours say.",
        "Ministers believe %s.",
        "Holt believes %s.",
        "The bridge is believed to have collapsed in May.",
        "Prosecutors allege %s.",
        "Prosecutors accuse Holt of hiding that %s.",
        "Lawyers have accused Holt of hiding that %s.",
        "Holt stated that %s.",
        "Data suggest %s.",
        "A letter suggests that %s.",
        "Holt writes that %s.",
        "Holt wrote on Monday that %s.",
        "“%s,” wrote Holt.",
        "%s, Holt wrote in her letter.",
        "%s, Holt posted on X.",
        "Holt posted that %s.",
        "Holt tweeted: “%s.”",
        "Holt promised that %s.",
        "Holt testified that %s.",
        "Holt testified she knew that %s.",
        "Lawyers contend %s.",
        "Holt acknowledged that %s.",
        "The government acknowledged the bridge had collapsed in May.",
        "Engineers think %s.",
        "Engineers expect that %s.",
        "Analysts fear the bridge has collapsed in May.",
        "Engineers hope that %s.",
        "Critics insist %s.",
        "Engineers argue %s.",
        "Holt maintains that %s.",
        "Police report %s.",
        "Police claim the bridge has collapsed in May.",
        "Experts estimate that %s.",
        "Experts warn %s.",
    ],
)
def test_however_it_is_told_it_is_somebodys_word(told: str) -> None:
    fact = "the bridge collapsed in May"
    source = told.replace("%s", fact)
    assert loses_attribution("The bridge collapsed in May.", source)
    assert not loses_attribution(source, source)


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("The company made £300m in profit last year.", "The company reported £300m in profit last year."),
        ("Apple lost more than in 2023.", "Apple reported a bigger loss than in 2023."),
        ("The company made a profit of £3m.", "The company posted a profit of £3m."),
        ("Smith is the author of a book about Rome.", "Smith wrote a book about Rome."),
        ("Holt received the letter on Monday.", "Holt acknowledged receipt of the letter on Monday."),
        ("Leeds stayed in the lead.", "Leeds maintained their lead to the end."),
        ("The governor of the state resigned.", "The state governor has resigned over the bridge."),
        ("Oil costs more as war looms.", "Fears of war have made oil cost more."),
        ("The United States won gold.", "The United States team was first and won gold."),
        ("Maine and Ohio saved money.", "Maine, Ohio and other states that were in debt saved money."),
        ("The band cannot sing them.", "The band is old, and nobody sings high notes in decades: it cannot."),
        ("Lynch was cleared on Monday.", "Lynch, accused of fraud, was cleared on Monday."),
        ("A think tank in Paris published it.", "It was published by a think tank in Paris."),
    ],
)
def test_a_word_that_only_looks_like_saying_so(claim: str, sentence: str) -> None:
    assert not loses_attribution(claim, sentence)


def test_a_claim_that_only_looks_like_saying_so_leaves_it_out() -> None:
    assert loses_attribution("Apple posted a profit.", "Apple posted a profit, the agency said.")


@pytest.mark.parametrize("piece", ["wrote ", "”", "reported a ", "a, wrote ", "post in May "])
def test_a_long_sentence_takes_no_long_time(piece: str) -> None:
    start = time.perf_counter()
    loses_attribution("It rained.", piece * 1000 + "wrote")
    assert time.perf_counter() - start < 5


def test_who_reports_a_figure_stays_named() -> None:
    assert loses_attribution("Three people died.", "The ministry reported three deaths.")
    assert loses_attribution("Three deaths occurred on Monday.", "Three deaths were reported on Monday.")


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


@pytest.mark.parametrize(
    ("claim", "loses"),
    [
        ("She could receive as much as 20 years in prison.", True),
        ("She could receive as much as 20 years in prison for each count.", False),
    ],
)
def test_what_limits_a_sentence_stays(claim: str, loses: bool) -> None:
    assert loses_limit(claim, "She could receive as much as 20 years in prison, plus a fine, for each count.") is loses
    assert not loses_limit(claim, "She could receive as much as 20 years in prison.")
