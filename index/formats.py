"""Which loader reads what: a plug-in a file format, found by suffix or by content type.

To add a format, write a function (source, open bytes) → articles and refusals, as those in `index.loaders` are, and
register it in the group ``dateline.loaders`` under its suffix.
"""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path, PurePath

from index import plugins
from index.errors import PluginError
from index.loaders.common import Loader

GROUP = "dateline.loaders"


def suffix_of(path: PurePath) -> str:
    """What names the format of a file, in lower case: ``.jsonl`` for ``a.JSONL.gz``."""
    return Path(path.name[:-3] if path.name.lower().endswith(".gz") else path.name).suffix.lower()


@cache
def suffixes() -> tuple[str, ...]:
    """Suffixes of the formats that can be read, sorted.

    Raises:
        PluginError: none is registered.
    """
    found = tuple(f".{name}" for name in plugins.available(GROUP))
    if not found:
        msg = "No file format is registered: the installation is older than the code."
        raise PluginError(msg, "Run `make install` (or `pip install --no-deps -e .`).")
    return found


@cache
def loader(suffix: str) -> Loader:
    """The loader of files that end in `suffix`.

    Raises:
        PluginError: there is none, or what it needs is not installed.
    """
    found: Loader = plugins.load(GROUP, suffix.removeprefix("."))
    return found


def suffix_of_type(content_type: str) -> str:
    """The suffix that stands for a content type such as ``text/html; charset=utf-8``; empty when it is unknown."""
    return mimetypes.guess_extension(content_type.partition(";")[0].strip().lower()) or ""
