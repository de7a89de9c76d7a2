"""Exceptions that are raised where a native handler waits for them: they need not be made.

    try:                                try, parse in the place of its call:
        day = parse(text)                   branch text has ":" -> …  |  caught
    except ValueError:                  caught:  bad = bad + 1
        bad += 1

A `raise` of a builtin exception goes straight to a handler that cannot see the exception, once its arguments have been evaluated.
So that this is so for what a function raises that is called inside the `try`, that function is lowered in the place of its call.
Like a comprehension, it is a part of the statement that cannot be left in its middle once something has had an effect: then the
function that calls it is compiled with its handlers left to CPython, and with calls that are calls.
"""

from __future__ import annotations

import ast
from contextlib import nullcontext

from pyvorin.compiler.frontend.arguments import bind
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.eligibility import INNER, own_nodes
from pyvorin.compiler.frontend.exceptions import finals_around
from pyvorin.compiler.frontend.inlining import MOST_BLOCKS, Inlined
from pyvorin.compiler.frontend.module import FunctionSource
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.snapshots import may_have_effect
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Value
from pyvorin.core import reasons

PLAIN = frozenset(
    {
        *(
            "ArithmeticError",
            "AssertionError",
            "AttributeError",
            "BufferError",
            "EOFError",
            "Exception",
            "FloatingPointError",
        ),
        *("IndexError", "KeyError", "LookupError", "NotImplementedError", "OverflowError", "RuntimeError", "TypeError"),
        *("ValueError", "ZeroDivisionError"),
    }
)
"""Exceptions that any arguments make, and whose making nothing notices."""
RAISED: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Call: ("ValueError",),
    ast.Subscript: ("IndexError", "KeyError"),
    ast.BinOp: ("ZeroDivisionError",),
    ast.Assign: ("ValueError",),
}
"""What the operations of a node may raise, if they raise natively."""
CONVERSIONS = frozenset({"int", "float", "index"})
DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)
MOST_NODES = 400
"""Of a function that is lowered in the place of its calls inside a `try`."""


def raised(ctx: Context, node: ast.Raise) -> bool:
    """Whether the statement goes to a native handler, and is lowered so."""
    name = _raises(ctx, node)
    catcher = None if name is None else ctx.native_catcher(name)
    if name is None or catcher is None:
        return False
    if isinstance(node.exc, ast.Call):
        if not all(map(_is_quiet, node.exc.args)):
            return False
        try:
            for argument in node.exc.args:
                ctx.expr(argument)
        except Reject:
            ctx.b.exit(reasons.EXPLICIT_RAISE)
            return True
    ctx.settle(catcher.rounds if ctx is catcher.ctx else 0)
    catcher.catch(name)
    return True


def _raises(ctx: Context, node: ast.Raise) -> str | None:
    """The builtin exception that the statement raises, if it is made as most are."""
    made = node.exc
    if node.cause is not None or made is None:
        return None
    if isinstance(made, ast.Call):
        if made.keywords or any(isinstance(argument, ast.Starred) for argument in made.args):
            return None
        made = made.func
    if not isinstance(made, ast.Name) or made.id not in PLAIN or not ctx.builtin(made.id):
        return None
    return made.id


def _is_quiet(node: ast.expr) -> bool:
    """Whether evaluating the argument calls no function of the program's, and makes nothing but values."""
    return not any(
        isinstance(inner, (ast.NamedExpr, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
        or (isinstance(inner, ast.Call) and not (isinstance(inner.func, ast.Name) and inner.func.id in QUIET))
        for inner in ast.walk(node)
    )


QUIET = frozenset({"len", "str", "repr", "type"})
"""Builtins that the arguments of an exception may call."""


def in_place(ctx: Context, node: ast.Call, qualname: str) -> Value | None:
    """The call of a function that may raise what a native handler takes, with its body in its place; None for any other."""
    function = ctx.module.functions.get(qualname)
    if not ctx.catchers or function is None or ctx.detours is not None or ctx.renamed or qualname in ctx.inlined:
        return None
    if function.nested is not None or finals_around(ctx) or not _may_be_in_place(ctx, function):
        return None
    values = bind(ctx, node, qualname)
    if values is None:
        return None
    b, result = ctx.b, ctx.b.temp("result")
    inner = InPlace(ctx, function, result)
    ctx.uses.inlined.add(qualname)
    ctx.uses.levels += 1
    # Inside another one it is a part of that.
    with nullcontext() if ctx.snapshots is None else ctx.snapshots.in_place():
        inner.take(values)
        inner.forget()
        inner.body(function.node.body)
        inner.leave(b.const(None))
        b.switch(inner.returned)
    ctx.work = inner.work
    return b.load(result)


class InPlace(Inlined):
    """Lowers a function in the place of its call; what it returns is in the variable *result*."""

    def __init__(self, outer: Context, function: FunctionSource, result: str):
        super().__init__(outer, function)
        self.result = result
        self.consumable = set()
        self.catchers = outer.catchers
        self.native_handlers = outer.native_handlers

    def leave(self, value: Value) -> None:
        self.b.store(self.result, value)
        self.b.jump(self.returned)


def _may_be_in_place(ctx: Context, function: FunctionSource) -> bool:
    """Whether it is a small function without handlers of its own that may raise what a native handler around takes."""
    nodes = [*own_nodes(function.node)]
    if len(nodes) > MOST_NODES or len(ctx.b.fn.blocks) > MOST_BLOCKS or isinstance(function.node, ast.AsyncFunctionDef):
        return False
    if function.node.decorator_list or any(isinstance(node, (*INNER, *KEPT)) for node in nodes):
        return False
    if _changes_something(ctx, function, {function.qualname}):
        return False
    names = {name for node in nodes for name in _may_raise(node)}
    return any(ctx.native_catcher(name) is not None for name in sorted(names))


def _changes_something(ctx: Context, function: FunctionSource, known: set[str]) -> bool:
    """Whether the function, or one that it calls, is likely to have an effect; *known*: those that are being looked at."""
    for node in own_nodes(function.node):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            return True
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and may_have_effect(ops.PRIM, f".{node.func.attr}"):
            return True
        fact = ctx.module.fact(node.func.id) if isinstance(node.func, ast.Name) else None
        called = ctx.module.functions.get(fact.detail) if fact is not None and fact.kind == "function" else None
        if called is not None and called.qualname not in known:
            known.add(called.qualname)
            if _changes_something(ctx, called, known):
                return True
    return False


KEPT = (ast.Try, ast.With, ast.Yield, ast.YieldFrom, ast.Await, ast.Nonlocal, ast.Global, ast.NamedExpr, ast.Match)


def _may_raise(node: ast.AST) -> tuple[str, ...]:
    """The builtin exceptions that the node may raise so that a native handler takes them, as far as its form tells."""
    if isinstance(node, ast.Raise):
        made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return (made.id,) if isinstance(made, ast.Name) and made.id in PLAIN else ()
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return RAISED[ast.Call] if name in CONVERSIONS else ()
    if isinstance(node, ast.BinOp):
        return RAISED[ast.BinOp] if isinstance(node.op, DIVISIONS) else ()
    if isinstance(node, ast.Assign):
        return RAISED[ast.Assign] if isinstance(node.targets[0], (ast.Tuple, ast.List)) else ()
    return RAISED.get(type(node), ())
