"""A function's source text as a tree, at the positions it has in its file.

In: a `points.Function`.  Out: a `Parsed`: the definition, from which `global` statements are taken out (a continuation
declares them once, at its beginning), and the names that are local to it.
"""

from __future__ import annotations

import _ast as ast

from pyvorin.host.continuation import apart, syntax
from pyvorin.host.continuation.points import Function, Table
from pyvorin.host.continuation.quiet import quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Parsed:
    """definition: the function.  locals: its own names, as spelt, in order of appearance.  globals: those declared so."""

    __slots__ = ("definition", "globals", "locals")

    def __init__(self, function: Function) -> None:
        definition = _definition(function)
        names = _Names()
        names.visit_function(definition)
        self.globals = sorted(names.declared)
        self.locals = [name for name in names.found if name not in names.declared]
        self.definition = syntax.changed(definition, body=_without_declarations(definition.body))
        first = [*definition.args.posonlyargs, *definition.args.args][:1]
        if first:
            _spell_out_super(self.definition.body, first[0].arg)


def parsed(table: Table, function: int) -> Parsed:
    """The function of this number, parsed once."""
    found = table.parsed.get(function)
    if found is None:
        found = table.parsed[function] = Parsed(table.functions[function])
    return found


def _definition(function: Function) -> ast.FunctionDef:
    """The definition, parsed on its own lines and columns; an indented one as the body of an `if` on the line above."""
    above = "\n" * (function.line - 1)
    if function.text[:1] in " \t\f":
        above = "\n" * (function.line - 2) + "if 1:\n"
    only_ast = 0x400  # PyCF_ONLY_AST
    text, flags = above + function.text, function.flags | only_ast
    if apart.is_needed():
        tree: Any = apart.parse(text, function.file, flags, function.optimise)
    else:
        with quiet(function.file):
            tree = compile(text, function.file, "exec", flags, True, function.optimise)
    node = tree.body[0]
    if isinstance(node, ast.If):
        node = node.body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def _spell_out_super(node: Any, first: str) -> None:
    """``super()`` of the function itself as ``super(__class__, self)``: a continuation has another first variable."""
    if isinstance(node, list):
        for part in node:
            _spell_out_super(part, first)
    elif isinstance(node, ast.AST) and not isinstance(node, (*_SCOPES, *_COMPREHENSIONS)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
            if not node.args and not node.keywords:
                node.args = [syntax.load(node, "__class__"), syntax.load(node, first)]
            return
        for field in node._fields:
            _spell_out_super(getattr(node, field, None), first)


def _without_declarations(block: list[Any]) -> list[Any]:
    """The same statements, at the same indexes, with `pass` for `global`."""
    return [_without_declaration(node) for node in block]


def _without_declaration(node: Any) -> Any:
    if isinstance(node, ast.Global):
        return syntax.at(node, ast.Pass())
    if isinstance(node, (*_SCOPES, ast.expr)):
        return node
    blocks = {
        field: _without_declarations(block)
        for field in ("body", "orelse", "finalbody", "handlers", "cases")
        if (block := getattr(node, field, None))
    }
    return syntax.changed(node, **blocks) if blocks else node


class _Names:
    """Which names a function's own code binds, by CPython's rules for scopes (symtable.c)."""

    __slots__ = ("declared", "found")

    def __init__(self) -> None:
        self.found: dict[str, None] = {}
        self.declared: set[str] = set()

    def visit_function(self, node: ast.FunctionDef) -> None:
        """The function itself: its parameters and its body."""
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self.found[argument.arg] = None
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                self.found[extra.arg] = None
        for statement in node.body:
            self._visit(statement)

    def _visit(self, node: Any) -> None:
        if isinstance(node, list):
            for part in node:
                self._visit(part)
        elif isinstance(node, ast.AST):
            self._bind(node)
            self._below(node)

    def _bind(self, node: Any) -> None:
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                self.found[node.id] = None
        elif isinstance(node, ast.Global):
            self.declared.update(node.names)
        elif isinstance(node, ast.alias):
            self.found[node.asname or node.name.partition(".")[0]] = None
        elif isinstance(node, ast.MatchMapping):
            if node.rest:
                self.found[node.rest] = None
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, *_SCOPES[:3])) and node.name:
            self.found[node.name] = None

    def _below(self, node: Any) -> None:
        if isinstance(node, _SCOPES):
            # What is evaluated outside of the new scope, besides annotations, which bind nothing.
            self._visit(getattr(node, "decorator_list", None))
            self._visit(getattr(node, "bases", None))
            self._visit(getattr(node, "keywords", None))
            if arguments := getattr(node, "args", None):
                self._visit(arguments.defaults)
                self._visit(arguments.kw_defaults)
        elif isinstance(node, _COMPREHENSIONS):
            self._visit(node.generators[0].iter)
            self._assigned_in(node)
        elif isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return  # a syntax error in a function
        else:
            for field in node._fields:
                self._visit(getattr(node, field, None))

    def _assigned_in(self, node: Any) -> None:
        """The `:=` of a comprehension bind names of the function around it."""
        if isinstance(node, list):
            for part in node:
                self._assigned_in(part)
        elif isinstance(node, ast.AST) and not isinstance(node, ast.Lambda):
            if isinstance(node, ast.NamedExpr):
                self.found[node.target.id] = None
            for field in node._fields:
                self._assigned_in(getattr(node, field, None))
