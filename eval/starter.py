"""The skeleton of a question set for a user's own articles, with the schema that editors check it by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from eval.questions import EvalQuestion, Gold
from index.errors import InputError, StoreError

_DAY = date(2026, 1, 31)
_GOLD = Gold(article="file-name-without-suffix", sentence="A sentence that answers it, exactly as it stands there.")

EXAMPLES = (
    EvalQuestion(
        id="e1",
        question="A question that one sentence answers?",
        as_of=_DAY,
        answer="a short answer",
        variants=("the same in other words",),
        evidence=(_GOLD,),
        tags=("fact",),
        answerable=True,
        draft=True,
    ),
    EvalQuestion(
        id="e2",
        question="A question that is understood only after the one before?",
        as_of=_DAY,
        history=("The question before?",),
        answer="a short answer",
        evidence=(_GOLD,),
        tags=("follow-up",),
        answerable=True,
        draft=True,
    ),
    EvalQuestion(
        id="e3",
        question="A question about people in the articles that the articles do not answer?",
        as_of=_DAY,
        answer=None,
        tags=("unanswerable", "near-miss"),
        answerable=False,
        draft=True,
    ),
)


def write_set(path: Path, questions: Iterable[EvalQuestion]) -> int:
    """Writes questions into a new file, and their JSON schema beside it; returns how many.

    Raises:
        InputError: the file exists: a set that somebody wrote is never overwritten.
        StoreError: it cannot be written.
    """
    schema = path.with_name("questions.schema.json")
    lines = [question.model_dump_json() for question in questions]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        schema.write_text(json.dumps(EvalQuestion.model_json_schema(), indent=2) + "\n", encoding="utf-8")
    except FileExistsError as exc:
        msg = f"{path} exists."
        raise InputError(msg, "Give another name, or move that file away.") from exc
    except OSError as exc:
        msg = f"{path} cannot be written: {exc.strerror}."
        raise StoreError(msg, "Give a place where you may write.") from exc
    return len(lines)
