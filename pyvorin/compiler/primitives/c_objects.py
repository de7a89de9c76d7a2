"""Objects of C types of the standard library (`core/library.py`): their attributes, and calls with their objects.

Reading one of these attributes is C code, of a member or a getter of the type, and so is its value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.objects import ALLOCATED, box
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.types.spec import INT, NONE, STR, Type, union_of

ATTRIBUTES: dict[str, dict[str, Type]] = {
    "pattern": {"pattern": STR, "groups": INT, "flags": INT},
    "match": {
        "lastindex": union_of(NONE, INT),
        "lastgroup": union_of(NONE, STR),
        "string": STR,
        "re": Type("pattern"),
        "pos": INT,
        "endpos": INT,
    },
}
"""By type, the attributes with the types that they are expected to have."""


def declare_load(attribute: str, load: str) -> None:
    """The overloads of the primitive *load* for the types that have this attribute."""
    for kind, attributes in ATTRIBUTES.items():
        if attribute in attributes:
            _declare_load(kind, attribute, load, attributes[attribute])


def _declare_load(kind: str, attribute: str, load: str, ty: Type) -> None:
    @primitive(load, f"({kind}) -> boxed T", effect=ALLOC, rule=lambda types, constants: ty)
    def value(emit: Emitter, obj: str) -> str:
        name = emit.slot("object", repr(attribute))
        return emit.fail_if_null(emit.call("PyObject_GetAttr", "ptr (ptr, ptr)", obj, name))


def with_objects(emit: Emitter, args: Sequence[str], use: Callable[[Sequence[str]], str]) -> str:
    """What *use* gives for the objects of all operands of the instruction, which are made for numbers and characters."""
    assert emit.current is not None
    types = [arg.ty for arg in emit.current.args]
    objects = [box(emit, arg, ty) if ty.name in ALLOCATED else arg for arg, ty in zip(args, types)]
    found = use(objects)
    for obj, ty in zip(objects, types):
        if ty.name in ALLOCATED:
            emit.decref(obj)
    return found
