"""A run in figures: every metric with its interval, over all questions and by tag, with what produced them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from eval.agreement import Agreement
from eval.metrics import Estimate
from eval.questions import TAGS
from eval.record import Record
from eval.scores import METRICS
from eval.stats import Score, ratio
from index.errors import InputError

SUMMARY = "summary.json"
BY_TAG = ("accuracy", "token_f1", "faithfulness", "citation_precision", "evidence_recall", "hits_1", "mrr_10")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figure(_Model):
    """An estimate with its 95% interval over n questions."""

    mean: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, found: Estimate) -> Figure:
        """The same as a record."""
        return cls(mean=found.mean, low=found.low, high=found.high, n=found.n)

    @property
    def estimate(self) -> Estimate:
        """The same as the charts take it."""
        return Estimate(self.mean, self.low, self.high, self.n)

    def __str__(self) -> str:
        return str(self.estimate)


class Spread(_Model):
    """Median and 95th percentile over n questions."""

    p50: float
    p95: float
    n: int


class JudgeFacts(_Model):
    """The judge of a run.

    Attributes:
        spec: its name.
        threshold: from which a sentence counts as supported.
        in_chat: whether the chat verified the answers with the same judge: then support says that the pipeline keeps
            its own promise, and nothing about whether the promise is a good one.
        agreement: with people; empty where it was not measured.
        outdated: whether the judge's code changed since.
    """

    spec: str
    threshold: float
    in_chat: bool
    agreement: tuple[Agreement, ...] = ()
    outdated: bool = False


class Summary(_Model):
    """What ``summary.json`` holds.

    Attributes:
        made: when, UTC, ISO 8601.
        fingerprint: of the records that are summed up.
        configuration: what shaped the answers.
        questions: file name of the set.
        workers: questions asked at a time; timings depend on it.
        ids: of the questions, in order.
        outcomes: how many ended how.
        unsupported: answers that show a sentence which the judge does not find supported.
        states: shown and removed sentences by what the chat's verifier did with them.
        models: answers by what drafted them.
        metrics: over all questions.
        tags: the metrics of `BY_TAG`, by tag.
        latency_ms: by stage; ``first`` is the first sentence shown.
        tokens: of prompts and drafts, where the model counts them.
    """

    made: str
    fingerprint: str
    configuration: dict[str, str | int | float]
    questions: str
    workers: int
    judge: JudgeFacts
    ids: tuple[str, ...]
    outcomes: dict[str, int]
    unsupported: int
    states: dict[str, int]
    models: dict[str, int]
    metrics: dict[str, Figure]
    tags: dict[str, dict[str, Figure]]
    latency_ms: dict[str, Spread]
    tokens: dict[str, Spread]

    @property
    def asked(self) -> int:
        """How many questions."""
        return len(self.ids)


def summarised(records: Sequence[Record], **facts: Any) -> Summary:
    """The summary of a run.

    Args:
        records: judged and scored.
        facts: the fields that the records do not tell: made, fingerprint, configuration, questions, workers, judge.
    """
    return Summary(
        **facts,
        ids=tuple(record.question.id for record in records),
        outcomes=dict(Counter(record.outcome for record in records)),
        unsupported=sum(record.unsupported for record in records),
        states=dict(Counter(s.state for record in records for s in (*record.sentences, *record.removed))),
        models=dict(Counter(record.model for record in records)),
        metrics=figures(records, METRICS),
        tags={
            tag: figures(tagged, BY_TAG)
            for tag in TAGS
            if (tagged := [record for record in records if tag in record.question.tags])
        },
        latency_ms=_spreads(record.timings_ms for record in records),
        tokens=_spreads(record.tokens for record in records),
    )


def figures(records: Sequence[Record], names: Iterable[str]) -> dict[str, Figure]:
    """The metrics of these names; one that applies to none of the records is left out."""
    found = {}
    for name in names:
        scores = [score for record in records if (score := record.scores.get(name, Score(0, 0))).of]
        if scores:
            found[name] = Figure.of(ratio(scores))
    return found


def read_summary(folder: Path) -> Summary:
    """The summary of the run in a folder.

    Raises:
        InputError: there is none, or it is of another version.
    """
    path = folder / SUMMARY
    try:
        return Summary.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as exc:
        msg = f"{path} cannot be read: {exc.strerror}."
        raise InputError(msg, "Give the folder of a finished run, as --out named it.") from exc
    except ValidationError as exc:
        msg = f"{path} is no summary of this version."
        raise InputError(msg, "Run the evaluation again; what was answered is kept.") from exc


def _spreads(rows: Iterable[Mapping[str, int]]) -> dict[str, Spread]:
    values: dict[str, list[int]] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    return {
        name: Spread(p50=float(np.percentile(each, 50)), p95=float(np.percentile(each, 95)), n=len(each))
        for name, each in values.items()
    }
