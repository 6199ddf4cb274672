"""What can go wrong with a language model: one branch of the error tree in `index.errors`.

ModelError
├── ModelUnreachable   nothing answers at that address (a retry helps)
├── ModelTimeout       it answers too slowly, or fell silent (a retry helps)
├── ModelMissing       the server or the package is there, the model is not
├── PromptTooLong      the prompt does not fit; found before or by the model, nothing was generated
├── NothingToDraftFrom all the evidence speaks to a machine; no model is asked
├── PromptTruncated    the server cut the prompt and answered all the same: that answer cannot be used
└── ModelFailed        a server error, or an answer that breaks off or cannot be read (a retry may help)
"""

from __future__ import annotations

from index.errors import DatelineError


class ModelError(DatelineError):
    """The language model could not do what was asked."""


class ModelUnreachable(ModelError):
    """Nothing answers at the model's address."""

    retryable = True


class ModelTimeout(ModelError):
    """The model did not begin, fell silent, or did not finish in the time allowed."""

    retryable = True


class ModelMissing(ModelError):
    """The model is not installed where it was looked for; the advice holds the command that installs it."""


class PromptTooLong(ModelError):
    """The prompt and the answer's budget do not fit into the model's context; nothing was generated."""


class NothingToDraftFrom(ModelError):
    """There is no evidence that a model may see; nothing was sent."""


class PromptTruncated(ModelError):
    """The server dropped part of the prompt without saying so; what it answered rests on unknown evidence."""


class ModelFailed(ModelError):
    """The model or its server failed: an error status, a stream that breaks off, an answer that cannot be read.

    Args:
        message: what was wrong, and where.
        advice: what the user can do about it.
        retryable: False where the same request is sure to fail again (the server refused it as such).
    """

    def __init__(self, message: str, advice: str = "", *, retryable: bool = True) -> None:
        super().__init__(message, advice)
        self.retryable = retryable
