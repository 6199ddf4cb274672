"""The virtual environment of a peer, made once and made anew when its requirements change."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from eval.fingerprint import digest
from index.errors import PluginError, StoreError

PEERS = ("llamaindex", "txtai")
# First and by exact pin, as in the Makefile: with no pin the resolver may fetch gigabytes of CUDA packages.
TORCH = "torch==2.13.0"
_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


def requirements(peer: str) -> Path:
    """The pinned requirements of a peer.

    Raises:
        PluginError: there is no such peer.
    """
    if peer not in PEERS:
        msg = f"There is no peer {peer!r}."
        raise PluginError(msg, f"Peers: {', '.join(PEERS)}.")
    return _HERE / f"{peer}.txt"


def environment(peer: str, folder: Path) -> Path:
    """The Python of a peer's environment in a folder of its own.

    Raises:
        PluginError: there is no such peer, or a package cannot be installed.
        StoreError: the folder cannot be written.
    """
    listed = requirements(peer)
    wanted = digest({"torch": TORCH, "requirements": listed.read_text(encoding="utf-8")})
    place = folder / "venv"
    python, stamp = place / "bin" / "python", place / "installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    _run([sys.executable, "-m", "venv", str(place)], peer)
    for given in ([TORCH], ["--requirement", str(listed)]):
        _run([str(python), "-m", "pip", "install", "--quiet", *given], peer)
    try:
        stamp.write_text(wanted, encoding="utf-8")
    except OSError as exc:
        msg = f"{stamp} cannot be written: {exc.strerror}."
        raise StoreError(msg, "Make room on the disk.") from exc
    return python


def surroundings() -> dict[str, str]:
    """Environment variables of a peer's process: models from disk alone, no analytics, our `wire` importable."""
    return {
        **os.environ,
        "PYTHONPATH": str(_ROOT),
        "PYTHONSAFEPATH": "1",
        "HF_HUB_OFFLINE": "1",
        "ANONYMIZED_TELEMETRY": "False",
    }


def _run(command: list[str], peer: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a command of ours
    if done.returncode:
        msg = f"The environment of {peer} cannot be made: {_last(done.stderr)}"
        raise PluginError(msg, f"Try the command yourself: {' '.join(command)}")


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing was said."
