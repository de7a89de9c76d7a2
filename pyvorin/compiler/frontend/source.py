"""What a loop goes over: sequences, range, enumerate, zip, reversed, each seen as items by index.

`range(...)`, `enumerate(...)` and so on are recognised as the builtins that they are (a fact that native code checks);
no iterator object exists, because nothing else can see it.
"""

from __future__ import annotations

import ast
from typing import Any, Literal

from pyvorin.compiler.frontend.assign import Item
from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import operands
from pyvorin.compiler.frontend.inlining import Producer, generator_of
from pyvorin.compiler.hir.ir import Block, Value


class Source:
    """Something with items at indices 0, 1, 2…; its parts lie in variables, so that they reach every block."""

    def size(self, b: Builder) -> Value:
        """How many items there are now."""
        raise AssertionError("a source defines its size")

    def room(self, b: Builder) -> Value:
        """About how many items there will be."""
        return self.size(b)

    def branch_valid(self, b: Builder, index: Value, valid: Block, done: Block) -> None:
        """Is there still an item at *index*?  Within a strip only sources whose length can change look again."""
        b.jump(valid)

    def item(self, b: Builder, index: Value) -> Item:
        raise AssertionError("a source defines its item")

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        """How its iterator is made again (docs/exits.md), and the variables that hold what that takes."""
        raise AssertionError("a source defines its state")


class SequenceSource(Source):
    """A list, str, tuple or buffer."""

    def __init__(self, b: Builder, value: Value):
        self.value = b.temp("seq")
        b.store(self.value, b.prim("iter.check", value))

    def size(self, b: Builder) -> Value:
        return b.prim("iter.size", b.load(self.value))

    def branch_valid(self, b: Builder, index: Value, valid: Block, done: Block) -> None:
        b.branch(b.prim("iter.valid", b.load(self.value), index), valid, done)

    def item(self, b: Builder, index: Value) -> Item:
        return b.prim("iter.item", b.load(self.value), index)

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        return ("seq",), [self.value]


class EachSource(SequenceSource):
    """A sequence, or what finds its next item by itself: a dict or a set.

    `place` is where the search for the next item begins, `found` where it has ended; of a sequence both are None.
    """

    OPEN, SPEC = "iter.open", "each"

    def __init__(self, b: Builder, value: Value):
        self.value, self.place, self.found = b.temp("seq"), b.temp("place"), b.temp("found")
        b.store(self.value, b.prim(self.OPEN, value))
        b.store(self.place, b.prim("iter.start", b.load(self.value)))

    def room(self, b: Builder) -> Value:
        return b.prim("iter.room", b.load(self.value), self.size(b))

    def branch_valid(self, b: Builder, index: Value, valid: Block, done: Block) -> None:
        b.store(self.found, b.prim("iter.seek", b.load(self.value), b.load(self.place), index))
        super().branch_valid(b, b.prim("iter.at", index, b.load(self.found)), valid, done)

    def item(self, b: Builder, index: Value) -> Item:
        found = b.load(self.found)
        b.store(self.place, b.prim("iter.advance", b.load(self.place), found))
        return self.at(b, b.prim("iter.at", index, found))

    def at(self, b: Builder, position: Value) -> Item:
        return b.prim("iter.item", b.load(self.value), position)

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        return (self.SPEC,), [self.value, self.place]


class KeysSource(EachSource):
    """d.keys(), which is never made."""

    OPEN, SPEC = "iter.open.view", "keys"


class ValuesSource(EachSource):
    """d.values()."""

    OPEN, SPEC = "iter.open.view", "values"

    def at(self, b: Builder, position: Value) -> Item:
        return b.prim("iter.value", b.load(self.value), position)


class ItemsSource(EachSource):
    """d.items()."""

    OPEN, SPEC = "iter.open.view", "items"

    def at(self, b: Builder, position: Value) -> Item:
        value = b.load(self.value)
        return [b.prim("iter.item", value, position), b.prim("iter.value", value, position)]


VIEWS: dict[str, type[EachSource]] = {"keys": KeysSource, "values": ValuesSource, "items": ItemsSource}
"""Methods of a dict whose result is never made where a loop goes over it."""


class ReversedSource(SequenceSource):
    """A sequence from its end; CPython's reversed list iterator keeps its index when the list changes (listobject.c)."""

    def __init__(self, b: Builder, value: Value):
        super().__init__(b, value)
        self.count = b.temp("size")
        b.store(self.count, super().size(b))

    def size(self, b: Builder) -> Value:
        return b.load(self.count)

    def branch_valid(self, b: Builder, index: Value, valid: Block, done: Block) -> None:
        super().branch_valid(b, b.prim("index.mirror", index, b.load(self.count)), valid, done)

    def item(self, b: Builder, index: Value) -> Item:
        return super().item(b, b.prim("index.mirror", index, b.load(self.count)))

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        return ("reversed",), [self.value, self.count]


class RangeSource(Source):
    """range(start, stop, step): its length is known when it is made, item = start + index * step."""

    def __init__(self, b: Builder, start: Value, stop: Value, step: Value):
        self.start, self.step, self.count = b.temp("start"), b.temp("step"), b.temp("size")
        start, stop, step = (b.prim("range.bound", bound) for bound in (start, stop, step))
        b.store(self.start, start)
        b.store(self.step, step)
        b.store(self.count, b.prim("range.size", start, stop, step))

    def size(self, b: Builder) -> Value:
        return b.load(self.count)

    def item(self, b: Builder, index: Value) -> Item:
        return b.prim("range.item", b.load(self.start), b.load(self.step), index, b.load(self.count))

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        return ("range",), [self.start, self.step, self.count]

    def reverse(self, b: Builder) -> None:
        last = b.prim("range.last", b.load(self.start), b.load(self.step), b.load(self.count))
        b.store(self.start, last)
        b.store(self.step, b.prim("range.opposite", b.load(self.step)))


class CountSource(Source):
    """itertools.count(start, step) of ints: it has no end."""

    def __init__(self, b: Builder, start: Value, step: Value):
        self.start, self.step = b.temp("start"), b.temp("step")
        b.store(self.start, b.prim("count.bound", start))
        b.store(self.step, b.prim("count.bound", step))

    def size(self, b: Builder) -> Value:
        return b.const(ENDLESS)

    def room(self, b: Builder) -> Value:
        return b.const(0)

    def item(self, b: Builder, index: Value) -> Item:
        return b.prim("add", b.load(self.start), b.prim("mul", index, b.load(self.step)))

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        return ("count",), [self.start, self.step]


ENDLESS = 1 << 62


class EnumerateSource(Source):
    def __init__(self, b: Builder, inner: Source, start: Value | None):
        self.inner = inner
        self.start = None
        if start is not None:
            self.start = b.temp("count")
            b.store(self.start, b.prim("range.bound", start))

    def size(self, b: Builder) -> Value:
        return self.inner.size(b)

    def room(self, b: Builder) -> Value:
        return self.inner.room(b)

    def branch_valid(self, b: Builder, index: Value, valid: Block, done: Block) -> None:
        self.inner.branch_valid(b, index, valid, done)

    def item(self, b: Builder, index: Value) -> Item:
        count = index if self.start is None else b.prim("add", b.load(self.start), index)
        return [count, self.inner.item(b, index)]

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        spec, variables = self.inner.state()
        if self.start is None:
            return ("enumerate", spec), variables
        return ("enumerate", spec, "start"), [*variables, self.start]


class ZipSource(Source):
    """zip(*sources): ends with the shortest."""

    def __init__(self, inner: list[Source]):
        self.inner = inner

    def size(self, b: Builder) -> Value:
        size = self.inner[0].size(b)
        for source in self.inner[1:]:
            size = b.prim("index.min", size, source.size(b))
        return size

    def branch_valid(self, b: Builder, index: Value, valid: Block, done: Block) -> None:
        at = b.temp("at")
        b.store(at, index)
        for source in self.inner[:-1]:
            following = b.new_block("zip")
            source.branch_valid(b, b.load(at), following, done)
            b.switch(following)
        self.inner[-1].branch_valid(b, b.load(at), valid, done)

    def item(self, b: Builder, index: Value) -> Item:
        return [source.item(b, index) for source in self.inner]

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        states = [source.state() for source in self.inner]
        return ("zip", *(spec for spec, _ in states)), [name for _, names in states for name in names]


class OpaqueSource(Source):
    """An iterator of CPython's own, which gives each item once: `fetched` is the next one (`opaque.py`)."""

    def __init__(self, b: Builder, iterator: Value):
        self.iterator = b.temp("iterator")
        b.store(self.iterator, iterator)

    def state(self) -> tuple[tuple[Any, ...], list[str]]:
        return ("iterator",), [self.iterator]


class GeneratorSource(Source):
    """A generator, or another producer, that no one sees: its body is lowered around that of the loop."""

    def __init__(self, generator: Producer):
        self.generator = generator

    def room(self, b: Builder) -> Value:
        return b.const(0)


ITERABLES = ("range", "enumerate", "zip", "reversed")
"""Builtins that are never made where a loop goes over them."""


def source_of(ctx: Context, node: ast.expr, indexed: bool = False) -> Source:
    """The source that the iterable expression *node* stands for, evaluated here.

    *indexed*: it is one of several that go on together (`zip`), so its length must be known.
    """
    from pyvorin.compiler.frontend import producers
    from pyvorin.compiler.frontend.endless import endless

    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        plain = not node.keywords and not any(isinstance(a, ast.Starred) for a in node.args)
        name, count = ctx.named_builtin(node.func.id), len(node.args)
        if name == "range" and plain and 1 <= count <= 3 and ctx.builtin("range"):
            return _range(ctx, node.args)
        counted = counted_by(ctx, node)
        if counted is not None:
            iterable, start = counted
            inner = source_of(ctx, iterable, indexed)
            if isinstance(inner, GeneratorSource):
                return GeneratorSource(producers.enumerated(ctx, inner, None if start is None else ctx.expr(start)))
            return EnumerateSource(ctx.b, inner, None if start is None else ctx.expr(start))
        if name == "zip" and plain and count and ctx.builtin("zip"):
            return ZipSource([source_of(ctx, arg, indexed=True) for arg in node.args])
        if name == "reversed" and plain and count == 1 and ctx.builtin("reversed"):
            return _reversed(ctx, node.args[0])
    found = endless(ctx, node)
    if found is not None:
        return found
    if indexed:
        # Not a generator: how many items there are is not known.
        return SequenceSource(ctx.b, ctx.expr(node))
    generator = producers.held(ctx, node) or generator_of(ctx, node) or producers.produced(ctx, node)
    if generator is not None:
        return GeneratorSource(generator)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in VIEWS
        and not node.args
        and not node.keywords
    ):
        return VIEWS[node.func.attr](ctx.b, ctx.expr(node.func.value))
    return _own_or(EachSource, ctx, node)


def _own_or(container: type[SequenceSource], ctx: Context, node: ast.expr) -> Source:
    """What a method of the object says that the items are, if that was found out before; else those of a container."""
    from pyvorin.compiler.frontend.protocol import source_in_place

    value = ctx.expr(node)
    method = None if ctx.b.node is None else ctx.iterated.get(ctx.b.node)
    return container(ctx.b, value) if method is None else source_in_place(ctx, node, value, method)


def _range(ctx: Context, args: list[ast.expr]) -> RangeSource:
    values = operands(ctx, args)
    if len(values) == 1:
        values.insert(0, ctx.b.const(0))
    if len(values) == 2:
        values.append(ctx.b.const(1))
    return RangeSource(ctx.b, *values)


def counted_by(ctx: Context, node: ast.expr) -> tuple[ast.expr, ast.expr | None] | None:
    """What is counted, and from where on, if the expression is a call of `enumerate`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return None
    if ctx.named_builtin(node.func.id) != "enumerate":
        return None
    start = _enumerate_start(node)
    if start is False or not node.args or isinstance(node.args[0], ast.Starred) or not ctx.builtin("enumerate"):
        return None
    return node.args[0], start


def _enumerate_start(node: ast.Call) -> ast.expr | Literal[False] | None:
    """The start argument's node, None if absent, False if the call is not of a form that enumerate accepts."""
    keywords = {k.arg: k.value for k in node.keywords}
    if len(node.args) == 1 and set(keywords) <= {"start"}:
        return keywords.get("start")
    return node.args[1] if len(node.args) == 2 and not keywords else False


def _reversed(ctx: Context, node: ast.expr) -> Source:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and ctx.named_builtin(node.func.id) == "range"
        and not node.keywords
        and 1 <= len(node.args) <= 3
        and ctx.builtin("range")
    ):
        source = _range(ctx, node.args)
        source.reverse(ctx.b)
        return source
    return _own_or(ReversedSource, ctx, node)
