"""The judge's verdicts, on cases worked out by hand."""

from __future__ import annotations

import pytest
from fakes.runs import SETS, record

from eval.judging import load_judge
from eval.record import Verdict
from index.errors import PluginError
from rag.verify import OverlapVerifier

RAIN, WIND, SUN = "Rain fell.", "Wind blew.", "Sun shone."


def verdict(claim: str, *sources: str) -> Verdict:
    (found,) = SETS.verdicts(record(answer=[(claim, range(1, len(sources) + 1))], cited=sources))
    return found


def test_two_citations_that_only_together_support_are_both_relevant() -> None:
    found = verdict("Rain fell wind blew.", RAIN, WIND)
    assert (found.supported, found.relevant) == (True, (True, True))


def test_a_citation_that_adds_nothing_is_irrelevant() -> None:
    found = verdict("Rain fell wind blew.", RAIN, WIND, SUN)
    assert found.relevant == (True, True, False)
    assert verdict("Rain fell.", RAIN, SUN).relevant == (True, False)


def test_citations_that_each_suffice_are_relevant() -> None:
    assert verdict("Rain fell.", RAIN, "Heavy rain fell.").relevant == (True, True)


def test_what_all_together_do_not_support() -> None:
    found = verdict("Rain fell wind blew.", RAIN, SUN)
    assert (found.supported, found.relevant) == (False, (False, False))
    assert found.reasons == ("words are missing",)


def test_a_sentence_without_a_citation() -> None:
    found = verdict("Rain fell.")
    assert (found.supported, found.relevant) == (False, ())


def test_only_what_is_cited_counts() -> None:
    answer = [("Rain fell.", [2]), ("Rain fell.", [1])]
    found = SETS.verdicts(record(answer=answer, cited=[RAIN, WIND]))
    assert [v.supported for v in found] == [False, True]


def test_judges_are_found_by_name() -> None:
    judge = load_judge("overlap/0.7")
    assert isinstance(judge.verifier, OverlapVerifier)
    assert (judge.spec, judge.threshold) == ("overlap/0.7", 0.7)
    with pytest.raises(PluginError, match="no 'oracle'"):
        load_judge("oracle")
