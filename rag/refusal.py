"""No answer: what was searched, how new the articles are, and what came nearest."""

from __future__ import annotations

from datetime import date

from rag.clock import Clock
from rag.types import Answer, Evidence, Question
from rag.wording import spoken


def refusal(
    question: Question,
    evidence: tuple[Evidence, ...],
    newest: date | None,
    clock: Clock,
    model: str,
    note: str,
    *,
    stopped: bool = False,
) -> Answer:
    """The answer that there is none, with what may help the reader to find one.

    `stopped`: the reader stopped it, so nothing is known of what the articles hold.
    """
    if stopped:
        reason = "Stopped before a sentence was checked."
        return Answer(question, False, reason, model, note, (), (), (), evidence, clock.done())
    parts = ["The answer is not in these articles."]
    limits = []
    if question.window.firm and question.window.since:
        limits.append(f"from {spoken(question.window.since)}")
    if question.window.firm and question.window.until:
        limits.append(f"until {spoken(question.window.until)}")
    if question.outlets:
        limits.append(f"by {', '.join(question.outlets)}")
    if limits:
        parts.append(f"Searched were those {' '.join(limits)}.")
    if newest:
        parts.append(f"The newest article is of {spoken(newest)}.")
    if evidence:
        parts.append("The nearest sentences are listed as evidence.")
    return Answer(question, False, " ".join(parts), model, note, (), (), (), evidence, clock.done())
