"""Where CPython locates an operation, if that is not where its node stands.

The call of a method that is written over several lines, and the reading of an attribute, are located at the attribute's
name (`update_start_location_to_match_attr` in compile.c; 3.10 takes only the line).  Rather than repeating the rules of four
versions, the node is compiled by itself, and the position of its last instruction is taken.
"""

from __future__ import annotations

import _ast as ast
import sys

from pyvorin.host.continuation import syntax
from pyvorin.host.continuation.quiet import quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION: tuple[int, ...] = sys.version_info[:2]

ITER_AT_EXPRESSION = not (3, 11) <= VERSION < (3, 13)
"""Whether the `iter()` of a `for`, and the normal `__exit__` of a `with`, are located at the expression, not at the statement."""


def iter_place(comprehension: Any) -> Any:
    """Where the `iter()` of a comprehension's first loop is located."""
    return comprehension.generators[0].iter if VERSION >= (3, 13) else comprehension


def operation_place(node: Any) -> Any:
    """A node with the position of the operation that `node` stands for, after its operands."""
    if node.lineno == node.end_lineno or not isinstance(node, (ast.Call, ast.Attribute)):
        return node
    if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
        return node
    with quiet("<operation>"):
        code: Any = compile(ast.Expression(body=node), "<operation>", "eval", 0, True)
    place: Any = syntax.at(node, ast.Pass())
    last = len(code.co_code) // 2 - 2  # the one before RETURN_VALUE
    if VERSION >= (3, 11):
        line, end_line, column, end_column = list(code.co_positions())[last]
        place.lineno, place.end_lineno, place.col_offset, place.end_col_offset = line, end_line, column, end_column
    else:
        place.lineno = next(line for start, end, line in code.co_lines() if start <= last * 2 < end)
        place.end_lineno = max(place.lineno, node.end_lineno)
    return place
