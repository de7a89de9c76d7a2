"""Functions that are handed over to a builtin, applied in place: `key=lambda p: p[1]`, `map(f, xs)`, `filter(lambda x: x, xs)`.

A lambda is never made: its body is an expression over a variable of its own, like that of a comprehension.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.hir.ir import Value


def can_apply(ctx: Context, node: ast.expr) -> bool:
    """Whether `applied` knows the function: a lambda of one parameter, or a function that is named and no variable."""
    if isinstance(node, ast.Name):
        return ctx.variable(node.id) is None
    if not isinstance(node, ast.Lambda):
        return False
    found = node.args
    plain = not (found.vararg or found.kwarg or found.kwonlyargs or found.defaults)
    inner = (ast.NamedExpr, ast.Lambda, ast.Yield, ast.YieldFrom, ast.Await)
    return (
        plain
        and len(found.posonlyargs + found.args) == 1
        and not any(isinstance(n, inner) for n in ast.walk(node.body))
    )


def parameter(node: ast.Lambda) -> str:
    return (node.args.posonlyargs + node.args.args)[0].arg


def call_of(node: ast.expr, argument: str) -> ast.expr:
    """What the function gives for the variable, as an expression in which that is bound."""
    if isinstance(node, ast.Lambda):
        return node.body
    made = ast.Call(node, [ast.Name(argument, ast.Load())], [])
    for inner in (made, made.args[0]):
        ast.copy_location(inner, node)
    return made


def variable_of(node: ast.expr) -> str:
    """The name that `call_of` wants to be bound to the item."""
    return parameter(node) if isinstance(node, ast.Lambda) else MAPPED


MAPPED = ".mapped"
"""The item that a named function is applied to: no program can spell it."""


def applied(ctx: Context, node: ast.expr, item: Value) -> Value:
    """What the function gives for the item."""
    name = variable_of(node)
    variable = ctx.b.temp(name.lstrip("."))
    ctx.b.store(variable, item)
    ctx.renamed.append({name: variable})
    value = ctx.expr(call_of(node, name))
    ctx.renamed.pop()
    return value
