"""Where articles are read, cut and encoded: in this process, or by others that a plug-in hires.

Found by entry point, group ``dateline.workers``: ``ray`` → ``RayWorkers(embedder, spec, "")``, ``ray://host:10001`` →
``RayWorkers(embedder, spec, "host:10001")``. Whoever works, one process decides what is new and commits it
(`index.build`), and every article passes through `Local.encoded`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, Self

from index import plugins
from index.chunk import Chunker, embedded_text
from index.embed import Embedder
from index.errors import InputError
from index.manifest import Manifest
from index.records import Article, Cut
from index.sources import Looked, Lot, Readable, Refused, Seen
from index.store import Entry

GROUP = "dateline.workers"

# Passages encoded and committed together: some 8 s of work on two cores, and enough to sort by length.
BATCH_PASSAGES = 256

# What became of the articles of a batch: by article id, ready to be stored, or why not.
Made = Sequence[tuple[str, Entry | Refused]]


class Workers(Protocol):
    """Read, cut and encode the articles of a lot. Hired by entering a `with`, let go by leaving it."""

    def __enter__(self) -> Self:
        """Gets them ready.

        Raises:
            WorkersFailed: they cannot be reached or started.
        """

    def __exit__(self, *exc: object) -> None: ...

    def look(self, lot: Lot) -> Iterator[Looked]:
        """The first reading: what there is, in order.

        Raises:
            WorkersFailed: work was lost that cannot be done again.
        """

    def entries(self, lot: Lot, wanted: Mapping[str, Seen]) -> Generator[Made, None, None]:
        """The second reading: the wanted articles, cut and encoded, each once and in the order of reading.

        Args:
            lot: that `look` has looked at.
            wanted: what `look` said of them, by article id.

        Raises:
            WorkersFailed: as `look`.
        """


class Hires(Protocol):
    """What an entry point of `dateline.workers` is."""

    def __call__(self, embedder: Embedder, spec: str, address: str) -> Workers:
        """Workers that are not ready yet.

        Args:
            embedder: the encoder, in this process.
            spec: its name; workers elsewhere make their own by it (`index.embed.embedder`).
            address: where they are; empty for this machine.
        """


class Local:
    """This process. The arguments are those of `Hires`, of which it needs the first."""

    def __init__(self, embedder: Embedder, _spec: str = "", _address: str = "") -> None:
        self._embedder = embedder
        self.chunker = Chunker(embedder.count_tokens, embedder.max_tokens)

    @property
    def manifest(self) -> Manifest:
        """What an index must be to hold what is made here."""
        return Manifest(self._embedder.name, self._embedder.dimension, self.chunker.fingerprint)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return

    def look(self, lot: Lot) -> Iterator[Looked]:
        return (Seen.of(item) if isinstance(item, Article) else item for item in lot.read())

    def entries(self, lot: Lot, wanted: Mapping[str, Seen]) -> Generator[Made, None, None]:
        return self.encoded(wanted_of(lot, {article_id: seen.source for article_id, seen in wanted.items()}))

    def encoded(self, articles: Iterable[Article]) -> Generator[Made, None, None]:
        """Articles, cut and encoded, in batches of some `BATCH_PASSAGES` passages."""
        cuts: list[Cut] = []
        refused: list[tuple[str, Refused]] = []
        for article in articles:
            try:
                cuts.append(self.chunker.cut(article))
            except InputError as exc:
                refused.append((article.id, Refused(article.source, exc.message, exc.advice)))
            if sum(len(cut.passages) for cut in cuts) >= BATCH_PASSAGES:
                yield [*refused, *self._vectors(cuts)]
                cuts, refused = [], []
        if cuts or refused:
            yield [*refused, *self._vectors(cuts)]

    def _vectors(self, cuts: Sequence[Cut]) -> Iterator[tuple[str, Entry]]:
        texts = [embedded_text(cut.article.title, cut.passage_text(p)) for cut in cuts for p in cut.passages]
        vectors, at = self._embedder.encode(texts), 0
        for cut in cuts:
            yield cut.article.id, Entry(cut, vectors[at : at + len(cut.passages)])
            at += len(cut.passages)


def wanted_of(lot: Readable, wanted: Mapping[str, str]) -> Iterator[Article]:
    """The wanted articles, each once: of two with one id the first, as `index.build` counts them.

    Args:
        lot: what they are read from.
        wanted: the source of each, by article id.
    """
    left = set(wanted)
    for item in lot.read(set(wanted.values())):
        if isinstance(item, Article) and item.id in left:
            left.remove(item.id)
            yield item


def workers(spec: str, embedder: Embedder, encoder: str) -> Workers:
    """The workers of that name (``NAME`` or ``NAME://ADDRESS``), to be entered.

    Args:
        spec: their name.
        embedder: the encoder, in this process.
        encoder: its name.

    Raises:
        PluginError: there are no such workers, or their extra is not installed.
    """
    name, _, address = spec.partition("://")
    hires: Hires = plugins.load(GROUP, name)
    return hires(embedder, encoder, address)
