"""No answer: what was searched, the newest of it, what of the question the articles deny, and what came nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from index.records import Extent, ListedArticle
from rag.cite import Numbering
from rag.clock import Clock
from rag.instructions import plain, speaks_to_machine
from rag.premise import denying
from rag.types import NO_ANSWER, Answer, Evidence, Notice, Question
from rag.wording import spoken

_HEADLINE = 120  # characters of a headline that are shown


def refusal(
    question: Question,
    evidence: tuple[Evidence, ...],
    searched: Callable[[], Extent],
    clock: Clock,
    model: str,
    note: str,
    *,
    stopped: bool = False,
) -> Answer:
    """The answer that there is none, with what may help the reader to find one.

    Args:
        question: as understood.
        evidence: what came nearest; what in it denies what the question takes for granted is cited in a notice.
        searched: counts the articles that the question's filter allows; asked only where it is told.
        clock: of the answer.
        model: what drafted, or "none".
        note: what the reader should know of how it came about.
        stopped: the reader stopped it, so nothing is known of what the articles hold.
    """
    if stopped:
        reason = "Stopped before a sentence was checked."
        return Answer(question, False, reason, model, note, (), (), (), evidence, clock.done())
    parts = [NO_ANSWER, _searched(question, searched())]
    if evidence:
        parts.append("The nearest sentences are listed as evidence.")
    denial = denying(question.standalone, sorted(plain(evidence), key=lambda e: -e.answers))
    cited = Numbering().cite([denial.evidence] if denial else ())
    notices = (Notice("premise", denial.text, (1,)),) if denial else ()
    return Answer(question, False, " ".join(parts), model, note, (), (), cited, evidence, clock.done(), notices)


def unasked(question: Question, clock: Clock) -> Answer:
    """What follows on "Thanks!": nothing was asked, so nothing is searched."""
    reason = "No question was asked, so nothing was searched."
    return Answer(question, False, reason, "none", "", (), (), (), (), clock.done())


def _searched(question: Question, extent: Extent) -> str:
    """ "Searched were 12 articles of all outlets, from 3 May 2023 to 8 May 2025. The newest: CNN, 8 May 2025, “…”." """
    if not extent.articles:
        limits = [f"of {_listed(question.outlets)}" if question.outlets else "", *_limits(question)]
        return f"Nothing could be searched: there is no article {' '.join(part for part in limits if part)}."
    articles = "was 1 article" if extent.articles == 1 else f"were {extent.articles:,} articles"
    outlets = _listed(question.outlets) if question.outlets else "all outlets"
    newest = f" The newest: {_named(extent.newest)}." if extent.newest else ""
    return f"Searched {articles} of {outlets}, {_days(extent)}.{newest}"


def _limits(question: Question) -> Iterator[str]:
    """The days that an article must be of."""
    where = question.filter
    if where.since:
        yield f"from {spoken(where.since)}"
    if where.until:
        yield f"until {spoken(where.until)}"


def _days(extent: Extent) -> str:
    """The days that the articles are of."""
    last = extent.newest.published if extent.newest else None
    if not extent.oldest or not last:
        return "of unknown date"
    days = f"from {spoken(extent.oldest)} to {spoken(last)}" if extent.oldest < last else f"of {spoken(last)}"
    return f"{days}, {extent.undated:,} of them of unknown date" if extent.undated else days


def _named(article: ListedArticle) -> str:
    """Outlet, day and headline; what is unknown is left out, and so is what speaks to a machine."""
    outlet, title = (
        "" if speaks_to_machine(name) else " ".join(name.split()) for name in (article.outlet or "", article.title)
    )
    title = title if len(title) <= _HEADLINE else f"{title[:_HEADLINE].rstrip()}…"
    parts = (outlet, spoken(article.published) if article.published else "", f"“{title}”" if title else "")
    return ", ".join(part for part in parts if part)


def _listed(names: Sequence[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
