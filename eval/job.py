"""One run from start to end: articles indexed, questions asked, figures and report written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from eval.agreement import read_agreements
from eval.corpus import handles, placed, require
from eval.fingerprint import judge_code
from eval.judging import Judge, load_judge
from eval.questions import EvalQuestion, read_questions
from eval.record import Record
from eval.report import REPORT, rendered
from eval.run import Run
from eval.runfile import ANSWERS, RunFile
from eval.show import asking
from eval.summary import SUMMARY, JudgeFacts, Summary, summarised
from index.errors import InputError, StoreError
from index.stores import EMBEDDED
from rag.config import Config
from rag.pipeline import Pipeline


@dataclass
class Job:
    """What is to be run; see `eval.cli.run` for the fields."""

    questions: Path
    articles: Path | None
    index: Path | None
    folder: Path | None
    judge: str
    tags: tuple[str, ...] = ()
    limit: int | None = None
    workers: int = 1

    def run(
        self, config: Config, console: Console, notify: Callable[[int, int], None] = lambda _done, _of: None
    ) -> tuple[Summary, list[Record]]:
        """Asks what was not asked yet, and sums up.

        Args:
            config: of the pipeline; its index is the one of the articles.
            console: for progress.
            notify: told how many questions are done, of how many.

        Raises:
            DatelineError: what is needed is missing, or failed; what was answered is kept.
        """
        asked = chosen(self.questions, self.tags, self.limit)
        judge = load_judge(self.judge, config.model_settings)
        place = placed(self.articles, self.index, config.embedder, console)
        kept_by = config.store if self.index and not self.articles else EMBEDDED  # what is made here is embedded
        config = replace(config, index=place, store=kept_by, uri="")
        pipeline = Pipeline.open(config, fixed_model=True)  # a measured run does not change its model
        try:
            names = handles(pipeline.store)
            require(asked, pipeline.store, names)
            model = pipeline.chosen.model
            self._place(model.name if model else "none")
            run = Run(pipeline, judge, names, RunFile(self.out / ANSWERS))
            with asking(console, len(asked)) as told:
                done = 0

                def both(record: Record) -> None:
                    nonlocal done
                    done += 1
                    told(record)
                    notify(done, len(asked))

                records = run.records(asked, self.workers, both)
            facts = judge_facts(judge, in_chat=config.verifier == judge.spec)
        finally:
            pipeline.close()
        summary = summarised(
            records,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            fingerprint=run.fingerprint,
            configuration=run.configuration,
            questions=self.questions.name,
            workers=self.workers,
            judge=facts,
        )
        return summary, records

    @property
    def out(self) -> Path:
        """The folder of the run; known once the model is chosen, if it was not given."""
        if self.folder is None:
            msg = "the run has no folder yet"
            raise RuntimeError(msg)
        return self.folder

    def _place(self, model: str) -> None:
        self.folder = self.folder or Path("var/eval") / f"{self.questions.stem}-{re.sub(r'[^A-Za-z0-9.]+', '-', model)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            msg = f"{self.folder} cannot be made: {exc.strerror}."
            raise StoreError(msg, "Give another folder with --out.") from exc


def chosen(path: Path, tags: Sequence[str] = (), limit: int | None = None) -> list[EvalQuestion]:
    """The questions of a set that have one of the tags, or all; at most `limit`, spread over the set.

    Raises:
        InputError: the set cannot be used, or no question has such a tag.
    """
    questions = [q for q in read_questions(path) if not tags or set(tags) & set(q.tags)]
    if not questions:
        msg = f"{path} has no question tagged {' or '.join(tags)}."
        raise InputError(msg, "Ask without --tag, or with another.")
    count = min(limit or len(questions), len(questions))
    # Spread over the set: it goes by topic, and the unanswerable questions stand at its end.
    return [questions[i * len(questions) // count] for i in range(count)]


def judge_facts(judge: Judge, *, in_chat: bool) -> JudgeFacts:
    """The judge with its measured agreement, if any."""
    measured = tuple(a for a in read_agreements() if a.judge == judge.spec)
    return JudgeFacts(
        spec=judge.spec,
        threshold=judge.threshold,
        in_chat=in_chat,
        agreement=measured,
        outdated=any(a.code != judge_code(judge) for a in measured),
    )


def written(summary: Summary, records: Sequence[Record], folder: Path) -> list[Path]:
    """Writes summary and report; returns all files of the run.

    Raises:
        StoreError: the disk refused.
    """
    try:
        (folder / SUMMARY).write_text(summary.model_dump_json(indent=2) + "\n", encoding="utf-8")
        (folder / REPORT).write_text(rendered(summary, records), encoding="utf-8")
    except OSError as exc:
        msg = f"{folder} cannot be written to: {exc.strerror}."
        raise StoreError(msg, "Make room on the disk, or give another folder with --out.") from exc
    return [folder / name for name in (ANSWERS, SUMMARY, REPORT)]
