"""Members of the program's enumerations: found by the host, their names and values, and as keys of dicts.

`Enum` hashes a member by its name, and nothing equals it but itself: as long as both is so (`host/classes.py`), a search needs no
code of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import attributes, integer, keys
from pyvorin.compiler.hir.effects import ALLOC, READ
from pyvorin.compiler.primitives import class_
from pyvorin.compiler.primitives.class_ import operand_class, require_version, required
from pyvorin.compiler.primitives.instance_ import EXITS, require_class, wanted
from pyvorin.compiler.primitives.objects import unbox
from pyvorin.compiler.primitives.registry import family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, KEY_ERROR, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import INT, STR, Type

if TYPE_CHECKING:
    from pyvorin.compiler.primitives.keys import Found

ENUM_MEMBER = "enum.member"
"""Prefix of the primitives that give a member of an enumeration: ``enum.member:RED``."""
ENUM_ATTRIBUTE = "enum.attr"
"""And of those that look whether a member's `name` or `value` is what `enum` makes of it."""


FIND = "enum.find"
"""And of those that give the member with a value: ``enum.find:Color``."""
AS = "enum.as"
"""And of those that look whether operators of a member are those of ints, or of flags: ``enum.as:int`` gives the int."""
NAMED, MEMBERS = "enum.named", "enum.members"
"""The primitives for the member with a name, and for all of them."""


@family(ENUM_MEMBER)
def _declare_enum_member(name: str) -> None:
    lower, signature = partial(enum_member, name), "(class[C]) -> instance[C]"
    primitive(f"{ENUM_MEMBER}:{name}", signature, effect=READ, exits=class_.EXITS, borrows=True)(lower)


def enum_member(name: str, emit: Emitter, kind: str) -> str:
    """The member of an enumeration."""
    owner = operand_class(emit)
    class_.require_this(emit, kind, owner)
    return required(emit, "member", f"{owner} {name}")


@family(ENUM_ATTRIBUTE)
def _declare_enum_attribute(name: str) -> None:
    lower = partial(check_enum_attribute, name)
    primitive(f"{ENUM_ATTRIBUTE}:{name}", "(instance[C]) -> none", effect=READ, exits=class_.EXITS)(lower)


def check_enum_attribute(name: str, emit: Emitter, obj: str) -> str:
    """The attribute of a member is what `enum` says (`host/classes.py`): of its name and its value, the one between underscores
    that the object has."""
    owner = operand_class(emit)
    require_class(emit, obj, owner)
    required(emit, "enumattr", f"{owner} {name}")
    return "false"


@primitive("enum.key", "(instance[C]) -> member[C]", effect=READ, exits=EXITS, borrows=True)
def as_key(emit: Emitter, obj: str) -> str:
    """The member, which is hashed and compared as `Enum` says."""
    check_enum_attribute("__hash__", emit, obj)
    _name(emit, obj, operand_class(emit))
    return obj


def _declare_held(name: str, attribute: str, ty: Type) -> None:
    @primitive(name, f"(instance[C]) -> {ty}", effect=READ, exits=class_.EXITS, borrows=ty.is_reference)
    def held(emit: Emitter, obj: str) -> str:
        """Of a member that is an int, whose attributes lie in a dict of its own: anybody may have changed them."""
        require_class(emit, obj, operand_class(emit))
        name = emit.slot("object", repr(attribute))
        found = emit.call("PyObject_GenericGetAttr", "ptr (ptr, ptr)", obj, name)
        emit.exit_if_null(found, RUNTIME_TYPE_MISMATCH)
        # The member has it.
        emit.decref(found)
        return unbox(emit, found, ty)


_declare_held("enum.name", "_name_", STR)
_declare_held("enum.value", "_value_", INT)


def _name(emit: Emitter, obj: str, owner: str) -> str:
    found = attributes.value(emit, wanted(emit, obj, owner, "_name_"))
    emit.exit_if(emit.op(f"icmp eq ptr {found}, null"), RUNTIME_TYPE_MISMATCH)
    emit.exit_if(emit.op(f"xor i1 {emit.has_type(found, 'PyUnicode_Type')}, true"), RUNTIME_TYPE_MISMATCH)
    return found


def hash_of_member(emit: Emitter, key: str) -> str:
    """The hash of its name; the members among the operands of an instruction are of one class."""
    assert emit.current is not None
    owner = next(str(arg.ty.args[0]) for arg in emit.current.args if arg.ty.name == "member")
    return emit.call_helper("pv_hash_str", keys.write_hash_str, "i64 (ptr)", _name(emit, key, owner))


@family(AS)
def _declare_as(how: str) -> None:
    result = "none" if how == "flag" else "int"
    exits = (*class_.EXITS,)
    primitive(f"{AS}:{how}", f"(instance[C]) -> {result}", effect=READ, exits=exits)(partial(as_operand, how))


def as_operand(how: str, emit: Emitter, obj: str) -> str:
    """The member as an int, laid out as any other; of one of flags only its class is looked at."""
    owner = operand_class(emit)
    require_class(emit, obj, owner)
    required(emit, "enumop", f"{owner} {how}")
    if how == "flag":
        return "false"
    return integer.value(emit, obj, lambda fits: emit.exit_if(emit.op(f"xor i1 {fits}, true"), RUNTIME_TYPE_MISMATCH))


def declare_searches(kinds: Sequence[str], search: Callable[[Emitter, str, str, str], Found]) -> None:
    """By `primitives/dict_.py`, which knows how keys are searched for."""

    @family(FIND)
    def declare_find(name: str) -> None:
        for kind in kinds:
            lower = partial(find, name, kind)
            signature, exits = f"({kind}) -> instance[{name}]", (*class_.EXITS, VALUE_ERROR)
            primitive(f"{FIND}:{name}", signature, effect=READ, exits=exits, borrows=True)(lower)

    def find(name: str, kind: str, emit: Emitter, value: str) -> str:
        """What is not found may be made by `_missing_`, as combinations of flags are: CPython does it."""
        cls = required(emit, "class", name)
        require_version(emit, cls, name)
        found = search(emit, kind, required(emit, "enumop", f"{name} values"), value)
        emit.exit_if(found.missing, VALUE_ERROR)
        return _member_of(emit, name, emit.op(f"load ptr, ptr {found.address}"))

    raises = {"KeyError": KEY_ERROR}

    @primitive(
        NAMED,
        "(class[C], str) -> instance[C]",
        effect=READ,
        exits=(*class_.EXITS, KEY_ERROR),
        raises=raises,
        borrows=True,
    )
    def named(emit: Emitter, kind: str, text: str) -> str:
        owner = operand_class(emit)
        class_.require_this(emit, kind, owner)
        found = search(emit, "str", required(emit, "enumop", f"{owner} names"), text)
        emit.exit_if(found.missing, KEY_ERROR)
        return _member_of(emit, owner, emit.op(f"load ptr, ptr {found.address}"))


def _member_of(emit: Emitter, owner: str, obj: str) -> str:
    emit.exit_if(emit.op(f"icmp ne ptr {emit.type_of(obj)}, {emit.slot('class', owner)}"), RUNTIME_TYPE_MISMATCH)
    return obj


@primitive(MEMBERS, "(class[C]) -> tuples[instance[C]]", effect=ALLOC, exits=class_.EXITS)
def members(emit: Emitter, kind: str) -> str:
    """In the order of their names, which is that of the definition."""
    owner = operand_class(emit)
    class_.require_this(emit, kind, owner)
    names, table = required(emit, "enumop", f"{owner} order"), required(emit, "enumop", f"{owner} names")
    size = emit.load("i64", names, emit.layout.size, "size")
    items = emit.load("ptr", names, emit.layout.list_items, "items")

    def lacks(index: str) -> str:
        name = emit.load("ptr", emit.op(f"getelementptr ptr, ptr {items}, i64 {index}"), 0, "element")
        return emit.op(f"icmp eq ptr {emit.call('PyDict_GetItem', 'ptr (ptr, ptr)', table, name)}, null")

    emit.exit_if(emit.each_index(size, lacks), ASSUMPTION_INVALIDATED)
    made = emit.fail_if_null(emit.call("PyTuple_New", "ptr (i64)", size))

    def put(index: str) -> None:
        name = emit.load("ptr", emit.op(f"getelementptr ptr, ptr {items}, i64 {index}"), 0, "element")
        member = emit.call("PyDict_GetItem", "ptr (ptr, ptr)", table, name)
        emit.incref(member)
        place = emit.op(f"getelementptr ptr, ptr {emit.address(made, emit.layout.tuple_items)}, i64 {index}")
        emit.store("ptr", member, place, 0, "element")

    emit.each_index(size, put)
    return made
