"""What changed between two runs: settings, metrics with a test of the difference, questions that flipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.record import Record
from eval.scores import METRICS
from eval.stats import Difference, Score, difference
from eval.summary import Summary
from index.errors import InputError

NOTHING = Score(0, 0)


@dataclass(frozen=True, slots=True)
class Flip:
    """A question whose outcome differs."""

    id: str
    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs over the questions that both asked.

    Attributes:
        paired: questions that are the same in both.
        unpaired: those of either run that the other did not ask, or asked with other gold answers.
        settings: those that differ: (before, after).
        metrics: by name; those that apply to a paired question in both runs.
        flips: questions whose outcome differs, lost ones first.
    """

    paired: int
    unpaired: int
    settings: dict[str, tuple[str, str]]
    metrics: dict[str, Difference]
    flips: tuple[Flip, ...]


def compared(before: tuple[Summary, Sequence[Record]], after: tuple[Summary, Sequence[Record]]) -> Comparison:
    """Compares two runs, question by question.

    Raises:
        InputError: they have no question in common.
    """
    (old, first), (new, second) = before, after
    earlier = {record.question.id: record for record in first}
    pairs = [
        (earlier[record.question.id], record)
        for record in second
        if record.question.id in earlier and earlier[record.question.id].question == record.question
    ]
    if not pairs:
        msg = "The two runs have no question in common."
        raise InputError(msg, "Compare runs over the same question set.")
    flips = [Flip(a.question.id, a.question.question, a.outcome, b.outcome) for a, b in pairs if a.outcome != b.outcome]
    return Comparison(
        paired=len(pairs),
        unpaired=len(first) + len(second) - 2 * len(pairs),
        settings=_changed(old, new),
        metrics=_differences(pairs),
        flips=tuple(sorted(flips, key=lambda flip: flip.before != "right")),
    )


def _changed(old: Summary, new: Summary) -> dict[str, tuple[str, str]]:
    one = {**old.configuration, "judge": old.judge.spec, "workers": old.workers}
    two = {**new.configuration, "judge": new.judge.spec, "workers": new.workers}
    return {
        name: (str(one.get(name, "–")), str(two.get(name, "–")))
        for name in {**one, **two}
        if one.get(name) != two.get(name)
    }


def _differences(pairs: Sequence[tuple[Record, Record]]) -> dict[str, Difference]:
    found = {}
    for name in METRICS:
        one = [a.scores.get(name, NOTHING) for a, _ in pairs]
        two = [b.scores.get(name, NOTHING) for _, b in pairs]
        if any(score.of for score in one) and any(score.of for score in two):
            found[name] = difference(one, two)
    return found
