"""The judge: a verifier that says, after the answer, whether each shown sentence follows from what it cites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.record import Record, Sentence, Source, Verdict
from rag.model_settings import ModelSettings
from rag.verifiers import verifier
from rag.verify import Verifier


@dataclass(frozen=True, slots=True)
class Judge:
    """A verifier under the name by which the run knows it: ``NAME`` or ``NAME/ARGUMENT``."""

    spec: str
    verifier: Verifier

    @property
    def threshold(self) -> float:
        """Support from which a sentence counts as supported."""
        return self.verifier.threshold

    def verdicts(self, record: Record) -> tuple[Verdict, ...]:
        """One verdict a sentence shown."""
        cited = {source.n: source for source in record.citations}
        return tuple(self._verdict(s, [cited[n] for n in s.citations]) for s in record.sentences)

    def _verdict(self, sentence: Sentence, sources: Sequence[Source]) -> Verdict:
        """Citations are judged as ALCE does (Gao et al. 2023): a citation is irrelevant if it does not support the
        sentence alone and the others support it without it. Where all together do not, none counts as relevant.
        """  # fmt: skip
        whole = self.verifier.verify(sentence.text, *_given(sources))
        supported = whole.support >= self.threshold
        return Verdict(
            support=min(max(whole.support, 0.0), 1.0),
            supported=supported,
            relevant=tuple(supported and self._relevant(sentence.text, sources, i) for i in range(len(sources))),
            reasons=whole.reasons,
        )

    def _relevant(self, claim: str, sources: Sequence[Source], i: int) -> bool:
        if len(sources) == 1 or self._supports(claim, [sources[i]]):
            return True
        return not self._supports(claim, [source for k, source in enumerate(sources) if k != i])

    def _supports(self, claim: str, sources: Sequence[Source]) -> bool:
        return self.verifier.verify(claim, *_given(sources)).support >= self.threshold


def load_judge(spec: str, settings: ModelSettings | None = None) -> Judge:
    """The judge of that name (``NAME`` or ``NAME/ARGUMENT``), found as the chat finds its verifier.

    Raises:
        PluginError, InputError, ModelError: see `rag.verifiers.verifier`.
    """
    return Judge(spec, verifier(spec, settings))


def _given(sources: Sequence[Source]) -> tuple[list[str], str]:
    """The cited sentences and what the reader sees beside them, as the chat's verifier gets them."""
    sentences = [part for source in sources for part in source.parts or (source.sentence,)]
    return sentences, ". ".join(source.context for source in sources)
