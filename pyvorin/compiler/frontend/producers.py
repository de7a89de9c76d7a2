"""What makes items for one consumer alone, and is never made: `chain(xs, ys)`, `map(f, xs)`, a generator in a variable.

    good = (x for x in parsed(lines) if x > 0)          no object, no code yet
    for pair in enumerate(good, 1): ...                 the loop over `lines`, with both bodies in it

A producer evaluates its arguments where it is made, and is lowered where it is consumed: each has a method `run`, as `Generator`.
As there, CPython cannot take over in the middle.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.assign import Item
from pyvorin.compiler.frontend.comprehension import nest, spelled_out
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.inlining import Body, Producer, generator_of, heads
from pyvorin.compiler.frontend.library import library_path
from pyvorin.compiler.frontend.loop import each
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.source import Source, source_of
from pyvorin.compiler.hir.ir import Block, Value


class Made:
    """A producer that is the function *run*."""

    def __init__(self, run: Callable[[Context, Body], None]):
        self.run = run


class Expression:
    """A generator expression: its first iterable is evaluated here, its loops are where it is consumed."""

    def __init__(self, ctx: Context, node: ast.GeneratorExp):
        self.ctx, self.node = ctx, node
        self.source = source_of(ctx, node.generators[0].iter)

    def run(self, ctx: Context, body: Body) -> None:
        own, b = self.ctx, ctx.b
        outer, depth = own.renamed, len(own.rounds)

        def step() -> None:
            value = own.expr(self.node.elt)
            following = b.new_block("resumed")
            inner, own.renamed = own.renamed, outer
            around = len(ctx.rounds)
            if ctx is not own:
                ctx.rounds += own.rounds[depth:]
            body(value, following)
            if ctx is not own:
                del ctx.rounds[around:]
            own.renamed = inner
            b.jump(following)
            b.switch(following)

        nest(own, self.node.generators, self.source, lambda stop: step())


def produced(ctx: Context, node: ast.expr) -> Producer | None:
    """The producer that the expression makes, if it is one; what it takes is evaluated then."""
    if ctx.detours is not None:
        return None
    node = spelled_out(ctx, node)
    if isinstance(node, ast.GeneratorExp):
        return Expression(ctx, node)
    from pyvorin.compiler.frontend.itertools_ import MAKERS, transposed

    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
        return transposed(ctx, node)
    if not isinstance(node, ast.Call) or any(isinstance(argument, ast.Starred) for argument in node.args):
        return None

    path = library_path(ctx, node.func)
    maker = MAKERS.get(path or "")
    if maker is None or any(keyword.arg is None for keyword in node.keywords):
        return None
    found = maker(ctx, node)
    if found is not None:
        assert path is not None
        ctx.uses.attributes.add(("itertools", path.split(".")[1]))
    return found


def made(ctx: Context, node: ast.expr) -> Producer | None:
    """What the expression makes or holds, if that is no object."""
    return held(ctx, node) or generator_of(ctx, node) or produced(ctx, node)


def held(ctx: Context, node: ast.expr) -> Producer | None:
    """What the variable holds, which is consumed here."""
    if not isinstance(node, ast.Name) or ctx.variable(node.id) is None or any(node.id in s for s in ctx.renamed):
        return None
    return ctx.held.pop(node.id, None)


def hold(ctx: Context, node: ast.Assign) -> bool:
    """Whether the statement makes a producer that is consumed at one place behind it, and not seen by anything else."""
    target = node.targets[0]
    if (
        ctx.snapshots is not None
        or ctx.detours is not None
        or len(node.targets) > 1
        or not isinstance(target, ast.Name)
    ):
        return False
    if ctx.variable(target.id) is None or not isinstance(node.value, (ast.Call, ast.GeneratorExp)):
        return False
    if any(isinstance(argument, ast.Attribute) for argument in getattr(node.value, "args", ())):
        # A method would be bound to what its variable holds later.
        return False
    if not _is_consumed_once(ctx, node, target.id):
        return False
    producer = made(ctx, node.value)
    if producer is not None:
        ctx.held[target.id] = producer
    return producer is not None


def _is_consumed_once(ctx: Context, node: ast.Assign, name: str) -> bool:
    """Whether the one place that reads the name is in a statement behind this one, in the same block."""
    function = ctx.module.function(ctx.qualname).node
    if name in parameters_of(function).names:
        return False
    names = [inner for inner in ast.walk(function) if isinstance(inner, ast.Name) and inner.id == name]
    if len(names) != 2:
        return False
    for inner in ast.walk(function):
        for block in (getattr(inner, "body", None), getattr(inner, "orelse", None), getattr(inner, "finalbody", None)):
            if isinstance(block, list) and node in block:
                behind = block[block.index(node) + 1 :]
                return sum(read.id == name for statement in behind for read in heads(statement)) == 1
    return False


def enumerated(ctx: Context, inner: Source, start: Value | None) -> Made:
    """enumerate() of what does not know its length."""
    b = ctx.b
    first = b.temp("start")
    b.store(first, b.const(0) if start is None else b.prim("range.bound", start))

    def run(ctx: Context, body: Body) -> None:
        count = b.temp("count")
        b.store(count, b.load(first))

        def step(item: Item, following: Block) -> None:
            held = again(ctx, item)
            number = b.load(count)
            b.store(count, b.prim("add", number, b.const(1)))
            body([number, held()], following)

        each(ctx, inner, step)

    return Made(run)


def again(ctx: Context, item: Item) -> Callable[[], Item]:
    """What gives the item again in whatever block is current."""
    if isinstance(item, Value):
        variable = ctx.b.temp("item")
        ctx.b.store(variable, item)
        return lambda: ctx.b.load(variable)
    parts = [again(ctx, part) for part in item]
    return lambda: [part() for part in parts]
