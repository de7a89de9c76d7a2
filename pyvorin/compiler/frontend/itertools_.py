"""Functions of itertools as producers (`producers.py`): a loop over what they give is a loop over what they are given."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend import itertools_items as items
from pyvorin.compiler.frontend.applying import applied, can_apply
from pyvorin.compiler.frontend.assign import Item, pack
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.eligibility import CONSUMERS
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.frontend.grouping import may_be_collected
from pyvorin.compiler.frontend.inlining import Body, heads
from pyvorin.compiler.frontend.library import library_path
from pyvorin.compiler.frontend.loop import each
from pyvorin.compiler.frontend.producers import Made, again
from pyvorin.compiler.frontend.reduction import as_list, as_tuple
from pyvorin.compiler.frontend.source import CountSource, EachSource, RangeSource, SequenceSource, Source, source_of
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Value


def _positional(node: ast.Call, least: int, most: int) -> bool:
    return not node.keywords and least <= len(node.args) <= most


def _chain(ctx: Context, node: ast.Call) -> Made | None:
    if node.keywords:
        return None
    sources = [source_of(ctx, argument) for argument in node.args]

    def run(ctx: Context, body: Body) -> None:
        for source in sources:
            each(ctx, source, body)

    return Made(run)


def _chain_from(ctx: Context, node: ast.Call) -> Made | None:
    if not _positional(node, 1, 1):
        return None
    source = source_of(ctx, node.args[0])

    def run(ctx: Context, body: Body) -> None:
        each(ctx, source, lambda item, following: each(ctx, EachSource(ctx.b, pack(ctx, item)), body))

    return Made(run)


def _islice(ctx: Context, node: ast.Call) -> Made | None:
    if not _positional(node, 2, 4):
        return None
    b = ctx.b
    source = source_of(ctx, node.args[0])
    bounds: list[str | None] = []
    for argument in node.args[1:]:
        if isinstance(argument, ast.Constant) and argument.value is None:
            bounds.append(None)
            continue
        bounds.append(b.temp("bound"))
        b.store(str(bounds[-1]), b.prim("islice.bound", ctx.expr(argument)))
    if len(bounds) == 1:
        bounds = [None, *bounds]
    start, stop, step = (*bounds, None)[:3]
    if step is not None:
        b.prim("islice.step", b.load(step))
    conditions: list[Callable[[str], Value]] = []
    last = stop
    if start is not None:
        conditions.append(lambda at: b.prim("le", b.load(start), b.load(at)))
    if start is not None and stop is not None:
        # Of what is given too late as many items are asked for as stand before the first one.
        conditions.append(lambda at: b.prim("index.lt", b.load(at), b.load(stop)))
        last = b.temp("last")
        late, bounded = b.new_block("late"), b.new_block("bounded")
        b.store(last, b.load(stop))
        b.branch(b.prim("index.lt", b.load(stop), b.load(start)), late, bounded)
        b.switch(late)
        b.store(last, b.load(start))
        b.jump(bounded)
        b.switch(bounded)
    if step is not None:
        first = b.temp("start")
        b.store(first, b.const(0) if start is None else b.load(start))

        def is_in_step(at: str) -> Value:
            return b.prim("eq", b.prim("mod", b.prim("sub", b.load(at), b.load(first)), b.load(step)), b.const(0))

        conditions.append(is_in_step)

    def run(ctx: Context, body: Body) -> None:
        index, depth = b.temp("index"), len(ctx.rounds)
        b.store(index, b.const(0))
        done = b.new_block("sliced")

        def go_on(following: Block) -> None:
            """To the next item, if there may be one."""
            if last is None:
                b.jump(following)
                return
            over = b.new_block("over")
            b.branch(b.prim("index.lt", b.load(index), b.load(last)), following, over)
            b.switch(over)
            ctx.settle(depth)
            b.jump(done)

        def take(item: Item, following: Block) -> None:
            held = again(ctx, item)
            at = b.temp("at")
            b.store(at, b.load(index))
            b.store(index, b.prim("index.next", b.load(index)))
            onward = b.new_block("onward")
            for holds in conditions:
                wanted = b.new_block("wanted")
                b.branch(holds(at), wanted, onward)
                b.switch(wanted)
            body(held(), onward)
            b.jump(onward)
            b.switch(onward)
            go_on(following)
            b.switch(b.new_block("never"))

        begin = b.new_block("begin")
        go_on(begin)
        b.switch(begin)
        each(ctx, source, take)
        b.jump(done)
        b.switch(done)

    return Made(run)


def _count(ctx: Context, node: ast.Call) -> Made | None:
    if not _positional(node, 0, 2):
        return None
    values = operands(ctx, node.args) + [ctx.b.const(at) for at in range(2)][len(node.args) :]
    source = CountSource(ctx.b, *values)
    return Made(lambda ctx, body: each(ctx, source, body))


Pool = Callable[[], Source]


def _pool(ctx: Context, node: ast.expr) -> Pool:
    """What gives a source of the iterable's items as they are now, as often as it is asked."""
    b = ctx.b
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        found = source_of(ctx, node)
        if isinstance(found, RangeSource):
            return lambda: found
    items = b.temp("pool")
    b.store(items, as_tuple(ctx, ast.copy_location(ast.Call(ast.Name("tuple"), [node], []), node)))
    return lambda: SequenceSource(b, b.load(items))


MOST_FACTORS = 5


def _product(ctx: Context, node: ast.Call) -> Made | None:
    repeat = next((keyword.value for keyword in node.keywords if keyword.arg == "repeat"), ast.Constant(1))
    if not isinstance(repeat, ast.Constant) or type(repeat.value) is not int or len(node.keywords) > 1:
        return None
    if {keyword.arg for keyword in node.keywords} - {"repeat"} or not 1 <= repeat.value * len(
        node.args
    ) <= MOST_FACTORS:
        return None
    pools = [_pool(ctx, argument) for argument in node.args] * repeat.value

    def run(ctx: Context, body: Body) -> None:
        def nested(pools: list[Pool], chosen: list[Callable[[], Item]], body: Body) -> None:
            def step(item: Item, following: Block) -> None:
                held = [*chosen, again(ctx, item)]
                if len(pools) > 1:
                    nested(pools[1:], held, body)
                else:
                    body([one() for one in held], following)

            each(ctx, pools[0](), step)

        nested(pools, [], body)

    return Made(run)


def _choices(ctx: Context, node: ast.Call, ordered: bool = False, repeated: bool = False) -> Made | None:
    """combinations(pool, r), and permutations(pool, r) if *ordered*: a loop for each of the r places; *repeated*: each may be
    taken again."""
    if not _positional(node, 2, 2):
        return None
    count = node.args[1]
    if not isinstance(count, ast.Constant) or type(count.value) is not int or not 1 <= count.value <= MOST_FACTORS:
        return None
    b, places = ctx.b, count.value
    pool = b.temp("pool")
    b.store(pool, as_tuple(ctx, ast.copy_location(ast.Call(ast.Name("tuple"), node.args[:1], []), node)))

    def run(ctx: Context, body: Body) -> None:
        def nested(taken: list[str]) -> None:
            first = b.const(0) if ordered or not taken else b.load(taken[-1])
            if not (ordered or repeated) and taken:
                first = b.prim("index.next", first)
            source = RangeSource(b, first, b.prim("iter.size", b.load(pool)), b.const(1))

            def step(item: Item, following: Block) -> None:
                at = b.temp("at")
                b.store(at, pack(ctx, item))
                for other in taken if ordered else []:
                    free = b.new_block("free")
                    b.branch(b.prim("eq", b.load(at), b.load(other)), following, free)
                    b.switch(free)
                places_taken = [*taken, at]
                if len(places_taken) < places:
                    nested(places_taken)
                else:
                    body([b.prim("iter.item", b.load(pool), b.load(place)) for place in places_taken], following)

            each(ctx, source, step)

        nested([])

    return Made(run)


def _combinations(ctx: Context, node: ast.Call) -> Made | None:
    return _choices(ctx, node)


def _repeated_combinations(ctx: Context, node: ast.Call) -> Made | None:
    return _choices(ctx, node, repeated=True)


def _permutations(ctx: Context, node: ast.Call) -> Made | None:
    return _choices(ctx, node, ordered=True)


def _pairwise(ctx: Context, node: ast.Call) -> Made | None:
    if not _positional(node, 1, 1):
        return None
    b = ctx.b
    source = source_of(ctx, node.args[0])

    def run(ctx: Context, body: Body) -> None:
        previous = b.temp("previous")
        b.store(previous, b.emit(ops.UNBOUND, []))

        def step(item: Item, following: Block) -> None:
            value, old = b.temp("item"), b.temp("old")
            b.store(value, pack(ctx, item))
            first, later = b.new_block("first"), b.new_block("later")
            b.store(old, b.load(previous))
            b.store(previous, b.load(value))
            b.branch(b.prim("best.first", b.load(old)), first, later)
            b.switch(first)
            b.jump(following)
            b.switch(later)
            body([b.load(old), b.load(value)], following)

        each(ctx, source, step)

    return Made(run)


ITERATING = CONSUMERS - {"join"} | {"enumerate"}
"""Builtins whose one argument is consumed."""


def grouped(ctx: Context, node: ast.For) -> Made | None:
    """The groups of a loop over `itertools.groupby`, if its body iterates each of them once: each is a list then."""
    call, target = node.iter, node.target
    if ctx.detours is not None or not isinstance(call, ast.Call) or library_path(ctx, call.func) != "itertools.groupby":
        return None
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    key = call.args[1] if len(call.args) == 2 else given.get("key")
    if not 1 <= len(call.args) <= 2 or not set(given) <= {"key"} or not (key is None or can_apply(ctx, key)):
        return None
    if not (isinstance(target, ast.Tuple) and len(target.elts) == 2 and isinstance(target.elts[1], ast.Name)):
        return None
    if not _is_iterated_once(ctx, node, target.elts[1].id) or not may_be_collected(ctx, node, call.args[0], key):
        return None
    ctx.uses.attributes.add(("itertools", "groupby"))
    b, own = ctx.b, ctx
    source = source_of(ctx, call.args[0])

    def run(ctx: Context, body: Body) -> None:
        current, group = b.temp("key"), b.temp("group")
        b.store(current, b.emit(ops.UNBOUND, []))
        b.store(group, b.prim("list.make"))

        def give() -> None:
            following = b.new_block("resumed")
            body([b.load(current), b.load(group)], following)
            b.jump(following)
            b.switch(following)

        def step(item: Item, following: Block) -> None:
            value, by = b.temp("item"), b.temp("by")
            b.store(value, pack(ctx, item))
            b.store(by, b.load(value) if key is None else applied(own, key, b.load(value)))
            b.prim("key.check", b.load(by))
            later, same = b.new_block("later"), b.new_block("same")
            other, begin = b.new_block("other"), b.new_block("begin")
            b.branch(b.prim("best.first", b.load(current)), begin, later)
            b.switch(later)
            b.branch(b.prim("truth", b.prim("eq", b.load(current), b.load(by))), same, other)
            b.switch(other)
            give()
            b.jump(begin)
            b.switch(begin)
            b.store(current, b.load(by))
            b.store(group, b.prim("list.make", b.load(value)))
            b.jump(following)
            b.switch(same)
            b.prim("list.add", b.load(group), b.load(value))

        each(ctx, source, step)
        rest, done = b.new_block("rest"), b.new_block("done")
        b.branch(b.prim("best.first", b.load(current)), done, rest)
        b.switch(rest)
        give()
        b.jump(done)
        b.switch(done)

    return Made(run)


def _is_iterated_once(ctx: Context, loop: ast.For, name: str) -> bool:
    """Whether one place reads the variable, in the loop's body and in no loop inside that, and consumes it."""
    function = ctx.module.function(ctx.qualname).node
    if sum(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(function)) != 2:
        return False
    reading = [read for statement in loop.body for read in heads(statement) if read.id == name]
    if len(reading) != 1 or ctx.variable(name) is None:
        return False
    for inner in ast.walk(loop):
        if isinstance(inner, (ast.For, ast.comprehension)) and inner.iter is reading[0]:
            return True
        if isinstance(inner, ast.Call) and reading[0] in inner.args and isinstance(inner.func, ast.Name):
            return inner.func.id in ITERATING and len(inner.args) == 1 and ctx.module.is_builtin(inner.func.id)
    return False


MAKERS: dict[str, Callable[[Context, ast.Call], Made | None]] = {
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_from,
    "itertools.islice": _islice,
    "itertools.count": _count,
    "itertools.product": _product,
    "itertools.combinations": _combinations,
    "itertools.combinations_with_replacement": _repeated_combinations,
    "itertools.permutations": _permutations,
    "itertools.pairwise": _pairwise,
    **items.MAKERS,
}
"""By the name of the function; each gives None for a call of another form than it handles."""


def transposed(ctx: Context, node: ast.Call) -> Made | None:
    """zip(*rows), of a list of lists: its items are tuples that are as long as there are rows."""
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Starred) or node.keywords or not ctx.builtin("zip"):
        return None
    b = ctx.b
    rows = b.temp("rows")
    listed = ast.copy_location(ast.Call(ast.Name("list"), [node.args[0].value], []), node)
    b.store(rows, as_list(ctx, listed))

    def run(ctx: Context, body: Body) -> None:
        columns = RangeSource(b, b.const(0), b.prim("zip.size", b.load(rows)), b.const(1))

        def step(item: Item, following: Block) -> None:
            body(b.prim("zip.column", b.load(rows), pack(ctx, item)), following)

        each(ctx, columns, step)

    return Made(run)
