"""What the command line prints: progress, answers, articles, reports. Text from articles is never read as markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from index.records import Article, StoredArticle
from index.report import Item, Progress, Report
from index.store import Store
from rag.contract import article_facts
from rag.types import Answer, AnswerDone, Citation, Drafting, Event, EvidenceFound, Understood
from rag.wording import spoken

if TYPE_CHECKING:  # a second to import, and most commands print no findings
    from rag.doctor import Finding

_SHOWN_REFUSALS = 20
_UNLIMITED = 1_000_000  # characters of a line


def plain(text: str) -> str:
    """Text in which square brackets are no markup."""
    return escape(text)


def output() -> Console:
    """Where results go. What is no terminal has no width: there a sentence is one line, however long."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_UNLIMITED)


@contextmanager
def ingest_progress(console: Console, doing: str = "Encoding") -> Iterator[Callable[[Progress], None]]:
    """A bar over characters (the time goes by text, not by article), with articles, rate and time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[articles]} of {task.fields[of_articles]} articles"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
    )
    with Bar(*columns, console=console, transient=False) as bar:
        task = bar.add_task(doing, total=None, visible=False, articles=0, of_articles=0, rate="")

        def notify(progress: Progress) -> None:
            state = bar.tasks[task]
            rate = f"{progress.articles / state.elapsed:.1f}/s" if state.elapsed and progress.articles else ""
            bar.update(
                task,
                visible=True,
                total=progress.of_characters,
                completed=progress.characters,
                articles=progress.articles,
                of_articles=progress.of_articles,
                rate=rate,
            )

        yield notify


def each_item(console: Console) -> Callable[[Item], None]:
    """Says what became of each item, a line an item."""

    def say(item: Item) -> None:
        what = {
            "near-duplicate": f"near-duplicate of {item.near}",
            "refused": f"refused: {item.reason}",
            "left": f"{item.reason}:",
        }
        name = " ".join(part for part in (item.article_id, item.title) if part) or item.source
        console.print(Text(f"  {what.get(item.outcome, item.outcome)}  {name}"))

    return say


def report_json(report: Report) -> dict[str, Any]:
    """An ingest report as JSON; what was read of refused records stands in the file of these."""
    found = asdict(report)
    for refused in found["refused"]:
        del refused["record"]
    return found


def counted(found: Report, place: Path, console: Console) -> None:
    """One line of counts."""
    near = f" ({len(found.near_duplicates)} of them near-duplicates)" if found.near_duplicates else ""
    counts = [
        (len(found.added), f"added{near}"),
        (len(found.updated), "updated"),
        (len(found.unchanged), "unchanged"),
        (len(found.removed), "removed"),
        (len(found.refused), "refused"),
    ]
    console.print(
        f"{place}: " + ", ".join(f"{count} {what}" for count, what in counts if count or what == "added") + "."
    )


def report(found: Report, place: Path, console: Console) -> None:
    """One line of counts, then what was left, and what was refused and why."""
    counted(found, place, console)
    if found.skipped:
        kinds = ", ".join(f"{count} {plain(suffix) or 'without suffix'}" for suffix, count in found.skipped.items())
        console.print(f"  Passed over, as no articles: {kinds}.")
    for left in found.left:
        console.print(f"  {left} of {plain(left.source)}: the next run goes on, --limit takes more at once.")
    for refused in found.refused[:_SHOWN_REFUSALS]:
        console.print(f"  refused {plain(refused.source)}: {plain(refused.reason)}. {plain(refused.advice)}".rstrip())
    if len(found.refused) > _SHOWN_REFUSALS:
        console.print(f"  and {len(found.refused) - _SHOWN_REFUSALS} more.")


def mend(rejected: Path, console: Console) -> None:
    """Where refused records were written."""
    console.print(f"  Refused records stand in {plain(str(rejected))}: mend them there and ingest that file.")


def follow(events: Iterable[Event], console: Console | None) -> Answer:
    """Follows a stream to its end, saying what happens; silent without a console."""
    done: Answer | None = None
    for event in events:
        if isinstance(event, AnswerDone):
            done = event.answer
        elif console:
            say(event, console)
    if done is None:
        msg = "the stream ended without an answer"
        raise RuntimeError(msg)
    return done


def say(event: Event, console: Console) -> None:
    """What an event tells of how the answer comes about."""
    if isinstance(event, Understood):
        question = event.question
        if question.standalone != question.text:
            console.print(f"[dim]Searched for: {plain(question.standalone)}[/]")
        if question.window:
            since = spoken(question.window.since) if question.window.since else "the beginning"
            until = spoken(question.window.until) if question.window.until else spoken(question.as_of)
            firm = "Articles" if question.window.firm else "Preferably articles"
            console.print(f"[dim]{firm} from {since} to {until}[/]")
        if question.outlets:
            console.print(f"[dim]Articles by {plain(', '.join(question.outlets))}[/]")
    elif isinstance(event, EvidenceFound):
        articles = len({e.article.article.id for e in event.evidence})
        console.print(f"[dim]{len(event.evidence)} sentences of {articles} articles[/]")
    elif isinstance(event, Drafting):
        console.print(f"[dim]{plain(event.note)}[/]")


def answer(found: Answer, console: Console) -> None:
    """The answer with its marks, then what it rests on."""
    console.print()
    console.print(Text(found.text))
    sources(found, console)


def citations(cited: Iterable[Citation], console: Console) -> None:
    """Cited sentences by number, each with its article."""
    for c in cited:
        console.print(Text.assemble((f"[{c.n}] ", "bold"), (_head(c.article.article), "dim")))
        console.print(Padding(Text(" ".join(c.sentence.text.split())), (0, 0, 0, 4), expand=False))
        if len(c.outlets) > 1:
            console.print(
                Padding(Text(f"also carried by {', '.join(c.outlets[1:])}", "dim"), (0, 0, 0, 4), expand=False)
            )


def sources(found: Answer, console: Console) -> None:
    """The cited sentences, or the nearest ones where there is no answer; then how it came about."""
    if found.citations:
        console.print()
        citations(found.citations, console)
    if not found.answered:
        for e in sorted(found.evidence, key=lambda e: -e.score)[:3]:
            a = e.article.article
            head = _head(a)
            console.print(Text.assemble(("  nearest: ", "dim"), (head, "dim")))
            console.print(Padding(Text(" ".join(e.sentence.text.split())), (0, 0, 0, 4), expand=False))
    count = f"; {found.sources} independent source{'s' if found.sources > 1 else ''}" if found.sources else ""
    newest = f"; newest evidence {spoken(found.newest_evidence)}" if found.newest_evidence else ""
    removed = f"; {len(found.removed)} drafted sentences removed as unsupported" if found.removed else ""
    console.print(Text(f"\nAs of {spoken(found.question.as_of)}{newest}{count}; by {found.model}{removed}.", "dim"))


def _head(a: Article) -> str:
    """Outlet, day and title; what is unknown is left out."""
    return ", ".join(part for part in (a.outlet, spoken(a.published) if a.published else None, a.title) if part)


def article_json(stored: StoredArticle) -> dict[str, Any]:
    """A stored article as JSON; offsets of citations point into `text`."""
    a = stored.article
    return {
        **article_facts(stored),
        "published": a.published.isoformat() if a.published else None,
        "source": a.source,
        "text": a.text,
    }


def article(stored: StoredArticle, console: Console) -> None:
    """A stored article for reading."""
    a = stored.article
    console.print(Text(a.title or a.id, "bold"))
    day = spoken(a.published) if a.published else "date unknown"
    console.print(Text(", ".join(part for part in (a.outlet, day, *a.authors, a.url) if part), "dim"))
    console.print()
    console.print(Text(a.text))


def status_json(store: Store) -> dict[str, Any]:
    """What an index holds, as JSON."""
    stats = store.stats()
    return {
        "index": store.shown,
        "articles": stats.articles,
        "stories": stats.stories,
        "passages": stats.passages,
        "sentences": stats.sentences,
        "outlets": stats.outlets,
        "oldest": stats.oldest.isoformat() if stats.oldest else None,
        "newest": stats.newest.isoformat() if stats.newest else None,
        "undated": stats.undated,
        "encoder": store.manifest.encoder,
    }


def table(rows: Mapping[str, Any], console: Console) -> None:
    """Names and values, one a line."""
    grid = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        shown = ", ".join(f"{k} ({v})" for k, v in value.items()) if isinstance(value, dict) else str(value)
        grid.add_row(Text(name, "bold"), Text(shown))
    console.print(grid)


def findings_json(found: Iterable[Finding]) -> dict[str, Any]:
    """What the doctor found, as JSON."""
    listed = [asdict(finding) for finding in found]
    return {"healthy": all(finding["state"] != "broken" for finding in listed), "findings": listed}


def findings(found: Iterable[Finding], console: Console) -> None:
    """What the doctor found, one part a line, advice beneath."""
    signs = {"good": ("ok     ", "green"), "note": ("note   ", "yellow"), "broken": ("broken ", "bold red")}
    for finding in found:
        console.print(Text.assemble(signs[finding.state], (f"{finding.part}: ", "bold"), finding.message))
        if finding.advice:
            console.print(Padding(Text(finding.advice), (0, 0, 0, 9)))
