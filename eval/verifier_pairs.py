"""Weak supervision for the learned verifier: labelled pairs of a claim and evidence, made from unlabelled articles.

After FactCC (Kryściński et al. 2020), with two differences. Claims are true in other words as well: headlines, opening
sentences and sentences that the rest of the article covers, rewordings, parts, fusions. And each false claim knows
which of its words are false (after Goyal & Durrett 2021, DAE), so that the network learns to point at them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher

from eval.corruptions import Pool, corruptions, names
from eval.reword import reword
from index.sentences import cut_sentences
from rag.quantities import missing_quantities
from rag.terms import stems

_READ = 6000  # characters of an article
_BREAK = re.compile(r",? (?=(?:after|in|on|at|for|over|with|from|by|as|because|who|which|while|when|to|following)\b)")
# A sentence that begins so points at another one, which may be missing from the evidence.
_POINTS = ("This ", "That ", "These ", "Those ", "It ", "Others ", "Here ")
# How often a kind of corruption is taken, against the others that a claim admits: rare ones teach most.
_WEIGHT = {"role": 3.0, "speaker": 2.0, "hedge": 3.0, "antonym": 2.0, "alike": 1.5, "place": 1.5}


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, its evidence, and whether the one supports the other.

    Attributes:
        claim: one sentence.
        evidence: one text.
        supported: the label.
        kind: how the pair was made.
        wrong: character spans of the claim that the evidence does not support; None where it is not known which.
    """

    claim: str
    evidence: str
    supported: bool
    kind: str
    wrong: list[tuple[int, int]] | None

    def record(self) -> dict[str, object]:
        """As it is written."""
        return asdict(self)


class Text:
    """An article cut into sentences, with their stems.

    Args:
        record: id, title, text, and outlet and published where known.
    """

    def __init__(self, record: dict[str, str]) -> None:
        body = record["text"][:_READ]
        cut = (" ".join(body[p.start : p.end].split()) for p in cut_sentences(body))
        self.sentences = [s for s in cut if 30 < len(s) < 330]
        self.stems = [set(stems(s)) for s in self.sentences]
        self.title = re.sub(r"\s*(?:\.\.\.|…)$", "", " ".join(record["title"].split()))
        if self.title.isupper():
            self.title = self.title.capitalize()
        self.head = f"{self.title}. {record.get('outlet') or ''}, {record.get('published') or ''}".strip(", ")
        self.pool = Pool.of(self.sentences)

    def nearest(self, claim: str, k: int, without: int = -1) -> list[int]:
        """The k sentences that share most stems with the claim, in order; none that shares nothing."""
        wanted = set(stems(claim))
        shared = [0 if i == without else len(wanted & held) for i, held in enumerate(self.stems)]
        best = sorted(range(len(shared)), key=lambda i: (-shared[i], i))[:k]
        return sorted(i for i in best if shared[i])


def pairs(text: Text, near: Text, rng: random.Random) -> Iterator[Pair]:
    """The pairs of an article.

    Args:
        text: the article.
        near: another article on a like subject.
        rng: draws.
    """
    if len(text.sentences) < 5:
        return
    maker = _Maker(text, near, rng)
    for i in rng.sample(range(len(text.sentences)), min(3, len(text.sentences))):
        yield from maker.of_sentence(i)
    yield from maker.in_other_words(text.title, -1, "title")
    places = range(len(text.sentences))
    for i in [*places[:2], *rng.sample(places[2:], min(9, len(places) - 2))]:
        yield from maker.in_other_words(text.sentences[i], i, "lead" if i < 2 else "restated")
    if len(near.title) > 25 and rng.random() < 0.5:
        yield from maker.of_another(near.title)


class _Maker:
    def __init__(self, text: Text, near: Text, rng: random.Random) -> None:
        self.text, self.near, self.rng = text, near, rng

    def of_sentence(self, i: int) -> Iterator[Pair]:
        """A sentence with evidence that holds it."""
        text, rng = self.text, self.rng
        true = text.sentences[i]
        around = rng.choice(["alone", "beside", "alike", "alike"])
        chosen = {i}
        if around == "beside":
            chosen |= {j for j in (i - 1, i + 1) if 0 <= j < len(text.sentences)}
        elif around == "alike":
            chosen |= set(text.nearest(true, rng.choice([1, 2, 2, 3]), i))
        claim = reword(true, rng)
        yield from self._both(claim, sorted(chosen), "sentence")
        draw = rng.random()
        others = sorted(chosen - {i})
        if draw < 0.3 and others:
            other = reword(text.sentences[rng.choice(others)], rng)
            yield self._pair(_joined(claim, other), sorted(chosen), supported=True, kind="fused")
        elif draw < 0.45:
            extra = reword(rng.choice(self.near.sentences or text.sentences[:1]), rng)
            if extra not in (text.sentences[j] for j in chosen):
                both = _joined(claim, extra)
                yield self._pair(both, sorted(chosen), wrong=[(len(claim) - 1, len(both))], kind="added")
        elif draw < 0.65:
            rest = text.nearest(true, rng.choice([2, 3, 4]), i)
            if rest and self._coverage(claim, rest) < 0.6:
                yield self._pair(claim, rest, wrong=None, kind="absent")

    def in_other_words(self, claim: str, i: int, kind: str) -> Iterator[Pair]:
        """A claim with evidence that does not hold it word for word; true where all it says is covered."""
        if len(claim) < (25 if kind == "title" else 50) or claim.endswith("?") or claim.startswith(_POINTS):
            return
        near = self.text.nearest(claim, self.rng.choice([2, 3, 3, 4]), i)
        if not near:
            return
        evidence = " ".join(self.text.sentences[j] for j in near)
        covered = self._coverage(claim, near)
        if evidence.find(claim[10:-10]) >= 0:
            return  # said twice in the article
        known = all(part in evidence for name in names(claim) for part in name.split()) if kind != "title" else True
        sure = known and not missing_quantities(claim, evidence)
        least = {"restated": 0.85, "lead": 0.72, "title": 0.6}[kind]
        # One sentence must hold much of it: words gathered from everywhere are no statement.
        if covered >= least and sure and max(self._coverage(claim, [j]) for j in near) >= 0.5:
            yield from self._both(reword(claim, self.rng), near, kind)
        elif covered < 0.4 and not sure and self.rng.random() < (0.1 if kind == "restated" else 0.4):
            yield self._pair(claim, near, wrong=None, kind=f"{kind}-absent")

    def of_another(self, claim: str) -> Iterator[Pair]:
        near = self.text.nearest(claim, 4)
        if near and self._coverage(claim, near) < 0.6:
            yield self._pair(claim, near, wrong=None, kind="neighbour")

    def _both(self, claim: str, evidence: list[int], kind: str) -> Iterator[Pair]:
        """The claim as it is, and corrupted."""
        rng = self.rng
        yield self._pair(claim, evidence, supported=True, kind=kind)
        inside = Pool.of(self.text.sentences[j] for j in evidence)
        pool = inside if rng.random() < 0.5 else self.text.pool + self.near.pool
        changed = list(corruptions(claim, pool, rng))
        if not changed:
            changed = list(corruptions(claim, self.text.pool + self.near.pool, rng))
        wanted = 1 if kind != "sentence" or rng.random() < 0.5 else 2
        for _ in range(min(wanted, len(changed))):
            one = rng.choices(changed, [_WEIGHT.get(c.kind, 1.0) for c in changed])[0]
            changed.remove(one)
            yield self._pair(one.text, evidence, wrong=_spans(claim, one.text), kind=f"{kind}-{one.kind}")
        if rng.random() < 0.35:
            yield from self._spliced(claim, evidence, kind)

    def _spliced(self, claim: str, evidence: list[int], kind: str) -> Iterator[Pair]:
        """The head of the claim with the tail of another sentence: of the evidence, the article, or its neighbour."""
        rng = self.rng
        where = rng.choice(["evidence", "article", "near"])
        source = {
            "evidence": [self.text.sentences[j] for j in evidence],
            "article": self.text.sentences,
            "near": [self.near.title, *self.near.sentences],
        }[where]
        heads = [m for m in _BREAK.finditer(claim) if 15 < m.start() < len(claim) - 12]
        if not heads or not source:
            return
        at = rng.choice(heads)
        word = claim[at.end() :].split(maxsplit=1)[0]
        other = rng.choice(source)
        tails = [m for m in _BREAK.finditer(other) if m.start() > 15]
        like = [m for m in tails if other[m.end() :].split()[0] == word] or tails
        if not like:
            return
        tail = other[rng.choice(like).end() :]
        if tail.rstrip(".")[:25] in claim or claim[at.end() :].rstrip(".")[:25] in other:
            return
        joined = f"{claim[: at.end()]}{tail}"
        yield self._pair(joined, evidence, wrong=[(at.end(), len(joined))], kind=f"{kind}-spliced")

    def _coverage(self, claim: str, evidence: Sequence[int]) -> float:
        wanted = set(stems(claim))
        held = set().union(*(self.text.stems[j] for j in evidence))
        return len(wanted & held) / max(len(wanted), 1)

    def _pair(
        self,
        claim: str,
        evidence: Sequence[int],
        *,
        kind: str,
        supported: bool = False,
        wrong: list[tuple[int, int]] | None = None,
    ) -> Pair:
        order = list(evidence)
        if self.rng.random() < 0.2:
            self.rng.shuffle(order)
        read = [self.text.sentences[j] for j in order]
        if self.rng.random() < 0.3 and kind.partition("-")[0] != "title":
            read.insert(0, f"{self.text.head}.")
        return Pair(claim, " ".join(read), supported, kind, [] if supported else wrong)


def _joined(claim: str, other: str) -> str:
    head = re.split(r", (?=who|which|but|and|as|after)", other)[0].rstrip(".")
    return f"{claim.rstrip('.')} and {head}."


def _spans(before: str, after: str) -> list[tuple[int, int]]:
    """Character spans of the words of `after` that `before` has not; about the place of a word that was taken away."""
    old, new = before.split(), [(m.start(), m.end()) for m in re.finditer(r"\S+", after)]
    found = []
    matcher = SequenceMatcher(None, old, [after[a:b] for a, b in new], autojunk=False)
    for tag, _, _, start, end in matcher.get_opcodes():
        if tag == "delete":
            found += new[max(start - 1, 0) : end + 1]
        elif tag != "equal":
            found += new[start:end]
    return found
