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
from eval.peers.table import Column, markdown, put
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
    limit: Annotated[int, typer.Option(min=1, help="So many questions, spread over the set.")] = LIMIT,
    judge: Annotated[str, typer.Option(help="Verifier that judges support: NAME or NAME/ARGUMENT.")] = "overlap",
    peer: Annotated[list[str] | None, typer.Option(help="Only this peer; may be given again.")] = None,
    into: Annotated[Path | None, typer.Option(help="Also write the table into this document.")] = None,
) -> None:
    """Ask Dateline and its peers the same questions. What was answered before is not asked again."""
    with told():
        questions = chosen(QUESTIONS, limit=limit)
        config = read_config()
        judged_by = load_judge(judge, config.model_settings)
        columns = [_ours("embedded", judge, limit), _ours("none", judge, limit)]
        with SqliteFaissStore(placed(None, None, config.embedder, errors)) as store:
            names = handles(store)
            require(questions, store, names)
            for name in peer or PEERS:
                (PLACE / name).mkdir(parents=True, exist_ok=True)
                columns.append(_theirs(PeerRun(name, store, names, PLACE / name), questions, judged_by))
        table = markdown(columns, judged_by)
        typer.echo(table)
        if into:
            put(table, into)


def _ours(llm: str, judge: str, limit: int) -> Column:
    place = PLACE / f"dateline-{llm}"
    job = Job(QUESTIONS, None, None, place, judge, limit=limit)
    errors.print(f"Dateline, {llm}", markup=False)
    summary, records = job.run(read_config({"llm": llm}), errors)
    written(summary, records, place)
    return Column("Dateline, quoting" if llm == "none" else "Dateline", records)


def _theirs(run: PeerRun, questions: Sequence[EvalQuestion], judge: Judge) -> Column:
    errors.print(run.peer, markup=False)
    with asking(errors, len(questions)) as notify:
        records = run.records(questions, judge, notify)
    _write(run, records, judge)
    return Column(run.peer, records)


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
