"""Scores of one question, on cases worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fakes.runs import SETS, judged, question, record, source
from hypothesis import given
from hypothesis import strategies as st

from eval.record import Record
from eval.scores import METRICS
from eval.stats import Score, ratio

COST = "It cost 412 million euros."
OPENED = "It opened on Saturday."


def scores(*args: Any, **kwargs: Any) -> dict[str, Score]:
    return judged(record(*args, **kwargs), SETS).scores


# --- the answer ------------------------------------------------------------------------------------------------------


def test_a_right_answer() -> None:
    found = scores(answer=[(COST, [1])], cited=[COST])
    assert (found["accuracy"], found["correct"], found["coverage"]) == (Score(1), Score(1), Score(1))
    assert found["exact_match"] == Score(0)
    # "412 million" in "it cost 412 million euros": 2 common of 5 and 2 words
    assert found["token_f1"].part == pytest.approx(4 / 7)
    assert "abstention_f1" not in found


def test_a_wrong_answer() -> None:
    found = scores(answer=[(OPENED, [1])], cited=[OPENED])
    assert (found["accuracy"], found["correct"], found["coverage"]) == (Score(0), Score(0), Score(1))
    assert found["token_f1"] == Score(0)


def test_a_wrong_refusal() -> None:
    found = scores()
    assert (found["accuracy"], found["correct"], found["coverage"]) == (Score(0), Score(0), Score(0))
    assert (found["abstention_precision"], found["abstention_f1"]) == (Score(0), Score(0, 1))
    # Nothing was shown, so nothing could be unsupported.
    assert not {"faithfulness", "citation_recall", "citation_precision", "abstention_recall"} & set(found)


def test_a_right_refusal_and_a_wrong_answer_to_the_unanswerable() -> None:
    nobody = question(answer=None)
    right, wrong = scores(nobody), scores(nobody, [(COST, [1])], cited=[COST])
    assert (right["accuracy"], right["abstention_recall"], right["abstention_f1"]) == (Score(1), Score(1), Score(2, 2))
    assert (wrong["accuracy"], wrong["abstention_recall"], wrong["abstention_f1"]) == (Score(0), Score(0), Score(0, 1))
    assert "abstention_precision" not in wrong
    assert not {"correct", "coverage", "hits_1", "evidence_recall"} & (set(right) | set(wrong))


def test_abstention_over_questions() -> None:
    # Two right refusals, one wrong one, two unanswerable ones answered: precision 2/3, recall 2/4, F1 4/7.
    nobody = question(answer=None)
    run = [
        *(scores(nobody), scores(nobody), scores()),
        *(scores(nobody, [(COST, [1])], cited=[COST]), scores(nobody, [(COST, [1])], cited=[COST])),
        scores(answer=[(COST, [1])], cited=[COST]),
    ]
    assert ratio([s["abstention_precision"] for s in run if "abstention_precision" in s]).mean == pytest.approx(2 / 3)
    assert ratio([s["abstention_recall"] for s in run if "abstention_recall" in s]).mean == 0.5
    assert ratio([s["abstention_f1"] for s in run if "abstention_f1" in s]).mean == pytest.approx(4 / 7)


def test_tags_have_scores_of_their_own() -> None:
    answer = {"answer": [(COST, [1])], "cited": [COST]}
    assert scores(question(tags=["temporal"]), **answer)["temporal_accuracy"] == Score(1)
    assert "temporal_accuracy" not in scores(**answer)
    assert scores(question(tags=["who-said-what"]), **answer)["attribution_accuracy"] == Score(1)
    # Right, but not supported by what it cites.
    unsupported = scores(question(tags=["who-said-what"]), [(COST, [1])], cited=[OPENED])
    assert (unsupported["correct"], unsupported["attribution_accuracy"]) == (Score(1), Score(0))


def test_both_values_of_a_conflict_must_be_named() -> None:
    gold = [("a", "They won 39 of 48, or 81.3%."), ("b", "They won 28 of 34, or 82.3%."), ("b", "They won.")]
    asked = question(answer="two counts", variants=["39 of 48", "28 of 34", "81.3%", "82.3%"], gold=gold,
                     tags=["conflict", "multi-article"])  # fmt: skip
    one = "The rate was 81.3%."
    both = "The rate was 81.3%, or 28 of 34."
    assert scores(asked, [(one, [])])["conflict_named"] == Score(0)
    assert scores(asked, [(both, [])])["conflict_named"] == Score(1)
    # They need not stand in one sentence.
    assert scores(asked, [(one, []), ("It was 28 of 34.", [])])["conflict_named"] == Score(1)
    assert scores(asked)["conflict_named"] == Score(0)
    assert scores(asked, [(one, [])])["correct"] == Score(1)


# --- support ---------------------------------------------------------------------------------------------------------


def test_support_of_an_answer() -> None:
    # First sentence: supported, by the first of two citations; second: not supported; third: cites nothing.
    answer = [(COST, [1, 2]), ("It opened on Sunday.", [2]), ("It is long.", [])]
    found = scores(answer=answer, cited=[COST, OPENED])
    assert found["faithfulness"] == Score(1, 3)
    assert found["citation_recall"] == Score(1 / 3)
    assert found["citation_precision"] == Score(1 / 3)


def test_an_answer_without_citations_has_no_precision() -> None:
    assert scores(answer=[(COST, [])])["citation_precision"] == Score(0)


def test_sources_from_after_the_question_are_counted() -> None:
    later = source(COST, published=date(2025, 5, 11))
    undated = source(COST, published=None)
    found = scores(answer=[(COST, [1, 2, 3])], cited=[COST, later, undated])
    assert found["as_of_kept"] == Score(1, 2)


# --- retrieval -------------------------------------------------------------------------------------------------------


def test_evidence_and_ranks() -> None:
    asked = question(gold=[("bridge", COST), ("ferry", OPENED)], tags=["multi-article"])
    # The gold article comes second, by its reprint.
    ranking = [["tax"], ["reprint", "bridge"], ["ferry"]]
    found = scores(asked, offered=["It cost 412  million\neuros.", "It rained."], ranking=ranking)
    assert found["evidence_recall"] == Score(0.5)
    assert found["evidence_answer"] == Score(1)
    assert [found[f"hits_{k}"].part for k in (1, 4, 10)] == [0, 1, 1]
    assert found["mrr_10"] == Score(0.5)


def test_an_article_that_was_not_found() -> None:
    found = scores(ranking=[["tax"]] * 10 + [["bridge"]])
    assert (found["hits_10"], found["mrr_10"], found["evidence_recall"]) == (Score(0), Score(0), Score(0))
    assert found["evidence_answer"] == Score(0)


# --- outcomes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answer", "outcome"),
    [
        (question(), [(COST, [1])], "right"),
        (question(), [(OPENED, [1])], "wrong"),
        (question(), [], "wrongly refused"),
        (question(answer=None), [], "right"),
        (question(answer=None), [(COST, [1])], "wrongly answered"),
    ],
)
def test_outcomes(asked: Any, answer: Any, outcome: str) -> None:
    found = judged(record(asked, answer, cited=[COST]), SETS)
    assert found.outcome == outcome
    assert found.unsupported == (answer == [(OPENED, [1])])


WORDS = st.sampled_from(["it cost 412 million", "rain fell", "no", "412", ""])


@st.composite
def records(draw: st.DrawFn) -> Record:
    cited = draw(st.lists(WORDS, max_size=3))
    marks = st.lists(st.integers(1, len(cited)), unique=True) if cited else st.just([])
    tags = draw(st.lists(st.sampled_from(["temporal", "conflict", "who-said-what"]), unique=True, min_size=1))
    return record(
        question(answer=draw(st.sampled_from(["412", "no", None])), tags=tags),
        draw(st.lists(st.tuples(WORDS, marks), max_size=3)),
        cited=cited,
        offered=draw(st.lists(WORDS, max_size=3)),
        ranking=draw(st.lists(st.lists(st.sampled_from(["bridge", "tax"]), max_size=2), max_size=12)),
    )


@given(records())
def test_scores_are_shares_with_known_names(found: Record) -> None:
    done = judged(found, SETS)
    assert set(done.scores) <= set(METRICS)
    assert all(0 <= score.part <= score.of for score in done.scores.values())
    assert Record.model_validate_json(done.model_dump_json()) == done
