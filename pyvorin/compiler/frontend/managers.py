"""`with`: managers are entered and left by CPython, the body is native.

    with open(path) as file:        exit = special:__exit__ …; file = outcall enter: special:__enter__ …
        for line in file: …         body
                                    outcall leave: exit

An exception in the body is an exit: CPython goes on with it inside the `with`, and calls `__exit__` with it.  What jumps out of
the body (`return`, `break`, `continue`) leaves the managers on its way.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.assign import assign, is_plain
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.exceptions import Catcher, inside
from pyvorin.compiler.frontend.outcalls import call, step
from pyvorin.compiler.hir.ir import Block
from pyvorin.compiler.hir.outcalls import ENTER, LEAVE


def with_statement(ctx: Context, node: ast.With) -> None:
    b, snapshots = ctx.b, ctx.snapshots
    for item in node.items:
        if item.optional_vars is not None and not is_plain(ctx, item.optional_vars):
            raise ctx.unsupported(node, "a 'with' whose target is no local variable")
    if snapshots is None or ctx.detours is None or ctx.inlined:
        raise ctx.unsupported(node, "'with'")
    exits: list[str] = []
    after = b.new_block("afterwith")
    for item in node.items:
        # What raises from here on, the managers that have been entered are left for.
        with snapshots.protected(bool(exits)):
            _enter(ctx, item, exits)
    with inside(ctx, _Managers(ctx, node, after, exits)), snapshots.managing(exits):
        ctx.body(node.body)
    if b.block is not None:
        snapshots.left(exits)
        _leave(ctx, node, exits)
    ctx.complete()
    b.jump(after)
    b.switch(after)


def _enter(ctx: Context, item: ast.withitem, exits: list[str]) -> None:
    """Evaluate the manager and enter it; the variable with its `__exit__` is one more of *exits*."""
    b, snapshots = ctx.b, ctx.snapshots
    assert snapshots is not None
    manager, enter, leave, result = (b.temp(name) for name in ("manager", "enter", "exit", "entered"))
    b.store(manager, ctx.expr(item.context_expr))
    b.store(enter, b.prim("special:__enter__", b.load(manager)))
    b.store(leave, b.prim("special:__exit__", b.load(manager)))
    b.store(result, call(ctx, step(ctx, ENTER, item), [b.load(enter)]))
    exits.append(leave)
    snapshots.entered(exits, [] if item.optional_vars is None else [(item.optional_vars, result)], result)
    if item.optional_vars is not None:
        assign(ctx, item.optional_vars, b.load(result))
    snapshots.managed(exits)


def _leave(ctx: Context, node: ast.With, exits: list[str], jump: str = "", value: str | None = None) -> None:
    """Leave the managers, the last one first.

    jump: "return", "break" or "continue", if that leads out of the body.  value: the variable with what is returned.
    """
    b, snapshots = ctx.b, ctx.snapshots
    assert snapshots is not None
    for count in range(len(exits) - 1, -1, -1):
        with snapshots.protected(bool(count)):
            result = b.temp("left")
            b.store(result, call(ctx, step(ctx, LEAVE, node.items[count]), [b.load(exits[count])]))
            snapshots.left(exits[:count], result, jump, value)


class _Managers(Catcher):
    """The managers that have been entered: whatever leaves the body, they are left."""

    def __init__(self, ctx: Context, node: ast.With, after: Block, exits: list[str]) -> None:
        super().__init__(ctx, [], after, final=node)
        self.node = node
        self.exits = exits

    def run_final(self, jump: str, value: str | None) -> None:
        assert self.ctx.snapshots is not None
        with self.ctx.snapshots.jumping_out(self.node, self.place):
            _leave(self.ctx, self.node, self.exits, jump, value)
