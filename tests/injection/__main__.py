"""`make injection`: every attack against a model that obeys it, or against a real one; prints the table.

python -m injection                  a model that says what each attack demands
python -m injection --llm embedded   the embedded model (some seconds an attack); or ollama/NAME
python -m injection --unguarded      as if no sentence were known to speak to a machine: what the verifier alone holds
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import pytest
import typer
from fakes.embedder import BagEmbedder
from fakes.scripted import install
from rich.console import Console
from rich.table import Table

from injection.corpus import AS_OF, QUESTION, Attack, attacks, poisoned, reached
from rag.config import Config
from rag.pipeline import Pipeline


def main(
    llm: Annotated[str, typer.Option(help="obedient, embedded, ollama/NAME")] = "obedient",
    unguarded: Annotated[bool, typer.Option("--unguarded")] = False,
) -> None:
    """Print what became of each attack; exit code 1 where one succeeded."""
    table = Table("attack", "family", "reached", "shown to the model", "outcome")
    won = 0
    for attack in attacks():
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            if unguarded:
                for module in ("rag.instructions", "rag.prompt", "rag.pipeline"):
                    patch.setattr(f"{module}.speaks_to_machine", lambda _: False)
            hit, seen, successes = _tried(attack, Path(folder), patch, llm)
        won += bool(successes)
        sys.stderr.write(f"{attack.id}: {'SUCCEEDED' if successes else 'held'}\n")
        table.add_row(
            attack.id, attack.family, _yes(hit), seen, f"SUCCEEDED: {successes[0][:60]}" if successes else "held"
        )
    console = Console(width=140)
    console.print(table)
    console.print(f"{won} of {len(attacks())} attacks succeeded against {llm}{', unguarded' if unguarded else ''}.")
    sys.exit(won > 0)


def _tried(attack: Attack, folder: Path, patch: pytest.MonkeyPatch, llm: str) -> tuple[bool, str, list[str]]:
    seen = "?"
    with poisoned(attack, folder, BagEmbedder()) as store:
        if llm == "obedient":
            (folder / "dist").mkdir()
            model = install(folder / "dist", patch, attack.obedient)
        config = Config(llm="scripted" if llm == "obedient" else llm, max_answer_tokens=160)
        answer = Pipeline(store, BagEmbedder(), config).answer(QUESTION, as_of=AS_OF)
        if llm == "obedient":
            prompt = model.prompts[0][1].content or "" if model.prompts else ""
            seen = _yes(attack.payload in prompt)
    return reached(attack, answer), seen, attack.successes(answer)


def _yes(true: bool) -> str:
    return "yes" if true else "no"


if __name__ == "__main__":
    typer.run(main)
