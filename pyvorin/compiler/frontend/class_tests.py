"""`isinstance` and `issubclass`, for classes that are named in the call."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.hir.ir import Value


def class_test(name: str) -> Callable[[Context, ast.Call], Value | None]:
    """The macro of `isinstance` or `issubclass` for classes that are named in the call."""

    def lower(ctx: Context, node: ast.Call) -> Value | None:
        if len(node.args) != 2 or node.keywords:
            return None
        kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
        wanted = [_class_name(ctx, kind) for kind in kinds]
        if not wanted or None in wanted:
            return None
        return ctx.b.prim(f"{name}:{'/'.join(map(str, wanted))}", ctx.expr(node.args[0]))

    return lower


CLASSES = frozenset({"int", "float", "bool", "str", "bytes", "list", "tuple", "dict", "set", "range", "object"})
"""The builtin classes that `isinstance` is native for."""


def _class_name(ctx: Context, node: ast.expr) -> str | None:
    """The class of the module, or the builtin one, that the expression names."""
    if not isinstance(node, ast.Name):
        return None
    fact = ctx.fact(node.id)
    if fact is not None:
        return fact.detail if fact.kind == "class" else None
    return f"builtins.{node.id}" if node.id in CLASSES and ctx.builtin(node.id) else None
