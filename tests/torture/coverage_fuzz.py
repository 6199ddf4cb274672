"""`make fuzz`: atheris looks for inputs that reach new code in the readers; it ends at the first that breaks one.

python -m torture.coverage_fuzz -max_total_time=600
"""

from __future__ import annotations

import random
import sys

import atheris

with atheris.instrument_imports(include=["index", "rag.cite", "email", "feedparser"]):
    from torture.fuzz import targets

_KNOWN = [target for target in targets(random.Random(0)) if target[0] != "pdf"]


def one(data: bytes) -> None:
    """The first byte chooses the reader, the others are its input."""
    if data:
        _KNOWN[data[0] % len(_KNOWN)][2](data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
