"""dict and set -> HIR: displays, comprehensions, constructors, and the methods that do one thing or another.

`d.get(k, x)` is the search, and a branch: so its result has the type of a value where the key is there, and that of the default
where it is not, and `d.get(k) is None` is decided at compile time on both ways.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyvorin.compiler.frontend.assign import Item, pack
from pyvorin.compiler.frontend.comprehension import nest
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import has_star, keep, operands
from pyvorin.compiler.frontend.iterating import first_source
from pyvorin.compiler.frontend.loop import each
from pyvorin.compiler.frontend.reduction import consume_into
from pyvorin.compiler.frontend.source import (
    EachSource,
    EnumerateSource,
    GeneratorSource,
    ItemsSource,
    Source,
    ZipSource,
    source_of,
)
from pyvorin.compiler.hir.ir import Value

if TYPE_CHECKING:
    Method = Callable[[Context, str, list[str], ast.Call], Value]


def dict_display(ctx: Context, node: ast.Dict) -> Value:
    parts = [part for key, value in zip(node.keys, node.values) if key is not None for part in (key, value)]
    if None not in node.keys:
        return ctx.b.prim("dict.make", *operands(ctx, parts))
    b = ctx.b
    result = b.temp("dict")
    with ctx.opaque():
        b.store(result, b.prim("dict.make"))
        for key, value in zip(node.keys, node.values):
            if key is None:
                other = ctx.expr(value)
                b.prim("dict.absorb", b.load(result), other)
            else:
                found, content = operands(ctx, [key, value])
                b.prim("dict.add", b.load(result), found, content)
    return b.load(result)


def set_display(ctx: Context, node: ast.Set) -> Value:
    if not has_star(node.elts):
        return ctx.b.prim("set.make", *operands(ctx, node.elts))
    b = ctx.b
    result = b.temp("set")
    with ctx.opaque():
        b.store(result, b.prim("set.make"))
        for part in node.elts:
            if isinstance(part, ast.Starred):
                # As a whole, which decides about the size of the table, and so about the order.
                items = ctx.expr(part.value)
                b.prim("set.or.own", b.load(result), items)
            else:
                element = ctx.expr(part)
                b.prim("set.add", b.load(result), element)
    return b.load(result)


def dict_comprehension(ctx: Context, node: ast.DictComp) -> Value:
    result = ctx.b.temp("dict")
    source = first_source(ctx, node, [result])
    ctx.b.store(result, ctx.b.prim("dict.make"))

    def add() -> None:
        key = keep(ctx, ctx.expr(node.key), node.value)
        value = ctx.expr(node.value)
        ctx.b.prim("dict.add", ctx.b.load(result), key(), value)

    nest(ctx, node.generators, source, lambda stop: add())
    return ctx.b.load(result)


def set_comprehension(ctx: Context, node: ast.SetComp) -> Value:
    result = ctx.b.temp("set")
    source = first_source(ctx, node, [result])
    ctx.b.store(result, ctx.b.prim("set.make"))

    def add() -> None:
        element = ctx.expr(node.elt)
        ctx.b.prim("set.add", ctx.b.load(result), element)

    nest(ctx, node.generators, source, lambda stop: add())
    return ctx.b.load(result)


def as_set(ctx: Context, node: ast.Call) -> Value:
    """set(iterable)."""
    if not node.args:
        return ctx.b.prim("set.make")
    argument = node.args[0]
    return set_from(ctx, argument if isinstance(argument, ast.GeneratorExp) else source_of(ctx, argument))


def set_from(ctx: Context, source: ast.GeneratorExp | Source) -> Value:
    """Where CPython makes the table at once, it does; else elements are added one by one, as it does then."""
    b = ctx.b
    result = b.temp("set")

    def begin() -> None:
        b.store(result, b.prim("set.make"))

    def add(item: Value) -> None:
        b.prim("set.add", b.load(result), item)

    if type(source) is not EachSource:
        consume_into(ctx, source, begin, add)
        return b.load(result)
    whole, items, done = b.new_block("whole"), b.new_block("items"), b.new_block("made")
    b.branch(b.prim("set.whole", b.load(source.value)), whole, items)
    b.switch(whole)
    b.store(result, b.prim("set.of", b.load(source.value)))
    b.jump(done)
    b.switch(items)
    consume_into(ctx, source, begin, add)
    b.jump(done)
    b.switch(done)
    return b.load(result)


def as_frozenset(ctx: Context, node: ast.Call) -> Value:
    """frozenset(iterable): a set, which becomes one; one that is frozen already is itself."""
    b = ctx.b
    if not node.args or isinstance(node.args[0], ast.GeneratorExp):
        return b.prim("frozenset.freeze", as_set(ctx, node))
    source = source_of(ctx, node.args[0])
    if type(source) is not EachSource:
        return b.prim("frozenset.freeze", set_from(ctx, source))
    result = b.temp("frozenset")
    whole, other, done = b.new_block("same"), b.new_block("new"), b.new_block("frozen")
    b.branch(b.prim("frozenset.is", b.load(source.value)), whole, other)
    b.switch(whole)
    b.store(result, b.prim("frozenset.same", b.load(source.value)))
    b.jump(done)
    b.switch(other)
    b.store(result, b.prim("frozenset.freeze", set_from(ctx, source)))
    b.jump(done)
    b.switch(done)
    return b.load(result)


def named_items(ctx: Context, node: ast.Call) -> Value:
    """The dict of the keyword arguments."""
    parts = [(ast.copy_location(ast.Constant(k.arg), node), k.value) for k in node.keywords]
    return ctx.b.prim("dict.make", *operands(ctx, [part for pair in parts for part in pair]))


def as_dict(ctx: Context, node: ast.Call) -> Value:
    """dict(): empty, a copy of a dict, or of pairs; what is given by name without anything else is a display."""
    b = ctx.b
    if not node.args:
        return named_items(ctx, node)
    argument = node.args[0]
    result = b.temp("dict")

    def begin() -> None:
        b.store(result, b.prim("dict.make"))

    def add(pair: Item) -> None:
        if isinstance(pair, Value):
            b.prim("unpack.check", pair, b.const(2))
            pair = [b.prim("unpack.item", pair, b.const(index)) for index in range(2)]
        key, value = (pack(ctx, part) for part in pair)
        b.prim("dict.add", b.load(result), key, value)

    if isinstance(argument, ast.GeneratorExp):
        consume_into(ctx, argument, begin, add, [result])
        return b.load(result)
    source = source_of(ctx, argument)
    pairs = isinstance(source, (EnumerateSource, GeneratorSource, ItemsSource))
    if pairs or (isinstance(source, ZipSource) and len(source.inner) == 2):
        begin()
        with ctx.opaque():
            each(ctx, source, lambda item, following: add(item))
        return b.load(result)
    if type(source) is not EachSource:
        raise ctx.unsupported(node, "dict() of this iterable")
    whole, items, done = b.new_block("whole"), b.new_block("pairs"), b.new_block("made")
    b.branch(b.prim("dict.is", b.load(source.value)), whole, items)
    b.switch(whole)
    b.store(result, b.prim("dict", b.load(source.value)))
    b.jump(done)
    b.switch(items)
    begin()
    with ctx.opaque():
        each(ctx, source, lambda item, following: add(item))
    b.jump(done)
    b.switch(done)
    return b.load(result)


def from_keys(ctx: Context, node: ast.Call) -> Value | None:
    """dict.fromkeys(iterable, value=None)."""
    if not 1 <= len(node.args) <= 2 or node.keywords or has_star(node.args):
        return None
    b = ctx.b
    result, value = b.temp("dict"), b.temp("value")
    keys = node.args[0]
    source = keys if isinstance(keys, ast.GeneratorExp) else source_of(ctx, keys)

    def begin() -> None:
        b.store(value, ctx.expr(node.args[1]) if len(node.args) > 1 else b.const(None))
        b.store(result, b.prim("dict.make"))

    def add(key: Value) -> None:
        b.prim("dict.add", b.load(result), key, b.load(value))

    if type(source) is EachSource:
        content = ctx.expr(node.args[1]) if len(node.args) > 1 else b.const(None)
        return b.prim("dict.fromkeys", b.load(source.value), content)
    consume_into(ctx, source, begin, add)
    return b.load(result)


def _value(ctx: Context, d: str, place: str, key: ast.expr) -> Value:
    """The value that was found, of the type that is expected under this key."""
    b = ctx.b
    if isinstance(key, ast.Constant):
        ctx.note_key(key)
        return b.prim("dict.value", b.load(d), b.load(place), b.const(key.value))
    return b.prim("dict.value", b.load(d), b.load(place))


def _get(ctx: Context, d: str, args: list[str], node: ast.Call) -> Value:
    b = ctx.b
    result, place = b.temp("got"), b.temp("place")
    found, missing, done = b.new_block("found"), b.new_block("missing"), b.new_block("got")
    default = b.load(args[1]) if len(args) > 1 else b.const(None)
    b.store(result, default)
    b.store(place, b.prim("dict.find", b.load(d), b.load(args[0])))
    b.branch(b.prim("dict.found", b.load(place)), found, missing)
    b.switch(found)
    b.store(result, _value(ctx, d, place, node.args[0]))
    b.jump(done)
    b.switch(missing)
    b.jump(done)
    b.switch(done)
    return b.load(result)


def _setdefault(ctx: Context, d: str, args: list[str], node: ast.Call) -> Value:
    b = ctx.b
    result, place = b.temp("got"), b.temp("place")
    found, missing, done = b.new_block("found"), b.new_block("missing"), b.new_block("got")
    if len(args) == 1:
        args = [*args, b.temp("default")]
        b.store(args[1], b.const(None))
    b.store(place, b.prim("dict.find", b.load(d), b.load(args[0])))
    b.branch(b.prim("dict.found", b.load(place)), found, missing)
    b.switch(found)
    b.store(result, _value(ctx, d, place, node.args[0]))
    b.jump(done)
    b.switch(missing)
    b.store(result, b.load(args[1]))
    b.prim("dict.put", b.load(d), b.load(args[0]), b.load(args[1]))
    ctx.merged(result)
    b.jump(done)
    b.switch(done)
    return b.load(result)


def _pop(ctx: Context, d: str, args: list[str], node: ast.Call) -> Value:
    b = ctx.b
    result, place = b.temp("got"), b.temp("place")
    found, missing, done = b.new_block("found"), b.new_block("missing"), b.new_block("got")
    b.store(place, b.prim("dict.find", b.load(d), b.load(args[0])))
    b.branch(b.prim("dict.found", b.load(place)), found, missing)
    b.switch(missing)
    b.store(result, b.load(args[1]))
    b.jump(done)
    b.switch(found)
    b.store(result, b.prim(".pop", b.load(d), b.load(args[0])))
    ctx.merged(result)
    b.jump(done)
    b.switch(done)
    return b.load(result)


METHODS: dict[tuple[str, int], Method] = {
    ("get", 1): _get,
    ("get", 2): _get,
    ("setdefault", 1): _setdefault,
    ("setdefault", 2): _setdefault,
    ("pop", 2): _pop,
}
"""By name and number of arguments; the variables of the dict and of the arguments are handed over, and the call."""
