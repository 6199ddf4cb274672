"""How many claims a verifier judges rightly: ``python -m eval.claims FILE``.

For ``corruptions.jsonl``, the project's own corruptions, and ``claims.jsonl``, claims about invented news passages: the
mistakes in one half of them were studied to mend the verifier, those in the other were not (docs/verifiers.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.metrics import balanced_accuracy
from rag.verifiers import verifier
from rag.verify import Case, Verifier, verdicts
from rag.wording import spoken

SET = Path(__file__).with_name("claims.jsonl")


def read(path: Path) -> list[dict[str, Any]]:
    """The claims of a file, one a line: evidence, claim, whether it is supported, and of what kind it is."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def supports(judged_by: Verifier, rows: Sequence[dict[str, Any]]) -> list[float]:
    """Support of each claim, judged as the chat judges it: beside outlet and day where they are known."""
    return [verdict.support for verdict in verdicts(judged_by, [(row["claim"], _case(row)) for row in rows])]


def table(rows: Sequence[dict[str, Any]], found: Sequence[float], threshold: float) -> dict[str, str]:
    """Balanced accuracy of each half and of both, then the share of right verdicts of each kind."""
    lines = {}
    for half in dict.fromkeys(row.get("half", "all") for row in rows):
        lines[half] = _balanced(
            [(r, s) for r, s in zip(rows, found, strict=True) if r.get("half", "all") == half], threshold
        )
    lines["together"] = _balanced(list(zip(rows, found, strict=True)), threshold)
    for supported in (True, False):
        for kind in sorted({row["kind"] for row in rows if row["supported"] == supported}):
            right = [
                (support >= threshold) == supported
                for row, support in zip(rows, found, strict=True)
                if row["kind"] == kind and row["supported"] == supported
            ]
            lines[f"{'true' if supported else 'false'}: {kind}"] = f"{sum(right)} of {len(right)}"
    return lines


def _balanced(judged: Sequence[tuple[dict[str, Any], float]], threshold: float) -> str:
    good, bad = ([support for row, support in judged if row["supported"] == which] for which in (True, False))
    true, false = (sum(s >= threshold for s in good) / len(good), sum(s < threshold for s in bad) / len(bad))
    both = balanced_accuracy(good, bad, threshold)
    return f"{both:.3f} (true {true:.3f}, false {false:.3f}, n {len(judged)})"


def _case(row: dict[str, Any]) -> Case:
    """As `rag.settle.context_of` puts it for an article without a headline."""
    label = f". {row['outlet']}, {spoken(date.fromisoformat(row['published']))}" if row.get("outlet") else ""
    return Case(tuple(row["evidence"]), label)


def main(
    path: Annotated[Path, typer.Argument(help="Claims, one JSON object a line.")] = SET,
    spec: Annotated[str, typer.Option("--verifier", help="As in dateline.toml.")] = "learned",
) -> None:
    """Measures a verifier on a file of claims, at its own threshold."""
    judged_by, rows = verifier(spec), read(path)
    for name, figures in table(rows, supports(judged_by, rows), judged_by.threshold).items():
        typer.echo(f"{name:22} {figures}")


if __name__ == "__main__":
    typer.run(main)
