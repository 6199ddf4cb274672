"""A dictionary of which another with a few changes is made without copying it: every commit makes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# Changes are put into the large dictionary when copying them often would cost more than copying it now and then.
_OFTEN = 64


class _Looked(Generic[K, V]):
    """What follows from `get`."""

    __slots__ = ()

    def get(self, key: K) -> V | None:
        """The value of a key, None where there is none."""
        raise NotImplementedError

    def __getitem__(self, key: K) -> V:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None  # type: ignore[arg-type]


class Layered(_Looked[K, V]):
    """A dictionary that never changes: a large one that many share, and a small one of what differs.

    Keys keep their places, as in a dictionary.

    Args:
        whole: the large one; not changed afterwards.
    """

    __slots__ = ("_changed", "_length", "_whole")

    def __init__(self, whole: Mapping[K, V] | None = None) -> None:
        self._whole: Mapping[K, V] = {} if whole is None else whole
        self._changed: dict[K, V | None] = {}  # None: not there any more
        self._length = len(self._whole)

    def advanced(self, changes: Mapping[K, V | None]) -> Layered[K, V]:
        """One with other values of some keys; without those whose value is None."""
        if not changes:
            return self
        new: Layered[K, V] = Layered(self._whole)
        new._changed = {**self._changed, **changes}
        new._length = self._length + sum((changes[key] is not None) - (key in self) for key in changes)
        return new if len(new._changed) ** 2 <= _OFTEN * len(self._whole) else Layered(dict(new.items()))

    def get(self, key: K) -> V | None:
        return self._changed[key] if key in self._changed else self._whole.get(key)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self.items())

    def items(self) -> Iterator[tuple[K, V]]:
        """Keys with their values, in order."""
        changed = self._changed
        for key, value in self._whole.items():
            now = changed.get(key, value)
            if now is not None:
                yield key, now
        for key, new in changed.items():
            if new is not None and key not in self._whole:
                yield key, new

    def values(self) -> Iterator[V]:
        """Values in the order of their keys."""
        return (value for _, value in self.items())


class Draft(_Looked[K, V]):
    """What becomes of such a dictionary.

    Attributes:
        changes: by key; None: not there any more.
    """

    def __init__(self, before: Layered[K, V]) -> None:
        self._before = before
        self.changes: dict[K, V | None] = {}

    def get(self, key: K) -> V | None:
        return self.changes[key] if key in self.changes else self._before.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        self.changes[key] = value

    def __delitem__(self, key: K) -> None:
        self.changes[key] = None
