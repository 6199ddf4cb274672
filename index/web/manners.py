"""Asking politely: robots.txt is honoured (RFC 9309), and no host is asked twice within a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from index.web.errors import BadAnswer, FetchError, FetchRefused, Unreachable
from index.web.fetch import AGENT, Answer, Fetcher

# Seconds between two requests to one host where its robots.txt states none; a longer stated delay is kept up to the
# limit, beyond which the host is not asked more than once in a run.
PAUSE = 1.0
LONGEST_PAUSE = 60.0
# How long a robots.txt counts, and for how long one that could not be had closes its host, in seconds.
ROBOTS_AGE = 3600.0
ROBOTS_RETRY = 600.0
# Crawlers may stop reading after 500 KiB (RFC 9309, 2.5).
MAX_ROBOTS = 500 * 1024


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a host allows: `rules` is None where it could not be asked."""

    rules: Any
    until: float


class Manners:
    """Fetches as a well-behaved visitor does.

    Args:
        fetcher: does the requests.
        pause: seconds between two requests to one host.
        sleep: waits; given by tests.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        fetcher: Fetcher | None = None,
        *,
        pause: float = PAUSE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher or Fetcher()
        self._pause = pause
        self._sleep, self._clock = sleep, clock
        self._rules: dict[str, _Rules] = {}
        self._next: dict[str, float] = {}  # when a host may be asked again

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetches an address, if its host's robots.txt allows it, when it is its turn.

        Raises:
            FetchError: see `index.web.fetch.Fetcher.get`; also where robots.txt forbids it.
        """
        try:
            return self._fetcher.get(url, headers, self._permit)
        except BadAnswer as exc:
            if exc.status in (429, 503):
                self._next[_origin(url)] = self._clock() + max(exc.retry_after, LONGEST_PAUSE)
            raise

    def _permit(self, url: str) -> None:
        origin = _origin(url)
        known = self._rules.get(origin)
        if known is None or known.until < self._clock():
            self._wait(origin, self._pause)
            known = self._rules[origin] = self._asked(origin)
        if known.rules is None:
            msg = f"the robots.txt of {origin} could not be had, so nothing there is asked for"
            raise Unreachable(msg, "Try again later.")
        if not known.rules.can_fetch(url, AGENT):
            msg = f"the robots.txt of {origin} does not allow it"
            raise FetchRefused(msg, "Save the page in your browser and ingest the file.")
        self._wait(origin, max(self._pause, float(known.rules.crawl_delay(AGENT) or 0)))

    def _wait(self, origin: str, pause: float) -> None:
        now = self._clock()
        wait = self._next.get(origin, now) - now
        if wait > LONGEST_PAUSE:
            msg = f"{origin} asks to be left alone for {wait:.0f} s"
            raise Unreachable(msg, "Try again later.")
        if wait > 0:
            self._sleep(wait)
        self._next[origin] = max(now, self._next.get(origin, now)) + pause

    def _asked(self, origin: str) -> _Rules:
        try:
            answer = self._fetcher.get(f"{origin}/robots.txt")
            text = answer.body[:MAX_ROBOTS].decode("utf-8-sig", "replace")
            return _Rules(Protego.parse(text), self._clock() + ROBOTS_AGE)
        except BadAnswer as exc:
            if 400 <= exc.status < 500 and exc.status != 429:  # there are no rules: everything is allowed
                return _Rules(Protego.parse(""), self._clock() + ROBOTS_AGE)
            return _Rules(None, self._clock() + ROBOTS_RETRY)
        except FetchRefused:
            raise
        except FetchError:
            return _Rules(None, self._clock() + ROBOTS_RETRY)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
