"""Which store an index is in, and how it is opened: by name, as any plug-in (`dateline.stores`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index import plugins
from index.manifest import Manifest
from index.store import Store

GROUP = "dateline.stores"
EMBEDDED, MILVUS = "embedded", "milvus"


class Opens(Protocol):
    """What an entry point of `dateline.stores` is."""

    def __call__(self, place: Path, manifest: Manifest | None = None, *, create: bool = False, uri: str = "") -> Store:
        """Opens the index at `uri`, or where there is none in the folder `place`; see `Place.open`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index is.

    Attributes:
        folder: its folder; of a store elsewhere, what belongs to this machine alone (tokens, locks, conversations).
        store: name of an entry point of `dateline.stores`.
        uri: where the store keeps it, if not in the folder.
    """

    folder: Path
    store: str = EMBEDDED
    uri: str = ""

    def open(self, manifest: Manifest | None = None, *, create: bool = False) -> Store:
        """The store, to be closed after use.

        Args:
            manifest: what the index must be; None accepts any.
            create: make a new index (needs a manifest) where there is none.

        Raises:
            PluginError: there is no such store, or its extra is not installed.
            IndexMissing: there is no index and `create` is false.
            IndexMismatch: it was made with another encoder or chunking, or by a newer version.
            IndexBusy: another process has it, and it serves one at a time.
            StoreError: it cannot be opened.
        """
        opens: Opens = plugins.load(GROUP, self.store)
        return opens(self.folder, manifest, create=create, uri=self.uri)

    def __str__(self) -> str:
        return self.uri or str(self.folder)


def as_place(place: Path | Place) -> Place:
    """A folder as the place of an embedded store."""
    return place if isinstance(place, Place) else Place(place)


def named(target: str) -> Place:
    """The place that one word names: the URL of a Milvus cluster, a file of Milvus Lite (.db), or else a folder."""
    if "://" in target or target.endswith(".db"):
        folder = Path() if "://" in target else Path(target).parent
        return Place(folder, MILVUS, target)
    return Place(Path(target))
