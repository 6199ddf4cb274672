"""How days, sources and headlines are put into words, for the model as for the reader."""

from __future__ import annotations

from datetime import date

from rag.instructions import speaks_to_machine
from rag.types import Evidence


def headline(evidence: Evidence) -> str:
    """The article's title; empty where it speaks to a machine."""
    title = evidence.article.article.title
    return "" if speaks_to_machine(title) else title


def source_label(evidence: Evidence) -> str:
    """`source_name`, or the day alone where the outlet's name speaks to a machine."""
    source = source_name(evidence)
    return (_day(evidence) or "An article") if speaks_to_machine(source) else source


def source_name(evidence: Evidence) -> str:
    """ "CNN, 21 December 2025"; what is unknown is left out."""
    article = evidence.article.article
    parts = [article.outlet or "", _day(evidence)]
    return ", ".join(part for part in parts if part) or (article.title or article.id)


def _day(evidence: Evidence) -> str:
    published = evidence.article.article.published
    return spoken(published) if published else ""


def spoken(day: date) -> str:
    """21 December 2025."""
    return f"{day.day} {day:%B %Y}"
