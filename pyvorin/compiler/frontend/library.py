"""Functions of the standard library, by the names by which a program knows them."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context


def library_path(ctx: Context, func: ast.expr) -> str | None:
    """The name of the module's attribute that is called, such as ``itertools.chain``."""
    if isinstance(func, ast.Name):
        fact = ctx.fact(func.id)
        return fact.detail if fact is not None and fact.kind == "attribute" else None
    if not isinstance(func, ast.Attribute):
        return None
    if isinstance(func.value, ast.Name):
        fact = ctx.fact(func.value.id)
        if fact is not None and fact.kind in ("module", "attribute"):
            return f"{fact.detail}.{func.attr}"
        return None
    inner = library_path(ctx, func.value)
    return f"{inner}.{func.attr}" if inner is not None else None
