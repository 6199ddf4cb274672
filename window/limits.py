"""What a question is limited to: as the page's script sends it, and as chips below the question box."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from index.errors import InputError
from rag.types import Limits, Window
from rag.wording import spoken
from window.html import data, days, listed, safe

MAX_SENT = 10_000  # characters; the pipeline allows fewer and says so


class Asked(BaseModel):
    """What the page's script sends to ask a question, or to limit the next one.

    Attributes:
        at: place of the question that is asked anew; None for a new one.
        text: the question; None for the one at that place, as it was.
        changed: which limits the reader changed; the others stay as they were.
    """

    model_config = ConfigDict(extra="ignore")

    at: int | None = None
    text: str | None = Field(None, max_length=MAX_SENT)
    changed: tuple[Literal["window", "outlets", "as_of"], ...] = ()
    since: str = ""
    until: str = ""
    as_of: str = ""
    outlets: tuple[str, ...] = ()

    def limits(self, former: Limits) -> Limits:
        """The former limits with what was changed.

        Raises:
            InputError: a date is none, or the span of days ends before it begins.
        """
        found = former
        if "window" in self.changed:
            found = replace(found, window=window(self.since, self.until))
        if "outlets" in self.changed:
            found = replace(found, outlets=self.outlets)
        if "as_of" in self.changed:
            found = replace(found, as_of=_day("As of", self.as_of))
        return found


def window(since: str, until: str) -> Window:
    """Days of publication as they were typed in; empty leaves a side open.

    Raises:
        InputError: a date is none, or the span of days ends before it begins.
    """
    first, last = _day("From", since), _day("To", until)
    if first and last and last < first:
        msg = f"The time span ends ({spoken(last)}) before it begins ({spoken(first)})."
        raise InputError(msg, "Swap the two dates, or leave one empty.")
    return Window(first, last)


def limit_chips(limits: Limits) -> str:
    """What the next question is limited to, as buttons that change it."""
    span, outlets = limits.window, limits.outlets
    chips = (
        ("window", f"Only {days(span.since, span.until)}" if span else "Any time", bool(span)),
        ("outlets", f"Only {listed(outlets)}" if outlets else "All outlets", bool(outlets)),
        ("as_of", f"As of {spoken(limits.as_of)}" if limits.as_of else "As of today", bool(limits.as_of)),
    )
    drawn = "".join(
        f'<button class="dl-chip{" dl-on" if on else ""}" name="limit" value="{name}">{safe(words)}</button>'
        for name, words, on in chips
    )
    facts = {
        "since": span.since.isoformat() if span and span.since else "",
        "until": span.until.isoformat() if span and span.until else "",
        "as_of": limits.as_of.isoformat() if limits.as_of else "",
        "outlets": outlets or (),
    }
    return f'<div class="dl-chips" role="group" aria-label="Limits of the next question">{drawn}</div>{data(facts)}'


def _day(label: str, value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10]) if value.strip() else None
    except ValueError as exc:
        msg = f"{label}: “{value}” is no date."
        raise InputError(msg, "Write it as 2025-12-21, or leave it empty.") from exc
