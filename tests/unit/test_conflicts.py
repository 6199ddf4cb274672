"""Different values of what is asked."""

from __future__ import annotations

import pytest
from fakes.evidence import evidence

from rag.conflicts import disagreement

ASKED = "How many people died in the Harbour fire?"


def differing(question: str, *sentences: str, days: tuple[str, ...] = ("2025-05-05", "2025-05-07")) -> list[str] | None:
    """What is shown of sentences of as many outlets and stories, or None where they do not disagree."""
    reports = [
        evidence(n, text, outlet=outlet, day=day)
        for n, (text, outlet, day) in enumerate(zip(sentences, ("Alpha", "Beta"), days, strict=True), 1)
    ]
    found = disagreement(question, reports)
    return [figure.shown for figure in found.figures] if found else None


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
        "Reports differ: Alpha reported at least 12 people on 5 May 2025; Beta reported 15 people on 7 May 2025."
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


@pytest.mark.parametrize(
    ("question", "one", "other", "shown"),
    [
        (
            "What is the death toll of the Harbour fire?",
            "The Harbour fire killed 12, police said.",
            "The death toll of the Harbour fire rose to 15.",
            ["12", "15"],
        ),
        (
            ASKED,
            "Twelve people died in the Harbour fire.",
            "The number of people known to have died in the Harbour fire rose to 15 on Wednesday.",
            ["twelve people", "15"],
        ),
        (
            ASKED,
            "Twelve people died in the Harbour fire.",
            "The death toll of Saturday's fire in the old Harbour warehouse has risen to 15.",
            ["twelve people", "15"],
        ),
        (
            "What was the toll?",
            "The Harbour fire left 12 dead.",
            "The Harbour fire killed 15 residents.",
            ["12 dead", "15"],
        ),
        (
            "What number of homes did the Harbour fire destroy?",
            "The Harbour fire destroyed 40 homes.",
            "The Harbour fire destroyed 62 homes.",
            ["40 homes", "62 homes"],
        ),
        (
            "How many people were injured in the Harbour fire?",
            "The Harbour fire injured 30 people.",
            "In the Harbour fire 44 people were hurt.",
            ["30 people", "44 people"],
        ),
        (
            "What was the score between Harbour Town and Leeds?",
            "Harbour Town beat Leeds 3-1.",
            "Leeds lost 2–1 to Harbour Town.",
            ["3-1", "2–1"],
        ),
        (
            "What percentage of voters backed Ida Holt?",
            "Some 52% of voters backed Ida Holt.",
            "Ida Holt was backed by 58 percent of voters.",
            ["some 52%", "58 percent"],
        ),
    ],
)
def test_questions_for_a_figure_in_other_words(question: str, one: str, other: str, shown: list[str]) -> None:
    found = differing(question, one, other)
    assert found is not None
    assert [figure.lower() for figure in found] == [figure.lower() for figure in shown]


def test_money_and_shares_are_compared_with_their_kind() -> None:
    two = [
        evidence(1, "The Harbour Bridge cost $412 million in all.", outlet="Alpha"),
        evidence(2, "The cost of the Harbour Bridge rose to $500 million over 12 years.", outlet="Beta"),
    ]
    found = disagreement("How much did the Harbour Bridge cost?", two)
    assert found is not None
    assert [f.shown for f in found.figures] == ["$412 million", "$500 million"]
    assert disagreement("What percentage did the Harbour Bridge cost?", two) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Twelve people died in the Harbour fire.", "The Harbour fire killed 12 people."),
        ("About 12,000 people died in the Harbour fire.", "The Harbour fire killed 12,300 people."),
        ("The Harbour fire killed 12,000 people.", "The Harbour fire killed 12,345 people."),
    ],
)
def test_the_same_figure_in_other_words_is_no_disagreement(one: str, other: str) -> None:
    assert differing(ASKED, one, other) is None


def test_what_is_at_least_so_many_is_no_conflict_on_the_same_day() -> None:
    two = ("At least 12 people died in the Harbour fire.", "The Harbour fire killed 15 people.")
    assert differing(ASKED, *two, days=("2025-05-05", "2025-05-05")) is None
    assert differing(ASKED, two[0], "The Harbour fire killed 9 people.", days=("2025-05-05", "2025-05-05")) is not None


def test_reprints_of_one_story_are_one_source() -> None:
    two = [
        evidence(1, "The Harbour fire killed 15 people.", outlet="Alpha", story=7),
        evidence(2, "The Harbour fire killed 12 people.", outlet="Beta", story=7),
    ]
    assert disagreement(ASKED, two) is None


@pytest.mark.parametrize(
    "other",
    [
        "The Harbour fire was fought by 60 firefighters from 4 towns.",
        "The Harbour fire injured 30 people.",
        "Some 30 people were injured in the Harbour fire.",
        "Another 3 people died in the Harbour fire overnight.",
        "The Harbour fire killed families, including 3 people from Leeds.",
        "Of those who died in the Harbour fire 12 of the people were from Leeds.",
        "The Harbour fire cost $12 million.",
        "A flood killed 300 people in another country.",
        "In 1911 the Harbour fire killed 146 people.",
    ],
)
def test_figures_of_other_things_and_parts_of_it_are_left_alone(other: str) -> None:
    assert differing(ASKED, "The Harbour fire killed 15 people.", other) is None


def test_another_event_of_the_same_name_is_left_alone() -> None:
    two = ("The Harbour fire killed 15 people.", "The Harbour fire killed 12 people.")
    assert differing(ASKED, *two, days=("2023-05-05", "2025-05-05")) is None
    asked = "How many people died in the fire?"
    assert differing(asked, "The fire in Leeds killed 15 people.", "A Kyiv fire killed 12 people.") is None


@pytest.mark.parametrize(
    "other", ["Harbour Town led Leeds 2-1 at half-time.", "Harbour Town beat Hull 2-1.", "Harbour Town beat Leeds 1-3."]
)
def test_other_scores_are_left_alone(other: str) -> None:
    assert (
        differing("What was the score between Harbour Town and Leeds?", "Harbour Town beat Leeds 3-1.", other) is None
    )


OPENED = "When did the Harbour Bridge open?"


@pytest.mark.parametrize(
    ("question", "one", "other", "shown"),
    [
        (
            OPENED,
            "The Harbour Bridge opened on Saturday.",
            "The Harbour Bridge opened on 2 May.",
            ["3 May 2025", "2 May 2025"],
        ),
        (
            OPENED,
            "The Harbour Bridge opened on May 1, 2025.",
            "On Sunday the Harbour Bridge opened.",
            ["1 May 2025", "4 May 2025"],
        ),
        (
            "When will the Harbour Bridge open?",
            "The Harbour Bridge will open on Friday.",
            "The Harbour Bridge will open on 20 May.",
            ["9 May 2025", "20 May 2025"],
        ),
        (
            "When did the city sell the Harbour Bridge?",
            "The city sold the Harbour Bridge on Saturday.",
            "The city sold the Harbour Bridge on 2 May.",
            ["3 May 2025", "2 May 2025"],
        ),
    ],
)
def test_days_are_compared_as_they_are_meant(question: str, one: str, other: str, shown: list[str]) -> None:
    assert differing(question, one, other) == shown


def test_a_day_is_told_with_the_day_of_its_report() -> None:
    found = disagreement(
        OPENED,
        [
            evidence(1, "The Harbour Bridge opened on Saturday.", outlet="Alpha", day="2025-05-05"),
            evidence(2, "The Harbour Bridge opened on 2 May.", outlet="Beta", day="2025-05-06"),
        ],
    )
    assert found is not None
    assert found.text.startswith(
        "Reports differ: Alpha reported 3 May 2025, in an article of 5 May 2025; "
        "Beta reported 2 May 2025, in an article of 6 May 2025."
    )


@pytest.mark.parametrize(
    "other",
    [
        "The Harbour Bridge opened on 3 May.",  # the same day
        "The Harbour Bridge opened, the mayor said on Sunday.",  # the day on which it was said
        "The Harbour Bridge opened on Wednesday.",  # after the other report: another event
        "The Harbour Bridge opened on 2 May 2019.",
        "The Harbour Bridge was to open on 2 May but opened later.",
        "The Harbour Bridge had been planned to open on Thursday.",
        "The Harbour Bridge did not open on Thursday.",
        "The Leeds Bridge opened on Thursday.",
    ],
)
def test_days_of_something_else_are_left_alone(other: str) -> None:
    assert differing(OPENED, "The Harbour Bridge opened on Saturday.", other) is None


def test_only_questions_for_a_figure_or_a_day_are_looked_at() -> None:
    two = [evidence(1, "The fire killed 15 people."), evidence(2, "The fire killed 12 people.")]
    assert disagreement("Who fought the Harbour fire?", two) is None


@pytest.mark.parametrize(
    ("question", "one", "other", "shown"),
    [
        (
            "Number of dead in the Harbour fire?",
            "The Harbour fire killed 12.",
            "The Harbour fire left 15 dead.",
            ["12", "15 dead"],
        ),
        (
            "What were the casualties of the Harbour fire?",
            "The Harbour fire killed 12 people.",
            "The Harbour fire killed 15.",
            ["12 people", "15"],
        ),
        (
            "How many casualties did the Harbour fire cause?",
            "The Harbour fire caused 40 casualties.",
            "The Harbour fire caused 62 casualties.",
            ["40 casualties", "62 casualties"],
        ),
        (
            "What was the magnitude of the Lorca earthquake?",
            "A 6.1-magnitude earthquake hit Lorca.",
            "The Lorca quake had a magnitude of 6.4.",
            ["6.1", "6.4"],
        ),
        (
            "How strong was the Lorca earthquake?",
            "A quake of magnitude 6.1 hit Lorca.",
            "The quake in Lorca measured 6.4 on the Richter scale.",
            ["6.1", "6.4"],
        ),
        (
            "How long is the Harbour Bridge?",
            "The Harbour Bridge is 3.2 km long.",
            "The Harbour Bridge has a length of 4 km.",
            ["3.2 km", "4 km"],
        ),
        (
            "How long did the siege of Leeds last?",
            "The siege of Leeds lasted 12 hours.",
            "The siege of Leeds lasted about 20 hours.",
            ["12 hours", "about 20 hours"],
        ),
        (
            "How long was Ida Holt jailed for?",
            "Ida Holt was jailed for 12 years.",
            "Ida Holt was sentenced to 15 years.",
            ["12 years", "15 years"],
        ),
        (
            "How far is Lorca from Leeds?",
            "Lorca lies 12 km north of Leeds.",
            "Lorca is 20 km from Leeds.",
            ["12 km", "20 km"],
        ),
        (
            "How high is the Harbour Tower?",
            "The Harbour Tower is 120 metres tall.",
            "The Harbour Tower, 150 metres high, is red.",
            ["120 metres", "150 metres"],
        ),
        (
            "How strong were the winds in Lorca?",
            "Winds of 120 mph hit Lorca.",
            "Lorca saw winds reaching 140 mph.",
            ["120 mph", "140 mph"],
        ),
        (
            "What was the temperature in Lorca?",
            "Temperatures in Lorca hit 41 degrees Celsius.",
            "Lorca saw temperatures of 44°C.",
            ["41 degrees Celsius", "44°C"],
        ),
        (
            "How big is the Harbour fire?",
            "The Harbour fire has burned 12,000 acres.",
            "The Harbour fire burned 25,500 acres.",
            ["12,000 acres", "25,500 acres"],
        ),
        ("How old is Ida Holt?", "Ida Holt, 81, is mayor.", "The mayor is 85-year-old Ida Holt.", ["81", "85"]),
        (
            "By how much did Apple shares fall?",
            "Apple shares fell 3%.",
            "Shares of Apple dropped by 5 percent.",
            ["3%", "5 percent"],
        ),
        ("By how much did shares fall?", "Shares fell 3% in London.", "Shares in London fell by 5%.", ["3%", "5%"]),
        ("What is the inflation rate?", "The inflation rate was 3.1%.", "Inflation stood at 3.4%.", ["3.1%", "3.4%"]),
        (
            "What is Spain’s rate of unemployment?",
            "Spain's unemployment rate fell to 11%.",
            "In Spain the unemployment rate is 12%.",
            ["11%", "12%"],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("days", [("2025-05-05", "2025-05-07"), ("2025-05-05", "2025-05-05")])
def test_measures_are_compared(question: str, one: str, other: str, shown: list[str], days: tuple[str, ...]) -> None:
    assert differing(question, one, other, days=days) == shown


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        # the same, told with fewer digits or in another unit, or a birthday later
        (
            "What was the magnitude of the Lorca earthquake?",
            "A magnitude 6 quake hit Lorca.",
            "A magnitude 6.1 quake hit Lorca.",
        ),
        (
            "How long is the Harbour Bridge?",
            "The Harbour Bridge is 3.2 km long.",
            "The Harbour Bridge is 2 miles long.",
        ),
        ("How long is the Harbour Bridge?", "The Harbour Bridge is 3.2 km long.", "The Harbour Bridge is 3 km long."),
        ("How old is Ida Holt?", "Ida Holt, 81, is mayor.", "Ida Holt, 82, is mayor."),
        # of something else
        (
            "What was the magnitude of the Lorca earthquake?",
            "A magnitude 6.1 quake hit Lorca.",
            "An aftershock of magnitude 5.2 hit Lorca.",
        ),
        (
            "How long did the siege of Leeds last?",
            "The siege of Leeds lasted 12 hours.",
            "The siege of Leeds ended 3 hours later.",
        ),
        (
            "How long is the Harbour Bridge?",
            "The Harbour Bridge is 3.2 km long.",
            "The Harbour Bridge lies 12 km from Leeds.",
        ),
        ("How long is the Harbour Bridge?", "The Harbour Bridge is 3.2 km long.", "The Leeds Bridge is 12 km long."),
        ("How long is the tunnel in Leeds?", "The tunnel in Leeds is 3.2 km long.", "The park in Leeds is 12 km long."),
        ("How far is Lorca from Leeds?", "Lorca is 20 km from Leeds.", "Lorca is 12 km from York and east of Leeds."),
        (
            "How strong were the winds in Lorca?",
            "Winds of 120 mph hit Lorca.",
            "Winds in Lorca came with gusts of 140 mph.",
        ),
        ("How old is Ida Holt?", "Ida Holt, 81, is mayor.", "Ida Holt lives with Peter Holt, 43, in Leeds."),
        ("How old is Ida Holt?", "Ida Holt, 81, is mayor.", "Ida Holt’s son is 43."),
        (
            "What were the casualties of the Harbour fire?",
            "The Harbour fire killed 12 people.",
            "The Harbour fire caused 40 casualties.",
        ),
        (
            "What were the casualties of the Harbour fire?",
            "The Harbour fire killed 12 people.",
            "The Harbour fire injured 40 people.",
        ),
        ("By how much did Apple shares fall?", "Apple shares fell 3%.", "Apple sales fell 5%."),
        ("By how much did Apple shares fall?", "Apple shares fell 3%.", "Apple shares rose 5%."),
        ("By how much did Apple shares fall?", "Apple shares fell 3%.", "Apple shares fell to $120."),
        ("By how much did shares fall?", "Apple shares fell 3%.", "Tesla shares fell 5%."),
        ("What is the inflation rate?", "The inflation rate was 3.1%.", "Core inflation was 2.5%."),
        ("What is the inflation rate?", "The inflation rate was 3.1%.", "The food inflation rate was 5%."),
        (
            "What is the inflation rate?",
            "The inflation rate was 3.1%.",
            "Shares fell 2% after the inflation rate was published.",
        ),
        # another time or place
        ("By how much did Apple shares fall?", "Apple shares fell 3%.", "Apple shares fell 5% this year."),
        ("By how much did Apple shares fall?", "Apple shares fell 3% on Monday.", "Apple shares fell 5% on Tuesday."),
        (
            "What is the inflation rate?",
            "The inflation rate was 3.1% in March.",
            "The inflation rate was 2.9% in April.",
        ),
        (
            "What is the inflation rate?",
            "The inflation rate in Spain was 3.1%.",
            "The inflation rate in France was 2.9%.",
        ),
        (
            "What percentage of voters backed Ida Holt?",
            "In March 52% of voters backed Ida Holt.",
            "In April 58% of voters backed Ida Holt.",
        ),
        (
            "How big is the Harbour fire?",
            "The Harbour fire has burned 12,000 acres.",
            "In 2019 the Harbour fire burned 25,500 acres.",
        ),
    ],
)  # fmt: skip
def test_measures_of_other_things_times_or_places_are_left_alone(question: str, one: str, other: str) -> None:
    assert differing(question, one, other) is None


def test_shares_fall_again_and_again() -> None:
    two = ("Apple shares fell 3%.", "Apple shares fell 5%.")
    asked = "By how much did Apple shares fall?"
    assert differing(asked, *two, days=("2025-05-05", "2025-05-07")) is not None
    assert differing(asked, *two, days=("2025-05-05", "2025-05-19")) is None


def test_a_lesser_sentence_of_a_story_does_not_stand_for_one_that_gives_several_sums() -> None:
    several = evidence(1, "Alpha raised its offer for Beta to $3.9 billion, and Gamma offered $3.7 billion.", story=1)
    fee = evidence(2, "If Beta leaves the offer, it owes Alpha $3.2 billion.", story=1)
    first = evidence(3, "Alpha made an offer for Beta of $3.4 billion.", day="2025-04-20")
    asked = "How much did Alpha offer for Beta?"
    assert disagreement(asked, [several, fee, first]) is None
    found = disagreement(asked, [fee, first])
    assert found is not None  # the same two compared where nothing better stands before
    assert [f.shown for f in found.figures] == ["$3.4 billion", "$3.2 billion"]


@pytest.mark.parametrize(("sum_", "differs"), [("$41", False), ("$340 million", False), ("$3.4 billion", True)])
def test_sums_that_are_worlds_apart_are_not_of_one_thing(sum_: str, differs: bool) -> None:
    one = evidence(1, f"Alpha made Beta an offer of {sum_}.")
    other = evidence(2, "Alpha made Beta a new offer of $3.9 billion.", day="2025-05-20")
    assert bool(disagreement("How much did Alpha offer for Beta?", [one, other])) is differs


def test_a_toll_that_is_on_offer_is_compared_though_nothing_else_speaks_for_the_sentence() -> None:
    first = evidence(1, "At least 12 people died in the Harbour fire.", day="2025-05-05")
    still = evidence(2, "Seven people of the Harbour fire are still unaccounted for.", day="2025-05-07", story=2)
    later = evidence(3, "Harbour’s fire chief went as the number of dead rose to 15.", day="2025-05-07", story=2)
    found = disagreement(ASKED, [first], [still, later])
    assert found is not None
    assert [f.shown for f in found.figures] == ["at least 12 people", "15"]
    assert disagreement("How many people died in the fire?", [first], [later]) is None  # any fire's
    assert disagreement("How much did the Harbour fire cost?", [first], [later]) is None
