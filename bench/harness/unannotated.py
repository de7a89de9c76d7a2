"""Source text without its annotations, and otherwise as it was."""

from __future__ import annotations

import ast
import shutil
from itertools import accumulate
from pathlib import Path


def without_annotations(source: str) -> str:
    """The source without annotations of parameters, results and variables.

    A declaration without a value becomes `pass`, a field of a class stays, as `@dataclass` looks for its annotation.
    """
    tree = ast.parse(source)
    data = source.encode()
    starts = [0, *accumulate(map(len, data.splitlines(keepends=True)))]
    fields = {item for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for item in node.body}

    def start(node: ast.expr | ast.stmt | ast.arg) -> int:
        return starts[node.lineno - 1] + node.col_offset

    def end(node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return starts[node.end_lineno - 1] + node.end_col_offset

    def behind(first: int, annotation: ast.expr) -> int:
        """Where the annotation ends, with the parentheses that were opened between here and its start."""
        last = end(annotation)
        for _ in range(data.count(b"(", first, start(annotation))):
            last = data.index(b")", last) + 1
        return last

    cuts: list[tuple[int, int, bytes]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            first = start(node) + len(node.arg.encode())
            cuts.append((first, behind(first, node.annotation), b""))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            # Nothing between the arrow and the result can have another arrow in it but a comment.
            arrow = data.rindex(b"->", 0, start(node.returns))
            cuts.append((len(data[:arrow].rstrip()), behind(arrow, node.returns), b""))
        elif isinstance(node, ast.AnnAssign) and node not in fields:
            colon = data.index(b":", end(node.target))
            first, instead = (start(node), b"pass") if node.value is None else (colon, b"")
            cuts.append((first, behind(colon, node.annotation), instead))
    for first, last, instead in sorted(cuts, reverse=True):
        data = data[:first] + instead + data[last:]
    return data.decode()


def copy_without_annotations(directory: Path, to: Path) -> None:
    """A copy of the directory, whose sources have no annotations."""
    shutil.copytree(directory, to, ignore=shutil.ignore_patterns("__pycache__"))
    for path in to.rglob("*.py"):
        path.write_text(without_annotations(path.read_text("utf-8")), "utf-8")
