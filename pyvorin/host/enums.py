"""Looks at the live enumerations of the program: whether operators and look-ups do what `enum` says, and where their members are.

What `enum` binds to a name is known by its owner, one of the module's own classes; the version of the program's class changes
with each of them (`host/classes.py`).
"""

from __future__ import annotations

import sys

from pyvorin.host.classes import is_class, lookup, owner_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BITWISE = ("and", "or", "xor")
_BITS = tuple(f"__{reflected}{name}__" for name in BITWISE for reflected in ("", "r"))
_NOT_OPERATORS = {"__new__", "__doc__", "__repr__", "__str__", "__format__", "__getattribute__", "__getnewargs__"}


def _kind(name: str) -> object:
    return getattr(sys.modules.get("enum"), name, None)


def _is_int(kind: type) -> bool:
    """Whether all operators but the bitwise ones are those of `int`."""
    names = [name for name in int.__dict__ if name.startswith("__") and name not in (*_NOT_OPERATORS, *_BITS)]
    return all(owner_of(kind.__mro__, name) is int for name in names if name not in ("__invert__", "__reduce_ex__"))


def _is_int_in_bits(kind: type) -> bool:
    return _is_int(kind) and all(owner_of(kind.__mro__, name) is int for name in (*_BITS, "__invert__"))


def _is_flag(kind: type) -> bool:
    """Whether the bitwise operators are those of `enum.Flag` or `enum.IntFlag`, and so are `in` and the truth of members."""
    names = _BITS if int in kind.__mro__ else tuple(name for name in _BITS if not name.startswith("__r"))
    if not all(_is_of_flag(kind, name) for name in (*names, "__contains__")):
        return False
    return (int in kind.__mro__ or _is_of_flag(kind, "__bool__")) and _makes_by_value(kind)


def _is_of_flag(kind: type, name: str) -> bool:
    """Whether the class has the function from `enum`, which may have bound it to the name in the class itself."""
    found = lookup(kind, name)
    return any(
        type(of) is type(kind) and of.__dict__.get(name, kind) is found for of in (_kind("Flag"), _kind("IntFlag"))
    )


def _makes_by_value(kind: type) -> bool:
    """Whether calling the class looks its members up by their values."""
    return lookup(kind, "__new__") is getattr(_kind("Enum"), "__new__", ()) and type(kind) is _kind("EnumMeta")


def _map(kind: type, name: str, of: type) -> int:
    found = kind.__dict__.get(name)
    return id(found) if type(found) is of and type(kind) is _kind("EnumMeta") else 0


_OPERATIONS: dict[str, Callable[[type], int]] = {
    "int": lambda kind: id(kind) if _is_int(kind) else 0,
    "intbits": lambda kind: id(kind) if _is_int_in_bits(kind) else 0,
    "flag": lambda kind: id(kind) if _is_flag(kind) else 0,
    "values": lambda kind: _map(kind, "_value2member_map_", dict) if _makes_by_value(kind) else 0,
    "names": lambda kind: _map(kind, "_member_map_", dict),
    "order": lambda kind: _map(kind, "_member_names_", list),
}


def operation(kind: type, name: str) -> int:
    """What native code relies on for it: the class, or what that keeps its members in; 0 if it is not as it should be."""
    return 0 if type(kind) is type or not is_class(kind) else _OPERATIONS[name](kind)
