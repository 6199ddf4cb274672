"""The command line. Results go to stdout, progress and errors to stderr; with --json stdout holds one JSON document.

Exit codes: 0 done; 1 nothing could be done, or an error ended it; 2 wrong usage; 3 done, but some items were refused.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from index import plugins
from index.build import Builder
from index.embed import embedder
from index.errors import DatelineError, InputError
from index.load import REJECTED, origin
from index.priority import step_back
from index.records import StoredArticle
from index.rejected import write_rejected
from index.report import Item, Report
from index.store import Store
from index.stores import EMBEDDED
from index.stores import named as named_place
from index.web.sources import LIMIT, named
from index.workers import workers as hired
from rag import cli_print
from rag.config import Config, read_config
from rag.types import Window

PARTLY = 3

app = typer.Typer(
    name="dateline",
    help="Questions to your news articles, answered on your own machine; every sentence cited and checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

IndexOption = Annotated[
    Path | None, typer.Option("--index", metavar="DIR", help="Folder of the index.", show_default="var/index")
]
LlmOption = Annotated[
    str | None,
    typer.Option(metavar="auto|ollama/NAME|embedded|none", help="What drafts the answer.", show_default="auto"),
]
VerifierOption = Annotated[
    str | None,
    typer.Option(metavar="learned|overlap|nli/DIR|ollama/NAME", help="What checks the answer.", show_default="learned"),
]
OutletOption = Annotated[list[str] | None, typer.Option(help="Only this outlet; may be given more than once.")]
_DAY: dict[str, Any] = {"formats": ["%Y-%m-%d"], "metavar": "DATE"}
AsOfOption = Annotated[
    datetime | None,
    typer.Option(help="The day on which it is asked; later articles are not used.", show_default="today", **_DAY),
]
SinceOption = Annotated[datetime | None, typer.Option(help="Only articles from this day on.", **_DAY)]
UntilOption = Annotated[datetime | None, typer.Option(help="Only articles up to this day.", **_DAY)]
LaterOption = Annotated[bool, typer.Option("--later", help="Also use articles published after --as-of.")]
LimitOption = Annotated[
    int,
    typer.Option(
        min=1,
        metavar="N",
        help="Most articles fetched of a feed or sitemap in one run, the newest first; then the next.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_API: dict[str, Any] = {"rich_help_panel": "With --api"}


@contextmanager
def told() -> Iterator[None]:
    """Errors of ours become a message with advice and exit code 1; anything else is a bug and keeps its traceback."""
    try:
        yield
    except DatelineError as exc:
        errors.print(f"[bold red]Error:[/] {cli_print.plain(exc.message)}")
        if exc.advice:
            errors.print(cli_print.plain(exc.advice))
        raise typer.Exit(1) from exc
    except KeyboardInterrupt as exc:
        errors.print("Stopped.")
        raise typer.Exit(130) from exc


@contextmanager
def ended_in_order() -> Iterator[None]:
    """What serves and is told to end (SIGTERM: a container's runtime, systemd) closes in order, as at Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _config(**flags: Any) -> Config:
    return read_config(flags)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _window(since: datetime | None, until: datetime | None) -> Window | None:
    """The window of --since and --until; None where neither is given."""
    if since and until and until < since:
        msg = f"--until {_day(until)} lies before --since {_day(since)}."
        raise typer.BadParameter(msg)
    return Window(_day(since), _day(until)) if since or until else None


@app.command()
def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|URL…",
            help="Files and folders (.md .txt .html .json .jsonl .csv .pdf .docx .eml .zip); pages, feeds, sitemaps.",
        ),
    ],
    index: IndexOption = None,
    as_json: JsonOption = False,
    items: Annotated[bool, typer.Option("--items", help="Say what becomes of every item.")] = False,
    rejected: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where refused records are written, to be mended and fed again.",
            show_default="INDEX/rejected.jsonl",
        ),
    ] = None,
    limit: LimitOption = LIMIT,
    workers: Annotated[
        str,
        typer.Option(
            metavar="local|ray|ray://HOST:PORT",
            help="Who reads and encodes: this process, all processors of this machine, or a Ray cluster.",
        ),
    ] = "local",
) -> None:
    """Take articles in: new ones are added, changed ones become a new version, those gone from PATH are removed."""
    with told():
        config = _config(index=index)
        step_back()
        encoder = embedder(config.embedder)
        report, read = Report(), set[str]()
        with _reported(report, read, config.index, rejected or config.index / REJECTED, as_json=as_json):
            say = cli_print.each_item(errors) if items else lambda _: None

            def settled(item: Item) -> None:
                report.note(item)
                read.add(origin(item.source))
                say(item)

            with hired(workers, encoder, config.embedder) as crew, cli_print.ingest_progress(errors) as notify:
                builder = Builder(config.place, encoder, workers=crew)
                report.skipped = builder.ingest(named(paths, limit=limit), notify, settled).skipped
        raise typer.Exit(_code(report))


def _code(result: Report | DatelineError) -> int:
    """The exit code of what an ingest or a round has done."""
    if isinstance(result, DatelineError):
        return 1
    return 0 if not result.refused else PARTLY if result.taken else 1


@contextmanager
def _reported(report: Report, read: set[str], place: Path, rejected: Path, *, as_json: bool) -> Iterator[None]:
    """Says what was done, also where an error or Ctrl-C ends it: what was reported is in the index."""
    try:
        yield
    except BaseException:
        if report.taken or report.refused:
            try:
                _report(report, set(), place, rejected, as_json=as_json)
            except DatelineError as exc:
                errors.print(cli_print.plain(str(exc)))
        raise
    _report(report, read, place, rejected, as_json=as_json)


def _report(report: Report, read: set[str], place: Path, rejected: Path, *, as_json: bool) -> None:
    if as_json:
        _print_json(cli_print.report_json(report))
    else:
        cli_print.report(report, place, errors)
    write_rejected(rejected, report.refused, read)
    if report.refused and not as_json:
        cli_print.mend(rejected, errors)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    index: IndexOption = None,
    as_of: AsOfOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    outlet: OutletOption = None,
    llm: LlmOption = None,
    verifier: VerifierOption = None,
    later: LaterOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask one question."""
    with told():
        from rag.contract import ask_json  # noqa: PLC0415
        from rag.pipeline import Pipeline  # noqa: PLC0415 - seconds to import

        window = _window(since, until)
        pipeline = Pipeline.open(_config(index=index, llm=llm, verifier=verifier))
        try:
            events = pipeline.stream(
                question, as_of=_day(as_of), window=window, outlets=outlet or None, allow_later=later
            )
            answer = cli_print.follow(events, errors if not as_json else None)
        finally:
            pipeline.close()
        if as_json:
            _print_json(ask_json(answer).model_dump(mode="json"))
        else:
            cli_print.answer(answer, cli_print.output())


@app.command()
def chat(
    index: IndexOption = None,
    as_of: AsOfOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    outlet: OutletOption = None,
    llm: LlmOption = None,
    verifier: VerifierOption = None,
    later: LaterOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")] = False,
) -> None:
    """Hold a conversation; /help lists its commands. Reads questions from a pipe, too, one a line."""
    with told():
        from rag.cli_chat import Chat  # noqa: PLC0415
        from rag.pipeline import Pipeline  # noqa: PLC0415 - seconds to import

        window = _window(since, until)
        pipeline = Pipeline.open(_config(index=index, llm=llm, verifier=verifier))
        try:
            errors.print(cli_print.plain(pipeline.chosen.note))  # which model, or why not the one that was named
            out = cli_print.output()
            if not Chat(pipeline, out, errors, as_json, _day(as_of), window, outlet or None, later).run():
                raise typer.Exit(1)
        finally:
            pipeline.close()


@app.command()
def article(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="Article id, or its URL.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a stored article; citations point into the text that --json prints."""
    with told(), _config(index=index).place.open() as store:
        stored = _one(store, article_id)
        if as_json:
            _print_json(cli_print.article_json(stored))
        else:
            cli_print.article(stored, cli_print.output())


@app.command()
def history(
    article_id: Annotated[str, typer.Argument(metavar="ARTICLE", help="Article id, or its URL.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the versions of an article and what changed from one to the next, sentence by sentence."""
    with told(), _config(index=index).place.open() as store:
        from index.history import revisions  # noqa: PLC0415
        from rag import cli_history  # noqa: PLC0415

        found = revisions(store, _one(store, article_id).article.id)
        if as_json:
            _print_json(cli_history.as_json(found))
        else:
            cli_history.show(found, Console(highlight=False))


@app.command()
def status(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """What the index holds."""
    with told(), _config(index=index).place.open() as store:
        found = cli_print.status_json(store)
        if as_json:
            _print_json(found)
        else:
            cli_print.table(found, Console(highlight=False))


@app.command()
def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID|URL…", help="Article ids or URLs.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove articles with everything that belongs to them."""
    with told(), _config(index=index).place.open() as store:
        known, unknown = [], []
        for name in ids:
            try:
                known.append(_one(store, name).article.id)
            except InputError:
                unknown.append(name)
        store.remove(known)
        if known:
            store.snapshot()
        if as_json:
            _print_json({"removed": known, "unknown": unknown})
        else:
            Console(highlight=False).print(f"Removed {len(known)}.")
        if unknown:
            msg = f"Not in the index: {', '.join(unknown)}."
            raise InputError(msg, "`dateline status` shows what is; ids stand in `dateline ask --json`.")


@app.command()
def watch(
    names: Annotated[list[str], typer.Argument(metavar="PATH|URL…", help="Folders, feeds, sitemaps, pages.")],
    index: IndexOption = None,
    interval: Annotated[str, typer.Option(metavar="TIME", help="Time between two rounds, such as 15m or 2h.")] = "15m",
    once: Annotated[bool, typer.Option("--once", help="One round, for cron.")] = False,
    limit: LimitOption = LIMIT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Take in what is new in feeds and folders, again and again; Ctrl-C ends it."""
    with told(), ended_in_order():
        from rag import cli_watch  # noqa: PLC0415

        pause = cli_watch.seconds(interval)
        config = _config(index=index)
        last = cli_watch.run(config, names, pause, limit=limit, once=once, as_json=as_json, console=errors)
        raise typer.Exit(_code(last) if once else 0)


@app.command()
def reindex(
    index: IndexOption = None,
    encoder: Annotated[
        str | None,
        typer.Option("--embedder", metavar="minilm|static|st/DIR", help="The new encoder.", show_default="minilm"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Encode every article anew with another encoder; goes on where it was stopped; answers as before until then."""
    with told():
        from index.reindex import reindex as encode_anew  # noqa: PLC0415

        config = _config(index=index, embedder=encoder)
        _require_embedded(config, "reindex")
        with cli_print.ingest_progress(errors) as notify:
            count = encode_anew(config.index, embedder(config.embedder), notify)
        if as_json:
            _print_json({"encoded": count, "embedder": config.embedder})
        else:
            done = f"{count} articles encoded anew" if count else "The index is of that encoder already"
            errors.print(f"{config.index}: {done}.")


@app.command()
def copy(
    to: Annotated[
        str, typer.Option("--to", metavar="DIR|FILE.db|URL", help="A folder, a Milvus Lite file, a Milvus cluster.")
    ],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the index to another place or another store without encoding again; goes on where it was stopped."""
    with told():
        from index.copy import copy as copied_to  # noqa: PLC0415

        with cli_print.ingest_progress(errors, "Copying") as notify:
            copied = copied_to(_config(index=index).place, named_place(to), notify)
        if as_json:
            _print_json({"copied": copied.articles, "there": copied.there, "to": to})
        else:
            errors.print(cli_print.plain(f"{copied.articles} articles copied, {copied.there} were there: {to}."))


@app.command()
def serve(
    index: IndexOption = None,
    llm: LlmOption = None,
    verifier: VerifierOption = None,
    host: Annotated[str, typer.Option(help="Where to listen; others than 127.0.0.1 open it to all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    auth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Let only these users in: `dateline user`.", show_default="nobody logs in"),
    ] = None,
    root_path: Annotated[str, typer.Option(help="Path under which a proxy shows the window, like /dateline.")] = "",
    api: Annotated[bool, typer.Option("--api", help="Serve other programs as well: docs/api.md.")] = False,
    api_port: Annotated[int, typer.Option(min=1, max=65535, help="Where these connect.", **_API)] = 7861,
    at_once: Annotated[
        int | None, typer.Option(min=1, help="Their questions answered at a time.", show_default="4", **_API)
    ] = None,
    waiting: Annotated[
        int | None, typer.Option(min=0, help="How many more may wait.", show_default="16", **_API)
    ] = None,
    rate: Annotated[str | None, typer.Option(help="Requests by one token.", show_default="120/minute", **_API)] = None,
    log_questions: Annotated[
        bool, typer.Option("--log-questions", help="Write their questions into the log and into spans.", **_API)
    ] = False,
) -> None:
    """Open the chat window."""
    bounds = {"at_once": at_once, "waiting": waiting, "rate": rate, "log_questions": log_questions or None}
    given = {name: value for name, value in bounds.items() if value is not None}
    if given and not api:
        msg = f"--{next(iter(given)).replace('_', '-')} is about other programs: give --api, too."
        raise typer.BadParameter(msg)
    with told(), ended_in_order():
        from rag.pipeline import Pipeline  # noqa: PLC0415 - seconds to import

        with ExitStack() as closing_last_first:
            pipeline = Pipeline.open(_config(index=index, llm=llm, verifier=verifier))
            closing_last_first.callback(pipeline.close)
            errors.print(cli_print.plain(pipeline.chosen.note))  # which model, or why not the one that was named
            # The API and the window stand above this package; they are reached by name, as any plug-in.
            if api:
                beside = plugins.load("dateline.commands", "serve-api")(pipeline, host, api_port, **given)
                closing_last_first.callback(beside.close)
                errors.print(f"The API is at http://{host}:{api_port}")
            serving = plugins.load("dateline.commands", "serve")
            serving(pipeline, host=host, port=port, auth=auth, root_path=root_path)


@app.command(
    "eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def evaluate(context: typer.Context) -> None:
    """Measure answers on a question set: run, compare, judge, init, draft; see `dateline eval --help`."""
    with told():
        # The evaluation stands above this package, too.
        plugins.load("dateline.commands", "eval")(context.args)


@app.command()
def doctor(
    index: IndexOption = None,
    llm: LlmOption = None,
    verifier: VerifierOption = None,
    mend: Annotated[bool, typer.Option("--repair", help="First mend what can be mended in the index.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at every part and say what is wrong and what to do; exit code 1 when something is broken."""
    with told():
        from rag.doctor import examine  # noqa: PLC0415

        if mend:
            _mend(_config(index=index))
        findings = examine(_config(index=index, llm=llm, verifier=verifier))
        if as_json:
            _print_json(cli_print.findings_json(findings))
        else:
            cli_print.findings(findings, Console(highlight=False))
        if any(finding.state == "broken" for finding in findings):
            raise typer.Exit(1)


def _mend(config: Config) -> None:
    """Repairs the index and names what is lost."""
    from index.repair import repair  # noqa: PLC0415

    _require_embedded(config, "doctor --repair")
    for lost in repair(config.index, embedder(config.embedder), lambda text: errors.print(cli_print.plain(text))):
        known = " ".join(part for part in (lost.id, lost.title, lost.url or "", lost.source) if part)
        errors.print(f"[bold red]lost:[/] {cli_print.plain(known)}; ingest it again.")


def _require_embedded(config: Config, command: str) -> None:
    """What is done to SQLite's own tables cannot be done elsewhere."""
    if config.store != EMBEDDED:
        msg = f"`dateline {command}` works on an embedded index, and this one is kept by {config.store}."
        raise InputError(msg, "Copy it to a folder with `dateline copy --to DIR`, and back afterwards.")


def _one(store: Store, name: str) -> StoredArticle:
    from index.clean import canonical_url  # noqa: PLC0415

    found = store.articles([name]) or store.by_url(canonical_url(name))
    if not found:
        msg = f"There is no article {name!r} in the index."
        raise InputError(msg, "Give the id or the URL that `dateline ask --json` shows.")
    return next(iter(found.values()))


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def main() -> None:
    """Entry point of the command `dateline`."""
    from rag import cli_api, cli_people  # noqa: PLC0415 - their commands use what stands here

    cli_api.attach(app)
    cli_people.attach(app)
    app()
