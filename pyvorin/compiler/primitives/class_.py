"""The program's own classes as objects: what they bind to names, read where the host has found it.

The host looks a name up once (`host/class_slots.py`).  As long as the class has the version that it had then, no class in its
order of bases binds the name to anything else, and what it is bound to is alive.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import READ
from pyvorin.compiler.primitives.registry import Folded, family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, RUNTIME_TYPE_MISMATCH

CLASS = "class"
"""Prefix of the primitives that give a class: ``class:Node``."""
EXITS = (RUNTIME_TYPE_MISMATCH, ASSUMPTION_INVALIDATED)


def operand_class(emit: Emitter) -> str:
    """The class that the first operand of the instruction being lowered is, or is an instance of."""
    assert emit.current is not None
    return str(emit.current.args[0].ty.args[0])


def require_version(emit: Emitter, kind: str, name: str) -> None:
    """The class is as it was when the host looked at it."""
    version = emit.op(f"zext i32 {emit.load('i32', kind, emit.layout.type_version, 'type')} to i64")
    known = emit.load("i64", emit.slot_address(emit.unit.slot("classversion", name)), 0, "slot")
    emit.exit_if(emit.op(f"icmp ne i64 {version}, {known}"), ASSUMPTION_INVALIDATED)


def require_this(emit: Emitter, kind: str, name: str) -> None:
    """The object is the class that the module has under this name, as it was when the host looked at it."""
    emit.exit_if(emit.op(f"icmp ne ptr {kind}, {emit.slot('class', name)}"), RUNTIME_TYPE_MISMATCH)
    require_version(emit, kind, name)


def require_member(emit: Emitter, name: str, looked_up: str) -> None:
    """The class has the function that was compiled; *looked_up* is as in the names of primitives, ``get/static:Base.get``."""
    function = emit.slot("ownmethod", f"{name} {looked_up.replace('/', ' ')}")
    emit.exit_if(emit.op(f"icmp eq ptr {function}, null"), ASSUMPTION_INVALIDATED)


def value_of(emit: Emitter, name: str, attribute: str) -> str:
    """What the class has for the attribute."""
    value = emit.slot("classattr", f"{name} {attribute}")
    emit.exit_if(emit.op(f"icmp eq ptr {value}, null"), ASSUMPTION_INVALIDATED)
    return value


@family(CLASS)
def _declare_class(name: str) -> None:
    lower = partial(the_class, name)
    exits = (ASSUMPTION_INVALIDATED,)
    primitive(f"{CLASS}:{name}", f"() -> class[{name}]", effect=READ, exits=exits, borrows=True)(lower)


def the_class(name: str, emit: Emitter) -> str:
    kind = emit.slot("class", name)
    emit.exit_if(emit.op(f"icmp eq ptr {kind}, null"), ASSUMPTION_INVALIDATED)
    return kind


def load(attribute: str, emit: Emitter, kind: str) -> str:
    """An attribute of the class itself, of a name that `type` does not have, and no descriptor (`host/classes.py`)."""
    name = operand_class(emit)
    require_this(emit, kind, name)
    return value_of(emit, name, attribute)


@primitive("is", "(class[A], class[B]) -> bool")
@primitive("is", "(class[A], object) -> bool")
@primitive("is", "(object, class[A]) -> bool")
@primitive("eq", "(class[A], class[B]) -> bool")
def same_class(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"icmp eq ptr {a}, {b}")


@primitive("ne", "(class[A], class[B]) -> bool")
def other_class(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"icmp ne ptr {a}, {b}")


@primitive("truth", "(class[A]) -> bool", rule=lambda types, constants: Folded(True))
def truth(emit: Emitter, kind: str) -> str:
    """A class whose metaclass is `type` is true."""
    return "true"
