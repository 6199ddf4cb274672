"""Commands of what stands above this package for other programs; each is reached by name, as any plug-in."""

from __future__ import annotations

import typer

from index import plugins
from rag.cli import told

_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
_COMMANDS = {
    "api": "Serve answers to other programs over HTTP, as OpenAI's protocol does; see `dateline api --help`.",
    "mcp": "Serve tools to an assistant by the Model Context Protocol; see `dateline mcp --help`.",
    "token": "Who may use the API: add, list, remove.",
}


def attach(app: typer.Typer) -> None:
    """Adds the commands."""
    for name, words in _COMMANDS.items():
        _add(app, name, words)


def _add(app: typer.Typer, name: str, words: str) -> None:
    @app.command(name, help=words, add_help_option=False, context_settings=_PASSED_ON)
    def passed_on(context: typer.Context) -> None:
        with told():
            plugins.load("dateline.commands", name)(context.args)
