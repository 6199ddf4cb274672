"""The question set: what is shipped fits the seeds, and a bad record is named by line and reason."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from eval.bench import holds_answer
from eval.questions import TAGS, EvalQuestion, Gold, check_against, read_questions
from index.errors import InputError
from index.load import load
from index.records import Article
from index.sentences import cut_sentences

SEEDS = Path(__file__).parents[2] / "seeds"

GOOD: dict[str, object] = {
    "id": "q1",
    "question": "How many people came?",
    "as_of": "2024-05-02",
    "history": [],
    "answer": "40",
    "variants": ["forty"],
    "evidence": [{"article": "a", "sentence": "Forty people came."}],
    "tags": ["number"],
    "answerable": True,
}
NONE: dict[str, object] = {"answer": None, "variants": [], "evidence": [], "answerable": False}


@pytest.fixture(scope="module")
def questions() -> list[EvalQuestion]:
    return read_questions()


@pytest.fixture(scope="module")
def seeds() -> dict[str, Article]:
    return {Path(item.source).stem: item for item in load([SEEDS]) if isinstance(item, Article)}


def written(path: Path, *records: dict[str, object] | str) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# --- the set that is shipped ----------------------------------------------------------------------------------------


def test_evidence_is_in_the_seeds(questions: list[EvalQuestion], seeds: dict[str, Article]) -> None:
    sentences = {
        stem: {article.text[span.start : span.end] for span in cut_sentences(article.text)}
        for stem, article in seeds.items()
    }
    assert check_against(questions, sentences) == []


def test_every_seed_is_asked_about(questions: list[EvalQuestion], seeds: dict[str, Article]) -> None:
    asked = Counter(stem for q in questions for stem in {gold.article for gold in q.evidence})
    assert set(asked) == set(seeds)
    assert max(asked.values()) <= 12


def test_evidence_is_not_from_the_future(questions: list[EvalQuestion], seeds: dict[str, Article]) -> None:
    days = {stem: article.published for stem, article in seeds.items()}
    assert [q.id for q in questions for gold in q.evidence if (day := days[gold.article]) and day > q.as_of] == []


def test_an_accepted_string_is_in_the_evidence(questions: list[EvalQuestion]) -> None:
    # Otherwise an answer that quotes its evidence would count as wrong.
    assert [
        q.id for q in questions if q.answerable and not any(holds_answer(g.sentence, q.accepted) for g in q.evidence)
    ] == []


def test_counts(questions: list[EvalQuestion]) -> None:
    tags = Counter(tag for q in questions for tag in q.tags)
    assert len(questions) >= 150
    assert tags["unanswerable"] >= 40
    assert tags["near-miss"] * 2 >= tags["unanswerable"]
    assert set(tags) == set(TAGS)


def test_no_question_is_asked_twice(questions: list[EvalQuestion]) -> None:
    asked = Counter((q.question.casefold(), q.as_of, q.history) for q in questions)
    assert [question for question, times in asked.items() if times > 1] == []


def test_a_day_decides(questions: list[EvalQuestion]) -> None:
    """Some questions are asked on two days, with another answer on each."""
    answers: dict[str, set[str | None]] = {}
    for q in questions:
        if not q.history:
            answers.setdefault(q.question, set()).add(q.answer)
    assert sum(len(found) > 1 for found in answers.values()) >= 8


# --- records ---------------------------------------------------------------------------------------------------------


def test_a_good_record(tmp_path: Path) -> None:
    (question,) = read_questions(written(tmp_path / "q.jsonl", GOOD, ""))
    assert question.accepted == ("40", "forty")
    assert question.as_of.isoformat() == "2024-05-02"
    assert question.evidence == (Gold(article="a", sentence="Forty people came."),)


def test_an_unanswerable_record(tmp_path: Path) -> None:
    (question,) = read_questions(written(tmp_path / "q.jsonl", GOOD | NONE | {"tags": ["unanswerable", "near-miss"]}))
    assert question.accepted == ()


def test_a_false_premise_may_have_evidence_without_an_answer(tmp_path: Path) -> None:
    record = GOOD | NONE | {"evidence": GOOD["evidence"], "tags": ["unanswerable", "false-premise"]}
    assert read_questions(written(tmp_path / "q.jsonl", record))[0].evidence


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer": None}, "an answerable question needs an answer"),
        ({"evidence": []}, "at least one sentence of evidence"),
        ({"answerable": False}, "an unanswerable question has no answer"),
        ({**NONE, "variants": ["40"], "tags": ["unanswerable"]}, "an unanswerable question has no answer"),
        ({**NONE, "evidence": GOOD["evidence"], "tags": ["unanswerable"]}, "has no evidence"),
        ({**NONE}, "the tag unanswerable and the field answerable disagree"),
        ({"tags": ["number", "unanswerable"]}, "the tag unanswerable and the field answerable disagree"),
        ({"tags": ["near-miss"]}, "a near-miss is unanswerable"),
        ({"tags": []}, "it has no tag"),
        ({"tags": ["fact", "fact"]}, "a tag is given twice"),
        ({"tags": ["trivia"]}, "tags.0: Input should be 'fact'"),
        ({"tags": ["multi-article"]}, "needs evidence from two articles"),
        ({"evidence": [{"article": "a", "sentence": "x"}] * 2}, "a sentence of evidence is given twice"),
        ({"history": ["Who came?"]}, "the tag follow-up and a history go together"),
        ({"tags": ["follow-up"]}, "the tag follow-up and a history go together"),
        ({"as_of": "last week"}, "as_of: "),
        ({"question": "  "}, "question: "),
        ({"source": "x"}, "source: Extra inputs are not permitted"),
        ({"evidence": [{"article": "a"}]}, "evidence.0.sentence: Field required"),
    ],
)
def test_a_bad_record_is_named_by_line_and_reason(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    path = written(tmp_path / "q.jsonl", GOOD | {"id": "q0"}, GOOD | changes)
    with pytest.raises(InputError) as caught:
        read_questions(path)
    assert f"{path}:2 is no question: " in caught.value.message
    assert reason in caught.value.message
    assert caught.value.advice


@pytest.mark.parametrize("line", ["{", "[]", "nonsense"])
def test_a_line_that_is_no_json_object(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=r"q\.jsonl:1 is no question"):
        read_questions(written(tmp_path / "q.jsonl", line))


def test_an_id_used_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3: the id 'q1' is already used in line 1"):
        read_questions(written(tmp_path / "q.jsonl", GOOD, "", GOOD))


def test_files_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="holds no questions"):
        read_questions(written(tmp_path / "empty.jsonl", ""))
    (tmp_path / "latin.jsonl").write_bytes(b"\xe9\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_questions(tmp_path / "latin.jsonl")


def test_drafts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 questions are still drafts, first 'q2'"):
        read_questions(written(tmp_path / "q.jsonl", GOOD, GOOD | {"id": "q2", "draft": True}))


# --- evidence --------------------------------------------------------------------------------------------------------


def test_evidence_that_is_not_there(tmp_path: Path) -> None:
    asked = read_questions(written(tmp_path / "q.jsonl", GOOD))
    assert check_against(asked, {"a": ["Forty people came."]}) == []
    assert check_against(asked, {"b": ["Forty people came."]}) == ["q1: there is no article 'a'."]
    assert check_against(asked, {"a": ["40 people came."]}) == ["q1: 'a' has no sentence 'Forty people came.'."]
