"""Functions of the standard library, by the names by which a program knows them."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.core.library import C_OBJECTS


def attribute_of(path: str) -> tuple[str, str]:
    """The module and the name there by which a program comes to what it calls: of a method of a C type, that type's."""
    owner, _, name = path.rpartition(".")
    module, _, kind = owner.rpartition(".")
    return (module, kind) if (module, kind) in C_OBJECTS.values() else (owner, name)


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
