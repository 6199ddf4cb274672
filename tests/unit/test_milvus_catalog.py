"""What every process keeps of an index in Milvus: the next state is made of the last at the cost of what changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pymilvus", reason="the extra milvus is not installed")

from index.milvus.catalog import Catalog, Head, Meta
from index.milvus.layered import Draft, Layered
from index.milvus.link import Link
from index.milvus.writing import Writing
from index.sqlite_words import Words

MANY = 100_000
META = Meta(1, 0, "{}")
DAY = date(2020, 1, 1).toordinal()


def head(n: int, *, story: int = 0, day: int = 0, outlet: str | None = "CNN", passages: int = 3) -> Head:
    return Head(
        row=n, n=n, id=f"a{n}", version=1, hash="", source="", story=story or n, day=day, outlet=outlet, url=0,
        passage=3 * n, passages=passages, sentences=9, bands=16 * n, body=n, parts=1,
    )  # fmt: skip


class Shared(dict[Any, Any]):
    """A dictionary that is not gone through."""

    def _refuse(self) -> Any:
        msg = f"{len(self):,} entries are gone through"
        raise AssertionError(msg)

    __iter__ = keys = values = items = copy = _refuse


@pytest.fixture(scope="module")
def large() -> Catalog:
    """A hundred thousand articles: every tenth repeats the one before, a hundred outlets, ten years."""
    heads = {
        n: head(n, story=n - (n % 10 == 0), day=DAY + n % 3650, outlet=f"Outlet {n % 100}") for n in range(1, MANY + 1)
    }
    return Catalog(META).advanced(META, heads, frozenset())


def shared(catalog: Catalog) -> Catalog:
    """The same; nothing that grows with the articles may be gone through."""
    parts = {name: Layered(Shared(getattr(catalog, name).items())) for name in ("heads", "by_id", "stories")}
    return cast("Catalog", replace(catalog, **parts))  # type: ignore[arg-type]


class TestCost:
    def test_a_commit_goes_through_what_it_changes_alone(self, large: Catalog) -> None:
        catalog, changed = shared(large), 0
        for commit in range(20):
            first = MANY + 50 * commit + 1
            changes: dict[int, Head | None] = {
                n: head(n, story=n - n % 2, day=DAY + 5000) for n in range(first, first + 50)
            }
            changes[commit + 1] = None
            changes[commit + 101] = head(commit + 101, story=commit + 102, outlet="The Week")
            catalog, changed = catalog.advanced(META, changes, frozenset()), changed + len(changes)
            for part in (catalog.heads, catalog.by_id, catalog.stories):
                assert len(part._changed) <= 2 * changed
            assert catalog.newest == date.fromordinal(DAY + 5000)
            assert catalog.written["CNN"] == 150 * (commit + 1)
            assert catalog.stories[commit + 102][0] == commit + 101
        assert len(catalog.heads) == MANY + 20 * 50 - 20
        assert catalog.passages == 3 * len(catalog.heads)

    def test_a_commit_is_gathered_without_a_copy(self, large: Catalog) -> None:
        writing = Writing(cast("Link", None), shared(large), Words())
        writing.move(7, 9)
        writing.move(20, 9)
        assert writing.members(9) == [7, 9, 10, 20]
        assert writing.members(19) == [19]
        assert writing.heads.changes.keys() == {7, 20}
        assert large.heads[7].story == 7

    def test_the_large_dictionary_is_made_anew_now_and_then(self, large: Catalog) -> None:
        catalog, made = large, set[int]()
        wholes = [catalog.heads._whole]  # kept, so that no other gets its address
        for commit in range(200):
            first = MANY + 50 * commit + 1
            catalog = catalog.advanced(META, {n: head(n) for n in range(first, first + 50)}, frozenset())
            wholes.append(catalog.heads._whole)
            made.add(id(catalog.heads._whole))
            assert len(catalog.heads._changed) < 3_000
        assert len(made) == 4, "of 200 commits with 10,000 articles, 3 copied it"


@given(st.lists(st.dictionaries(st.integers(0, 30), st.one_of(st.none(), st.integers(1, 5)), max_size=8), max_size=30))
def test_it_is_a_dictionary_of_which_earlier_states_stay(changes: list[dict[int, int | None]]) -> None:
    layered, plain, states = Layered[int, int](), dict[int, int](), list[tuple[Layered[int, int], dict[int, int]]]()
    for change in changes:
        layered = layered.advanced(change)
        plain = {key: value for key, value in {**plain, **change}.items() if value is not None}
        states.append((layered, plain))
    for one, other in states:
        assert dict(one.items()) == other
        assert sorted(one) == sorted(other)
        assert sorted(one.values()) == sorted(other.values())
        assert len(one) == len(other)
        assert [key in one for key in range(32)] == [key in other for key in range(32)]
        with pytest.raises(KeyError):
            one[99]


def test_a_draft_leaves_what_it_was_made_of() -> None:
    before = Layered({1: "a", 2: "b"})
    draft = Draft(before)
    draft[1], draft[3] = "c", "d"
    del draft[2]
    assert (draft[1], draft.get(2), draft[3], 2 in draft, 3 in draft) == ("c", None, "d", False, True)
    assert dict(before.items()) == {1: "a", 2: "b"}
    assert dict(before.advanced(draft.changes).items()) == {1: "c", 3: "d"}


numbers = st.integers(1, 12)
heads = st.builds(
    head,
    numbers,
    story=numbers,
    day=st.sampled_from([0, DAY, DAY + 1, DAY + 9]),
    outlet=st.sampled_from([None, "A", "B", "C"]),
    passages=st.integers(1, 4),
)


@given(st.lists(st.tuples(st.lists(heads, max_size=5), st.lists(numbers, max_size=3)), max_size=8))
def test_what_is_carried_forward_is_what_would_be_counted(commits: list[tuple[list[Head], list[int]]]) -> None:
    catalog = Catalog(META)
    now: dict[int, Head] = {}
    for put, removed in commits:
        changes: dict[int, Head | None] = {**{one.n: one for one in put}, **dict.fromkeys(removed)}
        catalog = catalog.advanced(META, changes, frozenset())
        now = {n: one for n, one in {**now, **changes}.items() if one}
        _check(catalog, now)
    _check(Catalog(META).advanced(META, now, frozenset()), now)


def _check(catalog: Catalog, heads: dict[int, Head]) -> None:
    stories: dict[int, tuple[int, ...]] = {}
    written = Counter[str]()
    for n in sorted(heads):
        stories[heads[n].story] = (*stories.get(heads[n].story, ()), n)
        if name := heads[n].outlet:
            written[name] += heads[n].passages
    assert dict(catalog.heads.items()) == heads
    assert dict(catalog.by_id.items()) == {one.id: n for n, one in heads.items()}
    assert dict(catalog.stories.items()) == stories
    assert catalog.passages == sum(one.passages for one in heads.values())
    assert sorted(catalog.outlets) == sorted(written)
    counts = [written[name] for name in catalog.outlets]
    assert counts == sorted(counts, reverse=True)
    newest = max((one.day for one in heads.values()), default=0)
    assert catalog.newest == (date.fromordinal(newest) if newest else None)
    assert catalog.stats().stories == len(stories)
