"""txtai as its documentation builds retrieval-augmented generation: hybrid embeddings and the `RAG` pipeline.

Articles are segmented into paragraphs by txtai's own pipeline, each with the headline in front; BM25 and dense scores
are joined (``hybrid=True``); three paragraphs go to the model, with the prompt of txtai's documentation. The model is
a callable, which `RAG` allows, because txtai's own way to a GGUF file needs another llama.cpp binding. txtai sets no
marks: ``output="reference"`` names one paragraph for the whole answer. Beyond the defaults, a ``where`` leaves out
what was published after the question's day.
"""

from __future__ import annotations

from typing import Any

from txtai import RAG, Embeddings
from txtai.pipeline import Segmentation

from eval.peers.small_model import model
from eval.peers.wire import Answered, Asked, Source, Task, serve

TEMPLATE = """
  Answer the following question using the provided context.

  Question:
  {question}

  Context:
  {context}
"""
SEARCH = "select id, text, score, article, body from txtai where similar(:question) and published <= :day"


class Dated:
    """The embeddings as they stood on a day, for `RAG`, which knows no filter."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self.batchsimilarity = embeddings.batchsimilarity
        self.batchterms = embeddings.batchterms
        self.day = ""
        self.found: list[dict[str, Any]] = []

    def batchsearch(self, queries: list[str], limit: int) -> list[list[dict[str, Any]]]:
        """What `Embeddings.batchsearch` gives; remembers what was found for the last query."""
        found: list[list[dict[str, Any]]] = []
        for query in queries:
            self.found = self._embeddings.search(SEARCH, limit, parameters={"question": query, "day": self.day})
            found.append(self.found)
        return found


class Txtai:
    """An index in memory, and one pipeline."""

    def __init__(self, task: Task) -> None:
        self._model = model(task["model"], task["context"], task["max_tokens"])
        self._depth = task["depth"]
        segmented = Segmentation(paragraphs=True)
        rows = [
            {
                "text": f"{text['title']}\n{paragraph}",
                "body": paragraph,
                "article": text["id"],
                "published": text["published"],
            }
            for text in task["texts"]
            for paragraph in segmented(text["text"])
        ]
        embeddings = Embeddings(path=task["encoder"], content=True, hybrid=True, gpu=False)
        embeddings.index(rows)
        self._dated = Dated(embeddings)
        self._rag = RAG(self._dated, self._write, template=TEMPLATE, output="reference")

    def answer(self, asked: Asked) -> Answered:
        self._model.tokens.clear()
        self._dated.day = asked["as_of"]
        answered = self._rag(asked["text"])
        found = self._dated.found
        sources: list[Source] = [
            {"article": row["article"], "text": row["body"], "score": float(row["score"])} for row in found
        ]
        numbers = {row["id"]: n for n, row in enumerate(found, 1)}
        return {
            "answer": answered["answer"],
            "sources": sources,
            "reference": numbers.get(answered["reference"]),
            "tokens": dict(self._model.tokens),
        }

    def ranking(self, asked: Asked) -> list[str]:
        self._dated.day = asked["as_of"]
        (found,) = self._dated.batchsearch([asked["text"]], 6 * self._depth)
        return list(dict.fromkeys(row["article"] for row in found))[: self._depth]

    def _write(self, prompts: list[str], **_: Any) -> list[str]:
        return [self._model.write([{"role": "user", "content": prompt}]) for prompt in prompts]


if __name__ == "__main__":
    serve(Txtai)
