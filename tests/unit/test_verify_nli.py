"""The verifier that reads: labels by name, long evidence in parts, errors with advice."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from fakes import nli
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, BertModel

from index.errors import InputError, PluginError
from rag.errors import ModelFailed
from rag.verify_nli import CrossEncoderVerifier

CLAIM = "The bridge opened."
EVIDENCE = ["It rained all day.", "The bridge opened on Friday."]
BESIDE = "Opens. CNN, 3 May 2025"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nli.save(tmp_path_factory.mktemp("nli"))


@pytest.fixture(scope="module")
def verifier(folder: Path) -> CrossEncoderVerifier:
    return CrossEncoderVerifier(str(folder))


def by_hand(folder: Path, premise: str, claim: str) -> list[float]:
    """Probabilities by transformers alone, one pair at a time, without padding."""
    model = BertForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        logits = model(**nli.tokenizer()(premise, claim, return_tensors="pt")).logits[0].tolist()
    if len(logits) == 1:
        return [1 / (1 + math.exp(-logits[0]))]
    raised = [math.exp(logit - max(logits)) for logit in logits]
    return [share / sum(raised) for share in raised]


class TestSupport:
    def test_it_is_the_probability_of_entailment(self, folder: Path, verifier: CrossEncoderVerifier) -> None:
        wanted = by_hand(folder, "It rained all day. The bridge opened on Friday.", CLAIM)
        assert verifier.verify(CLAIM, EVIDENCE).support == pytest.approx(wanted[1], abs=1e-5)
        assert 0.001 < wanted[1] < 0.999  # else any column would do

    def test_headline_and_date_stand_in_front(self, folder: Path, verifier: CrossEncoderVerifier) -> None:
        wanted = by_hand(folder, f"{BESIDE}. {EVIDENCE[1]}", CLAIM)
        assert verifier.verify(CLAIM, EVIDENCE[1:], BESIDE).support == pytest.approx(wanted[1], abs=1e-5)
        assert abs(wanted[1] - verifier.verify(CLAIM, EVIDENCE[1:]).support) > 1e-3

    @pytest.mark.parametrize("labels", [("entailment", "neutral", "contradiction"), ("NEUTRAL", "CONTRA", "Entailed")])
    def test_the_order_of_the_labels_is_the_models(self, tmp_path: Path, folder: Path, labels: tuple[str, ...]) -> None:
        # The same weights under other names: another column is the entailment.
        column = [label.lower().startswith("entail") for label in labels].index(True)
        found = CrossEncoderVerifier(str(nli.save(tmp_path, labels))).verify(CLAIM, EVIDENCE[1:]).support
        assert found == pytest.approx(by_hand(folder, EVIDENCE[1], CLAIM)[column], abs=1e-5)

    def test_two_labels_one_of_them_denying(self, tmp_path: Path) -> None:
        saved = nli.save(tmp_path, ("not_entailment", "entailment"))
        found = CrossEncoderVerifier(str(saved)).verify(CLAIM, EVIDENCE[1:]).support
        assert found == pytest.approx(by_hand(saved, EVIDENCE[1], CLAIM)[1], abs=1e-5)

    def test_one_label_is_a_sigmoid(self, tmp_path: Path) -> None:
        saved = nli.save(tmp_path, ("LABEL_0",), seed=3)
        made = CrossEncoderVerifier(f"{saved}?threshold=0.99")
        (wanted,) = by_hand(saved, EVIDENCE[1], CLAIM)
        verdict = made.verify(CLAIM, EVIDENCE[1:])
        assert verdict.support == pytest.approx(wanted, abs=1e-5)
        assert verdict.reasons == (f"the evidence supports it with a probability of only {wanted:.2f}",)

    def test_an_activation_saved_with_the_model_is_not_applied_on_top(self, tmp_path: Path) -> None:
        saved = nli.save(tmp_path)
        config = json.loads((saved / "config.json").read_text())
        config["sentence_transformers"] = {"activation_fn": "torch.nn.modules.activation.Sigmoid"}
        (saved / "config.json").write_text(json.dumps(config))
        assert isinstance(CrossEncoder(str(saved)).activation_fn, torch.nn.Sigmoid)
        found = CrossEncoderVerifier(str(saved)).verify(CLAIM, EVIDENCE[1:]).support
        assert found == pytest.approx(by_hand(saved, EVIDENCE[1], CLAIM)[1], abs=1e-5)


class TestLength:
    def test_the_best_part_of_long_evidence_counts(self, folder: Path, verifier: CrossEncoderVerifier) -> None:
        # 96 tokens, a letter each: three specials and the claim's 16 leave 77 for the premise.
        letters = ("abcdefgh " * 4).strip() + "."  # 33 tokens
        long = [letters, letters.replace("a", "x"), letters.replace("b", "y")]
        each = [by_hand(folder, " ".join(long[i : i + 2]), CLAIM)[1] for i in (0, 1)]
        assert verifier.verify(CLAIM, long).support == pytest.approx(max(each), abs=1e-5)
        assert abs(each[0] - each[1]) > 1e-4

    def test_nothing_is_cut_that_was_not_read(self, verifier: CrossEncoderVerifier) -> None:
        seen: list[tuple[str, str]] = []
        real = verifier._model.predict
        verifier._model.predict = lambda pairs, **more: seen.extend(pairs) or real(pairs, **more)  # type: ignore[method-assign,assignment]
        try:
            verifier.verify(CLAIM, ["alpha beta gamma delta. " * 20, "omega " * 40], "headline " * 30)
        finally:
            verifier._model.predict = real  # type: ignore[method-assign]
        assert len(seen) > 5
        assert all(len(nli.tokenizer()(*pair)["input_ids"]) <= nli.LENGTH for pair in seen)
        assert {premise[:19] for premise, _ in seen} == {"headline headline. "}
        read = "".join(premise.removeprefix("headline headline. ") for premise, _ in seen)
        assert read.count("delta") >= 20
        assert read.count("omega") >= 40

    def test_a_claim_that_is_too_long_is_not_judged_by_half(self, verifier: CrossEncoderVerifier) -> None:
        verdict = verifier.verify("claim " * 20, EVIDENCE)
        assert (verdict.support, verdict.reasons) == (0.0, ("it is too long to be checked",))


class TestReasons:
    @pytest.mark.parametrize(
        ("shares", "said"),
        [
            ((0.9, 0.04, 0.06), "the evidence contradicts it"),
            ((0.1, 0.2, 0.7), "the evidence does not state it"),
            ((0.3, 0.4, 0.3), "it is not certain that the evidence states it"),
        ],
    )
    def test_the_likeliest_label_in_words(
        self, verifier: CrossEncoderVerifier, monkeypatch: pytest.MonkeyPatch, shares: tuple[float, ...], said: str
    ) -> None:
        logits = torch.tensor([shares]).log().double().numpy()
        monkeypatch.setattr(verifier, "_logits", lambda claim, premises: logits)
        verdict = verifier.verify(CLAIM, EVIDENCE)
        assert verdict.support == pytest.approx(shares[1], abs=1e-6)
        named = ", ".join(f"{name} {share:.2f}" for name, share in zip(nli.LABELS, shares, strict=True))
        assert verdict.reasons == (f"{said} ({named})",)

    def test_what_is_supported_needs_none(
        self, verifier: CrossEncoderVerifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        logits = torch.tensor([[-2.0, 4.0, -1.0]]).double().numpy()
        monkeypatch.setattr(verifier, "_logits", lambda claim, premises: logits)
        assert verifier.verify(CLAIM, EVIDENCE).reasons == ()

    def test_no_number_is_no_verdict(self, verifier: CrossEncoderVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
        logits = torch.tensor([[math.nan] * 3]).double().numpy()
        monkeypatch.setattr(verifier, "_logits", lambda claim, premises: logits)
        with pytest.raises(ModelFailed, match="gave no number for “The bridge opened.”"):
            verifier.verify(CLAIM, EVIDENCE)


class TestRefusals:
    def test_no_model_given(self) -> None:
        with pytest.raises(PluginError, match="needs a model") as caught:
            CrossEncoderVerifier("")
        assert "nli/FOLDER" in caught.value.advice

    @pytest.mark.parametrize("name", ["nowhere/at-all", "/nowhere/at/all"])
    def test_a_model_that_is_not_here(self, name: str) -> None:
        with pytest.raises(PluginError, match=f"no cross-encoder called '{name}' on this machine.") as caught:
            CrossEncoderVerifier(name)
        assert "nli/FOLDER" in caught.value.advice

    def test_a_damaged_model(self, tmp_path: Path) -> None:
        saved = nli.save(tmp_path)
        (saved / "model.safetensors").write_bytes(b"cut")
        with pytest.raises(PluginError, match=r"The cross-encoder in .* cannot be loaded: \S"):
            CrossEncoderVerifier(str(saved))

    def test_labels_without_a_meaning(self, tmp_path: Path) -> None:
        saved = nli.save(tmp_path, ("LABEL_0", "LABEL_1", "LABEL_2"))
        with pytest.raises(InputError, match=r"label_0, label_1, label_2\) do not say") as caught:
            CrossEncoderVerifier(str(saved))
        assert "id2label" in caught.value.advice

    def test_an_encoder_without_a_classifier(self, tmp_path: Path) -> None:
        nli.tokenizer().save_pretrained(tmp_path)
        shape = BertConfig(
            vocab_size=len(nli.VOCABULARY), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=16,
        )  # fmt: skip
        BertModel(shape).save_pretrained(tmp_path)
        with pytest.raises(PluginError, match=r"\(BertModel\) is no classifier"):
            CrossEncoderVerifier(str(tmp_path))

    @pytest.mark.parametrize("given", ["0", "1", "7", "high", "nan", ""])
    def test_a_threshold_that_is_none(self, folder: Path, given: str) -> None:
        with pytest.raises(InputError, match="is no threshold"):
            CrossEncoderVerifier(f"{folder}?threshold={given}")
