"""Candidates for ``eval/corruptions.jsonl``: ``python -m eval.make_corruptions OUT``; a person drops what is not false.

From the project's own articles, which training never sees. Of each sentence one corruption, the rarer kinds first, and
one rewording or part that stays true; the evidence is the sentence, or the sentence among others of its article.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer

from eval.corruptions import Pool, corruptions
from eval.judge import best_sentences
from eval.reword import reword
from index.load import load
from index.records import Article
from index.sentences import cut_sentences
from rag.verify import failures

SEED = 59


def candidates(folder: Path) -> Iterator[dict[str, object]]:
    """Corruptions and true rewordings of the sentences of a folder of articles."""
    rng = random.Random(SEED)  # noqa: S311 - seeded on purpose
    kinds: Counter[str] = Counter()
    for article in load([folder]):
        if not isinstance(article, Article):
            continue
        sentences = [" ".join(article.text[p.start : p.end].split()) for p in cut_sentences(article.text)]
        pool = Pool.of(sentences)
        for i, sentence in enumerate(sentences):
            if not 50 < len(sentence) < 300:
                continue
            evidence = [sentence]
            if rng.random() < 0.5:
                others = best_sentences(sentence, [s for s in sentences if s != sentence], 2)
                evidence = [s for s in sentences if s == sentence or s in others]
            common = {"article": article.id, "sentence": i, "evidence": evidence}
            changed = sorted(corruptions(sentence, pool, rng), key=lambda c: kinds[c.kind])
            if changed:
                kinds[changed[0].kind] += 1
                yield {**common, "claim": changed[0].text, "supported": False, "kind": changed[0].kind}
            same = reword(sentence, rng)
            if "quotes" in failures(same, evidence):
                same = sentence  # what somebody said is not reworded
            kind = "untouched" if same == sentence else "reworded"
            yield {**common, "claim": same, "supported": True, "kind": kind}


def main(out: Path, seeds: Path = Path("seeds")) -> None:
    """Writes the candidates, one JSON object a line."""
    lines = [json.dumps(row, ensure_ascii=False) for row in candidates(seeds)]
    out.write_text("\n".join([*lines, ""]), encoding="utf-8")
    typer.echo(f"{len(lines)} candidates")


if __name__ == "__main__":
    typer.run(main)
