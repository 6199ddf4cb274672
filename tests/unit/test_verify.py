"""What the evidence supports, and what only looks so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.verify import Case, OverlapVerifier, Verdict, failures, verbatim
from rag.verify_learned import at_once

LOAN = "U.S. envoys met officials, and leaders of the EU agreed on a $106 billion loan package for Kyiv."
CALL = "Spokesman Dmitry Peskov said that no call was planned, though one “could be arranged quickly.”"
RAIN = "Forecaster Ida Holt said heavy rain may close the bridge on Friday."
verifier = OverlapVerifier()


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Leaders of the EU agreed on a $106 billion loan package for Kyiv.", LOAN),
        ("The EU agreed on a loan package of 106bn dollars for Kyiv.", LOAN),
        ("Peskov said that no call was planned.", CALL),
        ("Spokesman Peskov said that no call was planned.", CALL),
        ("A call “could be arranged quickly”, Peskov said.", CALL),
        ("Heavy rain may close the bridge, Holt said.", RAIN),
    ],
)
def test_supported(claim: str, evidence: str) -> None:
    verdict = verifier.verify(claim, [evidence])
    assert verdict.support >= verifier.threshold, verdict.reasons


@pytest.mark.parametrize(
    ("claim", "evidence", "reason"),
    [
        ("Leaders of the EU agreed on a $105 billion loan package for Kyiv.", LOAN, "does not state"),
        ("Ottawa agreed on a $106 billion loan package for Kyiv.", LOAN, "does not name Ottawa"),
        ("Leaders of NATO agreed on a $106 billion loan package for Kyiv.", LOAN, "does not name NATO"),
        ("Leaders of the EU did not agree on a $106 billion loan package for Kyiv.", LOAN, "denies"),
        ("Ushakov said that no call was planned.", CALL, "say it"),
        (
            "It was played at Lincoln Stadium.",
            "It was played at Memorial Stadium in Lincoln.",
            "does not name Lincoln Stadium",
        ),
        ("A call “will be arranged quickly”, Peskov said.", CALL, "nobody is quoted"),
        ("Heavy rain will close the bridge on Friday.", RAIN, "only that it may"),
    ],
)
def test_changed_in_one_point(claim: str, evidence: str, reason: str) -> None:
    verdict = verifier.verify(claim, [evidence])
    assert verdict.support < verifier.threshold
    assert any(reason in found for found in verdict.reasons), verdict.reasons


@pytest.mark.parametrize(
    ("claim", "evidence", "reason"),
    [
        ("The plant will employ 900 people.", "The plant is expected to employ 900 people.", "expected to"),
        ("The fire began in a shed.", "Police believe the fire began in a shed.", "somebody say it only"),
        ("Fourteen officials rigged the vote.", "Fourteen officials were accused of rigging the vote.", "accused of"),
        ("The drug has already been licensed.", "The drug has not yet been licensed.", "denies it"),
        (
            "An iceberg, not an explosion, sank the ship.",
            "An explosion, not an iceberg, sank the ship.",
            "denies something else",
        ),
    ],
)
def test_surer_than_the_evidence_or_the_other_way_round(claim: str, evidence: str, reason: str) -> None:
    found = [one for reasons in failures(claim, [evidence]).values() for one in reasons]
    assert any(reason in one for one in found), found


def test_what_another_sentence_denies_counts_where_none_states_it() -> None:
    evidence = ["Chief executive Ruth Amadi blamed bad loans.", "She said the dividend would not be cut."]
    assert failures("Chief executive Ruth Amadi said the dividend would be cut.", evidence)["negation"]
    assert "negation" not in failures("Chief executive Ruth Amadi blamed bad loans.", evidence)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Police said they believe the fire began in a shed.", "Police believe the fire began in a shed."),
        ("The fire began in a shed, according to police.", "Police believe the fire began in a shed."),
        ("The engine did not start.", "The engine failed to start."),
        ("The concert had no permit.", "The concert was unpermitted."),
    ],
)
def test_as_cautious_as_the_evidence_or_denied_in_other_words(claim: str, evidence: str) -> None:
    assert not failures(claim, [evidence]).keys() & {"hedging", "negation"}


def test_something_else_altogether() -> None:
    assert verifier.verify("The museum bought two paintings.", [LOAN]).support < verifier.threshold


def test_nothing_cited_is_nothing_supported() -> None:
    assert verifier.verify("It rained.", []).support == 0.0


def test_names_may_come_from_beside_the_sentence() -> None:
    claim, sentence = "CNN reported that the bridge opened on Saturday.", "The bridge opened on Saturday, it reported."
    assert verifier.verify(claim, [sentence]).support < verifier.threshold
    assert verifier.verify(claim, [sentence], "CNN, 3 May 2025").support >= verifier.threshold


@settings(deadline=None)
@given(st.text(max_size=150), st.lists(st.text(max_size=150), max_size=3))
def test_always_a_share(claim: str, evidence: list[str]) -> None:
    assert 0 <= verifier.verify(claim, evidence).support <= 1


@settings(deadline=None)
@given(st.from_regex(r"[A-Z][a-z]{3,8} [a-z]{4,9} [a-z]{4,9} [a-z]{4,9}\.", fullmatch=True))
def test_a_sentence_supports_itself(sentence: str) -> None:
    assert verifier.verify(sentence, ["Before it.", sentence]).support == 1.0


def test_a_quotation_may_name_its_source_in_front() -> None:
    said = "Prices rose by 4% in May, the bureau said."
    beside = "Prices up again. CNN, 3 June 2024"
    assert verbatim(f"CNN, 3 June 2024: {said}", [said], beside)
    assert not verbatim(f"The Week, 3 June 2024: {said}", [said], beside)
    assert not verbatim("CNN, 3 June 2024: Prices rose by 5% in May, the bureau said.", [said], beside)
    assert not verbatim(f"CNN, 3 June 2024: {said}", [said])


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("The package is worth €106 billion.", "The package is worth $106 billion."),
        ("The package is worth $106 billion.", "The package is worth ₹106 billion."),
        ("Rates rose 5%.", "Rates rose 5."),
        ("Rates rose 5.", "Rates rose 5%."),
        ("The rate was 0.3% in May.", "The rate was -0.3% in May."),
        ("The rate was 0.3% in May.", "The rate was −0.3% in May."),
        ("The rate was -0.3% in May.", "The rate was 0.3% in May."),
    ],
)
def test_a_changed_sign_is_not_word_for_word(claim: str, evidence: str) -> None:
    assert not verbatim(claim, [evidence])
    assert not verbatim(claim, [evidence, claim[:-2]])
    assert verifier.verify(claim, [evidence]).support < verifier.threshold
    assert isinstance(at_once(claim, Case((evidence,))), Verdict)  # without the network
    assert verbatim(evidence, ["Another one.", evidence])


CLASH = "Holt and Weber clash. CNN, 3 June 2024"


@pytest.mark.parametrize(
    ("claim", "context", "held"),
    [
        ("CNN: Taxes will rise.", CLASH, True),
        ("CNN, 3 June 2024: Taxes will rise.", CLASH, True),
        ("CNN, 4 June 2024: Taxes will rise.", CLASH, False),
        ("3 June 2024: Taxes will rise.", CLASH, False),
        ("Weber: Taxes will rise.", CLASH, False),
        ("Holt and Weber: Taxes will rise.", CLASH, False),
        ("Weber clash. CNN, 3 June 2024: Taxes will rise.", CLASH, False),
        ("CNN: Taxes will rise.", "Holt and Weber clash. CNN", True),
        ("CNN: Taxes will rise.", ". CNN", True),
        ("Weber: Taxes will rise.", "Holt. Weber. CNN", False),
        ("Weber: Taxes will rise.", "Weber. Weber", False),  # neither outlet nor day: the label is the headline
        ("BBC: Taxes will rise.", f"{CLASH}. Now it's out. BBC, 4 June 2024", True),
        ("CNN: Taxes will rise.", f"{CLASH}. Now it's out. BBC, 4 June 2024", True),
        ("St. Louis Post, 3 June 2024: Taxes will rise.", "It's out. St. Louis Post, 3 June 2024", True),
        ("Weber: Taxes will rise.", "", False),
    ],
)
def test_only_its_outlet_may_stand_in_front_of_a_quotation(claim: str, context: str, held: bool) -> None:
    evidence = ["Taxes will rise."]
    assert verbatim(claim, evidence, context) == held


@pytest.mark.parametrize(
    ("evidence", "held"),
    [
        ("Taxes will rise.", False),
        ("Taxes will rise, Holt said in a letter to Weber.", False),
        ("Taxes will rise, Weber said.", True),
        ("Weber: Taxes will rise.", True),
    ],
)
def test_words_are_put_in_the_mouth_of_nobody_whom_only_a_headline_names(evidence: str, held: bool) -> None:
    verdict = verifier.verify("Weber: Taxes will rise.", [evidence], CLASH)
    assert (verdict.support >= verifier.threshold) == held, verdict


FLOOD = "12 people fled the flood in Lorca, some 40 of the 90 houses are lost, and the mayor left."


@pytest.mark.parametrize(
    "claim",
    [
        "Twelve people fled the flood in Lorca.",
        "Twelve fled the flood in Lorca.",
        "Forty of the ninety houses are lost.",
        *(
            f"{opener} 12 people fled the flood in Lorca."
            for opener in ("Approximately", "Nearly", "Around", "Almost", "Roughly", "Altogether", "“Around")
        ),
        *(
            f"{opener}, 12 people fled the flood in Lorca."
            for opener in ("Furthermore", "Moreover", "Therefore", "Instead", "Later", "Eventually", "Consequently")
        ),
        "Despite the flood in Lorca the mayor left.",
        "Dozens of people fled the flood in Lorca.",
    ],
)
def test_a_first_word_that_counts_or_links_is_no_name(claim: str) -> None:
    assert "names" not in failures(claim, [FLOOD])


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("Holt left.", "Holt"),
        ("Protesters fled the flood in Lorca.", "Protesters"),
        ("Nearly all left Moreover.", "Moreover"),  # a name, where it is not the first word
        ("Twelve people fled Twelve Oaks.", "Twelve"),
    ],
)
def test_any_other_word_with_a_capital_may_be_a_name(claim: str, name: str) -> None:
    assert name in failures(claim, [FLOOD])["names"][0]


@pytest.mark.parametrize(
    "count", ["Thirteen people", "Dozens of people"], ids=["another number", "a number that is not there"]
)
def test_a_first_word_that_counts_is_a_number(count: str) -> None:
    verdict = verifier.verify(f"{count} fled.", ["12 people fled."])
    assert verdict.support < verifier.threshold, verdict


def test_what_a_correction_withdraws_is_not_supported() -> None:
    evidence = ["Correction: an earlier version of this brief said the game was on ESPN; it is ABC that broadcast it."]
    verdict = OverlapVerifier().verify("The game was on ESPN.", evidence)
    assert verdict.support < OverlapVerifier.threshold
    assert verdict.reasons == ("the evidence corrects it",)


def test_points_are_no_percent() -> None:
    evidence = ["The index advanced 3.8% on Monday."]
    assert OverlapVerifier().verify("The index advanced 3.8 points on Monday.", evidence).support < 0.6
    assert OverlapVerifier().verify("On Monday the index advanced 3.8 percent.", evidence).support >= 0.6


def test_a_part_of_a_sentence_is_not_word_for_word() -> None:
    evidence = ["The minister denied that the bill had passed."]
    assert not verbatim("The bill had passed.", evidence)
    assert OverlapVerifier().verify("The bill had passed.", evidence).support < OverlapVerifier.threshold


@pytest.mark.parametrize(
    ("claim", "evidence", "held"),
    [
        ("The bridge opened on Monday.", "The money for the bridge came a month before it opened.", False),
        ("The bridge opened on Sunday.", "The bridge had sunk before it opened.", False),
        ("It opened in December.", "The bridge was declared open.", False),
        ("It opened in January.", "Jane opened it.", False),
        ("It opened on Sunday.", "The Sun wrote that it opened.", False),
        ("It opened in May.", "It may have opened.", False),
        ("The bridge opened on Monday.", "The bridge opened on Monday with money of the state.", True),
        ("The bridge opened on Sunday.", "It opens on Sundays.", True),
        ("It opened in December.", "It opened on Dec. 3.", True),
        ("It opened in September.", "It opened on Sept. 3, a Tues.", True),
        ("It may have opened, and they march on.", "They march on; it might have opened.", True),
        ("It opened in May.", "By May 3 it was open.", True),
    ],
)
def test_days_and_months_are_whole_names_or_their_usual_abbreviations(claim: str, evidence: str, held: bool) -> None:
    assert ("dates" not in failures(claim, [evidence])) == held


CNN, BBC = "The old bridge is back. CNN, 5 May 2025", "A tunnel, too. BBC, 2 January 2025"  # a Monday, a Thursday


@pytest.mark.parametrize(
    ("claim", "evidence", "held"),
    [
        ("The bridge opened on 3 May 2025.", "The bridge opened on Saturday.", True),
        ("The bridge opened on 5 May 2025.", "The bridge opened on Saturday.", False),
        ("The bridge opened on Saturday, May 3.", "The bridge opened on Saturday.", True),
        ("The bridge opened on 10 May 2025.", "The bridge opened on Saturday.", False),
        ("The bridge will open on 10 May 2025.", "The bridge will open on Saturday.", True),
        ("The bridge opened on 12 May 2025.", "The bridge opened on Monday.", False),
        ("The bridge opened on 5 May 2025.", "The bridge opened on Monday.", True),
        ("The bridge opened on 4 May 2025.", "The bridge opened yesterday.", True),
        ("The bridge opened on 5 May 2025.", "The bridge opened yesterday.", False),
        ("The bridge opened on Sunday.", "The bridge opened yesterday.", True),
        ("The bridge opened on Saturday.", "The bridge opened yesterday.", False),
        ("The bridge opens on 5 May 2025.", "The bridge opens today.", True),
        ("The bridge opens on 6 May 2025.", "The bridge opens today.", False),
        ("The bridge opened in April 2025.", "The bridge opened last month.", True),
        ("The bridge opened in May 2025.", "The bridge opened last month.", False),
        ("The bridge opened in 2024.", "The bridge opened last year.", True),
        ("The bridge opened in 2025.", "The bridge opened last year.", False),
        ("The bridge opened in December 2024.", "The bridge opened in December.", True),
        ("The bridge opened in December 2025.", "The bridge opened in December.", False),
        ("The bridge opened in April.", "The bridge opened last week.", True),
        ("The bridge opened in March.", "The bridge opened last week.", False),
        ("The bridge opened on Saturday.", "The bridge opened on 3 May.", True),
        ("The bridge opened on Sunday.", "The bridge opened on 3 May.", False),
        ("The bridge opened in 2025.", "The bridge opened.", True),
        ("The bridge opened on 5 May 2025.", "The bridge opened.", False),
        ("Traffic rose in 2025.", "Traffic rose from the low of last year.", True),
        ("The court ruled in 2025.", "The court ruled on the fire of 3 May 2019.", True),
        ("Traffic rose by 5% in May.", "Traffic rose.", False),
        ("CNN reported on 5 May 2025 that the bridge opened.", "The bridge opened on Saturday.", True),
        ("CNN reported that the bridge opened on 5 May 2025.", "The bridge opened on Saturday.", False),
        ("As of May 5, 2025, the bridge is open.", "The bridge is open.", True),
        ("On 5 May 2025, CNN wrote that the bridge is open.", "The bridge is open.", True),
        ("CNN, 5 May 2025: It is open, the bridge.", "The bridge is open.", True),
        ("The bridge has 5 lanes.", "The bridge has lanes.", False),
    ],
)
def test_days_are_what_the_evidence_means_and_not_those_of_publication(claim: str, evidence: str, held: bool) -> None:
    found = failures(claim, [evidence], CNN)
    assert (not found) == held, found
    assert (verifier.verify(claim, [evidence], CNN).support >= verifier.threshold) == held


@pytest.mark.parametrize(
    ("claim", "held"),
    [
        ("The bridge opened on 3 May and the tunnel on 31 December 2024.", True),
        ("The bridge opened on 5 May and the tunnel on 31 December 2024.", False),
        ("The bridge opened on 3 May and the tunnel on 30 December 2024.", False),
        ("CNN wrote on 5 May 2025 and the BBC on 2 January 2025.", True),
    ],
)
def test_each_sentence_is_read_on_its_own_day(claim: str, held: bool) -> None:
    evidence = ["CNN wrote that the bridge opened on Saturday.", "The BBC wrote that the tunnel opened on Tuesday."]
    assert ("numbers" not in failures(claim, evidence, f"{CNN}. {BBC}")) == held


def test_a_context_with_more_days_than_sentences_is_taken_as_it_is() -> None:
    context = "The bridge, 3 May 2025. CNN, 5 May 2025"
    assert not failures("The bridge opened on 3 May 2025.", ["The bridge opened."], context)


@pytest.mark.parametrize(
    ("claim", "evidence", "held"),
    [
        ("The city will close the bridge.", "The city plans to close the bridge.", False),
        ("The city plans to close the bridge.", "The city plans to close the bridge in May.", True),
        ("The bridge will close.", "The bridge is expected to close.", False),
        ("The bridge is likely to close.", "The bridge is expected to close.", True),
        ("The mayor stole the money.", "The mayor allegedly stole the money.", False),
        ("The mayor is alleged to have stolen or stole the money.", "The mayor allegedly stole the money.", True),
        ("The mayor resigned.", "The mayor reportedly resigned.", False),
        ("The mayor reportedly resigned.", "The mayor reportedly resigned on Friday.", True),
        ("The city is closing the bridge.", "The city is considering closing the bridge.", False),
        ("The city considers closing the bridge.", "The city is considering closing the bridge.", True),
        ("The mayor owns the bridge.", "The mayor is said to own the bridge.", False),
        ("The mayor is said to own the bridge.", "The mayor is said to own the old bridge.", True),
        ("Rain may fall, and the bridge will close.", "Rain will fall and may close the bridge.", False),
        ("Rain will fall, and the bridge may close.", "Rain will fall and may close the bridge.", True),
        ("The owners need 24 votes.", "The owners wait until May, need 24 votes and rule then.", True),
        ("The bridge will close if it rains.", "The bridge could close if it rains.", False),
    ],
)
def test_a_hedge_must_stand_with_the_same_statement(claim: str, evidence: str, held: bool) -> None:
    assert ("hedging" not in failures(claim, [evidence])) == held


def test_a_hedge_of_a_sentence_that_the_claim_is_not_from_says_nothing() -> None:
    evidence = ["The bridge over the Lea closed on Friday after rain.", "Other roads may close again."]
    assert "hedging" not in failures("The bridge over the Lea closed after rain.", evidence)


@pytest.mark.parametrize(
    ("claim", "evidence", "held"),
    [
        ("Holt said ‘we will win it’.", "Holt said: “We will lose it.”", False),
        ("Holt said ‘we will win it’.", "Holt said: “We will win it.”", True),
        ("Holt said 'it isn't over yet', and left.", "Holt said it is over, and left.", False),
        ("Holt said 'it isn't over yet', and left.", "Holt said it isn’t over yet, and left.", True),
        ("'We will not go,' Holt said.", "“We may go,” Holt said.", False),
        ("'We will not go,' Holt said.", "“We will not go,” Holt said.", True),
        ("In the '90s the owners' plan failed.", "The plan of the owners failed in the 1990s.", True),
        ("The owners' plan and the players' union failed.", "The plan failed, as did the union.", True),
        ("Holt's plan and Weber's union failed.", "The plan failed, as did the union.", True),
        ("Holt called it 'a very bad plan' on Friday.", "Holt spoke of a plan on Friday.", False),
        (
            "the owner 's plan is ` good ' and the owner 's bar is open .",
            "The plan is good, and the bar is open.",
            True,
        ),
        ("The book ‘A Bridge in Rain’ is out.", "The book “A Tunnel in Rain” is out.", False),
        ("Rock 'n' roll at the owners' bar is back.", "At the bar of the owners, roll is back.", True),
    ],
)
def test_single_quotes_are_quotations_where_they_are_no_apostrophes(claim: str, evidence: str, held: bool) -> None:
    assert ("quotes" not in failures(claim, [evidence])) == held


BOTH = "Ida Holt said the bridge is safe, while Karl Weber said the tunnel is closed."


@pytest.mark.parametrize(
    ("claim", "evidence", "held"),
    [
        ("Weber said the bridge is safe.", [BOTH], False),
        ("Holt said the bridge is safe.", [BOTH], True),
        ("According to Holt, the tunnel is closed.", [BOTH], False),
        ("According to Weber, the tunnel is closed.", [BOTH], True),
        (
            "Holt said the tunnel is closed.",
            ["Holt said the bridge is safe.", "Weber said the tunnel is closed."],
            False,
        ),
        (
            "Weber said the tunnel is closed.",
            ["Holt said the bridge is safe.", "Weber said the tunnel is closed."],
            True,
        ),
        ("According to Ida Brandt, it is safe.", ["It is safe, Holt said."], False),
        ("According to CNN, it is safe.", ["It is safe, Holt said."], True),
        (
            "Holt said the tunnel is closed.",
            ["Holt said it is safe.", "The tunnel is closed, according to Weber."],
            False,
        ),
        ("Weber said the tunnel is closed.", ["Weber said it is safe.", "The tunnel is closed, he added."], True),
        ("Holt and Weber said the bridge is safe.", [BOTH], True),
        ("According to the Health Ministry, it is safe.", ["It is safe, Holt said."], True),
    ],
)
def test_a_speaker_says_what_the_evidence_has_him_say(claim: str, evidence: list[str], held: bool) -> None:
    assert ("speakers" not in failures(claim, evidence, "All is safe. The Week, 5 May 2025")) == held
