"""Checks the table of layouts against the running interpreter, once, before anything is loaded or patched.

Wrong offsets would write into the wrong fields of live objects.  So objects with known contents are read at the table's
offsets first; an interpreter that disagrees anywhere (another implementation, a debug or free-threaded build, a vendor's
change of a struct) is left alone, with the reason.  Reads stay inside objects whose size was compared before.
"""

from __future__ import annotations

import sys

from pyvorin.core import layouts, reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyvorin.core.layouts import Layout


SIZEOF_MEMBER = 40
"""Of a PyMemberDef (structmember.h)."""


def refusal() -> tuple[str, str] | None:
    """(reason code, detail) if nothing may be compiled for this interpreter, None if it agrees with the table."""
    if is_free_threaded():
        return reasons.FREE_THREADED_UNSUPPORTED, ""
    found = problem()
    return None if found is None else (reasons.UNSUPPORTED_INTERPRETER, found)


def problem() -> str | None:
    """Why this interpreter cannot be accelerated: a sentence for UNSUPPORTED_INTERPRETER, None if it can."""
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} is not CPython"
    if sys.platform != "linux" or sys.maxsize != 2**63 - 1 or sys.byteorder != "little":
        return f"the platform {sys.platform} is not 64-bit Linux"
    if hasattr(sys, "gettotalrefcount"):
        return "a debug build keeps further fields in every object"
    layout = layouts.running()
    if layout is None:
        return f"Python {sys.version_info[0]}.{sys.version_info[1]} has no table of layouts"
    for name, expected, found in _readings(layout):
        if expected != found:
            return f"the field {name} holds {found!r} where {expected!r} was expected"
    return None


def is_free_threaded() -> bool:
    """Whether this build of CPython runs without a global interpreter lock."""
    return "free-threading" in sys.version


def array_problem() -> str | None:
    """Why arrays of the module `array`, which is imported, cannot be read by their layout; None if they can."""
    layout = layouts.running()
    if layout is None:
        return "no table of layouts"
    for name, expected, found in _array_readings(layout):
        if expected != found:
            return f"the field {name} holds {found!r} where {expected!r} was expected"
    return None


def _readings(layout: Layout) -> Iterator[tuple[str, object, object]]:
    """For each field that is relied on: its name, the value that the object has, the value read at the table's offset.

    Lazily, so that the sizes are compared before a read that they bound is made.
    """
    from pyvorin.host import memory

    word, half = memory.word, memory.half

    def function(x: object = layout, *, y: object = layout) -> object:
        return layout

    def other() -> object:
        return function

    kind = type(function)
    untyped: Any = function  # mypy's idea of a function lacks `__builtins__`, or has it, depending on its cache
    yield "sizeof_type", layout.sizeof_type, type.__sizeof__(kind)
    yield "type_flags", kind.__flags__, word(id(kind) + layout.type_flags)
    yield "type_vectorcall_offset", layout.function_vectorcall, word(id(kind) + layout.type_vectorcall_offset)
    yield "type_base", id(kind.__base__), word(id(kind) + layout.type_base)
    yield "type_mro", id(kind.__mro__), word(id(kind) + layout.type_mro)
    yield "type_bases", id(kind.__bases__), word(id(kind) + layout.type_bases)

    yield "type_basicsize", kind.__basicsize__, word(id(kind) + layout.type_basicsize)
    # Both are made by the general allocator; the slot beside it, `tp_new`, is each type's own.
    yield "type_alloc", word(id(int) + layout.type_alloc), word(id(str) + layout.type_alloc)

    yield "sizeof_function", layout.sizeof_function, kind.__basicsize__
    at = id(function)
    yield "type", id(kind), word(at + layout.type)
    yield "function_globals", id(function.__globals__), word(at + layout.function_globals)
    yield "function_builtins", id(untyped.__builtins__), word(at + layout.function_builtins)
    yield "function_code", id(function.__code__), word(at + layout.function_code)
    yield "function_defaults", id(function.__defaults__), word(at + layout.function_defaults)
    yield "function_kwdefaults", id(function.__kwdefaults__), word(at + layout.function_kwdefaults)
    yield "function_closure", id(function.__closure__), word(at + layout.function_closure)
    yield "function_vectorcall", word(id(other) + layout.function_vectorcall), word(at + layout.function_vectorcall)

    items = [function, other, kind]
    yield "sizeof list", layout.list_allocated + layouts.SIZEOF_POINTER, list.__basicsize__
    yield "list size", 3, word(id(items) + layout.size)
    # The one pointer that is followed, so it is known for one first: what lies beside it is no address.
    yield "list_allocated", True, len(items) <= word(id(items) + layout.list_allocated) < 100
    yield "list_items", layout.list_allocated - layouts.SIZEOF_POINTER, layout.list_items
    yield "list_items", id(other), word(word(id(items) + layout.list_items) + layouts.SIZEOF_POINTER)
    fixed = (function, other)
    yield "sizeof tuple", layout.tuple_items, tuple.__basicsize__
    yield "tuple_items", id(other), word(id(fixed) + layout.tuple_items + layouts.SIZEOF_POINTER)

    yield "sizeof float", layout.float_value + 8, float.__basicsize__
    number = 1.0 / (len(items) + 4)
    yield "float_value", number, memory.double(id(number) + layout.float_value)
    yield from _int_readings(layout, len(items))

    room = bytearray(b"pyvorin")
    yield "sizeof bytearray", layout.bytearray_start + 16, bytearray.__basicsize__
    yield "bytearray_allocated", room.__alloc__(), word(id(room) + layout.bytearray_allocated)
    # Nothing was cut off in front, so what is in use begins where what was allocated does.
    yield "bytearray_start", word(id(room) + layout.bytearray_allocated + 8), word(id(room) + layout.bytearray_start)
    yield "sizeof bytes", layout.bytes_data + 1, bytes.__basicsize__
    octets = b"pv"
    yield "bytes_hash", hash(octets) % 2**64, word(id(octets) + layout.bytes_hash)
    yield "bytes_data", octets, memory.content(id(octets) + layout.bytes_data, 2)
    for text, data, start, kind_code, is_ascii in (
        ("pyvorin", b"pyvorin", layout.sizeof_ascii, 1, 1),
        ("\u0142a", b"\x42\x01a\x00", layout.sizeof_compact, 2, 0),
    ):
        yield "str size", start + len(data) + kind_code, str.__sizeof__(text)
        yield "str_length", len(text), word(id(text) + layout.str_length)
        yield "str_hash", hash(text) % 2**64, word(id(text) + layout.str_hash)
        # two bits "interned", then three of the kind, "compact", "ascii"
        state = half(id(text) + layout.str_state)
        yield "str_state", (kind_code, 1, is_ascii), (state >> 2 & 7, state >> 5 & 1, state >> 6 & 1)
        yield "str data", data, memory.content(id(text) + start, len(data))

    yield from _instance_readings(layout)

    table = {"a": 1}
    yield "sizeof dict", layout.dict_values + layouts.SIZEOF_POINTER, dict.__basicsize__
    before = word(id(table) + layout.dict_version)
    yield "dict_used", 1, word(id(table) + layout.dict_used)
    table["a"] = 2
    yield "dict_version", True, word(id(table) + layout.dict_version) != before
    yield from _table_readings(layout)
    # Methods of one type are described in one array (PyMethodDef: four words each).
    upper, lower = vars(str)["upper"], vars(str)["lower"]
    yield "sizeof_descriptor", layout.sizeof_descriptor, type(upper).__basicsize__
    at = word(id(upper) + layout.descriptor_method)
    apart = at - word(id(lower) + layout.descriptor_method)
    yield "descriptor_method", (True, 0), (0 < abs(apart) < 4096, apart % 32)
    yield "descriptor_method", b"upper", memory.content(word(at), 5)
    # Behind what all descriptors have, a slot's has two words: what it is called with, and the slot's function.
    over = type(iter(items))
    following = word(id(vars(over)["__next__"]) + layout.descriptor_method + layouts.SIZEOF_POINTER)
    yield "type_iternext", following, word(id(over) + layout.type_iternext)
    bound = items.append
    yield "builtin_self", id(items), word(id(bound) + layout.builtin_self)
    definition = word(id(vars(list)["append"]) + layout.descriptor_method)
    yield "builtin_definition", definition, word(id(bound) + layout.builtin_definition)
    yield "builtin_vectorcall", layout.builtin_vectorcall, word(id(type(len)) + layout.type_vectorcall_offset)


def _table_readings(layout: Layout) -> Iterator[tuple[str, object, object]]:
    """Of the tables of dicts and sets, and of iterators over them."""
    from pyvorin.host import memory

    word = memory.word
    table = {1: "a", 2: "b", 3: "c"}
    keys = word(id(table) + layout.dict_keys)
    # All empty dicts share one table.  That knows the field for an address before it is followed.
    shared = word(id({}) + layout.dict_keys)
    yield "dict_keys", True, 4096 < shared == word(id(dict()) + layout.dict_keys) != keys > 4096  # noqa: C408
    if layout.keys_size != layouts.ABSENT:
        yield "keys_size", 8, word(keys + layout.keys_size)
        indices = 8
    else:
        for name, value in (("keys_log_size", 3), ("keys_log_bytes", 3), ("keys_kind", 0)):
            yield name, value, memory.content(keys + getattr(layout, name), 1)[0]
        yield "keys_kind", 1, memory.content(word(id({"a": 1}) + layout.dict_keys) + layout.keys_kind, 1)[0]
        indices = 1 << 3
    yield "keys_entries", 3, word(keys + layout.keys_entries)
    yield "keys_indices", id(table[2]), word(keys + layout.keys_indices + indices + 24 + 16)

    some = {5, 6, 7, 8}
    some.discard(8)
    yield "set_fill", 4, word(id(some) + layout.set_fill)
    yield "set_used", 3, word(id(some) + layout.set_used)
    yield "set_mask", 7, word(id(some) + layout.set_mask)
    # A small set's table lies in the set itself.
    entries = word(id(some) + layout.set_table)
    yield "set_smalltable", entries, id(some) + layout.set_smalltable
    yield "sizeof set", layout.set_smalltable + 8 * 16 + 8, set.__basicsize__
    yield "set_table", True, word(entries + 16 * 5) in map(id, some)

    yield from _wrapper_readings(layout)
    for container, left, position in ((table, layout.dict_iterator_left, 1), (some, layout.set_iterator_left, 6)):
        iterator = iter(container)
        yield "sizeof iterator", left + 8, type(iterator).__basicsize__
        next(iterator)
        yield "iterator_container", id(container), word(id(iterator) + layout.iterator_container)
        yield "iterator_used", 3, word(id(iterator) + layout.iterator_used)
        yield "iterator_position", position, word(id(iterator) + layout.iterator_position)
        yield "iterator left", 2, word(id(iterator) + left)


def _wrapper_readings(layout: Layout) -> Iterator[tuple[str, object, object]]:
    """Iterators that ask others (`QUIET` of `compiler/lower/next_item.py`)."""
    import gc
    from itertools import islice, zip_longest

    from pyvorin.host import memory

    lines = iter(())
    sliced, numbered, both, longest = islice(lines, 1), enumerate(lines), zip(lines), zip_longest(lines)
    yield "slice_source", id(lines), memory.word(id(sliced) + layout.slice_source)
    yield "enumerate_source", id(lines), memory.word(id(numbered) + layout.enumerate_source)
    for name, several, offset in (("zip", both, layout.zip_sources), ("longest", longest, layout.longest_sources)):
        held = [id(one) for one in gc.get_referents(several) if type(one) is tuple and lines in one]
        yield f"{name}_sources", held, [memory.word(id(several) + offset)]
    try:
        import _csv
    except ImportError:
        return
    reader = _csv.reader(lines)
    yield "csv_input", id(lines), memory.word(id(reader) + layout.csv_input)


def _instance_readings(layout: Layout) -> Iterator[tuple[str, object, object]]:
    from pyvorin.host import classes, memory

    class Kept:
        def __init__(self) -> None:
            self.first, self.second = layout, "second"

    class Slotted:
        __slots__ = ("member", "other")
        member: object
        other: object

    word = memory.word
    kept, slotted = Kept(), Slotted()
    slotted.other, slotted.member = kept, layout
    # The descriptors of two members lie side by side: known for addresses before they are followed.
    one, other = vars(Slotted)["member"], vars(Slotted)["other"]
    apart = word(id(one) + layout.descriptor_member) - word(id(other) + layout.descriptor_member)
    yield "descriptor_member", SIZEOF_MEMBER, abs(apart)
    yield "type_dictoffset", Kept.__dictoffset__ % 2**64, word(id(Kept) + layout.type_dictoffset)
    seen, members = classes.look(Kept, layout), classes.look(Slotted, layout)
    yield "type_version", True, seen is not None and members is not None
    if seen is None or members is None:
        return
    # What lies there is known for addresses first, as it is followed.
    yield "type_keys", True, word(id(Kept) + layout.type_keys) > 4096
    yield "shared keys", [id("first"), id("second")], seen.shared_keys()
    yield "shared keys", 1, seen.place("second")
    place = members.place("member") - classes.MEMBER
    yield "member_offset", True, layout.size <= place < Slotted.__basicsize__
    yield "member_offset", id(layout), word(id(slotted) + place)
    made = word(id(object) + layout.type_new)
    yield "type_new", (True, False), (made == word(id(Kept) + layout.type_new), made == word(id(int) + layout.type_new))
    if layout.managed_dict != layouts.ABSENT and layout.version != (3, 12):
        # Nobody has asked for its `__dict__`.
        yield "managed_dict", 0, word(id(kept) + layout.managed_dict)
    if layout.gc_head != layouts.ABSENT:
        # The collector's list (PyGC_Head): what follows this object there has it for its predecessor.
        following = word(id(kept) + layout.gc_head)
        yield "gc_head", True, following > 4096
        yield "gc_head", id(kept) + layout.gc_head, word(following + 8) & -4
    first = _first_value(layout, id(kept), Kept)
    yield "values of attributes", True, first > 4096
    yield "values of attributes", id(kept.second), word(first + layouts.SIZEOF_POINTER)
    if layout.values_size != layouts.ABSENT:
        values = first - layout.inline_values if layout.version >= (3, 13) else first
        capacity = memory.content(values + layout.values_capacity, 1)[0]
        yield "values_size", b"\x02", memory.content(values + layout.values_size, 1)
        yield "values_capacity", True, capacity > 3
        # The order in which they came: backwards from the number of values, or (3.13) behind all that there is room for.
        order = first - 4 if layout.version < (3, 13) else first + capacity * layouts.SIZEOF_POINTER
        in_order = b"\x01\x00" if layout.version < (3, 13) else b"\x00\x01"
        yield "order of attributes", in_order, memory.content(order, 2)


def _first_value(layout: Layout, address: int, kind: type) -> int:
    """The address of the values of an object, as `compiler/emit/runtime/attributes.py` finds it."""
    from pyvorin.host import memory

    if layout.version == (3, 11):
        return memory.word(address + layout.managed_values)
    if layout.version == (3, 12):
        return memory.word(address + layout.managed_dict) + 1
    if layout.version >= (3, 13):
        valid = memory.content(address + kind.__basicsize__ + layout.inline_valid, 1)
        return address + kind.__basicsize__ + layout.inline_values if valid == b"\x01" else 0
    found = memory.word(address + kind.__dictoffset__)
    return memory.word(found + layout.dict_values) if found else 0


def _array_readings(layout: Layout) -> Iterator[tuple[str, object, object]]:
    from array import array

    from pyvorin.host import memory

    doubles, others, numbers = array("d", (1.5,)), array("d"), array("q", (1,))
    yield "sizeof_array", layout.sizeof_array, array.__basicsize__
    yield "array size", 1, memory.word(id(doubles) + layout.size)
    yield "array_items", doubles.buffer_info()[0], memory.word(id(doubles) + layout.array_items)
    with memoryview(doubles), memoryview(doubles):
        yield "array_exports", 2, memory.word(id(doubles) + layout.array_exports)
    yield "array_exports", 0, memory.word(id(doubles) + layout.array_exports)
    # One descriptor for each type code, which its first byte is.  Known for an address before it is followed.
    descriptor = memory.word(id(doubles) + layout.array_descr)
    yield "array_descr", descriptor, memory.word(id(others) + layout.array_descr)
    yield "array_descr", True, 4096 < descriptor != memory.word(id(numbers) + layout.array_descr)
    yield "array type code", b"d", memory.content(descriptor, 1)


def _int_readings(layout: Layout, three: int) -> Iterator[tuple[str, object, object]]:
    from pyvorin.host import memory

    big = -(1 << 30) - three  # two digits, negative
    yield "sizeof int", layout.int_digits, int.__basicsize__
    if layout.int_size != layouts.ABSENT:
        yield "int_size", 2**64 - 2, memory.word(id(big) + layout.int_size)
    else:
        yield "int_tag", 2 << 3 | 2, memory.word(id(big) + layout.int_tag)
    yield "int_digits", 1 << 32 | three, memory.word(id(big) + layout.int_digits)
