"""Dateline's answers for LlamaIndex applications: a query engine whose source nodes are the cited sentences."""

from __future__ import annotations

import asyncio
from datetime import date

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.nodes import sentence_node
from rag.pipeline import Pipeline


class DatelineQueryEngine(BaseQueryEngine):
    """Answers with verified sentences; `source_nodes` are the cited sentences, in the order of their marks.

    A node's score is the support that the verifier gave to the best answer sentence that cites it; its metadata adds
    the mark (`citation`) to what `DatelineRetriever` gives. `Response.metadata` holds answered, model, note, as_of,
    standalone_question, newest_evidence, notices (kind, text, citations: what a reader must know beside the answer) and
    removed (text, support, reasons: what was drafted and no evidence supports). Where the articles hold no answer, the
    response is the reason, and `source_nodes` holds at most the sentence that denies what the query takes for granted.
    Nothing but the query string is read from a bundle.

    Args:
        pipeline: an open pipeline.
        as_of: the day on which every query is asked; today when not given.
    """

    def __init__(self, pipeline: Pipeline, as_of: date | None = None) -> None:
        super().__init__(callback_manager=None)
        self._pipeline = pipeline
        self._as_of = as_of

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self._pipeline.answer(query_bundle.query_str, as_of=self._as_of)
        nodes = []
        for c in answer.citations:
            node = sentence_node(c.sentence, c.article)
            node.metadata["citation"] = c.n
            # A refusal may cite a sentence, which it quotes as it is.
            support = max((s.support for s in answer.sentences if c.n in s.citations), default=1.0)
            nodes.append(NodeWithScore(node=node, score=support))
        newest = answer.newest_evidence
        metadata = {
            "answered": answer.answered,
            "model": answer.model,
            "note": answer.note,
            "as_of": answer.question.as_of.isoformat(),
            "standalone_question": answer.question.standalone,
            "newest_evidence": newest.isoformat() if newest else None,
            "notices": [{"kind": n.kind, "text": n.text, "citations": list(n.citations)} for n in answer.notices],
            "removed": [{"text": s.text, "support": s.support, "reasons": list(s.reasons)} for s in answer.removed],
        }
        return Response(response=answer.text, source_nodes=nodes, metadata=metadata)

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}
