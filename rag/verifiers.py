"""Which verifier judges the sentences of an answer.

Verifiers are found by name through the entry points of the group ``dateline.verifiers``. The object behind a name is
called with what follows the first slash: ``overlap`` → ``OverlapVerifier("")``, ``nli/models/deberta`` →
``CrossEncoderVerifier("models/deberta")``. One that has a parameter called ``settings`` also gets the `ModelSettings`:
where Ollama listens, how long to wait. See docs/verifiers.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

from index import plugins
from index.errors import DatelineError, InputError, PluginError
from rag.model_settings import ModelSettings, ModelStatus
from rag.verify import Verifier

GROUP = "dateline.verifiers"
_THRESHOLD = "?threshold="


def verifier(spec: str = "learned", settings: ModelSettings | None = None) -> Verifier:
    """The verifier of that name (``NAME`` or ``NAME/ARGUMENT``), ready to be used.

    Args:
        spec: as in the setting ``verifier``.
        settings: for verifiers that ask a language model; the defaults when not given.

    Raises:
        PluginError: no such verifier is installed, what it needs is not, or it is no verifier.
        InputError: the argument cannot be used.
        ModelError: it asks a language model that cannot be used; the advice holds the command that helps.
    """
    name, _, argument = spec.partition("/")
    factory = plugins.load(GROUP, name)
    made = _made(factory, spec, argument, settings or ModelSettings())
    threshold = getattr(made, "threshold", None)
    if not callable(getattr(made, "verify", None)) or not isinstance(threshold, (int, float)):
        message = f"The plug-in '{name}' made a {type(made).__name__}, which is no Verifier."
        raise PluginError(message, "Report it to the author of the package.")
    if not 0 < threshold < 1:
        message = f"verifier = '{spec}': a threshold of {threshold:g} is not between 0 and 1."
        raise InputError(message, "Give one between them, such as 0.5.")
    status = looked_at(cast("Verifier", made))
    if status and status.error:
        raise status.error
    return cast("Verifier", made)


def looked_at(made: Verifier) -> ModelStatus | None:
    """What a look at the verifier's language model finds; None for a verifier that has no method ``check``."""
    check = getattr(made, "check", None)
    return check() if callable(check) else None


def with_threshold(argument: str, default: float) -> tuple[str, float]:
    """Splits ``MODEL?threshold=0.7`` into the model and the threshold; no other option is known.

    Raises:
        InputError: what stands behind ``?threshold=`` is no number between 0 and 1.
    """
    model, mark, given = argument.rpartition(_THRESHOLD)
    if not mark:
        return argument, default
    try:
        threshold = float(given)
    except ValueError:
        threshold = 0.0
    if not 0 < threshold < 1:
        message = f"'{given}' is no threshold for '{model}'."
        raise InputError(message, f"Write a number between 0 and 1: '{model}{_THRESHOLD}0.7'.")
    return model, threshold


def _made(factory: Callable[..., Any], spec: str, argument: str, settings: ModelSettings) -> object:
    try:
        asks = "settings" in inspect.signature(factory).parameters
    except (TypeError, ValueError):  # a callable that does not show its parameters
        asks = False
    try:
        return factory(argument, settings=settings) if asks else factory(argument)
    except DatelineError:
        raise
    except ImportError as exc:
        message = f"verifier = '{spec}' cannot be used: {exc}."
        missing = (exc.name or "").partition(".")[0]
        raise PluginError(message, f"Install what it needs: pip install {missing}" if missing else "") from exc
    except ValueError as exc:
        message = f"verifier = '{spec}' cannot be used: {exc}."
        raise InputError(message, "See docs/verifiers.md for what may follow the slash.") from exc
