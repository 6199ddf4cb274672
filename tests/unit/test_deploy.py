"""The deployment of docs/scale.md: no container is started; what it says must fit the program and open no door."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.config import read_config

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("api", "ingest")


def plain(value: str) -> str:
    """A value with its variables at their defaults."""
    return re.sub(r"\$\{\w+(?::[-?]([^}]*))?\}", r"\1", value)


def test_what_is_named_is_there() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= set(SERVICES), name
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert {config["source"] for config in service.get("configs", ())} <= set(COMPOSE["configs"]), name
        kept = [volume.partition(":")[0] for volume in service.get("volumes", ()) if not volume.startswith("${")]
        assert set(kept) <= set(COMPOSE["volumes"]), name
        assert ":" in plain(service["image"]), name


@pytest.mark.parametrize("name", OURS)
def test_settings_are_known_and_lead_to_services(name: str) -> None:
    environ = {key: plain(value) for key, value in SERVICES[name]["environment"].items()}
    config = read_config(environ=environ, folder=DEPLOY)
    assert {key for key in environ if key.startswith("DATELINE_")} == set(environ)
    assert (config.store, str(config.index), config.llm) == ("milvus", "/var/lib/dateline", "ollama/llama3.2:3b")
    for address in (config.uri, config.ollama_host, config.openai_base_url):
        assert re.fullmatch(r"http://(\w+):\d+(?:/v1)?", address), address
        assert address.split("/")[2].partition(":")[0] in SERVICES


def test_only_the_door_is_open_and_only_to_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "door": ["127.0.0.1:7861:80"]
    }
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert {name for name in SERVICES if "outside" in SERVICES[name]["networks"]} == {"ingest", "ollama"}
    passes = COMPOSE["configs"]["door"]["content"]
    assert "set $$api http://api:7861;" in passes
    assert SERVICES["api"]["command"][-2:] == ["--port", "7861"]


def test_no_password_is_written_down() -> None:
    secrets = [
        value
        for service in SERVICES.values()
        for key, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|KEY|USER|TOKEN", key)
    ]
    assert len(secrets) == 4
    assert all(re.fullmatch(r"\$\{\w+:\?[^}]+\}", value) for value in secrets)


def test_the_image_has_what_the_program_needs() -> None:
    steps = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = {part for line in re.findall(r"(?m)^COPY (.+) \S+$", steps) for part in line.split()}
    wanted = {name.partition(".")[0] for name in project["tool"]["setuptools"]["packages"]}
    assert wanted | {"app.py", "pyproject.toml", "README.md", "LICENSE", "requirements"} == copied
    assert all((ROOT / name).exists() for name in copied)
    extras = re.findall(r"'\.\[([\w,]+)\]'", steps)[0].split(",")
    assert set(extras) <= set(project["project"]["optional-dependencies"])
    assert "torch==2.13.0" in steps


def test_it_says_that_it_is_untested() -> None:
    for name in ("compose.yaml", "Dockerfile"):
        assert "NOT TESTED" in (DEPLOY / name).read_text(encoding="utf-8")
