"""Ingests that go on after the caller was answered, and what has become of each."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable

from api.errors import ApiError, as_api_error, body_of
from api.gate import Gate
from api.schemas import IngestJson, JobJson
from index.errors import DatelineError
from index.report import Progress

log = logging.getLogger("dateline.api")

KEPT = 100  # jobs that are remembered


class Jobs:
    """The ingests of this process; the newest are remembered until it ends.

    Args:
        gate: that they pass one after the other.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._jobs: OrderedDict[str, JobJson] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, work: Callable[[Callable[[Progress], None]], IngestJson], of: int | None) -> JobJson:
        """Begins an ingest as soon as those before it are done.

        Args:
            work: takes in; tells its progress.
            of: how many articles it has, if that is known.

        Raises:
            ApiError: too many are waiting.
        """
        job = JobJson(job=secrets.token_hex(8), state="waiting", articles=0, of=of)
        self._keep(job)

        def notify(progress: Progress) -> None:
            self._change(job.job, articles=progress.articles)

        def run() -> None:
            self._change(job.job, state="working")
            try:
                self._change(job.job, state="done", result=work(notify))
            except DatelineError as exc:
                self._change(job.job, state="failed", error=body_of(as_api_error(exc, "-")))
            except BaseException as exc:
                log.exception("The ingest %s failed", job.job)
                told = ApiError(500, "internal_error", f"A bug: {type(exc).__name__}.", "The log says more.")
                self._change(job.job, state="failed", error=body_of(told))
                raise

        try:
            self._gate.begin(run)
        except ApiError:
            with self._lock:
                del self._jobs[job.job]
            raise
        return job

    def find(self, job: str) -> JobJson:
        """A job.

        Raises:
            ApiError: there is none, or it was long ago.
        """
        with self._lock:
            found = self._jobs.get(job)
        if found is None:
            raise ApiError(404, "job_not_found", "There is no such job.", "The process that was asked may have ended.")
        return found

    def _keep(self, job: JobJson) -> None:
        with self._lock:
            self._jobs[job.job] = job
            over = [name for name, kept in self._jobs.items() if kept.state in ("done", "failed")]
            for name in over[: max(len(self._jobs) - KEPT, 0)]:
                del self._jobs[name]

    def _change(self, job: str, **values: object) -> None:
        with self._lock:
            self._jobs[job] = self._jobs[job].model_copy(update=values)
