"""Members of the program's enumerations: found by the host, their names and values, and as keys of dicts.

`Enum` hashes a member by its name, and nothing equals it but itself: as long as both is so (`host/classes.py`), a search needs no
code of the program.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import attributes, keys
from pyvorin.compiler.hir.effects import READ
from pyvorin.compiler.primitives import class_
from pyvorin.compiler.primitives.class_ import operand_class, required
from pyvorin.compiler.primitives.instance_ import EXITS, require_class, wanted
from pyvorin.compiler.primitives.registry import family, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH

ENUM_MEMBER = "enum.member"
"""Prefix of the primitives that give a member of an enumeration: ``enum.member:RED``."""
ENUM_ATTRIBUTE = "enum.attr"
"""And of those that look whether a member's `name` or `value` is what `enum` makes of it."""


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
