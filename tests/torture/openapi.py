"""Requests made up from the server's own OpenAPI document: every answer must be one that the document allows.

python -m torture.openapi [--examples 50] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import make
from api.tokens import Tokens
from index.build import Builder
from index.embed import embedder
from rag.config import Config
from rag.pipeline import Pipeline
from torture.faults import Row

SEEDS = Path(__file__).parents[2] / "seeds"
RATE = "1000000/minute"
EXAMPLES = 50


def problems(app: FastAPI, token: str, examples: int, number: int | None = None) -> dict[str, str]:
    """What is wrong with the answers, by operation; empty where nothing is.

    Args:
        app: the server.
        token: one with the scope `admin`.
        examples: requests an operation.
        number: the seed; the same requests each time without one.
    """
    found = {}
    for each in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
        operation = each.ok()

        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=number is None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            # What the document cannot say (until before since, a question without words) is refused all the same.
            left_out = [positive_data_acceptance]
            headers = {"Authorization": f"Bearer {token}"}
            case.call_and_validate(headers=headers, excluded_checks=left_out, timeout=120)  # a machine may be busy

        try:
            (check if number is None else seed(number)(check))()
            found[operation.label] = ""
        except (Exception, BaseExceptionGroup) as exc:
            found[operation.label] = str(exc)
    return found


def run(work: Path, examples: int, number: int) -> Row:
    """Serves the seeds in the process and tries every operation."""
    work.mkdir(parents=True, exist_ok=True)
    encoder = embedder("minilm")
    Builder(work / "index", encoder).ingest([SEEDS])
    token = Tokens(work / "index").add("schemathesis", ("admin",))
    pipeline = Pipeline.open(Config(index=work / "index", llm="none"))
    try:
        found = problems(make(pipeline, rate=RATE), token, examples, number)
    finally:
        pipeline.close()
    broken = [f"{operation}: {problem}" for operation, problem in found.items() if problem]
    return Row(f"made-up requests to {len(found)} operations of the API", examples * len(found), broken=broken)


def main() -> None:
    """Prints what is wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--examples", type=int, default=EXAMPLES)
    asked.add_argument("--seed", type=int, default=random.randrange(10**6))
    given_ = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        row = run(Path(folder), given_.examples, given_.seed)
    sys.stdout.write(f"Seed {given_.seed}: {row.tried} {row.fault}, {len(row.broken)} broken.\n")
    sys.stdout.writelines(f"{problem}\n" for problem in row.broken)
    sys.exit(1 if row.broken else 0)


if __name__ == "__main__":
    main()
