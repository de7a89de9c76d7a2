"""What itertools does with each item in turn, as producers (`producers.py`): it is added up, looked at, left out, joined."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.applying import applied, applied_to, can_apply, parameters
from pyvorin.compiler.frontend.assign import Item, assign, pack
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.inlining import Body
from pyvorin.compiler.frontend.loop import each
from pyvorin.compiler.frontend.producers import Made, again
from pyvorin.compiler.frontend.source import CountSource, SequenceSource, source_of
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block


def _accumulate(ctx: Context, node: ast.Call) -> Made | None:
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    function = node.args[1] if len(node.args) == 2 else given.get("func")
    initial = given.get("initial")
    if not 1 <= len(node.args) <= 2 or not set(given) <= {"initial", "func"} or len(node.args) + ("func" in given) > 2:
        return None
    if isinstance(function, ast.Constant) and function.value is None:
        function = None
    names = () if function is None else parameters(ctx, function, 2)
    if isinstance(initial, ast.Constant) and initial.value is None:
        initial = None
    b, own = ctx.b, ctx
    source = source_of(ctx, node.args[0])
    begun = b.temp("initial")
    if initial is not None:
        b.store(begun, ctx.expr(initial))

    def run(ctx: Context, body: Body) -> None:
        total = b.temp("total")
        if initial is not None:
            b.store(total, b.load(begun))
            following = b.new_block("first")
            body(b.load(total), following)
            b.jump(following)
            b.switch(following)
        else:
            b.store(total, b.emit(ops.UNBOUND, []))

        def step(item: Item, following: Block) -> None:
            value = b.temp("item")
            b.store(value, pack(ctx, item))
            first, later, done = b.new_block("first"), b.new_block("later"), b.new_block("total")
            b.branch(b.prim("best.first", b.load(total)), first, later)
            b.switch(first)
            b.store(total, b.load(value))
            b.jump(done)
            b.switch(later)
            if function is None:
                b.store(total, ctx.operator("add", b.load(total), b.load(value)))
            else:
                b.store(total, applied_to(own, function, names, [total, value]))
            b.jump(done)
            b.switch(done)
            body(b.load(total), following)

        each(ctx, source, step)

    return Made(run)


class _Tested:
    """f(function, iterable): items that the function says yes or no to; with *by_truth* they do so themselves for None."""

    def __init__(self, ctx: Context, function: ast.expr, iterable: ast.expr, by_truth: bool):
        self.own, self.function, self.by_truth = ctx, function, by_truth
        self.source = source_of(ctx, iterable)

    @classmethod
    def of(cls, ctx: Context, node: ast.Call, none_is_truth: bool = False) -> _Tested | None:
        """What such a call goes over; None for one of another form."""
        if node.keywords or len(node.args) != 2:
            return None
        function, iterable = node.args
        by_truth = none_is_truth and isinstance(function, ast.Constant) and function.value is None
        return cls(ctx, function, iterable, by_truth) if by_truth or can_apply(ctx, function) else None

    @staticmethod
    def held(ctx: Context, item: Item) -> str:
        """The item, in a variable."""
        value = ctx.b.temp("item")
        ctx.b.store(value, pack(ctx, item))
        return value

    def branch(self, variable: str, true: Block, false: Block) -> None:
        b = self.own.b
        item = b.load(variable)
        b.branch(b.prim("truth", item if self.by_truth else applied(self.own, self.function, item)), true, false)


def _taken_while(ctx: Context, node: ast.Call) -> Made | None:
    tested, b = _Tested.of(ctx, node), ctx.b
    if tested is None:
        return None

    def run(ctx: Context, body: Body) -> None:
        done, depth = b.new_block("done"), len(ctx.rounds)

        def step(item: Item, following: Block) -> None:
            value = tested.held(ctx, item)
            holds, fails = b.new_block("holds"), b.new_block("fails")
            tested.branch(value, holds, fails)
            b.switch(fails)
            ctx.settle(depth)
            b.jump(done)
            b.switch(holds)
            body(b.load(value), following)

        each(ctx, tested.source, step)
        b.jump(done)
        b.switch(done)

    return Made(run)


def _dropped_while(ctx: Context, node: ast.Call) -> Made | None:
    tested, b = _Tested.of(ctx, node), ctx.b
    if tested is None:
        return None

    def run(ctx: Context, body: Body) -> None:
        begun = b.temp("begun")
        b.store(begun, b.const(False))

        def step(item: Item, following: Block) -> None:
            value = tested.held(ctx, item)
            look, found, give = b.new_block("look"), b.new_block("found"), b.new_block("give")
            b.branch(b.load(begun), give, look)
            b.switch(look)
            tested.branch(value, following, found)
            b.switch(found)
            b.store(begun, b.const(True))
            b.jump(give)
            b.switch(give)
            body(b.load(value), following)

        each(ctx, tested.source, step)

    return Made(run)


def _left_out(ctx: Context, node: ast.Call) -> Made | None:
    """filterfalse(function or None, iterable)."""
    tested, b = _Tested.of(ctx, node, none_is_truth=True), ctx.b
    if tested is None:
        return None

    def run(ctx: Context, body: Body) -> None:
        def step(item: Item, following: Block) -> None:
            value, kept = tested.held(ctx, item), b.new_block("kept")
            tested.branch(value, following, kept)
            b.switch(kept)
            body(b.load(value), following)

        each(ctx, tested.source, step)

    return Made(run)


def _starred(ctx: Context, node: ast.Call) -> Made | None:
    """starmap(lambda x, y: ..., pairs): how many arguments there are only a lambda tells."""
    if node.keywords or len(node.args) != 2 or not isinstance(node.args[0], ast.Lambda):
        return None
    function = node.args[0]
    names = parameters(ctx, function, len(function.args.posonlyargs + function.args.args))
    if not names:
        return None
    b, own = ctx.b, ctx
    source = source_of(ctx, node.args[1])
    target = ast.copy_location(ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store()), function)
    for part in target.elts:
        ast.copy_location(part, function)

    def run(ctx: Context, body: Body) -> None:
        def step(item: Item, following: Block) -> None:
            variables = [b.temp(name) for name in names]
            own.renamed.append(dict(zip(names, variables)))
            assign(own, target, item)
            own.renamed.pop()
            body(applied_to(own, function, names, variables), following)

        each(ctx, source, step)

    return Made(run)


def _compressed(ctx: Context, node: ast.Call) -> Made | None:
    """compress(data, selectors), of which both know their length."""
    if node.keywords or len(node.args) != 2:
        return None
    b = ctx.b
    zipped = ast.Call(ast.Name("zip", ast.Load()), node.args, [])
    for part in (zipped, zipped.func):
        ast.copy_location(part, node)
    if not ctx.builtin("zip"):
        return None
    source = source_of(ctx, zipped)

    def run(ctx: Context, body: Body) -> None:
        def step(item: Item, following: Block) -> None:
            assert isinstance(item, list)
            held, chosen = again(ctx, item[0]), b.new_block("chosen")
            b.branch(b.prim("truth", pack(ctx, item[1])), chosen, following)
            b.switch(chosen)
            body(held(), following)

        each(ctx, source, step)

    return Made(run)


MOST_TOGETHER = 3


def _longest(ctx: Context, node: ast.Call) -> Made | None:
    """zip_longest of sequences.  One that has ended is not asked any more, even if it has grown since."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if not 2 <= len(node.args) <= MOST_TOGETHER or not set(given) <= {"fillvalue"}:
        return None
    b = ctx.b
    sources: list[SequenceSource] = []
    for argument in node.args:
        sources.append(SequenceSource(b, ctx.expr(argument)))
    fill = b.temp("fill")
    b.store(fill, ctx.expr(given["fillvalue"]) if given else b.const(None))
    numbers = CountSource(b, b.const(0), b.const(1))

    def run(ctx: Context, body: Body) -> None:
        done, depth = b.new_block("done"), len(ctx.rounds)
        ended = [b.temp("ended") for _ in sources]
        for one in ended:
            b.store(one, b.const(False))

        def step(item: Item, following: Block) -> None:
            at, values = b.temp("at"), [b.temp("value") for _ in sources]
            b.store(at, pack(ctx, item))
            for source, one in zip(sources, ended):
                look, over, on = b.new_block("look"), b.new_block("over"), b.new_block("on")
                b.branch(b.load(one), on, look)
                b.switch(look)
                b.branch(b.prim("index.lt", b.load(at), source.size(b)), on, over)
                b.switch(over)
                b.store(one, b.const(True))
                b.jump(on)
                b.switch(on)
            some, none = b.new_block("some"), b.new_block("none")
            for one in ended:
                other = b.new_block("other")
                b.branch(b.load(one), other, some)
                b.switch(other)
            b.jump(none)
            b.switch(none)
            ctx.settle(depth)
            b.jump(done)
            b.switch(some)
            for source, one, value in zip(sources, ended, values):
                filled, there, on = b.new_block("filled"), b.new_block("there"), b.new_block("on")
                b.branch(b.load(one), filled, there)
                b.switch(filled)
                b.store(value, b.load(fill))
                b.jump(on)
                b.switch(there)
                b.store(value, pack(ctx, source.item(b, b.load(at))))
                b.jump(on)
                b.switch(on)
            body([b.load(value) for value in values], following)

        each(ctx, numbers, step)
        b.jump(done)
        b.switch(done)

    return Made(run)


MAKERS: dict[str, Callable[[Context, ast.Call], Made | None]] = {
    "itertools.accumulate": _accumulate,
    "itertools.takewhile": _taken_while,
    "itertools.dropwhile": _dropped_while,
    "itertools.filterfalse": _left_out,
    "itertools.starmap": _starred,
    "itertools.compress": _compressed,
    "itertools.zip_longest": _longest,
}
"""By the name of the function; each gives None for a call of another form than it handles."""
