"""Loops over what has no native form: CPython's own iterator, asked for one item after the other.

    for line in file:               it = outcall iter: file
        total += len(line)          head:  item = outcall next: it      END behind the last one
                                           branch is END -> ended | got
                                    got:   line = item; …; jump head

The iterator is an object like any other, which a continuation goes on with.  At the head nothing has been taken from it; behind
`next` the item is what is handed over.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.assign import Item, assign
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.countdown import Countdown
from pyvorin.compiler.frontend.outcalls import call, step
from pyvorin.compiler.frontend.source import EnumerateSource, OpaqueSource, Source, counted_by
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Value
from pyvorin.compiler.hir.outcalls import GIVEN, ITER, NEXT


def may_be_opaque(ctx: Context, node: ast.For) -> bool:
    """Whether the loop could go over an iterator of CPython's, where its iterable turns out to have no native form."""
    if ctx.renamed or ctx.inlined:
        return False
    # The number and the item of `enumerate` are handed over one by one.
    return counted_by(ctx, node.iter) is None or _is_pair(node.target)


def _is_pair(target: ast.expr) -> bool:
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
    return len(parts) == 2 and not any(isinstance(part, ast.Starred) for part in parts)


def for_loop(ctx: Context, node: ast.For) -> None:
    """Lower the loop."""
    OpaqueLoop(ctx, node).lower()


class OpaqueLoop:
    """The loop being built."""

    def __init__(self, ctx: Context, node: ast.For):
        b = ctx.b
        self.ctx, self.node = ctx, node
        self.index = b.temp("i")
        self.head, self.latch, self.done = b.new_block("opaque"), b.new_block("latch"), b.new_block("opaquedone")
        self.after = b.new_block("after") if node.orelse else self.done
        self.inner: OpaqueSource
        self.source: Source
        self.countdown: Countdown

    def iterator(self, iterable: Value, node: ast.AST) -> Value:
        """`iter()` of it; *node*: the loop, or what `enumerate` counts in it."""
        return call(self.ctx, step(self.ctx, ITER, node), [iterable])

    def following(self, iterator: Value) -> Value:
        """`next()` of it."""
        return call(self.ctx, step(self.ctx, NEXT, self.node), [iterator])

    def is_end(self, item: Value) -> Value:
        """Whether that was behind the last item."""
        return self.ctx.b.prim("iter.ended", item)

    def ended(self) -> None:
        """There are no more items."""
        b, snapshots = self.ctx.b, self.ctx.snapshots
        assert snapshots is not None
        b.store(self.inner.iterator, b.prim("iter.exhausted"))
        snapshots.at_head()
        snapshots.take()
        # Whether all still holds that the code relies on is not looked at where `next` has found nothing.
        b.emit(ops.POLL, [])

    def given(self, item: Value) -> Value:
        """The item, as what it is expected to be."""
        return self.ctx.b.prim(GIVEN + step(self.ctx, NEXT, self.node).key, item)

    def lower(self) -> None:
        ctx = self.ctx
        self.begin()
        self.fetch()
        ctx.loops.append((self.latch, self.after, len(ctx.catchers)))
        ctx.body(self.node.body)
        ctx.loops.pop()
        self.end()

    def begin(self) -> None:
        """Evaluate the iterable, and go to the loop's head."""
        ctx, b, node = self.ctx, self.ctx.b, self.node
        assert ctx.snapshots is not None
        iterable, start = counted_by(ctx, node.iter) or (node.iter, None)
        kept, first = b.temp("iterable"), None
        b.store(kept, ctx.expr(iterable))
        if start is not None:
            first = b.temp("start")
            b.store(first, b.prim("range.bound", ctx.expr(start)))
        b.store(self.index, b.const(0))
        opened_at = node if iterable is node.iter else node.iter
        self.inner = OpaqueSource(b, self.iterator(b.load(kept), opened_at))
        self.source = self.inner
        if iterable is not node.iter:
            self.source = EnumerateSource(b, self.inner, None)
            self.source.start = first
        ctx.snapshots.opened(self.source, self.index)
        self.countdown = Countdown(ctx)
        b.jump(self.head)
        ctx.snapshots.enter_loop(self.source, self.index, self.countdown.rearm, self.head)
        b.switch(self.head)

    def fetch(self) -> None:
        """Take the next item, and bind the target to it; behind the last one go to what follows the loop."""
        ctx, b = self.ctx, self.ctx.b
        snapshots = ctx.snapshots
        assert snapshots is not None
        count, item, following = b.temp("count"), b.temp("item"), b.temp("next")
        index = b.load(self.index)
        if isinstance(self.source, EnumerateSource):
            b.store(count, index if self.source.start is None else b.prim("add", b.load(self.source.start), index))
        b.store(following, b.prim("index.next", index))
        b.store(item, self.following(b.load(self.inner.iterator)))
        b.store(self.index, b.load(following))
        stores = self.stores(count, item)
        snapshots.fetched(stores)
        ended, got = b.new_block("ended"), b.new_block("got")
        b.branch(self.is_end(b.load(item)), ended, got)
        snapshots.complete()
        b.switch(ended)
        self.ended()
        b.jump(self.done)
        snapshots.fetched(stores, anew=False)
        b.switch(got)
        given = self.given(b.load(item))
        values: list[Item] = [given if name == item else b.load(name) for _, name in stores]
        assign(ctx, self.node.target, values[0] if self.source is self.inner else values)
        ctx.complete()

    def stores(self, count: str, item: str) -> list[tuple[ast.expr, str]]:
        """What is still to be assigned where there is an item."""
        target = self.node.target
        if self.source is self.inner:
            return [(target, item)]
        assert isinstance(target, (ast.Tuple, ast.List))
        return [*zip(target.elts, (count, item))]

    def end(self) -> None:
        ctx, b = self.ctx, self.ctx.b
        self.countdown.end(self.latch, self.head)
        b.switch(self.done)
        if self.node.orelse:
            ctx.body(self.node.orelse)
            b.jump(self.after)
            b.switch(self.after)
        self.countdown.settle()
