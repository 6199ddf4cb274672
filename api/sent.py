"""Records sent to the server, as a source of articles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from index.incoming import to_article
from index.sources import Loaded, Memory, Refused, Visit

SOURCE = "api:"


class Sent:
    """Records in one lot. It covers no source, so nothing that came in before is taken for gone."""

    visits: Sequence[Visit] = ()

    def __init__(self, records: Sequence[Mapping[Any, Any]]) -> None:
        self._records = records

    def lots(self, memory: Memory) -> Iterator[Sent]:  # noqa: ARG002 - nothing is asked for again
        yield self

    def read(self, only: Collection[str] | None = None) -> Iterator[Loaded]:  # noqa: ARG002 - all are at hand
        for position, record in enumerate(self._records):
            try:
                yield to_article(record, SOURCE, alone=False, markup=True)
            except Exception as exc:  # noqa: BLE001  (as for files: no fault of a reader may end the run)
                yield Refused.of(f"{SOURCE}{position}", exc)

    def covers(self, source: str) -> bool:  # noqa: ARG002 - see the class
        return False


def position(source: str) -> int | None:
    """The place of a refused record in what was sent."""
    number = source.removeprefix(SOURCE)
    return int(number) if number.isdecimal() else None
