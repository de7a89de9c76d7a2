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
    """defaultdict(factory), where the factory is a builtin class, or a lambda that does nothing but make something."""
    if len(node.args) != 1 or node.keywords:
        return None
    factory = node.args[0]
    if isinstance(factory, ast.Lambda) and _only_makes(factory.body) and not ast.unparse(factory.args):
        # The function object is made by CPython (`outcalls.py`).
        made = ctx.b.temp("factory")
        ctx.b.store(made, ctx.expr(factory))
        value = ctx.expr(factory.body)
        return ctx.b.prim("defaultdict.of.object", ctx.b.load(made), value)
    if not isinstance(factory, ast.Name):
        return None
    name = factory.id
    example = EXAMPLES.get(name)
    if example is None or not ctx.builtin(name):
        return None
    return ctx.b.prim(f"defaultdict.of.{name}", example(ctx))


def _only_makes(node: ast.expr) -> bool:
    """Whether the expression calls nothing that could see who calls it: constants, displays, builtin classes."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(_only_makes, node.elts))
    if isinstance(node, ast.Dict):
        return all(part is not None and _only_makes(part) for part in (*node.keys, *node.values))
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
        return False
    if node.func.id in EXAMPLES:
        return not node.args
    classes = [argument.id for argument in node.args if isinstance(argument, ast.Name)]
    return node.func.id == "defaultdict" and len(node.args) == 1 and classes != [] and classes[0] in EXAMPLES


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


def _ordered(ctx: Context, node: ast.Call) -> Value | None:
    return None if node.args or node.keywords else ctx.b.prim("ordered.make")


MAKERS: dict[str, Make] = {
    "collections.deque": _deque,
    "collections.defaultdict": _defaultdict,
    "collections.Counter": _counter,
    "collections.OrderedDict": _ordered,
}
"""By path; each gives None for a call of another form than it handles."""
