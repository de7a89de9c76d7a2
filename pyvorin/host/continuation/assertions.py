"""The test of an `assert` of which a part is done, such that the failure is located where CPython locates it.

3.11 locates the raise of the AssertionError at the last comparison of the test, if there is one; 3.12 and later at the whole
test, where `not a in b` has become `a not in b`, and stands where `a in b` did.
So a test that has lost its position, or its comparison, is wrapped into a comparison there: `(not test) is False`.
"""

from __future__ import annotations

import _ast as ast

from pyvorin.host.continuation import syntax
from pyvorin.host.continuation.positions import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_INVERTED = (ast.In, ast.NotIn, ast.Is, ast.IsNot)


def test(original: Any, residual: Any) -> Any:
    """`residual`, wrapped if needed."""
    if residual is original or VERSION < (3, 11):
        return residual
    if VERSION >= (3, 12):
        place = _folded(original)
        return residual if syntax.same_place(place, _folded(residual)) else _compared(place, residual)
    was, now = _last_comparison(original), _last_comparison(residual)
    if was is None or (now is not None and syntax.same_place(was, now)):
        return residual
    return _compared(was, residual)


def _folded(test: Any) -> Any:
    """The node that the compiler's optimiser leaves of a test, as far as its position goes (`fold_unaryop` in ast_opt.c)."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        operand = _folded(test.operand)
        if isinstance(operand, ast.Compare) and len(operand.ops) == 1 and isinstance(operand.ops[0], _INVERTED):
            return operand
    return test


def _compared(place: Any, value: Any) -> ast.Compare:
    negated = syntax.at(value, ast.UnaryOp(op=ast.Not(), operand=value))
    return syntax.at(place, ast.Compare(left=negated, ops=[ast.Is()], comparators=[syntax.constant(place, False)]))


def _last_comparison(test: Any) -> Any:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _last_comparison(test.operand)
    if isinstance(test, ast.BoolOp):
        return next(filter(None, map(_last_comparison, reversed(test.values))), None)
    if isinstance(test, ast.IfExp):
        return _last_comparison(test.orelse) or _last_comparison(test.body) or _last_comparison(test.test)
    return test if isinstance(test, ast.Compare) else None
