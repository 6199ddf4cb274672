"""Dateline inside a LlamaIndex application: its retriever in LlamaIndex's own query engine, and its query engine.

    dateline ingest seeds
    python docs/examples/llamaindex.py

An application brings its own language model; LlamaIndex's mock stands in for it here.
"""

import sys
from datetime import date
from pathlib import Path

from llama_index.core.base.response.schema import Response
from llama_index.core.llms.mock import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import CompactAndRefine

from rag.config import Config
from rag.nodes import DatelineRetriever
from rag.pipeline import Pipeline
from rag.query_engine import DatelineQueryEngine

QUESTION = "How many charges was Elizabeth Holmes convicted of?"
AS_OF = date(2022, 1, 5)


def main(index: Path) -> None:
    """Asks the same question both ways."""
    pipeline = Pipeline.open(Config(index=index, llm="none"))

    # 1. Our retriever, their query engine: any response synthesizer and any language model.
    retriever = DatelineRetriever(pipeline, as_of=AS_OF, limit=3)
    engine = RetrieverQueryEngine(retriever, CompactAndRefine(llm=MockLLM()))
    for hit in engine.query(QUESTION).source_nodes:
        print(f"{hit.score:6.2f}  {hit.node.metadata['published']}  {hit.text}")

    # 2. Our query engine: every sentence verified, the source nodes are the sentences that it cites.
    response = DatelineQueryEngine(pipeline, as_of=AS_OF).query(QUESTION)
    assert isinstance(response, Response)
    print(response.response)
    for source in response.source_nodes:
        print(f"[{source.metadata['citation']}] {source.text}")
    pipeline.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "var/index"))
