"""Objects of C types of the standard library (`core/library.py`): their attributes, their methods, and calls with their objects.

Reading one of these attributes is C code, of a member or a getter of the type, and so is its value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.objects import ALLOCATED, box, unbox_int
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.library import C_OBJECTS
from pyvorin.types.spec import INT, LIBRARY_TYPES, NONE, STR, Type, union_of

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
FIELDS: dict[tuple[str, str], Callable[..., str]] = {}
"""By type and attribute, what reads an int in the object itself, which never changes."""


def declare_load(attribute: str, load: str) -> None:
    """The overloads of the primitive *load* for the types that have this attribute."""
    for kind, attributes in ATTRIBUTES.items():
        if attribute in attributes:
            _declare_load(kind, attribute, load, attributes[attribute])
    for (kind, field), read in FIELDS.items():
        if field == attribute:
            primitive(load, f"({kind}) -> int")(read)


def _declare_load(kind: str, attribute: str, load: str, ty: Type) -> None:
    @primitive(load, f"({kind}) -> boxed T", effect=ALLOC, rule=lambda types, constants: ty)
    def value(emit: Emitter, obj: str) -> str:
        name = emit.slot("object", repr(attribute))
        return emit.fail_if_null(emit.call("PyObject_GetAttr", "ptr (ptr, ptr)", obj, name))


def call_method(emit: Emitter, kind: str, name: str, args: Sequence[str], code: str) -> str:
    """Call the type's method with the objects of all operands of the instruction; the result, which may be NULL.

    Exits with *code* where the module does not have the type under its name any more: objects of it may still be there.
    """
    function = emit.slot("imported", f"{LIBRARY_TYPES[kind]}.{name}")
    emit.exit_if(emit.op(f"icmp eq ptr {function}, null"), code)
    return with_objects(emit, args, lambda given: c_calls.call_object(emit, function, given))


def require_known(emit: Emitter, ty: Type, code: str) -> None:
    """Exit with *code* if objects of this type, which are about to be made, are not what the host has looked at."""
    if ty.name in C_OBJECTS:
        emit.exit_if(emit.op(f"icmp eq ptr {emit.slot('imported', LIBRARY_TYPES[ty.name])}, null"), code)


def as_value(emit: Emitter, obj: str, ty: Type) -> str:
    """What a C function has given, an object that is ours, as a value of the type that it always has."""
    if ty.name == "bool":
        return c_calls.truth_of(emit, obj)
    if ty.name not in ("int", "float"):
        return obj
    value = (
        emit.load("double", obj, emit.layout.float_value, "value") if ty.name == "float" else unbox_int(emit, obj)[0]
    )
    emit.decref(obj)
    return value


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
