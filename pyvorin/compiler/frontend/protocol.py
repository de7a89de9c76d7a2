"""Loops over objects of the program's classes, which their `__iter__` and `__next__` give the items of.

    for x in bag: …       Bag.__iter__ is a generator, or returns `iter(self.xs)`: its loops, or that iterable, in the place of it
                          any other: it = call protocol __iter__: bag
                                     head:  item = call protocol __next__: it      None behind the last one
                                            branch item is None -> ended | got
                                     got:   x = item; …; jump head

That an object is what a loop goes over is known with the types only: what `infer/protocol.py` has found out is in
`Context.iterated`, by the loop.  A `__next__` that is asked so gives None where it raises StopIteration, and no None otherwise.
"""

from __future__ import annotations

import ast
from enum import Enum

from pyvorin.compiler.frontend.classes import GETTER
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.eligibility import check_inlined, is_generator
from pyvorin.compiler.frontend.exceptions import finals_around
from pyvorin.compiler.frontend.inlining import Generator, Inlined
from pyvorin.compiler.frontend.module import FunctionSource, ModuleSource
from pyvorin.compiler.frontend.opaque import OpaqueLoop
from pyvorin.compiler.frontend.source import VIEWS, GeneratorSource, Source, source_of
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Value

ITER, NEXT, REVERSED = "__iter__", "__next__", "__reversed__"
CALL = "protocol"
"""How the calls of these begin."""
LOOKED_UP = "protocol"
"""And the primitives that look whether an object's class has the method that is in the place of its call."""
END = "iter.end"
"""The primitive behind a StopIteration that a `__next__` raises: None where a loop asks for the item, else it exits."""


class AskedLoop(OpaqueLoop):
    """A loop that calls `__next__` for each item."""

    def iterator(self, iterable: Value, node: ast.AST) -> Value:
        return self._call(ITER, iterable)

    def following(self, iterator: Value) -> Value:
        return self._call(NEXT, iterator)

    def is_end(self, item: Value) -> Value:
        return self.ctx.b.prim("is", item, self.ctx.b.const(None))

    def ended(self) -> None:
        """`__next__` is not asked again, and nothing can leave in front of what follows the loop."""

    def given(self, item: Value) -> Value:
        return item

    def _call(self, name: str, operand: Value) -> Value:
        self.ctx.work += 1
        return self.ctx.b.emit(ops.CALL, [operand], f"{CALL} {name}")


class Form(Enum):
    """What a loop does with a method that says what the items are: a generator is lowered in its place; the ITERABLE that it
    gives an iterator of is gone over instead; or it is called, and then the `__next__` of what it gives is ASKED."""

    GENERATOR, ITERABLE, ASKED = range(3)


def form_of(module: ModuleSource, qualname: str) -> Form:
    function = module.function(qualname)
    if is_generator(function.node):
        return Form.GENERATOR
    return Form.ASKED if _returned(module, function) is None else Form.ITERABLE


def method_of(node: ast.For | ast.comprehension, is_open: bool) -> str:
    """The method that such a loop asks of an object; empty if none.  *is_open*: whether it goes over the object itself."""
    if is_open:
        return ITER
    made = node.iter.func if isinstance(node.iter, ast.Call) else None
    return REVERSED if isinstance(made, ast.Name) and made.id == "reversed" else ""


def source_in_place(ctx: Context, node: ast.expr, obj: Value, qualname: str) -> Source:
    """What the `__iter__` of the object, the value of *node*, gives, or its `__reversed__`, lowered in the place of its call."""
    function = ctx.module.function(qualname)
    b = ctx.b
    held = b.temp("self")
    b.store(held, obj)
    b.prim(f"{LOOKED_UP}:{function.node.name}/{qualname}", b.load(held))
    ctx.uses.inlined.add(qualname)
    ctx.uses.levels += 1
    ctx.work += 1
    if is_generator(function.node):
        return GeneratorSource(_Method(ctx, node, function, b.load(held)))
    inner = Inlined(ctx, function)
    inner.take([b.load(held)])
    returned = _returned(ctx.module, function)
    assert returned is not None
    return source_of(inner, returned)


class _Method(Generator):
    """The generator that a method of the object makes."""

    def __init__(self, ctx: Context, node: ast.expr, function: FunctionSource, obj: Value):
        check_inlined(node, function.node)
        self.node, self.function = node, function
        self.context = Inlined(ctx, function)
        self.context.take([obj])


def _returned(module: ModuleSource, function: FunctionSource) -> ast.expr | None:
    """What a method that is nothing but ``return iter(self.xs)`` gives the iterator of; None if it is more than that."""
    body = [node for node in function.node.body if not (isinstance(node, ast.Expr) and _is_text(node.value))]
    made = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if not isinstance(made, ast.Call) or not isinstance(made.func, ast.Name) or made.keywords or len(made.args) != 1:
        return None
    is_reversed = made.func.id == "reversed"
    if (made.func.id != "iter" and not is_reversed) or not module.is_builtin(made.func.id):
        return None
    names = [argument.arg for argument in function.node.args.args]
    return (made if is_reversed else made.args[0]) if _is_plain(module, made.args[0], names, is_reversed) else None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_plain(module: ModuleSource, node: ast.expr, names: list[str], is_sequence: bool) -> bool:
    """Whether it is an attribute of the object, or a view of one: evaluating it has no effect."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not is_sequence:
        is_view = node.func.attr in VIEWS and not node.args and not node.keywords
        return is_view and not module.has_method(node.func.attr) and _is_plain(module, node.func.value, names, True)
    if not isinstance(node, ast.Attribute) or module.has_accessor(node.attr, GETTER):
        return False
    return isinstance(node.value, ast.Name) and [node.value.id] == names


def ends(ctx: Context, node: ast.Raise) -> bool:
    """Whether the statement ends the items of a `__next__`, and is lowered so."""
    made = node.exc.func if isinstance(node.exc, ast.Call) and not (node.exc.args or node.exc.keywords) else node.exc
    function = ctx.module.function(ctx.qualname)
    if function.node.name != NEXT or function.in_class is None or ctx.inlined or node.cause is not None:
        return False
    if not (isinstance(made, ast.Name) and made.id == "StopIteration" and ctx.builtin(made.id)) or finals_around(ctx):
        return False
    if not all(catcher.lets_pass(made.id) for catcher in ctx.catchers):
        return False
    end = ctx.b.prim(END)
    ctx.settle()
    ctx.leave(end)
    return True
