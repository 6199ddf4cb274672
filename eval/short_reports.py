"""Short plain reports with questions, made up for this project, and what the answer selector learns from them.

Articles of a public collection have long sentences under headlines that tell the story. What people ingest is often
shorter: a notice of one sentence, a headline of two words, none at all. Each report of `short_reports.jsonl` is
invented, with questions in its own words, in other words, and near misses: the right things, another fact.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from eval.selector_pairs import Candidate, Group
from rag.terms import stems

REPORTS = Path(__file__).with_name("short_reports.jsonl")

OTHER = 4  # sentences of other reports, so that there is something to choose from
LOOKED_AT = 200  # other reports, of which those sentences share most words with the question
UNTITLED, CUT = 0.08, 0.12  # shares of groups whose headlines are taken away, or cut to a few words


class ReportQuestion(BaseModel):
    """A question, and by number the sentences of its report that answer it; none for a near miss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    answers: tuple[int, ...]


class Report(BaseModel):
    """An invented report."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    sentences: tuple[str, ...]
    questions: tuple[ReportQuestion, ...]


def read(path: Path = REPORTS) -> list[Report]:
    """The reports of a file, in its order."""
    return [Report.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reports(read_in: Sequence[Report], rng: random.Random) -> Iterator[Group]:
    """A group for each question: all sentences of its report, and some of others that share words with the question."""
    cut = [[(r.title, s, frozenset(stems(f"{r.title} {s}"))) for s in r.sentences] for r in read_in]
    for number, report in enumerate(read_in):
        for asked in report.questions:
            wanted = set(stems(asked.question))
            others = [row for place in rng.sample(range(len(cut)), min(LOOKED_AT, len(cut))) if place != number
                      for row in cut[place]]  # fmt: skip
            others.sort(key=lambda row: -len(wanted & row[2]) / (4 + len(row[2])))
            own = [Candidate(report.title, s, i in asked.answers) for i, s in enumerate(report.sentences)]
            kind = "report" if asked.answers else "report near miss"
            strange = [Candidate(title, sentence, False) for title, sentence, _ in others[:OTHER]]
            yield Group(asked.question, (*own, *strange), kind, f"report {report.title}{number}")


def with_shorter_headlines(groups: Sequence[Group], rng: random.Random) -> list[Group]:
    """Some of the groups with their candidates' headlines cut to a few words, or taken away: a sentence must be able to
    answer by itself.
    """  # fmt: skip
    return [_shorter(group, rng) for group in groups]


def _shorter(group: Group, rng: random.Random) -> Group:
    chance = rng.random()
    if chance >= UNTITLED + CUT:
        return group
    most = 0 if chance < UNTITLED else rng.randint(1, 4)
    cut = (replace(c, title=" ".join(c.title.split()[:most])) for c in group.candidates)
    return replace(group, candidates=tuple(cut))
