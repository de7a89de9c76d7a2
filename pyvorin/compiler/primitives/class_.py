"""The program's own classes as objects: what they bind to names, read where the host has found it.

The host looks a name up once (`host/class_slots.py`).  As long as the class has the version that it had then, no class in its
order of bases binds the name to anything else, and what it is bound to is alive.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import READ
from pyvorin.compiler.hir.ir import MEMBER, TYPE, VERSION
from pyvorin.compiler.primitives.objects import TYPE_OBJECTS
from pyvorin.compiler.primitives.registry import Folded, family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, RUNTIME_TYPE_MISMATCH, VALUE_ERROR

CLASS = "class"
"""Prefix of the primitives that give a class: ``class:Node``."""
IS_INSTANCE = "isinstance"
"""And of those that test an object of unknown type: ``isinstance:Node/builtins.int``."""
EXITS = (RUNTIME_TYPE_MISMATCH, ASSUMPTION_INVALIDATED)


def operand_class(emit: Emitter) -> str:
    """The class that the first operand of the instruction being lowered is, or is an instance of."""
    assert emit.current is not None
    return str(emit.current.args[0].ty.args[0])


def is_known(emit: Emitter, what: str) -> bool:
    """Whether this is known of the first operand of the instruction being lowered, and need not be looked at again."""
    return emit.current is not None and what in emit.current.known


def require_version(emit: Emitter, kind: str, name: str) -> None:
    """The class is as it was when the host looked at it."""
    if is_known(emit, VERSION):
        return
    version = emit.op(f"zext i32 {emit.load('i32', kind, emit.layout.type_version, 'type')} to i64")
    known = emit.load("i64", emit.slot_address(emit.unit.slot("classversion", name)), 0, "slot")
    emit.exit_if(emit.op(f"icmp ne i64 {version}, {known}"), ASSUMPTION_INVALIDATED)


def require_this(emit: Emitter, kind: str, name: str) -> None:
    """The object is the class that the module has under this name, as it was when the host looked at it."""
    if not is_known(emit, TYPE):
        emit.exit_if(emit.op(f"icmp ne ptr {kind}, {emit.slot('class', name)}"), RUNTIME_TYPE_MISMATCH)
    require_version(emit, kind, name)


def require_member(emit: Emitter, name: str, looked_up: str) -> None:
    """The class has the function that was compiled; *looked_up* is as in the names of primitives, ``get/static:Base.get``."""
    required(emit, "ownmethod", f"{name} {looked_up.replace('/', ' ')}")


def required(emit: Emitter, kind: str, argument: str) -> str:
    """The object in the slot, which the host leaves empty where what it stands for does not hold (any more)."""
    found = emit.slot(kind, argument)
    if is_known(emit, MEMBER):
        return found
    emit.exit_if(emit.op(f"icmp eq ptr {found}, null"), ASSUMPTION_INVALIDATED)
    return found


def value_of(emit: Emitter, name: str, attribute: str) -> str:
    """What the class has for the attribute."""
    return required(emit, "classattr", f"{name} {attribute}")


@family(CLASS)
def _declare_class(name: str) -> None:
    lower = partial(the_class, name)
    exits = (ASSUMPTION_INVALIDATED,)
    primitive(f"{CLASS}:{name}", f"() -> class[{name}]", effect=READ, exits=exits, borrows=True)(lower)


def the_class(name: str, emit: Emitter) -> str:
    return required(emit, "class", name)


def load(attribute: str, emit: Emitter, kind: str) -> str:
    """An attribute of the class itself, of a name that `type` does not have, and no descriptor (`host/classes.py`)."""
    name = operand_class(emit)
    require_this(emit, kind, name)
    return value_of(emit, name, attribute)


@family(IS_INSTANCE)
def _declare_is_instance(wanted: str) -> None:
    lower = partial(is_instance, wanted.split("/"))
    exits = (RUNTIME_TYPE_MISMATCH,)
    primitive(f"{IS_INSTANCE}:{wanted}", "(object) -> bool", effect=READ, exits=exits)(lower)


def is_instance(wanted: list[str], emit: Emitter, obj: str) -> str:
    """Whether the object's type is or derives from one of the classes.

    Where it does not, its `__class__` is asked, too (object_isinstance, abstract.c): only a few types are known to have none
    of their own."""
    kind = emit.type_of(obj)
    found, other, done = emit.new_label("found"), emit.new_label("other"), emit.new_label("done")
    for name in wanted:
        builtin = name.removeprefix("builtins.")
        wanted_kind = emit.slot("class", name) if builtin == name else emit.slot("builtin", builtin)
        there, following = emit.new_label("there"), emit.new_label("next")
        emit.branch(emit.op(f"icmp ne ptr {wanted_kind}, null"), there, following)
        emit.begin(there)
        is_one = emit.call("PyType_IsSubtype", "i32 (ptr, ptr)", kind, wanted_kind)
        emit.branch(emit.op(f"icmp ne i32 {is_one}, 0"), found, following)
        emit.begin(following)
    known = "false"
    for symbol in TYPE_OBJECTS.values():
        known = emit.op(f"or i1 {known}, {emit.op(f'icmp eq ptr {kind}, {emit.unit.external(symbol)}')}")
    known = emit.op(f"or i1 {known}, {emit.op(f'icmp eq ptr {obj}, ' + emit.unit.external('_Py_NoneStruct'))}")
    emit.exit_if(emit.op(f"xor i1 {known}, true"), RUNTIME_TYPE_MISMATCH)
    emit.jump(other)
    emit.begin(other)
    emit.jump(done)
    emit.begin(found)
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("false", other), ("true", found))


@primitive("len.check", "(int) -> none", exits=[VALUE_ERROR])
def check_length(emit: Emitter, size: str) -> str:
    """What `__len__` gives must not be less than zero."""
    emit.exit_if(emit.op(f"icmp slt i64 {size}, 0"), VALUE_ERROR)
    return "false"


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
