"""The functions that native code calls for expressions that it has no form for.

    def name(xs, i):                    name, file and line of the original; the expression at its own place
        return log(xs[i])

Its frame is the caller that whatever is called sees.  It is compiled inside empty definitions of the scopes around it, as a
continuation is.  The steps of a `for` and of a `with` are such functions as well:

    def name(.it, .call=next, .end=END):
        return .call(.it, .end)         at the place where CPython locates the step

So is an import, or a definition, which returns what it has bound.
"""

from __future__ import annotations

import _ast as ast
from itertools import islice
from types import CodeType

from pyvorin.host.continuation import iterators, syntax
from pyvorin.host.continuation.compiling import compile_definition
from pyvorin.host.continuation.points import Outcall, Point, Table
from pyvorin.host.continuation.positions import ITER_AT_EXPRESSION, VERSION, operation_place
from pyvorin.host.continuation.source import parsed
from pyvorin.host.continuation.stand_ins import END

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from pyvorin.host.continuation.points import NodePath

    Place = tuple[int, int, int, int]
    """Line, last line, column and last column."""


def code_of(table: Table, index: int, noting: bool = False) -> CodeType:
    """The code of the outcall with this number, made once; *noting*: what gives its result to its last default first."""
    place = table.outcalls[index]
    code = place.noting_code if noting else place.code
    if code is None:
        definition = parsed(table, place.function).definition
        before: list[ast.stmt] = []
        if place.kind == "bind":
            before = [_node(definition, place.path)]
            value: Any = _bound(before[0])
        else:
            value = _node(definition, place.path) if place.kind == "value" else _step(definition, place)
        arguments = syntax.unbound_arguments()
        arguments.args += [
            syntax.at(definition, ast.arg(arg=name, annotation=None, type_comment=None))
            for name in (*place.names, *_HIDDEN[: len(defaults_of(place))], *([_NOTE] if noting else []))
        ]
        result = syntax.call(value, syntax.load(value, _NOTE), value) if noting else value
        body = [*before, syntax.at(value, ast.Return(value=result))]
        code = compile_definition(table.functions[place.function], definition, arguments, body)
        if noting:
            place.noting_code = code
        else:
            place.code = code
    return code


_HIDDEN, _NOTE = (".call", ".end"), ".note"
"""Parameters that have what a step calls and gives besides, and what looks at the result, as defaults."""


def defaults_of(place: Outcall) -> tuple[object, ...]:
    """The defaults of the function for this outcall."""
    return {"iter": (iter,), "next": (next, END)}.get(place.kind, ())


def _node(definition: ast.FunctionDef, path: NodePath) -> Any:
    node: Any = definition
    for step in path:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    return node


def _bound(node: ast.stmt) -> ast.expr:
    """What the statement has bound, as a value."""
    names: list[ast.expr] = [syntax.load(node, name) for name in syntax.bound_names(node)]
    return names[0] if len(names) == 1 else syntax.at(node, ast.Tuple(elts=names, ctx=ast.Load()))


def _step(definition: ast.FunctionDef, outcall: Outcall) -> ast.Call:
    """The call that the step consists of."""
    node = _node(definition, outcall.path)
    rest: list[ast.expr] = []
    if outcall.kind in ("enter", "leave"):
        place = node.context_expr if ITER_AT_EXPRESSION else _node(definition, outcall.path[:-2])
        if outcall.kind == "leave":
            rest = [syntax.constant(place, None)] * 3
        return syntax.call(place, syntax.load(place, outcall.names[0]), *rest)
    place = operation_place(node)
    if isinstance(node, ast.For):
        place = node.iter if ITER_AT_EXPRESSION else node
    if outcall.kind == "next":
        rest.append(syntax.load(place, _HIDDEN[1]))
    return syntax.call(place, syntax.load(place, _HIDDEN[0]), syntax.load(place, outcall.names[0]), *rest)


def raised_at(table: Table, point: Point, values: list[Any]) -> Place | None:
    """Where in an outcall of this point the exception among the values was raised; the frame of that is taken off its traceback.

    A continuation raises it again, in its own frame of the function.  The outcall of a native callee that has no point for it
    is no such thing: its frame stands for the callee's.
    """
    statement = tuple(part for field, index in point.path for part in (field.partition(":")[0], index))
    raising = [statement + path for path, edit in point.edits if edit == ["raise"]]
    raising += [
        (*statement, "items", edit[1]) for _, edit in point.edits if edit[0] == "left" and edit[2:] == ["raise"]
    ]
    if point.at_head and point.iterators and iterators.raises(point.iterators[-1]):
        raising.append(statement)
    for value in values:
        traceback = value.__traceback__ if isinstance(value, BaseException) else None
        code = None if traceback is None else traceback.tb_frame.f_code
        if traceback is not None and any(
            code in (place.code, place.noting_code) and place.function == point.function and place.path in raising
            for place in table.outcalls
        ):
            value.__traceback__ = traceback.tb_next
            return _position(traceback)
    return None


def _position(traceback: TracebackType) -> Place:
    line = traceback.tb_lineno
    code: Any = traceback.tb_frame.f_code
    if VERSION >= (3, 11):
        found: Place = next(islice(code.co_positions(), traceback.tb_lasti // 2, None))
        if None not in found:
            return found
    return line, line, 0, 0
