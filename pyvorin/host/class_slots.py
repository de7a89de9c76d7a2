"""Fills the slots in which native code finds the program's classes: addresses, versions, places of attributes, methods.

Loaded only where a group has such slots.
"""

from __future__ import annotations

from _weakref import ref

from pyvorin.host import classes
from pyvorin.host import namespace as namespaces
from pyvorin.host.assumptions import ABSENT
from pyvorin.host.namespace import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableSequence

    from pyvorin.cache.outline import Slots
    from pyvorin.host.codes import Codes

_NONE: dict[str, int] = {}


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
        words = {}
        if seen is not None:
            words = {at: seen.version for owner, at in found.get("classversion", _NONE).items() if owner == name}
            for text, at in found.get("attribute", _NONE).items():
                owner, _, attribute = text.partition(" ")
                if owner == name:
                    words[at] = seen.place(attribute) % 2**64
            for text, at in found.get("ownmethod", _NONE).items():
                owner, attribute, qualname = text.split(" ")
                if owner == name:
                    if qualname == "none":
                        words[at] = id(kind) if classes.lookup(seen.kind, attribute) is None else 0
                        continue
                    how, _, qualname = qualname.rpartition(":")
                    function = seen.method(attribute, how)
                    is_it = function is not None and code_index.is_code_of(function, qualname)
                    words[at] = id(function) if is_it else 0
            for text, at in found.get("classattr", _NONE).items():
                owner, _, attribute = text.partition(" ")
                if owner == name:
                    value = seen.value(attribute)
                    words[at] = 0 if value is ABSENT else id(value)
            if name in found.get("new", _NONE):
                words[found["new"][name]] = id(kind) if seen.is_constructible() else 0
            if name in found.get("keys", _NONE):
                words[found["keys"][name]] = seen.count() % 2**64
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
    owner, _, name = qualname.rpartition(".")
    kind = classes.of_name(owner, namespace)
    if name.startswith("__") and not name.endswith("__"):
        name = f"_{owner.lstrip('_')}{name}"
    found = None if kind is None else kind.__dict__.get(name)
    if type(found) is staticmethod or type(found) is classmethod:
        found = found.__func__
    is_it = namespaces.is_function(found) and code_index.is_code_of(found, qualname)  # type: ignore[arg-type]
    return found if is_it else None
