"""The test of an `assert` of which a part is done, such that the failure is located where CPython locates it.

3.11 locates the raise of the AssertionError at the last comparison of the test, if there is one; 3.12 and later at the whole
test.  So a test that has lost its position, or its comparison, is wrapped into a comparison there: `(not test) is False`.
"""

from __future__ import annotations

import _ast as ast
from typing import Any

from pyvorin.host.continuation import syntax
from pyvorin.host.continuation.positions import VERSION


def test(original: Any, residual: Any) -> Any:
    """`residual`, wrapped if needed."""
    if residual is original or VERSION < (3, 11):
        return residual
    if VERSION >= (3, 12):
        return residual if syntax.same_place(original, residual) else _compared(original, residual)
    was, now = _last_comparison(original), _last_comparison(residual)
    if was is None or (now is not None and syntax.same_place(was, now)):
        return residual
    return _compared(was, residual)


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
