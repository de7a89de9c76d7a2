"""Looks at the live classes of the program: whether their instances' attributes are where native code finds them, and where.

    class Point: ...            look(Point)          ->   Seen: its version, and places("x"): 0, places("y"): 1
    Point.x = property(...)                          ->   places("x"): NOWHERE

A version (`tp_version_tag`) is read before anything is looked at: whatever changes the class or one of its bases meanwhile
gives it another one, and native code then takes nothing of what was found here for true (typeobject.c, PyType_Modified).
Nothing of the program runs: attributes of classes are taken from their `__dict__`.
"""

from __future__ import annotations

import sys

from pyvorin.core import layouts
from pyvorin.host import memory
from pyvorin.host.assumptions import ABSENT
from pyvorin.host.namespace import FunctionType, scope_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeGuard

    from pyvorin.core.layouts import Layout

NOWHERE = -1
"""The place of an attribute for which the class has a property or the like."""
UNKNOWN = -2
"""That of an attribute that no instance has had so far."""
IN_DICT = -3
"""That of one that is not among the keys that instances share: some have it in a dict of their own, if any has."""
MEMBER = 1 << 32
"""Added to the offset of an attribute that lies in a slot of the object (`emit/runtime/attributes.py`)."""

BUILTINS = (list,)
"""The builtin classes that others may derive from."""
_OWN_NAMES = {"__doc__", "__init__"}
"""What a class has, and what is only used when an object is made."""
BINDERS: dict[str, tuple[type, str]] = {
    "static": (staticmethod, "__func__"),
    "class": (classmethod, "__func__"),
    "get": (property, "fget"),
    "set": (property, "fset"),
}
"""How a class binds a function, beside as it is: by an object of exactly this type, which has it under this name."""
_HOOKS = ("__getattribute__", "__getattr__")
_STORE_HOOK = "__setattr__"
_INLINE_VALUES, _MANAGED_DICT = 1 << 2, 1 << 4
_IS_ABSTRACT = 1 << 20
_OBJECT_MEMBER = 16
"""T_OBJECT_EX of structmember.h: what `__slots__` makes."""
_MOST_KEYS = 64
"""More than keys that are shared can be (SHARED_KEYS_MAX_SIZE, dictobject.c)."""


_OF_NAMED_TUPLES = {"__doc__", "__new__", "__repr__", "__getnewargs__"}
"""What `namedtuple` binds of the names that `tuple` has."""


class _Sample:
    __slots__ = ("member",)


_MEMBER_KIND = type(_Sample.__dict__["member"])


class Seen:
    """One class as it was when `look` was called; `version` is that of this moment."""

    __slots__ = ("_attributes", "_keys", "_layout", "_shared", "kind", "version")

    def __init__(self, kind: type, version: int, layout: Layout) -> None:
        self.kind = kind
        self.version = version
        self._layout = layout
        self._keys: list[int] | None = None
        self._shared: list[str] | None = None
        self._attributes: list[str] | None = None

    def place(self, attribute: str) -> int:
        """Where instances have this attribute, as native code reads it; NOWHERE if that is not known, or not so simple."""
        found = lookup(self.kind, attribute)
        if type(found) is _MEMBER_KIND:
            return self._member(found)
        if found is not None and _is_data_descriptor(type(found)):
            return NOWHERE
        if not self.kind.__dictoffset__:
            return NOWHERE
        keys = self.shared_keys()
        address = id(sys.intern(attribute))
        if address in keys:
            return keys.index(address)
        return IN_DICT if keys or self._shares_nothing() else UNKNOWN

    def stored(self, attribute: str) -> int:
        """Where native code stores it: nowhere if the class has its own way to do that."""
        hooked = owner_of(self.kind.__mro__[:-1], _STORE_HOOK) is not None
        return NOWHERE if hooked else self.place(attribute)

    def attributes(self) -> list[str]:
        """The names of the attributes that instances may have at a place."""
        if self._attributes is not None:
            return self._attributes
        names: dict[str, None] = {}
        for owner in self.kind.__mro__[:-1]:
            names.update((name, None) for name, found in owner.__dict__.items() if type(found) is _MEMBER_KIND)
        names.update((name, None) for name in self._shared_names())
        self._attributes = [name for name in names if self.place(name) >= 0 and not self._computes(name)]
        return self._attributes

    def _computes(self, name: str) -> bool:
        """Whether asking an instance that lacks the attribute may run code of the program, as a cached property does."""
        found = lookup(self.kind, name)
        return found is not None and type(found) is not _MEMBER_KIND and _has_any(type(found), ("__get__",))

    def others(self, value: object) -> list[str]:
        """The names that an instance has in a dict of its own, beside those that are shared."""
        if not _has_own_dict(value, self._layout):
            return []
        shared = set(self._shared_names())
        names = [
            name for name in object.__getattribute__(value, "__dict__") if type(name) is str and name not in shared
        ]
        return [name for name in names[:_MOST_KEYS] if self.place(name) != NOWHERE and not self._computes(name)]

    def is_constructible(self) -> bool:
        """Whether calling the class makes an object as `object` does, and calls its `__init__`."""
        return (
            not self.kind.__flags__ & _IS_ABSTRACT
            and lookup(self.kind, "__new__") is object.__dict__["__new__"]
            and self._makes_as(object)
            and lookup(self.kind, "__del__") is None
        )

    def acts_as(self, base: type) -> bool:
        """Whether all that is done with an instance means what it does with one of the builtin class."""
        if builtin_of(self.kind) is not base:
            return False
        names = base.__dict__.keys() - _OWN_NAMES
        return not any(name in owner.__dict__ for owner in self.kind.__mro__[:-2] for name in (*names, "__bool__"))

    def is_made_by(self, base: type) -> bool:
        """Whether calling the class makes an object as the builtin class does, and initialises it as that does."""
        return (
            builtin_of(self.kind) is base
            and not self.kind.__flags__ & _IS_ABSTRACT
            and all(owner_of(self.kind.__mro__, name) is base for name in ("__new__", "__init__"))
            and self._makes_as(base)
            and lookup(self.kind, "__del__") is None
        )

    def _makes_as(self, base: type) -> bool:
        """Whether its `tp_new` is that of the other class: where there was a `__new__` once, it is not any more."""
        at = self._layout.type_new
        return memory.word(id(self.kind) + at) == memory.word(id(base) + at)

    def count(self) -> int:
        """How many names the instances share; -1 if they have no `__dict__`."""
        if not self.kind.__dictoffset__:
            return -1
        # From 3.13 on dicts of ints, strs and the like share keys, too, but these have no values beside the object.
        return len(self.shared_keys()) or sum(1 for _ in self._read_keys())

    def method(self, name: str, how: str = "") -> FunctionType | None:
        """The function that is this method of all instances; None if there is none, or one may have its own.

        how: how the class binds it: as one of `BINDERS`, else as a plain function."""
        found = function_of(lookup(self.kind, name), how)
        if how == "cached":
            # The object's own goes first, which is what it is for.
            return found
        return None if found is None or id(sys.intern(name)) in self.shared_keys() else found

    def value(self, name: str) -> object:
        """What the class itself has for the attribute, and its instances if they have none of their own; ABSENT if that is
        nothing, or more than to read it.  Of the names that `type` has, some go first."""
        if name in type.__dict__ or name in object.__dict__:
            return ABSENT
        owner = owner_of(self.kind.__mro__, name)
        found = ABSENT if owner is None else owner.__dict__[name]
        return ABSENT if _has_any(type(found), ("__get__", "__set__", "__delete__")) else found

    def _member(self, descriptor: object) -> int:
        layout = self._layout
        member = memory.word(id(descriptor) + layout.descriptor_member)
        if memory.half(member + layouts.SIZEOF_POINTER) != _OBJECT_MEMBER:
            return NOWHERE
        return MEMBER + memory.word(member + layout.member_offset)

    def shared_keys(self) -> list[int]:
        """The addresses of the names that the instances share, in the order of their values; empty if they share none."""
        if self._keys is None:
            self._keys = list(self._read_keys()) if _has_shared_keys(self.kind, self._layout) else []
        return self._keys

    def _shared_names(self) -> list[str]:
        """The names that the instances share: the addresses among the keys are those of strs which these refer to."""
        if self._shared is None:
            self._shared = [memory.text(address) for address in self.shared_keys()]
        return self._shared

    def _shares_nothing(self) -> bool:
        """Whether instances share no names any more (up to 3.10, where a class that has made none has keys that are empty)."""
        return self._layout.version < (3, 11) and not memory.word(id(self.kind) + self._layout.type_keys)

    def _read_keys(self) -> Iterator[int]:
        layout = self._layout
        keys = memory.word(id(self.kind) + layout.type_keys)
        if not keys:
            return
        size = memory.content(keys + layout.keys_index_size, 1)[0]
        entries = keys + layout.keys_indices + (size if layout.version < (3, 11) else 1 << size)
        for index in range(min(memory.word(keys + layout.keys_used), _MOST_KEYS)):
            yield memory.word(entries + index * layout.sizeof_shared_entry + layout.shared_entry_key)


def look(kind: object, layout: Layout | None = None) -> Seen | None:
    """What is to be known of the class; None if it is none whose instances are plain."""
    if not is_class(kind):
        return None
    layout = layout or layouts.running()
    if layout is None:
        return None
    # A class has a version once something was looked up in it: what nobody has, so that nothing is called.
    getattr(kind, "-", None)
    version = memory.half(id(kind) + layout.type_version)
    if not version:
        return None
    owners = kind.__mro__[:-1]
    for owner in owners[:-1] if builtin_of(kind) is not None else owners:
        attributes = owner.__dict__
        if owner not in (tuple, int) and (not is_class(owner) or any(hook in attributes for hook in _HOOKS)):
            return None
    return Seen(kind, version, layout)


def is_class(kind: object) -> TypeGuard[type]:
    """Whether it is a class whose metaclass is `type`, or that of enumerations."""
    return type(kind) is type or type(kind) is getattr(sys.modules.get("enum"), "EnumMeta", type)


def member_of(kind: type, name: str) -> object:
    """The member of the enumeration; ABSENT if there is none of this name, or it is more than an object."""
    members = kind.__dict__.get("_member_map_")
    if type(kind) is type or type(members) is not dict:
        return ABSENT
    found = members.get(name, ABSENT)
    return found if type(found) is kind else ABSENT


def is_enum_attribute(kind: type, name: str) -> bool:
    """Whether `name` or `value` of its members is what `Enum` makes of it: their `_name_` or `_value_`; or their `__hash__`, and
    nothing has another `__eq__` than `object`."""
    base = getattr(sys.modules.get("enum"), "Enum", None)
    if type(kind) is type or base is None or owner_of(kind.__mro__, name) is not base:
        return False
    if name == "__hash__":
        return owner_of(kind.__mro__, "__eq__") is object and _is_alike(base.__dict__[name], _hash_of_name)
    getter = getattr(base.__dict__[name], "fget", None)
    if type(getter) is not FunctionType:
        return False
    code = getter.__code__
    return code.co_names == (f"_{name}_",) and code.co_code == _get_one.__code__.co_code


def _is_alike(found: object, wanted: Any) -> bool:
    if type(found) is not FunctionType:
        return False
    code, other = found.__code__, wanted.__code__
    return bool(code.co_code == other.co_code and code.co_names == other.co_names)


def _get_one(self: Any) -> object:
    return self.one


def _hash_of_name(self: Any) -> int:
    return hash(self._name_)


def is_named_tuple(kind: type, fields: list[str]) -> bool:
    """Whether the class is what `collections.namedtuple` makes for these fields, and nothing was added that matters."""
    names = kind.__dict__
    slots, own_fields = names.get("__slots__"), names.get("_fields")
    if kind.__bases__ != (tuple,) or type(slots) is not tuple or slots or type(own_fields) is not tuple:
        return False
    if any(type(field) is not str for field in own_fields) or list(own_fields) != fields:
        return False
    if any(name in names for name in (*_HOOKS, _STORE_HOOK, "__delattr__", "__init__", "__del__", "__bool__")):
        return False
    if any(name in names and name not in fields for name in tuple.__dict__.keys() - _OF_NAMED_TUPLES):
        return False
    getter = getattr(sys.modules.get("collections"), "_tuplegetter", None)
    for index, field in enumerate(fields):
        found: Any = names.get(field)
        if type(found) is not getter or found.__reduce__()[1][0] != index:
            return False
    maker = function_of(names.get("__new__"), "static")
    if maker is None or maker.__globals__.get("_tuple_new") is not tuple.__new__:
        return False
    given = ", ".join(fields) + ("," if len(fields) == 1 else "")
    expected = eval(f"lambda _cls, {given}: _tuple_new(_cls, ({given}))", {}).__code__
    code = maker.__code__
    return (code.co_code, code.co_names, code.co_varnames) == (
        expected.co_code,
        expected.co_names,
        expected.co_varnames,
    )


def replaces_fields(kind: type) -> bool:
    """Whether `_replace` and `_make` of a class of named tuples are what `collections.namedtuple` makes."""
    makes: Any = getattr(sys.modules.get("collections"), "namedtuple", None)
    codes = makes.__code__.co_consts if type(makes) is FunctionType else ()
    found = function_of(kind.__dict__.get("_replace"), ""), function_of(kind.__dict__.get("_make"), "class")
    return all(function is not None and any(function.__code__ is code for code in codes) for function in found)


def builtin_of(kind: type) -> type | None:
    """The builtin class that it derives from, if that is one whose instances native code knows."""
    last = kind.__mro__[-2:-1]
    return last[0] if last and last[0] in BUILTINS and last[0] is not kind else None


def owner_of(mro: tuple[type, ...], name: str) -> type | None:
    """The first of the classes that binds the name; None if none does."""
    return next((owner for owner in mro if name in owner.__dict__), None)


def lookup(kind: type, name: str) -> object:
    """What the class, or the first of its bases that has it, binds to the name; None if none does."""
    owner = owner_of(kind.__mro__, name)
    return None if owner is None else owner.__dict__[name]


def function_of(found: object, how: str) -> FunctionType | None:
    """The function behind what a class binds to a name, if it is bound in this way."""
    if how == "cached":
        binder = getattr(sys.modules.get("functools"), "cached_property", None)
        found = getattr(found, "func", None) if type(found) is binder else None
    elif how in BINDERS:
        binder, attribute = BINDERS[how]
        found = getattr(found, attribute) if type(found) is binder else None
    return found if issubclass(type(found), FunctionType) else None  # type: ignore[return-value]


def is_own_class(kind: type) -> bool:
    """Whether `super()` in its functions means this class, and not another one that they were defined in."""
    for found in kind.__dict__.values():
        if not issubclass(type(found), FunctionType) or found.__closure__ is None:
            continue
        for name, cell in zip(found.__code__.co_freevars, found.__closure__):
            try:
                if name == "__class__" and cell.cell_contents is not kind:
                    return False
            except ValueError:  # it is empty
                return False
    return True


def of_name(name: str, namespace: dict[str, object]) -> type | None:
    """The class that the program's module binds to this name, if it has made it itself."""
    name, namespace = scope_of(name, namespace)
    found = namespace.get(name)
    if not is_class(found) or found.__name__ != name or found.__qualname__ != name:
        return None
    return found if found.__dict__.get("__module__") == namespace.get("__name__") else None


def _is_data_descriptor(kind: type) -> bool:
    return _has_any(kind, ("__set__", "__delete__"))


def _has_any(kind: type, names: tuple[str, ...]) -> bool:
    # Not `kind.__mro__`, which a metaclass may have its own idea of.
    mro = type.__dict__["__mro__"].__get__(kind)
    return any(name in type.__dict__["__dict__"].__get__(owner) for owner in mro for name in names)


def _has_own_dict(value: object, layout: Layout) -> bool:
    """Whether there is a dict already: asking for one would make it."""
    kind = type(value)
    if layout.version < (3, 11):
        offset = kind.__dictoffset__
        return offset > 0 and memory.word(id(value) + offset) != 0
    if not kind.__flags__ & _MANAGED_DICT:
        return False
    if layout.version == (3, 11):
        return memory.word(id(value) + layout.managed_values) == 0 and memory.word(id(value) + layout.managed_dict) != 0
    kept = memory.word(id(value) + layout.managed_dict)
    return kept != 0 and not kept & 1


def _has_shared_keys(kind: type, layout: Layout) -> bool:
    if layout.version >= (3, 13):
        return kind.__flags__ & (_MANAGED_DICT | _INLINE_VALUES) == _MANAGED_DICT | _INLINE_VALUES
    if layout.version >= (3, 11):
        return bool(kind.__flags__ & _MANAGED_DICT)
    return kind.__dictoffset__ > 0
