"""What one drafted sentence may cite: up to three independent sources, nothing that the verifier did not confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes.evidence import evidence

from index.records import Sentence
from rag.cite import DraftSentence
from rag.settle import settle
from rag.types import Evidence
from rag.verify import OverlapVerifier, Verdict

CLAIM = "The bridge cost 412 million and opened in May."


class Scripted:
    """Confirms the claim where the evidence holds one of these sets of texts; each look at evidence is kept."""

    threshold = 0.5

    def __init__(self, *enough: set[str], coming_near: Sequence[str] = ()) -> None:
        self._enough, self._near = enough, coming_near
        self.asked: list[tuple[str, ...]] = []

    def verify(self, claim: str, evidence: Sequence[str], context: str = "") -> Verdict:
        self.asked.append(tuple(evidence))
        if any(enough <= set(evidence) for enough in self._enough):
            return Verdict(0.9)
        return Verdict(0.3 if set(evidence) & set(self._near) else 0.1, ("not there",))


def offered(count: int) -> list[Evidence]:
    """The sentences "one 1", "one 2" …, each of an article and a story of its own."""
    return [evidence(n, f"one {n}") for n in range(1, count + 1)]


def texts(found: Sequence[Evidence]) -> list[str]:
    return [e.sentence.text for e in found]


def draft(*marks: int, text: str = CLAIM) -> DraftSentence:
    return DraftSentence(text, marks)


def test_at_most_three_sources_are_cited_those_that_were_marked_first() -> None:
    every = [{f"one {n}"} for n in range(1, 6)]
    settled = settle(draft(5, 4), offered(5), Scripted(*every), set())
    assert settled.state == "verified"
    assert texts(settled.evidence) == ["one 4", "one 5", "one 1"]


def test_a_source_that_is_merely_similar_is_never_cited() -> None:
    verifier = Scripted({"one 2"}, coming_near=["one 1", "one 3"])
    settled = settle(draft(1, 3), offered(3), verifier, set())
    assert (settled.state, texts(settled.evidence), settled.support) == ("verified", ["one 2"], 0.9)


def test_a_reprint_is_cited_once() -> None:
    report, reprint = evidence(1, "one 1", story=7), evidence(2, "one 1", story=7)
    settled = settle(draft(1, 2), [report, reprint, evidence(3, "one 3")], Scripted({"one 1"}, {"one 3"}), set())
    assert [e.n for e in settled.evidence] == [1, 3]


def test_two_sources_that_support_it_only_together_are_both_cited() -> None:
    settled = settle(draft(1, 2), offered(3), Scripted({"one 1", "one 2"}), set())
    assert settled.state == "verified"
    assert texts(settled.evidence) == ["one 1", "one 2"]


def test_sources_that_were_not_marked_are_not_put_together() -> None:
    settled = settle(draft(1), offered(3), Scripted({"one 1", "one 2"}), set())
    assert settled.state == "removed"


def test_of_eight_marks_only_those_are_cited_that_support_it_together() -> None:
    verifier = Scripted({"one 4", "one 8"}, coming_near=["one 4", "one 8"])
    settled = settle(draft(*range(1, 9)), offered(8), verifier, set())
    assert settled.state == "verified"
    assert texts(settled.evidence) == ["one 4", "one 8"]


def test_eight_marks_are_never_judged_as_one() -> None:
    whole = {f"one {n}" for n in range(1, 9)}
    verifier = Scripted(whole)
    settled = settle(draft(*range(1, 9)), offered(8), verifier, set())
    assert settled.state == "removed"
    assert settled.evidence == ()
    assert max(len(asked) for asked in verifier.asked) == 3
    assert len(verifier.asked) == 8 + 4  # each alone, then three pairs and the three together


def test_three_are_cited_where_no_two_are_enough() -> None:
    settled = settle(draft(3, 1, 2), offered(3), Scripted({"one 1", "one 2", "one 3"}), set())
    assert texts(settled.evidence) == ["one 3", "one 1", "one 2"]


def test_reprints_do_not_support_a_sentence_together() -> None:
    report, reprint = evidence(1, "one 1", story=7), evidence(2, "one 2", story=7)
    settled = settle(draft(1, 2), [report, reprint], Scripted({"one 1", "one 2"}), set())
    assert settled.state == "removed"


def test_two_sentences_of_one_article_support_a_third_together() -> None:
    first = evidence(1, "one 1")
    second = replace(first, n=2, sentence=Sentence(102, first.article.article.id, 1, 0, 5, "one 2"))
    settled = settle(draft(1, 2), [first, second], Scripted({"one 1", "one 2"}), set())
    assert [e.n for e in settled.evidence] == [1, 2]


def test_a_sentence_that_nothing_supports_becomes_the_quotation_it_comes_nearest_to() -> None:
    held = evidence(1, "The bridge cost 412 million euros.")
    settled = settle(draft(1, text="The bridge cost 999 million euros."), [held], OverlapVerifier(), set())
    assert settled.state == "repaired"
    assert settled.text == "The Example, 3 May 2025: The bridge cost 412 million euros."
    assert settled.evidence == (held,)
    assert any("999" in reason for reason in settled.reasons)


def test_a_repair_does_not_say_again_what_is_shown() -> None:
    held = evidence(1, "The bridge cost 412 million euros.")
    wrong = draft(1, text="The bridge cost 999 million euros.")
    settled = settle(wrong, [held], OverlapVerifier(), {held.sentence.id})
    assert (settled.state, settled.evidence) == ("removed", ())


@pytest.mark.parametrize("marks", [(), (9,)])
def test_without_a_mark_that_was_offered_the_sentence_is_removed(marks: tuple[int, ...]) -> None:
    settled = settle(draft(*marks), offered(2), Scripted(), set())
    assert (settled.state, settled.support, settled.reasons) == ("removed", 0.0, ("it cites nothing",))
