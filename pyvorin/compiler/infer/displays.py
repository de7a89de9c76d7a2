"""The type that an expression at module level is expected to have, such as ``class C: WEIGHTS = [0.5, 1.5]``.

A hint like that of an annotation: whatever is read is checked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from pyvorin.compiler.frontend.facts import fold
from pyvorin.compiler.frontend.module import ModuleSource
from pyvorin.types.spec import (
    NEVER,
    OBJECT,
    Type,
    as_element,
    class_of,
    dict_of,
    instance_of,
    join,
    list_of,
    literal_type,
    set_of,
    tuple_of,
)


def value_type(node: ast.expr, module: ModuleSource) -> Type:
    """The type of the expression's value; `never` if nothing is known of it."""
    known, value = fold(node, module.facts)
    if known:
        fits = not isinstance(value, int) or -(2**63) <= value < 2**63
        return as_element(literal_type(value)) if fits else NEVER
    if isinstance(node, ast.Tuple):
        items = [value_type(item, module) for item in node.elts]
        return tuple_of(*items) if NEVER not in items else NEVER
    if isinstance(node, ast.List):
        return list_of(_joined(node.elts, module))
    if isinstance(node, ast.Set):
        return set_of(_joined(node.elts, module))
    if isinstance(node, ast.Dict):
        keys = [key for key in node.keys if key is not None]
        return dict_of(_joined(keys, module), _joined(node.values, module))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List):
        return value_type(node.left, module)
    if isinstance(node, ast.Name):
        fact = module.fact(node.id)
        return class_of(node.id) if fact is not None and fact.kind == "class" else NEVER
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        fact = module.fact(node.func.id)
        if fact is not None and fact.kind == "class":
            return instance_of(fact.detail)
    return NEVER


def _joined(nodes: Iterable[ast.expr], module: ModuleSource) -> Type:
    """The type of all of them, `object` if they differ, or if something is not known of one."""
    found = NEVER
    for node in nodes:
        ty = value_type(node, module)
        found = join(found, ty if ty != NEVER else OBJECT)
    return found if found != NEVER else OBJECT
