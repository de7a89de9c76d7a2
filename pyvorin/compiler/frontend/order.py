"""Values that wait while other expressions are evaluated, which may end the block."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.hir.ir import Value


def ends_block(node: ast.AST) -> bool:
    """Whether evaluating the expression may leave the current block (branches, loops, a way to a handler)."""
    return any(isinstance(inner, ENDING) for inner in ast.walk(node))


ENDING = (
    ast.Attribute,
    ast.BoolOp,
    ast.IfExp,
    ast.Compare,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Call,
    ast.BinOp,
    ast.Subscript,
    ast.Starred,
    ast.Yield,
    ast.YieldFrom,
)
"""Expressions of more than one block."""


def slice_bounds(ctx: Context, node: ast.Slice) -> list[Value]:
    """Lower, upper and step, None where absent."""
    if any(part is not None and ends_block(part) for part in (node.lower, node.upper, node.step)):
        temps = []
        for part in (node.lower, node.upper, node.step):
            temp = ctx.b.temp("bound")
            ctx.b.store(temp, ctx.expr(part) if part is not None else ctx.b.const(None))
            temps.append(temp)
        return [ctx.b.load(temp) for temp in temps]
    return [ctx.expr(part) if part is not None else ctx.b.const(None) for part in (node.lower, node.upper, node.step)]
