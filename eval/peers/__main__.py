"""`python -m eval.peers`: Dateline and its peers over the same questions, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from eval.corpus import handles, placed, require
from eval.job import Job, chosen, judge_facts, written
from eval.judging import Judge, load_judge
from eval.peers.ask import PeerRun
from eval.peers.environment import PEERS
from eval.peers.table import Column, answers, found, put
from eval.questions import QUESTIONS, EvalQuestion
from eval.record import Record
from eval.runfile import ANSWERS
from eval.show import asking
from eval.summary import summarised
from index.sqlite_faiss import SqliteFaissStore
from rag.cli import errors, told
from rag.config import read_config

LIMIT = 80
PLACE = Path("var/peers")


def run(
    limit: Annotated[int, typer.Option(min=1, help="So many questions are answered, spread over the set.")] = LIMIT,
    judge: Annotated[str, typer.Option(help="Verifier that judges support: NAME or NAME/ARGUMENT.")] = "overlap",
    peer: Annotated[list[str] | None, typer.Option(help="Only this peer; may be given again.")] = None,
    into: Annotated[Path | None, typer.Option(help="Also write the tables into this document.")] = None,
) -> None:
    """Ask Dateline and its peers the same questions. What was answered before is not asked again.

    What is found is compared over the whole set, which takes seconds; answers over a part, which takes minutes.
    """
    with told():
        every, some = chosen(QUESTIONS), chosen(QUESTIONS, limit=limit)
        config = read_config()
        judged_by = load_judge(judge, config.model_settings)
        quoting = _ours("none", judge)
        retrieval = [Column("Dateline", quoting)]
        asked = {question.id for question in some}
        answering = [
            Column("Dateline", _ours("embedded", judge, limit)),
            Column("Dateline, quoting", [record for record in quoting if record.question.id in asked]),
        ]
        with SqliteFaissStore(placed(None, None, config.embedder, errors)) as store:
            names = handles(store)
            require(every, store, names)
            for name in peer or PEERS:
                place = PLACE / name
                place.mkdir(parents=True, exist_ok=True)
                silent = PeerRun(name, store, names, place, answers=False)
                retrieval.append(Column(name, _theirs(silent, every, judged_by)))
                loud = PeerRun(name, store, names, place)
                records = _theirs(loud, some, judged_by)
                _write(loud, records, judged_by)
                answering.append(Column(name, records))
        tables = (
            f"What is found, {len(every)} questions:\n\n{found(retrieval)}\n\n"
            f"Answers, {len(some)} questions spread over the set:\n\n{answers(answering, judged_by)}\n"
        )
        typer.echo(tables)
        if into:
            put(tables, into)


def _ours(llm: str, judge: str, limit: int | None = None) -> list[Record]:
    place = PLACE / f"dateline-{llm}"
    job = Job(QUESTIONS, None, None, place, judge, limit=limit)
    errors.print(f"Dateline, {llm}", markup=False)
    summary, records = job.run(read_config({"llm": llm}), errors)
    written(summary, records, place)
    return records


def _theirs(run: PeerRun, questions: Sequence[EvalQuestion], judge: Judge) -> list[Record]:
    errors.print(f"{run.peer}, {run.configuration['llm']}", markup=False)
    with asking(errors, len(questions)) as notify:
        return run.records(questions, judge, notify)


def _write(run: PeerRun, records: Sequence[Record], judge: Judge) -> None:
    """The files of a run, so that `dateline eval compare` and the report serve for a peer, too."""
    summary = summarised(
        records,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        fingerprint=run.fingerprint,
        configuration=run.configuration,
        questions=QUESTIONS.name,
        workers=1,
        judge=judge_facts(judge, in_chat=False),
    )
    lines = [record.model_dump_json() for record in records]
    (run.folder / ANSWERS).write_text("\n".join([*lines, ""]), encoding="utf-8")
    written(summary, records, run.folder)


if __name__ == "__main__":
    typer.run(run)
