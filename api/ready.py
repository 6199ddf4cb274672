"""Whether questions can be answered now: what `/readyz` tells."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

from api.envelope import request_id
from api.errors import RETRY_S, ApiError, as_api_error
from api.schemas import Ready
from index.errors import DatelineError
from rag.pipeline import Pipeline

log = logging.getLogger("dateline.api")

_HOLDS_S = 5.0  # what a look found, so that asking often costs the model's server nothing
_LONGEST_S = 3.0  # less than the time that those who ask mostly allow


class Readiness:
    """Looks at the index and at the model. One look at a time; whoever asks meanwhile is told what it finds."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ready")  # not the gates': a crowd is no fault
        self._begun = 0.0
        self._found: Future[Ready | ApiError] | None = None

    async def now(self) -> Ready:
        """What answers are made with.

        Raises:
            ApiError: 503, the index or the model cannot be used, or does not say so in time.
        """
        if self._found is None or (self._found.done() and time.monotonic() > self._begun + _HOLDS_S):
            self._begun = time.monotonic()
            self._found = self._pool.submit(copy_context().run, self._look)
        looking = asyncio.wrap_future(self._found)
        done, _ = await asyncio.wait({looking}, timeout=_LONGEST_S)
        if not done:
            msg = "The index and the model did not say in time whether they can be used."
            raise ApiError(503, "not_ready", msg, retry_after=RETRY_S)
        found = looking.result()
        if isinstance(found, ApiError):
            raise found
        return found

    def close(self) -> None:
        """Looks no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> Ready | ApiError:
        try:
            model = self._pipeline.chosen.model
            if model and (gone := model.check().error):
                raise gone
            return Ready(model=model.name if model else "none", articles_until=self._pipeline.store.newest())
        except DatelineError as exc:
            log.warning("Not ready: %s", exc)
            told = as_api_error(exc, request_id.get())
            return ApiError(503, told.code, told.message, told.advice, retry_after=RETRY_S)
