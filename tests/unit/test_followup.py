"""Conversations: what a follow-up leaves out comes from the turns before."""

from __future__ import annotations

from datetime import date

import pytest
from conftest import EntryMaker
from hypothesis import given
from hypothesis import strategies as st

from index.sqlite_faiss import SqliteFaissStore
from rag.followup import asks_nothing, standalone
from rag.names import names
from rag.types import Answer, Citation, Question, Turn

USHAKOV = Turn("What did Yuri Ushakov say about the talks?", "Ushakov said nothing new. [1]")
FED = Turn(
    "What did the Fed decide in March 2023?", "It raised rates. Jerome Powell, its chair, said more would follow."
)
KYIV = Turn("How much did the EU approve for Kyiv?", "Leaders agreed on $106 billion, Ursula von der Leyen said.")
BUYER = Turn(
    "Who is buying the Harbour Herald?",
    "The Herald said it would be sold. Mara Linde, who owns two papers, will pay 4 million. Linde promised no cuts.",
)
STORM = Turn("How bad was Storm Odile?", "Storm Odile cut power to 40,000 homes in Brest.")
SUMMIT = Turn("Where was the summit held?", "The summit was held in Geneva.")
SUIT = Turn("Did Apple sue Samsung?", "Apple sued Samsung in San Jose.")
PRIZE = Turn("Who won the Booker Prize in 2023?", "Paul Lynch, an Irish writer, won for a fifth novel.")
FLOOD = Turn("How many people died in the Lorca flood?", "At least 12 people died in the Lorca flood.")
FELT = Turn("Was the Lorca quake predicted?", "Nobody predicted it.")
RAISED = Turn("When did the Fed raise rates?", "The Fed raised rates in May.")
PESKOV = Turn("What did Dmitry Peskov say about the peace plan?", "Peskov said nothing new about it.")
PAIR = Turn("When did Vladimir Putin and Donald Trump meet?", "They met in Alaska on Friday.")


@pytest.mark.parametrize(
    ("turn", "text", "wanted"),
    [
        # the pronoun's place is taken
        (USHAKOV, "And what did he say about Ukraine?", "What did Yuri Ushakov say about Ukraine?"),
        (USHAKOV, "What is his job?", "What is Yuri Ushakov’s job?"),
        (FED, "Why did it do that?", "Why did the Fed do that?"),
        (FED, "What did he say?", "What did Jerome Powell say?"),
        (KYIV, "What did she say?", "What did Ursula von der Leyen say?"),
        (PAIR, "What did they agree on?", "What did Vladimir Putin and Donald Trump agree on?"),
        # who answers "who?" is meant, not who stands in the question
        (BUYER, "How much will she pay?", "How much will Mara Linde pay?"),
        (PRIZE, "How old is he?", "How old is Paul Lynch?"),
        # a part is exchanged
        (FED, "And in 2022?", "What did the Fed decide in 2022?"),
        (FED, "And in May?", "What did the Fed decide in May?"),
        (FED, "What about the ECB?", "What did the ECB decide in March 2023?"),
        (USHAKOV, "And Peskov?", "What did Peskov say about the talks?"),
        (KYIV, "And for Moldova?", "How much did the EU approve for Moldova?"),
        (KYIV, "How about the US?", "How much did the US approve for Kyiv?"),
        (STORM, "When?", "How bad was Storm Odile? When?"),
        (STORM, "and for how long?", "How bad was Storm Odile? For how long?"),
        # called by its last word
        (PRIZE, "What is the prize worth?", "What is the Booker Prize worth?"),
        # a name that stands before a noun is called with it
        (FLOOD, "When did it happen?", "When did the Lorca flood happen?"),
        (FLOOD, "What caused it?", "What caused the Lorca flood?"),
        (FLOOD, "What about Leeds?", "How many people died in the Leeds flood?"),
        (FELT, "Where was it felt?", "Where was the Lorca quake felt?"),
        (RAISED, "Why did it do that?", "Why did the Fed do that?"),
        # what says little leans on what was said before
        (FLOOD, "How many are missing?", "How many are missing (Lorca flood)?"),
        (FLOOD, "What happened next?", "What happened next (Lorca flood)?"),
        (PESKOV, "What happened next?", "What happened next (Dmitry Peskov, peace plan)?"),
        # only a name takes a name's place, and a place is what it was said of
        (PESKOV, "Any reaction from Kyiv?", "Any reaction from Kyiv (Dmitry Peskov, peace plan)?"),
        (PESKOV, "What about Ukraine?", "What did Dmitry Peskov say about Ukraine?"),
        (PESKOV, "And Lavrov?", "What did Lavrov say about the peace plan?"),
        # nothing to exchange: the topic in brackets
        (STORM, "How many homes lost power?", "How many homes lost power (Storm Odile)?"),
        (SUMMIT, "Who was there?", "Who was there (summit)?"),
        (SUIT, "What did they say?", "What did they say (Apple, Samsung)?"),
        (KYIV, "Is it enough?", "Is it enough (EU, Kyiv)?"),
        (KYIV, "Did Hungary share that view?", "Did Hungary share that view (EU, Kyiv)?"),
    ],
)
def test_a_follow_up(turn: Turn, text: str, wanted: str) -> None:
    assert standalone(text, [turn]).text == wanted
    assert standalone(text, [turn]).leans


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        (KYIV, "Who won the Booker Prize in 2023?"),
        (KYIV, "How much did Norway approve for Moldova?"),
        (USHAKOV, "Did Macron say he would resign?"),  # "he" is in the question itself
        (USHAKOV, "What did Apple say about its sales?"),
        (STORM, "Is there a hospital in Kyiv?"),
        (FLOOD, "What is inflation?"),
        (FLOOD, "How do vaccines work?"),
        (FLOOD, "Who won the election?"),
        (STORM, "What is the tush push?"),  # shares no word with what was told: a new topic
        (USHAKOV, "How many people died in floods, fires and landslides across southern states?"),  # says enough
    ],
)
def test_what_stands_alone_is_left_alone(turn: Turn, text: str) -> None:
    assert standalone(text, [turn]).text == text
    assert not standalone(text, [turn]).leans


def test_a_longer_talk_is_followed_from_turn_to_turn() -> None:
    talk = [USHAKOV]
    for text, wanted in (
        ("And what did he say about Ukraine?", "What did Yuri Ushakov say about Ukraine?"),
        ("And in 2023?", "What did Yuri Ushakov say about Ukraine in 2023?"),
        ("What about Peskov?", "What did Peskov say about Ukraine in 2023?"),
        ("When?", "What did Peskov say about Ukraine in 2023? When?"),
        ("Who won the Booker Prize in 2023?", "Who won the Booker Prize in 2023?"),
    ):
        assert standalone(text, talk).text == wanted
        talk.append(Turn(text, ""))  # what was searched for is worked out again


def test_a_new_topic_ends_whom_he_can_mean() -> None:
    storm = Turn("New topic: How many people died in the storm?", "At least 12 people died.")
    for turn in (storm, Turn(storm.question, storm.answer, "How many people died in the storm?")):
        assert "Ushakov" not in standalone("What did he say?", [USHAKOV, turn]).text
        assert standalone("What did he say?", [turn, USHAKOV]).text == "What did Yuri Ushakov say?"
    unnamed = Turn("Who won the Booker Prize in 2023?", "It was given in London.")  # shares no word with what was told
    assert "Ushakov" not in standalone("How old is he?", [USHAKOV, unnamed]).text
    assert standalone("How old is he?", [USHAKOV, Turn("And in 2023?", "It snowed.")]).text == (
        "How old is Yuri Ushakov?"
    )


@pytest.mark.parametrize(
    ("before", "told", "text", "wanted"),
    [
        ("Why was Ida Holt fired?", "Ida Holt was fired.", "When was that?", "When was Ida Holt fired?"),
        ("When was Ida Holt fired?", "Ida Holt was fired.", "Why exactly?", "Why was Ida Holt fired?"),
        ("How was Ida Holt fired?", "By letter.", "How much?", "How was Ida Holt fired? How much?"),
        ("Who fired Ida Holt? Why?", "The council did.", "When?", "Who fired Ida Holt? When?"),
        ("How much did it cost?", "Ten euros.", "Who said so?", "How much did it cost? Who said so?"),
        ("What was inflation in May 2024?", "2%.", "And the year before?", "What was inflation in May 2023?"),
        ("What was inflation in May 2024?", "2%.", "And a year later?", "What was inflation in May 2025?"),
        ("When was Ida Holt fired?", "", "No, I meant Peter Lund", "When was Peter Lund fired?"),
        ("When was Ida Holt fired?", "", "Thanks, and Peter Lund?", "When was Peter Lund fired?"),
        ("When did Ida Holt resign?", "", "No one knows?", "No one knows (Ida Holt)?"),
        (
            "What did the Harbour council decide about the stadium?",
            "",
            "How much would it cost?",
            "How much would the stadium cost?",
        ),
        (
            "When was the Harbour council elected?",
            "",
            "Who leads it?",
            "Who leads the Harbour council?",
        ),
        ("How many died when the Sea Lark sank?", "", "Who owned it?", "Who owned the Sea Lark?"),
        (
            "How strong was the earthquake in Tamur?",
            "",
            "Where was it worst?",
            "Where was the earthquake in Tamur worst?",
        ),
        ("When did the ministers meet in Tamur?", "", "Is it far?", "Is Tamur far?"),
        ("Who is Ida Holt?", "Mayor Dana Reed fired Ida Holt.", "What happened to her?", "What happened to Ida Holt?"),
        ("Who is Ida Holt's lawyer?", "Dana Reed speaks for Ida Holt.", "How old is she?", "How old is Dana Reed?"),
        ("How many died in the fire?", "Twelve.", "Who gave the higher figure?", "Who gave the higher figure (fire)?"),
    ],
)
def test_what_a_follow_up_means(before: str, told: str, text: str, wanted: str) -> None:
    assert standalone(text, [Turn(before, told)]).text == wanted


@pytest.mark.parametrize(
    "text", ["Thanks!", "thank you very much", "Thanks, bye", "Hello", "OK, great.", "Good morning"]
)
def test_a_courtesy_asks_nothing(text: str) -> None:
    assert asks_nothing(text)
    assert standalone(text, [Turn("Who is Ida Holt?", "A mayor.")]).text == text


@pytest.mark.parametrize("text", ["Great Britain?", "Thanks, and when?", "OK?  why", "Hello Kitty", "Thanksgiving"])
def test_what_has_more_than_a_courtesy_asks_something(text: str) -> None:
    assert not asks_nothing(text)


def test_an_outlet_is_nobodys_subject() -> None:
    turn = Turn("What does CNN say about Boeing?", "CNN, 3 May 2024: Boeing delivered 45 jets.")
    assert standalone("How much did it lose?", [turn], ["CNN"]).text == "How much did Boeing lose?"


def test_without_a_turn_nothing_is_added() -> None:
    assert standalone("And what did he say?", []).text == "And what did he say?"


def test_a_turn_remembers_what_its_answer_cited(store: SqliteFaissStore, entry: EntryMaker) -> None:
    store.put([entry("a", "Ida Holt opened it. It cost 4 million.", title="Bridge opens", day="2025-05-03")])
    stored = store.articles(["a"])["a"]
    citation = Citation(1, store.sentences("a")[0], stored)
    asked = Question("And who opened it?", "Who opened the bridge?", date(2025, 5, 5))
    answer = Answer(asked, True, None, "m", "", (), (), (citation,), (), {})
    turn = Turn.of(answer)
    assert (turn.question, turn.standalone) == ("And who opened it?", "Who opened the bridge?")
    assert turn.told == "Bridge opens. Ida Holt opened it"
    assert standalone("How old is she?", [turn]).text == "How old is Ida Holt?"
    assert Turn.of(Answer(asked, False, "Not there.", "m", "", (), (), (), (), {})).told == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Aaron Judge of the New York Yankees hit it on Tuesday, October 4.", ["Aaron Judge+", "New York Yankees"]),
        ("What did Peskov say?", ["Peskov+"]),
        ("Mr. Odell told the Bank of England so.", ["Mr. Odell+", "Bank of England"]),
        ("What did NASA's DART hit?", ["NASA", "DART"]),
        ("Did a French court ban Marine Le Pen in March 2025?", ["Marine Le Pen+"]),
        ("Which Yankee hit it?", []),
        ("Against the ban? Since May?", []),
        ("When did Voyager 1 leave?", ["Voyager 1"]),
        ("Jesús Tinoco spoke.", ["Jesús Tinoco+"]),
        ("The WHO and the US spoke.", ["WHO", "US"]),
    ],
)
def test_names(text: str, wanted: list[str]) -> None:
    assert [n.text + "+" * (n.kind == "person") for n in names(text)] == wanted
    assert all(text[n.start : n.end] == n.text for n in names(text))


WORDS = st.sampled_from(
    "and what about he it they there When ? Fed the Paul Lynch in 2023 for Kyiv 's that his (x) [1] . IGNORE".split()
)
TEXT = st.lists(WORDS, max_size=9).map(" ".join) | st.text(max_size=40)


@given(TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3))
def test_any_talk_gives_a_question_of_bounded_length(text: str, talk: list[tuple[str, str]]) -> None:
    turns = [Turn(q, a) for q, a in talk]
    found = standalone(text, turns)
    assert len(found.text) <= len(text) + sum(len(t.question) for t in turns) + sum(len(t.answer) for t in turns) + 40
    assert found.leans or found.text == text
