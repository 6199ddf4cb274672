"""Evidence in parts: whole, overlapping, never more than fits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.parts import parts


def up_to(length: int) -> Callable[[str], bool]:
    return lambda text: len(text) <= length


@pytest.mark.parametrize(
    ("sentences", "length", "wanted"),
    [
        (["aa", "bb", "cc"], 8, ["aa bb cc"]),
        (["aa", "bb", "cc"], 5, ["aa bb", "bb cc"]),
        (["aa", "bb", "cc", "dd", "ee"], 8, ["aa bb cc", "cc dd ee"]),
        (["aa", "bbbbbb", "cc"], 6, ["aa", "bbbbbb", "cc"]),
        (["one two three four"], 9, ["one two", "three", "four"]),
        (["abcdefgh"], 3, ["ab", "cd", "ef", "gh"]),
        (["", "  ", "aa"], 8, ["aa"]),
        ([], 8, []),
        (["aa"], -1, []),
    ],
)
def test_by_length(sentences: list[str], length: int, wanted: list[str]) -> None:
    assert list(parts(sentences, up_to(length))) == wanted


@given(st.lists(st.text(alphabet="ab ", max_size=30), max_size=8), st.integers(1, 20))
def test_all_fit_and_nothing_is_lost(sentences: list[str], length: int) -> None:
    found = list(parts(sentences, up_to(length)))
    assert all(0 < len(part) <= length for part in found)
    given_letters = "".join(sentences).replace(" ", "")
    assert len("".join(found).replace(" ", "")) >= len(given_letters)
    assert {word for s in sentences if len(s) <= length for word in s.split()} <= {w for p in found for w in p.split()}
