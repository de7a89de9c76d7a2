"""Storing values: names, subscripts, unpacking."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Union

from pyvorin.compiler.frontend.context import Context, span_of
from pyvorin.compiler.frontend.order import slice_bounds
from pyvorin.compiler.hir.ir import Value

Item = Union[Value, "Sequence[Item]"]
"""A value, or the values of a tuple that was never made (what `enumerate` and `zip` give to a loop's target)."""


def store_name(ctx: Context, node: ast.Name, value: Value) -> None:
    """Assign to the local variable; or to the global one, if a `global` statement says so."""
    variable = ctx.variable(node.id)
    if variable is not None:
        ctx.b.store(variable, value)
        return
    ctx.change_global("global.set", node.id, value)
    if ctx.snapshots is not None:
        ctx.snapshots.stored_item()


def pack(ctx: Context, item: Item) -> Value:
    """The item as one value; a tuple that is not taken apart at once is a real tuple."""
    if isinstance(item, Value):
        return item
    return ctx.b.prim("tuple.make", *(pack(ctx, part) for part in item))


def assign(ctx: Context, target: ast.expr, item: Item) -> None:
    """Bind *target* to *item*, left to right as CPython does."""
    outer, ctx.b.span = ctx.b.span, span_of(target)
    if isinstance(target, ast.Name):
        store_name(ctx, target, pack(ctx, item))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(ctx, target, item)
    elif isinstance(target, ast.Subscript):
        _store_item(ctx, target, pack(ctx, item))
    elif isinstance(target, ast.Attribute):
        _store_attribute(ctx, target, pack(ctx, item))
    else:
        raise ctx.unsupported(target, f"assignment to {type(target).__name__}")
    ctx.b.span = outer


def _unpack(ctx: Context, target: ast.Tuple | ast.List, item: Item) -> None:
    if is_plain(ctx, target):
        # Nothing is assigned before all has been taken apart: an exit in the midst does it once more.
        for name, value in list(_taken_apart(ctx, target, item)):
            store_name(ctx, name, value)
        return
    if any(isinstance(element, ast.Starred) for element in target.elts):
        raise ctx.unsupported(target, "a starred assignment target beside one that is no local variable")
    parts = _parts(ctx, target, item)
    if any(not is_local(ctx, element) for element in target.elts):
        # Subscripts may end the block: the parts wait in variables.
        temps: list[str | None] = []
        for part in parts:
            if isinstance(part, Value):
                temp = ctx.b.temp("part")
                ctx.b.store(temp, part)
                temps.append(temp)
            else:
                temps.append(None)
        waiting_targets = [(element, temp) for element, temp in zip(target.elts, temps) if temp is not None]
        with storing(ctx, waiting_targets) as stored:
            for element, part, waiting in zip(target.elts, parts, temps):
                assign(ctx, element, part if waiting is None else ctx.b.load(waiting))
                stored()
        return
    for element, part in zip(target.elts, parts):
        assign(ctx, element, part)


def _parts(ctx: Context, target: ast.Tuple | ast.List, item: Item) -> Sequence[Item]:
    """The parts of the item, one for each element of the target."""
    count = len(target.elts)
    starred = [index for index, element in enumerate(target.elts) if isinstance(element, ast.Starred)]
    if starred:
        return _starred_parts(ctx, count, starred[0], pack(ctx, item))
    if not isinstance(item, Value) and len(item) == count:
        return item
    whole = pack(ctx, item)
    if ctx.catchers:
        # The check may end the block.
        kept = ctx.b.temp("whole")
        ctx.b.store(kept, whole)
        ctx.raising("unpack.check", whole, ctx.b.const(count))
        whole = ctx.b.load(kept)
    else:
        ctx.b.prim("unpack.check", whole, ctx.b.const(count))
    return [ctx.b.prim("unpack.item", whole, ctx.b.const(index)) for index in range(count)]


def _starred_parts(ctx: Context, count: int, at: int, item: Value) -> list[Item]:
    """The parts of the item for targets of which that at this index takes a list of all that the others leave."""
    b, behind = ctx.b, count - at - 1
    whole = b.temp("whole")
    b.store(whole, item)
    b.prim("unpack.least", b.load(whole), b.const(count - 1))
    first: list[Item] = [b.prim("unpack.item", b.load(whole), b.const(index)) for index in range(at)]
    middle = b.prim("unpack.rest", b.load(whole), b.const(at), b.const(behind))
    return [*first, middle, *(b.prim("getitem", b.load(whole), b.const(index - behind)) for index in range(behind))]


def _taken_apart(ctx: Context, target: ast.expr, item: Item) -> Iterator[tuple[ast.Name, Value]]:
    """The names in the target, each with its value."""
    outer, ctx.b.span = ctx.b.span, span_of(target)
    if isinstance(target, ast.Name):
        yield target, pack(ctx, item)
    elif isinstance(target, ast.Starred):
        yield from _taken_apart(ctx, target.value, item)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element, part in zip(target.elts, _parts(ctx, target, item)):
            yield from _taken_apart(ctx, element, part)
    ctx.b.span = outer


def is_local(ctx: Context, target: ast.expr) -> bool:
    """Whether it is the name of a local variable."""
    return isinstance(target, ast.Name) and ctx.variable(target.id) is not None


def is_plain(ctx: Context, target: ast.expr) -> bool:
    """Whether assigning it only binds local variables, all at once."""
    if isinstance(target, ast.Starred):
        return is_local(ctx, target.value)
    return is_local(ctx, target) or (
        isinstance(target, (ast.Tuple, ast.List)) and all(is_plain(ctx, element) for element in target.elts)
    )


@contextmanager
def storing(ctx: Context, targets: list[tuple[ast.expr, str]]) -> Iterator[Callable[[], None]]:
    """Inside, the targets are assigned the variables in turn; what is given is called after each of them."""
    if ctx.snapshots is None:
        yield lambda: None
        return
    ctx.snapshots.storing(targets)
    yield ctx.snapshots.stored


def _store_item(ctx: Context, target: ast.Subscript, value: Value) -> None:
    temp = ctx.b.temp("value")
    ctx.b.store(temp, value)
    holder = ctx.b.temp("container")
    ctx.b.store(holder, ctx.expr(target.value))
    result = None
    if isinstance(target.slice, ast.Slice):
        bounds = slice_bounds(ctx, target.slice)
        ctx.b.prim("setslice", ctx.b.load(holder), *bounds, ctx.b.load(temp))
    else:
        index = ctx.expr(target.slice)
        result = ctx.operator("setitem", ctx.b.load(holder), index, ctx.b.load(temp))
    if ctx.snapshots is not None:
        if result is not None and ctx.module.has_operator("setitem"):
            ctx.snapshots.store_called(target, result)
        ctx.snapshots.stored_item()


def _store_attribute(ctx: Context, target: ast.Attribute, value: Value) -> None:
    temp = ctx.b.temp("value")
    ctx.b.store(temp, value)
    holder = ctx.expr(target.value)
    ctx.store_attribute(ctx.mangled(target.attr), target, holder, ctx.b.load(temp))
    if ctx.snapshots is not None:
        ctx.snapshots.stored_item()
