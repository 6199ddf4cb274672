"""How much is quoted where no language model writes."""

from __future__ import annotations

import pytest
from fakes.evidence import evidence

from rag.extract import LIKELY, MOST, MOST_IN_DOUBT, extract, most


@pytest.mark.parametrize(("best", "sentences"), [(LIKELY, MOST), (LIKELY - 0.01, MOST_IN_DOUBT)])
def test_where_the_best_sentence_is_in_doubt_one_more_is_quoted(best: float, sentences: int) -> None:
    offered = [evidence(n, f"It was said in {n} words.", answers=best, score=20 - n) for n in range(1, 9)]
    quoted = list(extract(offered))
    assert [settled.evidence[0].n for settled in quoted] == list(range(1, sentences + 1))
    assert len(quoted) == most(offered) == sentences


def test_what_is_far_less_likely_than_the_best_is_left_out() -> None:
    said = {1: 0.4, 2: 0.05, 3: 0.07, 4: 0.3}  # the second has less than .15 of the first
    offered = [evidence(n, f"It was said in {n} words.", answers=p, score=20 - n) for n, p in said.items()]
    assert [settled.evidence[0].n for settled in extract(offered)] == [1, 3, 4]


def test_of_nothing_nothing_is_quoted() -> None:
    assert list(extract([])) == []
