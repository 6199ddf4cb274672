"""Pages, feeds and sitemaps as sources, through a site on 127.0.0.1 into an index."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from fakes.embedder import BagEmbedder
from fakes.news_site import Site, news_site, page
from fakes.pdf import pdf_of
from hypothesis import given
from hypothesis import strategies as st
from torture import fuzz
from typer.testing import CliRunner

from index.build import Builder
from index.errors import DatelineError
from index.loaders.common import UnreadableError
from index.loaders.page import page_record
from index.records import derived_id
from index.report import Item, Report
from index.sources import Left, Visit
from index.sqlite_faiss import SqliteFaissStore
from index.watch import watch
from index.web import sources
from index.web.fetch import Fetcher
from index.web.listings import Listing, listing
from index.web.manners import Manners
from index.web.sources import Web, named
from rag.cli import app


@pytest.fixture
def site() -> Iterator[Site]:
    with news_site() as running:
        yield running


@pytest.fixture
def manners() -> Manners:
    return Manners(Fetcher(loopback=True, seconds=5), pause=0)


@pytest.fixture
def builder(tmp_path: Path, bag: BagEmbedder) -> Builder:
    return Builder(tmp_path / "index", bag)


def rss(site: Site, *paths: str, extra: str = "") -> tuple[dict[str, str], bytes]:
    items = "".join(
        f"<item><title>Item {path[1:]}</title><link>{site.url}{path}</link>"
        f"<pubDate>Sun, 21 Dec 2025 08:00:00 GMT</pubDate>{extra}</item>"
        for path in paths
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>The Post</title>{items}</channel></rss>'
    return {"Content-Type": "application/rss+xml", "ETag": f'"{hash((paths, extra))}"'}, body.encode()


def sitemap(site: Site, *paths: str, day: str = "2025-12-21") -> tuple[dict[str, str], bytes]:
    urls = "".join(f"<url><loc>{site.url}{path}</loc><lastmod>{day}</lastmod></url>" for path in paths)
    return {"Content-Type": "application/xml", "ETag": f'"{hash((paths, day))}"'}, f"<urlset>{urls}</urlset>".encode()


def sitemap_index(site: Site, *paths: str) -> tuple[dict[str, str], bytes]:
    lists = "".join(f"<sitemap><loc>{site.url}{path}</loc></sitemap>" for path in paths)
    body = f"<sitemapindex>{lists}</sitemapindex>".encode()
    return {"Content-Type": "application/xml", "ETag": f'"{hash(paths)}"'}, body


def pass_days(builder: Builder, days: float) -> None:
    """Makes everything that was fetched as old as that."""
    with SqliteFaissStore(builder.place) as store:
        store.remember([replace(visit, at=visit.at - days * 86400) for visit in store.visits()])


def take(builder: Builder, manners: Manners, *urls: str, **options: float) -> Report:
    return builder.ingest([Web(url, manners, **options) for url in urls])  # type: ignore[arg-type]


class TestPages:
    def test_a_page_becomes_an_article_known_by_its_address(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        site.pages = {
            "/storm?utm_source=x": page("Storm hits coast", head=f'<link rel="canonical" href="{site.url}/storm">')
        }
        report = take(builder, manners, f"{site.url}/storm?utm_source=x")
        assert report.added == [derived_id(f"{site.url}/storm")]
        with SqliteFaissStore(builder.place) as store:
            (stored,) = store.articles(report.added).values()
        assert (stored.article.title, stored.article.published) == ("Storm hits coast", date(2025, 12, 21))
        assert stored.article.url == f"{site.url}/storm"
        assert "Home" not in stored.article.text

    def test_an_edited_page_is_a_new_version_and_an_unchanged_one_is_not_read(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        first, second = (
            page("Storm"),
            page("Storm", "It rained for two days, and not one, the service has now made clear."),
        )
        site.pages = {"/s": ({"Content-Type": "text/html", "ETag": '"1"'}, first.encode())}
        take(builder, manners, f"{site.url}/s")
        assert len(take(builder, manners, f"{site.url}/s").unchanged) == 1
        assert site.headers[-1]["if-none-match"] == '"1"'
        site.pages["/s"] = ({"Content-Type": "text/html", "ETag": '"2"'}, second.encode())
        (changed,) = take(builder, manners, f"{site.url}/s").updated
        with SqliteFaissStore(builder.place) as store:
            assert store.articles([changed])[changed].version == 2

    def test_documents_are_known_by_their_address_too(self, site: Site, builder: Builder, manners: Manners) -> None:
        site.pages = {
            "/a.pdf": ({"Content-Type": "application/pdf"}, pdf_of(["Report", "It rained all day in the old town."])),
            "/b.md": (
                {"Content-Type": "text/markdown"},
                b"---\nid: bridge\nurl: https://other.example/x\n---\nIt rained.",
            ),
            "/c.json": ({"Content-Type": "application/json"}, b'{"id": "bridge", "text": "It rained."}'),
            "/d.png": ({"Content-Type": "image/png"}, b"x"),
        }
        report = take(builder, manners, *(site.url + path for path in site.pages))
        assert report.added == [derived_id(f"{site.url}/a.pdf"), derived_id(f"{site.url}/b.md")]
        assert [r.reason for r in report.refused] == [
            "application/json is not taken from the web",
            "image/png is not taken from the web",
        ]

    def test_files_of_which_the_server_says_nothing(self, site: Site, builder: Builder, manners: Manners) -> None:
        untold = {"Content-Type": "application/octet-stream"}
        pdf = pdf_of(["It rained all day. Streets were flooded."])
        site.pages = {
            "/download?id=3": (untold, pdf),
            "/b.txt": (untold, b"It snowed all day."),
            "/c.exe": (untold, b"MZ"),
        }
        report = take(builder, manners, *(site.url + path for path in site.pages))
        assert report.added == [derived_id(f"{site.url}/download?id=3"), derived_id(f"{site.url}/b.txt")]
        assert [r.reason for r in report.refused] == ["application/octet-stream is not taken from the web"]

    def test_one_site_cannot_take_the_place_of_another(self, site: Site, builder: Builder, manners: Manners) -> None:
        with news_site() as victim:
            victim.pages = {"/true": page("True")}
            (known,) = take(builder, manners, f"{victim.url}/true").added
            site.pages = {"/false": page("False", head=f'<link rel="canonical" href="{victim.url}/true">')}
            report = take(builder, manners, f"{site.url}/false")
        assert known not in report.added + report.updated
        assert len(report.added) == 1

    def test_what_cannot_be_had_is_refused_and_stays(self, site: Site, builder: Builder, manners: Manners) -> None:
        site.pages = {"/s": page("Storm")}
        (known,) = take(builder, manners, f"{site.url}/s").added
        site.pages = {}
        report = take(builder, manners, f"{site.url}/s", "http://127.0.0.1:9/x", "ftp://example.org/x")
        assert (report.removed, len(report.refused)) == ([], 3)
        assert "stays" in report.refused[0].advice
        with SqliteFaissStore(builder.place) as store:
            assert store.article_ids() == [known]

    def test_a_reader_that_fails_refuses_its_page_alone(
        self,
        site: Site,
        builder: Builder,
        manners: Manners,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def failing(content: bytes, url: str, charset: str) -> dict[object, object]:
            return {1: 1 // 0} if url.endswith("/bad") else page_record(content, url, charset)

        monkeypatch.setattr(sources, "page_record", failing)
        site.pages = {"/bad": page("Bad"), "/good": page("Good"), "/feed": rss(site, "/bad", "/good")}
        report = take(builder, manners, f"{site.url}/bad", f"{site.url}/feed")
        assert [(r.source, r.reason) for r in report.refused] == 2 * [
            (f"{site.url}/bad", "its reader failed: ZeroDivisionError")
        ]
        assert report.added == [derived_id(f"{site.url}/good")]
        assert f"The reader of {site.url}/bad failed." in caplog.text

    def test_a_list_whose_reader_fails_is_refused_alone(
        self, site: Site, builder: Builder, manners: Manners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(body: bytes, url: str, charset: str) -> Listing | None:
            return Listing(({}[url],)) if "bad" in url else listing(body, url, charset)

        monkeypatch.setattr(sources, "listing", failing)
        site.pages = {
            "/map": sitemap_index(site, "/bad.xml", "/good.xml"),
            "/bad.xml": sitemap(site, "/a"),
            "/good.xml": sitemap(site, "/b"),
            "/b": page("Beta"),
        }
        report = take(builder, manners, f"{site.url}/bad.xml", f"{site.url}/map")
        assert [(r.source, r.reason) for r in report.refused] == 2 * [
            (f"{site.url}/bad.xml", "its reader failed: KeyError")
        ]
        assert report.added == [derived_id(f"{site.url}/b")]

    def test_names(self) -> None:
        path, web = named(["~/news", "https://example.org/feed"])
        assert isinstance(path, Path)
        assert isinstance(web, Web)


class TestFeeds:
    def test_items_are_fetched_once_and_again_when_they_say_so(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        site.pages = {"/feed": rss(site, "/a", "/b"), "/a": page("Alpha"), "/b": page("Beta", "Taxes fell by a tenth.")}
        assert len(take(builder, manners, f"{site.url}/feed").added) == 2
        assert take(builder, manners, f"{site.url}/feed") == Report()
        assert (site.asked_for("/feed"), site.asked_for("/a")) == (2, 1)
        site.pages["/feed"] = rss(site, "/a", "/b", "/c")
        site.pages["/c"] = page("Gamma", "A bridge was opened.")
        report = take(builder, manners, f"{site.url}/feed")
        assert (len(report.added), len(report.unchanged), site.asked_for("/a")) == (1, 2, 1)
        site.pages["/a"] = page("Alpha", "It rained on Friday, not on Saturday, a correction says.")
        site.pages["/feed"] = rss(site, "/a", "/b", "/c", extra="<description>Corrected.</description>")
        report = take(builder, manners, f"{site.url}/feed")
        assert (len(report.updated), len(report.unchanged)) == (1, 2)

    def test_a_silent_correction_is_found_after_a_while(self, site: Site, builder: Builder, manners: Manners) -> None:
        site.pages = {"/feed": rss(site, "/a"), "/a": page("Alpha")}
        take(builder, manners, f"{site.url}/feed")
        site.pages["/a"] = page("Alpha", "It rained on Friday, not on Saturday, a correction says.")
        site.pages["/feed"] = ({"Content-Type": "application/rss+xml"}, rss(site, "/a")[1])
        assert len(take(builder, manners, f"{site.url}/feed", recheck=3600).unchanged) == 1
        assert len(take(builder, manners, f"{site.url}/feed", recheck=0).updated) == 1

    def test_a_feed_that_is_as_it_was_hides_no_silent_correction(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        site.pages = {"/feed": rss(site, "/a"), "/a": page("Alpha")}
        take(builder, manners, f"{site.url}/feed")
        site.pages["/a"] = page("Alpha", "It rained on Friday, not on Saturday, a correction says.")
        assert take(builder, manners, f"{site.url}/feed") == Report(), "304, and nothing is due"
        pass_days(builder, 0.2)
        assert take(builder, manners, f"{site.url}/feed") == Report(), "304, and nothing is due"
        pass_days(builder, 0.1)
        assert len(take(builder, manners, f"{site.url}/feed").updated) == 1

    def test_the_first_article_that_is_due_is_looked_at_not_the_last(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        site.pages = {"/feed": rss(site, "/a"), "/a": page("Alpha"), "/b": page("Beta", "Taxes fell by a tenth.")}
        take(builder, manners, f"{site.url}/feed")
        pass_days(builder, 0.2)
        site.pages["/feed"] = rss(site, "/a", "/b")
        assert len(take(builder, manners, f"{site.url}/feed").added) == 1
        site.pages["/a"] = page("Alpha", "It rained on Friday, not on Saturday, a correction says.")
        pass_days(builder, 0.1)
        asked = site.asked_for("/b")
        assert len(take(builder, manners, f"{site.url}/feed").updated) == 1
        assert site.asked_for("/b") == asked, "it is due later"

    def test_an_item_that_failed_is_asked_for_again(self, site: Site, builder: Builder, manners: Manners) -> None:
        site.pages = {"/feed": rss(site, "/a", "/b"), "/a": page("Alpha"), "/b": 500}
        report = take(builder, manners, f"{site.url}/feed")
        assert (len(report.added), [r.source for r in report.refused]) == (1, [f"{site.url}/b"])
        site.pages["/b"] = page("Beta", "Taxes fell by a tenth.")
        assert len(take(builder, manners, f"{site.url}/feed").added) == 1, "304 for the feed would have hidden it"

    def test_what_rolled_off_a_feed_stays(self, site: Site, builder: Builder, manners: Manners) -> None:
        site.pages = {"/feed": rss(site, "/a"), "/a": page("Alpha"), "/b": page("Beta", "Taxes fell by a tenth.")}
        take(builder, manners, f"{site.url}/feed")
        site.pages["/feed"] = rss(site, "/b")
        assert take(builder, manners, f"{site.url}/feed").removed == []
        with SqliteFaissStore(builder.place) as store:
            assert len(store.article_ids()) == 2

    def test_a_removed_article_is_forgotten_altogether(self, site: Site, builder: Builder, manners: Manners) -> None:
        site.pages = {"/s": ({"Content-Type": "text/html", "ETag": '"1"'}, page("Storm").encode())}
        (known,) = take(builder, manners, f"{site.url}/s").added
        with SqliteFaissStore(builder.place) as store:
            store.remove([known])
            assert store.visit(f"{site.url}/s") is None
        assert take(builder, manners, f"{site.url}/s").added == [known]

    def test_json_feed_and_atom(self, site: Site, builder: Builder, manners: Manners) -> None:
        items = [
            {"id": "1", "url": "/a", "title": "Alpha"},
            {
                "id": "2",
                "title": "Carried",
                "content_html": "<p>It rained <b>all day</b>.</p><script>x()</script><p>Streets flooded.</p>",
            },
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "The Post", "items": items}
        atom = (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>The Post</title><entry><title>Beta</title>'
            f'<link href="{site.url}/b"/><updated>2025-12-21T08:00:00Z</updated></entry></feed>'
        )
        site.pages = {
            "/json": ({"Content-Type": "application/feed+json"}, json.dumps(feed).encode()),
            "/atom": ({"Content-Type": "application/atom+xml"}, atom.encode()),
            "/a": page("Alpha"),
            "/b": page("Beta", "Taxes fell by a tenth."),
        }
        report = take(builder, manners, f"{site.url}/json", f"{site.url}/atom")
        assert (len(report.added), report.refused) == (3, [])
        with SqliteFaissStore(builder.place) as store:
            carried = next(s.article for s in store.articles(report.added).values() if s.article.title == "Carried")
        assert carried.text.split("\n\n") == ["It rained all day.", "Streets flooded."]
        assert carried.outlet == "The Post"

    @pytest.mark.parametrize(
        ("link", "url"),
        [
            ("/a b", "https://e.org/a%20b"),
            ("story?q=<x>|y", "https://e.org/news/story?q=%3Cx%3E%7Cy"),
            ("https://e.org/long\n  /story", "https://e.org/long%20%20/story"),
            ("//e.org/x", "https://e.org/x"),
        ],
    )
    def test_links_are_read_as_browsers_read_them(self, link: str, url: str) -> None:
        feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"url": link}]}
        found = listing(json.dumps(feed).encode(), "https://e.org/news/feed")
        assert found
        assert [entry.url for entry in found.entries] == [url]

    def test_an_entry_that_nothing_can_be_had_of_is_refused_with_its_record(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        items = (
            "<item><title>By post</title><link>mailto:desk@e.org</link>"
            "<pubDate>Sun, 21 Dec 2025 08:00 GMT</pubDate></item>"
            "<item><title>Nothing</title></item>"
        )
        body = rss(site, "/a")[1].replace(b"</channel>", f"{items}</channel>".encode())
        news = "<urlset><url><loc>feed://e.org/x</loc></url><url><lastmod>2025-12-21</lastmod></url></urlset>"
        site.pages = {
            "/feed": ({"Content-Type": "application/rss+xml"}, body),
            "/map": ({"Content-Type": "application/xml"}, news.encode()),
            "/json": (
                {},
                b'{"version": "https://jsonfeed.org/version/1", "items": ["x", {"url": "tel:1", "title": "T"}]}',
            ),
            "/a": page("Alpha"),
        }
        report = take(builder, manners, f"{site.url}/feed", f"{site.url}/map", f"{site.url}/json")
        assert len(report.added) == 1
        assert [(r.source.removeprefix(site.url), r.reason, r.record) for r in report.refused] == [
            (
                "/feed:2",
                "entry 2: its link is no address of the web: 'mailto:desk@e.org'",
                {
                    "title": "By post",
                    "url": "mailto:desk@e.org",
                    "published": "Sun, 21 Dec 2025 08:00 GMT",
                    "outlet": "The Post",
                },
            ),
            ("/feed:3", "entry 3: neither a link nor a text", {"title": "Nothing", "outlet": "The Post"}),
            ("/map:1", "entry 1: its link is no address of the web: 'feed://e.org/x'", {"url": "feed://e.org/x"}),
            ("/map:2", "entry 2: neither a link nor a text", {}),
            ("/json:1", "entry 1: no object", None),
            ("/json:2", "entry 2: its link is no address of the web: 'tel:1'", {"url": "tel:1", "title": "T"}),
        ]

    def test_a_bad_address_in_an_index_of_lists_is_refused_alone(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        headers, body = sitemap_index(site, "/s.xml")
        body = body.replace(b"<sitemapindex>", b"<sitemapindex><sitemap><loc>ftp://e.org/s</loc></sitemap>")
        site.pages = {"/map": (headers, body), "/s.xml": sitemap(site, "/a"), "/a": page("Alpha")}
        report = take(builder, manners, f"{site.url}/map")
        assert ([r.source for r in report.refused], len(report.added)) == ([f"{site.url}/map:1"], 1)

    def test_robots_are_honoured_for_items(self, site: Site, builder: Builder, manners: Manners) -> None:
        site.pages = {
            "/robots.txt": ({"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /a"),
            "/feed": rss(site, "/a", "/b"),
            "/a": page("Alpha"),
            "/b": page("Beta"),
        }
        report = take(builder, manners, f"{site.url}/feed")
        assert (len(report.added), "robots.txt" in report.refused[0].reason, site.asked_for("/a")) == (1, True, 0)

    def test_a_feed_cannot_send_us_inside(self, site: Site, builder: Builder) -> None:
        """Links of a feed are checked like any address."""
        body = rss(site, "/a")[1].replace(f"{site.url}/a".encode(), b"http://169.254.169.254/latest/meta-data/")
        site.pages = {"/feed": ({"Content-Type": "application/rss+xml"}, body)}
        report = take(builder, Manners(Fetcher(loopback=True), pause=0), f"{site.url}/feed")
        assert "private network" in report.refused[0].reason


class TestLinklessItems:
    @pytest.mark.parametrize(
        "feed",
        [
            "<rss><channel><item><guid>wire-17</guid><description>Rain.</description></item></channel></rss>",
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>wire-17</id><content>Rain.</content></entry></feed>',
        ],
    )
    def test_an_id_that_is_no_address_is_no_link(self, feed: str) -> None:
        found = listing(feed.encode(), "https://e.org/feed/")
        assert found
        assert [(entry.url, entry.content, entry.name) for entry in found.entries] == [("", "Rain.", "wire-17")]

    @pytest.mark.parametrize(
        "feed",
        [
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><content>{}</content></entry></feed>',
            '{{"version": "https://jsonfeed.org/version/1", "items": [{{"id": "1", "content_text": "{}"}}]}}',
        ],
    )
    def test_plain_text_keeps_what_looks_like_a_tag(
        self, site: Site, builder: Builder, manners: Manners, feed: str
    ) -> None:
        said = feed.format("If a &lt;b and c&gt; d, R&amp;D rose.")
        if feed.startswith("{"):
            said = feed.format("If a <b and c> d, R&D rose.")
        site.pages = {"/feed": ({"Content-Type": "application/xml"}, said.encode())}
        (known,) = take(builder, manners, f"{site.url}/feed").added
        with SqliteFaissStore(builder.place) as store:
            assert store.articles([known])[known].article.text == "If a <b and c> d, R&D rose."

    ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry>{}<title>Storm</title><content>{}</content></entry></feed>'
    RSS = "<rss version='2.0'><channel><item>{}<title>Storm</title><description>{}</description></item></channel></rss>"
    JSON = '{{"version": "https://jsonfeed.org/version/1.1", "items": [{{{}"title": "Storm", "content_text": "{}"}}]}}'

    @pytest.mark.parametrize(
        ("feed", "named"),
        [
            (ATOM, "<id>tag:example.org,2025:1</id>"),
            (RSS, '<guid isPermaLink="false">wire-17</guid>'),
            (JSON, '"id": "17", '),
        ],
    )
    def test_an_edited_one_is_a_new_version(
        self, feed: str, named: str, site: Site, builder: Builder, manners: Manners
    ) -> None:
        kind = {"Content-Type": "application/xml"}
        site.pages["/feed"] = (kind, feed.format(named, "It rained on Saturday.").encode())
        (known,) = take(builder, manners, f"{site.url}/feed").added
        assert take(builder, manners, f"{site.url}/feed").unchanged == [known]
        site.pages["/feed"] = (kind, feed.format(named, "It rained on Friday, a correction says.").encode())
        report = take(builder, manners, f"{site.url}/feed")
        assert (report.added, report.updated) == ([], [known])
        with builder.open() as store:
            assert store.articles([known])[known].version == 2
        with news_site() as other:
            other.pages["/feed"] = site.pages["/feed"]
            assert len(take(builder, manners, f"{other.url}/feed").added) == 1, "ids hold within one feed"

    def test_no_id_breaks_the_store(self, site: Site, builder: Builder, manners: Manners) -> None:
        body = self.JSON.format(r'"id": "\ud800\u0000' + "x" * 5000 + '", ', "It rained.")
        site.pages["/feed"] = ({"Content-Type": "application/json"}, body.encode())
        assert len(take(builder, manners, f"{site.url}/feed").added) == 1
        assert len(take(builder, manners, f"{site.url}/feed").unchanged) == 1

    def test_one_without_an_id_is_known_by_its_text(self, site: Site, builder: Builder, manners: Manners) -> None:
        kind = {"Content-Type": "application/xml"}
        for text in ("It rained on Saturday.", "It rained on Friday."):
            site.pages["/feed"] = (kind, self.ATOM.format("", text).encode())
            assert len(take(builder, manners, f"{site.url}/feed").added) == 1


class TestLongLists:
    @staticmethod
    def fill(site: Site, *names: str) -> None:
        site.pages |= {f"/{name}": page(name.title(), f"The {name} was opened by the mayor.") for name in names}

    def test_the_newest_are_taken_first_and_the_next_run_goes_on(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        self.fill(site, "bridge", "tower", "school", "market", "church")
        dated = {"/bridge": 3, "/tower": 5, "/school": 1, "/market": 4, "/church": 2}
        body = "".join(
            f"<url><loc>{site.url}{path}</loc><lastmod>2025-12-0{day}</lastmod></url>" for path, day in dated.items()
        )
        site.pages["/map"] = ({"Content-Type": "application/xml", "ETag": '"1"'}, f"<urlset>{body}</urlset>".encode())
        first = take(builder, manners, f"{site.url}/map", limit=2)
        assert first.added == [derived_id(f"{site.url}{path}") for path in ("/tower", "/market")]
        assert first.left == [Left(f"{site.url}/map", 3)]
        assert str(first.left[0]) == "3 more articles were not taken"
        second = take(builder, manners, f"{site.url}/map", limit=2)
        assert second.added == [derived_id(f"{site.url}{path}") for path in ("/bridge", "/church")]
        assert (second.left, len(second.unchanged)) == ([Left(f"{site.url}/map", 1)], 2)
        third = take(builder, manners, f"{site.url}/map", limit=2)
        assert (len(third.added), third.left) == (1, [])
        assert take(builder, manners, f"{site.url}/map", limit=2) == Report(), "304 only now"
        assert [site.asked_for(path) for path in dated] == [1] * 5

    def test_feeds_are_sorted_by_their_days_too(self, site: Site, builder: Builder, manners: Manners) -> None:
        self.fill(site, "bridge", "tower")
        old, new = "Sun, 21 Dec 2025 08:00:00 GMT", "Mon, 22 Dec 2025 01:00:00 +0200"
        items = "".join(
            f"<item><link>{site.url}/{name}</link><pubDate>{day}</pubDate></item>"
            for name, day in (("bridge", old), ("tower", new))
        )
        site.pages["/feed"] = (
            {"Content-Type": "application/rss+xml"},
            f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(),
        )
        assert take(builder, manners, f"{site.url}/feed", limit=1).added == [derived_id(f"{site.url}/tower")]

    def test_what_always_fails_keeps_nothing_out(self, site: Site, builder: Builder, manners: Manners) -> None:
        self.fill(site, "bridge", "tower")
        site.pages |= {"/video": 500, "/map": sitemap(site, "/video", "/bridge", "/tower")}
        outcomes = [take(builder, manners, f"{site.url}/map", limit=1) for _ in range(3)]
        assert [len(report.added) for report in outcomes] == [0, 1, 1]
        assert [report.left for report in outcomes] == [
            [Left(f"{site.url}/map", 2)],
            [Left(f"{site.url}/map", 2)],
            [Left(f"{site.url}/map", 1)],
        ]
        assert [r.source for r in take(builder, manners, f"{site.url}/map").refused] == [f"{site.url}/video"]

    def test_corrections_are_looked_for_after_what_is_new_and_among_the_newest_alone(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        self.fill(site, "bridge", "tower", "school")
        site.pages["/map"] = sitemap(site, "/bridge", "/tower")
        take(builder, manners, f"{site.url}/map")
        pass_days(builder, 0.3)
        site.pages["/map"] = sitemap(site, "/bridge", "/tower", "/school")
        report = take(builder, manners, f"{site.url}/map", limit=1)
        assert (report.added, report.left) == ([derived_id(f"{site.url}/school")], [])
        assert [site.asked_for(path) for path in ("/bridge", "/tower")] == [1, 1], "they wait for the next run"
        for _ in range(3):
            take(builder, manners, f"{site.url}/map", limit=1)
        assert [site.asked_for(path) for path in ("/bridge", "/tower")] == [2, 1]

    def test_linkless_items_count_too(self, site: Site, builder: Builder, manners: Manners) -> None:
        items = [{"title": name, "content_text": f"The {name} was opened."} for name in ("bridge", "tower", "school")]
        feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
        site.pages["/json"] = ({"Content-Type": "application/feed+json"}, json.dumps(feed).encode())
        found = [take(builder, manners, f"{site.url}/json", limit=2) for _ in range(3)]
        assert [(len(report.added), len(report.unchanged)) for report in found] == [(2, 0), (1, 2), (0, 3)]
        assert [report.left for report in found] == [[Left(f"{site.url}/json", 1)], [], []]

    def test_older_lists_of_an_index_are_looked_into_when_the_newest_hold_nothing_new(
        self, site: Site, builder: Builder, manners: Manners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("index.web.sources._MAX_LISTS", 1)
        self.fill(site, "bridge", "tower", "school")
        site.pages |= {
            "/sitemap.xml": sitemap_index(site, "/1.xml", "/2.xml", "/3.xml", "/4.xml"),
            "/1.xml": sitemap(site, "/bridge"),
            "/2.xml": sitemap(site, "/tower"),
            "/3.xml": 500,
            "/4.xml": sitemap(site, "/school"),
        }
        found = [take(builder, manners, f"{site.url}/sitemap.xml", limit=1) for _ in range(5)]
        assert [len(report.added) for report in found] == [1, 1, 0, 1, 0]
        assert [len(report.refused) for report in found] == [0, 0, 1, 0, 0]
        assert [report.left for report in found] == [
            *([Left(f"{site.url}/sitemap.xml", 0, lists)] for lists in (3, 2, 1)),
            [],
            [],
        ]
        assert str(found[2].left[0]) == "1 more list was not taken"
        assert [site.asked_for(f"/{number}.xml") for number in (1, 2, 3, 4)] == [5, 2, 1, 1]

    def test_the_command_line_says_what_was_left(
        self, site: Site, manners: Manners, bag: BagEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fill(site, "bridge", "tower", "school")
        site.pages["/map"] = sitemap(site, "/bridge", "/tower", "/school")
        monkeypatch.setattr("rag.cli.embedder", lambda _: bag)
        monkeypatch.setattr("rag.cli_watch.embedder", lambda _: bag)
        monkeypatch.setattr("rag.cli.step_back", lambda: None)
        monkeypatch.setattr("rag.cli_watch.step_back", lambda: None)
        monkeypatch.setattr("index.web.sources.Manners", lambda: manners)
        monkeypatch.setattr("index.watch.Manners", lambda: manners)
        named = [f"{site.url}/map", "--index", str(tmp_path / "index"), "--limit", "1"]
        said = CliRunner().invoke(app, ["ingest", *named])
        assert "1 added" in said.output
        assert (
            f"2 more articles were not taken of {site.url}/map: the next run goes on, --limit takes more" in said.output
        )
        watched = CliRunner().invoke(app, ["watch", *named, "--once", "--json"])
        *_, left, summary = (json.loads(line) for line in watched.stdout.splitlines())
        assert (left["outcome"], left["reason"]) == ("left", "1 more article was not taken")
        assert (summary["round"]["added"], summary["round"]["left"]) == (1, 1)
        done = json.loads(CliRunner().invoke(app, ["ingest", *named, "--json"]).stdout)
        assert (len(done["added"]), done["left"]) == (1, [])

    def test_an_address_that_cannot_be_written_ends_no_run(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        items = [{"url": "http://a.com/\ud800"}, {"url": "http://a.com/\udfff", "content_text": "Rain fell."}]
        feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
        site.pages = {"/feed": ({"Content-Type": "application/json"}, json.dumps(feed).encode())}
        report = take(builder, manners, f"{site.url}/feed")
        assert len(report.added) == 1, "the text that is carried goes in"
        assert [r.source for r in report.refused] == [f"{site.url}/feed:1"]


class TestSitemaps:
    def test_news_sitemaps_and_their_index(self, site: Site, builder: Builder, manners: Manners) -> None:
        schemas = "http://www.sitemaps.org/schemas/sitemap/0.9", "http://www.google.com/schemas/sitemap-news/0.9"
        namespaces = 'xmlns="{}" xmlns:n="{}"'.format(*schemas)
        news = (
            f"<urlset {namespaces}><url><loc>{site.url}/old</loc>"
            "<lastmod>2025-12-01</lastmod></url>"
            f"<url><loc>{site.url}/a</loc><n:news><n:publication><n:name>The Post</n:name></n:publication>"
            "<n:publication_date>2025-12-21</n:publication_date>"
            "<n:title>Alpha</n:title></n:news></url></urlset>"
        )
        index = f"<sitemapindex {namespaces}><sitemap><loc>{site.url}/news.xml.gz</loc></sitemap></sitemapindex>"
        site.pages = {
            "/sitemap.xml": ({"Content-Type": "application/xml"}, index.encode()),
            "/news.xml.gz": ({"Content-Type": "application/gzip"}, gzip.compress(news.encode())),
            "/a": page("Alpha"),
            "/old": page("Old", "Taxes fell by a tenth."),
        }
        report = take(builder, manners, f"{site.url}/sitemap.xml", limit=1)
        with SqliteFaissStore(builder.place) as store:
            (stored,) = store.articles(report.added).values()
        assert (stored.article.title, stored.article.outlet, site.asked_for("/old")) == ("Alpha", "The Post", 0)

    @pytest.mark.parametrize("last", ["news", "image", "video"])
    def test_pictures_and_videos_of_an_article_are_not_taken_for_it(self, last: str) -> None:
        parts = {
            "news": "<news:news><news:publication><news:name>The Bay</news:name></news:publication>"
            "<news:publication_date>2025-12-21</news:publication_date><news:title>Storm</news:title></news:news>",
            "image": "<image:image><image:loc>https://e.org/pic.jpg</image:loc><image:title>Pic</image:title>"
            "</image:image>",
            "video": "<video:video><video:title>Clip</video:title><video:content_loc>https://e.org/clip.mp4"
            "</video:content_loc><video:publication_date>2020-01-01</video:publication_date></video:video>",
        }
        spaces = " ".join(f'xmlns:{name}="http://www.google.com/schemas/sitemap-{name}/1.1"' for name in parts)
        within = "".join([*(part for name, part in parts.items() if name != last), parts[last]])
        urls = f"<url><loc>https://e.org/story</loc>{within}</url>"
        schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
        found = listing(f'<urlset xmlns="{schema}" {spaces}>{urls}</urlset>'.encode(), "https://e.org/map.xml")
        assert found is not None
        said = [(entry.url, entry.title, entry.outlet, entry.published, entry.changed) for entry in found.entries]
        assert said == [("https://e.org/story", "Storm", "The Bay", "2025-12-21", "2025-12-21")]

    @pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "utf-8"])
    def test_a_sitemap_may_state_its_encoding(self, encoding: str) -> None:
        text = f'<?xml version="1.0" encoding="{encoding}"?><urlset><url><loc>https://e.org/café</loc></url></urlset>'
        found = listing(f"\n{text}".encode(encoding), "https://e.org/map.xml")
        assert found is not None
        assert [entry.url for entry in found.entries] == ["https://e.org/café"]

    @pytest.mark.parametrize(
        ("declared", "charset"), [("iso-8859-2", ""), ("", "iso-8859-2"), ("windows-1250", "x-odd")]
    )
    def test_a_feed_is_read_in_its_encoding(self, declared: str, charset: str) -> None:
        declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
        item = "<item><title>Źle w Łodzi</title><link>https://e.org/a b</link></item>"
        body = f'{declaration}<rss version="2.0"><channel><title>Gość</title>{item}</channel></rss>'
        found = listing(body.encode(declared or charset), "https://e.org/rss", charset)
        assert found is not None
        (entry,) = found.entries
        assert (entry.title, entry.outlet, entry.url) == ("Źle w Łodzi", "Gość", "https://e.org/a%20b")

    @pytest.mark.parametrize(
        "feed",
        [
            '{"version":"https:\\/\\/jsonfeed.org\\/version\\/1.1","items":[{"url":"https:\\/\\/e.org\\/a"}]}',
            json.dumps(
                {
                    "description": "x" * 5000,
                    "items": [{"url": "https://e.org/a"}],
                    "version": "https://jsonfeed.org/version/1",
                }
            ),
        ],
    )
    def test_a_json_feed_is_known_by_its_version_wherever_it_stands(self, feed: str) -> None:
        found = listing(feed.encode(), "https://e.org/feed.json")
        assert found is not None
        assert [entry.url for entry in found.entries] == ["https://e.org/a"]

    @pytest.mark.parametrize("text", ['{"items": []}', '{"version": 2}', "{ not JSON }"])
    def test_other_json_is_no_feed(self, text: str) -> None:
        assert listing(text.encode(), "https://e.org/x.json") is None

    def test_comments_in_a_row_are_passed_in_no_time(self) -> None:
        with fuzz.deadline(fuzz.DEADLINE_S):
            assert listing(b"<!---->" * 500 + b"x", "https://e.org/") is None
            assert listing(b"<!---->" * 500 + b"<rss/>", "https://e.org/") is not None

    def test_the_lists_of_an_index_are_looked_into_when_it_is_as_it_was(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        site.pages = {
            "/sitemap.xml": sitemap_index(site, "/news.xml", "/sport.xml"),
            "/news.xml": sitemap(site, "/a"),
            "/sport.xml": sitemap(site, "/b"),
            "/a": page("Alpha"),
            "/b": page("Beta", "Taxes fell by a tenth."),
            "/c": page("Gamma", "A bridge was opened."),
        }
        assert len(take(builder, manners, f"{site.url}/sitemap.xml").added) == 2
        site.pages["/news.xml"] = sitemap(site, "/a", "/c")
        report = take(builder, manners, f"{site.url}/sitemap.xml")
        assert (len(report.added), len(report.unchanged)) == (1, 1)
        conditions = {path: "if-none-match" in sent for path, sent in zip(site.asked, site.headers, strict=True)}
        assert (conditions["/news.xml"], conditions["/sport.xml"]) == (True, True)
        assert take(builder, manners, f"{site.url}/sitemap.xml") == Report(), "both lists answer 304"

    def test_an_index_of_which_an_earlier_release_kept_the_etag_is_read_again(
        self, site: Site, builder: Builder, manners: Manners
    ) -> None:
        site.pages = {"/sitemap.xml": sitemap_index(site, "/news.xml"), "/news.xml": sitemap(site), "/a": page("Alpha")}
        with builder.open() as store:
            store.remember(
                [Visit(f"{site.url}/sitemap.xml", "", site.pages["/sitemap.xml"][0]["ETag"], at=time.time())]
            )  # type: ignore[index]
        site.pages["/news.xml"] = sitemap(site, "/a")
        assert take(builder, manners, f"{site.url}/sitemap.xml") == Report()
        pass_days(builder, 0.3)
        assert len(take(builder, manners, f"{site.url}/sitemap.xml").added) == 1

    def test_a_bad_list_of_an_index_is_refused_alone(self, site: Site, builder: Builder, manners: Manners) -> None:
        names = ["/gone.xml", "/broken.xml", "/page.xml", "/more.xml", "/news.xml"]
        site.pages = {
            "/sitemap.xml": sitemap_index(site, *names),
            "/broken.xml": ({"Content-Type": "application/xml"}, b"<urlset><url>"),
            "/page.xml": page("Alpha"),
            "/more.xml": sitemap_index(site, "/news.xml"),
            "/news.xml": sitemap(site, "/a"),
            "/a": page("Alpha"),
        }
        report = take(builder, manners, f"{site.url}/sitemap.xml")
        assert len(report.added) == 1
        assert [r.source.removeprefix(site.url) for r in report.refused] == names[:-1]
        gone, broken, no_list, index = (r.reason for r in report.refused)
        assert "404" in gone
        assert "cannot be read" in broken
        assert no_list == f"no feed or sitemap, named by {site.url}/sitemap.xml"
        assert index == f"an index within an index, named by {site.url}/sitemap.xml"

    @pytest.mark.parametrize("root", ["rss", "urlset", "sitemapindex"])
    def test_xml_bombs(self, root: str) -> None:
        entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
        head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]>'
        bomb = f"{head}<{root}><channel><title>&l9;</title></channel></{root}>"
        outside = f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><{root}><url><loc>&f;</loc></url></{root}>'
        for text in (bomb.encode(), outside.encode(), bomb.encode("utf-16")):
            begun = time.monotonic()
            with pytest.raises(UnreadableError, match="declares entities"):
                listing(text, "http://example.org/")
            assert time.monotonic() - begun < 0.5
        with pytest.raises(UnreadableError, match="64 MiB"):
            listing(gzip.compress(b"<urlset>" + b" " * 70_000_000), "http://example.org/")

    @given(st.sampled_from(["rss", "feed", "urlset", "rdf:RDF", "sitemapindex"]), st.text(max_size=200), st.booleans())
    def test_nothing_breaks_the_readers(self, root: str, text: str, closed: bool) -> None:
        try:
            found = listing(
                f"<{root}>{text}{f'</{root}>' if closed else ''}".encode("utf-8", "replace"), "http://example.org/"
            )
        except UnreadableError:
            return
        assert found is None or all(entry.url or entry.content for entry in found.entries)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=9),
            lambda x: (
                st.lists(x, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["url", "title", "items", "authors", "content_html", "id"]), x, max_size=4
                )
            ),
        )
    )
    def test_nothing_breaks_the_json_reader(self, items: object) -> None:
        body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode()
        try:
            found = listing(body, "http://example.org/")
        except UnreadableError:
            return
        assert found is not None


class TestWatch:
    def test_rounds_until_it_is_stopped(self, site: Site, builder: Builder, manners: Manners, tmp_path: Path) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        (folder / "a.txt").write_text("A storm hits\n\nIt rained all day.")
        site.pages = {"/feed": rss(site, "/a"), "/a": page("Alpha")}
        stop, reports, items = threading.Event(), [], list[Item]()

        def after(result: Report | DatelineError) -> None:
            reports.append(result)
            if len(reports) == 1:
                (folder / "b.txt").write_text("A tax falls\n\nIt fell by a tenth.")
            elif len(reports) == 2:
                folder.rename(tmp_path / "away")
                site.pages |= {"/feed": rss(site, "/a", "/b"), "/b": page("Beta")}
            elif len(reports) == 3:
                (tmp_path / "away").rename(folder)
            else:
                stop.set()

        watch(
            builder, [str(folder), f"{site.url}/feed"], 0.01, stop=stop, each=items.append, after=after, manners=manners
        )
        first, second, third, fourth = reports
        assert isinstance(first, Report)
        assert len(first.added) == 2
        assert isinstance(second, Report)
        assert (len(second.added), len(second.unchanged)) == (1, 1)
        assert isinstance(third, Report)
        assert [(item.source, item.reason) for item in third.refused] == [
            (str(folder), f"There is nothing that can be read at {folder}")
        ]
        assert (len(third.added), third.removed) == (1, [])  # the feed was read, and the folder's articles stay
        assert isinstance(fourth, Report)
        assert not fourth.changed
        assert sum(item.outcome in ("added", "near-duplicate") for item in items) == 4

    def test_a_busy_index_is_told_and_tried_again(self, builder: Builder, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.txt").write_text("A storm hits\n\nIt rained all day.")
        stop, results = threading.Event(), []
        other = builder.open()
        held = other.exclusive()
        held.__enter__()

        def after(result: Report | DatelineError) -> None:
            results.append(type(result).__name__)
            if len(results) == 1:
                held.__exit__(None, None, None)
            else:
                stop.set()

        watch(builder, [str(tmp_path / "in")], 0.01, stop=stop, after=after)
        other.close()
        assert results == ["IndexBusy", "Report"]


def test_a_page_behind_a_redirect_to_a_login_is_refused(site: Site, builder: Builder, manners: Manners) -> None:
    def login(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(401)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.pages = {"/s": login}
    assert "401" in take(builder, manners, f"{site.url}/s").refused[0].reason


def test_a_feed_that_its_parser_stumbles_over_is_refused() -> None:
    closed_twice = (
        b'<?xml version="1.A.A.A.0b?><rss version="2.0"><channel><title>T</title><item><title>A</title><link>ht/title>'
        b"<link>ht/title><link>http://a.org/x</link></item></channg/x</link></item></channel></rss>"
    )
    with pytest.raises(UnreadableError, match="cannot be read"):
        listing(closed_twice, "http://a.org/")
