"""load → cut → embed → store: incremental, resumable, one batch of articles a transaction.

Who loads, cuts and embeds is exchangeable (`index.workers`); what is new is decided, and committed, here alone.

What has been reported as added is committed. A kill loses at most the batch in work; running again takes up where it
stopped, because articles whose content is known are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from index.embed import Embedder
from index.errors import InputError
from index.load import Files, file_of, readable
from index.records import Article
from index.report import Item, Progress, Report
from index.sources import Left, Looked, Lot, Refused, Seen, Source, Unchanged
from index.store import Entry, Store
from index.stores import Place, as_place
from index.workers import Local, Made, Workers

# Articles looked up together to see which are new.
_LOOKED_UP = 500


@dataclass(slots=True)
class _Run:
    """What one ingest has seen so far.

    Attributes:
        seen: content hash by article id.
        unread: files, folders and addresses of which something could not be read: their articles are unknown, not gone.
        changed: whether anything was written.
        removed: whether anything was removed: its vectors leave the FAISS file at once.
    """

    seen: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    changed: bool = False
    removed: bool = False

    def has_another(self, item: Seen) -> bool:
        """Whether another article of this run has its id, and other content."""
        return self.seen.get(item.article_id, "") not in ("", item.content_hash)

    def refused(self, item: Refused) -> Item:
        """Enters a refusal."""
        self.unread |= {item.source, file_of(item.source), file_of(item.source).rsplit(":", 1)[0]}
        return Item("refused", item.source, reason=item.reason, advice=item.advice, record=item.record)


class Builder:
    """Brings an index up to date with files, folders, pages and feeds.

    Args:
        place: where the index is; a folder is an embedded one.
        embedder: what encodes.
        wait_s: how long to wait for another process that is writing before giving up.
        workers: who reads, cuts and encodes, ready to work; by default this process.
    """

    def __init__(
        self, place: Path | Place, embedder: Embedder, *, wait_s: float = 0.0, workers: Workers | None = None
    ) -> None:
        self._where = as_place(place)
        self.place = self._where.folder
        self._manifest = Local(embedder).manifest
        self._wait_s = wait_s
        self._workers = workers or Local(embedder)

    def open(self) -> Store:
        """The store at the builder's place, made if need be.

        Raises:
            IndexMismatch: there is one, made with another encoder or chunking.
        """
        return self._where.open(self._manifest, create=True)

    def ingest(
        self,
        sources: Iterable[Path | Source],
        notify: Callable[[Progress], None] = lambda _: None,
        each: Callable[[Item], None] = lambda _: None,
    ) -> Report:
        """Takes in every article of `sources`; articles that came from a path before and are gone are removed.

        An article that cannot be read is refused and reported; the others go in.

        Args:
            sources: files, folders, and sources such as `index.web.sources.Web`.
            notify: told how far it is.
            each: told what became of each item, as soon as that is true.

        Raises:
            InputError: a path does not exist, or there are no articles under the paths.
            IndexBusy: another process is writing.
            IndexMismatch: the index was made with another encoder or chunking.
            StoreError: the disk or the database refused; what was reported is in.
            WorkersFailed: those who read and encode are gone; what was reported is in.
        """
        report, found = Report(), gathered(sources)
        report.skipped = {
            suffix: n for one in found if isinstance(one, Files) for suffix, n in one.found.skipped.items()
        }
        with closing(self.stream(found)) as events:
            for event in events:
                if isinstance(event, Progress):
                    notify(event)
                else:
                    report.note(event)
                    each(event)
        return report

    def stream(self, sources: Sequence[Source]) -> Generator[Item | Progress, None, None]:
        """The same as it happens, an item at a time; what was yielded as an item is committed.

        A stream that is given up stays at what it has yielded; close it, so that the index is free for others.

        Raises:
            As `ingest` does.
        """
        run = _Run()
        with self.open() as store:
            for source in sources:
                for lot in source.lots(store):
                    with store.exclusive(self._wait_s):
                        yield from self._take(store, lot, run)
                        store.remember(lot.visits)
                with store.exclusive(self._wait_s):
                    yield from self._gone(store, source, run)
            if run.changed:
                store.snapshot(if_worth_it=not run.removed)

    def _take(self, store: Store, lot: Lot, run: _Run) -> Iterator[Item | Progress]:
        wanted: dict[str, Seen] = {}
        second: list[Seen] = []
        items = self._workers.look(lot)
        while batch := list(islice(items, _LOOKED_UP)):
            articles = {item.article_id: item for item in batch if isinstance(item, Seen)}
            known = store.hashes(list(articles))
            store.relocate({i: a.source for i, a in articles.items() if known.get(i) == a.content_hash})
            for item in batch:
                if isinstance(item, Seen) and run.has_another(item):
                    second.append(item)
                elif outcome := self._looked_at(item, known, run):
                    yield outcome
                elif isinstance(item, Seen):
                    wanted[item.article_id] = item
        if second:
            yield from self._second(lot, run, second)
        if wanted:
            yield from self._encoded(store, lot, run, wanted)

    @staticmethod
    def _looked_at(item: Looked, known: dict[str, str], run: _Run) -> Item | None:
        """What becomes of an item that need not be encoded; None for one that must be."""
        if isinstance(item, Refused):
            return run.refused(item)
        if isinstance(item, Left):
            return Item("left", item.source, reason=str(item), advice="The next run goes on with them.", more=item)
        if isinstance(item, Unchanged):
            run.seen.setdefault(item.article_id, "")
            return Item("unchanged", item.source, item.article_id)
        if item.article_id in run.seen:
            return Item("unchanged", item.source, item.article_id, item.title)
        run.seen[item.article_id] = item.content_hash
        same = known.get(item.article_id) == item.content_hash
        return Item("unchanged", item.source, item.article_id, item.title) if same else None

    @staticmethod
    def _second(lot: Lot, run: _Run, second: Sequence[Seen]) -> Iterator[Item]:
        """Refuses articles whose id another one has, with their records: for these, their files are read once more."""
        wanted = {(seen.source, seen.article_id, seen.content_hash): seen for seen in second}
        for item in lot.read({seen.source for seen in second}):
            if not isinstance(item, Article):
                continue
            if wanted.pop((item.source, item.id, item.content_hash), None) is not None:
                where = f"{item.source}:{item.line}" if item.line else item.source
                yield run.refused(_same_id(where, item.id, item.record))
        yield from (run.refused(_same_id(seen.source, seen.article_id)) for seen in wanted.values())

    def _encoded(self, store: Store, lot: Lot, run: _Run, wanted: Mapping[str, Seen]) -> Iterator[Item | Progress]:
        """Second reading: stores what is new, a batch at a time, as it comes cut and encoded."""
        total = sum(seen.characters for seen in wanted.values())
        done = characters = 0
        yield Progress(0, len(wanted), 0, total)
        with closing(self._workers.entries(lot, wanted)) as batches:
            for batch in batches:
                yield from self._stored(store, batch, run)
                for article_id, _ in batch:
                    done, characters = done + 1, characters + wanted[article_id].characters
                    yield Progress(done, len(wanted), characters, total)

    @staticmethod
    def _stored(store: Store, batch: Made, run: _Run) -> Iterator[Item]:
        entries = [made for _, made in batch if isinstance(made, Entry)]
        outcomes = store.put(entries) if entries else []
        run.changed = run.changed or bool(entries)
        yield from (run.refused(made) for _, made in batch if isinstance(made, Refused))
        near = store.twins([entry.cut.article.id for entry in entries])
        for entry, outcome in zip(entries, outcomes, strict=True):
            article = entry.cut.article
            twin = near.get(article.id, "") if outcome == "added" else ""
            yield Item("near-duplicate" if twin else outcome, article.source, article.id, article.title, near=twin)

    @staticmethod
    def _gone(store: Store, source: Source, run: _Run) -> Iterator[Item]:
        """Removes articles that came from a source before and are there no more.

        A file or folder that could not be read keeps its articles: its content is unknown, not gone.
        """
        gone = {
            article_id: name
            for name, ids in store.sources().items()
            if source.covers(name) and not run.unread & {name, file_of(name), *map(str, Path(file_of(name)).parents)}
            for article_id in ids
            if article_id not in run.seen
        }
        if gone and store.remove(list(gone)):
            run.changed = run.removed = True
        for article_id, name in gone.items():
            yield Item("removed", name, article_id)


def _same_id(source: str, article_id: str, record: Mapping[str, object] | None = None) -> Refused:
    what = f"id {article_id!r}" if record is None or "id" in record else "address"
    reason = f"another article of this run has the same {what} and other content"
    return Refused(source, reason, "Give each article an id of its own.", record)


def gathered(sources: Iterable[Path | Source]) -> list[Source]:
    """Sources, of which all paths together are one.

    Raises:
        InputError: a path does not exist, or there is nothing to read under the paths.
    """
    given = list(sources)
    paths = [item for item in given if isinstance(item, Path)]
    others = [item for item in given if not isinstance(item, Path)]
    if not paths:
        return others
    files = Files(paths)
    if not (files.found.files or others):
        msg = f"No articles under {', '.join(str(path) for path in paths)}."
        raise InputError(msg, readable())
    return [files, *others]
