"""How far a judge agrees with people: measured by `dateline eval judge`, kept in ``eval/judges.toml``.

A score is worth no more than the judge behind it, so a run shows these figures beside its own.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from index.errors import InputError

JUDGES = Path(__file__).with_name("judges.toml")
_HEAD = """# How far each judge agrees with people, by the origin of the texts; never pooled. Written by
# `dateline eval judge --keep`; docs/evaluation.md says how it is measured.
"""


class Interval(NamedTuple):
    """A value with its 95% bootstrap interval (percentile, summaries resampled)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Agreement(BaseModel):
    """One judge on the texts of one origin.

    Attributes:
        judge: its spec.
        origin: where the texts come from.
        data: file of labelled summaries that it was measured on.
        n: summaries.
        consistent: how many of them people called consistent with their article.
        auroc: probability that a consistent summary scores above an inconsistent one.
        threshold: that the judge has in the chat and in runs.
        balanced_accuracy: at that threshold.
        fitted_on: the other file, on which a threshold was fixed.
        fitted_threshold: that threshold.
        fitted_balanced_accuracy: on `data`, at the threshold fixed on `fitted_on`.
        code: digest of the judge's module when it was measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    judge: str
    origin: str
    data: str
    n: int
    consistent: int
    auroc: Interval
    threshold: float
    balanced_accuracy: Interval
    fitted_on: str
    fitted_threshold: float
    fitted_balanced_accuracy: Interval
    code: str


def read_agreements(path: Path = JUDGES) -> list[Agreement]:
    """All agreements that were measured; none where the file is missing.

    Raises:
        InputError: the file is not as this module writes it.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(list[Agreement]).validate_python(table.get("agreement", []))
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as exc:
        msg = f"{path} cannot be read: {exc}."
        raise InputError(msg, "Measure again with `dateline eval judge --keep`, or mend the file.") from exc


def keep(found: Sequence[Agreement], path: Path = JUDGES) -> None:
    """Writes agreements into the file, in the place of those of the same judge and data."""
    measured = {(a.judge, a.data) for a in found}
    others = [a for a in read_agreements(path) if (a.judge, a.data) not in measured]
    tables = sorted([*others, *found], key=lambda a: (a.judge, a.data, a.origin))
    path.write_text("\n".join([_HEAD, *map(_table, tables)]), encoding="utf-8")


def _table(agreement: Agreement) -> str:
    # A JSON string or number is one of TOML, too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in agreement.model_dump().items()]
    return "\n".join(["[[agreement]]", *lines, ""])
