"""The functions that native code calls for expressions that it has no form for.

    def name(xs, i):                    name, file and line of the original; the expression at its own place
        return log(xs[i])

Its frame is the caller that whatever is called sees.  It is compiled inside empty definitions of the scopes around it, as a
continuation is.
"""

from __future__ import annotations

import _ast as ast
from itertools import islice
from types import CodeType

from pyvorin.host.continuation import syntax
from pyvorin.host.continuation.compiling import compile_definition
from pyvorin.host.continuation.points import Point, Table
from pyvorin.host.continuation.positions import VERSION
from pyvorin.host.continuation.source import parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    Place = tuple[int, int, int, int]
    """Line, last line, column and last column."""


def code_of(table: Table, index: int) -> CodeType:
    """The code of the outcall with this number, made once."""
    place = table.outcalls[index]
    if place.code is None:
        definition = parsed(table, place.function).definition
        node: Any = definition
        for step in place.path:
            node = node[step] if isinstance(step, int) else getattr(node, step)
        arguments = syntax.unbound_arguments()
        arguments.args += [
            syntax.at(definition, ast.arg(arg=name, annotation=None, type_comment=None)) for name in place.names
        ]
        body = [syntax.at(node, ast.Return(value=node))]
        place.code = compile_definition(table.functions[place.function], definition, arguments, body)
    return place.code


def raised_at(table: Table, point: Point, values: list[Any]) -> Place | None:
    """Where in an outcall of this point the exception among the values was raised; the frame of that is taken off its traceback.

    A continuation raises it again, in its own frame of the function.  The outcall of a native callee that has no point for it
    is no such thing: its frame stands for the callee's.
    """
    statement = tuple(step for pair in point.path for step in pair)
    raising = [statement + path for path, edit in point.edits if edit == ["raise"]]
    for value in values:
        traceback = value.__traceback__ if isinstance(value, BaseException) else None
        if traceback is not None and any(
            traceback.tb_frame.f_code is place.code and place.function == point.function and place.path in raising
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
