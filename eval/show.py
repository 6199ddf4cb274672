"""What `dateline eval` prints. Text of questions and articles is never read as markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from eval.agreement import Agreement
from eval.compare import Comparison
from eval.record import Record
from eval.scores import METRICS
from eval.summary import JudgeFacts, Summary

_FLIPS = 30


@contextmanager
def asking(console: Console, total: int) -> Iterator[Callable[[Record], None]]:
    """A bar over questions, with how many were right so far."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[right]} right"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Questions", total=total, right=0)
        right = 0

        def notify(record: Record) -> None:
            nonlocal right
            right += record.outcome == "right"
            bar.update(task, advance=1, right=right)

        yield notify


def summary(found: Summary, console: Console) -> None:
    """Every metric with its interval, outcomes, times, and how far the judge can be trusted."""
    table = Table("metric", "value", "95% interval", "questions")
    for name, figure in found.metrics.items():
        table.add_row(
            METRICS[name].label, f"{figure.mean:.3f}", f"{figure.low:.3f} to {figure.high:.3f}", str(figure.n)
        )
    console.print(table)
    outcomes = ", ".join(f"{count} {name}" for name, count in found.outcomes.items())
    console.print(Text(f"{found.asked} questions: {outcomes}; {found.unsupported} with an unsupported sentence."))
    for stage in ("first", "total"):
        if stage in found.latency_ms:
            spread = found.latency_ms[stage]
            words = "First sentence" if stage == "first" else "Whole answer"
            console.print(Text(f"{words}: median {spread.p50:.0f} ms, 95th percentile {spread.p95:.0f} ms."))
    judge(found.judge, console)


def judge(facts: JudgeFacts, console: Console) -> None:
    """The judge, and its agreement with people."""
    console.print(Text(f"Judge: {facts.spec} at {facts.threshold:g}{', as in the chat' if facts.in_chat else ''}."))
    if facts.agreement:
        console.print(Text(f"Its agreement with people{' (before it was changed)' if facts.outdated else ''}:"))
        agreements(facts.agreement, console)
    else:
        console.print(Text("Its agreement with people: not measured."))


def agreements(found: Sequence[Agreement], console: Console) -> None:
    """One line an origin; both thresholds with where they come from."""
    table = Table("texts", "n", "consistent", "AUROC", "balanced accuracy", "at a threshold fixed elsewhere")
    for a in found:
        table.add_row(
            Text(f"{a.origin} ({a.data})"),
            str(a.n),
            str(a.consistent),
            Text(str(a.auroc)),
            Text(f"{a.balanced_accuracy} at {a.threshold:g}"),
            Text(f"{a.fitted_balanced_accuracy} at {a.fitted_threshold:g} ({a.fitted_on})"),
        )
    console.print(table)


def curves(found: Mapping[str, Sequence[tuple[float, float, int]]], console: Console) -> None:
    """Calibration: where support is x on average, people call the share y consistent."""
    for origin, curve in found.items():
        table = Table("mean support", "share consistent", "n", title=origin, title_justify="left")
        for support, share, n in curve:
            table.add_row(f"{support:.3f}", f"{share:.3f}", str(n))
        console.print(table)


def comparison(found: Comparison, console: Console) -> None:
    """What changed; an asterisk marks p < 0.05."""
    console.print(Text(f"{found.paired} questions in both runs, {found.unpaired} in one alone."))
    for name, (before, after) in found.settings.items():
        console.print(Text(f"  {name}: {before} → {after}"))
    table = Table("metric", "before", "after", "change", "95% interval", "p", "test", "questions")
    for name, d in found.metrics.items():
        table.add_row(
            METRICS[name].label,
            f"{d.before:.3f}",
            f"{d.after:.3f}",
            f"{d.change:+.3f}{'*' if d.significant else ''}",
            f"{d.low:+.3f} to {d.high:+.3f}",
            f"{d.p:.3f}",
            d.test,
            str(d.n),
        )
    console.print(table)
    console.print(Text("* p < 0.05, not corrected for the number of metrics."))
    for flip in found.flips[:_FLIPS]:
        console.print(Text(f"{flip.id}: {flip.before} → {flip.after}: {flip.question}"))
    if len(found.flips) > _FLIPS:
        console.print(Text(f"and {len(found.flips) - _FLIPS} more questions that flipped; --json lists them all."))
