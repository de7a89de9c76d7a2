"""Objects of the program's own classes that are made with all their attributes at once (`passes/replace_objects.py`)."""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import instances
from pyvorin.compiler.hir.effects import ALLOC, READ
from pyvorin.compiler.hir.ir import FROZEN
from pyvorin.compiler.primitives.class_ import require_member, require_version
from pyvorin.compiler.primitives.instance_ import READ_SLOT, STORE_SLOT, index_of
from pyvorin.compiler.primitives.registry import family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED

MAKE = "object.make"
"""Prefix of the primitives that make an object as its `__init__` does: ``object.make:Vec/Vec.__init__/x/y``."""
CLASS = "object.class"
"""And of those that give the class if that would be so: ``object.class:Vec/Vec.__init__/x/y``."""


@family(CLASS)
def _declare_class(made: str) -> None:
    name, qualname, *attributes = made.split("/")
    exits = (ASSUMPTION_INVALIDATED,)
    lower = partial(the_class, name, qualname, attributes)
    primitive(f"{CLASS}:{made}", f"() -> class[{name}]", effect=READ, exits=exits, borrows=True)(lower)


def the_class(name: str, qualname: str, attributes: list[str], emit: Emitter) -> str:
    """Calling the class makes a plain object and calls the `__init__` that was compiled; storing these attributes only stores."""
    kind = _constructed(name, qualname, emit)
    _places(name, qualname, attributes, emit)
    return kind


def _constructed(name: str, qualname: str, emit: Emitter) -> str:
    kind = emit.slot("new", name)
    emit.exit_if(emit.op(f"icmp eq ptr {kind}, null"), ASSUMPTION_INVALIDATED)
    require_version(emit, kind, name)
    require_member(emit, name, f"__init__/{qualname}")
    return kind


def _places(name: str, qualname: str, attributes: list[str], emit: Emitter) -> list[str]:
    """The places of the attributes.

    Where the class has a property of such a name, or the like, no place is known (`host/classes.py`).  What `dataclasses` has
    made stores past a `__setattr__` if the class is frozen; of another one it calls that, which is no `__init__` of this code.
    """
    slot = READ_SLOT if qualname.startswith(f"{FROZEN}:") else STORE_SLOT
    indices = [index_of(emit, name, attribute, slot) for attribute in attributes]
    for index in indices:
        emit.exit_if(emit.op(f"icmp eq i64 {index}, -1"), ASSUMPTION_INVALIDATED)
    return indices


@family(MAKE)
def _declare_make(made: str) -> None:
    name, qualname, *attributes = made.split("/")
    lower = partial(make, name, qualname, attributes)
    params = ", ".join(chr(ord("A") + index) for index in range(len(attributes)))
    exits = (ASSUMPTION_INVALIDATED,)
    primitive(f"{MAKE}:{made}", f"({params}) -> instance[{name}]", effect=ALLOC, exits=exits)(lower)


def make(name: str, qualname: str, attributes: list[str], emit: Emitter, *values: str) -> str:
    """The object as `object.__new__` makes it, with the attributes that `__init__` stores, in this order."""
    kind = _constructed(name, qualname, emit)
    indices = _places(name, qualname, attributes, emit)
    assert emit.current is not None
    types = [arg.ty for arg in emit.current.args]
    names = [emit.slot("object", repr(attribute)) for attribute in attributes]
    return emit.fail_if_null(instances.make(emit, kind, types, indices, names, list(values)))
