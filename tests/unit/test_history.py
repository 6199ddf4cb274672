"""Versions of an article, and whether a cited sentence still stands."""

from __future__ import annotations

import io

import pytest
from conftest import EntryMaker
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from index.errors import InputError
from index.history import Change, Standing, changes, revisions, standing
from index.sqlite_faiss import SqliteFaissStore
from rag import cli_history

FIRST = "The bridge opened on Saturday. It cost 412 million euros. Mayor Ida Holt cut the ribbon. Rain fell."
SECOND = "The bridge opened on Saturday. It cost 421 million euros. Rain fell. Traffic doubled within a week."


@pytest.fixture
def corrected(store: SqliteFaissStore, entry: EntryMaker) -> SqliteFaissStore:
    store.put([entry("a", FIRST, title="Bridge opens", outlet="The Post")])
    store.put([entry("a", SECOND, title="Bridge opens at last", outlet="The Post")])
    return store


def test_what_changed_from_one_version_to_the_next(corrected: SqliteFaissStore) -> None:
    first, second = revisions(corrected, "a")
    assert (first.article.version, first.changes, first.article.article.text) == (1, (), FIRST)
    assert second.fields == {"title": ("Bridge opens", "Bridge opens at last")}
    assert second.changes == (
        Change("changed", "It cost 412 million euros.", "It cost 421 million euros."),
        Change("removed", "Mayor Ida Holt cut the ribbon."),
        Change("added", after="Traffic doubled within a week."),
    )
    with pytest.raises(InputError, match="no article 'b'"):
        revisions(corrected, "b")


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("The bridge opened on Saturday.", Standing("stands", "The bridge opened on Saturday.", 2)),
        ("The bridge\nopened  on Saturday.", Standing("stands", "The bridge opened on Saturday.", 2)),
        ("It cost 412 million euros.", Standing("changed", "It cost 421 million euros.", 2)),
        ("Mayor Ida Holt cut the ribbon.", Standing("removed", "", 2)),
        ("Nobody ever wrote this.", Standing("removed", "", 2)),
    ],
)
def test_a_cited_sentence(corrected: SqliteFaissStore, sentence: str, wanted: Standing) -> None:
    assert standing(corrected, "a", 1, sentence) == wanted


def test_of_an_article_that_is_gone(corrected: SqliteFaissStore, entry: EntryMaker) -> None:
    corrected.remove(["a"])
    assert standing(corrected, "a", 1, "Rain fell.") == Standing("gone")
    corrected.put([entry("a", "Another article altogether came to have this id.")])
    assert standing(corrected, "a", 1, "Rain fell.").state == "removed"


def test_a_correction_that_is_taken_back_stands_again(corrected: SqliteFaissStore, entry: EntryMaker) -> None:
    corrected.put([entry("a", FIRST, title="Bridge opens", outlet="The Post")])
    assert standing(corrected, "a", 1, "It cost 412 million euros.") == Standing(
        "stands", "It cost 412 million euros.", 3
    )
    assert standing(corrected, "a", 2, "It cost 421 million euros.").state == "changed"


SENTENCES = st.lists(
    st.sampled_from(["It rained.", "It snowed.", "Taxes fell by 4 percent.", "Taxes fell by 5 percent."]), max_size=8
)


@given(SENTENCES, SENTENCES)
def test_changes_lead_from_the_one_to_the_other(before: list[str], after: list[str]) -> None:
    lead(before, after)


@given(SENTENCES, SENTENCES)
def test_in_linear_time_they_do_too(before: list[str], after: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.history._STEPS", -1)
        patch.setattr("index.history._WORDS", 0)
        lead(before, after)


def lead(before: list[str], after: list[str]) -> None:
    """The changes lead from the one to the other."""
    found = list(changes(before, after))
    went = [c.before for c in found if c.before]
    came = [c.after for c in found if c.after]
    kept = list(before)
    for sentence in went:
        kept.remove(sentence)
    assert sorted(kept + came) == sorted(after)
    assert not found or before != after


YES = ["Yes."] * 10_000
WORDS = "one two three four five six seven eight nine ten".split()


def told(n: int, k: int) -> str:
    return f"Report {n} tells of {WORDS[n % 10]} and {WORDS[n // 10 % 10]}, {k} in all."


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ([*YES, "No."], [*YES, "Perhaps."], [Change("changed", "No.", "Perhaps.")]),
        (
            ["It rained.", *YES, "No.", *YES, "It snowed."],
            ["It hailed.", *YES, *YES, "It stopped."],
            [
                Change("changed", "It rained.", "It hailed."),
                Change("removed", "No."),
                Change("changed", "It snowed.", "It stopped."),
            ],
        ),
        (["No.", *YES], [*YES, "Perhaps."], [Change("removed", "No."), Change("added", after="Perhaps.")]),
    ],
    ids=["at the end", "all over", "at both ends"],
)
def test_one_sentence_ten_thousand_times(before: list[str], after: list[str], wanted: list[Change]) -> None:
    assert list(changes(before, after)) == wanted


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "after",
    [
        [told(n, 2) for n in range(10_000)],
        [told(n ^ 1, 1) for n in range(10_000)],
        ["no " * 500 + f"{n}." for n in range(2_000)],
        ["b " * 100_000, *(told(n, 2) for n in range(2_000))],
    ],
    ids=["all changed", "each changed places", "long ones", "a huge one"],
)
def test_a_long_article_written_anew_takes_no_longer(after: list[str]) -> None:
    before = [told(n, 1) for n in range(5_000)] + ["no " * 490 + f"{n}?" for n in range(500)]
    lead(before, after)


def test_for_people_and_as_json(corrected: SqliteFaissStore) -> None:
    out = io.StringIO()
    cli_history.show(revisions(corrected, "a"), Console(file=out, width=100))
    assert "~ It cost [-412-] {+421+} million euros." in out.getvalue()
    assert "− Mayor Ida Holt cut the ribbon." in out.getvalue()
    document = cli_history.as_json(revisions(corrected, "a"))
    assert document["versions"][1]["sentences"][0] == {
        "kind": "changed",
        "before": "It cost 412 million euros.",
        "after": "It cost 421 million euros.",
    }
