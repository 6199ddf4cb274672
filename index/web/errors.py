"""What can go wrong with a request: one branch of the error tree in `index.errors`.

FetchError
├── FetchRefused    the address may not be asked: scheme, port, private network, robots.txt
├── Unreachable     no such host, no connection, a broken connection (a retry helps)
├── TooSlow         it did not finish in the time allowed (a retry may help)
├── TooLarge        it is longer than allowed, packed or unpacked
└── BadAnswer       an error status, or an answer that cannot be read
"""

from __future__ import annotations

from index.errors import DatelineError


class FetchError(DatelineError):
    """An address could not be fetched."""


class FetchRefused(FetchError):
    """The address may not be asked."""


class Unreachable(FetchError):
    """No such host, no connection, or one that broke."""

    retryable = True


class TooSlow(FetchError):
    """The answer did not arrive in the time allowed."""

    retryable = True


class TooLarge(FetchError):
    """The answer is longer than allowed."""


class BadAnswer(FetchError):
    """An error status, or an answer that cannot be read.

    Args:
        message: what was wrong.
        advice: what the user can do.
        status: HTTP status code, 0 where there was none.
        retry_after: seconds that the server asks to wait.
    """

    def __init__(self, message: str, advice: str = "", *, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message, advice)
        self.status, self.retry_after = status, retry_after
        self.retryable = status in (429, 503)
