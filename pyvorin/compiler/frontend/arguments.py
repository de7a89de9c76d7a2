"""The arguments of a call, bound to the parameters of a function of the module as CPython would bind them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import literal, operands
from pyvorin.compiler.frontend.facts import fold
from pyvorin.compiler.frontend.module import ModuleSource
from pyvorin.compiler.frontend.parameters import Parameters, maker_of_more, parameters_of
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.seen import default_key
from pyvorin.compiler.hir.ir import BY_NAME, Callee, Value
from pyvorin.core import reasons
from pyvorin.types.spec import as_element, literal_type

Lower = Callable[[Context, "dict[str, ast.expr]"], "list[Value]"]
"""Evaluates arguments, by the names of their parameters."""


def _evaluated(ctx: Context, arguments: dict[str, ast.expr]) -> list[Value]:
    return operands(ctx, [*arguments.values()])


def bind(ctx: Context, node: ast.Call, qualname: str, given: int = 0, lower: Lower = _evaluated) -> list[Value] | None:
    """The values of the parameters, evaluated here; None where CPython raises a TypeError.

    given: how many parameters are left out, the first ones.
    """
    parameters = parameters_of(ctx.module.function(qualname).node).behind(given)
    if parameters is None:
        return None
    bound = parameters.bind(node.args, [(str(keyword.arg), keyword.value) for keyword in node.keywords])
    if bound is None:
        return None
    # In the order of evaluation; what has no parameter of its own, under names that are none.
    behind = len(node.args) - len(bound.rest)
    named = {name: argument for name, argument in bound.named.items() if argument in node.args[:behind]}
    order: dict[str, ast.expr] = {**named, **{f"*{index}": argument for index, argument in enumerate(bound.rest)}}
    for keyword in node.keywords:
        name = str(keyword.arg)
        order[f"**{name}" if name in bound.more else name] = keyword.value
    values = dict(zip(order, lower(ctx, order)))
    found = [
        values[name] if name in values else _default(ctx, node, qualname, parameters, name) for name in parameters.named
    ]
    if parameters.rest is not None:
        found.append(ctx.b.prim("tuple.make", *(values[f"*{index}"] for index in range(len(bound.rest)))))
    if parameters.more is not None:
        items = [(ctx.b.const(name), values[f"**{name}"]) for name in bound.more]
        found.append(
            ctx.b.prim(maker_of_more(ctx.module.function(qualname).node), *(part for item in items for part in item))
        )
    return found


def refuse_packed(node: ast.Call) -> None:
    """Refuse a call with `*args` or `**kwargs`."""
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        raise Reject(reasons.VARARGS, node)


def _default(ctx: Context, node: ast.Call, qualname: str, parameters: Parameters, name: str) -> Value:
    """The value of a parameter that the call leaves out.

    Defaults are evaluated once, when `def` runs.  Those that are constants are the same at every call (native code checks that
    the function still has the `__defaults__` of the source); others are read where they are needed, and so are all those of
    parameters that only have a name: `__kwdefaults__` is a dict, which anybody may change.
    """
    factory = ctx.module.factory(qualname, name)
    if factory:
        return ctx.b.prim(f"{factory}.make")
    if qualname in ctx.module.lifted:
        return literal(ctx, node, fold(parameters.defaults[name], {})[1])
    values = constant_defaults(parameters)
    if name in parameters.positional and values is not None:
        ctx.uses.defaults[qualname] = repr(values)
        return literal(ctx, node, values[parameters.positional.index(name) - len(parameters.positional)])
    # Whatever it is now.
    ctx.uses.seen.add(default_key(qualname, name))
    return ctx.b.prim(read_default(ctx.module, qualname, parameters, name), ctx.b.const(Callee(qualname)))


def constant_defaults(parameters: Parameters) -> tuple[object, ...] | None:
    """The default values of what can be given by position, if all of them are constants."""
    folded = [fold(parameters.defaults[name], {}) for name in parameters.positional if name in parameters.defaults]
    return tuple(value for _, value in folded) if all(known for known, _ in folded) else None


def read_default(module: ModuleSource, qualname: str, parameters: Parameters, name: str) -> str:
    """The primitive that reads the default at the call, of which the source may say something."""
    known, value = fold(parameters.defaults[name], {})
    if known:
        module.seen.assume(default_key(qualname, name), as_element(literal_type(value)))
    place = (
        BY_NAME if name in parameters.keyword_only else len(parameters.positional) - parameters.positional.index(name)
    )
    return f"default:{place}/{qualname}.{name}"


def wrong(ctx: Context) -> Value:
    """The arguments do not fit: CPython evaluates them and raises the TypeError itself."""
    dead = ctx.b.new_block("dead")
    ctx.b.exit(reasons.VALUE_ERROR)
    ctx.b.switch(dead)
    return ctx.b.const(None)
