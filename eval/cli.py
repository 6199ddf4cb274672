"""The command line of the evaluation: `dateline eval …`, the same as `python -m eval …`.

Exit codes: 0 done; 1 a floor was missed, or nothing could be done; 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from eval import show
from eval.questions import QUESTIONS, TAGS
from rag.cli import JsonOption, LlmOption, VerifierOption, errors, told
from rag.config import read_config

app = typer.Typer(
    name="dateline eval",
    help="Measure answers on a question set. Without a command: run.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = ("run", "compare", "judge", "init", "draft")

IndexOption = Annotated[Path | None, typer.Option(metavar="DIR", help="Ask this index as it is.", show_default=False)]
JudgeOption = Annotated[str, typer.Option(help="Verifier that judges support: NAME or NAME/ARGUMENT.")]
ArticlesOption = Annotated[
    Path | None,
    typer.Option(help="Articles that the questions are about; indexed under var/eval.", show_default="seeds"),
]


@app.command()
def run(
    questions: Annotated[Path, typer.Option(help="The question set.", show_default="eval/questions.jsonl")] = QUESTIONS,
    articles: ArticlesOption = None,
    index: IndexOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run.", show_default="var/eval/SET-MODEL")] = None,
    llm: LlmOption = None,
    verifier: VerifierOption = None,
    judge: JudgeOption = "learned",
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many questions, spread over the set.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only questions with this tag; may be given again.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Questions asked at a time; more distort the timings.")] = 1,
    fail_under: Annotated[
        str, typer.Option(metavar="METRIC=VALUE,…", help="Exit with 1 if a metric is lower.", show_default=False)
    ] = "",
    floors: Annotated[Path | None, typer.Option(help="The same from a file: eval/floors.toml.")] = None,
    compare: Annotated[Path | None, typer.Option(metavar="RUN", help="Also compare with this earlier run.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every question, judge and score the answers, write a report. What was answered before is not asked again."""
    with told():
        from eval import floors as limits  # noqa: PLC0415
        from eval.compare import compared  # noqa: PLC0415
        from eval.job import Job, written  # noqa: PLC0415 - the pipeline takes seconds to import
        from eval.runfile import read_run  # noqa: PLC0415

        wanted = limits.parsed(fail_under) | (limits.read_floors(floors) if floors else {})
        if unknown := set(tag or ()) - set(TAGS):
            msg = f"There is no tag {', '.join(sorted(unknown))}. Tags: {', '.join(TAGS)}."
            raise typer.BadParameter(msg)
        earlier = read_run(compare) if compare else None
        job = Job(questions, articles, index, out, judge, tuple(tag or ()), limit, workers)
        summary, records = job.run(read_config({"llm": llm, "verifier": verifier}), errors)
        places = written(summary, records, job.out)
        if as_json:
            _print_json(summary.model_dump_json())
        else:
            show.summary(summary, _console())
            if earlier:
                show.comparison(compared(earlier, (summary, records)), _console())
        errors.print(f"Written: {', '.join(map(str, places))}")
        missed = limits.shortfalls(summary.metrics, wanted)
        for shortfall in missed:
            errors.print(f"[bold red]Below the floor:[/] {shortfall}.")
        if missed:
            raise typer.Exit(1)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the earlier run.")],
    after: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the later run.")],
    as_json: JsonOption = False,
) -> None:
    """What changed between two runs, with a test of every difference and the questions that flipped."""
    with told():
        from pydantic import TypeAdapter  # noqa: PLC0415

        from eval.compare import Comparison, compared  # noqa: PLC0415
        from eval.runfile import read_run  # noqa: PLC0415

        found = compared(read_run(before), read_run(after))
        if as_json:
            _print_json(TypeAdapter(Comparison).dump_json(found).decode())
        else:
            show.comparison(found, _console())


@app.command()
def judge(
    judge: JudgeOption = "learned",
    fit: Annotated[str, typer.Option(help="Labelled summaries on which the threshold is fixed.")] = "frank_valid.jsonl",
    data: Annotated[str, typer.Option(help="Labelled summaries that the judge is measured on.")] = "cliff.jsonl",
    keep: Annotated[bool, typer.Option("--keep", help="Write the figures into eval/judges.toml.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the calibration curves into this SVG file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the judge: its agreement with people on labelled summaries, found by path or through DATELINE_BENCH."""
    with told():
        from eval.agreement import keep as kept  # noqa: PLC0415
        from eval.judge import measure, support  # noqa: PLC0415
        from eval.judging import load_judge  # noqa: PLC0415
        from eval.labelled import Labelled, bench_file, read_labelled  # noqa: PLC0415
        from eval.plot import calibration  # noqa: PLC0415

        config = read_config()
        judged = load_judge(judge, config.model_settings)

        def supports(path: Path) -> Iterator[tuple[Labelled, float]]:
            for labelled in track(read_labelled(path), path.name, console=errors, transient=True):
                yield labelled, support(judged, labelled)

        found = measure(judged, bench_file(data), bench_file(fit), supports)
        if keep:
            kept(found.agreements)
        if plot:
            curves = {origin: [(x, y) for x, y, _ in curve] for origin, curve in found.curves.items()}
            plot.write_text(calibration(f"{judge}: support and consistency, {data}", curves), encoding="utf-8")
        if as_json:
            document = {"agreements": [a.model_dump() for a in found.agreements], "calibration": found.curves}
            _print_json(json.dumps(document))
        else:
            console = _console()
            show.agreements(found.agreements, console)
            show.curves(found.curves, console)
            console.print(f"The second threshold was fixed on {bench_file(fit).name} alone.", markup=False)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where the set begins: a new .jsonl file.")],
) -> None:
    """Begin a question set for your own articles: examples of each kind, and the schema beside them."""
    with told():
        from eval.starter import EXAMPLES, write_set  # noqa: PLC0415

        write_set(path, EXAMPLES)
        errors.print(
            f"{path} holds {len(EXAMPLES)} examples. Put your questions in their place, then run "
            f"`dateline eval --questions {path} --articles DIR`.",
            markup=False,
        )


@app.command()
def draft(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where the drafts go: a new .jsonl file.")],
    articles: ArticlesOption = None,
    index: IndexOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many drafts.")] = None,
    per_article: Annotated[int, typer.Option(min=1, help="At most so many drafts an article.")] = 2,
) -> None:
    """Propose questions from articles, each with its gold sentence, for a person to rewrite. Drafts are never run."""
    with told():
        from itertools import islice  # noqa: PLC0415

        from eval.corpus import handles, placed  # noqa: PLC0415
        from eval.drafts import drafts  # noqa: PLC0415
        from eval.starter import write_set  # noqa: PLC0415
        from index.sqlite_faiss import SqliteFaissStore  # noqa: PLC0415

        place = placed(articles, index, read_config().embedder, errors)
        with SqliteFaissStore(place) as store:
            today = date.today()  # noqa: DTZ011 - the user's calendar day
            count = write_set(path, islice(drafts(store, handles(store), today, per_article), limit))
        errors.print(
            f'{path} holds {count} drafts. Rewrite each as a reader would ask it, then take out "draft": true; '
            "a set that holds drafts is refused.",
            markup=False,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; what does not begin with a command is meant for `run`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] != ["--help"] and (not given or given[0] not in COMMANDS):
        given.insert(0, "run")
    app(given, prog_name="dateline eval")


def _console() -> Console:
    """Standard output; into a file or a pipe it is wide enough that no table is folded."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=140)


def _print_json(document: str) -> None:
    sys.stdout.write(json.dumps(json.loads(document), ensure_ascii=False, indent=2) + "\n")
