"""Finds the Python functions that a module has made: in its namespace, in its classes, and under their decorators.

Nothing of the program runs for it: no attribute hook, no descriptor, no `__eq__`.  Containers are copied before they are walked,
as another thread may change them meanwhile.

    {"f": <function f>, "A": <class with method m>, "g": <wrapper around g>}   ->   f, A.m, g
"""

from __future__ import annotations

import sys

from pyvorin.cache.outline import module_and_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import BuiltinFunctionType as BuiltinFunctionType
    from types import CellType
    from types import FunctionType as FunctionType
    from types import ModuleType as ModuleType
    from typing import TypeGuard
else:
    # As the module `types` has them, which a warm start does not load.
    FunctionType = type(lambda: None)
    BuiltinFunctionType = type(len)
    ModuleType = type(sys)

_DEPTH = 6
"""How many steps from a name to a function: classes in classes, wrappers around wrappers."""


def loaded(module: str) -> dict[str, object] | None:
    """The namespace of the module of this name; None if it is not loaded, or is no plain module."""
    found = sys.modules.get(module)
    return found.__dict__ if type(found) is ModuleType else None


def scope_of(name: str, namespace: dict[str, object]) -> tuple[str, dict[str, object]]:
    """A name of the compiler's as a module has it: which name, in which namespace; *namespace* is that of the compiled module.

    Another module that is not loaded, or no plain module, has nothing.
    """
    module, own = module_and_name(name)
    if not module:
        return name, namespace
    return own, loaded(module) or {}


def module_of(value: object) -> str:
    """The name of the module that a module is, or says that it has made a function or class; empty for anything else.

    Nothing of the program is called, nor is anything of it compared with a name.
    """
    name: object = None
    if type(value) is ModuleType:
        name = value.__dict__.get("__name__")
    elif is_function(value):
        name = value.__module__
    elif issubclass(type(value), type):
        name = type.__dict__["__dict__"].__get__(value).get("__module__")
    return name if type(name) is str else ""


def functions(namespace: dict[str, object], roots: list[object] | None = None) -> Iterator[FunctionType]:
    """Each function, once, whose globals are `namespace` and that can be reached from `roots` (None: all its values)."""
    seen: set[int] = set()
    pending: list[tuple[object, int]] = [(value, 0) for value in (list(namespace.values()) if roots is None else roots)]
    while pending:
        value, depth = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if is_function(value) and value.__globals__ is namespace:
            yield value
        if depth < _DEPTH:
            pending += [(part, depth + 1) for part in _parts(value, namespace) if part is not None]


def is_function(value: object) -> TypeGuard[FunctionType]:
    """Whether `value` is a Python function.  `isinstance` would ask it for its `__class__`, which may run anything."""
    return issubclass(type(value), FunctionType)


def _parts(value: object, namespace: dict[str, object]) -> list[object]:
    """What `value` may keep functions in: for a class its attributes, for a wrapper what it wraps."""
    kind = type(value)
    if issubclass(kind, type):
        # A class made elsewhere and imported here is somebody else's.
        attributes = type.__dict__["__dict__"].__get__(value)
        return list(attributes.values()) if attributes.get("__module__") == namespace.get("__name__") else []
    if kind is property:
        return [value.fget, value.fset, value.fdel]  # type: ignore[attr-defined]
    if kind is staticmethod or kind is classmethod:
        return [value.__func__]  # type: ignore[attr-defined]
    if is_function(value):
        # Not by its `__dict__`, which most functions do not have until it is asked for.
        parts: list[object] = [getattr(value, "__wrapped__", None)]
        for cell in value.__closure__ or ():
            content = _content(cell)
            if is_function(content):
                parts.append(content)
        return parts
    if kind.__module__ == "functools":
        # functools.cache and the like keep the function as __wrapped__, cached_property and partialmethod as func.
        attributes = _instance_attributes(value)
        return [attributes.get("__wrapped__"), attributes.get("func")]
    return []


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _instance_attributes(value: object) -> dict[str, object]:
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return attributes if type(attributes) is dict else {}
