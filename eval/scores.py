"""The scores of one question. `METRICS` names them all; docs/evaluation.md defines them at length.

A score is what the question adds to the metric's two sums (see `eval.stats`). A metric that does not apply to a
question is left out of its scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eval.matching import exact, f1, holds
from eval.metrics import hits_at, reciprocal_rank
from eval.record import Record
from eval.stats import Score

DEPTH = 10  # articles ranked


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name in files and its name and definition for readers."""

    name: str
    label: str
    meaning: str


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "Accuracy", "questions answered right, or rightly refused"),
        Metric("faithfulness", "Faithfulness", "shown sentences that the judge finds supported by what they cite"),
        Metric("citation_recall", "Citation recall", "the same, averaged over answers (ALCE)"),
        Metric(
            "citation_precision", "Citation precision", "citations that their sentence needs or that suffice (ALCE)"
        ),
        Metric("correct", "Answer correctness", "answerable questions whose answer holds an accepted string"),
        Metric("exact_match", "Exact match", "answers that are an accepted string and nothing else (SQuAD)"),
        Metric("token_f1", "Token F1", "overlap of words with the best accepted string (SQuAD)"),
        Metric("coverage", "Coverage", "answerable questions that are answered at all"),
        Metric("abstention_precision", "Abstention precision", "refused questions that are unanswerable"),
        Metric("abstention_recall", "Abstention recall", "unanswerable questions that are refused"),
        Metric("abstention_f1", "Abstention F1", "harmonic mean of the two"),
        Metric("temporal_accuracy", "Temporal accuracy", "accuracy where the day of the question decides"),
        Metric("as_of_kept", "As-of kept", "cited sentences published on or before the question's day"),
        Metric("attribution_accuracy", "Attribution accuracy", "who-said-what: right, in a sentence that is supported"),
        Metric("conflict_named", "Conflict named", "conflicting reports: every reported value is in the answer"),
        Metric("evidence_recall", "Evidence recall", "gold sentences among those offered"),
        Metric("evidence_answer", "Evidence answer recall", "an accepted string is in a sentence offered"),
        Metric("hits_1", "Hits@1", "a gold article ranks first"),
        Metric("hits_4", "Hits@4", "a gold article is among the first four"),
        Metric("hits_10", "Hits@10", "a gold article is among the first ten"),
        Metric("mrr_10", "MRR@10", "mean reciprocal rank of the first gold article"),
    )
}


def scored(record: Record) -> dict[str, Score]:
    """The scores of a record whose verdicts stand, by metric, in the order of `METRICS`."""
    found = dict([*_answer(record), *_support(record), *_abstention(record), *_retrieval(record)])
    return {name: Score(*map(float, found[name])) for name in METRICS if name in found}


def _answer(record: Record) -> Iterator[tuple[str, Score]]:
    question = record.question
    said = [sentence.said for sentence in record.sentences]
    correct = record.answered and holds(said, question.accepted)
    right = correct if question.answerable else not record.answered
    yield "accuracy", Score(right)
    if "temporal" in question.tags:
        yield "temporal_accuracy", Score(right)
    if not question.answerable:
        return
    yield "correct", Score(correct)
    yield "exact_match", Score(record.answered and exact(record.text, question.accepted))
    yield "token_f1", Score(f1(record.text, question.accepted) if record.answered else 0.0)
    yield "coverage", Score(record.answered)
    if "who-said-what" in question.tags:
        supported = [s for s, verdict in zip(said, record.verdicts, strict=True) if verdict.supported]
        yield "attribution_accuracy", Score(record.answered and holds(supported, question.accepted))
    if "conflict" in question.tags and (values := conflicting(record)):
        yield "conflict_named", Score(record.answered and all(holds(said, group) for group in values))


def conflicting(record: Record) -> list[list[str]]:
    """For each gold sentence that holds accepted strings, those that it holds: the values that reports differ on."""
    question = record.question
    groups = ([s for s in question.accepted if holds([gold.sentence], [s])] for gold in question.evidence)
    return [group for group in groups if group]


def _support(record: Record) -> Iterator[tuple[str, Score]]:
    """Of answers; a refusal shows no sentence that could be unsupported."""
    if not record.verdicts:
        return
    supported = sum(verdict.supported for verdict in record.verdicts)
    yield "faithfulness", Score(supported, len(record.verdicts))
    yield "citation_recall", Score(supported / len(record.verdicts))
    relevant = [each for verdict in record.verdicts for each in verdict.relevant]
    yield "citation_precision", Score(sum(relevant) / len(relevant) if relevant else 0.0)
    days = [source.published for source in record.citations if source.published]
    if days:
        yield "as_of_kept", Score(sum(day <= record.question.as_of for day in days), len(days))


def _abstention(record: Record) -> Iterator[tuple[str, Score]]:
    """Positive is a refusal; F1 = 2·tp / (2·tp + fp + fn)."""
    refused, unanswerable = not record.answered, not record.question.answerable
    both = refused and unanswerable
    if refused:
        yield "abstention_precision", Score(both)
    if unanswerable:
        yield "abstention_recall", Score(both)
    if refused or unanswerable:
        yield "abstention_f1", Score(2 * both, refused + unanswerable)


def _retrieval(record: Record) -> Iterator[tuple[str, Score]]:
    question = record.question
    if not question.answerable:
        return
    # A reprint says the same in the same words: it is the text that must be offered, not the copy that was annotated.
    offered = {" ".join(source.sentence.split()) for source in record.evidence}
    found = sum(" ".join(gold.sentence.split()) in offered for gold in question.evidence)
    yield "evidence_recall", Score(found / len(question.evidence))
    yield "evidence_answer", Score(holds([source.sentence for source in record.evidence], question.accepted))
    gold = {each.article for each in question.evidence}
    rank = next((i for i, story in enumerate(record.ranking[:DEPTH], 1) if gold & set(story)), None)
    for k in (1, 4, 10):
        yield f"hits_{k}", Score(hits_at(rank, k))
    yield "mrr_10", Score(reciprocal_rank(rank, DEPTH))
