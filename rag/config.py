"""One configuration, read once: defaults, then dateline.toml, then DATELINE_* variables, then flags."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from index.errors import InputError
from index.stores import EMBEDDED, Place
from rag.model_settings import ModelSettings

_MODEL = ModelSettings()

FILE = "dateline.toml"
PREFIX = "DATELINE_"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set. Each field is a key of dateline.toml and, in capitals, a DATELINE_ variable.

    Attributes:
        index: folder of the index.
        store: what keeps the index: ``embedded``, in that folder, or ``milvus``.
        uri: where Milvus keeps it: a file ending in .db (Milvus Lite, in the process; by default one in the folder), or
            the URL of a cluster, whose `user:password` or key is the variable DATELINE_MILVUS_TOKEN. A folder given
            with --index puts it aside.
        embedder: which encoder: ``minilm``, ``static`` (quicker, not as good), ``st/FOLDER`` or another plug-in.
        llm: ``auto``, ``none``, ``embedded``, ``ollama/NAME``, ``openai/NAME`` or another plug-in.
        reranker: entry point of a reranker, or ``none``.
        verifier: what checks each sentence: ``learned``, ``overlap``, ``nli/MODEL``, ``ollama/NAME``, another plug-in.
        ollama_host: where Ollama listens.
        ollama_model: what `auto` asks Ollama for.
        openai_base_url: an OpenAI-compatible server, such as http://127.0.0.1:8000/v1; its key is no setting but the
            variable DATELINE_OPENAI_API_KEY.
        openai_model: what `openai` without a name asks it for.
        connect_timeout_s: seconds until a model's server accepts the connection.
        timeout_s: seconds until a model's first token.
        stall_timeout_s: seconds between two tokens.
        total_timeout_s: seconds for a whole draft.
        keep_alive: how long Ollama keeps the model loaded.
        max_context: tokens of prompt and answer together, at most.
        evidence_sentences: how many sentences are offered to the model.
        max_answer_tokens: length of a draft.
        history_turns: how many earlier exchanges may help to understand a follow-up.
        otlp_endpoint: an OpenTelemetry collector that is told how long each stage of an answer took, such as
            http://127.0.0.1:4318; empty means none, and none is ever told. See docs/api.md.
    """

    index: Path = Path("var/index")
    store: str = EMBEDDED
    uri: str = ""
    embedder: str = "minilm"
    llm: str = "auto"
    reranker: str = "none"
    verifier: str = "learned"
    ollama_host: str = _MODEL.ollama_host
    ollama_model: str = _MODEL.ollama_model
    openai_base_url: str = _MODEL.openai_base_url
    openai_model: str = _MODEL.openai_model
    connect_timeout_s: float = _MODEL.connect_timeout_s
    timeout_s: float = _MODEL.timeout_s
    stall_timeout_s: float = _MODEL.stall_timeout_s
    total_timeout_s: float = _MODEL.total_timeout_s
    keep_alive: str = _MODEL.keep_alive
    max_context: int = _MODEL.max_context
    evidence_sentences: int = 8
    max_answer_tokens: int = 320
    history_turns: int = 4
    otlp_endpoint: str = ""

    @property
    def place(self) -> Place:
        """Where the index is."""
        return Place(self.index, self.store, self.uri)

    @property
    def model_settings(self) -> ModelSettings:
        """What the model adapters need."""
        return ModelSettings(
            ollama_host=self.ollama_host,
            ollama_model=self.ollama_model,
            openai_base_url=self.openai_base_url,
            openai_model=self.openai_model,
            connect_timeout_s=self.connect_timeout_s,
            timeout_s=self.timeout_s,
            stall_timeout_s=self.stall_timeout_s,
            total_timeout_s=self.total_timeout_s,
            keep_alive=self.keep_alive,
            max_context=self.max_context,
        )


def read_config(
    flags: Mapping[str, Any] | None = None, *, folder: Path = Path(), environ: Mapping[str, str] = os.environ
) -> Config:
    """The configuration from all places; flags that are None are not given.

    Raises:
        InputError: naming the file or variable, and what is wrong with it.
    """
    config = Config()
    path = folder / FILE
    if path.is_file():
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            msg = f"{path} cannot be read: {exc}."
            raise InputError(msg, "Mend that line.") from exc
        config = _with(config, table, str(path))
    known = {field.name for field in fields(Config)}
    found = {key[len(PREFIX) :].lower(): value for key, value in environ.items() if key.startswith(PREFIX)}
    config = _with(config, {key: value for key, value in found.items() if key in known}, "the environment (DATELINE_*)")
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    if "index" in given:
        given = {"uri": "", **given}
    return _with(config, given, "the command line")


def _with(config: Config, values: Mapping[str, Any], place: str) -> Config:
    types = {field.name: field.type for field in fields(Config)}
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in types:
            msg = f"{place}: there is no setting {key!r}."
            raise InputError(msg, f"Known settings: {', '.join(sorted(types))}.")
        wanted = {"Path": Path, "str": str, "float": float, "int": int}[str(types[key])]
        try:
            checked[key] = TypeAdapter(wanted).validate_python(value)
        except ValidationError as exc:
            msg = f"{place}: {key} = {value!r} is no {wanted.__name__}."
            raise InputError(msg, exc.errors()[0]["msg"] + ".") from exc
    return replace(config, **checked)
