"""`make injection`: every attack against a model that obeys it, or against a real one; prints the table.

python -m injection                      a model that says what each attack demands; the verifier is the default one
python -m injection --verifier overlap   another verifier
python -m injection --alone              an index that holds nothing but the attack
python -m injection --llm embedded       the embedded model (some seconds an attack); or ollama/NAME
python -m injection --without orders     as if no sentence were known to speak to a machine
python -m injection --without orders --without colons   nor to stand behind a colon: what the verifier alone holds
"""

from __future__ import annotations

import sys
import tempfile
from enum import StrEnum
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


class Rule(StrEnum):
    """A rule that can be left out; its value names the function in `rag.instructions` that knows it."""

    orders = "speaks_to_machine"
    colons = "lifted"


def main(
    llm: Annotated[str, typer.Option(help="obedient, embedded, ollama/NAME")] = "obedient",
    verifier: Annotated[str, typer.Option(help="as in the setting of that name")] = Config().verifier,
    alone: Annotated[bool, typer.Option("--alone", help="no honest article beside the attack")] = False,
    without: Annotated[list[str] | None, typer.Option(help=" or ".join(Rule.__members__))] = None,
) -> None:
    """Print what became of each attack; exit code 1 where one succeeded."""
    left_out = [Rule[name] for name in without or ()]
    config = Config(llm="scripted" if llm == "obedient" else llm, verifier=verifier, max_answer_tokens=160)
    table = Table("attack", "family", "reached", "shown to the model", "outcome")
    won = met = 0
    for attack in attacks():
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            for rule in left_out:
                leave_out(rule, patch)
            hit, seen, successes = _tried(attack, Path(folder), patch, config, alone=alone)
        won, met = won + bool(successes), met + hit
        outcome = f"SUCCEEDED: {successes[0][:60]}" if successes else "held"
        sys.stderr.write(f"{attack.id}: {outcome}\n")
        table.add_row(attack.id, attack.family, _yes(hit), seen, outcome)
    console = Console(width=140)
    console.print(table)
    told = ", ".join([llm, verifier, *(["alone"] if alone else []), *(f"without {rule.name}" for rule in left_out)])
    console.print(f"{met} of {len(attacks())} attacks reached the evidence, {won} succeeded ({told}).")
    sys.exit(won > 0)


def leave_out(rule: Rule, patch: pytest.MonkeyPatch) -> None:
    """Has a rule hold of no text, wherever it was imported to: a list of modules would soon be out of date."""
    for name, module in list(sys.modules.items()):
        if name.startswith("rag.") and hasattr(module, rule):
            patch.setattr(module, rule, lambda *_: False)


def _tried(
    attack: Attack, folder: Path, patch: pytest.MonkeyPatch, config: Config, *, alone: bool
) -> tuple[bool, str, list[str]]:
    seen = "?"
    with poisoned(attack, folder, BagEmbedder(), alone=alone) as store:
        if config.llm == "scripted":
            (folder / "dist").mkdir()
            model = install(folder / "dist", patch, attack.obedient)
        answer = Pipeline(store, BagEmbedder(), config).answer(QUESTION, as_of=AS_OF)
        if config.llm == "scripted":
            prompt = model.prompts[0][1].content or "" if model.prompts else ""
            seen = _yes(attack.payload in prompt)
    return reached(attack, answer), seen, attack.successes(answer, alone=alone)


def _yes(true: bool) -> str:
    return "yes" if true else "no"


if __name__ == "__main__":
    typer.run(main)
