"""Who is told of the stages of an answer as they happen: nobody, unless an OpenTelemetry collector is named.

A `Span` is a stage. Told are counts, durations and names, never a text: whoever wants the question in it passes it as
one of the facts "about" the question (see `Pipeline.stream`). What sends spans is found by name (group
``dateline.tracing``) and imported only where a collector is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from index import plugins

Fact = str | bool | int | float


class Span:
    """A stage that nobody is told of. A context: it begins when it is made and is over when the block is left."""

    def stage(self, name: str) -> Span:  # noqa: ARG002
        """A stage within this one."""
        return self

    def tell(self, **facts: Fact) -> None:
        """What is to be known of it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """It is over; an error that ended it is told by its kind alone, for its words may be those of an article."""


NOBODY = Span()


class Tracing(Protocol):
    """Where spans go."""

    @property
    def provider(self) -> Any:
        """The `TracerProvider`, for libraries that make spans of their own (FastAPI); None where nobody is told."""

    def begin(self, name: str, about: Mapping[str, Fact]) -> Span:
        """The outermost span, within what the caller of this thread is in."""

    def close(self) -> None:
        """Sends what is not sent yet, and ends."""


class Untold:
    """Nobody is told."""

    provider = None

    def begin(self, name: str, about: Mapping[str, Fact]) -> Span:  # noqa: ARG002
        return NOBODY

    def close(self) -> None:
        pass


UNTOLD = Untold()


def tracing_to(endpoint: str) -> Tracing:
    """What tells the collector at this address; nobody is told where it is empty.

    Raises:
        InputError: that is no address.
        PluginError: OpenTelemetry is not installed; names the command that installs it.
    """
    if not endpoint:
        return UNTOLD
    made: Tracing = plugins.load("dateline.tracing", "otlp")(endpoint)
    return made
