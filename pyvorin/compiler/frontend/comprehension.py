"""Comprehensions and generator expressions -> loops.

A generator expression exists only as the argument of a builtin that consumes it whole (`reduction.py`): its loop and the
consumer's become one.  The targets live in a scope of their own; the first iterable is evaluated outside it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.applying import call_of, called_with, can_apply, parameters, variable_of
from pyvorin.compiler.frontend.assign import Item, assign
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.loop import each
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.source import Source, source_of
from pyvorin.compiler.hir.ir import Block, Value


def list_comprehension(ctx: Context, node: ast.ListComp) -> Value:
    from pyvorin.compiler.frontend.iterating import Stepped, first_source

    result = ctx.b.temp("list")
    source = first_source(ctx, node, [result])
    # Without a condition or an inner loop the length is known: the list is made with that much room.
    whole = len(node.generators) == 1 and not node.generators[0].ifs
    room = source.room(ctx.b) if whole and not isinstance(source, Stepped) else ctx.b.const(0)
    ctx.b.store(result, ctx.b.prim("list.room", room))
    nest(ctx, node.generators, source, lambda stop: _append(ctx, result, node.elt))
    return ctx.b.load(result)


def _append(ctx: Context, result: str, element: ast.expr) -> None:
    value = ctx.expr(element)
    ctx.b.prim("list.add", ctx.b.load(result), value)


def nest(ctx: Context, generators: list[ast.comprehension], source: Source, body: Callable[[Block], None]) -> None:
    """Run *body* for each item; *body* receives the block to jump to when no more items are wanted."""
    from pyvorin.compiler.frontend.iterating import Stepped

    if isinstance(source, Stepped):
        source.run(body)
        return
    stop = ctx.b.new_block("stop")
    with ctx.opaque():
        _nest(ctx, generators, source, body, stop)
    ctx.b.jump(stop)
    ctx.b.switch(stop)


def _nest(
    ctx: Context, generators: list[ast.comprehension], source: Source, body: Callable[[Block], None], stop: Block
) -> None:
    first = generators[0]
    if first.is_async:
        raise ctx.unsupported(first.iter, "an asynchronous comprehension")

    def step(item: Item, following: Block) -> None:
        ctx.renamed.append({name: ctx.b.temp(name) for name in target_names(first.target)})
        assign(ctx, first.target, item)
        for test in first.ifs:
            passed = ctx.b.new_block("if")
            ctx.branch_on(test, passed, following)
            ctx.b.switch(passed)
        if len(generators) > 1:
            _nest(ctx, generators[1:], source_of(ctx, generators[1].iter), body, stop)
        else:
            body(stop)
        ctx.renamed.pop()

    each(ctx, source, step)


def target_names(target: ast.expr) -> list[str]:
    """The names that an assignment target binds."""
    return [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


SPELLED_OUT = ("map", "filter")
"""Builtins that are written as generator expressions where they are consumed."""


def spelled_out(ctx: Context, node: ast.expr) -> ast.expr:
    """`map(f, xs)` and `filter(f, xs)`, which are consumed whole, as generator expressions; anything else as it is.

    Only for a function that is named, or a lambda: what else stands there would be evaluated for each item.
    """
    if not (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in SPELLED_OUT
        and len(node.args) >= 2
        and not node.keywords
        and not any(isinstance(argument, ast.Starred) for argument in node.args)
    ):
        return node
    if len(node.args) > 2:
        return _mapped_together(ctx, node) if node.func.id == "map" else node
    function, items = node.args
    keeps = isinstance(function, ast.Constant) and function.value is None and node.func.id == "filter"
    if not (keeps or can_apply(ctx, function)) or not ctx.builtin(node.func.id):
        return node
    name = variable_of(function)
    target, item = ast.Name(name, ast.Store()), ast.Name(name, ast.Load())
    value = item if keeps else call_of(ctx, function, name)
    if node.func.id == "map":
        made = ast.GeneratorExp(value, [ast.comprehension(target, items, [], is_async=0)])
    else:
        made = ast.GeneratorExp(item, [ast.comprehension(target, items, [value], is_async=0)])
    for inner in (made, target, item):
        ast.copy_location(inner, node)
    return made


def _mapped_together(ctx: Context, node: ast.Call) -> ast.expr:
    """`map(f, xs, ys)` as `f(x, y) for x, y in zip(xs, ys)`."""
    function, *iterables = node.args
    try:
        names = parameters(ctx, function, len(iterables))
    except Reject:
        return node
    if not (ctx.builtin("map") and ctx.builtin("zip")):
        return node
    target = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
    together = ast.Call(ast.Name("zip", ast.Load()), iterables, [])
    value = called_with(function, names)
    made = ast.GeneratorExp(value, [ast.comprehension(target, together, [], is_async=0)])
    for inner in (made, target, *target.elts, together, together.func):
        ast.copy_location(inner, node)
    return made
