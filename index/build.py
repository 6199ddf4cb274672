"""load → cut → embed → store: incremental, resumable, one batch of articles a transaction.

What has been reported as added is committed. A kill loses at most the batch in work; running again takes up where it
stopped, because articles whose content is known are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.chunk import Chunker, embedded_text
from index.embed import Embedder
from index.errors import InputError
from index.load import Refused, load, scan
from index.manifest import Manifest
from index.records import Article, Cut
from index.sqlite_faiss import SqliteFaissStore
from index.store import Entry

# Passages encoded and committed together: some 8 s of work on two cores, and enough to sort by length.
BATCH_PASSAGES = 256


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is: articles and characters done, of those that need encoding."""

    articles: int
    of_articles: int
    characters: int
    of_characters: int


@dataclass(slots=True)
class Report:
    """What became of every item of an ingest. The lists hold article ids."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the index differs from before."""
        return bool(self.added or self.updated or self.removed)


class Builder:
    """Brings an index up to date with files and folders."""

    def __init__(self, place: Path, embedder: Embedder) -> None:
        self.place = place
        self.embedder = embedder
        self.chunker = Chunker(embedder.count_tokens, embedder.max_tokens)

    def open(self) -> SqliteFaissStore:
        """The store at the builder's place, made if need be.

        Raises:
            IndexMismatch: there is one, made with another encoder or chunking.
        """
        manifest = Manifest(self.embedder.name, self.embedder.dimension, self.chunker.fingerprint)
        return SqliteFaissStore(self.place, manifest, create=True)

    def ingest(self, paths: Sequence[Path], notify: Callable[[Progress], None] = lambda _: None) -> Report:
        """Takes in every article under `paths`; articles that came from there before and are gone are removed.

        An article that cannot be read is refused and reported; the others go in.

        Raises:
            InputError: a path does not exist, or nothing under `paths` could be read.
            IndexBusy: another process is writing.
            IndexMismatch: the index was made with another encoder or chunking.
            StoreError: the disk or the database refused; what was reported is in.
        """
        files = scan(paths)
        if not files:
            msg = f"No articles under {', '.join(str(path) for path in paths)}."
            raise InputError(msg, "Files that can be read end in .md, .txt, .json or .jsonl, each also with .gz.")
        with self.open() as store, store.exclusive():
            report, wanted, seen = self._survey(store, paths)
            for batch in _batched(self._cuts(paths, wanted, report, notify)):
                texts = [embedded_text(cut.article.title, cut.passage_text(p)) for cut in batch for p in cut.passages]
                vectors = self.embedder.encode(texts)
                entries, at = [], 0
                for cut in batch:
                    entries.append(Entry(cut, vectors[at : at + len(cut.passages)]))
                    at += len(cut.passages)
                for cut, outcome in zip(batch, store.put(entries), strict=True):
                    (report.added if outcome == "added" else report.updated).append(cut.article.id)
            report.removed = self._gone(store, paths, seen, report)
            store.remove(report.removed)
            if report.changed:
                store.snapshot()
        return report

    def _survey(self, store: SqliteFaissStore, paths: Sequence[Path]) -> tuple[Report, dict[str, int], set[str]]:
        """First pass: what is refused, what is unchanged, and the length of what must be encoded, by id."""
        report = Report()
        seen: dict[str, str] = {}
        wanted: dict[str, int] = {}
        for batch in _chunks(load(paths), 500):
            articles = []
            for item in batch:
                if isinstance(item, Refused):
                    report.refused.append(item)
                elif item.id in seen:
                    if seen[item.id] != item.content_hash:
                        reason = f"another article of this run has the same id {item.id!r} and other content"
                        report.refused.append(Refused(item.source, reason, "Give each article an id of its own."))
                else:
                    seen[item.id] = item.content_hash
                    articles.append(item)
            known = store.hashes([article.id for article in articles])
            for article in articles:
                if known.get(article.id) == article.content_hash:
                    report.unchanged.append(article.id)
                else:
                    wanted[article.id] = len(article.text)
        return report, wanted, set(seen)

    def _cuts(
        self, paths: Sequence[Path], wanted: dict[str, int], report: Report, notify: Callable[[Progress], None]
    ) -> Iterator[Cut]:
        """Second pass: cuts what must be encoded."""
        if not wanted:
            return
        left = dict(wanted)
        total = sum(wanted.values())
        notify(Progress(0, len(wanted), 0, total))
        for item in load(paths):
            if isinstance(item, Article) and left.pop(item.id, None) is not None:
                try:
                    cut = self.chunker.cut(item)
                except InputError as exc:
                    report.refused.append(Refused(item.source, exc.message, exc.advice))
                else:
                    yield cut
                done = len(wanted) - len(left)
                notify(Progress(done, len(wanted), total - sum(left.values()), total))

    @staticmethod
    def _gone(store: SqliteFaissStore, paths: Sequence[Path], seen: set[str], report: Report) -> list[str]:
        """Articles that came from under `paths` before and are there no more.

        A file that could not be read keeps its articles: its content is unknown, not gone.
        """
        roots = [path.resolve() for path in paths]
        unread = {refused.source.rsplit(":", 1)[0] for refused in report.refused} | {r.source for r in report.refused}
        gone: list[str] = []
        for source, ids in store.sources().items():
            under = any(Path(source) == root or root in Path(source).parents for root in roots)
            if under and source not in unread:
                gone.extend(article_id for article_id in ids if article_id not in seen)
        return gone


def _batched(cuts: Iterator[Cut]) -> Iterator[list[Cut]]:
    batch: list[Cut] = []
    size = 0
    for cut in cuts:
        batch.append(cut)
        size += len(cut.passages)
        if size >= BATCH_PASSAGES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _chunks(items: Iterator[Article | Refused], size: int) -> Iterator[list[Article | Refused]]:
    chunk: list[Article | Refused] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
