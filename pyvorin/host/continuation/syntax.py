"""Builds nodes of CPython's syntax tree, each placed at a node of the original source.

Invariant: a node once made, or parsed, is never changed; trees share their unchanged parts.  The one name that a continuation
adds to the program's is `STATE`, which no source can spell: it is the list that a continuation takes everything from.

`_ast` and not `ast`: the C module is all that is needed, and no file of the program can stand in its place.
"""

from __future__ import annotations

import _ast as ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    Node = TypeVar("Node", bound=ast.AST)

STATE = ".s"

BINDING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""Statements that bind names to what they make."""

_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def bound_names(node: Any) -> list[str]:
    """The names that a statement of `BINDING` binds, in order."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [node.name]


def at(place: ast.AST, node: Node) -> Node:
    """`node`, which is new, with the position of `place`."""
    for name in _PLACE:
        setattr(node, name, getattr(place, name))
    return node


def first_line(place: ast.stmt) -> ast.Pass:
    """The beginning of a statement, as a place."""
    new = at(place, ast.Pass())
    new.end_lineno, new.end_col_offset = new.lineno, new.col_offset
    return new


def placed(place: Any, position: tuple[int, int, int, int]) -> ast.Pass:
    """Another place in the same statement: line, last line, column and last column."""
    new = at(place, ast.Pass())
    new.lineno, new.end_lineno, new.col_offset, new.end_col_offset = position
    return new


def changed(node: Node, **fields: Any) -> Node:
    """A copy of `node` with other values in some fields."""
    new = type(node).__new__(type(node))
    new.__dict__.update(node.__dict__)
    new.__dict__.update(fields)
    return new


def load(place: ast.AST, name: str) -> ast.Name:
    """The value of a variable."""
    return at(place, ast.Name(id=name, ctx=ast.Load()))


def store(place: ast.AST, name: str) -> ast.Name:
    """A variable as a target."""
    return at(place, ast.Name(id=name, ctx=ast.Store()))


def constant(place: ast.AST, value: bool | int | None) -> ast.Constant:
    """A constant."""
    return at(place, ast.Constant(value=value))


def call(place: ast.AST, function: ast.expr, *arguments: ast.expr) -> ast.Call:
    """A call with positional arguments."""
    return at(place, ast.Call(func=function, args=list(arguments), keywords=[]))


def pop(place: ast.AST, *index: int) -> ast.Call:
    """The hidden load: `STATE.pop()`, the next value that is handed over."""
    method = at(place, ast.Attribute(value=load(place, STATE), attr="pop", ctx=ast.Load()))
    return call(place, method, *(constant(place, number) for number in index))


def push(place: ast.AST, value: ast.expr) -> ast.Call:
    """`STATE.append(value)`: for a `pop` that follows."""
    return call(place, at(place, ast.Attribute(value=load(place, STATE), attr="append", ctx=ast.Load())), value)


def kept(place: ast.AST, index: int, ctx: ast.expr_context | None = None) -> ast.Subscript:
    """`STATE[index]`: a value that stays in the list."""
    return at(
        place,
        ast.Subscript(value=load(place, STATE), slice=constant(place, index), ctx=ctx or ast.Load()),
    )


def last(place: ast.AST, value: ast.expr, ctx: ast.expr_context | None = None) -> ast.Subscript:
    """`value[-1]`."""
    return at(place, ast.Subscript(value=value, slice=constant(place, -1), ctx=ctx or ast.Load()))


def assign(place: ast.AST, target: ast.expr, value: ast.expr) -> ast.Assign:
    """`target = value`."""
    return at(place, ast.Assign(targets=[target], value=value))


def expression(place: ast.AST, value: ast.expr) -> ast.Expr:
    """An expression as a statement."""
    return at(place, ast.Expr(value=value))


def empty(place: ast.AST, ctx: ast.expr_context) -> ast.Tuple:
    """`()`; as a target it takes an iteration and binds nothing."""
    return at(place, ast.Tuple(elts=[], ctx=ctx))


def unbound_arguments() -> ast.arguments:
    """The parameters of a function that has none."""
    return ast.arguments(posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[])


def same_place(one: ast.AST, other: ast.AST) -> bool:
    """Whether two nodes have one position."""
    return all(getattr(one, name) == getattr(other, name) for name in _PLACE)
