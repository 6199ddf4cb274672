"""LlamaIndex as its documentation begins: a `VectorStoreIndex` and a `CitationQueryEngine`, all at their defaults.

Chunks of 1,024 tokens, two retrieved; numbered sources of 512; the prompts are LlamaIndex's own. Of what it offers
beyond the defaults one thing is used: a metadata filter, so that no article is found that was published after the
question's day. Headline, outlet and day are metadata, which LlamaIndex encodes with the text and does not show the
model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.llms.generic_utils import chat_to_completion_decorator
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

from eval.peers.small_model import Model, model
from eval.peers.wire import Answered, Asked, Source, Task, serve


class Wrapped(CustomLLM):
    """The small model as LlamaIndex takes one."""

    _model: Model = PrivateAttr()
    _metadata: LLMMetadata = PrivateAttr()

    def __init__(self, model: Model, context: int, max_tokens: int) -> None:
        super().__init__()
        self._model = model
        self._metadata = LLMMetadata(context_window=context, num_output=max_tokens, is_chat_model=True)

    @property
    def metadata(self) -> LLMMetadata:
        return self._metadata

    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        """Answers a conversation."""
        text = self._model.write([{"role": m.role.value, "content": m.content or ""} for m in messages])
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=text))

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:  # noqa: ARG002
        """Answers a prompt as one message of the user."""
        return chat_to_completion_decorator(self.chat)(prompt)

    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponseGen:
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        raise NotImplementedError


class LlamaIndex:
    """An index in memory and a query engine a question, because the day differs."""

    def __init__(self, task: Task) -> None:
        self._model = model(task["model"], task["context"], task["max_tokens"])
        self._llm = Wrapped(self._model, task["context"], task["max_tokens"])
        self._depth = task["depth"]
        encoder = HuggingFaceEmbedding(model_name=task["encoder"], device="cpu")
        documents = [
            Document(
                text=text["text"],
                doc_id=text["id"],
                metadata={"title": text["title"], "outlet": text["outlet"], "published": text["published"]},
            )
            for text in task["texts"]
        ]
        self._index = VectorStoreIndex.from_documents(documents, embed_model=encoder)

    def answer(self, asked: Asked) -> Answered:
        self._model.tokens.clear()
        engine = CitationQueryEngine.from_args(self._index, llm=self._llm, filters=_until(asked))
        response = engine.query(asked["text"])
        sources: list[Source] = [
            {
                "article": str(found.node.ref_doc_id),
                "text": found.node.get_content().split(":\n", 1)[1].strip(),  # after "Source 1"
                "score": float(found.score or 0),
            }
            for found in response.source_nodes
        ]
        return {"answer": str(response), "sources": sources, "tokens": dict(self._model.tokens)}

    def ranking(self, asked: Asked) -> list[str]:
        found = self._index.as_retriever(similarity_top_k=3 * self._depth, filters=_until(asked)).retrieve(
            asked["text"]
        )
        return list(dict.fromkeys(str(each.node.ref_doc_id) for each in found))[: self._depth]


def _until(asked: Asked) -> MetadataFilters:
    return MetadataFilters(filters=[MetadataFilter(key="published", operator=FilterOperator.LTE, value=asked["as_of"])])


if __name__ == "__main__":
    serve(LlamaIndex)
