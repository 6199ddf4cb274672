"""Benchmark files: articles and questions in the public RealTimeQA form, found through DATELINE_BENCH."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from index.errors import InputError

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


@dataclass(frozen=True, slots=True)
class BenchQuestion:
    """One question; see docs/evaluation.md.

    Attributes:
        id: as in the file.
        asked: the day it was asked; the *as of* date.
        text: the question.
        answers: accepted answers.
        evidence: ids of the articles that the publisher linked as the source; precise, few.
        bearing: ids of articles that contain the answer's words; noisy, many.
    """

    id: str
    asked: date
    text: str
    answers: tuple[str, ...]
    evidence: frozenset[str]
    bearing: frozenset[str]


def read_questions(path: Path) -> list[BenchQuestion]:
    """The questions of a file.

    Raises:
        InputError: the file is missing, or a line is no question.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as exc:
        msg = f"{path} cannot be read: {exc.strerror}."
        raise InputError(msg, "Give the path of a questions file (.jsonl).") from exc
    questions = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            questions.append(
                BenchQuestion(
                    record["id"],
                    date.fromisoformat(record["date"]),
                    record["question"],
                    tuple(record["answers"]),
                    frozenset(record["evidence_articles"]),
                    frozenset(record["answer_bearing_articles"]),
                )
            )
        except (ValueError, KeyError, TypeError) as exc:
            msg = f"{path}:{number} is no question: {exc!r}."
            raise InputError(msg, "Each line needs id, date, question, answers and the two article lists.") from exc
    return questions


def normalised(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces."""
    return " ".join(_ARTICLES.sub(" ", re.sub(r"[^\w\s]", " ", text.lower())).split())


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether a normalised answer occurs, as whole words, in the normalised text."""
    held = f" {normalised(text)} "
    return any(f" {wanted} " in held for answer in answers if (wanted := normalised(answer)))
