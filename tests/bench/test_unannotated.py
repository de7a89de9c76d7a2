"""Sources without annotations: nothing else is taken away."""

from __future__ import annotations

import ast
from pathlib import Path

import compare
import pytest
from harness.unannotated import copy_without_annotations, without_annotations

CASES = [
    ("def f(a: int, b: list[int] = [1], *, c: 'str' = 'é: int') -> dict[str, int]:\n    return {}\n",
     "def f(a, b = [1], *, c = 'é: int'):\n    return {}\n"),
    ("def f(*rest: int, **more: str) -> (\n    int\n):\n    x: int = 1  # x: int\n    y: int\n    (z): int = 2\n",
     None),
    ("async def f(é: int) -> None: ...\n", "async def f(é): ...\n"),
    ("class C:\n    field: int = 1\n    other: str\n    def f(self, x: int) -> 'C':\n        self.x: int = x\n",
     "class C:\n    field: int = 1\n    other: str\n    def f(self, x):\n        self.x = x\n"),
    ("f = lambda a: a  # -> int\n", "f = lambda a: a  # -> int\n"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "wanted"), CASES)
def test_annotations_go_and_all_else_stays(source, wanted):
    found = without_annotations(source)
    if wanted is not None:
        assert found == wanted
    nodes = list(ast.walk(ast.parse(found)))
    assert not [node for node in nodes if isinstance(node, ast.arg) and node.annotation is not None]
    assert not [node for node in nodes if isinstance(node, ast.FunctionDef) and node.returns is not None]


def test_a_copy_of_the_application_computes_the_same_functions(tmp_path):
    here = Path(compare.__file__).parent
    copy_without_annotations(here, tmp_path / "copy")
    for path in here.glob("*.py"):
        before, after = (ast.parse((where / path.name).read_text()) for where in (here, tmp_path / "copy"))
        for node in ast.walk(before):
            if isinstance(node, ast.arg):
                node.annotation = None
            elif isinstance(node, ast.FunctionDef):
                node.returns = None
        if not any(isinstance(node, ast.AnnAssign) for node in ast.walk(before)):
            assert ast.dump(before) == ast.dump(after)
