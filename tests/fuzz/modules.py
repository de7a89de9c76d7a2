"""Programs of two modules: the first definitions of a program, and what uses them, by their names or through the module.

Both are one source, so that they can be reduced like any other: the statement ``"module"`` is where the second one begins.

    def f(x): …               part.py     def f(x): …
    "module"             ->   p.py        from part import f
    from PART import f                    def g(x): return f(x)
    def g(x): return f(x)
"""

from __future__ import annotations

import ast
import random

BORDER = "module"
PART = "PART"
"""The name of the first module, which `parts` replaces."""


def split(source: str, calls: list[str], rng: random.Random) -> str:
    """The program in two parts; as it is if it is only one definition."""
    tree = ast.parse(source)
    at = rng.randint(1, max(1, len(tree.body) - 1))
    first, second = tree.body[:at], tree.body[at:]
    defined = {name for node in first for name in _bound(node)}
    tail = ast.Module(second, [])
    used = {node.id for part in (tail, *map(ast.parse, calls)) for node in ast.walk(part) if isinstance(node, ast.Name)}
    called = {node.id for text in calls for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    through = {name for name in sorted(defined & used) if rng.random() < 0.4 and not _is_bound_in(tail, name)}
    imported = [name for name in sorted(defined & used) if name not in through or name in called]
    tail = _Through(through).visit(tail)
    lines = [f"from {PART} import {', '.join(imported)}"] if imported else []
    lines += [f"import {PART} as {PART.lower()}"] if through else []
    return "\n\n".join([_text(first), repr(BORDER), *lines, _text(tail.body)]) + "\n"


def parts(source: str, name: str) -> list[tuple[str, str]]:
    """The modules of a program that is called *name*, those that others import first: (name, source)."""
    tree = ast.parse(source)
    borders = [node for node in tree.body if isinstance(node, ast.Expr) and _is_border(node.value)]
    if not borders:
        return [(name, source)]
    at = borders[0].lineno
    lines = source.splitlines(keepends=True)
    part = f"{name}_part"
    return [(part, "".join(lines[: at - 1])), (name, "".join(lines[at:]).replace(PART, part))]


def _is_border(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == BORDER


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    names = [inner for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)]
    return {inner.id for inner in names if isinstance(inner.ctx, ast.Store)}


def _is_bound_in(tree: ast.Module, name: str) -> bool:
    """Whether the name is bound somewhere there, so that it may be another one."""
    for node in ast.walk(tree):
        names = [getattr(node, field, None) for field in ("arg", "name", "asname")]
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.append(node.id)
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            names += node.names
        if name in names:
            return True
    return False


class _Through(ast.NodeTransformer):
    """Names of the first module as its attributes."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._names:
            return node
        return ast.Attribute(ast.Name(PART.lower(), ast.Load()), node.id, node.ctx)


def _text(nodes: list[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(nodes, [])))
