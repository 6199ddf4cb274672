"""Fits what follows from the selector's scores: ``python -m eval.fit_answerable``; see docs/selector.md.

Held-out questions of the selector's training, quiz questions and readers' ones, are asked of an index of their
articles: as they stand, and with every article taken away that answers them. Near misses are asked as they stand. From
the scores come the probability of a sentence (Platt 1999) and of an answer being there at all (rag/answerable.py).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from eval import reader_questions
from eval.bench import holds_answer
from eval.cache import CachedEmbedder
from eval.metrics import auroc
from eval.reader_questions import at, copies
from eval.selector_pairs import starts
from eval.train_selector import SEED, held_out, quiz_questions, read_articles
from index.build import Builder
from index.embed import embedder
from rag import selector
from rag.evidence import CLOSER_LOOK, EvidencePicker, Scored
from rag.extract import LIKELY
from rag.retrieve import Retriever
from rag.terms import stems
from rag.understand import understand

# ruff: noqa: S311 - chance that can be repeated
MANY = 12  # articles that hold the words of an answer
WRITTEN = 600  # readers' questions
OTHERS = 300  # articles beside those that questions are about, so that there is something to confuse them with
DEPTH = 10
SAME = 0.7  # share of words by which a sentence is one that answers, cut or worded a little otherwise
# Ways to quote that are compared: sentences at most, at most where the best is in doubt, and the least of the others as
# a share of the best.
QUOTED = ((3, 3, 0.2), (3, 3, 0.15), (4, 4, 0.15), (3, 4, 0.15))
app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question.

    Attributes:
        kind: where the question comes from: quiz, reader, near miss; with "without" if its articles were taken away.
        article: the best article's score.
        logits: of the sentences that the selector read, best first, not calibrated.
        answers: whether each of them answers.
    """

    question: str
    kind: str
    article: float
    logits: tuple[float, ...]
    answers: tuple[bool, ...]

    @property
    def there(self) -> bool:
        """Whether an answer is in the articles."""
        return self.kind in ("quiz", "reader")


@app.command()
def main(bench: Path = Path("../shared/bench/realtimeqa"), cache: Path = Path("var/bench")) -> None:
    """Asks, fits, prints the constants and what the thresholds would let through."""
    rows = list(_asked(bench, cache))
    (cache / "answerable.jsonl").write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")
    report(rows)


def report(rows: Sequence[Asked]) -> None:
    """Prints constants and tables."""
    slope, bias = platt(rows)
    typer.echo(f"selector: SLOPE {slope:.2f}, BIAS {bias:.2f}")
    for kind in ("quiz", "reader"):
        here = [row for row in rows if row.kind == kind]
        held = [max(row.answers[:k], default=False) for row in here for k in (1, 2, 3, 8)]
        shares = np.array(held).reshape(-1, 4).mean(0)
        typer.echo(f"{kind}: {len(here)} questions, answer in the first 1/2/3/8 {np.round(shares, 3)}")
        for most, in_doubt, share in QUOTED:
            found = [quoted(row, slope, bias, most, in_doubt, share) for row in here]
            answered, length = np.mean([any(answers) for answers in found]), np.mean([len(a) for a in found])
            typer.echo(f"  {most} or {in_doubt} quoted, from {share} of the best: {answered:.3f} in {length:.2f}")
    signals = np.array([(row.article, max(row.logits, default=-10) * slope + bias) for row in rows])
    there = np.array([row.there for row in rows])
    near = np.array([row.kind == "near miss" for row in rows])
    gone = ~there & ~near
    # Half can be answered; of the rest half are near misses, which readers ask as often as about other things.
    weight = np.where(there, 0.5 / there.sum(), np.where(near, 0.25 / near.sum(), 0.25 / gone.sum())) * len(rows)
    model = LogisticRegression(C=10)
    given = {"sample_weight": weight}
    chance = cross_val_predict(model, signals, there, cv=10, method="predict_proba", params=given)[:, 1]
    model.fit(signals, there, sample_weight=weight)
    score, answers = model.coef_[0]
    typer.echo(f"answerable: SCORE {score:.2f}, ANSWERS {answers:.2f}, BIAS {model.intercept_[0]:.2f}")
    for name, kinds in (("quiz", ("quiz", "quiz without")), ("reader, taken away", ("reader", "reader without")),
                        ("reader, near miss", ("reader", "near miss"))):  # fmt: skip
        these = np.array([row.kind in kinds for row in rows])
        typer.echo(f"{name}: AUROC {auroc(chance[these & there].tolist(), chance[these & ~there].tolist()):.3f}")
        for least in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
            kept, refused = (chance[these & there] >= least).mean(), (chance[these & ~there] < least).mean()
            typer.echo(f"  {least:.2f}: lets through {kept:.3f}, refuses {refused:.3f}")


def quoted(row: Asked, slope: float, bias: float, most: int, in_doubt: int, share: float) -> list[bool]:
    """Whether each sentence answers that is quoted (`rag.extract`), by the most there are, in doubt, and the least."""
    chances = [1 / (1 + np.exp(-(slope * logit + bias))) for logit in row.logits[: max(most, in_doubt)]]
    room = most if chances and chances[0] >= LIKELY else in_doubt
    some = zip(chances[:room], row.answers, strict=False)
    return [answers for chance, answers in some if chance >= share * chances[0]]


def platt(rows: Sequence[Asked]) -> tuple[float, float]:
    """Slope and intercept of logit → log-odds that the sentence answers, over all that was read for all questions."""
    logits = np.array([logit for row in rows for logit in row.logits])
    labels = np.array([answers for row in rows for answers in row.answers])
    model = LogisticRegression(C=100).fit(logits[:, None], labels)
    return float(model.coef_[0][0]), float(model.intercept_[0])


def _asked(bench: Path, cache: Path) -> Iterator[Asked]:
    # What many articles hold is no answer.
    quiz = [q for q in quiz_questions(bench) if held_out(q.id) and 0 < len(q.bearing) <= MANY]
    written = [q for q in reader_questions.read() if held_out(q.article)]
    rng = random.Random(SEED)
    written = rng.sample(written, min(WRITTEN, len(written)))
    articles = {a["id"]: a for a in read_articles(bench / "articles.jsonl.gz")}
    wanted = {q.article for q in written} | {i for q in quiz for i in (*q.evidence, *q.bearing)}
    rest = sorted(articles.keys() - wanted)
    chosen = [articles[i] for i in (*sorted(wanted & articles.keys()), *rng.sample(rest, OTHERS))]
    typer.echo(f"{len(quiz)} quiz questions, {len(written)} readers' questions, {len(chosen)} articles")
    place = cache / "answerable"
    source = cache / "answerable_articles.jsonl"
    cache.mkdir(parents=True, exist_ok=True)
    source.write_text("".join(json.dumps(a) + "\n" for a in chosen), encoding="utf-8")
    encoder = CachedEmbedder(embedder("minilm"), cache / "vectors.sqlite3")
    builder = Builder(place, encoder)
    builder.ingest([source])
    with builder.open() as store:
        retriever, picker = Retriever(store, encoder), EvidencePicker(store)

        def ask(text: str, kind: str, day: date, right: set[str] | tuple[str, ...], gone: tuple[str, ...]) -> Asked:
            question = understand(text, as_of=day)
            vector = encoder.encode([question.standalone])[0]
            found = retriever.ranked(question, vector, DEPTH, without=gone)
            read = picker.ranked(question, found, vector)[:CLOSER_LOOK]
            answers = tuple(_answers(s.sentence.text, right) for s in read)
            return Asked(text, kind, found[0].score if found else 0.0, _logits(read), answers)

        for q in quiz:
            yield ask(q.text, "quiz", q.asked, q.answers, ())
            yield ask(q.text, "quiz without", q.asked, (), tuple(q.evidence | q.bearing))
        for r in written:
            day = r.asked_of(articles[r.article]).asked
            right = set(at(starts(articles[r.article]["text"]), r.answers))
            yield ask(r.question, "reader" if right else "near miss", day, right, ())
            if right:
                yield ask(r.question, "reader without", day, (), (r.article,))


def _answers(text: str, right: set[str] | tuple[str, ...]) -> bool:
    """By the sentences that answer, or by the answers' words."""
    if isinstance(right, tuple):
        return bool(right) and holds_answer(text, right)
    return copies(set(stems(text)), (set(stems(sentence)) for sentence in right), SAME)


def _logits(read: Sequence[Scored]) -> tuple[float, ...]:
    """Back from probabilities to what the selector said."""
    odds = [min(max(s.answers, 1e-6), 1 - 1e-6) for s in read]
    return tuple(float((np.log(p / (1 - p)) - selector.BIAS) / selector.SLOPE) for p in odds)


if __name__ == "__main__":
    app()
