"""One function's source -> untyped HIR: early rejects, scope, body."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from pyvorin.compiler.frontend.builder import Builder
from pyvorin.compiler.frontend.context import Context, Uses, span_of
from pyvorin.compiler.frontend.module import FunctionSource, ModuleSource
from pyvorin.compiler.frontend.nodes import lower_expr, lower_stmt
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.frontend.snapshots import Snapshots
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function
from pyvorin.core import reasons

NODE_LIMIT = 20_000
"""Functions of more ast nodes than this are left to CPython: compile time grows faster than what is gained."""

NESTING_LIMIT = 200
"""So that the handlers, which call each other some four deep for each level, stay within Python's recursion limit of 1000."""


@dataclass(slots=True)
class Untyped:
    """A function in HIR without types, and what it relies on."""

    source: FunctionSource
    hir: Function
    uses: Uses
    resumable: bool = False
    """Whether it has snapshots."""


def build(
    module: ModuleSource, source: FunctionSource, resumable: bool = False, native_handlers: bool = True
) -> Untyped:
    """The HIR of the function; if *resumable*, with the snapshots that let an exit follow an effect.

    native_handlers: whether simple handlers may be lowered (`exceptions.py`).

    Raises:
        Reject: the function is not eligible, or a node in it has no native form.
    """
    node = source.node
    check(module, node)
    # Where an exception is handled CPython goes on in the middle, whatever was done before.
    resumable = resumable or any(isinstance(inner, ast.Try) for inner in ast.walk(node))
    arguments = node.args
    params = [a.arg for a in arguments.posonlyargs + arguments.args]
    builder = Builder(source.qualname, params, span_of(node))
    ctx = Context(module, source.qualname, builder, local_names(node), lower_expr, lower_stmt)
    if resumable:
        ctx.snapshots = Snapshots(builder, node, ctx.locals)
    ctx.native_handlers = native_handlers
    ctx.body(node.body)
    builder.span = span_of(node.body[-1])
    builder.end(ops.RETURN, [builder.const(None)])
    return Untyped(source, builder.finish(), ctx.uses, resumable)


def check(module: ModuleSource, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Refuse at once what can never be compiled in this form.

    Raises:
        Reject: with the reason.
    """
    if isinstance(node, ast.AsyncFunctionDef):
        raise Reject(reasons.ASYNC, node)
    if node.decorator_list:
        raise Reject(reasons.DECORATED, node, decorator=ast.unparse(node.decorator_list[0]))
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        raise Reject(reasons.VARARGS, node)
    size = depth = 0
    level: list[ast.AST] = [node]
    while level:
        size, depth = size + len(level), depth + 1
        for inner in level:
            if isinstance(inner, (ast.Yield, ast.YieldFrom)):
                raise Reject(reasons.GENERATOR, inner)
            if isinstance(inner, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
                raise Reject(reasons.ASYNC, inner)
        level = [child for inner in level for child in ast.iter_child_nodes(inner)]
    if size > NODE_LIMIT:
        raise Reject(reasons.TOO_LARGE, node, size=size, unit="ast nodes", limit=NODE_LIMIT)
    if depth > NESTING_LIMIT:
        raise Reject(reasons.TOO_LARGE, node, size=depth, unit="levels of nesting", limit=NESTING_LIMIT)


class _Locals(ast.NodeVisitor):
    """The names that a function body binds, nested scopes left out (Language Reference 4.2.1)."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            self.names.add(node.id)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.names.add(node.target.id)
        self.visit(node.value)

    def _nested(self, node: ast.AST) -> None:
        self.names.add(node.name)  # type: ignore[attr-defined]

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _nested

    def visit_Lambda(self, node: ast.Lambda) -> None:
        return

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.names.add(node.name)
        self.generic_visit(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.names.update(a.asname or a.name.split(".")[0] for a in node.names)

    visit_Import = visit_ImportFrom = _import

    def _comprehension(self, node: ast.AST) -> None:
        # Its targets are its own; a walrus inside binds here (PEP 572).
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.names.add(inner.target.id)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def local_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The function's local variables, parameters included."""
    visitor = _Locals()
    for stmt in node.body:
        visitor.visit(stmt)
    arguments = node.args
    return visitor.names | {a.arg for a in arguments.posonlyargs + arguments.args}
