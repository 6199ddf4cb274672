"""The tab that says how everything is: which model answers, what is in the index, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gradio as gr

from index.errors import DatelineError
from rag.config import Config
from rag.doctor import Finding, examine
from rag.pipeline import Pipeline
from rag.wording import spoken
from window.html import count, safe

SIGNS = {"good": ("✓", "in order"), "note": ("!", "worth knowing"), "broken": ("✕", "broken")}

OLLAMA = (
    "Ollama runs better language models on this machine. Get it from ollama.com, start it with “ollama serve”, fetch a "
    "model with “ollama pull {model}”: with --llm auto it is used within half a minute."
)


def status_tab(pipeline: Pipeline) -> tuple[Any, list[Any]]:
    """Draws the tab; call it inside a `gr.Tab`. Returns what fills it anew, and its outputs."""
    shown = gr.HTML('<div class="dl"><p class="dl-status">Looking at every part…</p></div>', elem_id="dl-status")
    again = gr.Button("Look again", elem_id="dl-look", scale=0)

    def fill() -> str:
        return drawn(pipeline)

    again.click(fill, None, shown, show_progress="minimal", api_visibility="private")
    return fill, [shown]


def drawn(pipeline: Pipeline) -> str:
    """Everything, looked at now."""
    try:
        answers = pipeline.chosen.note
    except DatelineError as exc:
        answers = str(exc)
    stats = pipeline.store.stats()
    facts = [
        ("Answers", answers),
        ("Articles", f"{stats.articles:,} in {count(stats.stories, 'story', 'stories')}"),
        ("Outlets", f"{len(stats.outlets):,}"),
        ("Newest article", spoken(stats.newest) if stats.newest else "none with a date"),
        ("Oldest article", spoken(stats.oldest) if stats.oldest else "none with a date"),
        ("Passages", f"{stats.passages:,} of {count(stats.sentences, 'sentence')}"),
        (
            "Checked by",
            f"{pipeline.config.verifier}; a sentence is supported from {pipeline.verifier.threshold:g}",
        ),
    ]
    rows = "".join(f"<dt>{safe(name)}</dt><dd>{safe(value)}</dd>" for name, value in facts)
    found = examine(pipeline.config)
    return (
        f'<div class="dl"><h2>Now</h2><dl class="dl-facts">{rows}</dl>'
        f'<h2>Every part</h2><ul class="dl-list">{findings(found, pipeline.config)}</ul></div>'
    )


def findings(found: Iterable[Finding], config: Config) -> str:
    """What was found of each part, with what to do."""
    return "".join(_finding(finding, config) for finding in found)


def _finding(f: Finding, config: Config) -> str:
    sign, words = SIGNS[f.state]
    advice = [f.advice] if f.advice else []
    if f.part == "Ollama" and f.state != "good":
        advice.append(OLLAMA.format(model=config.ollama_model))
    more = "".join(f'<p class="dl-small">{safe(text)}</p>' for text in advice)
    return (
        f'<li><span class="dl-n" title="{words}">{sign}</span><div><p class="dl-title">{safe(f.part)}'
        f' <span class="dl-state">{words}</span></p><p class="dl-by">{safe(f.message)}</p>{more}</div></li>'
    )
