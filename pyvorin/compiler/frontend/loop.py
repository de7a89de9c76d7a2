"""Loops -> HIR.

A `for` counts an index from 0 and asks its source for the item at that index, so that iterating a list sees what the body
does to the list, as CPython's index-based iterators do.  Every loop polls: the counted ones in strips (`iter.limit` gives the
end of the next strip, so that the inner loop stays free of calls and can be vectorised), the others by a countdown.  A loop
around other loops, or around calls, also polls when those have used up what all of them may do between two polls.

    strip:        branch i < size(source) -> enter | done
    enter:        lim = limit(i, size(source)), body            the inner loop begins
    body:         item, i = i + 1, …, next
    next:         branch work is due -> poll | step             only around other loops and calls
    step:         branch i < lim -> body | rest                 the inner loop ends
    rest:         branch i < size(source) -> poll, strip | done

The inner loop has a way in and a way back of its own, so that LLVM sees it as a loop.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend import opaque, protocol
from pyvorin.compiler.frontend.assign import Item, assign, is_plain
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.countdown import Countdown, poll_if_due
from pyvorin.compiler.frontend.inlining import Body, Inlined
from pyvorin.compiler.frontend.snapshots import Snapshots
from pyvorin.compiler.frontend.source import GeneratorSource, Source, source_of
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block


class Iteration:
    """A `for` loop being built: `begin` leaves the builder in the body with the item bound, `end` after the loop.

    `next` is where the body goes for the next item.
    """

    def __init__(self, ctx: Context, source: Source):
        self.ctx = ctx
        self.source = source
        self.index = ctx.b.temp("i")
        self.limit = ctx.b.temp("limit")
        self.strip = ctx.b.new_block("strip")
        self.body = ctx.b.new_block("forbody")
        self.next = ctx.b.new_block("fornext")
        self.done = ctx.b.new_block("fordone")
        self.snapshots: Snapshots | None = None
        self.work = 0

    def begin(self, resumable: bool = False) -> None:
        """*resumable*: whether native code may be left and entered again in the middle."""
        b = self.ctx.b
        self.ctx.work += 1
        self.work = self.ctx.work
        self.ctx.rounds.append(("work.spend", self.index))
        b.store(self.index, b.const(0))
        b.jump(self.strip)
        if resumable and self.ctx.snapshots is not None:
            self.snapshots = self.ctx.snapshots
            self.snapshots.enter_loop(self.source, self.index, self.rearm, self.strip)
        b.switch(self.strip)
        enter = b.new_block("for")
        b.branch(b.prim("index.lt", b.load(self.index), self.source.size(b)), enter, self.done)
        b.switch(enter)
        b.store(self.limit, b.prim("iter.limit", b.load(self.index), self.source.size(b)))
        b.jump(self.body)
        b.switch(self.body)
        valid = b.new_block("forvalid")
        self.source.branch_valid(b, b.load(self.index), valid, self.done)
        b.switch(valid)

    def rearm(self) -> None:
        """The strip that control is in ends at once: `limit` is found anew."""
        self.ctx.b.store(self.limit, self.ctx.b.load(self.index))

    def item(self) -> Item:
        """The item of this iteration; advances the index."""
        b = self.ctx.b
        index = b.load(self.index)
        item = self.source.item(b, index)
        b.store(self.index, b.prim("index.next", index))
        return item

    def end(self) -> None:
        b = self.ctx.b
        b.jump(self.next)
        if self.snapshots is not None:
            self.snapshots.at_head()
        b.switch(self.next)
        rest, poll = b.new_block("rest"), b.new_block("poll")
        if self.ctx.work > self.work:
            poll_if_due(self.ctx, poll)
        b.branch(b.prim("index.lt", b.load(self.index), b.load(self.limit)), self.body, rest)
        b.switch(rest)
        b.branch(b.prim("index.lt", b.load(self.index), self.source.size(b)), poll, self.done)
        b.switch(poll)
        b.emit(ops.POLL, [])
        b.jump(self.strip)
        if self.snapshots is not None:
            self.snapshots.leave_loop()
        self.ctx.rounds.pop()
        b.switch(self.done)

    def settle(self) -> None:
        """The loop is over, and control where all ways out of it have met."""
        self.ctx.b.prim("work.spend", self.ctx.b.load(self.index))


def each(ctx: Context, source: Source, body: Body) -> None:
    """A loop of no statement: *body* is lowered for its item, with the block to which control goes for the next one."""
    if isinstance(source, GeneratorSource):
        source.generator.run(ctx, body)
        return
    loop = Iteration(ctx, source)
    loop.begin()
    body(loop.item(), loop.next)
    loop.end()
    loop.settle()


def for_loop(ctx: Context, node: ast.For) -> None:
    from pyvorin.compiler.frontend.itertools_ import grouped

    if ctx.recursion is not None and ctx.recursion.for_loop(node):
        return
    if ctx.outcalls is not None and node in ctx.outcalls:
        opaque.for_loop(ctx, node)
        return
    asked = ctx.iterated.get(node)
    if asked is not None and protocol.form_of(ctx.module, asked) is protocol.Form.ASKED:
        protocol.AskedLoop(ctx, node).lower()
        return
    groups = grouped(ctx, node)
    ctx.b.node = node if opaque.may_be_opaque(ctx, node) else None
    source = source_of(ctx, node.iter) if groups is None else GeneratorSource(groups)
    ctx.b.node = None
    if isinstance(source, GeneratorSource):
        _for_each(ctx, node, source)
        return
    loop = Iteration(ctx, source)
    loop.begin(resumable=True)
    item = loop.item()
    if not is_plain(ctx, node.target):
        # The index has gone on: an item that is only half unpacked cannot be asked for again.
        ctx.complete()
    assign(ctx, node.target, item)
    after = ctx.b.new_block("after") if node.orelse else loop.done
    ctx.loops.append((loop.next, after, len(ctx.catchers)))
    ctx.body(node.body)
    ctx.loops.pop()
    loop.end()
    _orelse(ctx, node.orelse, after)
    loop.settle()


def delegated(ctx: Context, node: ast.YieldFrom) -> None:
    """A statement `yield from`: the items are those of the same loop; what a generator returns then is not kept."""
    if not isinstance(ctx, Inlined) or ctx.consumer is None:
        raise ctx.unsupported(node, "a 'yield' here")
    consumer = ctx.consumer
    each(ctx, source_of(ctx, node.value), lambda item, following: consumer(item))


def _for_each(ctx: Context, node: ast.For, source: GeneratorSource) -> None:
    """A loop over the items of a generator."""
    b, depth = ctx.b, len(ctx.rounds)
    after = b.new_block("after")

    def body(item: Item, following: Block) -> None:
        closed = b.new_block("closed")
        ctx.loops.append((following, closed, len(ctx.catchers)))
        assign(ctx, node.target, item)
        ctx.body(node.body)
        ctx.loops.pop()
        b.jump(following)
        b.switch(closed)
        ctx.settle(depth)
        b.jump(after)

    with ctx.nowhere():
        source.generator.run(ctx, body)
    ctx.body(node.orelse)
    b.jump(after)
    b.switch(after)


def while_loop(ctx: Context, node: ast.While) -> None:
    if ctx.recursion is not None and ctx.recursion.while_loop(node):
        return
    b = ctx.b
    countdown = Countdown(ctx)
    header, body, done = b.new_block("while"), b.new_block("whilebody"), b.new_block("whiledone")
    latch = b.new_block("latch")
    after = b.new_block("after") if node.orelse else done
    b.jump(header)
    if ctx.snapshots is not None:
        ctx.snapshots.enter_loop(None, "", countdown.rearm, header)
    b.switch(header)
    if isinstance(node.test, ast.Constant) and node.test.value:
        b.jump(body)
    else:
        ctx.branch_on(node.test, body, done)
        if ctx.snapshots is not None:
            ctx.snapshots.decided()
    b.switch(body)
    ctx.loops.append((latch, after, len(ctx.catchers)))
    ctx.body(node.body)
    ctx.loops.pop()
    countdown.end(latch, header)
    b.switch(done)
    _orelse(ctx, node.orelse, after)
    countdown.settle()


def _orelse(ctx: Context, orelse: list[ast.stmt], after: Block) -> None:
    if orelse:
        ctx.body(orelse)
        ctx.b.jump(after)
        ctx.b.switch(after)
