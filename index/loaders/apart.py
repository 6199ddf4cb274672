"""Reads a document in a process of its own, with limits of time and memory.

A damaged or malicious PDF can make any reader of PDFs run for ever, ask for all memory or fall over. The child gets
bytes on its standard input, writes one JSON object, opens nothing else, and is killed when its time is up.

    python -m index.loaders.apart MODULE:FUNCTION < document
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from index.loaders.common import UnreadableError

SECONDS = 60
MEMORY = 2 * 1024**3  # of address space; a reader with its imports takes 0.3 GB


def apart(target: str, content: bytes, seconds: float = SECONDS) -> dict[str, str]:
    """What the function `target` (``module:function``, of this project) returns for a document.

    Raises:
        UnreadableError: the function refused the document, or did not finish within the limits.
    """
    command = [sys.executable, "-m", "index.loaders.apart", target]
    root = str(Path(__file__).parents[2])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, named by our own code
            command, input=content, capture_output=True, timeout=seconds, check=False, env=environ
        )
    except subprocess.TimeoutExpired as exc:
        reason = f"a document that takes more than {seconds:g} s to read"
        raise UnreadableError(reason, "Save its text instead.") from exc
    try:
        found = json.loads(done.stdout)
    except ValueError as exc:
        reason = "a document that its reader cannot finish: it needs too much memory or time, or breaks it"
        raise UnreadableError(reason, "Save its text instead.") from exc
    if "refused" in found:
        raise UnreadableError(found["refused"], found["advice"])
    return {str(name): str(value) for name, value in found.items()}


def _limited() -> None:
    """Limits that the operating system keeps, where it has them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file


def main() -> None:
    """The child's side."""
    _limited()
    module, _, name = sys.argv[1].partition(":")
    try:
        found = getattr(import_module(module), name)(sys.stdin.buffer.read())
    except UnreadableError as exc:
        found = {"refused": exc.reason, "advice": exc.advice}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
