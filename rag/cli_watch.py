"""`dateline watch`: feeds and folders, looked at again and again."""

from __future__ import annotations

import json
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from index.build import Builder
from index.embed import embedder
from index.errors import DatelineError
from index.load import REJECTED, origin
from index.priority import step_back
from index.rejected import write_rejected
from index.report import Item, Report
from index.watch import SHORTEST, watch
from rag import cli_print
from rag.config import Config

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
# How long a round waits for another process that is writing, in seconds.
_PATIENCE = 300.0


def seconds(text: str) -> float:
    """``90``, ``90s``, ``15m``, ``2h``, ``1d`` → seconds.

    Raises:
        typer.BadParameter: it is none of these, or too short.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd]?)", text.strip().lower())
    value = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if value < SHORTEST:
        msg = f"give a time such as 15m or 2h, at least {SHORTEST:.0f}s"
        raise typer.BadParameter(msg)
    return value


def run(
    config: Config, names: Sequence[str], pause: float, *, limit: int, once: bool, as_json: bool, console: Console
) -> Report | DatelineError:
    """Watches until Ctrl-C or SIGTERM, which let the round be finished (a second one does not); with `once`, one round.

    Returns how the last round went.

    Raises:
        IndexMismatch: the index was made with another encoder.
    """
    stop = threading.Event()

    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    before = {int(number): signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    step_back()
    builder = Builder(config.place, embedder(config.embedder), wait_s=_PATIENCE)

    say, said = (_item, None) if as_json else (_shown(console), console)
    rejected = config.index / REJECTED
    results: list[Report | DatelineError] = []
    this = _Round()

    def each(item: Item) -> None:
        this.note(item)
        say(item)

    def after(result: Report | DatelineError) -> None:
        nonlocal this
        if once:
            stop.set()
        done, this = this, _Round()
        _say(result, config.index, said)
        try:
            write_rejected(rejected, done.report.refused, done.read if isinstance(result, Report) else ())
        except DatelineError as exc:
            result = exc
            _say(exc, config.index, said)
        else:
            if done.report.refused and said:
                cli_print.mend(rejected, said)
        results[:] = [result]

    watch(builder, names, pause, stop=stop, each=each, after=after, limit=limit)
    return results[-1] if results else Report()


@dataclass(slots=True)
class _Round:
    """What a round has done so far, and the files and addresses that it has read."""

    report: Report = field(default_factory=Report)
    read: set[str] = field(default_factory=set)

    def note(self, item: Item) -> None:
        """Enters an item."""
        self.report.note(item)
        self.read.add(origin(item.source))


def _shown(console: Console) -> Callable[[Item], None]:
    say = cli_print.each_item(console)
    return lambda item: None if item.outcome == "unchanged" else say(item)


def _item(item: Item) -> None:
    told_of = {"outcome": item.outcome, "source": item.source, "id": item.article_id, "title": item.title}
    more = {"near": item.near, "reason": item.reason, "advice": item.advice}
    _line({**told_of, **{name: value for name, value in more.items() if value}})


def _say(result: Report | DatelineError, place: Path, console: Console | None) -> None:
    """How a round went: for people on the console, else as JSON."""
    if isinstance(result, DatelineError):
        if console:
            console.print(Text(str(result), "red"))
        else:
            _line({"error": result.message, "advice": result.advice})
    elif console:
        cli_print.counted(result, place, console)
    else:
        names = ("added", "updated", "unchanged", "removed", "refused")
        left = sum(one.articles for one in result.left)
        _line({"round": {**{name: len(getattr(result, name)) for name in names}, "left": left}})


def _line(document: object) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()
