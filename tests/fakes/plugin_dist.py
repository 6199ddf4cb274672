"""Plug-ins installed on the fly: a real distribution as importlib.metadata sees one, in a folder on sys.path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, group: str, entries: Mapping[str, str], *, name: str = "faked"
) -> None:
    """Write a distribution with these entry points into `folder` and put the folder on sys.path for the test.

    Args:
        folder: an empty directory, such as ``tmp_path``; modules that the entries point to may lie there too.
        monkeypatch: undoes it after the test.
        group: entry-point group.
        entries: name to ``module:object``, an extra in brackets behind it if need be.
        name: of the distribution: two of them in one folder need two names.
    """
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
