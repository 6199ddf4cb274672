"""Reads a document in a process of its own, with limits of time, memory and length.

A damaged or malicious PDF or page can make any reader run for ever, ask for all memory or fall over. The child gets
requests on its standard input, answers each with one JSON object, opens nothing else, and is killed when its time is up
or it answers too much. Of the environment it gets what Python needs to start, no key of anything.

A request is a line of JSON (``target``, ``options``, ``bytes``) and the document; an answer is its length in eight
bytes and the object. A process that is kept reads one document after another and ends when none came for a while.

    python -P -m index.loaders.apart
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from threading import Event, Lock, Timer
from typing import IO

from index.loaders.common import UnreadableError

SECONDS = 60
MEMORY = 2 * 1024**3  # of address space; a reader with its imports takes 0.3 GB
OUTPUT = 64 * 1024**2  # longest answer, in bytes: more than the longest text of an article in JSON
IDLE_S = 60  # a kept process ends when it had nothing to do for so long
READ_AT_MOST = 1000  # documents of one kept process: what its libraries do not give back is given back then

# What is passed on of the environment.
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "PYTHONHOME", "LANG", "LC_ALL", "LC_CTYPE")


def apart(
    target: str, content: bytes, seconds: float = SECONDS, *, keep: bool = False, **options: str
) -> dict[str, str]:
    """What the function `target` (``module:function``, of this project) returns for a document.

    Args:
        target: called in the child with `content` and `options`.
        content: the document.
        seconds: it may take, with the start of the process.
        keep: let the process read others afterwards: for documents that are many and small.
        options: further arguments of the function.

    Raises:
        UnreadableError: the function refused the document, or did not finish within the limits.
    """
    reader = _idle() if keep else None
    answer = reader.read(target, content, seconds, options) if reader else b""
    if not answer:  # none was idle, or it had just ended
        reader = _Reader()
        answer = reader.read(target, content, seconds, options)
    if keep and answer and reader:
        _keep(reader)
    elif reader:
        reader.end()
    try:
        found = json.loads(answer)
    except ValueError as exc:
        reason = "a document that its reader cannot finish: it needs too much memory or time, or breaks it"
        raise UnreadableError(reason, "Save its text instead.") from exc
    if "refused" in found:
        raise UnreadableError(found["refused"], found["advice"])
    return {str(name): str(value) for name, value in found.items()}


class _Reader:
    """A child process, used by one thread at a time."""

    def __init__(self) -> None:
        # Not the current folder (-P): among files that were fetched may be a module of a name that is imported.
        command = [sys.executable, "-P", "-m", "index.loaders.apart"]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, named by our own code
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environ()
        )
        self._parent = os.getpid()
        self.documents = 0

    def usable(self) -> bool:
        """Whether it still runs, and is ours: after a fork two processes would talk to it at once."""
        return self._parent == os.getpid() and self._process.poll() is None and self.documents < READ_AT_MOST

    def read(self, target: str, content: bytes, seconds: float, options: dict[str, str]) -> bytes:
        """Its answer; nothing if it ended without one.

        Raises:
            UnreadableError: it takes too long, or answers too much. The process is at its end then.
        """
        late = Event()
        clock = Timer(seconds, self._too_late, args=(late,))
        clock.daemon = True
        clock.start()
        self.documents += 1
        answer = b""
        try:
            answer = self._answer(target, content, options)
        finally:
            clock.cancel()
            if not answer:
                self.end()
        if late.is_set():
            self.end()
            reason = f"a document that takes more than {seconds:g} s to read"
            raise UnreadableError(reason, "Save its text instead.")
        return answer

    def _answer(self, target: str, content: bytes, options: dict[str, str]) -> bytes:
        assert self._process.stdin
        assert self._process.stdout
        head = json.dumps({"target": target, "options": options, "bytes": len(content)})
        try:
            self._process.stdin.write(head.encode() + b"\n" + content)
            self._process.stdin.flush()
            length = int.from_bytes(self._process.stdout.read(8), "big")
            if length > OUTPUT:
                reason = f"a document of more than {OUTPUT // 1024**2} MiB of text"
                raise UnreadableError(reason, "Split it.")
            answer = self._process.stdout.read(length)
        except (OSError, ValueError):  # it ended early
            return b""
        return answer if len(answer) == length else b""

    def _too_late(self, late: Event) -> None:
        late.set()
        self._process.kill()

    def end(self) -> None:
        """Ends the process."""
        if self._parent != os.getpid():
            return
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        self._process.wait()


_kept: list[_Reader] = []
_lock = Lock()


def _idle() -> _Reader | None:
    """A kept process that has nothing to do, if there is one."""
    with _lock:
        while _kept:
            reader = _kept.pop()
            if reader.usable():
                return reader
            reader.end()
    return None


def _keep(reader: _Reader) -> None:
    with _lock:
        _kept.append(reader)


@atexit.register
def _end_all() -> None:
    with _lock:
        while _kept:
            _kept.pop().end()


def _environ() -> dict[str, str]:
    """The child's environment: this project's modules can be found."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, **{name: os.environ[name] for name in _NEEDED if name in os.environ}}


# --- the child's side ------------------------------------------------------------------------------------------------


def _limited() -> None:
    """Limits that the operating system keeps, where it has them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file


def _limited_time() -> None:
    """The same for the processor time of the next document, should nobody be left to kill it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + SECONDS + 1, resource.RLIM_INFINITY)
        )


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(seconds)


def _read(target: str, content: bytes, options: dict[str, str]) -> dict[str, str]:
    module, _, name = target.partition(":")
    try:
        found: dict[str, str] = getattr(import_module(module), name)(content, **options)
    except UnreadableError as exc:
        return {"refused": exc.reason, "advice": exc.advice}
    return found


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Reads what it is given until nothing more can come."""
    while True:
        _alarm(IDLE_S)
        head = requests.readline()
        _alarm(0)
        if not head:
            return
        asked = json.loads(head)
        content = requests.read(asked["bytes"])
        _limited_time()
        answer = json.dumps(_read(asked["target"], content, asked["options"])).encode()
        answers.write(len(answer).to_bytes(8, "big") + answer)
        answers.flush()


def main() -> None:
    """The child's side."""
    _limited()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
