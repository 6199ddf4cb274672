"""An ingest's reading, cutting and encoding on a Ray cluster, by Ray Data. Extra: `ray`.

Reading goes by parts of a lot (`index.sources.Divisible`), a task each; cutting and encoding by actors that hold the
encoder, some articles at a time, which the encoder sorts by length. Blocks come back in the order of reading. A worker
that dies is replaced and Ray has its work done again; nothing of it was stored, because only the process that holds the
right to write stores anything (`index.build`). What is stored is the same as without Ray.

Ray Data does not run in a Ray client (its streaming generators are not supported there: ray-project/ray#43357), so a
foreman, an actor without a processor of its own, runs it inside the cluster and hands the blocks out.

Files are read by the workers, under the names that they have here: on more than one machine, from a shared file system.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np

# Set before Ray is imported, which reads them then. No statistics are sent to its makers; a cluster of one machine
# listens at 127.0.0.1 alone; on a busy machine its helpers may take longer to start than the 15 seconds that it allows.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
os.environ.setdefault("RAY_agent_register_timeout_ms", "120000")

import pyarrow as pa
import ray
import ray.exceptions

from index.embed import Embedder, embedder
from index.errors import DatelineError, PluginError, WorkersFailed
from index.manifest import Manifest
from index.records import Article, Cut
from index.sources import Divisible, Left, Looked, Lot, Readable, Refused, Seen, Unchanged
from index.store import Entry
from index.wire import packed, unpacked
from index.workers import Local, Made, wanted_of

# Articles that an actor is given at once: with some four passages each about as many as `BATCH_PASSAGES`.
BATCH_ARTICLES = 64
# Ray Data cuts what tasks yield into blocks of about so many bytes; an actor's task, and what is done again when it
# dies, is about a block. A batch of articles is some 300 kB.
_BLOCK = 300_000
# An encoder takes most of a processor, which leaves each machine room for reading: n processors, n encoders, n readers.
_ENCODER, _READER = 0.75, 0.25
# Shared memory of a cluster of one machine. A few hundred blocks: what is ahead of the commits is held back.
_SHARED = 256_000_000
_PARTS_AT_ONCE = 4096


class RayWorkers:
    """Workers of a Ray cluster.

    Args:
        encoder: the encoder, in this process.
        spec: its name, by which the actors make their own.
        address: HOST:PORT of a cluster's client server; empty for a cluster of this machine's processors, which ends
            with the ingest.
        processors: how many of this machine's are used; all by default.
        batch: articles that an actor is given at once.
    """

    def __init__(
        self,
        encoder: Embedder,
        spec: str,
        address: str,
        *,
        processors: int | None = None,
        batch: int = BATCH_ARTICLES,
    ) -> None:
        self._here = Local(encoder, spec)
        self._spec = spec
        self._address = address
        self._processors = processors
        self._batch = batch
        self._folder: str | None = None

    def __enter__(self) -> Self:
        where = f"at ray://{self._address}" if self._address else "on this machine"
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        with _as_ours(f"There is no Ray cluster {where}"):
            if self._address:
                ray.init(f"ray://{self._address}", **quiet)
            else:
                self._start(quiet)
            self._encoders = max(1, int(ray.cluster_resources().get("CPU", 1)))
        return self

    def _start(self, quiet: Mapping[str, Any]) -> None:
        """A cluster of this machine alone, whose files only this user can read."""
        # Ray makes its folder open to all, so it gets one inside a closed one. Short: sockets are in it.
        self._folder = tempfile.mkdtemp(prefix="ray-")
        os.environ["RAY_AUTH_TOKEN"] = _token()
        try:
            ray.init(
                "local",
                num_cpus=self._processors,
                include_dashboard=False,
                object_store_memory=_SHARED,
                _temp_dir=str(Path(self._folder, "r")),
                **quiet,
            )
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exc: object) -> None:
        ray.shutdown()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def look(self, lot: Lot) -> Iterator[Looked]:
        if not isinstance(lot, Divisible):
            yield from self._here.look(lot)
            return
        numbered = [{"part": part, "number": number} for number, part in enumerate(lot.parts())]
        for block in self._blocks(_looking, numbered):
            for text in block.column("item").to_pylist():
                yield unpacked(text, Seen, Refused, Unchanged, Left)

    def entries(self, lot: Lot, wanted: Mapping[str, Seen]) -> Generator[Made, None, None]:
        if not isinstance(lot, Divisible):
            yield from self._here.entries(lot, wanted)
            return
        by_part: defaultdict[int, dict[str, str]] = defaultdict(dict)
        for article_id, seen in wanted.items():
            by_part[seen.part][article_id] = seen.source
        orders = [
            {"part": part, "wanted": by_part[number]} for number, part in enumerate(lot.parts()) if number in by_part
        ]
        making = partial(
            _making,
            spec=self._spec,
            manifest=self._here.manifest,
            encoders=self._encoders,
            batch=self._batch,
        )
        for block in self._blocks(making, orders):
            yield list(_made_of(block))

    def _blocks(self, work: Callable[[Any], Any], orders: Sequence[Mapping[str, Any]]) -> Iterator[pa.Table]:
        """The blocks that `work` makes of a data set of `orders`."""
        if not orders:
            return
        with _as_ours("The Ray cluster did not finish the work"):
            foreman = ray.remote(num_cpus=0)(_Foreman).remote()
            ray.get(foreman.begin.remote(work, orders))
        while True:
            with _as_ours("The Ray cluster did not finish the work"):
                block = ray.get(foreman.next.remote())
            if block is None:
                return
            yield block


class _Foreman:
    """Runs a pipeline inside the cluster."""

    def begin(self, work: Callable[[Any], Any], orders: Sequence[Mapping[str, Any]]) -> None:
        import ray.data  # noqa: PLC0415 - seconds to import, and not needed by the client

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        context.target_max_block_size = _BLOCK
        data = ray.data.from_items(list(orders), override_num_blocks=min(len(orders), _PARTS_AT_ONCE))
        self._blocks = iter(work(data).iter_batches(batch_size=None, batch_format="pyarrow"))

    def next(self) -> pa.Table | None:
        """The next block; None after the last."""
        return next(self._blocks, None)


def _looking(orders: Any) -> Any:
    return orders.flat_map(_look, num_cpus=_READER)


def _look(order: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The first reading of a part."""
    for item in order["part"].read():
        kept = Seen.of(item, int(order["number"])) if isinstance(item, Article) else item
        yield {"item": packed(kept)}


def _making(orders: Any, *, spec: str, manifest: Manifest, encoders: int, batch: int) -> Any:
    read = orders.flat_map(_read, num_cpus=_READER)
    return read.map_batches(
        _Encoder,
        fn_constructor_args=(spec, manifest),
        batch_size=batch,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=encoders),
        num_cpus=_ENCODER,
    )


def _read(order: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The second reading of a part."""
    part: Readable = order["part"]
    for article in wanted_of(part, order["wanted"]):
        yield {"item": packed(article)}


class _Encoder:
    """An actor that cuts and encodes as a single process does, with an encoder of its own.

    It is made at the first batch: what goes wrong then is an error of that work, which Ray hands on. An actor that
    cannot begin is one that Ray tries to begin again.
    """

    def __init__(self, spec: str, wanted: Manifest) -> None:
        self._spec = spec
        self._wanted = wanted

    @cached_property
    def _local(self) -> Local:
        made = Local(embedder(self._spec))
        if made.manifest != self._wanted:
            msg = f"A Ray worker has another encoder or another version: {made.manifest} there, {self._wanted} here."
            raise PluginError(msg, "Install the same Dateline, and the same models, on every machine of the cluster.")
        return made

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        articles = (unpacked(text, Article) for text in batch.column("item").to_pylist())
        for made in self._local.encoded(articles):
            yield pa.table(
                {
                    "id": [article_id for article_id, _ in made],
                    "item": [packed(item.cut if isinstance(item, Entry) else item) for _, item in made],
                    "vectors": [item.vectors.tobytes() if isinstance(item, Entry) else b"" for _, item in made],
                },
                schema=pa.schema([("id", pa.string()), ("item", pa.string()), ("vectors", pa.binary())]),
            )


def _made_of(block: pa.Table) -> Iterator[tuple[str, Entry | Refused]]:
    for row in block.to_pylist():
        item = unpacked(row["item"], Cut, Refused)
        if isinstance(item, Refused):
            yield row["id"], item
        else:
            vectors = np.frombuffer(row["vectors"], np.float32).reshape(len(item.passages), -1)
            yield row["id"], Entry(item, vectors)


@cache
def _token() -> str:
    """What the processes of a cluster of this machine know each other by; Ray reads it once in a process's life."""
    return secrets.token_hex(32)


@contextmanager
def _as_ours(what: str) -> Iterator[None]:
    """Ray's errors, some of them plain exceptions, as ours: one of ours that a worker raised, or that they failed."""
    try:
        yield
    except Exception as exc:
        cause: BaseException | None = exc
        while cause is not None:
            if isinstance(cause, DatelineError) and not isinstance(cause, ray.exceptions.RayError):
                raise type(cause)(cause.message, cause.advice) from exc
            cause = getattr(cause, "cause", None) or cause.__cause__
        said = (str(exc).strip() or type(exc).__name__).splitlines()[-1]
        msg = f"{what}: {said}"
        raise WorkersFailed(msg, "Run it again; what was reported as added stays.") from exc
