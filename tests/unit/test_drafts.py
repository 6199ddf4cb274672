"""Proposed questions and the beginning of a set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from conftest import EntryMaker

from eval.drafts import drafts
from eval.questions import EvalQuestion, read_questions
from eval.starter import EXAMPLES, write_set
from index.errors import InputError
from index.manifest import Manifest
from index.sqlite_faiss import SqliteFaissStore

TODAY = date(2025, 6, 1)
SAID = 'Mayor Ida Holt said the Harbour Bridge would carry "half of all traffic" to Port Elm.'
COST = "The Harbour Bridge in Port Elm cost $412 million, nearly twice what had been planned."
OPENED = "The bridge between Port Elm and Lowgate opened to all traffic on May 3, 2025, in heavy rain."
CARS = "Some 16,500 cars crossed the Harbour Bridge between Port Elm and Lowgate that day."
LEANS = "It had been delayed by 30 percent more work than the Port Elm council once expected."
SHORT = "It cost 412 euros."


@pytest.fixture
def store(tmp_path: Path, manifest: Manifest, entry: EntryMaker) -> Iterator[SqliteFaissStore]:
    with SqliteFaissStore(tmp_path / "index", manifest, create=True) as opened:
        opened.put(
            [
                entry("bridge", " ".join([SAID, COST, OPENED, CARS, LEANS, SHORT]), day="2025-05-04"),
                entry("plain", "Nothing that could be asked about stands in this article, whatever one tries."),
            ]
        )
        yield opened


def proposed(store: SqliteFaissStore, most: int) -> dict[str, EvalQuestion]:
    names = {"bridge": "the-bridge", "plain": "plain"}
    return {q.evidence[0].sentence: q for q in drafts(store, names, TODAY, most)}


def test_a_gap_stands_where_the_answer_stood(store: SqliteFaissStore) -> None:
    found = proposed(store, 9)
    assert found[SAID].answer == "Mayor Ida Holt"
    assert found[SAID].question == f"Who: “{SAID.replace('Mayor Ida Holt', '___')}”?"
    assert found[SAID].tags == ("who-said-what",)
    assert found[OPENED].answer == "May 3, 2025"
    assert found[OPENED].tags == ("date",)
    # Of one kind, the sentence with more names is taken.
    assert COST not in found
    assert found[CARS].answer == "16,500"
    assert {LEANS, SHORT}.isdisjoint(found)
    assert all(q.draft and q.answerable and q.as_of == date(2025, 5, 4) for q in found.values())
    assert {gold.article for q in found.values() for gold in q.evidence} == {"the-bridge"}


def test_no_more_than_wanted(store: SqliteFaissStore) -> None:
    assert len(proposed(store, 1)) == 1


def test_drafts_are_written_and_refused(store: SqliteFaissStore, tmp_path: Path) -> None:
    place = tmp_path / "new" / "mine.jsonl"
    assert write_set(place, proposed(store, 2).values()) == 2
    with pytest.raises(InputError, match="2 questions are still drafts"):
        read_questions(place)
    place.write_text(place.read_text(encoding="utf-8").replace('"draft":true', '"draft":false'), encoding="utf-8")
    assert len(read_questions(place)) == 2


def test_a_set_begins_with_examples_and_a_schema(tmp_path: Path) -> None:
    place = tmp_path / "mine.jsonl"
    write_set(place, EXAMPLES)
    schema = json.loads((tmp_path / "questions.schema.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        jsonschema.validate(line, schema)
    assert [EvalQuestion.model_validate(line) for line in lines] == list(EXAMPLES)
    with pytest.raises(InputError, match="still drafts"):
        read_questions(place)


def test_a_set_is_never_overwritten(tmp_path: Path) -> None:
    place = tmp_path / "mine.jsonl"
    place.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists"):
        write_set(place, EXAMPLES)
    assert place.read_text(encoding="utf-8") == "mine"
