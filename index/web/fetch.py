"""The one place from which the web is asked.

Everything that leaves the machine for an article goes through `Fetcher.get`. It resolves names itself, checks every
address, connects to the address that was checked, checks again after each redirect, and bounds the time, the size and
the unpacked size of an answer. TLS certificates are checked against the host's name. No cookies, no credentials, no
proxy.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import certifi
import httpcore
import httpx

from index.web.addresses import resolve
from index.web.errors import BadAnswer, FetchError, FetchRefused, TooLarge, TooSlow, Unreachable

AGENT = "Dateline/0.1 (news reader for one person's own archive)"
# A long article with everything around it has 1 to 3 MB; PDFs and sitemaps are longer.
MAX_BODY = 16 * 1024**2
SECONDS = 30.0
CONNECT_SECONDS = 10.0
MAX_REDIRECTS = 5
MAX_URL = 2048
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        url: where it came from in the end.
        status: 200, or 304 when it is as it was.
        headers: names in lower case.
        body: unpacked; empty with 304.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """What the server says of the encoding; empty if it says nothing."""
        return self.headers.get("content-type", "").lower().partition("charset=")[2].strip(" \"';")


class Fetcher:
    """Fetches public web addresses.

    Args:
        max_body: bytes of an answer, unpacked.
        seconds: from look-up to last byte, all redirects together.
        loopback: whether this machine's own addresses may be asked, on any port. For tests alone: there is no setting
            and no variable for it.
    """

    def __init__(self, *, max_body: int = MAX_BODY, seconds: float = SECONDS, loopback: bool = False) -> None:
        self._max_body = max_body
        self._seconds = seconds
        self._loopback = loopback
        self._tls = ssl.create_default_context(cafile=certifi.where())

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, permit: Callable[[str], None] = lambda _: None
    ) -> Answer:
        """Fetches an address, following redirects.

        Args:
            url: http or https.
            headers: sent along, such as ``If-None-Match``.
            permit: called with each address before it is asked; may wait; raises a `FetchError` where it may not be.

        Raises:
            FetchRefused: it, or an address that it leads to, may not be asked.
            Unreachable, TooSlow, TooLarge, BadAnswer: see `index.web.errors`.
        """
        place = self._checked(url)
        left = self._seconds
        for _ in range(MAX_REDIRECTS + 1):
            permit(str(place))
            begun = time.monotonic()
            found = self._once(place, headers or {}, begun + left)
            left -= time.monotonic() - begun  # waiting for a turn does not count
            if found.status not in _REDIRECTS:
                return self._settled(found)
            place = self._checked(self._target(place, found.headers.get("location", "")), before=place)
        msg = f"more than {MAX_REDIRECTS} redirects"
        raise BadAnswer(msg, "Give the address that they end at.")

    # --- before anything is sent -------------------------------------------------------------------------------------

    def _checked(self, url: str, before: httpx.URL | None = None) -> httpx.URL:
        """An address that may be asked, as far as can be seen before its name is resolved."""
        if len(url) > MAX_URL or any(ord(char) <= 32 or ord(char) == 127 for char in url):
            msg = "an address that is too long or holds spaces or control characters"
            raise FetchRefused(msg, "Correct the address.")
        try:
            place = httpx.URL(url)
            host = place.raw_host.decode("ascii")
        except (httpx.InvalidURL, ValueError, TypeError) as exc:
            msg = f"no web address: {url[:80]!r}"
            raise FetchRefused(msg, "Correct the address.") from exc
        if place.scheme not in _PORTS or not host:
            msg = f"no address of the web: {place.scheme or 'none'} is not fetched"
            raise FetchRefused(msg, "Only http and https are.")
        if place.userinfo:
            msg = "an address with a user name or password in it"
            raise FetchRefused(msg, "Pages behind a login are not fetched; save the page and ingest the file.")
        if place.port not in (None, _PORTS[place.scheme]) and not self._loopback:
            msg = f"port {place.port} is none of the web's"
            raise FetchRefused(msg, "Only ports 80 (http) and 443 (https) are asked.")
        if before is not None and before.scheme == "https" and place.scheme == "http":
            msg = "a redirect from https to http"
            raise FetchRefused(msg, "It could be changed on its way; give an https address.")
        return place

    @staticmethod
    def _target(place: httpx.URL, location: str) -> str:
        try:
            return str(place.join(location)) if location else ""
        except (httpx.InvalidURL, ValueError) as exc:
            msg = "a redirect that leads nowhere"
            raise BadAnswer(msg, "Give the address that it should end at.") from exc

    # --- one request -------------------------------------------------------------------------------------------------

    def _once(self, place: httpx.URL, headers: Mapping[str, str], deadline: float) -> Answer:
        sent = {
            "Host": place.netloc.decode("ascii"),
            "User-Agent": AGENT,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/pdf;q=0.8,*/*;q=0.5",
            "Accept-Encoding": "gzip",
            **headers,
        }
        target = httpcore.URL(
            scheme=place.raw_scheme, host=place.raw_host, port=place.port, target=place.raw_path or b"/"
        )
        timeout = {"connect": CONNECT_SECONDS, "read": self._seconds, "write": self._seconds, "pool": self._seconds}
        guard = _Guard(deadline, loopback=self._loopback)
        with guard.mapped(), httpcore.ConnectionPool(ssl_context=self._tls, network_backend=guard) as pool:
            pairs = [(name.encode(), value.encode("latin-1", "replace")) for name, value in sent.items()]
            with pool.stream("GET", target, headers=pairs, extensions={"timeout": timeout}) as response:
                found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                body = b""
                if response.status == 200:
                    body = self._read(response.iter_stream(), found)
        return Answer(str(place), response.status, found, body)

    def _read(self, chunks: Iterable[bytes], headers: Mapping[str, str]) -> bytes:
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and len(length) < 20 and int(length) > self._max_body:
            raise _too_large(self._max_body)
        packing = headers.get("content-encoding", "identity").strip().lower()
        unpack = _UNPACKERS.get(packing)
        if unpack is None:
            msg = f"an answer packed as {packing!r}, which was not asked for"
            raise BadAnswer(msg, "Save the page and ingest the file.")
        body = bytearray()
        for part in unpack(chunks, self._max_body):
            body += part
            if len(body) > self._max_body:
                raise _too_large(self._max_body)
        return bytes(body)

    @staticmethod
    def _settled(answer: Answer) -> Answer:
        if answer.status in (200, 304):
            return answer
        after = answer.headers.get("retry-after", "")
        wait = float(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0.0
        gone = answer.status in (404, 410)
        advice = "It is not there (any more)." if gone else "Try again later, or save the page and ingest the file."
        msg = f"the server answers {answer.status}"
        raise BadAnswer(msg, advice, status=answer.status, retry_after=wait)


# --- the connection ---------------------------------------------------------------------------------------------------


class _Guard(httpcore.NetworkBackend):
    """Connects to checked addresses, and cuts every connection off at the deadline.

    A time limit on each read would not do: a server that sends a byte a second never breaks it. So a timer shuts the
    sockets down, whatever is being done with them: handshake, headers or body.
    """

    def __init__(self, deadline: float, *, loopback: bool) -> None:
        self._deadline = deadline
        self._loopback = loopback
        self._sockets: list[socket.socket] = []
        self._late = threading.Event()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = resolve(host, port, self._left(), loopback=self._loopback)
        inner = httpcore.SyncBackend()
        failed: Exception | None = None
        for address in addresses:
            limit = min(timeout or CONNECT_SECONDS, self._left())
            try:
                stream = inner.connect_tcp(address, port, limit, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failed = exc
                continue
            self._sockets.append(stream.get_extra_info("socket"))
            return stream
        raise failed or httpcore.ConnectError("no address")

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._late.set()
            msg = "out of time"
            raise httpcore.ConnectTimeout(msg)
        return left

    def _cut(self) -> None:
        self._late.set()
        for opened in self._sockets:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed already

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Runs the timer, and turns what httpcore raises into errors of ours."""
        timer = threading.Timer(max(self._deadline - time.monotonic(), 0.0), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
            if self._late.is_set():  # a body without a length ends where it is cut
                raise _too_slow()
        except FetchError:
            if self._late.is_set():
                raise _too_slow() from None
            raise
        except (httpcore.TimeoutException, TimeoutError) as exc:
            raise _too_slow() from exc
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as exc:
            if self._late.is_set():
                raise _too_slow() from exc
            msg = f"the connection failed: {str(exc) or type(exc).__name__}"
            raise Unreachable(msg, "Try again later.") from exc
        except zlib.error as exc:
            msg = "an answer whose packing is damaged"
            raise BadAnswer(msg, "Try again later.") from exc
        finally:
            timer.cancel()


def _too_slow() -> TooSlow:
    return TooSlow("it did not arrive in the time allowed", "Try again later, or save the page and ingest the file.")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"it is longer than {limit / 1024**2:.0f} MiB", "Save what you need of it and ingest the file.")


# --- packing ----------------------------------------------------------------------------------------------------------


def _plain(chunks: Iterable[bytes], _limit: int) -> Iterator[bytes]:
    yield from chunks


def _inflated(chunks: Iterable[bytes], limit: int, window: int = zlib.MAX_WBITS | 16) -> Iterator[bytes]:
    """Unpacks gzip, never more than `limit` bytes at a time: a bomb is noticed before it goes off."""
    machine, begun = zlib.decompressobj(window), False
    for chunk in chunks:
        begun = begun or bool(chunk)
        yield machine.decompress(chunk, limit + 1)
        if machine.unconsumed_tail:
            raise _too_large(limit)
    yield machine.flush()
    if begun and not machine.eof:
        msg = "an answer that was cut off"
        raise BadAnswer(msg, "Try again later.")


_UNPACKERS: dict[str, Callable[[Iterable[bytes], int], Iterator[bytes]]] = {
    "identity": _plain,
    "": _plain,
    "gzip": _inflated,
    "x-gzip": _inflated,
}
