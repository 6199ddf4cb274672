"""Values below which a run must not fall: what `--fail-under` and `--floors` say, and what fell short."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.scores import METRICS
from eval.summary import Figure
from index.errors import InputError

FLOORS = Path(__file__).with_name("floors.toml")


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A metric that is below its floor; `value` is None where the run did not measure it."""

    metric: str
    value: float | None
    floor: float

    def __str__(self) -> str:
        found = "not measured" if self.value is None else f"{self.value:.3f}"
        return f"{METRICS[self.metric].label} ({self.metric}) is {found}, the floor is {self.floor:g}"


def parsed(text: str) -> dict[str, float]:
    """Floors from ``faithfulness=0.98,accuracy=0.6``.

    Raises:
        InputError: naming the part that is no metric with a value from 0 to 1.
    """
    found: dict[str, object] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as exc:
            msg = f"--fail-under: {part!r} is no floor."
            raise InputError(msg, "Write metrics and values: faithfulness=0.98,accuracy=0.6.") from exc
    return _checked(found, "--fail-under")


def read_floors(path: Path = FLOORS) -> dict[str, float]:
    """Floors from the table ``[floors]`` of a TOML file.

    Raises:
        InputError: the file cannot be read, or names something that is no metric.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("floors")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        msg = f"{path} cannot be read: {exc}."
        raise InputError(msg, "Give a TOML file with a table [floors].") from exc
    if not isinstance(table, dict) or not table:
        msg = f"{path} has no floors."
        raise InputError(msg, "Write them into a table [floors]: faithfulness = 0.98.")
    return _checked(table, str(path))


def shortfalls(metrics: Mapping[str, Figure], floors: Mapping[str, float]) -> list[Shortfall]:
    """The metrics that are below their floors. It is the value that counts, not the interval's lower end."""
    return [
        Shortfall(name, metrics[name].mean if name in metrics else None, floor)
        for name, floor in floors.items()
        # What is shown as the floor passes: values are read, written and compared to four decimals.
        if name not in metrics or round(metrics[name].mean, 4) < floor
    ]


def _checked(floors: Mapping[str, object], place: str) -> dict[str, float]:
    found = {}
    for name, value in floors.items():
        if name not in METRICS:
            msg = f"{place}: there is no metric {name!r}."
            raise InputError(msg, f"Metrics: {', '.join(METRICS)}.")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            msg = f"{place}: {value!r} is no floor for {name}."
            raise InputError(msg, "Give a number from 0 to 1.")
        found[name] = float(value)
    return found
