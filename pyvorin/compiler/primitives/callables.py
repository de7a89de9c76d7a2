"""Callables that are values: methods of builtin containers bound to one of them, as ``push = stack.append`` makes them.

The value is CPython's own object.  Its type, ``bound[append, list[int]]``, says of which method it is and what it is bound to, so
calling it is calling the method (`infer/callables.py`).
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.registry import family, primitive

MAKE = "bound.make"
"""Prefix of the primitives that make such a method: ``bound.make:append``."""
SELF = "bound.self"
OWNERS = ("list", "dict", "set")


@family(MAKE)
def _declare_make(name: str) -> None:
    for owner in OWNERS:
        primitive(f"{MAKE}:{name}", f"({owner}) -> bound", effect=ALLOC)(partial(make, name))


def make(name: str, emit: Emitter, obj: str) -> str:
    """The attribute of a builtin type runs no code of the program."""
    found = emit.call("PyObject_GetAttr", "ptr (ptr, ptr)", obj, emit.slot("object", repr(name)))
    return emit.fail_if_null(found)


@primitive(SELF, "(bound) -> boxed H", borrows=True)
def bound_self(emit: Emitter, method: str) -> str:
    """What the method is bound to never changes."""
    return emit.load("ptr", method, emit.layout.builtin_self, "value")
