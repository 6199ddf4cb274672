"""The default verifier: rules, shares of words, and a small network, in one logistic combination.

The network reads claim and evidence together (rag/verify_network.py); `eval/train_verifier.py` makes its weights from
unlabelled articles and the combination's from one file of labelled summaries. docs/verifiers.md holds the model card.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import InputError, PluginError
from rag.reworded import reworded
from rag.signals import NAMES, Signals, signals
from rag.speakers import without_source
from rag.terms import stems, words
from rag.verify import Case, Verdict, spelled_out, verbatim

if TYPE_CHECKING:
    from rag.verify_network import Network, Reading

WEIGHTS = Path(__file__).with_name("verifier.safetensors")
COMBINATIONS = Path(__file__).with_name("verifier.json")
CITED = "pairs"  # the combination for evidence that the network reads whole
USUAL = "frank_valid"  # … and for longer evidence
THRESHOLD = 0.5
# Word pieces of claim and evidence that the network reads: a claim with two or three sentences.
TOKENS = 160
# Evidence that the network reads of a longer list: the sentences that share most with the claim. An answer cites at
# most as many; a longer list is what a search found, and what stands in the rest of it is left to the other
# signals.
SENTENCES = 3
# With less of its content words in the evidence a claim fails without the network.
LEAST = 0.3
# A rule that no combination may overrule: another number, or words in quotation marks that nobody said.
FINAL = frozenset({"numbers", "quotes"})
# Cited evidence is short, and the network reads it whole; but where a rule fails, or few of the claim's words stand in
# it, what the network believes is not enough for a reader: it holds the fluent nonsense of a small model for support.
# Shares of the claim's content words: in the sentences and what stands beside them, and in the sentences alone.
CITED_LEAST, CITED_ALONE = 0.7, 0.5
# Support of what words alone refuse, at most: below what the combination gives.
REFUSED = 0.02
_ADVICE = "Install Dateline again, or write verifier = 'overlap'."
_BATCH = 16
_LIMIT = 8.0  # logits beyond this say no more


class LearnedVerifier:
    """Thread-safe and deterministic; the network is read from the package when the first claim needs it.

    Args:
        argument: another threshold than 0.5, or the combination for long evidence, by the labelled file that it was
            fitted on ("frank_valid" unless given).

    Raises:
        InputError: there is no such combination.
        PluginError: the weights are missing, or (from `verify`) damaged.
    """

    def __init__(self, argument: str = "") -> None:
        if not WEIGHTS.is_file():
            message = f"The weights of the verifier 'learned' are missing: {WEIGHTS}."
            raise PluginError(message, _ADVICE)
        number = argument[:1].isdigit()
        name = USUAL if number or not argument else argument
        combinations = json.loads(COMBINATIONS.read_text(encoding="utf-8"))
        if name not in combinations or name == CITED:
            message = f"There is no combination '{name}' for the verifier 'learned'."
            known = ", ".join(sorted(combinations.keys() - {CITED}))
            raise InputError(message, f"Write one of: {known}.")
        self._cited, self._long = combinations[CITED], combinations[name]
        self.threshold = float(argument) if number else THRESHOLD

    @property
    def fingerprint(self) -> str:
        """Digest of the weights: agreement that was measured with others is out of date."""
        found = blake2b(digest_size=8)
        for path in (WEIGHTS, COMBINATIONS):
            found.update(path.read_bytes())
        return found.hexdigest()

    def verify(self, claim: str, evidence: Sequence[str], context: str = "") -> Verdict:
        return self.verify_all([(claim, Case(tuple(evidence), context))])[0]

    def verify_all(self, asked: Sequence[tuple[str, Case]]) -> list[Verdict]:
        """Several claims, each with its evidence; the network reads those that words alone do not decide in one go."""
        asked = [(_reworded(claim, case), case) for claim, case in asked]
        found: list[Verdict | Signals] = [at_once(claim, case) for claim, case in asked]
        open_ = [i for i, one in enumerate(found) if isinstance(one, Signals)]
        readings = network_reads([asked[i] for i in open_])
        for i, reading in zip(open_, readings, strict=True):
            seen = found[i]
            if isinstance(seen, Signals):
                found[i] = self._verdict(*asked[i], seen, reading)
        return [one for one in found if isinstance(one, Verdict)]

    def _verdict(self, claim: str, case: Case, seen: Signals, reading: Reading) -> Verdict:
        chosen = self._cited if len(case.evidence) <= SENTENCES else self._long
        values = dict(zip(NAMES, [*seen.values(), *values_of(reading)], strict=True))
        logit = chosen["bias"] + sum(chosen["weights"][name] * value for name, value in values.items())
        support = round(1 / (1 + math.exp(-logit)), 3)
        if support >= self.threshold:
            return Verdict(support)
        reasons = [reason for found in seen.failed.values() for reason in found]
        if seen.absent:
            reasons.append(f"not in the evidence: {', '.join(seen.absent)}")
        doubted = _doubted(claim, reading, seen.absent)
        if doubted and not seen.failed:
            reasons.append(f"the evidence does not seem to say “{doubted}”")
        return Verdict(support, tuple(reasons) or ("the evidence does not seem to say it",))


def _reworded(claim: str, case: Case) -> str:
    """In the words of cited evidence; a long list of sentences holds words for almost anything.

    What is word for word stays so, and so does the name and day of the source in front.
    """
    if len(case.evidence) > SENTENCES or verbatim(claim, case.evidence, case.context):
        return claim
    said = without_source(claim, case.context)
    return claim[: len(claim) - len(said)] + reworded(said, case.evidence, case.context)


def at_once(claim: str, case: Case) -> Verdict | Signals:
    """The verdict where words alone decide."""
    evidence = [sentence for sentence in case.evidence if words(sentence)]
    if not evidence:
        return Verdict(0.0, ("it cites nothing",))
    if not words(claim):
        return Verdict(0.0, ("it says nothing that could be checked",))
    if verbatim(claim, evidence, case.context):
        return Verdict(1.0)
    seen = signals(claim, evidence, case.context)
    coverage = seen.shares["coverage"]
    cited = len(case.evidence) <= SENTENCES
    final = seen.failed.keys() if cited else seen.failed.keys() & FINAL
    few = coverage < (CITED_LEAST if cited else LEAST) or (cited and _alone(claim, evidence) < CITED_ALONE)
    if final or few:
        reasons = [reason for rule, found in seen.failed.items() if rule in final for reason in found]
        if not reasons:
            absent = ", ".join(seen.absent)
            reasons = [f"not in the evidence: {absent}" if absent else "the sentences themselves hold little of it"]
        return Verdict(round(REFUSED * coverage, 3), tuple(reasons))
    return seen


def _alone(claim: str, evidence: Sequence[str]) -> float:
    """Share of the claim's content stems that the sentences hold themselves."""
    wanted = stems(spelled_out(claim))
    held = {stem for sentence in evidence for stem in stems(spelled_out(sentence))}
    return sum(stem in held for stem in wanted) / len(wanted) if wanted else 1.0


def values_of(reading: Reading) -> list[float]:
    """The network's signals (`rag.signals.NETWORK`): its logit, that of the worst word, the mean of the worst three."""
    worst = sorted((logit for _, _, logit in reading.words), reverse=True)[:3] or [0.0]
    found = (reading.support, -worst[0], -sum(worst) / len(worst))
    return [min(max(value, -_LIMIT), _LIMIT) for value in found]


def network_reads(asked: Sequence[tuple[str, Case]]) -> list[Reading]:
    """What the network finds, in the order asked; like lengths are read together."""
    pairs = [(claim, _read(claim, case)) for claim, case in asked]
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1]))
    found: dict[int, Reading] = {}
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        with _LOCK:  # a tokenizer holds state: two threads in it at once raise "Already borrowed"
            readings = _network().read([pairs[i] for i in chosen], TOKENS)
        found.update(zip(chosen, readings, strict=True))
    return [found[i] for i in range(len(pairs))]


def _read(claim: str, case: Case) -> str:
    """The sentences that share most with the claim, in order, behind what stands beside them."""
    wanted = frozenset(words(claim))
    evidence = [" ".join(sentence.split()) for sentence in case.evidence]
    shared = [len(wanted.intersection(words(sentence))) for sentence in evidence]
    best = sorted(range(len(evidence)), key=lambda i: (-shared[i], i))[:SENTENCES]
    context = " ".join(case.context.split())[:150]
    return " ".join([*([f"{context}."] if context else []), *(evidence[i] for i in sorted(best))])


_LOCK = threading.Lock()


@cache
def _network() -> Network:
    from safetensors import SafetensorError  # noqa: PLC0415

    from rag.verify_network import Network  # noqa: PLC0415 - torch takes seconds to import

    network = Network.packaged()
    try:
        network.restore(WEIGHTS)
    except (OSError, ValueError, RuntimeError, SafetensorError) as exc:  # not there, cut short, or another shape
        message = f"The weights of the verifier 'learned' cannot be read: {WEIGHTS}."
        raise PluginError(message, _ADVICE) from exc
    return network.eval()


def _doubted(claim: str, reading: Reading, absent: Sequence[str]) -> str:
    """The words about the place that the network doubts most; nothing where it doubts none."""
    start, end, logit = max(reading.words, key=lambda word: word[2], default=(0, 0, -1.0))
    if logit <= 0:
        return ""
    while start and not claim[start - 1].isspace():
        start -= 1
    while end < len(claim) and not claim[end].isspace():
        end += 1
    word = claim[start:end].strip(".,;:!?\"“”'’()")
    return "" if word.lower() in absent else word
