"""The learned verifier: what must fail, what must pass, and how well it does on the project's own corruptions."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from index.errors import InputError, PluginError
from rag import verify_learned
from rag.verify import Case, OverlapVerifier, verdicts
from rag.verify_learned import LearnedVerifier

SET = Path(__file__).parents[2] / "eval" / "corruptions.jsonl"
ROWS = [json.loads(line) for line in SET.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def learned() -> LearnedVerifier:
    return LearnedVerifier()


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Bob hit Alice.", "Alice hit Bob."),
        ("The EU agreed on a $105 billion loan package for Kyiv.", "The EU agreed on a $106 billion loan for Kyiv."),
        ("The bridge was closed on Friday.", "The bridge was closed on Monday after heavy rain."),
        ("The mayor did not approve the plan.", "The mayor approved the plan on Tuesday."),
        ("“We will win,” Holt said.", "“We will lose,” Holt said."),
    ],
)
def test_a_changed_fact_fails_with_a_reason(learned: LearnedVerifier, claim: str, evidence: str) -> None:
    verdict = learned.verify(claim, [evidence])
    assert verdict.support < learned.threshold
    assert verdict.reasons


def test_word_for_word_is_certain_and_needs_no_network(
    learned: LearnedVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_learned, "_network", lambda: pytest.fail("the network was asked"))
    assert (
        learned.verify("on Friday heavy rain closed the bridge", ["On Friday, heavy rain closed the bridge."]).support
        == 1.0
    )
    assert learned.verify("In 2019 it cost $5.", ["It cost $7 in 2019, and rain fell."]).support < learned.threshold
    assert learned.verify("The museum bought paintings.", ["Heavy rain closed the bridge."]).support < learned.threshold


def test_word_for_word_behind_its_source_is_certain_though_a_day_of_the_week_has_that_date(
    learned: LearnedVerifier,
) -> None:
    said = "Corvane Holdings has agreed to buy Lumeris for $3.4 billion in cash, the companies said on Monday."
    context = "Corvane agrees to buy Lumeris. The Ledger, 2 June 2025"
    assert learned.verify(f"The Ledger, 2 June 2025: {said}", [said], context).support == 1.0
    less = said.replace(" in cash", "")
    behind, alone = (learned.verify(claim, [said], context) for claim in (f"The Ledger, 2 June 2025: {less}", less))
    assert (behind.support >= learned.threshold, alone.support >= learned.threshold) == (True, True)


def test_a_part_of_a_longer_word_is_not_word_for_word() -> None:
    assert OverlapVerifier().verify("the car", ["He fixed the carpet."]).support < 1


def test_many_claims_at_once_get_what_each_gets_alone(learned: LearnedVerifier) -> None:
    asked = [(row["claim"], Case(tuple(row["evidence"]))) for row in ROWS[:24]]
    together = verdicts(learned, asked)
    alone = [learned.verify(claim, case.evidence) for claim, case in asked]
    assert [v.support for v in together] == pytest.approx([v.support for v in alone], abs=0.002)
    assert [v.reasons for v in together] == [v.reasons for v in alone]


def test_an_unknown_combination_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="frank_valid"):
        LearnedVerifier("nonsense")


def test_the_combination_never_holds_support_against_a_claim() -> None:
    for combination in json.loads(verify_learned.COMBINATIONS.read_text(encoding="utf-8")).values():
        assert min(combination["weights"].values()) >= 0


def test_the_own_set_is_large_enough_and_minimal() -> None:
    false = [row for row in ROWS if not row["supported"]]
    assert len(false) >= 300
    assert len({row["claim"] for row in false}) == len(false)
    assert all(row["claim"] not in row["evidence"] for row in false)
    # One fact is changed: nearly all words of a corrupted sentence stand in its evidence.
    minimal = [row for row in false if row["kind"] != "retold"]
    changed = [len(set(row["claim"].split()) - set(" ".join(row["evidence"]).split())) for row in minimal]
    assert max(changed) <= 8
    assert sum(changed) / len(changed) < 2


def test_balanced_accuracy_on_corruptions_of_articles_that_training_never_saw(learned: LearnedVerifier) -> None:
    found = verdicts(learned, [(row["claim"], Case(tuple(row["evidence"]))) for row in ROWS])
    right: dict[str, list[bool]] = defaultdict(list)
    for row, verdict in zip(ROWS, found, strict=True):
        accepted = verdict.support >= learned.threshold
        right[row["kind"]].append(accepted == row["supported"])
        right["true" if row["supported"] else "false"].append(accepted == row["supported"])
    shares = {kind: sum(values) / len(values) for kind, values in right.items()}
    assert (shares["true"] + shares["false"]) / 2 >= 0.94, shares  # .957 measured
    assert shares["untouched"] == 1.0
    assert shares["reworded"] >= 0.95
    changed = ("antonym", "negation", "number", "date", "name", "place", "speaker", "role", "hedge", "alike")
    assert {kind: shares[kind] for kind in changed if shares[kind] < 0.92} == {}


def test_missing_weights_are_said_at_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(verify_learned, "WEIGHTS", tmp_path / "gone.safetensors")
    with pytest.raises(PluginError, match="missing") as caught:
        LearnedVerifier()
    assert "overlap" in caught.value.advice


def test_damaged_weights_are_an_error_with_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "verifier.safetensors"
    broken.write_bytes(verify_learned.WEIGHTS.read_bytes()[:1000])
    monkeypatch.setattr(verify_learned, "WEIGHTS", broken)
    verify_learned._network.cache_clear()
    try:
        with pytest.raises(PluginError, match="cannot be read"):
            LearnedVerifier().verify("Rain closed the old bridge.", ["Heavy rain has closed the bridge."])
    finally:
        verify_learned._network.cache_clear()
