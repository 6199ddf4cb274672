"""Questions in readers' own words: the files, and the groups that are made of them."""

from __future__ import annotations

import random
from pathlib import Path

from eval.questions import read_questions
from eval.reader_questions import QUESTIONS, REWORDED, ReaderQuestion, Reworded, read, readers, reworded
from eval.selector_pairs import Candidate, Collection, Group, starts

TEXT = (
    "The Harbour Bridge opened to traffic on Saturday after nine years of work. "
    "The Harbour Bridge cost 412 million euros, Mayor Ida Holt told reporters. "
    "Some 300 people came to see the ribbon cut by the mayor. "
    "The old ferry, which carried 900 cars a day, stopped last month. "
    "Critics called the bridge a waste of money and of time."
)
ARTICLE = {"id": "a", "title": "Harbour Bridge opens", "text": TEXT, "published": "2025-05-03"}
COPY = {
    **ARTICLE,
    "id": "b",
    "title": "New bridge",
    "text": "The Harbour Bridge cost 412 million euros, the mayor told us.",
}
OTHER = {
    **ARTICLE,
    "id": "c",
    "title": "Tunnel",
    "text": "The tunnel under the bridge is to be dug by a firm from Aarhus.",
}
COST = TEXT.index("The Harbour Bridge cost")
CRITICS = TEXT.index("Critics")


def group_of(question: ReaderQuestion) -> Group:
    articles = [ARTICLE, COPY, OTHER]
    (group,) = readers([question], {a["id"]: a for a in articles}, Collection(articles), random.Random(1))
    return group


def test_the_sentence_that_was_named_answers_and_what_may_answer_is_left_out() -> None:
    group = group_of(ReaderQuestion(article="a", question="What was the price?", answers=(COST,), perhaps=(CRITICS,)))
    assert [c.sentence for c in group.candidates if c.answers] == [starts(TEXT)[COST]]
    assert group.kind == "reader"
    assert not any("Critics" in c.sentence for c in group.candidates)


def test_a_copy_in_another_article_does_not_count_as_wrong() -> None:
    group = group_of(ReaderQuestion(article="a", question="How much did the bridge cost?", answers=(COST,)))
    assert sum("412" in c.sentence for c in group.candidates) == 1
    assert any("Aarhus" in c.sentence for c in group.candidates)


def test_for_a_near_miss_no_sentence_of_the_article_answers() -> None:
    group = group_of(ReaderQuestion(article="a", question="Who drew the bridge?", answers=()))
    assert group.kind == "near miss"
    assert group.candidates
    assert {c.sentence for c in group.candidates} <= set(starts(TEXT).values())
    assert not any(c.answers for c in group.candidates)


def test_a_group_is_asked_again_in_other_words(tmp_path: Path) -> None:
    path = tmp_path / "reworded.jsonl"
    path.write_text(Reworded(id="q1", questions=("bridge price", "What did it cost?")).model_dump_json() + "\n")
    group = Group("How much?", (Candidate("t", "s", answers=True),), "asked", "q1")
    found = list(reworded([group, Group("Who?", (), "asked", "q2")], path))
    assert [g.question for g in found] == ["bridge price", "What did it cost?"]
    assert {(g.candidates, g.origin, g.kind) for g in found} == {(group.candidates, "q1", "reworded")}


def test_the_files_are_whole_and_hold_no_question_of_the_projects_own_set() -> None:
    questions = read(QUESTIONS)
    again = [Reworded.model_validate_json(line) for line in REWORDED.read_text(encoding="utf-8").splitlines()]
    assert len(questions) > 1000
    assert all(len(set(q.answers)) == len(q.answers) and not set(q.answers) & set(q.perhaps) for q in questions)
    assert all(r.questions for r in again)
    own = {q.question.casefold() for q in read_questions()}
    assert not own & {q.question.casefold() for q in questions}
    assert not own & {q.casefold() for r in again for q in r.questions}
