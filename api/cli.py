"""`dateline api` and `dateline token`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.app import RATE
from api.desk import AT_ONCE, WAITING, Capacity
from api.server import PORT, serve
from api.tokens import Tokens
from rag import cli_print
from rag.cli import IndexOption, JsonOption, LlmOption, VerifierOption, ended_in_order, errors, told
from rag.config import read_config
from rag.pipeline import Pipeline


class ScopeName(StrEnum):
    """What a token is good for."""

    ASK = "ask"
    INGEST = "ingest"
    ADMIN = "admin"


def main(arguments: Sequence[str]) -> None:
    """Entry point of `dateline api`."""
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    command.command("api")(_api)
    command(list(arguments), prog_name="dateline api")


def token(arguments: Sequence[str]) -> None:
    """Entry point of `dateline token`."""
    _tokens(list(arguments), prog_name="dateline token")


def _api(
    index: IndexOption = None,
    llm: LlmOption = None,
    verifier: VerifierOption = None,
    host: Annotated[str, typer.Option(help="Where to listen; others than 127.0.0.1 need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = PORT,
    at_once: Annotated[int, typer.Option(min=1, help="Questions answered at a time.")] = AT_ONCE,
    waiting: Annotated[int, typer.Option(min=0, help="How many more may wait.")] = WAITING,
    rate: Annotated[str, typer.Option(help="Requests by one token.")] = RATE,
    log_questions: Annotated[
        bool, typer.Option("--log-questions", help="Write questions into the log and into spans.")
    ] = False,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Take no articles in and remove none: for replicas beside one that does."),
    ] = False,
) -> None:
    """Serve answers to other programs: OpenAI's chat protocol and /api; see docs/api.md."""
    with told(), ended_in_order():
        pipeline = Pipeline.open(read_config({"index": index, "llm": llm, "verifier": verifier}))
        try:
            errors.print(cli_print.plain(pipeline.chosen.note))
            pipeline.embedder.encode(["ready"])  # so that the first question does not wait for the encoder
            capacity = Capacity(at_once, waiting)
            serve(pipeline, host, port, capacity=capacity, rate=rate, log_questions=log_questions, read_only=read_only)
        finally:
            pipeline.close()


_tokens = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Who may use the API. With no token, only programs on this machine.",
)  # fmt: skip


@_tokens.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    scope: Annotated[list[ScopeName] | None, typer.Option(help="May be given more than once; admin is all.")] = None,
    index: IndexOption = None,
) -> None:
    """Make a token and print it; only its hash is kept, so it cannot be shown again."""
    with told():
        scopes = scope or [ScopeName.ASK]
        secret = Tokens(read_config({"index": index}).index).add(name, tuple(s.value for s in scopes))
        sys.stdout.write(secret + "\n")
        errors.print(f"Added {name}: {', '.join(scopes)}. Keep it now; it is not shown again.", markup=False)


@_tokens.command("list")
def names(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Names, scopes and days of all tokens."""
    with told():
        found = Tokens(read_config({"index": index}).index).all()
        if as_json:
            listed = [token.model_dump(exclude={"sha256"}) for token in found]
            sys.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2) + "\n")
            return
        table = Table("name", "scopes", "added", box=None)
        for kept in found:
            table.add_row(kept.name, ", ".join(kept.scopes), kept.added)
        Console(highlight=False).print(table)


@_tokens.command()
def remove(name: Annotated[str, typer.Argument()], index: IndexOption = None) -> None:
    """Make a token worthless, at once."""
    with told():
        tokens = Tokens(read_config({"index": index}).index)
        tokens.remove(name)
        errors.print(f"Removed {name}.", markup=False)
        if not tokens.all():
            errors.print("That was the last: now every program on this machine may use the API, and no other.")
