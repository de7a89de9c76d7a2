"""Tuple displays of constants: one object for all executions, as CPython's compiler makes it.

for dx, dy in ((1, 0), (-1, 0)):        const ((1, 0), (-1, 0))
"""

from __future__ import annotations

import ast

Parts = list[object]


def constant_tuple(node: ast.Tuple, kinds: tuple[type, ...]) -> tuple[object, ...] | None:
    """The tuple that the display is, if its items are constants of these *kinds*, numbers with a minus, or such tuples."""
    items: Parts = []
    return tuple(items) if all(_add(element, kinds, items) for element in node.elts) else None


def _add(node: ast.expr, kinds: tuple[type, ...], items: Parts) -> bool:
    """Whether the node is a constant, which then was added to the items."""
    if isinstance(node, ast.Constant) and isinstance(node.value, kinds):
        items.append(node.value)
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        number = node.operand.value
        # Not a bool, whose negation is an int.
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            items.append(-number)
            return True
    if isinstance(node, ast.Tuple):
        inner = constant_tuple(node, kinds)
        if inner is not None:
            items.append(inner)
            return True
    return False
