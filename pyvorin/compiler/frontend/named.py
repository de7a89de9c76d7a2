"""The classes of named tuples that a module makes: their fields, and which of them have defaults.

Point = namedtuple("Point", "x y", defaults=[0.5])        class Point(NamedTuple):
                                                              x: float
                                                              y: float = 0.5
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from pyvorin.types.spec import OBJECT, Type, as_element, literal_type

MADE_BY, BASE = "collections.namedtuple", "typing.NamedTuple"
METHODS = "_make", "_replace", "_asdict", "_fields", "_field_defaults"
Fold = Callable[[ast.expr], "tuple[bool, object]"]
"""Whether an expression is a constant, and which."""


@dataclass(frozen=True, slots=True)
class Record:
    """defaults: the types that those of the last fields are expected to have."""

    fields: tuple[str, ...]
    defaults: tuple[Type, ...] = ()


def of_call(name: str, node: ast.Call, fold: Fold) -> Record | None:
    """The class that a call of `namedtuple` makes, under the name that it is bound to; None if it does not."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if len(node.args) != 2 or not given.keys() <= {"defaults"} or fold(node.args[0])[1] != name:
        return None
    fields = fold(node.args[1])[1]
    if isinstance(node.args[1], ast.List):
        fields = tuple(fold(element)[1] for element in node.args[1].elts)
    names = fields.replace(",", " ").split() if isinstance(fields, str) else fields
    defaults = given.get("defaults", ast.Tuple([]))
    if not isinstance(names, (list, tuple)) or not isinstance(defaults, (ast.Tuple, ast.List)):
        return None
    return _record(names, defaults.elts, fold)


def of_class(node: ast.ClassDef, fold: Fold) -> Record | None:
    """The class that a definition with the base `NamedTuple` makes; None if it does more than to add methods and properties."""
    if node.keywords or node.decorator_list or getattr(node, "type_params", None):
        return None
    fields = [inner for inner in node.body if isinstance(inner, ast.AnnAssign)]
    names = [inner.target.id if isinstance(inner.target, ast.Name) else "" for inner in fields]
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef):
            if inner.name in (*METHODS, *vars(tuple), "__bool__", "__init__", "__getattr__", "__del__", *names):
                return None
        elif not isinstance(inner, (ast.AnnAssign, ast.Pass)) and not _is_text(inner):
            return None
    defaults = [inner.value for inner in fields if inner.value is not None]
    if any(inner.value is None for inner in fields[len(fields) - len(defaults) :]):
        return None
    return _record(names, defaults, fold)


def _record(
    names: list[object] | tuple[object, ...] | list[str], defaults: list[ast.expr], fold: Fold
) -> Record | None:
    fields = tuple(name for name in names if isinstance(name, str) and name.isidentifier() and name[0] != "_")
    if not fields or len(fields) < len(names) or len(set(fields)) < len(fields) or len(defaults) > len(fields):
        return None
    known = [as_element(literal_type(value)) if is_one else OBJECT for is_one, value in map(fold, defaults)]
    return Record(fields, tuple(OBJECT if ty.args else ty for ty in known))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
