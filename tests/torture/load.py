"""`make load`: a crowd asks `dateline api` on this machine. Exit code 1 for anything but answers and 429.

    python -m torture.load [--askers 50] [--seconds 60]

Every asker asks one question after the other. One that is told to come again (429) stays away as long as Retry-After
says, at most two seconds, so that the limit is pressed on all the time. The server is a process of its own over an
index of `seeds/`, without a language model; nothing but 127.0.0.1 is connected to.

Memory is looked at twice a second, from some seconds of the crowd on, when every thread has worked. What is handed back
late comes and goes by a tenth; a leak raises what is never handed back. So the lowest of each half is compared: where
that of the last half lies more than `GROWTH` above that of the first, memory is not flat and the exit code is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from api.desk import Capacity

ROOT = Path(__file__).parents[2]
DATELINE = Path(sys.executable).with_name("dateline")
ENVIRON = {**os.environ, "HF_HUB_OFFLINE": "1"}
QUESTIONS = (
    "How much did the EU approve for Kyiv?",
    "When was Elizabeth Holmes convicted?",
    "Which disease was found in London's sewage?",
    "Who won the NBA title in 2022?",
    "What did the Fed do in March 2022?",
    "How fast was the wind of storm Eunice?",
)
ASKERS = 50
_RETURN_S = 2.0  # the longest that an asker stays away
_WARM_S = 15.0
_LOOK_S = 0.5
GROWTH = 0.1
"""Of memory, from the first half to the last. Measured over 1,492 answers, looked at 23 times: at the lowest 912 MB in
the first half and 908 in the last; of three looks in a row the lowest was up to 9 % above that of the three before."""


@dataclass
class Crowd:
    """What became of a crowd's requests.

    Attributes:
        seconds: how long it asked.
        took: seconds of each answer (200).
        statuses: how often which.
        wrong: what must not be: other statuses, 429 without Retry-After, answers without text, broken connections.
        memory: MB that the server had resident, at even intervals.
    """

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Seconds within which this share of the answers came; nan without two answers."""
        if len(self.took) < 2:
            return float("nan")
        return statistics.quantiles(self.took, n=100, method="inclusive")[round(share * 100) - 1]

    @property
    def halves(self) -> tuple[float, float]:
        """MB at the lowest in the first half of the time, and in the last; nan where it was not looked at twice."""
        middle = len(self.memory) // 2
        if not middle:
            return float("nan"), float("nan")
        return min(self.memory[:middle]), min(self.memory[middle:])

    @property
    def flat(self) -> bool:
        """Whether memory was looked at and did not grow."""
        first, last = self.halves
        return last <= first * (1 + GROWTH)


async def crowd(
    address: str, askers: int, seconds: float, pid: int | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Crowd:
    """Has so many ask at once, each one question after the other, until the time is over.

    `pid`: of the server, whose memory is looked at.
    """
    found = Crowd()
    begun = time.monotonic()
    limits = httpx.Limits(max_connections=askers, max_keepalive_connections=askers)
    async with httpx.AsyncClient(
        base_url=address, timeout=60, limits=limits, trust_env=False, transport=transport
    ) as client:
        looking = asyncio.create_task(_look(pid, found)) if pid else None
        await asyncio.gather(*(_ask(client, found, first, begun + seconds) for first in range(askers)))
        if looking:
            looking.cancel()
    found.seconds = time.monotonic() - begun
    return found


async def _look(pid: int, found: Crowd) -> None:
    while True:
        found.memory.append(memory(pid))
        await asyncio.sleep(_LOOK_S)


async def _ask(client: httpx.AsyncClient, found: Crowd, first: int, until: float) -> None:
    for number in itertools.count(first):
        sent = time.monotonic()
        if sent >= until:
            return
        try:
            reply = await client.post("/api/ask", json={"question": QUESTIONS[number % len(QUESTIONS)]})
        except httpx.HTTPError as exc:
            found.wrong.append(repr(exc))
            await asyncio.sleep(_RETURN_S)
            continue
        found.statuses[reply.status_code] += 1
        if reply.status_code == 200:
            found.took.append(time.monotonic() - sent)
            if not reply.json()["answer"]:
                found.wrong.append(f"an answer without text: {reply.text[:200]}")
        elif reply.status_code == 429 and re.fullmatch(r"[1-9]\d*", reply.headers.get("Retry-After", "")):
            await asyncio.sleep(min(float(reply.headers["Retry-After"]), _RETURN_S))
        else:
            found.wrong.append(f"{reply.status_code} {dict(reply.headers)} {reply.text[:200]}")
            await asyncio.sleep(_RETURN_S)


@contextmanager
def served(index: Path, log: Path) -> Iterator[tuple[str, int]]:
    """`dateline api` over an index without a bound on the rate: its address, and its process's number."""
    command = [str(DATELINE), "api", "--index", str(index), "--llm", "none", "--port", "0", "--rate", "1000000/minute"]
    with (
        log.open("w") as told,
        subprocess.Popen(command, env=ENVIRON, stdout=subprocess.PIPE, stderr=told, text=True) as process,
    ):
        try:
            assert process.stdout
            line = process.stdout.readline()
            at = re.search(r"http://127\.0\.0\.1:\d+", line)
            if not at:
                raise SystemExit("The server did not start:\n" + log.read_text())
            yield at[0], process.pid
        finally:
            process.terminate()


def memory(pid: int) -> float:
    """MB of memory that a process has resident (Linux)."""
    kilobytes = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert kilobytes
    return int(kilobytes[1]) / 1024


def table(found: Crowd, askers: int) -> str:
    """A row for the documentation."""
    first, last = found.halves
    other = sum(found.statuses.values()) - found.statuses[200] - found.statuses[429]
    row = (
        f"| {askers} | {found.seconds:.0f} | {len(found.took) / found.seconds:.1f} | {found.quantile(0.5):.2f} s"
        f" | {found.quantile(0.95):.2f} s | {found.statuses[200]} | {found.statuses[429]} | {other}"
        f" | {len(found.wrong)} | {first:.0f} MB | {last:.0f} MB |"
    )
    return "\n".join(
        [
            "| askers | seconds | answers/s | p50 | p95 | 200 | 429 | other | wrong | memory, first half | last half |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            row,
        ]
    )


def run(work: Path, askers: int, seconds: float) -> Crowd:
    """Starts the server in a folder and has the crowd ask it.

    Raises:
        SystemExit: the server cannot be started.
    """
    work.mkdir(exist_ok=True)
    index, log = work / "index", work / "log"
    made = subprocess.run(
        [DATELINE, "ingest", ROOT / "seeds", "--index", index], env=ENVIRON, capture_output=True, check=False
    )
    if made.returncode not in (0, 3):  # 3: something was refused
        raise SystemExit(made.stderr.decode())
    with served(index, log) as (address, pid):
        asyncio.run(crowd(address, askers, _WARM_S))
        found = asyncio.run(crowd(address, askers, seconds, pid))
    if askers > Capacity().at_once + Capacity().waiting and not found.statuses[429]:
        found.wrong.append("more asked than the server lets in, and none was told to come again")
    if not found.took:
        found.wrong.append("nothing was answered")
    if not found.flat:
        found.wrong.append("memory grew from {:.0f} MB in the first half to {:.0f} in the last".format(*found.halves))
    return found


def main() -> None:
    """Measures, prints the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--askers", type=int, default=ASKERS)
    asked.add_argument("--seconds", type=float, default=60.0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), given.askers, given.seconds)
    sys.stdout.write(table(found, given.askers) + "\n")
    for problem in found.wrong[:10]:
        sys.stdout.write(problem + "\n")
    if found.wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
