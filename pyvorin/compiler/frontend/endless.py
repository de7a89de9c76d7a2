"""What itertools makes without end, or of a known length: `count`, `repeat` and `cycle` as sources, which `zip` can take, too."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from pyvorin.compiler.frontend.assign import Item
from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.frontend.library import library_path
from pyvorin.compiler.frontend.source import ENDLESS, CountSource, SequenceSource, Source
from pyvorin.compiler.hir.ir import Value


class RepeatSource(Source):
    """repeat(value), or repeat(value, times)."""

    def __init__(self, b: Builder, value: Value, times: Value | None):
        self.value, self.times = b.temp("value"), None
        b.store(self.value, value)
        if times is not None:
            self.times = b.temp("times")
            b.store(self.times, b.prim("range.bound", times))

    def size(self, b: Builder) -> Value:
        return b.const(ENDLESS) if self.times is None else b.load(self.times)

    def room(self, b: Builder) -> Value:
        return b.const(0)

    def item(self, b: Builder, index: Value) -> Item:
        return b.load(self.value)

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        if self.times is None:
            return ("repeat",), [self.value]
        return ("repeat", "times"), [self.value, self.times]


class CycleSource(SequenceSource):
    """cycle() of a tuple or str that has items, which nothing can change."""

    def size(self, b: Builder) -> Value:
        return b.const(ENDLESS)

    def room(self, b: Builder) -> Value:
        return b.const(0)

    def branch_valid(self, b: Builder, index: Value, valid: Any, done: Any) -> None:
        b.jump(valid)

    def item(self, b: Builder, index: Value) -> Item:
        value = b.load(self.value)
        return b.prim("iter.item", value, b.prim("mod", index, b.prim("iter.size", value)))

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        return ("cycle",), [self.value]


def _count(ctx: Context, node: ast.Call) -> Source | None:
    if len(node.args) > 2:
        return None
    values = operands(ctx, node.args) + [ctx.b.const(at) for at in range(2)][len(node.args) :]
    return CountSource(ctx.b, *values)


def _repeat(ctx: Context, node: ast.Call) -> Source | None:
    if not 1 <= len(node.args) <= 2:
        return None
    value, *times = operands(ctx, node.args)
    return RepeatSource(ctx.b, value, times[0] if times else None)


def _cycle(ctx: Context, node: ast.Call) -> Source | None:
    """Of what is written in its place: anything else might change before it has been gone through once."""
    pool = node.args[0] if len(node.args) == 1 else None
    if isinstance(pool, ast.Constant) and isinstance(pool.value, str) and pool.value:
        return CycleSource(ctx.b, ctx.expr(pool))
    if not isinstance(pool, (ast.List, ast.Tuple)) or not pool.elts:
        return None
    if any(isinstance(element, ast.Starred) for element in pool.elts):
        return None
    return CycleSource(ctx.b, ctx.b.prim("tuple.make", *operands(ctx, pool.elts)))


MAKERS: dict[str, Callable[[Context, ast.Call], Source | None]] = {
    "itertools.count": _count,
    "itertools.repeat": _repeat,
    "itertools.cycle": _cycle,
}
"""By the name of the function; each gives None for a call of another form than it handles."""


def endless(ctx: Context, node: ast.expr) -> Source | None:
    """The source that the expression makes, if it is one of these."""
    if not isinstance(node, ast.Call) or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    path = library_path(ctx, node.func) or ""
    found = MAKERS[path](ctx, node) if path in MAKERS else None
    if found is not None:
        ctx.uses.attributes.add(("itertools", path.partition(".")[2]))
    return found
