"""What the source must not hold: ways of running what is read. See docs/security.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    ROOT / "app.py",
    *(file for name in ("index", "rag", "api", "window", "eval") for file in (ROOT / name).rglob("*.py")),
]
# Modules that make objects, or run code, of a file.
MODULES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
CALLS = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "pandas.read_pickle"}
SWITCHES = {"allow_dangerous_deserialization", "allow_pickle", "trust_remote_code"}


def dangers(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield node.module or ""
        elif isinstance(node, ast.Call):
            if ast.unparse(node.func) in CALLS:
                yield ast.unparse(node.func)
            yield from (k.arg for k in node.keywords if k.arg in SWITCHES and ast.unparse(k.value) != "False")


def test_no_file_is_read_by_what_could_run_it() -> None:
    assert len(SOURCES) > 100
    found = {str(file.relative_to(ROOT)): list(dangers(file.read_text(encoding="utf-8"))) for file in SOURCES}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "np.load(file, allow_pickle=True)",
        "FAISS.load_local(place, allow_dangerous_deserialization=on)",
        "torch.load(file)",
        "eval(text)",
    ],
)
def test_such_would_be_found(source: str) -> None:
    assert len(list(dangers(source))) == 1


def test_uploads_have_a_greatest_size() -> None:
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    limits = [ast.unparse(k.value) for call in calls for k in call.keywords if k.arg == "max_file_size"]
    assert limits == ["UPLOAD"]
    assert "UPLOAD = '200mb'" in ast.unparse(tree)
