"""The classes of `collections` -> HIR: what makes their objects."""

from __future__ import annotations

import ast
from collections.abc import Callable

from pyvorin.compiler.frontend.comprehension import spelled_out
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.reduction import as_list
from pyvorin.compiler.hir.ir import Value

Make = Callable[[Context, ast.Call], "Value | None"]


def _listed(ctx: Context, node: ast.expr) -> str:
    """The variable with the items of the iterable, in a list of their own."""
    items = ctx.b.temp("items")
    ctx.b.store(items, as_list(ctx, ast.copy_location(ast.Call(ast.Name("list"), [node], []), node)))
    return items


COUNTED = ".counted"


def _no_mapping(ctx: Context, node: ast.expr) -> ast.expr:
    """The expression, whose value is kept in a variable if it may be a dict, of which not the keys are counted."""
    if isinstance(spelled_out(ctx, node), (ast.GeneratorExp, ast.ListComp)):
        return node
    variable = ctx.b.temp("counted")
    ctx.b.store(variable, ctx.expr(node))
    ctx.b.prim("counter.check", ctx.b.load(variable))
    ctx.renamed.append({COUNTED: variable})
    return ast.copy_location(ast.Name(COUNTED, ast.Load()), node)


def _deque(ctx: Context, node: ast.Call) -> Value | None:
    """deque(), deque(iterable), deque(iterable, maxlen), with the latter by keyword, too."""
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if len(node.args) + len(keywords) > 2 or set(keywords) - {"maxlen"} or (len(node.args) > 1 and keywords):
        return None
    b = ctx.b
    if not node.args and not keywords:
        return b.prim("deque.make")
    if node.args:
        items = _listed(ctx, node.args[0])
    else:
        items = b.temp("items")
        b.store(items, b.prim("list.make"))
    most = node.args[1] if len(node.args) > 1 else keywords.get("maxlen")
    if most is None:
        return b.prim("deque.of", b.load(items))
    limit = ctx.expr(most)
    return b.prim("deque.of", b.load(items), limit)


def _defaultdict(ctx: Context, node: ast.Call) -> Value | None:
    """defaultdict(factory), where the factory is a builtin class."""
    if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.Name):
        return None
    name = node.args[0].id
    example = EXAMPLES.get(name)
    if example is None or not ctx.builtin(name):
        return None
    return ctx.b.prim(f"defaultdict.of.{name}", example(ctx))


EXAMPLES: dict[str, Callable[[Context], Value]] = {
    "int": lambda ctx: ctx.b.const(0),
    "float": lambda ctx: ctx.b.const(0.0),
    "str": lambda ctx: ctx.b.const(""),
    "list": lambda ctx: ctx.b.prim("list.make"),
    "dict": lambda ctx: ctx.b.prim("dict.make"),
    "set": lambda ctx: ctx.b.prim("set.make"),
}
"""By the name of a factory, what makes an example of what it gives: what is stored into one decides the type of all."""


def _counter(ctx: Context, node: ast.Call) -> Value | None:
    if node.keywords or len(node.args) > 1:
        return None
    if not node.args:
        return ctx.b.prim("counter.make")
    scopes = len(ctx.renamed)
    items = _listed(ctx, _no_mapping(ctx, node.args[0]))
    del ctx.renamed[scopes:]
    return ctx.b.prim("counter.of", ctx.b.load(items))


MAKERS: dict[str, Make] = {
    "collections.deque": _deque,
    "collections.defaultdict": _defaultdict,
    "collections.Counter": _counter,
}
"""By path; each gives None for a call of another form than it handles."""
