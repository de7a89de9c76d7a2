"""Calls that make records, named tuples and objects of dataclasses, and `object.__setattr__`, by which frozen ones are filled."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.arguments import wrong
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.frontend.named import Record
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Value


def named_tuple(ctx: Context, node: ast.Call, name: str, record: Record) -> Value:
    """A new named tuple of the module's class."""
    fields, behind = record.fields, {field: at for at, field in enumerate(reversed(record.fields), 1)}
    path = "/".join([name, *fields])
    order: dict[str, ast.expr] = dict(zip(fields, node.args))
    for keyword in node.keywords:
        if keyword.arg in order or keyword.arg not in fields:
            return wrong(ctx)
        order[str(keyword.arg)] = keyword.value
    if len(node.args) > len(fields) or any(field not in order for field in fields[: -len(record.defaults) or None]):
        return wrong(ctx)
    values = dict(zip(order, operands(ctx, list(order.values()))))
    for field, ty in zip(reversed(fields), reversed(record.defaults)):
        if field not in order:
            values[field] = ctx.b.prim(f"named.default:{behind[field]}/{ty}/{path}")
    return ctx.b.prim(f"named.make:{path}", *(values[field] for field in fields))


def replaced(ctx: Context, node: ast.Call) -> Value:
    """The call of `dataclasses.replace`; the type of its argument decides what is made."""
    arguments = operands(ctx, [*node.args, *(keyword.value for keyword in node.keywords)])
    ctx.work += 1
    names = "/".join(["replace fields", *(str(keyword.arg) for keyword in node.keywords)])
    return ctx.b.emit(ops.CALL, arguments, names)


def stored_past_class(ctx: Context, node: ast.Call, func: ast.Attribute) -> Value | None:
    """The call ``object.__setattr__(obj, "x", value)``, which stores it whatever the class says; None for any other."""
    if ast.unparse(func) != "object.__setattr__" or len(node.args) != 3 or node.keywords or not ctx.builtin("object"):
        return None
    obj, name, value = node.args
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier()):
        return None
    values = operands(ctx, [obj, value])
    ctx.b.prim(f"attr.init:{name.value}", *values)
    return ctx.b.const(None)
