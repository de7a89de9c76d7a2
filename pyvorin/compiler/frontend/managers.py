"""`with`: managers are entered and left by CPython, the body is native.

    with open(path) as file:        exit = special:__exit__ …; file = outcall enter: special:__enter__ …
        for line in file: …         body
                                    outcall leave: exit

An exception in the body is an exit: CPython goes on with it inside the `with`, and calls `__exit__` with it.  What jumps out of
the body (`return`, `break`, `continue`) is left to CPython as well, which leaves the managers on its way.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.assign import assign, is_plain
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.exceptions import Catcher, inside
from pyvorin.compiler.frontend.outcalls import call, step
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
    with inside(ctx, Catcher(ctx, [], after, final=node)), snapshots.managing(exits):
        ctx.body(node.body)
    if b.block is not None:
        snapshots.left(exits)
        while exits:
            leave = exits.pop()
            with snapshots.protected(bool(exits)):
                result = b.temp("left")
                b.store(result, call(ctx, step(ctx, LEAVE, node.items[len(exits)]), [b.load(leave)]))
                snapshots.left(exits, result)
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
