"""Comprehensions over what has no native form: CPython's own iterator, asked for one item after the other.

    sum(int(x) for x in file)       it = outcall iter: file
                                    head:  item = outcall next: it      END behind the last one
                                           branch is END -> ended | got
                                    got:   x = item; acc = acc + int(x); jump head

As for a `for` (`opaque.py`), the iterator is an object like any other, but one that runs no code of the program.  What is left of
the comprehension, at the head and where an item has just been taken, is the same one over the rest of the items, begun with what
its consumer has got so far.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.assign import assign
from pyvorin.compiler.frontend.comprehension import target_names
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.countdown import Countdown
from pyvorin.compiler.frontend.outcalls import call, may_be_outcall, step
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.source import Source, source_of
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block
from pyvorin.compiler.hir.outcalls import GIVEN, ITER, NEXT
from pyvorin.core import reasons
from pyvorin.types.spec import ITERATOR, OBJECT, STR, Type

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def first_source(ctx: Context, node: Comprehension, partial: list[str] | None = None) -> Source:
    """What the first loop of the comprehension goes over; it is evaluated here.

    partial: the variables with what the consumer has got so far, if CPython can go on with that (docs/exits.md, "over").
    """
    first = node.generators[0]
    whole = _whole(ctx)
    if whole is not None:
        ctx.wholes[first] = whole
    if ctx.outcalls is None and not ctx.renamed and not ctx.inlined:
        return _noted(ctx, first)
    if partial is None or not _may_be_stepped(ctx, node):
        return source_of(ctx, first.iter)
    if ctx.outcalls is not None and ctx.snapshots is not None and first in ctx.outcalls:
        key = step(ctx, NEXT, first).key
        ctx.uses.decided.add(key)
        if not ctx.module.seen.knows(key):
            expected = items_of(ctx, first.iter)
            if expected is None:
                # CPython evaluates it once, and the host looks at the items.
                raise Reject(reasons.UNSUPPORTED_OPERATION, first.iter, operation="items that nobody has seen yet")
            ctx.module.seen.assume(key, expected)
        if ctx.module.seen.type_of(key) == OBJECT:
            raise Reject(reasons.UNSUPPORTED_OPERATION, first.iter, operation="what the comprehension goes over")
        return Stepped(ctx, node, partial)
    return _noted(ctx, first)


def _noted(ctx: Context, first: ast.comprehension) -> Source:
    """The source, of which it is noted what it is for."""
    outer, ctx.b.node = ctx.b.node, first
    source = source_of(ctx, first.iter)
    ctx.b.node = outer
    return source


def items_of(ctx: Context, node: ast.expr) -> Type | None:
    """What the source says of the items of the iterable: those of a file that the function opens are lines."""
    if not isinstance(node, ast.Name):
        return _made_items(ctx, node)
    found = {_made_items(ctx, made) for made in _bound_to(ctx, node.id)}
    return found.pop() if len(found) == 1 else None


def _bound_to(ctx: Context, name: str) -> list[ast.expr | None]:
    """What the local variable is bound to, wherever it is; None for what is no expression."""
    function = ctx.module.function(ctx.qualname).node
    if name in parameters_of(function).names:
        return [None]
    known: dict[ast.AST, ast.expr] = {}
    for inner in ast.walk(function):
        if isinstance(inner, ast.Assign) and len(inner.targets) == 1:
            known[inner.targets[0]] = inner.value
        elif isinstance(inner, ast.withitem) and inner.optional_vars is not None:
            known[inner.optional_vars] = inner.context_expr
    return [
        known.get(inner)
        for inner in ast.walk(function)
        if isinstance(inner, ast.Name) and inner.id == name and not isinstance(inner.ctx, ast.Load)
    ]


def _made_items(ctx: Context, node: ast.expr | None) -> Type | None:
    if not isinstance(node, ast.Call):
        return None
    if not (isinstance(node.func, ast.Name) and node.func.id == "open" and ctx.module.is_builtin("open")):
        return None
    mode = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    is_text = all(isinstance(part, ast.Constant) and "b" not in str(part.value) for part in mode)
    return STR if is_text else None


def _whole(ctx: Context) -> ast.expr | None:
    """The expression with the comprehension at hand that CPython evaluates as a whole if its native form does not work out."""
    if ctx.outcalls is None or ctx.snapshots is None:
        return None
    consumer = ctx.snapshots.in_progress
    return consumer if isinstance(consumer, ast.expr) and may_be_outcall(ctx, consumer) else None


def _may_be_stepped(ctx: Context, node: Comprehension) -> bool:
    """Whether the comprehension could go over an iterator of CPython's, where its iterable turns out to have no native form."""
    consumer = _whole(ctx)
    if consumer is None or ctx.snapshots is None or not ctx.snapshots.is_sayable:
        return False
    if len(node.generators) > 1 or node.generators[0].is_async:
        return False
    if consumer is node:
        return not isinstance(node, ast.GeneratorExp)
    # What the key function is would be found out once more.
    return (
        isinstance(consumer, ast.Call)
        and node in consumer.args[:1]
        and not any(k.arg == "key" for k in consumer.keywords)
    )


class Stepped(Source):
    """An iterator of CPython's that a comprehension goes over."""

    def __init__(self, ctx: Context, node: Comprehension, partial: list[str]):
        assert ctx.snapshots is not None
        self.ctx, self.node, self.partial = ctx, node, partial
        self.iterator = ctx.b.temp("iterator")
        iterable = ctx.b.temp("iterable")
        ctx.b.store(iterable, ctx.expr(node.generators[0].iter))
        opening = step(ctx, ITER, node)
        # Any other iterator is left to CPython, in `run`.
        ctx.module.seen.assume(opening.key, ITERATOR)
        ctx.b.store(self.iterator, call(ctx, opening, [ctx.b.load(iterable)]))
        ctx.snapshots.begin_over(node, self.iterator, partial)

    def run(self, body: Callable[[Block], None]) -> None:
        """The loop: *body* is lowered for each item, and receives the block to jump to when no more are wanted."""
        ctx, b, snapshots = self.ctx, self.ctx.b, self.ctx.snapshots
        assert snapshots is not None
        first, item = self.node.generators[0], b.temp("item")
        head, latch, done, stop = (b.new_block(name) for name in ("stepped", "latch", "steppeddone", "stop"))
        at_head, at_item = (self.iterator,), (self.iterator, item)
        countdown = Countdown(ctx)
        snapshots.over(at_head, self.partial)
        # Other iterators have to be asked from a frame like the comprehension's, which costs more than is gained.
        other = b.new_block("other")
        b.branch(b.prim("iter.quiet", b.load(self.iterator)), head, other)
        b.switch(other)
        b.exit(reasons.RUNTIME_TYPE_MISMATCH)
        b.switch(head)
        called = step(ctx, NEXT, first)
        b.store(item, call(ctx, called, [b.load(self.iterator)]))
        snapshots.over(at_item, self.partial)
        snapshots.take()
        ended, got = b.new_block("ended"), b.new_block("got")
        b.branch(b.prim("iter.ended", b.load(item)), ended, got)
        snapshots.complete()
        b.switch(ended)
        b.store(self.iterator, b.prim("iter.exhausted"))
        snapshots.over(at_head, self.partial)
        snapshots.take()
        # Whether all still holds that the code relies on is not looked at where `next` has found nothing.
        b.emit(ops.POLL, [])
        b.jump(done)
        snapshots.over(at_item, self.partial)
        b.switch(got)
        ctx.renamed.append({name: b.temp(name) for name in target_names(first.target)})
        assign(ctx, first.target, b.prim(GIVEN + called.key, b.load(item)))
        for test in first.ifs:
            passed = b.new_block("if")
            ctx.branch_on(test, passed, latch)
            b.switch(passed)
        body(stop)
        ctx.renamed.pop()
        snapshots.over(at_head, self.partial)
        snapshots.take()
        countdown.end(latch, head, lambda: snapshots.over(at_head, self.partial))
        b.switch(done)
        countdown.settle()
        b.jump(stop)
        b.switch(stop)
