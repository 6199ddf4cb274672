"""Who is let in, to what, and how often."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.errors import ApiError
from api.tokens import Scope, Tokens
from index.errors import InputError

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the token's name, or the address where there are no tokens."""

    name: str


class Door:
    """Lets requests in by token; where there are no tokens, this machine's own alone.

    Args:
        tokens: of the index.
        rate: requests by one visitor, such as ``120/minute``.
        read_only: whether nobody may change anything here, whatever their token is good for.

    Raises:
        InputError: `rate` cannot be read.
    """

    def __init__(self, tokens: Tokens, rate: str, *, read_only: bool = False) -> None:
        self.tokens = tokens
        self._closed: tuple[Scope, ...] = ("ingest", "admin") if read_only else ()
        self._rate = read_rate(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self.turned_away = 0

    def admit(self, headers: Mapping[str, str], client: str | None, scope: Scope | None) -> Visitor:
        """Who asks.

        Args:
            headers: of the request, names in lower case.
            client: address that it comes from.
            scope: what it wants; None where any token will do.

        Raises:
            ApiError: 401 without a good token, 403 where it is not good for this, 429 too often.
            StoreError: the tokens cannot be read.
        """
        visitor = self._known(headers, client, scope)
        if scope in self._closed:
            msg = "Articles neither come in nor go here."
            raise ApiError(403, "read_only", msg, "Ask the server that writes.")
        return visitor

    def _known(self, headers: Mapping[str, str], client: str | None, scope: Scope | None) -> Visitor:
        if not self.tokens.all():
            _require_own(headers, client)
            return self._counted(f"address {client}")
        kind, _, secret = headers.get("authorization", "").partition(" ")
        token = self.tokens.find(secret.strip()) if kind.lower() == "bearer" else None
        if token is None:
            self._counted(f"stranger {client}")  # who guesses is slowed down
            msg = "There is no such token." if secret else "A token is needed."
            raise ApiError(401, "invalid_api_key", msg, "Send the header Authorization: Bearer TOKEN.")
        visitor = self._counted(token.name)
        if scope and not token.may(scope):
            msg = f"The token {token.name!r} is not good for this."
            raise ApiError(403, "insufficient_scope", msg, f"One with the scope {scope!r} is needed.")
        return visitor

    def _counted(self, name: str) -> Visitor:
        if not self._limiter.hit(self._rate, name):
            self.turned_away += 1
            until = self._limiter.get_window_stats(self._rate, name).reset_time
            seconds = max(math.ceil(until - time.time()), 1)
            msg = f"More than {self._rate.amount} requests in {self._rate.get_expiry()} s."
            raise ApiError(429, "rate_limited", msg, f"Come again in {seconds} s.", retry_after=seconds)
        return Visitor(name)


def read_rate(text: str) -> RateLimitItem:
    """``120/minute`` → a limit.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return parse(text)
    except ValueError as exc:
        msg = f"{text!r} is no rate."
        raise InputError(msg, "Write it as 120/minute.") from exc


def own_address(host: str) -> bool:
    """Whether a host name or address is this machine's own, reachable from nowhere else."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_own(headers: Mapping[str, str], client: str | None) -> None:
    """Refuses what does not come from this machine, or from a page of another site in this machine's browser.

    A page that has its own name resolve to 127.0.0.1 gives itself away by the Host header, any other page by Origin.
    """
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    origin = headers.get("origin")
    from_page = origin is not None and not own_address(urlsplit(origin).hostname or "")
    passed_on = any(name in headers for name in _FORWARDED)
    if not own_address(client or "") or not own_address(host) or from_page or passed_on:
        msg = "Without tokens only programs on this machine may connect."
        raise ApiError(403, "no_tokens", msg, "Its owner adds one with `dateline token add NAME --scope ask`.")
