"""One function's source -> untyped HIR: early rejects, scope, body.

A statement that has no native form need not keep the whole function in CPython: with *detours*, native code leaves in front of
it, CPython executes it, and comes back at the head of a loop (docs/exits.md).  For an expression without native form CPython is
called (`outcalls.py`).  Which these are is found by trying: the function is built anew with each one that was refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.captured import Scope
from pyvorin.compiler.frontend.closures import find
from pyvorin.compiler.frontend.context import Context, Uses, span_of
from pyvorin.compiler.frontend.eligibility import check, check_detours, own_nodes
from pyvorin.compiler.frontend.module import FunctionSource, ModuleSource
from pyvorin.compiler.frontend.nodes import lower_expr, lower_stmt
from pyvorin.compiler.frontend.outcalls import Refusal, Untypable, is_movable
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
    wholes: dict[ast.AST, ast.AST] = field(default_factory=dict)
    """`Context.wholes`."""
    compares_identity: bool = False
    """Whether it asks of two values, none of which is written as None or a bool, if they are the same object."""


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
NOT_LOWERED = (*Scope, ast.ListComp, ast.SetComp, ast.DictComp, ast.Raise, ast.ExceptHandler)
"""What no expression is left to CPython in: it is lowered as a whole or not at all."""
MOST_BUILDS = 50
"""Who needs so many has little that is native."""


def build(
    module: ModuleSource,
    source: FunctionSource,
    form: Form = Form.PLAIN,
    untyped: Mapping[ast.AST, Untypable] | None = None,
    before: Untyped | Reject | None = None,
) -> Untyped:
    """The HIR of the function.

    untyped: expressions that have no native form for the types that they come with.  before: the same without these, if that was
    built: what has no native form there need not be found again.

    Raises:
        Reject: the function is not eligible, or a node in it has no native form.
    """
    check(source.node, module)
    if source.qualname in module.made:
        # It has no source in which CPython could go on.
        return _build(module, source, Form.PLAIN, None, {})
    iterated = {node: found.iterates for node, found in (untyped or {}).items() if found.iterates}
    if not form.detours:
        return _build(module, source, form, None, {}, iterated)
    check_detours(source.node, module)
    refused: dict[ast.stmt, Reject] = {}
    outcalls: dict[ast.AST, Refusal] = {k: found for k, found in (untyped or {}).items() if k not in iterated}
    if isinstance(before, Untyped):
        inside = {inner for outer in outcalls if isinstance(outer, ast.expr) for inner in ast.walk(outer)}
        outcalls |= {node: refusal for node, refusal in before.outcalls.items() if node not in inside}
        refused |= {found.statement: found for found in before.detours or () if found.statement is not None}
    for left in range(MOST_BUILDS, -1, -1):
        try:
            return _build(module, source, form, refused, outcalls, iterated)
        except Reject as refusal:
            if refusal.code not in DETOURED or not left:
                raise
            if refusal.expression is not None and refusal.expression not in outcalls:
                outcalls[refusal.expression] = refusal
                outcalls.update((other.node, other) for other in _alike(source.node, refusal))
            elif refusal.statement is not None:
                refused[refusal.statement] = refusal
            else:
                raise
    raise AssertionError("the last attempt raises or returns")


def _alike(function: ast.FunctionDef | ast.AsyncFunctionDef, refusal: Reject) -> Iterator[Reject]:
    """The other calls of the same callee, if it was that which was refused: one attempt finds them all."""
    call = refusal.node
    if refusal.code != reasons.UNSUPPORTED_CALL or not isinstance(call, ast.Call) or refusal.expression is not call:
        return
    for other in own_nodes(function, NOT_LOWERED):
        if isinstance(other, ast.Call) and other is not call and _shape(other) == _shape(call) and is_movable(other):
            found = Reject(refusal.code, other, refusal.hint, **refusal.fields)
            found.expression = other
            yield found


def _shape(call: ast.Call) -> tuple[object, ...]:
    """What decides whether the callee is known, as far as the source says."""
    func = call.func
    of = func.value if isinstance(func, ast.Attribute) else None
    named = [getattr(node, "attr", getattr(node, "id", type(node))) for node in (func, of)]
    return *named, *map(type, call.args), *(str(keyword.arg) for keyword in call.keywords)


def _build(
    module: ModuleSource,
    source: FunctionSource,
    form: Form,
    detours: dict[ast.stmt, Reject] | None,
    outcalls: dict[ast.AST, Refusal],
    iterated: Mapping[ast.AST, str] = MappingProxyType({}),
) -> Untyped:
    node = source.node
    # Where an exception is handled CPython goes on in the middle, whatever was done before.
    resumable = form.resumable or any(isinstance(inner, (ast.Try, ast.With)) for inner in ast.walk(node))
    builder = Builder(source.qualname, parameters_of(node).names, span_of(node))
    ctx = Context(module, source.qualname, builder, local_names(node), lower_expr, lower_stmt)
    ctx.relies_on(source)
    ctx.detours = detours
    if source.nested is not None:
        ctx.nested = source.nested
    elif not resumable:
        ctx.nested = find(source)
        module.lifted.update((inner.source.qualname, inner.source) for inner in ctx.nested.values())
    ctx.outcalls = None if detours is None else outcalls
    ctx.iterated = {**iterated}
    if resumable:
        ctx.snapshots = Snapshots(builder, node, ctx.locals)
    ctx.native_handlers = form.native_handlers
    ctx.body(node.body)
    builder.span = span_of(node.body[-1])
    if builder.block is not None:
        ctx.leave(builder.const(None))
    refusals = None if detours is None else [*detours.values()]
    stored = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    identity = any(map(_compares_identity, ast.walk(node)))
    return Untyped(
        source, builder.finish(), ctx.uses, resumable, module, stored, refusals, outcalls, ctx.wholes, identity
    )


def _compares_identity(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare) or not any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
        return False
    return not any(isinstance(part, ast.Constant) for part in (node.left, *node.comparators))
