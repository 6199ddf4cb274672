"""What readers said of answers, as drafts of questions for a question set."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eval.corpus import handles
from eval.questions import EvalQuestion, Gold, Tag
from eval.starter import write_set
from index.errors import InputError
from index.sqlite_faiss import SqliteFaissStore
from rag.feedback import Feedback, Said
from rag.journal import FILE, Journal
from rag.types import Answer


def export(index: Path, out: Path | None) -> int:
    """Writes what was said of answers from an index, a draft a line; returns how many.

    Args:
        index: its folder.
        out: a new file; standard output where it is None.

    Raises:
        InputError: nothing was said yet, or the file exists.
        IndexMissing, StoreError: the index or the history cannot be read.
    """
    with SqliteFaissStore(index) as store:
        names = handles(store)
    journal = Journal(index / FILE)
    try:
        drafts = questions(Feedback(journal).all(), names)
    finally:
        journal.close()
    if not drafts:
        msg = f"Nobody has said anything of an answer from {index}."
        raise InputError(msg, "Thumbs and comments are given in the chat window.")
    if out is None:
        sys.stdout.writelines(f"{draft.model_dump_json()}\n" for draft in drafts)
    else:
        write_set(out, drafts)
    return len(drafts)


def questions(said: Iterable[Said], names: Mapping[str, str]) -> list[EvalQuestion]:
    """One draft an answer that somebody rated, in the order in which they were rated first.

    An answer found good brings its own words and the sentences that it cites. One found bad brings the comment in the
    answer's place, where there is one: a person must say what is right before the draft becomes a question. Citations
    that were found bad are no evidence.

    Args:
        said: all feedback, oldest first.
        names: article id to handle; an article that is gone keeps its id.
    """
    grouped: dict[str, list[Said]] = {}
    for one in said:
        key = f"{one.answer.question.text}\0{one.answer.question.as_of}\0{one.answer.text}"
        grouped.setdefault(key, []).append(one)
    return [_question(group, names) for group in grouped.values()]


def _question(group: list[Said], names: Mapping[str, str]) -> EvalQuestion:
    first = group[0]
    answer = first.answer
    bad = any(one.rating == "down" and one.citation is None for one in group)
    comments = [one.comment for one in group if one.comment]
    wrong = {one.citation for one in group if one.rating == "down" and one.citation is not None}
    # A refusal that was found good is unanswerable; one found bad should have been an answer.
    answerable = answer.answered or bad
    facts: dict[str, Any] = {"answer": None, "evidence": ()}
    if answerable:
        shown = answer.sentences[0].text if answer.sentences else ""
        words = " / ".join(comments) if bad and comments else shown
        facts = {"answer": words or "(to be written)", "evidence": _evidence(answer, wrong, names)}
    tags: list[Tag] = ["fact" if answerable else "unanswerable"]
    if first.history:
        tags.append("follow-up")
    return EvalQuestion(
        id=f"feedback-{first.id}",
        question=answer.question.text,
        as_of=answer.question.as_of,
        history=first.history,
        tags=tuple(tags),
        answerable=answerable,
        draft=True,
        **facts,
    )


def _evidence(answer: Answer, wrong: set[int], names: Mapping[str, str]) -> tuple[Gold, ...]:
    """The cited sentences that nobody found bad; where none is left, the sentence that came nearest."""
    kept = [c for c in answer.citations if c.n not in wrong]
    nearest = sorted(answer.evidence, key=lambda e: -e.score)[:1]
    golds = [
        Gold(article=names.get(one.sentence.article_id, one.sentence.article_id), sentence=one.sentence.text)
        for one in (kept or nearest)
    ]
    return tuple(dict.fromkeys(golds))
