"""The arguments of a call of a builtin method or function that can be given by name (`KEYWORDS` of the table of primitives)."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.hir.ir import Value
from pyvorin.compiler.primitives import table as registry
from pyvorin.core import reasons


def evaluated(ctx: Context, arguments: list[ast.expr | None], left_out: object = None) -> list[Value]:
    """The values of arguments, with *left_out* for those that are not given."""
    values = iter(operands(ctx, [argument for argument in arguments if argument is not None]))
    return [ctx.b.const(left_out) if argument is None else next(values) for argument in arguments]


def takes(node: ast.Call, name: str) -> bool:
    """Whether the call has keyword arguments, all of which the builtin method of this name has, too."""
    if name == ".sort":
        return bool(node.keywords)
    try:
        in_order(node, name)
    except Reject:
        return False
    return bool(node.keywords)


def in_order(node: ast.Call, name: str) -> list[ast.expr | None]:
    """The arguments in their order, None for what is left out before another one."""
    arguments: list[ast.expr | None] = [*node.args]
    for keyword in node.keywords:
        names = registry.KEYWORDS.get(name, ())
        # Evaluated in the order of the call, which must be that of the parameters.
        if keyword.arg not in names[len(arguments) :]:
            raise Reject(reasons.UNSUPPORTED_CALL, node, callee=f"'{name}' with this keyword argument")
        arguments += [None] * (names.index(keyword.arg) - len(arguments))
        arguments.append(keyword.value)
    return arguments
