"""What a function does, as far as its source tells: whether it consists of nothing but some kinds of nodes and calls."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable

COMPUTING: tuple[type[ast.AST], ...] = (
    ast.Return, ast.If, ast.Expr, ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.UnaryOp, ast.BoolOp,
    ast.Compare, ast.IfExp, ast.Tuple, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
"""What a function that only computes something consists of, without loops and variables."""


def consists_of(body: Iterable[ast.stmt], nodes: tuple[type[ast.AST], ...], calls: Container[str] = ()) -> bool:
    """Whether all in it is of these kinds, or a call of one of these functions, as they are written."""
    return all(
        ast.unparse(inner.func) in calls if isinstance(inner, ast.Call) else isinstance(inner, nodes)
        for statement in body
        for inner in ast.walk(statement)
    )
