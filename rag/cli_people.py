"""The commands about people: who may log in, and what they said of answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.cli import IndexOption, errors, told

users = typer.Typer(help="Who may log in to `dateline serve --auth FILE`.", no_args_is_help=True)
feedback = typer.Typer(help="What readers said of answers and citations in the chat window.", no_args_is_help=True)

FileOption = Annotated[Path, typer.Option("--file", metavar="FILE", help="The file of users.")]
_USERS = Path("var/users")


def attach(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    app.add_typer(users, name="user")
    app.add_typer(feedback, name="feedback")


@users.command()
def add(name: Annotated[str, typer.Argument()], file: FileOption = _USERS) -> None:
    """Add a user, or give one a new password; it is asked for, or read from standard input."""
    with told():
        from rag.users import Users  # noqa: PLC0415

        if sys.stdin.isatty():
            password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        else:
            password = sys.stdin.readline().rstrip("\r\n")
        new = Users(file).add(name, password)
        errors.print(f"{'Added' if new else 'Changed the password of'} {name} in {file}.", markup=False)


@users.command()
def remove(name: Annotated[str, typer.Argument()], file: FileOption = _USERS) -> None:
    """Take a user out; a page that is open stays open until the window is started again."""
    with told():
        from rag.users import Users  # noqa: PLC0415

        Users(file).remove(name)
        errors.print(f"Removed {name} from {file}.", markup=False)


@users.command("list")
def names(file: FileOption = _USERS) -> None:
    """The names of all users."""
    with told():
        from rag.users import Users  # noqa: PLC0415

        for name in Users(file).names():
            sys.stdout.write(f"{name}\n")


@feedback.command()
def export(
    index: IndexOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A new .jsonl file.", show_default="standard output")
    ] = None,
) -> None:
    """Write what was said as drafts of questions, for `dateline eval --questions`; each is read by a person first."""
    with told():
        from index import plugins  # noqa: PLC0415
        from rag.config import read_config  # noqa: PLC0415

        # The question set stands above this package; it is reached by name, as any plug-in.
        count = plugins.load("dateline.commands", "feedback-export")(read_config({"index": index}).index, out)
        errors.print(f"{count} drafts: read each, mend it, then take out its “draft”.", markup=False)
