"""The ast-node table: node class -> handler.  A node that is not here is UNSUPPORTED_AST_NODE."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from pyvorin.compiler.frontend import (
    call,
    comprehension,
    definitions,
    exceptions,
    expr,
    inlining,
    loop,
    managers,
    mapping,
    stmt,
    text,
)
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.hir.ir import Value

EXPRESSIONS: dict[type[ast.expr], Callable[[Context, Any], Value]] = {
    ast.Constant: expr.constant,
    ast.Name: expr.name,
    ast.BinOp: text.binary,
    ast.UnaryOp: expr.unary,
    ast.BoolOp: expr.boolean,
    ast.Compare: expr.compare,
    ast.IfExp: expr.conditional,
    ast.Subscript: expr.subscript,
    ast.Tuple: expr.tuple_display,
    ast.List: expr.list_display,
    ast.NamedExpr: expr.named,
    ast.Attribute: expr.attribute,
    ast.Call: call.call,
    ast.ListComp: comprehension.list_comprehension,
    ast.Dict: mapping.dict_display,
    ast.Set: mapping.set_display,
    ast.DictComp: mapping.dict_comprehension,
    ast.SetComp: mapping.set_comprehension,
    ast.JoinedStr: text.joined,
    ast.FormattedValue: text.formatted,
    ast.Lambda: expr.nested_lambda,
    ast.Yield: inlining.yielded,
}

STATEMENTS: dict[type[ast.stmt], Callable[[Context, Any], None]] = {
    ast.Expr: stmt.expression,
    ast.Assign: stmt.assignment,
    ast.AnnAssign: stmt.annotated,
    ast.AugAssign: stmt.augmented,
    ast.If: stmt.conditional,
    ast.For: loop.for_loop,
    ast.While: loop.while_loop,
    ast.Break: stmt.broken,
    ast.Continue: stmt.continued,
    ast.Return: stmt.returned,
    ast.Pass: stmt.passed,
    ast.Global: stmt.passed,
    ast.Nonlocal: stmt.passed,
    ast.Assert: stmt.asserted,
    ast.Raise: stmt.raised,
    ast.Delete: stmt.deleted,
    ast.Try: exceptions.try_statement,
    ast.With: managers.with_statement,
    ast.FunctionDef: definitions.nested_function,
    ast.AsyncFunctionDef: definitions.definition,
    ast.ClassDef: definitions.definition,
    ast.Import: definitions.definition,
    ast.ImportFrom: definitions.definition,
}

SHOWN: dict[type[ast.AST], str] = {
    ast.GeneratorExp: "a generator expression that is not the argument of sum, min, max, any, all, sorted, list or set",
    ast.Match: "'match'",
    ast.Nonlocal: "'nonlocal'",
    ast.Starred: "a starred expression",
    ast.YieldFrom: "the value of a 'yield from'",
}
"""How a refused node is called in messages; the class's name otherwise."""


def lower_expr(ctx: Context, node: ast.expr) -> Value:
    handler = EXPRESSIONS.get(type(node))
    if handler is None:
        raise ctx.unsupported(node, SHOWN.get(type(node), type(node).__name__))
    return handler(ctx, node)


def lower_stmt(ctx: Context, node: ast.stmt) -> None:
    handler = STATEMENTS.get(type(node))
    if handler is None:
        raise ctx.unsupported(node, SHOWN.get(type(node), type(node).__name__))
    handler(ctx, node)
