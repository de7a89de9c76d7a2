"""The functions of `operator` that are an operator by another name -> HIR."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.frontend.ordered import Function
from pyvorin.compiler.hir.ir import Value

BINARY = {
    **{name: name for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift")},
    **{name: name for name in ("xor", "eq", "ne", "lt", "le", "gt", "ge", "getitem")},
    "and_": "and",
    "or_": "or",
}
UNARY = {"neg": "neg", "pos": "pos", "invert": "invert", "inv": "invert", "abs": "abs"}
"""The primitive that each stands for."""


def _operator(primitive: str) -> Function:
    def lower(ctx: Context, node: ast.Call) -> Value:
        return ctx.operator(primitive, *operands(ctx, node.args))

    return lower


def _contains(ctx: Context, node: ast.Call) -> Value:
    container, item = operands(ctx, node.args)
    return ctx.operator("contains", item, container)


def _is(ctx: Context, node: ast.Call) -> Value:
    return ctx.b.prim("is", *operands(ctx, node.args))


def _is_not(ctx: Context, node: ast.Call) -> Value:
    return ctx.b.prim("not", _is(ctx, node))


def _truth(ctx: Context, node: ast.Call) -> Value:
    return ctx.b.prim("truth", *operands(ctx, node.args))


def _not(ctx: Context, node: ast.Call) -> Value:
    return ctx.b.prim("not", _truth(ctx, node))


FUNCTIONS: dict[str, tuple[int, Function]] = {
    **{f"operator.{name}": (2, _operator(primitive)) for name, primitive in BINARY.items()},
    **{f"operator.{name}": (1, _operator(primitive)) for name, primitive in UNARY.items()},
    "operator.contains": (2, _contains),
    "operator.is_": (2, _is),
    "operator.is_not": (2, _is_not),
    "operator.truth": (1, _truth),
    "operator.not_": (1, _not),
}
"""By path, the number of arguments, and what lowers it."""
