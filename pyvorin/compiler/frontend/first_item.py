"""next() of an iterator that nobody else sees: the first item, without the iterator."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.reduction import with_source_first
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Value
from pyvorin.core import reasons


def first_item(ctx: Context, node: ast.Call) -> Value | None:
    """next(iter(iterable)), next(generator expression), with a default or without: the first item"""
    if not 1 <= len(node.args) <= 2 or node.keywords:
        return None
    items = node.args[0]
    if isinstance(items, ast.Call) and isinstance(items.func, ast.Name) and ctx.named_builtin(items.func.id) == "iter":
        if len(items.args) != 1 or items.keywords or isinstance(items.args[0], ast.Starred) or not ctx.builtin("iter"):
            return None
        items = items.args[0]
    elif not isinstance(items, ast.GeneratorExp):
        return None
    b = ctx.b
    result, default = b.temp("first"), b.temp("default")
    around = len(ctx.rounds)

    def begin() -> None:
        if len(node.args) > 1:
            b.store(default, ctx.expr(node.args[1]))
        b.store(result, b.emit(ops.UNBOUND, []))

    def step(item: Value, stop: Block) -> None:
        b.store(result, item)
        ctx.settle(around)
        b.jump(stop)
        b.switch(b.new_block("never"))

    with_source_first(ctx, items, begin, step)
    empty, found, done = b.new_block("empty"), b.new_block("found"), b.new_block("gotten")
    b.branch(b.prim("best.first", b.load(result)), empty, found)
    b.switch(empty)
    if len(node.args) > 1:
        b.store(result, b.load(default))
        b.jump(done)
    else:
        b.exit(reasons.VALUE_ERROR)
    b.switch(found)
    b.jump(done)
    b.switch(done)
    return b.load(result)
