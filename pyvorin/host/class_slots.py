"""Fills the slots in which native code finds the program's classes: addresses, versions, places of attributes, methods.

Loaded only where a group has such slots.
"""

from __future__ import annotations

import builtins
from _weakref import ref

from pyvorin.cache.outline import module_and_name
from pyvorin.host import classes
from pyvorin.host import namespace as namespaces
from pyvorin.host.assumptions import ABSENT
from pyvorin.host.codes import plain
from pyvorin.host.namespace import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableSequence

    from pyvorin.cache.outline import Slots
    from pyvorin.host.classes import Seen
    from pyvorin.host.codes import Codes

_NONE: dict[str, int] = {}


def _version(seen: Seen, rest: str, namespace: dict[str, object], code_index: Codes) -> int:
    return seen.version


def _attribute(seen: Seen, name: str, namespace: dict[str, object], code_index: Codes) -> int:
    return seen.place(name)


def _stored(seen: Seen, name: str, namespace: dict[str, object], code_index: Codes) -> int:
    return seen.stored(name)


def _value(seen: Seen, name: str, namespace: dict[str, object], code_index: Codes) -> int:
    value = seen.value(name)
    return 0 if value is ABSENT else id(value)


def _own_method(seen: Seen, text: str, namespace: dict[str, object], code_index: Codes) -> int:
    """The method that the class has, in the form "name function"; `none` for the function: it has none, or that of `object`."""
    name, function = text.split(" ")
    if function == "none":
        return id(seen.kind) if classes.owner_of(seen.kind.__mro__, name) in (None, object) else 0
    how, _, qualname = function.rpartition(":")
    found = seen.method(name, how)
    return id(found) if found is not None and code_index.is_code_of(found, qualname) else 0


def _super_method(seen: Seen, text: str, namespace: dict[str, object], code_index: Codes) -> int:
    """The method that the classes behind another one have, in the form "class name function"."""
    after, name, qualname = text.split(" ")
    mro = seen.kind.__mro__
    behind = classes.of_name(after, namespace)
    if behind not in mro or not classes.is_own_class(behind):
        return 0
    owner = classes.owner_of(mro[mro.index(behind) + 1 :], name)
    if qualname == "none":
        return id(seen.kind) if owner is object else 0
    found = None if owner is None else classes.function_of(owner.__dict__[name], "")
    return id(found) if found is not None and code_index.is_code_of(found, qualname) else 0


def _derives(seen: Seen, text: str, namespace: dict[str, object], code_index: Codes) -> int:
    """Whether the class derives from another one, in the form "class yes" or "class no"."""
    name, holds = text.split(" ")
    module, _, builtin = name.rpartition(".")
    base = vars(builtins)[builtin] if module else classes.of_name(name, namespace)
    if base is None:
        return 0
    return id(seen.kind) if (base in seen.kind.__mro__) == (holds == "yes") else 0


def _new(seen: Seen, base: str, namespace: dict[str, object], code_index: Codes) -> int:
    is_one = seen.is_made_by(_builtin(base)) if base else seen.is_constructible()
    return id(seen.kind) if is_one else 0


def _member(seen: Seen, name: str, namespace: dict[str, object], code_index: Codes) -> int:
    found = classes.member_of(seen.kind, name)
    return 0 if found is ABSENT else id(found)


def _enum_attribute(seen: Seen, name: str, namespace: dict[str, object], code_index: Codes) -> int:
    return id(seen.kind) if classes.is_enum_attribute(seen.kind, name) else 0


def _enum_operation(seen: Seen, name: str, namespace: dict[str, object], code_index: Codes) -> int:
    from pyvorin.host import enums

    return enums.operation(seen.kind, name)


def _acts_as(seen: Seen, base: str, namespace: dict[str, object], code_index: Codes) -> int:
    return id(seen.kind) if seen.acts_as(_builtin(base)) else 0


def _builtin(name: str) -> type:
    return next(kind for kind in classes.BUILTINS if kind.__name__ == name)


def _record(seen: Seen, fields: str, namespace: dict[str, object], code_index: Codes) -> int:
    return id(seen.kind) if classes.is_named_tuple(seen.kind, fields.split(" ")) else 0


def _record_maker(seen: Seen, fields: str, namespace: dict[str, object], code_index: Codes) -> int:
    """The `__new__` of a class of named tuples, which has their defaults."""
    return id(seen.method("__new__", "static")) if classes.is_named_tuple(seen.kind, fields.split(" ")) else 0


def _record_replacing(seen: Seen, fields: str, namespace: dict[str, object], code_index: Codes) -> int:
    is_one = classes.is_named_tuple(seen.kind, fields.split(" ")) and classes.replaces_fields(seen.kind)
    return id(seen.kind) if is_one else 0


def _keys(seen: Seen, rest: str, namespace: dict[str, object], code_index: Codes) -> int:
    return seen.count()


_WORDS: dict[str, Callable[[Seen, str, dict[str, object], Codes], int]] = {
    "classversion": _version,
    "attribute": _attribute,
    "stored": _stored,
    "classattr": _value,
    "ownmethod": _own_method,
    "supermethod": _super_method,
    "derives": _derives,
    "actsas": _acts_as,
    "new": _new,
    "keys": _keys,
    "record": _record,
    "recordnew": _record_maker,
    "recordreplace": _record_replacing,
    "member": _member,
    "enumattr": _enum_attribute,
    "enumop": _enum_operation,
}
"""What each kind of slot holds for a class; its argument begins with the class's name."""


def fill(
    found: Slots,
    slots: MutableSequence[int],
    namespace: dict[str, object],
    weak: dict[int, object],
    code_index: Codes,
    died: Callable[[int], Callable[[object], None]],
) -> None:
    """Write what is known of the classes now.

    found: the group's slots by kind and argument.  weak: takes a weak reference to each class; *died* gives what is called with
    it when the class at an address is freed.

    Another thread may run native code between any two stores: it compares an object's class with the slot
    first, so that is empty until all that belongs to the class is written."""
    for name, index in found["class"].items():
        kind = classes.of_name(name, namespace)
        seen = None if kind is None else classes.look(kind)
        words: dict[int, int] = {}
        if seen is not None:
            for slot_kind, word_of in _WORDS.items():
                for text, at in found.get(slot_kind, _NONE).items():
                    owner, _, rest = text.partition(" ")
                    if owner == name:
                        words[at] = word_of(seen, rest, namespace, code_index) % 2**64
        if slots[index] != id(kind) or any(slots[at] != word for at, word in words.items()):
            slots[index] = 0
        if seen is None:
            continue
        for at, word in words.items():
            slots[at] = word
        address = id(kind)
        if address not in weak:
            weak[address] = ref(kind, died(address))
        slots[index] = address


def method(qualname: str, namespace: dict[str, object], code_index: Codes) -> FunctionType | None:
    """The function that a class of the module's has made under this name, if the class still has it."""
    owner, _, name = plain(qualname).rpartition(".")
    kind = classes.of_name(owner, namespace)
    if name.startswith("__") and not name.endswith("__"):
        name = f"_{module_and_name(owner)[1].lstrip('_')}{name}"
    found = None if kind is None else kind.__dict__.get(name)
    found = classes.function_of(found, "cached") or found
    for binder, attribute in classes.BINDERS.values():
        if type(found) is binder and (
            binder is not property or (attribute == "fset") == qualname.endswith(".<setter>")
        ):
            found = getattr(found, attribute)
    is_it = namespaces.is_function(found) and code_index.is_code_of(found, qualname)
    return found if is_it else None
