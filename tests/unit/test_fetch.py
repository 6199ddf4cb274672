"""The fetcher: which addresses it asks, and what it bears from a server."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from fakes.news_site import Site, news_site, page
from hypothesis import given
from hypothesis import strategies as st

from index.web import addresses
from index.web.addresses import is_public
from index.web.errors import BadAnswer, FetchError, FetchRefused, TooLarge, TooSlow, Unreachable
from index.web.fetch import Fetcher
from index.web.manners import Manners


@pytest.fixture
def site() -> Iterator[Site]:
    with news_site() as running:
        yield running


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(max_body=100_000, seconds=2, loopback=True)


PRIVATE = """
    127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 224.0.0.1

    239.1.1.1 240.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1 192.88.99.1 192.0.0.192 ::1 :: fe80::1 fe80::1%eth0 fc00::1
    fd00:ec2::254 fec0::1 ff02::1 ff0e::1 2001:db8::1 100::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
    ::ffff:10.0.0.1
    ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::a00:1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:0:1::1""".split()


class TestAddresses:
    @pytest.mark.parametrize("address", PRIVATE)
    def test_private(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "151.101.1.140"])
    def test_public(self, address: str) -> None:
        assert is_public(address)

    @given(st.ip_addresses(v=4))
    def test_a_mapped_address_is_judged_as_what_it_maps(self, address: Any) -> None:
        assert is_public(f"::ffff:{address}") == is_public(str(address))
        assert not is_public(f"64:ff9b::{address}")

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "localhost"],
    )
    def test_every_way_to_write_this_machine(self, site: Site, host: str) -> None:
        with pytest.raises(FetchRefused, match=r"this machine or of a private network|no web address"):
            Fetcher().get(f"http://{host}/")
        with pytest.raises(FetchRefused):
            Fetcher().get(f"http://{host}:{site.url.rpartition(':')[2]}/")
        assert site.asked == []

    @pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.5", "fd00:ec2::254", "0.0.0.0"])
    def test_a_name_that_resolves_to_a_private_network(self, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        def lookup(host: str, port: int, **_: object) -> list[Any]:
            return [(0, 0, 0, "", (each, port)) for each in ("93.184.216.34", address)]

        monkeypatch.setattr(addresses.socket, "getaddrinfo", lookup)
        with pytest.raises(FetchRefused, match="private network"):
            Fetcher().get("http://news.example/story")

    def test_the_address_that_was_checked_is_the_one_connected_to(
        self, monkeypatch: pytest.MonkeyPatch, site: Site
    ) -> None:
        """A name that answers with a public address first and a private one later (DNS rebinding)."""
        answers = iter(["93.184.216.34", "127.0.0.1"])
        connected: list[str] = []

        def lookup(host: str, port: int, **_: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (next(answers), port))]

        def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(addresses.socket, "getaddrinfo", lookup)
        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(Unreachable):
            Fetcher().get("http://news.example/")
        assert connected == ["93.184.216.34"]
        assert next(answers) == "127.0.0.1", "the name was looked up once"

    def test_a_resolver_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: time.sleep(5) or [])
        begun = time.monotonic()
        with pytest.raises((Unreachable, TooSlow)):
            Fetcher(seconds=0.3).get("http://news.example/")
        assert time.monotonic() - begun < 3


class TestBefore:
    @pytest.mark.parametrize(
        "url",
        [
            *(
                "file:///etc/passwd",
                "ftp://example.org/a",
                "gopher://example.org/",
                "javascript:alert(1)",
                "data:text/html,x",
            ),
            *(
                "//example.org/",
                "example.org",
                "http://",
                "http:///x",
                "http://user:pw@example.org/",
                "http://example.org:22/",
            ),
            *(
                "http://example.org/a b",
                "http://example.org/\r\nHost: evil",
                "http://example.org/\0",
                "http://[::1",
                "",
            ),
            "http://example.org/" + "a" * 3000,
        ],
    )
    def test_addresses_that_are_not_asked(self, url: str) -> None:
        with pytest.raises(FetchRefused):
            Fetcher().get(url)

    @given(st.text(max_size=60).map(lambda tail: f"http://127.0.0.1:9/{tail}"))
    def test_no_address_breaks_it(self, url: str) -> None:
        with pytest.raises(FetchError):
            Fetcher(seconds=0.5).get(url)


class TestRedirects:
    def to(self, target: str) -> Any:
        def act(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        return act

    def test_followed_within_the_web(self, site: Site, fetcher: Fetcher) -> None:
        site.pages = {"/a": self.to("/b?x=1"), "/b?x=1": "arrived"}
        found = fetcher.get(f"{site.url}/a")
        assert (found.url, found.body) == (f"{site.url}/b?x=1", b"arrived")

    @pytest.mark.parametrize(
        "target",
        [
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/",
            "http://[fd00:ec2::254]/",
            "file:///etc/passwd",
        ],
    )
    def test_checked_again(self, site: Site, fetcher: Fetcher, target: str) -> None:
        site.pages = {"/a": self.to(target)}
        with pytest.raises(FetchRefused):
            fetcher.get(f"{site.url}/a")

    def test_not_for_ever(self, site: Site, fetcher: Fetcher) -> None:
        site.pages = {"/a": self.to("/a")}
        with pytest.raises(BadAnswer, match="more than 5 redirects"):
            fetcher.get(f"{site.url}/a")
        assert site.asked_for("/a") == 6

    def test_never_from_https_to_http(self, fetcher: Fetcher) -> None:
        import httpx

        with pytest.raises(FetchRefused, match="from https to http"):
            fetcher._checked("http://example.org/", before=httpx.URL("https://example.org/"))


class TestAnswers:
    def test_a_page_with_its_headers(self, site: Site, fetcher: Fetcher) -> None:
        site.pages = {"/": ({"Content-Type": "Text/HTML; charset=ISO-8859-1", "ETag": '"1"'}, "é".encode("latin-1"))}
        found = fetcher.get(site.url)
        assert (found.content_type, found.charset, found.headers["etag"]) == ("text/html", "iso-8859-1", '"1"')
        assert fetcher.get(site.url, {"If-None-Match": '"1"'}).status == 304
        sent = site.headers[0]
        assert sent["user-agent"].startswith("Dateline/")
        assert not {"cookie", "authorization", "referer"} & set(sent)

    def test_gzip(self, site: Site, fetcher: Fetcher) -> None:
        site.pages = {"/": ({"Content-Encoding": "gzip"}, gzip.compress(b"news " * 1000))}
        assert fetcher.get(site.url).body == b"news " * 1000

    def test_gzip_that_was_cut_off_is_no_answer(self, site: Site, fetcher: Fetcher) -> None:
        packed = gzip.compress(bytes(range(256)) * 100)
        site.pages = {
            "/cut": ({"Content-Encoding": "gzip"}, packed[: len(packed) // 2]),
            "/empty": ({"Content-Encoding": "gzip"}, b""),
        }
        with pytest.raises(BadAnswer, match="cut off"):
            fetcher.get(f"{site.url}/cut")
        assert fetcher.get(f"{site.url}/empty").body == b""

    def test_too_large(self, site: Site, fetcher: Fetcher) -> None:
        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while True:
                handler.wfile.write(b"a" * 10_000)

        site.pages = {"/said": ({"Content-Length": "100001"}, b""), "/endless": endless}
        for path in ("/said", "/endless"):
            with pytest.raises(TooLarge):
                fetcher.get(site.url + path)

    def test_a_decompression_bomb(self, site: Site, fetcher: Fetcher) -> None:
        site.pages = {"/": ({"Content-Encoding": "gzip"}, gzip.compress(b"\0" * 50_000_000))}
        begun = time.monotonic()
        with pytest.raises(TooLarge):
            fetcher.get(site.url)
        assert time.monotonic() - begun < 1.5
        twice = gzip.compress(gzip.compress(b"\0" * 50_000_000))
        site.pages = {"/": ({"Content-Encoding": "gzip, gzip"}, twice)}
        with pytest.raises(BadAnswer, match="not asked for"):
            fetcher.get(site.url)

    @pytest.mark.parametrize("what", ["headers", "body", "silence"])
    def test_a_slow_drip_ends_at_the_deadline(self, site: Site, what: str) -> None:
        def drip(handler: BaseHTTPRequestHandler) -> None:
            if what == "body":
                handler.send_response(200)
                handler.end_headers()
            else:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            for _ in range(80):
                if what != "silence":
                    handler.wfile.write(b"a")
                    handler.wfile.flush()
                time.sleep(0.1)

        site.pages = {"/": drip}
        begun = time.monotonic()
        with pytest.raises(TooSlow):
            Fetcher(seconds=0.6, loopback=True).get(site.url)
        assert time.monotonic() - begun < 4

    def test_rubbish(self, site: Site, fetcher: Fetcher) -> None:
        def rubbish(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"\xff\x00 no http at all\r\n\r\n")

        def cut(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"short")

        site.pages = {"/rubbish": rubbish, "/cut": cut, "/gz": ({"Content-Encoding": "gzip"}, b"no gzip"), "/500": 500}
        for path, wanted in (("/rubbish", Unreachable), ("/cut", Unreachable), ("/gz", BadAnswer), ("/500", BadAnswer)):
            with pytest.raises(wanted):
                fetcher.get(site.url + path)

    def test_nobody_there(self, fetcher: Fetcher) -> None:
        with pytest.raises(Unreachable) as caught:
            fetcher.get("http://127.0.0.1:9/")
        assert caught.value.retryable


class TestManners:
    @pytest.fixture
    def waits(self) -> list[float]:
        return []

    @pytest.fixture
    def manners(self, fetcher: Fetcher, waits: list[float]) -> Manners:
        now = [100.0]

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            now[0] += seconds

        return Manners(fetcher, sleep=sleep, clock=lambda: now[0])

    def robots(self, text: str) -> tuple[dict[str, str], bytes]:
        return {"Content-Type": "text/plain"}, text.encode()

    def test_robots_txt_is_honoured_and_read_once(self, site: Site, manners: Manners) -> None:
        rules = "User-agent: *\nDisallow: /private\nUser-agent: dateline\nDisallow: /not-for-us\n"
        site.pages = {"/robots.txt": self.robots(rules), "/a": "A", "/private": "P", "/not-for-us": "N"}
        assert manners.get(f"{site.url}/a").body == b"A"
        assert manners.get(f"{site.url}/private").body == b"P", "rules for us by name stand before those for all"
        with pytest.raises(FetchRefused, match=r"robots\.txt"):
            manners.get(f"{site.url}/not-for-us")
        assert site.asked == ["/robots.txt", "/a", "/private"]

    def test_rules_behind_a_byte_order_mark_are_honoured(self, site: Site, manners: Manners) -> None:
        site.pages = {"/robots.txt": self.robots("\ufeffUser-agent: *\nDisallow: /\n"), "/a": "A"}
        with pytest.raises(FetchRefused, match=r"robots\.txt"):
            manners.get(f"{site.url}/a")
        assert site.asked == ["/robots.txt"]

    def test_a_redirect_is_no_way_round_them(self, site: Site, manners: Manners) -> None:
        site.pages = {
            "/robots.txt": self.robots("User-agent: *\nDisallow: /private\n"),
            "/a": TestRedirects().to("/private"),
            "/private": "P",
        }
        with pytest.raises(FetchRefused, match=r"robots\.txt"):
            manners.get(f"{site.url}/a")
        assert site.asked_for("/private") == 0

    @pytest.mark.parametrize(
        ("status", "allowed"), [(404, True), (403, True), (500, False), (503, False), (429, False)]
    )
    def test_a_robots_txt_that_is_not_there(self, site: Site, manners: Manners, status: int, allowed: bool) -> None:
        site.pages = {"/robots.txt": status, "/a": "A"}
        if allowed:
            assert manners.get(f"{site.url}/a").body == b"A"
        else:
            with pytest.raises(Unreachable, match="could not be had"):
                manners.get(f"{site.url}/a")
            assert site.asked_for("/a") == 0

    def test_a_host_is_asked_once_a_second_or_as_it_wishes(
        self, site: Site, manners: Manners, waits: list[float]
    ) -> None:
        site.pages = {"/a": "A"}
        for _ in range(3):
            manners.get(f"{site.url}/a")
        assert waits == pytest.approx([1.0, 1.0, 1.0])
        with news_site() as slow:
            slow.pages = {"/robots.txt": self.robots("User-agent: *\nCrawl-delay: 7\n"), "/a": "A"}
            for _ in range(3):
                manners.get(f"{slow.url}/a")
        assert waits[3:] == pytest.approx([1.0, 7.0, 7.0])

    def test_a_host_that_asks_to_wait_is_left_alone(self, site: Site, manners: Manners) -> None:
        def busy(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(429)
            handler.send_header("Retry-After", "3600")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        site.pages = {"/a": busy, "/b": page("B")}
        with pytest.raises(BadAnswer):
            manners.get(f"{site.url}/a")
        with pytest.raises(Unreachable, match="left alone for 3600 s"):
            manners.get(f"{site.url}/b")
        assert site.asked_for("/b") == 0

    def test_rules_that_would_take_for_ever(self, site: Site, manners: Manners) -> None:
        site.pages = {
            "/robots.txt": self.robots("User-agent: *\nDisallow: /" + "*a" * 30 + "*b$\n" * 50),
            "/" + "a" * 1500: "A",
        }
        begun = time.monotonic()
        assert manners.get(f"{site.url}/{'a' * 1500}").body == b"A"
        assert time.monotonic() - begun < 2
