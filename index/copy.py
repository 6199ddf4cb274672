"""From one store to another, with versions, vectors and what was fetched: nothing is encoded again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.errors import InputError
from index.records import PassageSpan, Span
from index.report import Progress
from index.store import Kept, Store
from index.stores import Place

# Articles read and written together: some 300 passages, which is a message of two megabytes.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Copied:
    """What was done.

    Attributes:
        articles: how many were copied now.
        there: how many a copy that was stopped had left there, or an earlier one.
    """

    articles: int
    there: int


def copy(source: Place, target: Place, notify: Callable[[Progress], None] = lambda _: None) -> Copied:
    """Copies an index. One that was stopped goes on where it was: articles that are there as they are here are left.

    Articles keep their ids and versions; the numbers of sentences, passages and stories are the target's own.

    Args:
        source: the index.
        target: where it goes; made if need be.
        notify: told how far it is.

    Raises:
        InputError: source and target are one, or the target holds articles that the source has not.
        IndexMissing: there is no source.
        IndexMismatch: the target was made with another encoder or chunking.
        IndexBusy: another process is writing to the target.
        StoreError: a store refused; what was copied is in.
    """
    if source == target:
        msg = f"The index is at {source} already."
        raise InputError(msg, "Name another place with --to.")
    with source.open() as origin, target.open(origin.manifest, create=True) as copied, copied.exclusive():
        with origin.reading():
            ids = origin.added_ids()
            there = set(copied.added_ids())
            if more := there.difference(ids):
                msg = f"The index at {target} holds {len(more)} articles that the one at {source} does not hold."
                raise InputError(msg, "Name an empty place, or remove them there first.")
            done = left = 0
            for at in range(0, len(ids), BATCH):
                batch = ids[at : at + BATCH]
                wanted = [i for i in batch if i not in there or not _same(origin, copied, i)]
                copied.remove([i for i in wanted if i in there])
                copied.restore([_kept(origin, i) for i in wanted])
                done, left = done + len(wanted), left + len(batch) - len(wanted)
                notify(Progress(done + left, len(ids), done + left, len(ids)))
            copied.remember(origin.visits())
        copied.snapshot()
    return Copied(done, left)


def _same(origin: Store, copied: Store, article_id: str) -> bool:
    """Whether an article is there with all its versions."""
    ours, theirs = origin.versions(article_id), copied.versions(article_id)
    return [(v.article, v.version, v.added_at) for v in ours] == [(v.article, v.version, v.added_at) for v in theirs]


def _kept(store: Store, article_id: str) -> Kept:
    versions = store.versions(article_id)
    sentences = [tuple(Span(s.start, s.end) for s in store.sentences(article_id, v.version)) for v in versions]
    passages = store.article_passages(article_id)
    return Kept(
        tuple(versions),
        tuple(sentences),
        tuple(PassageSpan(p.first, p.last) for p in passages),
        store.vectors([p.id for p in passages]),
    )
