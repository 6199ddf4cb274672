"""Columns of the passage table kept in memory, so that a filter costs microseconds before a vector search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.records import Filter, Hit
from index.vectors import Ids


@dataclass(frozen=True, slots=True)
class Columns:
    """One immutable snapshot; the arrays run in parallel, in ascending order of passage id.

    Attributes:
        ids: passage ids, int64.
        days: proleptic ordinal of the publication day, 0 where unknown, int32.
        outlets: code of the outlet's lower-cased name, int32.
        owners: row number of the article, int64.
        codes: outlet codes by lower-cased name.
        outlet_names: outlets as they are written, most articles' passages first.
        names: article ids by row number.
        generation: the commit that this is a snapshot of.
        counts: passages by outlet, as it is written.
    """

    ids: Ids
    days: npt.NDArray[np.int32]
    outlets: npt.NDArray[np.int32]
    owners: Ids
    codes: Mapping[str, int]
    outlet_names: tuple[str, ...]
    names: Mapping[int, str]
    generation: int
    counts: Mapping[str, int]

    @property
    def last_id(self) -> int:
        """The greatest passage id, 0 when there is none."""
        return int(self.ids[-1]) if self.ids.size else 0

    @classmethod
    def read(
        cls, rows: Sequence[tuple[int, int | None, str | None, int]], names: Mapping[int, str], generation: int
    ) -> Columns:
        """From rows (passage id, day, outlet, article row) in ascending order of passage id."""
        ids, owners = np.empty(0, np.int64), np.empty(0, np.int64)
        days, outlets = np.empty(0, np.int32), np.empty(0, np.int32)
        return cls(ids, days, outlets, owners, {}, (), {}, -1, {}).extended(rows, names, generation)

    def extended(
        self, rows: Sequence[tuple[int, int | None, str | None, int]], names: Mapping[int, str], generation: int
    ) -> Columns:
        """With more rows, of greater passage ids, and more articles; everything else is as it was."""
        codes = dict(self.codes)
        counts = Counter(self.counts)
        counts.update(row[2] for row in rows if row[2])
        size = len(rows)
        return Columns(
            np.append(self.ids, np.fromiter((row[0] for row in rows), np.int64, size)),
            np.append(self.days, np.fromiter((row[1] or 0 for row in rows), np.int32, size)),
            np.append(
                self.outlets,
                np.fromiter((codes.setdefault((row[2] or "").lower(), len(codes)) for row in rows), np.int32, size),
            ),
            np.append(self.owners, np.fromiter((row[3] for row in rows), np.int64, size)),
            codes,
            tuple(name for name, _ in counts.most_common()),
            {**self.names, **names},
            generation,
            counts,
        )

    def allowed(self, where: Filter, owners: Sequence[int] | None, without: Sequence[int] = ()) -> Ids | None:
        """Passage ids that pass the filter, ascending; None means all. `owners` and `without`: rows of the
        articles that the filter names.
        """
        if where == Filter():
            return None
        keep = np.ones(self.ids.size, dtype=np.bool_)
        undated = self.days == 0
        if where.since:
            keep &= (self.days >= where.since.toordinal()) | undated
        if where.until:
            keep &= (self.days <= where.until.toordinal()) | undated
        if not where.include_undated:
            keep &= ~undated
        if where.outlets:
            wanted = [self.codes[name.lower()] for name in where.outlets if name.lower() in self.codes]
            keep &= np.isin(self.outlets, wanted)
        if owners is not None:
            keep &= np.isin(self.owners, owners)
        if without:
            keep &= ~np.isin(self.owners, without)
        return self.ids[keep]

    def hits(self, ids: Sequence[int], scores: Sequence[float]) -> list[Hit]:
        """Hits for passage ids found by a search; ids that this snapshot lacks are left out."""
        if not ids or not self.ids.size:
            return []
        at = np.minimum(np.searchsorted(self.ids, ids), self.ids.size - 1)
        return [
            Hit(passage, self.names[int(self.owners[where])], score)
            for passage, where, score in zip(ids, at, scores, strict=True)
            if self.ids[where] == passage
        ]
