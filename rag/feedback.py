"""What readers say of answers and citations, kept with the whole trace of the answer that they saw."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from index.errors import InputError
from rag.journal import Journal
from rag.trace import dumped, loaded
from rag.types import Answer

Rating = Literal["up", "down"]
MAX_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of feedback.

    Attributes:
        id: counts from 1.
        citation: number of the citation that is meant; None means the answer.
        rating: up or down.
        comment: in the reader's words; may be empty.
        history: the questions asked before in the same conversation, oldest first.
        answer: as the reader saw it, with everything that led to it.
        given: ISO moment in UTC.
    """

    id: int
    citation: int | None
    rating: Rating
    comment: str
    history: tuple[str, ...]
    answer: Answer
    given: str


class Feedback:
    """Feedback in a journal. Thread-safe."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def give(
        self,
        owner: str,
        turn: int,
        answer: Answer,
        rating: Rating,
        *,
        citation: int | None = None,
        comment: str = "",
        history: Sequence[str] = (),
    ) -> None:
        """Keeps what an owner says of an answer or of one of its citations; said again, it replaces the former.

        Raises:
            InputError: the answer has no such citation, the rating is none, or the comment is too long.
            StoreError: the disk refused.
        """
        if rating not in get_args(Rating):
            msg = f"{rating!r} is no rating."
            raise InputError(msg, "Say up or down.")
        if citation is not None and citation not in {c.n for c in answer.citations}:
            msg = f"The answer has no citation {citation}."
            raise InputError(msg, "Rate one that it has.")
        if len(comment) > MAX_COMMENT:
            msg = f"The comment has {len(comment)} characters; {MAX_COMMENT} are the most."
            raise InputError(msg, "Say it more shortly.")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._journal.writing() as db:
            db.execute(
                "DELETE FROM feedback WHERE owner = ? AND turn = ? AND coalesce(citation, 0) = ?",
                (owner, turn, citation or 0),
            )
            db.execute(
                "INSERT INTO feedback (owner, turn, citation, rating, comment, history, trace, given)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    owner,
                    turn,
                    citation,
                    rating,
                    comment.strip(),
                    json.dumps(list(history), ensure_ascii=False),
                    dumped(answer),
                    now,
                ),
            )

    def ratings(self, owner: str, turns: Sequence[int]) -> dict[tuple[int, int | None], Rating]:
        """What an owner said, by turn and citation."""
        sql = """SELECT turn, citation, rating FROM feedback
            WHERE owner = ? AND turn IN (SELECT value FROM json_each(?))"""
        with self._journal.reading() as db:
            return {(turn, n): rating for turn, n, rating in db.execute(sql, (owner, json.dumps(list(turns))))}

    def all(self) -> Iterator[Said]:
        """Everything that was said, oldest first; what another version of the program wrote is passed over."""
        sql = "SELECT id, citation, rating, comment, history, trace, given FROM feedback ORDER BY id"
        with self._journal.reading() as db:
            rows = db.execute(sql).fetchall()
        for number, citation, rating, comment, history, trace, given in rows:
            if answer := loaded(trace):
                yield Said(number, citation, rating, comment, tuple(json.loads(history)), answer, given)
