"""Questions that take for granted what the articles deny."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes.evidence import evidence

from rag.premise import denying, premises


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
        (
            "When will the vape ban be extended to cigars?",
            "Reyes denied that the vape ban would be extended to cigars.",
            "the vape ban will be extended to cigars",
        ),
        (
            "Why did Holt accept a job with the World Bank?",
            "Holt denied a report by Radio Nine that she had accepted a job with the World Bank.",
            "Holt did accept a job with the World Bank",
        ),
        ("Why did Finance Minister Holt quit?", "Ida Holt rejected calls to resign.", "Finance Minister Holt did quit"),
        ("When did Ida Holt quit?", "Ida Holt said she would stay in office.", "Ida Holt did quit"),
        ("When did Ida Holt move to Madrid?", "Ida Holt will not join Madrid.", "Ida Holt did move to Madrid"),
        ("Why did Holt oppose the stadium?", "Mayor Ida Holt had backed the stadium.", "Holt did oppose the stadium"),
        ("Why did Holt support the stadium?", "Ida Holt voted against the stadium.", "Holt did support the stadium"),
        ("Why did Parliament reject the ban?", "Parliament passed a ban on Monday.", "Parliament did reject the ban"),
        ("How did Lund score the goal?", "The goal was scored by Hale, not by Lund.", "Lund did score the goal"),
        # past forms that no ending tells
        ("When did Trump win the Nobel Prize?", "Trump has not won the Nobel Prize.", "Trump did win the Nobel Prize"),
        ("When did Iran build a bomb?", "Iran has never built a bomb.", "Iran did build a bomb"),
        ("When did Apple buy Disney?", "Apple denied it had bought Disney.", "Apple did buy Disney"),
        ("When did Apple sell Disney?", "Apple has not sold Disney.", "Apple did sell Disney"),
        ("When did Holt leave Harbour?", "Holt has not left Harbour.", "Holt did leave Harbour"),
        ("When was Ida Holt shot?", "Ida Holt was not shot, police said.", "Ida Holt was shot"),
        ("Why did Israel strike Leeds?", "Israel has not struck Leeds.", "Israel did strike Leeds"),
        ("Who shot Ida Holt?", "Nobody shot Ida Holt.", "somebody shot Ida Holt"),
        # what only describes the noun need not be said again
        ("Where were the stolen boxes found?", "The boxes have not been found.", "the stolen boxes were found"),
        # other refusals
        ("When did Holt resign?", "Holt has no intention of resigning.", "Holt did resign"),
        ("Why did Ida Holt sign the treaty?", "Ida Holt failed to sign the treaty.", "Ida Holt did sign the treaty"),
        # the clause in which it stands, in good English
        ("What did Holt say when she resigned?", "Holt has not resigned.", "Holt resigned"),
        ("What did Holt say when Powell resigned?", "Powell has not resigned.", "Powell resigned"),
        (
            "How did Ida Holt react when the Harbour Bridge was demolished?",
            "The Harbour Bridge was not demolished.",
            "the Harbour Bridge was demolished",
        ),
        ("Why is the mayor being sued?", "The mayor has not been sued.", "the mayor is being sued"),
        ("When has Iran ever built a bomb?", "Iran has never built a bomb.", "Iran has ever built a bomb"),
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
        ("What did the mayor say when she resigned?", "The mayor has not resigned."),
        ("Why did the mayor let Powell resign?", "The mayor let it be known that Powell did not resign."),
        ("When did Ida Holt resign and leave Harbour?", "Ida Holt did not resign, and did not leave Harbour."),
    ],
)
def test_what_cannot_be_put_in_good_english_is_not_repeated(question: str, sentence: str) -> None:
    texts = [premise.text for premise in premises(question)]
    found = denying(question, [evidence(1, sentence)])
    assert found is not None
    assert "" in texts
    assert found.text in (
        "The question takes for granted what the articles contradict.",
        "The question takes for granted that Ida Holt did resign and leave Harbour. The articles say otherwise.",
    )


def test_the_mayor_of_the_headline_is_meant() -> None:
    said = evidence(1, "The mayor said she would not resign.", title="Mayor Ida Holt speaks")
    assert denying("When did Ida Holt resign?", [said]) is not None
    assert denying("When did Ida Holt resign?", [evidence(1, said.sentence.text, title="A mayor speaks")]) is None


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When did Ida Holt resign?", "Ida Holt stayed on as mayor of Harbour."),
        ("When did Ida Holt resign?", "Holt remains mayor of Harbour."),
        ("When did Ida Holt resign?", "Holt is still in office."),
        ("When did Ida Holt resign?", "Holt vowed to stay in office."),
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
        ("When did Ida Holt resign?", "Ida Holt stayed on as mayor until May."),
        ("When did Ida Holt resign?", "Ida Holt remained mayor for a year."),
        ("When did Ida Holt resign?", "Ida Holt was still mayor when the storm came."),
        ("When did Ida Holt resign?", "Ida Holt did not vow to stay in office."),
        ("When did Ida Holt leave the party?", "Ida Holt remains mayor."),
        ("When did Ida Holt sign the treaty?", "Ida Holt failed to sign the treaty by Friday."),
        ("When did Ida Holt sign the treaty?", "Ida Holt did not fail to sign the treaty."),
        ("When was Ida Holt fired?", "Ida Holt was not fired by the council."),
        ("Who resigned?", "Ida Holt has no plans to resign."),
        ("What did Holt say when Powell resigned?", "Holt has not resigned."),
        ("When did Apple buy Disney?", "Apple has not sold Disney."),
        ("When did Ida Holt move to Paris?", "Ida Holt did not move to Rome."),
        ("When did the Angels last win a cup?", "The Angels have not won a cup since 2009."),
        ("When did Etna erupt?", "Etna had not erupted in almost four decades."),
        ("When did Holt buy the sauce?", "Holt would not have bought the sauce had he known it."),
        ("What does Ida Holt want?", "Ida Holt does not want a bridge."),
        ("What was Holt accused of?", "Ida Holt denied the accusations."),
        ("When will Holt announce her run?", "Aides said Holt should postpone her announcement."),
        ("What did Holt say about America being racist?", "Holt said America is not racist."),
        ("Who reported that Holt would resign?", "Ida Holt said she would not resign."),
        ("Which firm is Apple working with?", "“We knew that plan just would not work for Apple,” she said."),
        ("Why did Holt support the plan to close schools?", "Ida Holt opposed a plan to raise taxes."),
        ("Why did Ida Holt accept the vote?", "Ida Holt denied that she had accepted a job."),
        ("What did Ida Holt oppose?", "Ida Holt backed the stadium."),
        ("Where did Adan fail a drug test?", "Adan was banned after a failed drug test in Doha."),
        ("How did Hale score the goal?", "The goal was scored by Hale, not by Lund."),
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


def test_a_later_report_in_an_irregular_form_ends_it_too() -> None:
    denial = evidence(1, "Apple has not bought Disney.", day="2025-05-03")
    asked = "When did Apple buy Disney?"
    assert denying(asked, [denial]) is not None
    assert denying(asked, [denial, evidence(2, "Apple bought Disney on Friday.", day="2025-05-09")]) is None


def test_a_figure_that_is_said_to_be_wrong_is_named() -> None:
    said = evidence(1, "The crowd at the Cup final was 38,450, not 41,200, the league said.")
    found = denying("How did the 41,200 at the Cup final get home?", [said])
    assert found is not None
    assert found.text == "The question takes for granted what the articles contradict."
    assert denying("How did the 38,450 at the Cup final get home?", [said]) is None
    assert denying("Why was the crowd at the Cup final 38,450 and not 41,200?", [said]) is None
    assert denying("How did the 41,200 at the opera get there?", [said]) is None


def test_what_happens_more_than_once_is_not_denied_by_its_opposite_of_another_day() -> None:
    asked = "Why did the council approve the stadium?"
    rejected = evidence(1, "The council rejected the stadium.", day="2025-05-09")
    assert denying(asked, [rejected]) is not None
    assert denying(asked, [rejected, evidence(2, "The council approved the stadium.", day="2025-01-03")]) is None


def test_the_article_that_denies_one_thing_may_tell_the_other_of_the_same_person() -> None:
    asked = "What was Ida Holt acquitted of?"
    first = evidence(1, "Ida Holt was convicted of theft.")
    second = evidence(2, "She was acquitted of fraud.")
    assert denying(asked, [first]) is not None
    assert denying(asked, [first, replace(second, article=first.article)]) is None
