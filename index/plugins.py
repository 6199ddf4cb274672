"""Names to implementations, through the entry points of installed packages.

Everything that can be exchanged is looked up by name in one of these groups, the parts that come with the project
included, so that a part from another package is found in the same way as our own:

    dateline.loaders     source, bytes → articles            (contract in index/formats.py)
    dateline.llms        name, settings → language model     (contract in rag/llm.py)
    dateline.embedders   → Embedder                          (contract in index/embed.py)
    dateline.stores      → Store                             (contract in index/store.py)
    dateline.workers     → Workers                           (contract in index/workers.py)
    dateline.verifiers   argument → Verifier                 (contract in rag/verify.py)
    dateline.rerankers   → Reranker
    dateline.tracing     address → Tracing                   (contract in rag/spans.py)
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from index.errors import PluginError


def available(group: str) -> tuple[str, ...]:
    """Names registered in `group`, sorted, each once."""
    return tuple(sorted({entry.name for entry in entry_points(group=group)}))


def load(group: str, name: str, *, extra: str | None = None) -> Any:
    """Return the object that `name` stands for in `group`.

    Args:
        group: entry-point group, such as ``dateline.llms``.
        name: the name as registered; exact, case matters.
        extra: the project's optional-dependency set that the part needs. Without it, the extra written on the entry
            point itself is used (``name = "module:object [extra]"``).

    Raises:
        PluginError: the name is unknown, stands for two different things, or cannot be imported.
    """
    entry = _the_one(group, name)
    try:
        return entry.load()
    except ImportError as exc:
        missing = exc.name or str(exc)
        extra = extra or next(iter(entry.extras), None)
        command = f"pip install 'dateline[{extra}]'" if extra else f"pip install {missing.partition('.')[0]}"
        message = f"'{name}' ({group}, {entry.value}) cannot be imported: {exc}."
        raise PluginError(message, f"Install what it needs: {command}") from exc
    except AttributeError as exc:
        message = f"'{name}' ({group}) points to {entry.value}, which does not exist."
        raise PluginError(message, "Reinstall or upgrade the package that provides it.") from exc


def _the_one(group: str, name: str) -> EntryPoint:
    """The entry point of that name. The same target registered twice (an editable install does it) counts as one."""
    found = {entry.value: entry for entry in entry_points(group=group, name=name)}
    if not found:
        known = ", ".join(available(group)) or "none"
        message = f"There is no '{name}' in {group}."
        raise PluginError(message, f"Available: {known}.")
    if len(found) > 1:
        message = f"'{name}' in {group} stands for more than one thing: {', '.join(sorted(found))}."
        raise PluginError(message, "Uninstall all but one of the packages that provide it.")
    return next(iter(found.values()))
