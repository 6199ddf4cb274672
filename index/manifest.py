"""What shaped an index: encoder, dimension, chunking, schema. Another shape is refused with advice, never mixed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from index.errors import IndexMismatch

# 2: what was fetched from where (visits), and when passages last went (removals).
# 3: what tells this database from another (identity).
SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that two indexes must share so that vectors of one mean something in the other."""

    encoder: str
    dimension: int
    chunking: str
    schema: int = SCHEMA_VERSION

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        return cls(**json.loads(text))

    @property
    def outdated(self) -> bool:
        """Whether the index must be brought to the current schema before it is used."""
        return self.schema < SCHEMA_VERSION

    def understood(self, place: str) -> None:
        """Checks that this version of the program can use the index at `place`, described by self.

        Raises:
            IndexMismatch: it was made by a newer one.
        """
        if self.schema > SCHEMA_VERSION:
            msg = f"The index at {place} was made by a newer version (schema {self.schema})."
            raise IndexMismatch(msg, f"Upgrade Dateline, which knows schema {SCHEMA_VERSION}, or name another index.")

    def require(self, wanted: Manifest, place: str) -> None:
        """Checks that the index at `place`, described by self, can be used as `wanted`.

        Raises:
            IndexMismatch: naming what differs and what to do.
        """
        have, want = asdict(self), asdict(wanted)
        differing = [f"{key} is {have[key]!r}, wanted {want[key]!r}" for key in want if have[key] != want[key]]
        if differing:
            msg = f"The index at {place} was made differently: {'; '.join(differing)}."
            raise IndexMismatch(
                msg,
                "Use the same settings as when it was made, encode it anew with `dateline reindex`, or build another"
                " with --index DIR and `dateline ingest`.",
            )
