"""The collection as a person tends it: look through it, search it, take articles in, remove some."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from index.build import Builder
from index.embed import Embedder
from index.errors import InputError
from index.load import survey
from index.priority import aside
from index.records import Filter, ListedArticle, StoredArticle
from index.report import Item, Progress
from index.sources import Source
from index.store import Store, Terms
from index.stores import Place, as_place
from index.web.manners import Manners
from index.web.sources import Web

PASSAGES = 1000  # of a full-text search; beyond that many a reader narrows it down
UPLOADS = "uploads"
MAX_FILES = 100
_NAME = re.compile(r"[^\w.() -]+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list.

    Attributes:
        articles: those shown.
        total: how many there are on all pages.
        weeks: how many of all of them each week has, by its Monday.
    """

    articles: tuple[ListedArticle, ...]
    total: int
    weeks: dict[date, int]


class Collection:
    """The articles of one index.

    Args:
        store: that answers are given from; it notices what is taken in.
        place: where the index is; a folder is an embedded one.
        embedder: encodes what is taken in.
    """

    def __init__(self, store: Store, place: Path | Place, embedder: Embedder) -> None:
        self.store = store
        self._place = as_place(place)
        self._embedder = embedder
        self._taking = threading.Lock()

    def page(self, text: str, where: Filter, *, offset: int = 0, limit: int = 25) -> Page:
        """A page of the articles that `where` allows.

        Args:
            text: all its words must stand in one passage of an article, best first; in quotation marks side by side.
                Empty for all articles, newest first.
            where: what is allowed.
            offset: how many are passed over.
            limit: how many are shown.
        """
        if not text.strip():
            found = self.store.listed(where, offset=offset, limit=limit)
            return Page(tuple(found), self.store.counted(where), self.store.weekly(where))
        hits = self.store.search_lexical(Terms((), _parts(text)), PASSAGES, where)
        ids = tuple(dict.fromkeys(hit.article_id for hit in hits))
        shown = ids[offset : offset + limit]
        rank = {article_id: at for at, article_id in enumerate(shown)}
        found = self.store.listed(Filter(article_ids=shown), limit=limit)
        return Page(
            tuple(sorted(found, key=lambda article: rank[article.id])),
            len(ids),
            self.store.weekly(Filter(article_ids=ids)),
        )

    def copies(self, stored: StoredArticle) -> list[StoredArticle]:
        """The other articles of its story."""
        return [other for other in self.store.story(stored.story) if other.article.id != stored.article.id]

    def remove(self, article_id: str) -> bool:
        """Removes an article with everything that belongs to it; whether it was there.

        Raises:
            IndexBusy: another process is writing.
            StoreError: the disk refused.
        """
        gone = self.store.remove([article_id]) > 0
        if gone:
            self.store.snapshot()
        return gone

    def take(
        self,
        sources: Sequence[Path | Source],
        notify: Callable[[Progress], None] = lambda _: None,
    ) -> list[Item]:
        """Takes articles in; what became of each, in the order in which it was settled.

        Raises:
            InputError: there is nothing that can be read.
            IndexBusy: another process is writing.
            StoreError: the disk or the database refused; what was reported is in.
        """
        items: list[Item] = []
        with self._taking:  # a second reader's articles wait for the first one's
            aside(lambda: Builder(self._place, self._embedder).ingest(sources, notify, items.append))
        return items

    def take_address(self, address: str, notify: Callable[[Progress], None] = lambda _: None) -> list[Item]:
        """Takes in a page, or the articles of a feed or a sitemap, from the web; what became of each.

        Args:
            address: as typed; without a scheme it is taken for https. Never a path of this machine.
            notify: told the progress.

        Raises:
            InputError: there is no address.
            IndexBusy, StoreError: see `take`.
        """
        if not (typed := "".join(address.split())):
            msg = "There is no address."
            raise InputError(msg, "Type the address of a page or a feed, such as https://example.org/news.")
        return self.take([Web(typed if "://" in typed else f"https://{typed}", Manners())], notify)

    def take_files(self, paths: Sequence[Path], notify: Callable[[Progress], None] = lambda _: None) -> list[Item]:
        """Takes in uploaded files; what became of each article, and of each file that holds none.

        The files are copied to a place that depends on what is in them, since an article without id and address is
        known by where it came from: the same file again is the same article, and another file of the same name is
        another one. The copies are deleted afterwards.

        Args:
            paths: the files, with the names that they were uploaded under.
            notify: told the progress.

        Raises:
            InputError: there are too many files.
            IndexBusy, StoreError: see `take`.
        """
        if len(paths) > MAX_FILES:
            msg = f"These are {len(paths)} files; {MAX_FILES} at once are the most."
            raise InputError(msg, "Take in a folder with `dateline ingest`.")
        root = (self._place.folder / UPLOADS).resolve()
        copies: list[Path] = []
        try:
            for path in paths:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "blake2b").hexdigest()[:16]
                copies.append(root / digest / (_NAME.sub("_", path.name).lstrip(".") or "file"))
                copies[-1].parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copies[-1])
            found = survey(copies)
            if not found.files:
                return [Item("refused", r.source, reason=r.reason, advice=r.advice) for r in found.refused]
            return self.take(copies, notify)
        finally:
            for copy in copies:
                shutil.rmtree(copy.parent, ignore_errors=True)


def _parts(text: str) -> tuple[str, ...]:
    """Quoted phrases and single words of a search."""
    found = re.findall(r"[\"“]([^\"”]+)[\"”]|(\S+)", text)
    return tuple(phrase or word for phrase, word in found)
