"""The arguments of a call, bound to the parameters of a function of the module as CPython would bind them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import literal, operands
from pyvorin.compiler.frontend.module import fold
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.seen import DEFAULT
from pyvorin.compiler.hir.ir import Callee, Value
from pyvorin.core import reasons

Lower = Callable[[Context, "dict[str, ast.expr]"], "list[Value]"]
"""Evaluates arguments, by the names of their parameters."""


def _evaluated(ctx: Context, arguments: dict[str, ast.expr]) -> list[Value]:
    return operands(ctx, [*arguments.values()])


def bind(ctx: Context, node: ast.Call, qualname: str, given: int = 0, lower: Lower = _evaluated) -> list[Value] | None:
    """The values of the parameters, evaluated here; None where CPython raises a TypeError.

    given: how many parameters are left out, the first ones.
    """
    parameters = ctx.module.function(qualname).node.args
    if parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
        raise Reject(reasons.VARARGS, node)
    names = [a.arg for a in parameters.posonlyargs + parameters.args]
    positional = len(parameters.posonlyargs)
    if given:
        if not names:
            return None
        names, positional = names[given:], max(0, positional - given)
    if len(node.args) > len(names):
        return None
    order: dict[str, ast.expr] = dict(zip(names, node.args))
    for keyword in node.keywords:
        if keyword.arg in order or keyword.arg not in names[positional:]:
            return None
        order[keyword.arg] = keyword.value
    optional = names[len(names) - len(parameters.defaults) :]
    if any(name not in order and name not in optional for name in names):
        return None
    values = dict(zip(order, lower(ctx, order)))
    return [values[name] if name in values else _default(ctx, node, qualname, name) for name in names]


def refuse_packed(node: ast.Call) -> None:
    """Refuse a call with `*args` or `**kwargs`."""
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        raise Reject(reasons.VARARGS, node)


def _default(ctx: Context, node: ast.Call, qualname: str, name: str) -> Value:
    """The value of a parameter that the call leaves out.

    Defaults are evaluated once, when `def` runs.  Those that are constants are the same at every call (native code checks that
    the function still has the `__defaults__` of the source); others are read where they are needed.
    """
    arguments = ctx.module.function(qualname).node.args
    names = [a.arg for a in arguments.posonlyargs + arguments.args]
    folded = [fold(default, {}) for default in arguments.defaults]
    if qualname in ctx.module.lifted:
        return literal(ctx, node, folded[names.index(name) - len(names)][1])
    if not all(known for known, _ in folded):
        # Whatever it is now: `__defaults__` is read at the call.
        ctx.uses.seen.add(f"{DEFAULT}{qualname} {name}")
        return ctx.b.prim(f"default:{len(names) - names.index(name)}/{qualname}.{name}", ctx.b.const(Callee(qualname)))
    values = tuple(value for _, value in folded)
    ctx.uses.defaults[qualname] = repr(values)
    return literal(ctx, node, values[names.index(name) - len(names)])


def wrong(ctx: Context) -> Value:
    """The arguments do not fit: CPython evaluates them and raises the TypeError itself."""
    dead = ctx.b.new_block("dead")
    ctx.b.exit(reasons.VALUE_ERROR)
    ctx.b.switch(dead)
    return ctx.b.const(None)
