"""Several runs over the same questions side by side, as a Markdown table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.judging import Judge
from eval.record import Record
from eval.scores import METRICS
from eval.stats import Score, difference, ratio
from index.errors import InputError, StoreError

ROWS = (
    "accuracy",
    "correct",
    "token_f1",
    "coverage",
    "abstention_precision",
    "abstention_recall",
    "abstention_f1",
    "faithfulness",
    "citation_recall",
    "citation_precision",
    "as_of_kept",
)
FOUND = ("evidence_recall", "evidence_answer", "hits_1", "hits_4", "hits_10", "mrr_10")
BEGIN, END = "<!-- peers: begin, written by make peers -->", "<!-- peers: end -->"


@dataclass(frozen=True, slots=True)
class Column:
    """A system with its records."""

    name: str
    records: Sequence[Record]

    def scores(self, name: str) -> list[Score]:
        """One a record; ``Score(0, 0)`` where the metric does not apply."""
        return [record.scores.get(name, Score(0, 0)) for record in self.records]


def grounded(record: Record, judge: Judge) -> Score:
    """Sentences shown that the judge finds supported by all that was retrieved, cited or not."""
    evidence = [source.sentence for source in record.evidence]
    context = ". ".join(dict.fromkeys(source.context for source in record.evidence))
    good = [judge.verifier.verify(s.text, evidence, context).support >= judge.threshold for s in record.sentences]
    return Score(sum(good), len(good))


def answers(columns: Sequence[Column], judge: Judge) -> str:
    """Answers compared. An asterisk marks a difference from the first column with p < 0.05.

    Args:
        columns: over the same questions in the same order; Dateline first.
        judge: that judged them.
    """
    rows = _rows(columns, ROWS)
    rows.insert(1, _row("Accuracy, neither follow-up nor temporal", [_accuracy(column, _plain) for column in columns]))
    supported = [[grounded(record, judge) for record in column.records] for column in columns]
    rows.append(_row("Supported by anything retrieved", supported))
    rows.append(
        _medians("Whole answer, median, s", [[r.timings_ms["total"] / 1000 for r in c.records] for c in columns])
    )
    return _table(columns, rows)


def found(columns: Sequence[Column]) -> str:
    """Retrieval compared, with how much text is offered to the model: who offers more finds more."""
    words = [[sum(len(s.sentence.split()) for s in r.evidence) for r in column.records] for column in columns]
    return _table(columns, [*_rows(columns, FOUND), _medians("Words offered, median", words)])


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    heads = ["", *(column.name for column in columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, ["---"] * len(heads), *rows])


def _rows(columns: Sequence[Column], names: Sequence[str]) -> list[list[str]]:
    return [
        _row(METRICS[name].label, [column.scores(name) for column in columns])
        for name in names
        if any(score.of for column in columns for score in column.scores(name))
    ]


def put(table: str, path: Path) -> None:
    """Writes the table into a document, in the place of the one between the two marks.

    Raises:
        InputError: the document has no such place.
        StoreError: it cannot be written.
    """
    try:
        text = path.read_text(encoding="utf-8")
        before, found, rest = text.partition(BEGIN)
        _, closed, after = rest.partition(END)
        if not found or not closed:
            msg = f"{path} has no place for the table."
            raise InputError(msg, f"Put the lines {BEGIN} and {END} where it belongs.")
        path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
    except OSError as exc:
        msg = f"{path} cannot be written: {exc.strerror}."
        raise StoreError(msg, "Give another document with --into.") from exc


def _plain(record: Record) -> bool:
    return not {"follow-up", "temporal"} & set(record.question.tags)


def _accuracy(column: Column, wanted: Callable[[Record], bool]) -> list[Score]:
    return [record.scores["accuracy"] if wanted(record) else Score(0, 0) for record in column.records]


def _row(label: str, columns: Sequence[Sequence[Score]]) -> list[str]:
    return [label, *(_cell(columns[0], column, first=i == 0) for i, column in enumerate(columns))]


def _cell(ours: Sequence[Score], theirs: Sequence[Score], *, first: bool) -> str:
    if not any(score.of for score in theirs):
        return "–"
    sign = "" if first or not any(s.of for s in ours) else "*" * difference(ours, theirs).significant
    return f"{ratio(theirs)}{sign}"


def _medians(label: str, columns: Sequence[Sequence[float]]) -> list[str]:
    return [label, *(f"{np.median(values):.3g}" for values in columns)]
