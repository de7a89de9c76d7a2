"""Imports point downward only (docs/architecture.md, section 2), also those inside functions and for type checking."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.project.source_tree import PACKAGE, ROOT, modules, relative

LEVELS = {"quickload": 0, "core": 0, "types": 1, "messages": 2, "cache": 3, "host": 4, "compiler": 4}
"""By the first name below the package.  What is not listed (the command line, the start-up files, the API) is on top."""

TOP = 5

# Who may import what comes from outside, by the first name of the import.
OUTSIDE = {
    "llvmlite": ("pyvorin.compiler.",),
    "cffi": ("pyvorin.host.",),
    "_cffi_backend": ("pyvorin.host.",),
    "numpy": (),
    "platformdirs": ("pyvorin.cli",),
}


def module_name(path: Path) -> str:
    name = relative(path).removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")


def imports(path: Path, name: str) -> set[str]:
    """The dotted names that the module imports, wherever the statement stands."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = parts[: len(parts) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def forbidden(name: str, imported: str) -> bool:
    """Whether the module `name` may not import `imported`."""
    outside = OUTSIDE.get(imported.split(".")[0])
    if outside is not None:
        return not any(f"{name}.".startswith(allowed) for allowed in outside)
    if not imported.startswith("pyvorin."):
        return False
    ours, theirs = (part.split(".")[1] if "." in part else "" for part in (name, imported))
    if ours == theirs:
        return False
    return LEVELS.get(theirs, TOP) >= LEVELS.get(ours, TOP) and LEVELS.get(ours, TOP) != TOP


def test_imports_point_downward() -> None:
    found = modules("pyvorin")
    assert {part.name for part in PACKAGE.iterdir()} >= {"core", "cache", "host", "compiler"}
    wrong = [
        f"{relative(path)} imports {imported}"
        for path in found
        for imported in sorted(imports(path, module_name(path)))
        if forbidden(module_name(path), imported)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from pyvorin.core import reasons", []),
        ("import pyvorin.cache.store", []),
        ("def f():\n    from pyvorin.compiler import pipeline", ["pyvorin.compiler.pipeline"]),
        ("from ..compiler import pipeline", ["pyvorin.compiler.pipeline"]),
        ("from .. import compiler, cache", ["pyvorin.compiler"]),
        ("from . import patch", []),
        ("import pyvorin.cli.run", ["pyvorin.cli.run"]),
        ("import llvmlite.binding", ["llvmlite.binding"]),
        ("import numpy as np", ["numpy"]),
        ("if TYPE_CHECKING:\n    from pyvorin.__main__ import main", ["pyvorin.__main__.main"]),
    ],
)
def test_the_rule_finds_what_it_should(tmp_path: Path, source: str, wrong: list[str]) -> None:
    path = tmp_path / "example.py"
    path.write_text(source)
    name = "pyvorin.host.example"
    assert [imported for imported in sorted(imports(path, name)) if forbidden(name, imported)] == wrong


def test_levels_below_do_not_see_those_above() -> None:
    order = ["core", "types", "messages", "cache", "host"]
    for lower, ours in enumerate(order):
        for upper, theirs in enumerate(order):
            assert forbidden(f"pyvorin.{ours}.a", f"pyvorin.{theirs}.b") == (upper > lower)
    assert forbidden("pyvorin.compiler.a", "pyvorin.host.b")
    assert not forbidden("pyvorin.__main__", "pyvorin.host.session")
    assert ROOT.is_dir()
