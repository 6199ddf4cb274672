"""A news site on 127.0.0.1: pages, feeds and misbehaviour, with a record of every request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = "It rained all day on Saturday, and streets in the old town were flooded, officials said on Sunday evening."


def page(title: str, text: str = WORDS, *, day: str = "2025-12-21", head: str = "") -> str:
    return (
        f'<html><head><title>{title}</title><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{day}T08:00:00+00:00">{head}</head>'
        f"<body><nav>Home</nav><article><h1>{title}</h1><p>{text}</p>"
        f"<p>{title} was reported by two desks, and nobody was hurt, the mayor said to reporters.</p>"
        "</article></body></html>"
    )


Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """What it serves, by path: text (HTML), or (headers, bytes), or a status, or a function that does as it likes."""

    url: str = ""
    pages: dict[str, str | int | tuple[Mapping[str, str], bytes] | Behaviour] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def asked_for(self, path: str) -> int:
        return self.asked.count(path)


@contextmanager
def news_site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.headers.append({name.lower(): value for name, value in self.headers.items()})
            found = site.pages.get(self.path, 404)
            if callable(found):
                found(self)
                return
            if isinstance(found, int):
                self.send_response(found)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            headers, body = ({"Content-Type": "text/html"}, found.encode()) if isinstance(found, str) else found
            etag = headers.get("ETag")
            if etag and self.headers.get("If-None-Match") == etag:
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(200)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the client went away, as it should from a server that misbehaves

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
