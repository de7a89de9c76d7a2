"""One function's source -> untyped HIR: early rejects, scope, body.

A statement that has no native form need not keep the whole function in CPython: with *detours*, native code leaves in front of
it, CPython executes it, and comes back at the head of a loop (docs/exits.md).  For an expression without native form CPython is
called (`outcalls.py`).  Which these are is found by trying: the function is built anew with each one that was refused.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.closures import find
from pyvorin.compiler.frontend.context import Context, Uses, span_of
from pyvorin.compiler.frontend.eligibility import check, check_detours
from pyvorin.compiler.frontend.module import FunctionSource, ModuleSource
from pyvorin.compiler.frontend.nodes import lower_expr, lower_stmt
from pyvorin.compiler.frontend.outcalls import Refusal
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.scope import local_names
from pyvorin.compiler.frontend.snapshots import Snapshots
from pyvorin.compiler.hir.ir import Function
from pyvorin.core import reasons


class Form(Enum):
    """In which forms a function is built, in the order in which they are tried.

    resumable: with the snapshots that let an exit follow an effect.  native_handlers: whether simple handlers may be lowered
    (`exceptions.py`).  detours: whether statements and expressions without native form are left to CPython one by one.
    """

    PLAIN = (False, True, False)
    RESUMABLE = (True, True, False)
    HANDLED_IN_CPYTHON = (True, False, False)
    DETOURING = (True, True, True)
    DETOURING_HANDLED_IN_CPYTHON = (True, False, True)

    def __init__(self, resumable: bool, native_handlers: bool, detours: bool) -> None:
        self.resumable = resumable
        self.native_handlers = native_handlers
        self.detours = detours


@dataclass(slots=True)
class Untyped:
    """A function in HIR without types, and what it relies on."""

    source: FunctionSource
    hir: Function
    uses: Uses
    resumable: bool = False
    """Whether it has snapshots."""
    module: ModuleSource | None = None
    """Whose classes are the ones that types name."""
    stored: frozenset[str] = frozenset()
    """The names that it assigns, beside its parameters' first values."""
    detours: list[Reject] | None = None
    """The refusals of the statements that are left to CPython; None if none may be."""
    outcalls: dict[ast.AST, Refusal] = field(default_factory=dict)
    """The expressions that are left to CPython, with the refusal of each."""
    stepped: dict[ast.AST, ast.AST] = field(default_factory=dict)
    """`Context.stepped`."""


DETOURED = frozenset(
    {
        reasons.UNSUPPORTED_AST_NODE,
        reasons.UNSUPPORTED_CALL,
        reasons.UNSUPPORTED_OPERATION,
        reasons.VARARGS,
        reasons.EXTERNAL_C_EXTENSION,
        reasons.NETWORK_DEPENDENCY,
    }
)
"""The refusals that concern one statement and nothing around it."""
MOST_DETOURS = 50
"""Each costs building the function once more, and who needs so many has little that is native."""


def build(
    module: ModuleSource,
    source: FunctionSource,
    form: Form = Form.PLAIN,
    untyped: Mapping[ast.AST, Refusal] | None = None,
) -> Untyped:
    """The HIR of the function.

    untyped: expressions that have no native form for the types that they come with.

    Raises:
        Reject: the function is not eligible, or a node in it has no native form.
    """
    check(source.node, module)
    if source.qualname in module.made:
        # It has no source in which CPython could go on.
        return _build(module, source, Form.PLAIN, None, {})
    if not form.detours:
        return _build(module, source, form, None, {})
    check_detours(source.node, module)
    refused: dict[ast.stmt, Reject] = {}
    outcalls: dict[ast.AST, Refusal] = {**(untyped or {})}
    while True:
        try:
            return _build(module, source, form, refused, outcalls)
        except Reject as refusal:
            if refusal.code not in DETOURED or len(refused) + len(outcalls) >= MOST_DETOURS + len(untyped or {}):
                raise
            if refusal.expression is not None and refusal.expression not in outcalls:
                outcalls[refusal.expression] = refusal
            elif refusal.statement is not None:
                refused[refusal.statement] = refusal
            else:
                raise


def _build(
    module: ModuleSource,
    source: FunctionSource,
    form: Form,
    detours: dict[ast.stmt, Reject] | None,
    outcalls: dict[ast.AST, Refusal],
) -> Untyped:
    node = source.node
    # Where an exception is handled CPython goes on in the middle, whatever was done before.
    resumable = form.resumable or any(isinstance(inner, (ast.Try, ast.With)) for inner in ast.walk(node))
    builder = Builder(source.qualname, parameters_of(node).names, span_of(node))
    ctx = Context(module, source.qualname, builder, local_names(node), lower_expr, lower_stmt)
    ctx.detours = detours
    if source.nested is not None:
        ctx.nested = source.nested
    elif not resumable:
        ctx.nested = find(source)
        module.lifted.update((inner.source.qualname, inner.source) for inner in ctx.nested.values())
    ctx.outcalls = None if detours is None else outcalls
    if resumable:
        ctx.snapshots = Snapshots(builder, node, ctx.locals)
    ctx.native_handlers = form.native_handlers
    ctx.body(node.body)
    builder.span = span_of(node.body[-1])
    if builder.block is not None:
        ctx.leave(builder.const(None))
    refusals = None if detours is None else [*detours.values()]
    stored = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    return Untyped(source, builder.finish(), ctx.uses, resumable, module, stored, refusals, outcalls, ctx.stepped)
