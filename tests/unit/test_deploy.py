"""The deployment of docs/scale.md: no container is started; what it says must fit the program and open no door."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from fakes.embedder import BagEmbedder
from fastapi.testclient import TestClient

from api.app import make
from api.cli import _api
from index.sqlite_faiss import SqliteFaissStore
from rag.config import Config, read_config
from rag.pipeline import Pipeline

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("api", "writer", "ingest")
DOOR = COMPOSE["configs"]["door"]["content"]


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


def upstream(method: str, path: str) -> str:
    """Where the door passes a request on: as nginx reads a map, the first pattern that fits."""
    rules = re.search(r'map "\$\$request_method \$\$uri" \$\$dateline \{(.*?)\}', DOOR, re.DOTALL)
    assert rules
    patterns = re.findall(r'"~([^"]+)"\s+(\S+);', rules[1])
    default = re.findall(r"default\s+(\S+);", rules[1])
    return next((to for pattern, to in patterns if re.search(pattern, f"{method} {path}")), default[0])


def test_what_a_replica_refuses_is_passed_to_the_writer(store: SqliteFaissStore, bag: BagEmbedder) -> None:
    assert "proxy_pass $$dateline;" in DOOR
    app = make(Pipeline(store, bag, Config(index=store.place, llm="none")), read_only=True)
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    there: dict[str, set[tuple[str, str]]] = {"http://api:7861": set(), "http://writer:7861": set()}
    for path, operations in app.openapi()["paths"].items():
        for method in map(str.upper, operations):
            at = re.sub(r"\{[^}]+\}", "x", path)
            refused = '"read_only"' in client.request(method, at, json={}).text
            there[upstream(method, at)].add((method, path))
            assert refused == (upstream(method, at) == "http://writer:7861"), (method, path)
    assert there["http://writer:7861"] == {
        ("POST", "/api/ingest"),
        ("POST", "/api/ingest/jobs"),
        ("GET", "/api/ingest/jobs/{job}"),
        ("DELETE", "/api/articles/{article_id}"),
    }
    assert len(there["http://api:7861"]) == 10


@pytest.mark.parametrize(("name", "read_only", "replicas"), [("api", True, 2), ("writer", False, 1)])
def test_one_writes_and_the_others_answer(name: str, read_only: bool, replicas: int) -> None:
    program, command, *options = SERVICES[name]["command"]
    assert (program, command) == ("dateline", "api")
    known = typer.Typer()
    known.command()(_api)
    given = typer.main.get_command(known).make_context("api", list(options)).params
    assert (given["host"], given["port"], given["read_only"]) == ("0.0.0.0", 7861, read_only)
    assert SERVICES[name]["deploy"]["replicas"] == replicas
    assert SERVICES[name]["networks"] == ["front", "back"]
    assert name in SERVICES["door"]["depends_on"]


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
    assert set(extras) == set(project["project"]["optional-dependencies"]) - {"dev"}
    assert "torch==2.13.0" in steps


def test_it_says_that_it_is_untested() -> None:
    for name in ("compose.yaml", "Dockerfile"):
        assert "NOT TESTED" in (DEPLOY / name).read_text(encoding="utf-8")
