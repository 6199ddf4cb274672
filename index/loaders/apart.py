"""Reads a document in a process of its own, with limits of time, memory and length.

A damaged or malicious PDF can make any reader of PDFs run for ever, ask for all memory or fall over. The child gets
bytes on its standard input, writes one JSON object, opens nothing else, and is killed when its time is up or it writes
too much. Of the environment it gets what Python needs to start, no key of anything.

    python -P -m index.loaders.apart MODULE:FUNCTION < document
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from threading import Event, Thread, Timer

from index.loaders.common import UnreadableError

SECONDS = 60
MEMORY = 2 * 1024**3  # of address space; a reader with its imports takes 0.3 GB
OUTPUT = 64 * 1024**2  # longest answer, in bytes: more than the longest text of an article in JSON

# What is passed on of the environment.
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "PYTHONHOME", "LANG", "LC_ALL", "LC_CTYPE")


def apart(target: str, content: bytes, seconds: float = SECONDS) -> dict[str, str]:
    """What the function `target` (``module:function``, of this project) returns for a document.

    Raises:
        UnreadableError: the function refused the document, or did not finish within the limits.
    """
    answer = _answer(target, content, seconds)
    try:
        found = json.loads(answer)
    except ValueError as exc:
        reason = "a document that its reader cannot finish: it needs too much memory or time, or breaks it"
        raise UnreadableError(reason, "Save its text instead.") from exc
    if "refused" in found:
        raise UnreadableError(found["refused"], found["advice"])
    return {str(name): str(value) for name, value in found.items()}


def _answer(target: str, content: bytes, seconds: float) -> bytes:
    """What the child writes.

    Raises:
        UnreadableError: it takes too long, or writes too much.
    """
    # Not the current folder (-P): among files that were fetched may be a module of a name that is imported.
    command = [sys.executable, "-P", "-m", "index.loaders.apart", target]
    late = Event()
    with subprocess.Popen(  # noqa: S603 - our own module, named by our own code
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environ()
    ) as child:
        clock = Timer(seconds, _end, args=(child, late))
        feeder = Thread(target=_feed, args=(child, content))
        clock.start()
        feeder.start()
        try:
            answer = child.stdout.read(OUTPUT + 1) if child.stdout else b""
        finally:
            clock.cancel()
            child.kill()
            feeder.join()
    if late.is_set():
        reason = f"a document that takes more than {seconds:g} s to read"
        raise UnreadableError(reason, "Save its text instead.")
    if len(answer) > OUTPUT:
        reason = f"a document of more than {OUTPUT // 1024**2} MiB of text"
        raise UnreadableError(reason, "Split it.")
    return answer


def _end(child: subprocess.Popen[bytes], late: Event) -> None:
    late.set()
    child.kill()


def _feed(child: subprocess.Popen[bytes], content: bytes) -> None:
    with contextlib.suppress(OSError):  # it ended early
        if child.stdin:
            child.stdin.write(content)
            child.stdin.close()


def _environ() -> dict[str, str]:
    """The child's environment: this project's modules can be found."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, **{name: os.environ[name] for name in _NEEDED if name in os.environ}}


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
