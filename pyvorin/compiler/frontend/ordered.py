"""bisect and heapq -> HIR: the searches as loops of comparisons, which change nothing, then one primitive that does.

Each makes exactly the comparisons of the module's C code, in its order, so that NaNs and exits come out alike; where
a comparison has no native form, nothing has happened yet.

    heappush(h, x):   at = len(h); while at > 0 and x < h[(at - 1) >> 1]: at = (at - 1) >> 1;   heap.push h, x, at
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.hir.ir import Block, Value
from pyvorin.core import reasons


class _Search:
    """A search in a list, with its variables: they reach every block."""

    def __init__(self, ctx: Context, items: Value, item: Value | None = None):
        self.b = ctx.b
        self.items, self.item, self.at = self.b.temp("items"), self.b.temp("item"), self.b.temp("at")
        self.b.store(self.items, items)
        if item is not None:
            self.b.store(self.item, item)

    def size(self) -> Value:
        return self.b.prim("len", self.b.load(self.items))

    def read(self, at: Value) -> Value:
        return self.b.prim("getitem", self.b.load(self.items), at)

    def number(self, name: str, a: Value, b: int) -> Value:
        return self.b.prim(name, a, self.b.const(b))

    def less(self, a: Value, b: Value) -> Value:
        return self.b.prim("truth", self.b.prim("lt", a, b))

    def parent(self) -> Value:
        return self.number("rshift", self.number("sub", self.b.load(self.at), 1), 1)

    def loop(self, condition: Callable[[], Value], body: Callable[[Block], None]) -> None:
        """While the condition holds: the body, which may go to the block that it is given."""
        b = self.b
        head, inside, done = b.new_block("search"), b.new_block("look"), b.new_block("place")
        b.jump(head)
        b.switch(head)
        b.branch(condition(), inside, done)
        b.switch(inside)
        body(done)
        b.jump(head)
        b.switch(done)

    def up(self, moved: Callable[[], Value]) -> None:
        """From `at` towards the root, as long as the item is less than what will be the parent there."""

        def body(done: Block) -> None:
            b = self.b
            rise = b.new_block("rise")
            b.branch(self.less(b.load(self.item), moved()), rise, done)
            b.switch(rise)
            b.store(self.at, self.parent())

        self.loop(lambda: self.number("gt", self.b.load(self.at), 0), body)

    def down(self, size: str) -> None:
        """From the root to a leaf, always to the smaller child (siftup of _heapqmodule.c); `at` becomes the leaf's place."""
        b = self.b
        child = b.temp("child")
        b.store(self.at, b.const(0))

        def body(done: Block) -> None:
            right, kept = b.new_block("right"), b.new_block("child")
            b.store(child, self.number("add", self.number("mul", b.load(self.at), 2), 1))
            two = b.new_block("two")
            b.branch(b.prim("lt", self.number("add", b.load(child), 1), b.load(size)), two, kept)
            b.switch(two)
            following = self.read(self.number("add", b.load(child), 1))
            b.branch(self.less(self.read(b.load(child)), following), kept, right)
            b.switch(right)
            b.store(child, self.number("add", b.load(child), 1))
            b.jump(kept)
            b.switch(kept)
            b.store(self.at, b.load(child))

        self.loop(lambda: b.prim("lt", b.load(self.at), self.number("rshift", b.load(size), 1)), body)
        # What lies on the way moves up one step, so what would be the parent lies here now.
        self.up(lambda: self.read(b.load(self.at)))

    def require_items(self) -> None:
        """An empty heap exits, and CPython raises the IndexError."""
        b = self.b
        empty, some = b.new_block("empty"), b.new_block("some")
        b.branch(self.number("gt", self.size(), 0), some, empty)
        b.switch(empty)
        b.exit(reasons.BOUNDS_CHECK_FAILURE)
        b.switch(some)


def _bisect(ctx: Context, node: ast.Call, right: bool) -> _Search:
    """The place of the item: `at`."""
    search = _Search(ctx, *operands(ctx, node.args))
    b = ctx.b
    high, middle = b.temp("high"), b.temp("middle")
    b.store(search.at, b.const(0))
    b.store(high, search.size())

    def body(done: Block) -> None:
        before, behind, on = b.new_block("before"), b.new_block("behind"), b.new_block("halved")
        b.store(middle, search.number("rshift", b.prim("add", b.load(search.at), b.load(high)), 1))
        found = search.read(b.load(middle))
        if right:
            b.branch(search.less(b.load(search.item), found), before, behind)
        else:
            b.branch(search.less(found, b.load(search.item)), behind, before)
        b.switch(before)
        b.store(high, b.load(middle))
        b.jump(on)
        b.switch(behind)
        b.store(search.at, search.number("add", b.load(middle), 1))
        b.jump(on)
        b.switch(on)

    search.loop(lambda: b.prim("lt", b.load(search.at), b.load(high)), body)
    return search


def _place(right: bool) -> Function:
    def lower(ctx: Context, node: ast.Call) -> Value:
        return ctx.b.load(_bisect(ctx, node, right).at)

    return lower


def _insert(right: bool) -> Function:
    def lower(ctx: Context, node: ast.Call) -> Value:
        search = _bisect(ctx, node, right)
        b = ctx.b
        return b.prim(".insert", b.load(search.items), b.load(search.at), b.load(search.item))

    return lower


def _push(ctx: Context, node: ast.Call) -> Value:
    search = _Search(ctx, *operands(ctx, node.args))
    b = ctx.b
    b.store(search.at, search.size())
    search.up(lambda: search.read(search.parent()))
    return b.prim("heap.push", b.load(search.items), b.load(search.item), b.load(search.at))


def _pop(ctx: Context, node: ast.Call) -> Value:
    search = _Search(ctx, *operands(ctx, node.args))
    b = ctx.b
    size = b.temp("size")
    search.require_items()
    b.store(size, search.number("sub", search.size(), 1))
    b.store(search.item, search.read(b.load(size)))
    search.down(size)
    return b.prim("heap.pop", b.load(search.items), b.load(search.at))


def _replace(ctx: Context, node: ast.Call) -> Value:
    search = _Search(ctx, *operands(ctx, node.args))
    b = ctx.b
    size = b.temp("size")
    search.require_items()
    b.store(size, search.size())
    search.down(size)
    return b.prim("heap.replace", b.load(search.items), b.load(search.item), b.load(search.at))


Function = Callable[[Context, ast.Call], Value]

FUNCTIONS: dict[str, tuple[int, Function]] = {
    "bisect.bisect": (2, _place(right=True)),
    "bisect.bisect_right": (2, _place(right=True)),
    "bisect.bisect_left": (2, _place(right=False)),
    "bisect.insort": (2, _insert(right=True)),
    "bisect.insort_right": (2, _insert(right=True)),
    "bisect.insort_left": (2, _insert(right=False)),
    "heapq.heappush": (2, _push),
    "heapq.heappop": (1, _pop),
    "heapq.heapreplace": (2, _replace),
}
"""By path, the number of arguments of the form that is native, and what lowers it."""
