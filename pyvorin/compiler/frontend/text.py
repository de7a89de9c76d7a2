"""f-strings -> HIR: each field is formatted where it stands, and the parts are put together at the end, as CPython does it."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import keep, operands
from pyvorin.compiler.hir.ir import Value

CONVERSIONS = {ord("s"): "str", ord("r"): "repr", ord("a"): "ascii"}


def joined(ctx: Context, node: ast.JoinedStr) -> Value:
    parts = operands(ctx, node.values)
    if not parts:
        return ctx.b.const("")
    return parts[0] if len(parts) == 1 else ctx.b.prim("str.build", *parts)


def formatted(ctx: Context, node: ast.FormattedValue) -> Value:
    """One field; without a specification an exact str is itself (FORMAT_VALUE, ceval.c)."""
    value = ctx.expr(node.value)
    if node.conversion in CONVERSIONS:
        value = ctx.b.prim(CONVERSIONS[node.conversion], value)
    if node.format_spec is None:
        return ctx.b.prim("format", value)
    kept = keep(ctx, value, node.format_spec)
    spec = ctx.expr(node.format_spec)
    return ctx.b.prim("format", kept(), spec)
