"""Annotations -> types.  Hints only: what they say is guarded at entry and never trusted, as nothing enforces PEP 484."""

from __future__ import annotations

import ast

from pyvorin.types.spec import BOOL, BYTES, FLOAT, INT, NONE, STR, Type, dict_of, list_of, set_of, tuple_of, tuples_of

_NAMES = {"int": INT, "float": FLOAT, "bool": BOOL, "str": STR, "bytes": BYTES, "None": NONE}
_LISTS = {"list", "List", "Sequence", "Iterable", "Collection", "MutableSequence"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping"}
_SETS = {"set", "Set", "MutableSet"}
_FROZEN = {"frozenset", "FrozenSet", "AbstractSet"}
_TUPLES = {"tuple", "Tuple"}


def annotation_type(node: ast.expr | None) -> Type | None:
    """The type that the annotation promises, None if it says nothing exact.

    An abstract collection such as ``Sequence[float]`` is taken for the builtin type that it mostly is.
    """
    if node is None:
        return None
    if isinstance(node, ast.Constant):
        if node.value is None:
            return NONE
        if isinstance(node.value, str):
            try:
                return annotation_type(ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                return None
        return None
    if isinstance(node, ast.Name):
        return _NAMES.get(node.id)
    if isinstance(node, ast.Subscript):
        return _subscript(_name(node.value), node.slice)
    return None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _subscript(name: str, argument: ast.expr) -> Type | None:
    if name in _LISTS:
        element = annotation_type(argument)
        return None if element is None else list_of(element)
    if name in _DICTS:
        pair = argument.elts if isinstance(argument, ast.Tuple) else []
        found = [annotation_type(part) for part in pair]
        return dict_of(*found) if len(found) == 2 and None not in found else None  # type: ignore[arg-type]
    if name in _SETS:
        element = annotation_type(argument)
        return None if element is None else set_of(element)
    if name in _FROZEN:
        element = annotation_type(argument)
        return None if element is None else Type("frozenset", (element,))
    if name in _TUPLES:
        items = argument.elts if isinstance(argument, ast.Tuple) else [argument]
        if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...:
            element = annotation_type(items[0])
            return None if element is None else tuples_of(element)
        types = [annotation_type(item) for item in items]
        return None if None in types else tuple_of(*types)  # type: ignore[arg-type]
    if name == "Final" or name == "Annotated":
        first = argument.elts[0] if isinstance(argument, ast.Tuple) else argument
        return annotation_type(first)
    return None


def static_signature(node: ast.FunctionDef) -> tuple[Type, ...] | None:
    """The parameter types as annotated; None if some parameter's type is open, or the function takes any number of arguments."""
    if node.args.vararg or node.args.kwarg:
        return None
    parameters = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    types = [annotation_type(parameter.annotation) for parameter in parameters]
    return None if None in types else tuple(types)  # type: ignore[arg-type]
