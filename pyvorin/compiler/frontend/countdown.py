"""The polls of a loop that does not know how often it will go round: once in so many turns, or when what is inside asks for it.

latch:        branch work is due -> poll | step      only around other loops and calls
step:         left = left - 1; branch left > 0 -> head | poll
poll:         poll; left = 4096; jump head
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block


def poll_if_due(ctx: Context, poll: Block) -> None:
    """Poll here if the loops inside, or called functions, have used up what all of them may do between two polls."""
    following = ctx.b.new_block("step")
    ctx.b.branch(ctx.b.prim("work.due"), poll, following)
    ctx.b.switch(following)


class Countdown:
    """Of a loop that begins here: how many turns are left until the next poll."""

    def __init__(self, ctx: Context):
        self.ctx = ctx
        self.left = ctx.b.temp("countdown")
        ctx.work += 1
        self.work = ctx.work
        self.rearm()
        ctx.rounds.append(("work.spend.rest", self.left))

    def rearm(self) -> None:
        """The next poll is as far away as can be."""
        self.ctx.b.store(self.left, self.ctx.b.prim("index.countdown"))

    def end(self, latch: Block, head: Block, at_head: Callable[[], None] | None = None) -> None:
        """A turn is over: go on at the loop's head, by way of *latch*, to which `continue` goes.

        at_head: says that control is there, where the loop is that of no statement.
        """
        ctx, b = self.ctx, self.ctx.b
        b.jump(latch)
        if at_head is not None:
            at_head()
        elif ctx.snapshots is not None:
            ctx.snapshots.at_head()
        b.switch(latch)
        poll = b.new_block("poll")
        if ctx.work > self.work:
            poll_if_due(ctx, poll)
        left = b.prim("index.previous", b.load(self.left))
        b.store(self.left, left)
        b.branch(b.prim("index.positive", left), head, poll)
        b.switch(poll)
        b.emit(ops.POLL, [])
        self.rearm()
        b.jump(head)
        if ctx.snapshots is not None and at_head is None:
            ctx.snapshots.leave_loop()
        ctx.rounds.pop()

    def settle(self) -> None:
        """The loop is over, and control where all ways out of it have met."""
        self.ctx.b.prim("work.spend.rest", self.ctx.b.load(self.left))
