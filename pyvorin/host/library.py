"""Whether the parts of the standard library that native code stands in for are CPython's own, and where they are.

In: a path such as ``Random.randrange`` or ``_inst.__dict__`` in the module `random`.  Out: the object, or ABSENT if anything of
it is not what the native form was written from.  Loaded only where compiled code uses such a module.
"""

from __future__ import annotations

import sys

from pyvorin.core import layouts
from pyvorin.core.library import ALIASES, C_FUNCTIONS, C_OBJECTS, C_TYPES, COUNTER_METHODS, RANDOM_METHODS
from pyvorin.host import memory
from pyvorin.host.assumptions import ABSENT
from pyvorin.host.namespace import BuiltinFunctionType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

RANDOM_INDEX, RANDOM_STATE, RANDOM_WORDS = 16, 20, 624
"""The fields of a RandomObject (_randommodule.c), as `compiler/emit/runtime/twister.py` uses them."""

_HEAP_TYPE, _IMMUTABLE_TYPE = 1 << 9, 1 << 8
"""Flags of types (object.h)."""
_probed: dict[tuple[object, ...], bool] = {}


def attribute(found: ModuleType, module: str, name: str) -> object:
    """What `imported` gives for a module of which more is known than its name."""
    if module == "random":
        return of_random(found, name)
    if name == "__dict__" or not name:
        return vars(found) if name else found
    if module == "collections" and name.startswith("Counter"):
        return _of_counter(found, name)
    value = vars(found).get(name, ABSENT)
    kind, _, method = name.partition(".")
    if (module, kind) in C_OBJECTS.values():
        owner = vars(found).get(kind)
        if not (_is_c_type(owner, module, kind) and _is_as_expected(owner, module)):
            return ABSENT
        return getattr(owner, method, ABSENT) if method else owner
    if module in C_TYPES and (_is_c_type(value, module, name) or module not in C_FUNCTIONS):
        return value if _is_c_type(value, module, name) else ABSENT
    if module not in C_FUNCTIONS:
        return value
    is_own = type(value) is BuiltinFunctionType and value.__module__ == C_FUNCTIONS[module]
    return value if is_own and value.__name__ == ALIASES.get(f"{module}.{name}", name) else ABSENT


def _is_c_type(value: Any, module: str, name: str) -> bool:
    """Whether it is the type of this name that the module has from C: no class that is made in Python is immutable."""
    if type(value) is not type or value.__module__ != module or value.__name__ != name:
        return False
    return not value.__flags__ & _HEAP_TYPE or bool(value.__flags__ & _IMMUTABLE_TYPE)


def _is_as_expected(kind: Any, module: str) -> bool:
    """Whether the fields that native code reads are where it reads them."""
    layout, name = layouts.running(), kind.__name__
    if layout is None:
        return False
    if name == "Pattern":
        descriptor = kind.__dict__.get("pattern")
        if type(descriptor) is not type(FunctionType.__globals__):
            return False
        member = memory.word(id(descriptor) + layout.descriptor_member)
        return memory.word(member + layout.member_offset) == layout.pattern_text
    if module != "datetime":
        return True
    if name == "timedelta":
        value = kind(5, 6, 7)
        fields = [(layout.delta_days, b"".join(part.to_bytes(4, sys.byteorder) for part in (5, 6, 7)))]
    else:
        time = (4, 5, 6, 0x010203) if name == "datetime" else ()
        value = kind(1985, 7, 3, *time)
        data = b"\x07\xc1\x07\x03" + (b"\x04\x05\x06\x01\x02\x03" if time else b"")
        fields = [(layout.date_has_zone, b"\0"), (layout.date_data, data)]
    return all(memory.content(id(value) + at, len(expected)) == expected for at, expected in fields)


def _of_counter(module: ModuleType, path: str) -> object:
    """`Counter`, its namespace, or one of its methods, if those are the library's own."""
    kind = vars(module).get("Counter")
    if type(kind) is not type or kind.__bases__ != (dict,) or kind.__module__ != "collections":
        return ABSENT
    for name in COUNTER_METHODS:
        function = kind.__dict__.get(name)
        if (
            type(function) is not FunctionType
            or function.__globals__ is not vars(module)
            or function.__code__.co_filename != module.__file__
        ):
            return ABSENT
    if "__setitem__" in kind.__dict__ or "__getitem__" in kind.__dict__ or "__contains__" in kind.__dict__:
        return ABSENT
    if path == "Counter":
        return kind
    if path == "Counter.__dict__":
        return _dict_of(kind)
    return kind.__dict__.get(path.partition(".")[2], ABSENT)


def _dict_of(kind: type) -> object:
    """The dict of a class itself, which is behind a proxy."""
    import gc

    found = gc.get_referents(kind.__dict__)
    return found[0] if len(found) == 1 and type(found[0]) is dict else ABSENT


def of_random(module: ModuleType, path: str) -> object:
    """The object at `path` in the module `random`; ABSENT if the module is not as it was, or has no such thing."""
    names = vars(module)
    kind, hidden = names.get("Random"), names.get("_inst")
    if type(kind) is not type or type(hidden) is not kind or not _is_genuine(module, kind):
        return ABSENT
    if path == "Random":
        return kind
    if path == "_inst":
        return hidden
    owner, _, name = path.rpartition(".")
    if not path:
        return module
    if path == "_log":
        import math

        return math.log if names.get("_log") is math.log else ABSENT
    if name == "__dict__":
        return _namespace(module, kind, hidden, owner)
    if owner == "Random":
        found = kind.__dict__.get(name, kind.__base__.__dict__.get(name, ABSENT))
        return found if name in RANDOM_METHODS or type(found) is type(str.upper) else ABSENT
    value = names.get(name, ABSENT)
    if type(value) is BuiltinFunctionType:
        is_own = value.__self__ is hidden and value.__name__ == name
        return value if is_own and name in ("random", "getrandbits") else ABSENT
    is_method = type(value) is type(names["seed"]) and getattr(value, "__self__", None) is hidden
    return value if is_method and value.__func__ is kind.__dict__.get(name) else ABSENT


def _namespace(module: ModuleType, kind: type, hidden: object, owner: str) -> object:
    """The dict itself, whose version changes with every store into it; that of a class is behind a proxy."""
    if not owner:
        return vars(module)
    if owner == "_inst":
        return hidden.__dict__
    found: Any = kind if owner == "Random" else kind.__base__
    return _dict_of(found)


def _is_genuine(module: ModuleType, kind: Any) -> bool:
    """Whether the methods are those of the library's source, and give what the native ones give."""
    codes = []
    for name in RANDOM_METHODS:
        function = kind.__dict__.get(name)
        if (
            type(function) is not FunctionType
            or function.__globals__ is not vars(module)
            or function.__code__.co_filename != module.__file__
            or function.__kwdefaults__
        ):
            return False
        codes.append(function.__code__)
    key = (kind, kind.__base__, *codes)
    if key not in _probed:
        _probed.clear()
        _probed[key] = kind.__base__.__module__ == "_random" and _gives_the_same(kind)
    return _probed[key]


def _gives_the_same(kind: Any) -> bool:
    """The layout of the state, and the numbers that follow from it, in an object of our own."""
    from math import log

    if kind.__base__.__basicsize__ != (RANDOM_STATE + 4 * RANDOM_WORDS + 7) // 8 * 8:
        return False
    try:
        own, words = kind(8128), kind(8128)
        _, state, _ = own.getstate()
    except Exception:
        return False
    at = id(own)
    fields = int.from_bytes(memory.content(at + RANDOM_INDEX, 4), sys.byteorder)
    first, last = (
        int.from_bytes(memory.content(at + RANDOM_STATE + 4 * index, 4), sys.byteorder)
        for index in (0, RANDOM_WORDS - 1)
    )
    if (fields, first, last) != (state[-1], state[0], state[RANDOM_WORDS - 1]):
        return False

    def below(n: int) -> int:
        found = n
        while found >= n:
            bits = n.bit_length()
            low = words.getrandbits(min(bits, 32))
            found = low if bits <= 32 else low | words.getrandbits(bits - 32) << 32
        return found

    def shuffled() -> list[int]:
        items = list(range(5))
        for i in (4, 3, 2, 1):
            j = below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    items = list(range(5))
    found = [own.randrange(7), own.randrange(2, 2**40), own.randrange(9, -9, -4), own.randint(3, 5), own.choice("abc")]
    found += [own.uniform(1.5, 4.0), own.shuffle(items), items, own._randbelow(6), own.expovariate(2.0)]
    expected = [below(7), 2 + below(2**40 - 2), 9 - 4 * below(5), 3 + below(3), "abc"[below(3)]]
    high, low = words.getrandbits(32) >> 5, words.getrandbits(32) >> 6
    expected += [1.5 + 2.5 * ((high * 67108864.0 + low) * (1.0 / 9007199254740992.0)), None, shuffled(), below(6)]
    expected.append(-log(1.0 - words.random()) / 2.0)
    return found == expected and own.getstate() == words.getstate()
