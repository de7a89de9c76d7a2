"""Which names a function binds."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.parameters import parameters_of


class _Locals(ast.NodeVisitor):
    """The names that a function body binds, nested scopes left out (Language Reference 4.2.1)."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.declared: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            self.names.add(node.id)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.names.add(node.target.id)
        self.visit(node.value)

    def visit_Global(self, node: ast.Global) -> None:
        self.declared.update(node.names)

    def _nested(self, node: ast.AST) -> None:
        self.names.add(node.name)  # type: ignore[attr-defined]

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _nested

    def visit_Lambda(self, node: ast.Lambda) -> None:
        return

    def _named(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.names.add(node.name)
        self.generic_visit(node)

    visit_ExceptHandler = visit_MatchAs = visit_MatchStar = _named

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.names.add(node.rest)
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
    return bound_in(node.body) | {*parameters_of(node).names}


def bound_in(body: list[ast.stmt]) -> set[str]:
    """The names that are local to the scope whose body this is: a function's, or a class's."""
    visitor = _Locals()
    for stmt in body:
        visitor.visit(stmt)
    return visitor.names - visitor.declared
