"""Expressions that CPython evaluates in the middle of native code (`hir/outcalls.py`): which may be, and how they are called.

Which ones are is found by trying, as with detours (`function.py`): the innermost expression around whatever was refused, and if
what is around that has no native form either, then that as a whole.  So a large expression that CPython has to evaluate is one
call and not several.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from pyvorin.compiler.frontend.paths import path_between
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.outcalls import ITEMS, OBSERVED, OPERAND, Outcall, free_names

if TYPE_CHECKING:
    from pyvorin.compiler.frontend.context import Context
    from pyvorin.compiler.hir.ir import Value


class Refusal(Protocol):
    """Why something has no native form, in terms of `core/reasons.py`."""

    code: str


class Untypable(Refusal, Protocol):
    """Why something has no native form for its types."""

    iterates: str
    """Of a loop, the method of the object that it goes over, if that says what the items are; else empty."""


BINDING = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)
"""What changes the frame that it is in."""


def may_be_outcall(ctx: Context, node: ast.expr) -> bool:
    """Whether the expression could be evaluated in a frame of its own: it binds nothing, and is in no comprehension and no
    generator, which are native as a whole or not at all."""
    return not (ctx.renamed or ctx.inlined) and is_movable(node)


def is_movable(node: ast.expr) -> bool:
    """Whether it means the same in another frame that has the variables it reads."""
    if isinstance(node, (ast.Starred, ast.Slice, ast.FormattedValue)):
        return False
    return not any(isinstance(inner, BINDING) or _is_super(inner) for inner in ast.walk(node))


def _is_super(node: ast.AST) -> bool:
    """Whether it asks the frame for its first variable."""
    return isinstance(node, ast.Name) and node.id == "super"


def outcall(ctx: Context, node: ast.expr) -> Value:
    """Let CPython evaluate the expression."""
    names = tuple(name for name in free_names(node) if name in ctx.locals)
    definition = ctx.module.functions[ctx.qualname].node
    called = Outcall(ctx.qualname, path_between(definition, node), names, node.lineno)
    made = comprehension_in(node)
    if made is not None and ctx.outcalls is not None and made.generators[0] in ctx.outcalls:
        first = replace(called, kind=ITEMS, items_of=path_between(node, made.generators[0]))
        ctx.uses.decided.add(first.key)
        called = called if ctx.module.seen.knows(first.key) else first
    return call(ctx, called, [ctx.b.load(name) for name in names])


def comprehension_in(node: ast.expr) -> ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | None:
    """The comprehension that the expression is, or the generator expression that its call consumes."""
    argument = node.args[0] if isinstance(node, ast.Call) and node.args else node
    if argument is node and isinstance(argument, (ast.ListComp, ast.SetComp, ast.DictComp)):
        return argument
    return argument if argument is not node and isinstance(argument, ast.GeneratorExp) else None


def step(ctx: Context, kind: str, node: ast.AST) -> Outcall:
    """A step of a statement (`hir/outcalls.py`) that CPython does, at the place of the node."""
    definition = ctx.module.functions[ctx.qualname].node
    line = ctx.b.span.line if ctx.b.span is not None else definition.lineno
    return Outcall(ctx.qualname, path_between(definition, node), (OPERAND,), line, kind=kind)


def call(ctx: Context, called: Outcall, operands: list[Value]) -> Value:
    """Let CPython do it."""
    ctx.work += 1
    if called.kind in OBSERVED:
        ctx.uses.seen.add(called.key)
    return ctx.b.emit(ops.CALL, operands, called)
