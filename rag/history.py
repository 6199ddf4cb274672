"""Conversations, kept on the server: each belongs to one owner, and nobody else can list, read or delete it.

Every method takes the owner and asks the database with it, so a conversation's id alone opens nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from index.errors import InputError
from index.sqlite_words import fts_query
from index.store import Terms
from rag.journal import Journal
from rag.trace import dumped, dumped_limits, loaded, loaded_limits
from rag.types import NO_LIMITS, Answer, Limits

TITLE = 90  # characters of the first question that name a conversation in a list


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list.

    Attributes:
        id: of the conversation.
        title: its first question.
        changed: ISO moment in UTC.
        questions: how many it holds.
        outdated: how many sentences that its answers cite do not stand any more, where that was looked up.
    """

    id: str
    title: str
    changed: str
    questions: int
    outdated: int = 0


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence that an answer cites, with its article and the version that was cited."""

    article: str
    version: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One question of a conversation.

    Attributes:
        id: of the turn.
        question: as asked.
        limits: set by hand when it was asked.
        text: the answer in plain text with its marks.
        answer: with everything that led to it; None where this version of the program cannot read it.
        stopped: whether the reader stopped the model.
        asked: ISO moment in UTC.
    """

    id: int
    question: str
    limits: Limits
    text: str
    answer: Answer | None
    stopped: bool
    asked: str


class History:
    """Conversations in a journal. Thread-safe."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def keep(
        self,
        owner: str,
        question: str,
        answer: Answer,
        *,
        conversation: str | None = None,
        turn: int | None = None,
        limits: Limits = NO_LIMITS,
        stopped: bool = False,
    ) -> tuple[str, int]:
        """Keeps one answer; returns the ids of its conversation and its turn.

        Args:
            owner: whose it is.
            question: as asked.
            answer: to it.
            conversation: the one that it continues; None begins one.
            turn: the turn of that conversation whose question was asked anew: its answer is replaced.
            limits: set by hand when it was asked.
            stopped: whether the reader stopped the model.

        Raises:
            InputError: the owner has no such conversation or turn, for example because it was deleted meanwhile.
            StoreError: the disk refused.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        values = (question, dumped_limits(limits), answer.text, dumped(answer), stopped, now)
        with self._journal.writing() as db:
            if conversation is None:
                conversation = secrets.token_urlsafe(12)
                title = question if len(question) <= TITLE else question[: TITLE - 1].rstrip() + "…"
                db.execute("INSERT INTO conversations VALUES (?, ?, ?, ?, ?)", (conversation, owner, title, now, now))
            elif not db.execute(
                "UPDATE conversations SET changed = ? WHERE id = ? AND owner = ?", (now, conversation, owner)
            ).rowcount:
                raise _unknown()
            if turn is None:
                added = db.execute(
                    """INSERT INTO turns (question, limits, answer, trace, stopped, asked, conversation)
                    VALUES (?, ?, ?, ?, ?, ?, ?)""",
                    (*values, conversation),
                )
                return conversation, int(added.lastrowid or 0)
            changed = db.execute(
                """UPDATE turns SET question = ?, limits = ?, answer = ?, trace = ?, stopped = ?, asked = ?
                WHERE id = ? AND conversation = ?""",
                (*values, turn, conversation),
            )
            if not changed.rowcount:
                raise _unknown()
        return conversation, turn

    def conversations(self, owner: str, search: str = "", *, offset: int = 0, limit: int = 50) -> list[Listed]:
        """The owner's conversations, last used first; those with all words of `search` in one question or answer."""
        sql = """SELECT c.id, c.title, c.changed, (SELECT count(*) FROM turns t WHERE t.conversation = c.id)
            FROM conversations c WHERE c.owner = ? {} ORDER BY c.changed DESC, c.rowid DESC LIMIT ? OFFSET ?"""
        match = fts_query(Terms((), tuple(search.split())))
        if not match:
            found, values = sql.format(""), (owner, limit, offset)
        else:
            hits = """AND c.id IN (SELECT t.conversation FROM turns_fts JOIN turns t ON t.id = turns_fts.rowid
                WHERE turns_fts MATCH ?)"""
            found, values = sql.format(hits), (owner, match, limit, offset)  # type: ignore[assignment]
        with self._journal.reading() as db:
            return [Listed(*row) for row in db.execute(found, values)]

    def cited(self, owner: str, conversations: Sequence[str]) -> dict[str, list[Cited]]:
        """What the answers of the owner's conversations cite, by conversation; those that cite nothing are left out."""
        sql = """SELECT DISTINCT t.conversation, json_extract(c.value, '$.article.article.id') AS article,
            json_extract(c.value, '$.article.version') AS version, json_extract(c.value, '$.sentence.text') AS sentence
            FROM turns t JOIN conversations o ON o.id = t.conversation AND o.owner = ?,
            json_each(t.trace, '$.citations') c WHERE t.conversation IN (SELECT value FROM json_each(?))
            AND article IS NOT NULL AND version IS NOT NULL AND sentence IS NOT NULL"""
        found: dict[str, list[Cited]] = {}
        with self._journal.reading() as db:
            for conversation, *cited in db.execute(sql, (owner, json.dumps(list(conversations)))):
                found.setdefault(conversation, []).append(Cited(*cited))
        return found

    def turns(self, owner: str, conversation: str) -> list[Kept]:
        """The questions and answers of a conversation, oldest first.

        Raises:
            InputError: the owner has no such conversation.
        """
        sql = """SELECT t.id, t.question, t.limits, t.answer, t.trace, t.stopped, t.asked FROM turns t
            JOIN conversations c ON c.id = t.conversation WHERE c.id = ? AND c.owner = ? ORDER BY t.id"""
        with self._journal.reading() as db:
            rows = db.execute(sql, (conversation, owner)).fetchall()
        if not rows:
            raise _unknown()
        return [
            Kept(number, question, loaded_limits(limits), text, loaded(trace), bool(stopped), asked)
            for number, question, limits, text, trace, stopped, asked in rows
        ]

    def delete(self, owner: str, conversation: str) -> bool:
        """Deletes a conversation with its answers; whether the owner had it. Feedback on its answers stays."""
        with self._journal.writing() as db:
            gone = db.execute("DELETE FROM conversations WHERE id = ? AND owner = ?", (conversation, owner))
            return gone.rowcount > 0

    def delete_all(self, owner: str) -> int:
        """Deletes all conversations of an owner; how many there were."""
        with self._journal.writing() as db:
            return db.execute("DELETE FROM conversations WHERE owner = ?", (owner,)).rowcount


def _unknown() -> InputError:
    return InputError("There is no such conversation.", "It may have been deleted; begin a new one.")
