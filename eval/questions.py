"""The question set: ``eval/questions.jsonl``, questions about the seeds with the sentences that answer them.

One JSON object a line. Articles are named by the seed's file name without its suffix, because most seeds bring no id
and one derived from a URL says nothing to a reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from index.errors import InputError

QUESTIONS = Path(__file__).with_name("questions.jsonl")

Tag = Literal[
    "fact",
    "number",
    "date",
    "who-said-what",
    "multi-article",  # needs more than one article; reprints of one story do not make two
    "comparison",
    "temporal",  # the day of the question decides the answer, or the order of events does
    "follow-up",  # makes sense only after the questions in its history
    "conflict",  # reports differ: any of the values is accepted, the best answer names them all
    "superseded",  # one report corrects or outdates another, or itself
    "yes-no",
    "false-premise",  # takes for granted what the articles contradict; the evidence is the contradiction
    "unanswerable",
    "near-miss",  # unanswerable though its people or organisations are in the articles
]
TAGS: tuple[Tag, ...] = get_args(Tag)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gold(_Record):
    """A sentence that supports the answer.

    Attributes:
        article: the seed's file name without suffix.
        sentence: exactly as `index.sentences` cuts it.
    """

    article: Text
    sentence: Annotated[str, StringConstraints(min_length=1)]


class EvalQuestion(_Record):
    """One question.

    Attributes:
        id: unique in the file.
        question: as a reader would ask it.
        as_of: the day it is asked; later articles do not count.
        history: the questions asked before it in the same conversation, oldest first.
        answer: a short right answer; None where the articles hold none.
        variants: other accepted strings; an answer is right if it holds `answer` or one of these.
        evidence: sentences that support the answer, each alone or a part of it.
        tags: what the question tries.
        answerable: whether the articles up to `as_of` answer it.
        draft: proposed by a program, and not yet read by a person; a set is not used while it holds any.
    """

    id: Text
    question: Text
    as_of: date
    history: tuple[Text, ...] = ()
    answer: Text | None
    variants: tuple[Text, ...] = ()
    evidence: tuple[Gold, ...] = ()
    tags: tuple[Tag, ...]
    answerable: bool
    draft: bool = False

    @property
    def accepted(self) -> tuple[str, ...]:
        """The answer and its variants; empty for an unanswerable question."""
        return (self.answer, *self.variants) if self.answer else ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = next((reason for broken, reason in self._contradictions() if broken), None)
        if wrong:
            raise ValueError(wrong)
        return self

    def _contradictions(self) -> Iterable[tuple[bool, str]]:
        tags = set(self.tags)
        yield not tags, "it has no tag"
        yield len(tags) < len(self.tags), "a tag is given twice"
        yield self.answerable and self.answer is None, "an answerable question needs an answer"
        yield self.answerable and not self.evidence, "an answerable question needs at least one sentence of evidence"
        yield not self.answerable and bool(self.answer or self.variants), "an unanswerable question has no answer"
        # What contradicts a false premise can be shown even where the question itself has no answer.
        unsupported = not self.answerable and "false-premise" not in tags
        yield unsupported and bool(self.evidence), "an unanswerable question has no evidence"
        yield self.answerable == ("unanswerable" in tags), "the tag unanswerable and the field answerable disagree"
        yield "near-miss" in tags and self.answerable, "a near-miss is unanswerable"
        yield bool(self.history) != ("follow-up" in tags), "the tag follow-up and a history go together"
        yield len(set(self.evidence)) < len(self.evidence), "a sentence of evidence is given twice"
        one = len({gold.article for gold in self.evidence}) == 1
        yield "multi-article" in tags and one, "the tag multi-article needs evidence from two articles"


def read_questions(path: Path = QUESTIONS) -> list[EvalQuestion]:
    """The questions of a file, in its order; blank lines are passed over.

    Raises:
        InputError: the file cannot be read or holds no question, a line is none, an id is used twice, or a question
            is still a draft.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as exc:
        msg = f"{path} is not UTF-8: {exc.reason} at byte {exc.start}."
        raise InputError(msg, "Save it as UTF-8.") from exc
    except OSError as exc:
        msg = f"{path} cannot be read: {exc.strerror}."
        raise InputError(msg, "Give the path of a questions file (.jsonl).") from exc
    questions: list[EvalQuestion] = []
    lines_of: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = EvalQuestion.model_validate_json(line)
        except ValidationError as exc:
            msg = f"{path}:{number} is no question: {_reason(exc)}."
            raise InputError(msg, "Correct the line; the fields are described in eval/questions.py.") from exc
        first = lines_of.setdefault(question.id, number)
        if first != number:
            msg = f"{path}:{number}: the id {question.id!r} is already used in line {first}."
            raise InputError(msg, "Give every question an id of its own.")
        questions.append(question)
    if not questions:
        msg = f"{path} holds no questions."
        raise InputError(msg, "Each line is one question, a JSON object.")
    drafts = [question.id for question in questions if question.draft]
    if drafts:
        msg = f"{path}: {len(drafts)} questions are still drafts, first {drafts[0]!r}."
        raise InputError(msg, 'Read each, correct it or remove its line, and take out "draft": true.')
    return questions


def check_against(questions: Iterable[EvalQuestion], sentences_by_article: Mapping[str, Collection[str]]) -> list[str]:
    """What the questions' evidence has that the articles have not, in words; empty if all is well.

    Args:
        questions: to be checked.
        sentences_by_article: the sentences of each article, by the handle that `Gold.article` uses.
    """
    problems = []
    for question in questions:
        for gold in question.evidence:
            if gold.article not in sentences_by_article:
                problems.append(f"{question.id}: there is no article {gold.article!r}.")
            elif gold.sentence not in sentences_by_article[gold.article]:
                problems.append(f"{question.id}: {gold.article!r} has no sentence {gold.sentence!r}.")
    return problems


def _reason(error: ValidationError) -> str:
    """Every fault of a line with its field, without the library's links and echoes of the input."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in fault["loc"])
        what = fault["msg"].removeprefix("Value error, ")
        faults.append(f"{where}: {what}" if where else what)
    return "; ".join(faults)
