"""Builtins that consume an iterable, as loops: sum, min, max, any, all, list, tuple.

Each is written as the loop that its definition in the library reference gives, so that types, exits and polls come from the
same primitives as those of a loop in the program.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable

from pyvorin.compiler.frontend.applying import MAPPED, applied, applied_to, call_of, can_apply, parameters, variable_of
from pyvorin.compiler.frontend.assign import pack
from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.comprehension import nest, spelled_out
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.frontend.iterating import Stepped, first_source
from pyvorin.compiler.frontend.loop import each
from pyvorin.compiler.frontend.source import EachSource, ItemsSource, KeysSource, SequenceSource, Source, source_of
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Value
from pyvorin.core import reasons

COMPENSATED_SUM = sys.version_info >= (3, 12)
"""From 3.12 on sum() of floats is Neumaier's compensated sum (bltinmodule.c, builtin_sum_impl)."""


FOLDED = "functools.reduce"


def consume(
    ctx: Context, node: ast.expr, body: Callable[[Value, Block], None], partial: list[str] | None = None
) -> None:
    """Run *body* with each item of the iterable *node*, and the block that ends the iteration early.

    partial: as for `first_source`.
    """
    node = spelled_out(ctx, node)
    if isinstance(node, ast.GeneratorExp):
        source = first_source(ctx, node, partial)
        nest(ctx, node.generators, source, lambda stop: body(ctx.expr(node.elt), stop))
        return
    _each(ctx, source_of(ctx, node), body)


def _each(ctx: Context, source: Source, body: Callable[[Value, Block], None]) -> None:
    stop = ctx.b.new_block("stop")
    with ctx.opaque():
        each(ctx, source, lambda item, following: body(pack(ctx, item), stop))
    ctx.b.jump(stop)
    ctx.b.switch(stop)


def total(ctx: Context, node: ast.Call) -> Value:
    """sum(iterable, start=0)."""
    b = ctx.b
    start = node.args[1] if len(node.args) == 2 else next((k.value for k in node.keywords if k.arg == "start"), None)
    acc, error = b.temp("sum"), b.temp("error")
    partial = [acc, error] if COMPENSATED_SUM else [acc]

    def begin() -> None:
        b.store(acc, b.prim("sum.start", ctx.expr(start)) if start is not None else b.const(0))
        if COMPENSATED_SUM:
            b.store(error, b.const(0.0))

    def step(item: Value, stop: Block) -> None:
        old = b.load(acc)
        new = b.prim("sum.add", old, item)
        if COMPENSATED_SUM:
            b.store(error, b.prim("sum.error", old, item, new, b.load(error)))
        b.store(acc, new)

    with_source_first(ctx, node.args[0], begin, step, partial)
    return b.prim("sum.finish", b.load(acc), b.load(error)) if COMPENSATED_SUM else b.load(acc)


def with_source_first(
    ctx: Context,
    node: ast.expr,
    begin: Callable[[], None],
    step: Callable[[Value, Block], None],
    partial: list[str] | None = None,
) -> None:
    """As `consume`, with *begin* run after the (first) iterable is evaluated and before its first item.

    partial: as for `first_source`.
    """
    given, node = node, spelled_out(ctx, node)
    if isinstance(node, ast.GeneratorExp):
        source = first_source(ctx, node, partial if node is given else None)
        begin()
        nest(ctx, node.generators, source, lambda stop: step(ctx.expr(node.elt), stop))
    else:
        source = source_of(ctx, node)
        begin()
        _each(ctx, source, step)


def consume_into(
    ctx: Context,
    source: ast.GeneratorExp | Source,
    begin: Callable[[], None],
    add: Callable[[Value], None],
    partial: list[str] | None = None,
) -> None:
    """Run *begin*, then *add* with each item; *partial*: as for `first_source`."""
    if isinstance(source, ast.GeneratorExp):
        with_source_first(ctx, source, begin, lambda item, stop: add(item), partial)
    else:
        begin()
        _each(ctx, source, lambda item, stop: add(item))


def in_order(ctx: Context, node: ast.Call) -> Value:
    """sorted(iterable, key=None, reverse=False): a list of its items, which is sorted."""
    b = ctx.b
    result = b.temp("sorted")
    key, is_reversed = _order(ctx, node)
    source = source_of(ctx, node.args[0]) if key is None and is_items(node.args[0]) else None
    if not isinstance(source, ItemsSource):
        b.store(result, as_list(ctx, node))
        order(ctx, result, key, is_reversed)
        return b.load(result)
    by_key, whole, done = b.new_block("bykey"), b.new_block("whole"), b.new_block("ordered")
    b.branch(b.prim("items.by.key", b.load(source.value)), by_key, whole)
    b.switch(by_key)
    _items_by_key(ctx, source, result, is_reversed)
    b.jump(done)
    b.switch(whole)
    b.store(result, b.prim("list.room", b.const(0)))
    _each(ctx, source, lambda item, stop: _append(b, result, item))
    order(ctx, result, None, is_reversed)
    b.jump(done)
    b.switch(done)
    return b.load(result)


def is_items(node: ast.expr) -> bool:
    """Whether the expression may be a dict's view of its items."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "items"


def _items_by_key(ctx: Context, source: ItemsSource, result: str, is_reversed: bool) -> None:
    """The items in the order of their keys, of which no two are equal, so that values are never compared."""
    b = ctx.b
    keys, place = b.temp("keys"), b.temp("place")
    b.store(keys, b.prim("list.room", b.const(0)))
    _each(ctx, KeysSource(b, b.load(source.value)), lambda item, stop: _append(b, keys, item))
    order(ctx, keys, None, is_reversed)
    b.store(result, b.prim("list.room", b.const(0)))

    def add(key: Value, stop: Block) -> None:
        at = b.temp("key")
        b.store(at, key)
        b.store(place, b.prim("dict.find", b.load(source.value), b.load(at)))
        value = b.prim("dict.value", b.load(source.value), b.load(place))
        _append(b, result, b.prim("tuple.make", b.load(at), value))

    _each(ctx, SequenceSource(b, b.load(keys)), add)


def sort(ctx: Context, node: ast.Call, receiver: ast.expr) -> Value:
    """xs.sort(key=…, reverse=…): a copy is sorted, so that nothing has changed where that must leave.

    While CPython finds the keys the list is empty: they must not depend on it.
    """
    key, is_reversed = _order(ctx, node)
    if key is not None and not _depends_on_item_alone(ctx, key):
        raise ctx.unsupported(node, "a key that may look at the list")
    holder, result = ctx.b.temp("receiver"), ctx.b.temp("sorted")
    ctx.b.store(holder, ctx.expr(receiver))
    none = [ctx.b.const(None) for _ in range(3)]
    ctx.b.prim("list.check", ctx.b.load(holder))
    ctx.b.store(result, ctx.b.prim("getslice", ctx.b.load(holder), *none))
    order(ctx, result, key, is_reversed)
    none = [ctx.b.const(None) for _ in range(3)]
    ctx.b.prim("setslice", ctx.b.load(holder), *none, ctx.b.load(result))
    return ctx.b.const(None)


def order(ctx: Context, items: str, key: ast.expr | None, is_reversed: bool) -> None:
    """Sort the list in the variable, which nobody else has seen."""
    b = ctx.b
    if key is None:
        b.prim("list.order.reversed" if is_reversed else "list.order", b.load(items))
        return
    keys = b.temp("keys")
    b.store(keys, b.prim("list.room", b.const(0)))
    source = SequenceSource(b, b.load(items))

    def step(item: Value, stop: Block) -> None:
        found = applied(ctx, key, item)
        b.prim("list.add", b.load(keys), found)

    _each(ctx, source, step)
    b.prim("list.order.by", b.load(items), b.load(keys), b.const(is_reversed))


def _order(ctx: Context, node: ast.Call) -> tuple[ast.expr | None, bool]:
    """The key function, if there is one, and whether the order is reversed."""
    given: dict[str | None, ast.expr] = {keyword.arg: keyword.value for keyword in node.keywords}
    key, backwards = given.get("key"), given.get("reverse")
    if isinstance(key, ast.Constant) and key.value is None:
        key = None
    if key is not None and not can_apply(ctx, key):
        raise ctx.unsupported(key, "a key that is neither a lambda nor the name of a function")
    if backwards is not None and not (isinstance(backwards, ast.Constant) and isinstance(backwards.value, bool)):
        raise ctx.unsupported(backwards, "a 'reverse' that is not a constant")
    return key, isinstance(backwards, ast.Constant) and bool(backwards.value)


def _depends_on_item_alone(ctx: Context, key: ast.expr) -> bool:
    names = {inner.id for inner in ast.walk(call_of(ctx, key, MAPPED)) if isinstance(inner, ast.Name)} - {
        variable_of(key)
    }
    return all(ctx.variable(name) is None and ctx.module.is_builtin(name) for name in names)


def quantifier(ctx: Context, node: ast.Call) -> Value:
    """any(iterable), all(iterable): True or False as soon as one item decides."""
    b = ctx.b
    is_any = isinstance(node.func, ast.Name) and ctx.named_builtin(node.func.id) == "any"
    result = b.temp("decided")
    around = len(ctx.rounds)

    def step(item: Value, stop: Block) -> None:
        decided, following = b.new_block("decided"), b.new_block("undecided")
        truth = b.prim("truth", item)
        b.branch(truth, decided, following) if is_any else b.branch(truth, following, decided)
        b.switch(decided)
        b.store(result, b.const(is_any))
        ctx.settle(around)
        b.jump(stop)
        b.switch(following)

    with_source_first(ctx, node.args[0], lambda: b.store(result, b.const(not is_any)), step, [result])
    return b.load(result)


def extreme(ctx: Context, node: ast.Call) -> Value:
    """min and max, of an iterable (with an optional default) or of two or more arguments; the first of equals wins."""
    b = ctx.b
    order = "lt" if isinstance(node.func, ast.Name) and ctx.named_builtin(node.func.id) == "min" else "gt"
    best, best_key = b.temp("best"), b.temp("key")
    key = next((k.value for k in node.keywords if k.arg == "key"), None)
    if isinstance(key, ast.Constant) and key.value is None:
        key = None
    if key is not None and not can_apply(ctx, key):
        raise ctx.unsupported(key, "a key that is neither a lambda nor the name of a function")

    def step(item: Value, stop: Block) -> None:
        better, following = b.new_block("better"), b.new_block("notbetter")
        temp = b.temp("item")
        b.store(temp, item)
        by = b.temp("by")
        if key is not None:
            b.store(by, applied(ctx, key, b.load(temp)))
        b.branch(b.prim("best.first", b.load(best)), better, other := b.new_block("compare"))
        b.switch(other)
        compared = (temp, best) if key is None else (by, best_key)
        b.branch(b.prim("truth", b.prim(order, *map(b.load, compared))), better, following)
        b.switch(better)
        b.store(best, b.load(temp))
        if key is not None:
            b.store(best_key, b.load(by))
        b.jump(following)
        b.switch(following)

    if len(node.args) > 1:
        values = operands(ctx, node.args)
        temps = []
        for value in values:
            temps.append(b.temp("arg"))
            b.store(temps[-1], value)
        if key is not None:
            # The keys are found one by one, in the midst of the comparisons.
            b.store(best, b.emit(ops.UNBOUND, []))
            with ctx.opaque():
                for temp in temps:
                    step(b.load(temp), b.new_block("unused"))
            return b.load(best)
        b.store(best, b.load(temps[0]))
        for temp in temps[1:]:
            step(b.load(temp), b.new_block("unused"))
        return b.load(best)
    default = next((k.value for k in node.keywords if k.arg == "default"), None)
    other = b.temp("default")
    # Arguments are evaluated before the iteration begins.
    items = spelled_out(ctx, node.args[0])
    if default is not None and isinstance(items, ast.GeneratorExp):
        raise ctx.unsupported(node, "min or max of a generator expression with a default")
    source = None if isinstance(items, ast.GeneratorExp) else source_of(ctx, items)
    if default is not None:
        b.store(other, ctx.expr(default))
    b.store(best, b.emit(ops.UNBOUND, []))
    if source is None:
        consume(ctx, items, step, [best] if items is node.args[0] else None)
    else:
        _each(ctx, source, step)
    empty, found, done = b.new_block("empty"), b.new_block("found"), b.new_block("extreme")
    b.branch(b.prim("best.first", b.load(best)), empty, found)
    b.switch(empty)
    if default is None:
        b.exit(reasons.VALUE_ERROR)
    else:
        b.store(best, b.load(other))
        b.jump(done)
    b.switch(found)
    b.jump(done)
    b.switch(done)
    return b.load(best)


def collected(ctx: Context, node: ast.GeneratorExp, partial: bool = True) -> Value:
    """The items of a generator expression as a new list; *partial*: CPython could go on with such a list."""
    b = ctx.b
    result = b.temp("list")
    source = first_source(ctx, node, [result] if partial else None)
    whole = len(node.generators) == 1 and not node.generators[0].ifs and not isinstance(source, Stepped)
    b.store(result, b.prim("list.room", source.room(b) if whole else b.const(0)))
    nest(ctx, node.generators, source, lambda stop: _append(b, result, ctx.expr(node.elt)))
    return b.load(result)


def extend(ctx: Context, receiver: ast.expr, items: ast.GeneratorExp) -> Value:
    """xs.extend(generator expression): its items are appended one by one, as in CPython, which the expression may see."""
    b = ctx.b
    holder = b.temp("receiver")
    b.store(holder, ctx.expr(receiver))

    def add(item: Value, stop: Block) -> None:
        b.prim("list.add", b.load(holder), item)

    def begin() -> None:
        b.prim("list.check", b.load(holder))

    with_source_first(ctx, items, begin, add)
    return b.const(None)


def as_list(ctx: Context, node: ast.Call) -> Value:
    """list(iterable); of a list it is the slice of the whole, which CPython copies at once."""
    if not node.args:
        return ctx.b.prim("list.make")

    def copied(value: Value) -> Value:
        return ctx.b.prim("getslice", value, *(ctx.b.const(None) for _ in range(3)))

    return _sequence(ctx, node.args[0], "list.whole", copied, lambda items: items)


def as_tuple(ctx: Context, node: ast.Call) -> Value:
    """tuple(iterable); a tuple is itself, and anything but a list is made a list of first."""
    if not node.args:
        return ctx.b.prim("tuple.make")

    def made(value: Value) -> Value:
        return ctx.b.prim("tuple.of", value)

    return _sequence(ctx, node.args[0], "tuple.whole", made, made)


def _sequence(
    ctx: Context, node: ast.expr, test: str, whole_of: Callable[[Value], Value], of_list: Callable[[Value], Value]
) -> Value:
    """The items of the iterable: by *whole_of* if the primitive *test* says that it can take all at once, else one by one."""
    b = ctx.b
    iterable = spelled_out(ctx, node)
    if isinstance(iterable, ast.GeneratorExp):
        return of_list(collected(ctx, iterable, iterable is node))
    source = source_of(ctx, iterable)
    result = b.temp("made")

    def one_by_one() -> None:
        items = b.temp("list")
        b.store(items, b.prim("list.room", b.const(0)))
        _each(ctx, source, lambda item, stop: _append(b, items, item))
        b.store(result, of_list(b.load(items)))

    if type(source) is not EachSource:
        one_by_one()
        return b.load(result)
    whole, items, done = b.new_block("whole"), b.new_block("items"), b.new_block("listed")
    b.branch(b.prim(test, b.load(source.value)), whole, items)
    b.switch(whole)
    b.store(result, whole_of(b.load(source.value)))
    b.jump(done)
    b.switch(items)
    one_by_one()
    b.jump(done)
    b.switch(done)
    return b.load(result)


def _append(b: Builder, items: str, item: Value) -> None:
    b.prim("list.add", b.load(items), item)


def folded(ctx: Context, node: ast.Call) -> Value:
    """functools.reduce(function, iterable[, first]), of a lambda of two parameters or a function that is named."""
    b = ctx.b
    function = node.args[0]
    names = parameters(ctx, function, 2)
    source = source_of(ctx, node.args[1])
    result, decided = b.temp("reduced"), len(node.args) > 2
    b.store(result, ctx.expr(node.args[2]) if decided else b.emit(ops.UNBOUND, []))

    def step(item: Value, stop: Block) -> None:
        value = b.temp("item")
        b.store(value, item)
        first, later, done = b.new_block("first"), b.new_block("later"), b.new_block("reduced")
        b.branch(b.prim("best.first", b.load(result)), first, later)
        b.switch(first)
        b.store(result, b.load(value))
        b.jump(done)
        b.switch(later)
        b.store(result, applied_to(ctx, function, names, [result, value]))
        b.jump(done)
        b.switch(done)

    _each(ctx, source, step)
    if not decided:
        empty, some = b.new_block("empty"), b.new_block("some")
        b.branch(b.prim("best.first", b.load(result)), empty, some)
        b.switch(empty)
        b.exit(reasons.VALUE_ERROR)
        b.switch(some)
    return b.load(result)
