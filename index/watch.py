"""Feeds and folders, looked at again and again: an ingest a round."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.build import Builder
from index.errors import DatelineError, IndexMismatch, InputError
from index.load import Files, existing
from index.report import Item, Report
from index.sources import Refused, Source, Visit
from index.web.manners import Manners
from index.web.sources import LIMIT, named

# Seconds between two looks at a feed; publishers ask for no more than one in some minutes.
SHORTEST = 60.0

State = frozenset[tuple[str, int, int]]


def watch(
    builder: Builder,
    names: Sequence[str],
    interval_s: float,
    *,
    stop: threading.Event,
    each: Callable[[Item], None] = lambda _: None,
    after: Callable[[Report | DatelineError], None] = lambda _: None,
    manners: Manners | None = None,
    limit: int = LIMIT,
) -> None:
    """Takes in what is new under `names` until `stop` is set, at once and then every `interval_s` seconds.

    A round that fails is told and the next one comes all the same: another process may be writing. A path that is not
    there is refused and keeps its articles, since a folder may be away; the others are looked at. Folders in which no
    file has changed are not read.

    Args:
        builder: for the index; one that waits for other writers.
        names: paths and addresses.
        interval_s: seconds from the end of a round to the beginning of the next.
        stop: ends the watch.
        each: told what became of each item.
        after: told how each round went.
        manners: how the web is asked.
        limit: most articles fetched of a feed or sitemap in a round.

    Raises:
        IndexMismatch: the index was made with another encoder; no later round could help.
    """
    manners = manners or Manners()
    seen: State = frozenset()
    while not stop.is_set():
        try:
            sources = [_there(source) for source in named(names, manners, limit)]
            paths = [source for source in sources if isinstance(source, Path)]
            state = _state(paths)
            due = [source for source in sources if not isinstance(source, Path)] if state == seen and seen else sources
            report = builder.ingest(due, each=each) if due else Report()
            seen = state
            after(report)
        except IndexMismatch:
            raise
        except DatelineError as exc:
            after(exc)
        stop.wait(interval_s)


@dataclass(frozen=True, slots=True)
class _Away:
    """A path at which there is nothing, as a source: it is refused, and what came from it before stays."""

    refused: Refused

    def lots(self, _memory: object) -> Iterator[_Away]:
        yield self

    def read(self, _only: Collection[str] | None = None) -> Iterator[Refused]:
        yield self.refused

    def covers(self, _source: str) -> bool:
        return False

    @property
    def visits(self) -> tuple[Visit, ...]:
        return ()


def _there(source: Path | Source) -> Path | Source:
    """The source, or in place of a path at which there is nothing one that says so."""
    if not isinstance(source, Path):
        return source
    try:
        return existing(source)
    except InputError as exc:
        return _Away(Refused(str(source), exc.message.rstrip("."), exc.advice))


def _state(paths: Iterable[Path]) -> State:
    """Name, time of change and size of every file."""
    found = []
    for file in Files(paths).found.files:
        try:
            about = file.stat()
        except OSError:
            continue  # it goes while we look
        found.append((str(file), about.st_mtime_ns, about.st_size))
    return frozenset(found)
