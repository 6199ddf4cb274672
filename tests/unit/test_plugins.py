"""Entry points: found by name through importlib.metadata, and errors that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import plugin_dist

from index import plugins
from index.errors import PluginError

GROUP = "dateline.verifiers"


def test_a_registered_object_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "strict_checker.py").write_text("class Strict:\n    floor = 0.9\n", encoding="utf-8")
    plugin_dist.install(tmp_path, monkeypatch, GROUP, {"strict": "strict_checker:Strict", "lax": "x:y"})
    assert plugins.load(GROUP, "strict").floor == 0.9
    assert {"strict", "lax"} <= set(plugins.available(GROUP))


def test_an_unknown_name_lists_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_dist.install(tmp_path, monkeypatch, "dateline.test", {"b": "json:loads", "a": "json:dumps"})
    with pytest.raises(PluginError) as caught:
        plugins.load("dateline.test", "c")
    assert caught.value.message == "There is no 'c' in dateline.test."
    assert caught.value.advice == "Available: a, b."


def test_an_empty_group_says_so() -> None:
    with pytest.raises(PluginError, match="Available: none"):
        plugins.load("dateline.no_such_group", "x")


@pytest.mark.parametrize(
    ("target", "extra", "command"),
    [
        ("absent_package.inner:thing", None, "pip install absent_package"),
        ("absent_package.inner:thing", "milvus", "pip install 'dateline[milvus]'"),
        ("absent_package.inner:thing [milvus]", None, "pip install 'dateline[milvus]'"),
    ],
)
def test_a_missing_package_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, extra: str | None, command: str
) -> None:
    plugin_dist.install(tmp_path, monkeypatch, "dateline.test", {"far": target})
    with pytest.raises(PluginError) as caught:
        plugins.load("dateline.test", "far", extra=extra)
    assert caught.value.advice.endswith(command)
    assert isinstance(caught.value.__cause__, ImportError)


def test_a_target_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_dist.install(tmp_path, monkeypatch, "dateline.test", {"gone": "json:no_such_function"})
    with pytest.raises(PluginError, match="json:no_such_function, which does not exist"):
        plugins.load("dateline.test", "gone")


def test_two_packages_may_not_claim_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_dist.install(tmp_path, monkeypatch, "dateline.test", {"x": "json:loads"}, name="one")
    plugin_dist.install(tmp_path, monkeypatch, "dateline.test", {"x": "json:dumps"}, name="two")
    with pytest.raises(PluginError, match="more than one thing: json:dumps, json:loads"):
        plugins.load("dateline.test", "x")


def test_the_same_target_twice_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_dist.install(tmp_path, monkeypatch, "dateline.test", {"x": "json:loads"}, name="one")
    plugin_dist.install(tmp_path, monkeypatch, "dateline.test", {"x": "json:loads"}, name="two")
    assert plugins.load("dateline.test", "x")("[1]") == [1]
