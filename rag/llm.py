"""Which language model drafts the answer.

The pipeline needs little of a model, and that little is `DraftModel`. Models are found by name through the entry
points of the group ``dateline.llms``; each of them is a callable ``(name, settings) -> DraftModel | LLM``. One that
returns a plain llama-index LLM is wrapped, so a model from any llama-index integration plugs in with one line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from llama_index.core.llms import LLM, ChatMessage

from index import plugins
from index.errors import DatelineError, PluginError
from rag.errors import ModelError, PromptTooLong
from rag.model_settings import ModelSettings, ModelStatus

GROUP = "dateline.llms"
AUTO = ("ollama", "embedded")
"""What `auto` tries, best first."""
STAND_INS = ("embedded",)
"""What is tried where a model that was named cannot be used: nothing that another machine could answer."""


class DraftModel(Protocol):
    """What the pipeline asks of a language model."""

    @property
    def name(self) -> str:
        """How the user names it: "ollama/llama3.2:3b", "embedded/smollm2-135m"."""

    @property
    def context_window(self) -> int:
        """Tokens that prompt and answer may have together. Raises ModelError where it must ask and gets no answer."""

    @property
    def llm(self) -> LLM:
        """The same model as llama-index code would use it."""

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Tokens of a prompt, the chat template included: exact, or an upper estimate, never a guess below."""

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        marks: Sequence[int] | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Yield the answer piece by piece, thoughts left out; at temperature 0 always the same.

        A piece may hold `rag.thoughts.AFRESH`: what was yielded before that was no part of the answer.

        A generator may return whether the model came to the end of its answer. Where it does not say so, a last
        sentence without a full stop counts as cut off and is not shown.

        Args:
            messages: the prompt.
            max_tokens: the answer ends after so many, in mid-sentence if need be.
            marks: the numbers that the answer may cite as ``[n]``. A model that can be constrained writes no other;
                of another they are only hoped for, so the caller drops what was not offered.
            cancel: when set, the stream ends quietly and the model stops.

        Raises:
            ModelError: one of its branches, see rag/errors.py. What was yielded before it is not to be trusted.
        """

    def check(self) -> ModelStatus:
        """Look whether it can be used, in about a second at most; raises nothing that the status can say."""


Factory = Callable[[str, ModelSettings], "DraftModel | LLM"]
"""What an entry point of the group stands for; a class whose constructor takes these two will do."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model to use, or None to answer without one, and a sentence for the user that says which and why.

    Attributes:
        stands_in: whether a better one was wanted, which cannot be used now.
    """

    model: DraftModel | None
    note: str
    stands_in: bool = False


def choose(spec: str, settings: ModelSettings) -> Chosen:
    """Resolve what the user asked for.

    Args:
        spec: ``auto`` (Ollama when it is ready, else the embedded model, else none), ``none``, or the name of an
            entry point with or without a model: ``ollama``, ``ollama/llama3.2:3b``, ``embedded``, ``PLUGIN/NAME``.
        settings: passed to the model.

    Raises:
        PluginError: there is no entry point of that name.
        ModelError: the model was named explicitly and cannot be used; the advice holds the command that helps.
    """
    if spec == "none":
        return Chosen(None, "No language model is used; answers quote the articles.")
    if spec == "auto":
        return _first_ready(AUTO, settings)
    model = make(spec, settings)
    status = model.check()
    if status.error:
        raise status.error
    return Chosen(model, f"Using {status.label}.")


def choose_or_stand_in(spec: str, settings: ModelSettings) -> Chosen:
    """As `choose`; but where a model that was named cannot be used, the embedded one or none answers in its place.

    The note says which model failed, why, and the command that helps.

    Raises:
        PluginError: there is no entry point of that name.
    """
    try:
        return choose(spec, settings)
    except ModelError as exc:
        others = [other for other in STAND_INS if other != spec]
        return _first_ready(others, settings, f"the model {spec} cannot be used: {_reason(exc)}")


def make(spec: str, settings: ModelSettings) -> DraftModel:
    """The model behind ``PLUGIN`` or ``PLUGIN/NAME``, not yet looked at.

    Raises:
        PluginError: there is no such entry point, or it made something that is no model.
    """
    plugin, _, name = spec.partition("/")
    model: object = plugins.load(GROUP, plugin)(name, settings)  # a Factory, if the plug-in keeps its word
    if isinstance(model, LLM):
        from rag.llamaindex import LlamaIndexModel  # noqa: PLC0415  (it needs this module's types)

        return LlamaIndexModel(spec, model, settings)
    # Not isinstance: on Python 3.11 that reads every property, and `context_window` may ask a server.
    if not all(callable(getattr(model, method, None)) for method in ("count_tokens", "stream", "check")):
        message = f"The plug-in '{plugin}' made a {type(model).__name__}, which is neither a DraftModel nor an LLM."
        raise PluginError(message, "Report it to the author of the package.")
    return cast("DraftModel", model)


def fits(prompt: int, max_tokens: int, window: int, name: str) -> None:
    """Check a budget in tokens before anything is sent.

    Raises:
        PromptTooLong: prompt and answer together are longer than the window.
    """
    if prompt + max_tokens > window:
        message = f"A prompt of {prompt} tokens and an answer of {max_tokens} do not fit into {name}'s {window}."
        raise PromptTooLong(message, "Use fewer or shorter passages, or a model with a longer context.")


def _first_ready(specs: Sequence[str], settings: ModelSettings, *before: str) -> Chosen:
    """The first of these that is ready; what was wanted before them, and why it cannot be used, is `before`."""
    reasons = list(before)
    for spec in specs:
        try:
            model = make(spec, settings)
            status = model.check()
        except DatelineError as exc:
            reasons.append(_reason(exc))
            continue
        if status.error is None:
            return Chosen(model, _sentence([*reasons, f"using {status.label}"]), stands_in=bool(reasons))
        reasons.append(_reason(status.error))
    note = _sentence([*reasons, "no language model is used, answers quote the articles"])
    return Chosen(None, note, stands_in=True)


def _reason(error: DatelineError) -> str:
    """An error as a clause: its message without the full stop, the advice in brackets."""
    advice = f" ({error.advice.rstrip('.')})" if error.advice else ""
    return error.message.rstrip(".") + advice


def _sentence(clauses: list[str]) -> str:
    joined = "; ".join(clauses)
    return joined[:1].upper() + joined[1:] + "."
