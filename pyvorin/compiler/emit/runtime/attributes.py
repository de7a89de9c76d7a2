"""Where an object keeps the values of its attributes, by version of CPython.

A place (the slot `attribute`) is the index of the attribute among the keys that the instances of a class share, or, if it lies
in a slot of the object (`__slots__`), the offset there with the bit MEMBER; or less than zero: the host knows none, or
instances have too many attributes, or got this one too late, to keep it in any other place than a dict of their own.

3.10: a dict of its own, which shares the keys as long as it has values apart from them.  3.11, 3.12: an array of values,
until somebody asks for `__dict__`.  3.13: values behind the object, which a dict may share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import dicts, keys
from pyvorin.compiler.emit.unit import Unit

MEMBER = 1 << 32
NOWHERE, UNKNOWN, IN_DICT = -1, -2, -3
"""As in `host/classes.py`."""
_INLINE_VALUES, _MANAGED_DICT = 1 << 2, 1 << 4
"""Py_TPFLAGS_INLINE_VALUES (3.13), Py_TPFLAGS_MANAGED_DICT."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attribute of an object: its place and its name, an object.

    slot: the address of the word that has the place, compared: of that which says that all is known of the class.
    """

    obj: str
    index: str
    name: str
    slot: str
    compared: str


WANTED = "ptr %obj, i64 %index, ptr %name, ptr %slot, ptr %compared"
WANTED_TYPES = "ptr, i64, ptr, ptr, ptr"
GIVEN = ("%obj", "%index", "%name", "%slot", "%compared")


def given(wanted: Wanted) -> tuple[str, ...]:
    return wanted.obj, wanted.index, wanted.name, wanted.slot, wanted.compared


def place(emit: Emitter, obj: str, index: str) -> str:
    """The address of the word that holds the attribute's value, null if the object is not one like others of its class."""
    return emit.call_helper("pv_place", _write, "ptr (ptr, i64)", obj, index)


def value(emit: Emitter, wanted: Wanted) -> str:
    """The attribute's value, borrowed from the object; null if it has none, or in another place."""
    return emit.call_helper("pv_attribute", _write_value, f"ptr ({WANTED_TYPES})", *given(wanted))


def _write_value(unit: Unit) -> str:
    emit = Emitter(unit, "ptr")
    there = emit.new_label("there")
    _give_place(emit, lambda at: emit.do(f"ret ptr {emit.load('ptr', at, 0, 'element')}"))
    emit.begin("none")
    at = search(emit)
    emit.branch(emit.op(f"icmp eq ptr {at}, null"), "lacking", there)
    emit.begin(there)
    emit.do(f"ret ptr {emit.load('ptr', at, 0, 'element')}")
    emit.begin("lacking")
    emit.do("ret ptr null")
    return emit.finish(f"define internal ptr @pv_attribute({WANTED}) alwaysinline nounwind")


def search(emit: Emitter) -> str:
    """Where an object has the attribute that has no values in the order of the shared keys; null if it lacks it."""
    return emit.call_helper("pv_search_attribute", _write_search, f"ptr ({WANTED_TYPES})", *GIVEN)


def _write_search(unit: Unit) -> str:
    emit = Emitter(unit, "ptr")
    possible, search, values, look = (emit.new_label(name) for name in ("possible", "search", "values", "look"))
    emit.branch(emit.op(f"icmp eq i64 %index, {NOWHERE}"), "none", possible)
    emit.begin(possible)
    found = own_dict(emit, values)
    emit.branch(emit.op(f"icmp eq ptr {found}, null"), "none", search)
    emit.begin(search)
    if unit.python >= (3, 11):
        _try_shared(emit, found)
        _try_identical(emit, found)
    hash_ = emit.call_helper("pv_hash_str", keys.write_hash_str, "i64 (ptr)", "%name")
    at = emit.call_helper("pv_dict_find_str", dicts.write_find("str"), "ptr (ptr, ptr, i64)", found, "%name", hash_)
    is_found, some = emit.new_label("found"), emit.new_label("some")
    emit.branch(emit.op(f"icmp eq ptr {at}, {dicts.FOREIGN}"), "none", some)
    emit.begin(some)
    emit.branch(emit.op(f"icmp eq ptr {at}, null"), "none", is_found)
    emit.begin(is_found)
    emit.do(f"ret ptr {at}")
    emit.begin(values)
    emit.branch(emit.op(f"icmp eq i64 %index, {IN_DICT}"), look, "none")
    emit.begin(look)
    emit.store("i64", str(UNKNOWN), "%slot", 0, "slot")
    emit.store("i64", "0", "%compared", 0, "slot")
    emit.jump("none")
    emit.begin("none")
    emit.do("ret ptr null")
    return emit.finish(f"define internal ptr @pv_search_attribute({WANTED}) noinline nounwind")


def _try_shared(emit: Emitter, found: str) -> None:
    """Return the address if the dict, which somebody has asked for, still shares its keys with the class."""
    layout = emit.layout
    split, same, other = emit.new_label("split"), emit.new_label("same"), emit.new_label("unshared")
    values = emit.load("ptr", found, layout.dict_values, "items")
    is_place = emit.op(f"icmp ult i64 %index, {MEMBER}")
    emit.branch(emit.op(f"and i1 {is_place}, {emit.op(f'icmp ne ptr {values}, null')}"), split, other)
    emit.begin(split)
    own = emit.load("ptr", found, layout.dict_keys, "items")
    shared = emit.load("ptr", emit.type_of("%obj"), layout.type_keys, "items")
    emit.branch(emit.op(f"icmp eq ptr {own}, {shared}"), same, other)
    emit.begin(same)
    first = emit.address(values, layout.inline_values) if emit.unit.python >= (3, 13) else values
    emit.do(f"ret ptr {emit.op(f'getelementptr ptr, ptr {first}, i64 %index')}")
    emit.begin(other)


def _try_identical(emit: Emitter, found: str) -> None:
    """Return the address if the name is in the dict as the very object by which the program's code calls it, as it mostly is."""
    right, other = emit.new_label("right"), emit.new_label("other")
    at = emit.call_helper("pv_dict_find_identical", dicts.write_find_identical, "ptr (ptr, ptr)", found, "%name")
    emit.branch(emit.op(f"icmp ne ptr {at}, null"), right, other)
    emit.begin(right)
    emit.do(f"ret ptr {at}")
    emit.begin(other)


def own_dict(emit: Emitter, values: str) -> str:
    """The dict that the object has made for its attributes; goes to *values* where it keeps them without one."""
    layout, own = emit.layout, emit.new_label("own")
    if emit.unit.python < (3, 11):
        at = emit.load("i64", emit.type_of("%obj"), layout.type_dictoffset, "type")
        emit.branch(emit.op(f"icmp sgt i64 {at}, 0"), own, values)
        emit.begin(own)
        return emit.load("ptr", emit.address("%obj", at), 0, "items")
    flags = emit.load("i64", emit.type_of("%obj"), layout.type_flags, "type")
    has_dict = emit.new_label("managed")
    emit.branch(emit.op(f"icmp ne i64 {emit.op(f'and i64 {flags}, {_MANAGED_DICT}')}, 0"), has_dict, values)
    emit.begin(has_dict)
    if emit.unit.python == (3, 11):
        kept = emit.op(f"icmp ne ptr {emit.load('ptr', '%obj', layout.managed_values, 'items')}, null")
    elif emit.unit.python == (3, 12):
        kept = emit.op(f"trunc i64 {emit.load('i64', '%obj', layout.managed_dict, 'items')} to i1")
    else:
        kept = emit.op(f"icmp eq ptr {emit.load('ptr', '%obj', layout.managed_dict, 'items')}, null")
    emit.branch(kept, values, own)
    emit.begin(own)
    return emit.load("ptr", "%obj", layout.managed_dict, "items")


def compared(name: str) -> str:
    """The word with the class's version when all that is to be known of it was (`lower/assumptions.py`)."""
    return f"0 class {name}"


def keys_known(emit: Emitter, kind: str, seen: str) -> str:
    """Whether the keys that the instances of the class share are only those that the host has seen, *seen* of them.

    Keys are only ever added.  A *seen* of -1 says that the instances have no dict at all.
    """
    return emit.call_helper("pv_keys_known", _write_keys_known, "i1 (ptr, i64)", kind, seen)


def _write_keys_known(unit: Unit) -> str:
    emit = Emitter(unit, "i1")
    some, there = emit.new_label("some"), emit.new_label("there")
    emit.branch(emit.op("icmp eq i64 %seen, -1"), "all", some)
    emit.begin("all")
    emit.do("ret i1 true")
    emit.begin(some)
    keys = emit.load("ptr", "%kind", unit.layout.type_keys, "items")
    emit.branch(emit.op(f"icmp ne ptr {keys}, null"), there, "nothing")
    emit.begin(there)
    used = emit.load("i64", keys, unit.layout.keys_used, "items")
    emit.do(f"ret i1 {emit.op(f'icmp eq i64 {used}, %seen')}")
    emit.begin("nothing")
    emit.do(f"ret i1 {emit.op('icmp eq i64 %seen, 0')}")
    return emit.finish("define internal i1 @pv_keys_known(ptr %kind, i64 %seen) alwaysinline nounwind")


def lacks(emit: Emitter, obj: str, name: str, seen: str) -> str:
    """Whether the object has no attribute of this name, which is not among the keys that the host has seen, *seen* of them.

    An object that shares the keys has no others; where it has a dict of its own, that is asked.
    """
    return emit.call_helper("pv_lacks_attribute", _write_lacks, "i1 (ptr, ptr, i64)", obj, name, seen)


def has_none(emit: Emitter, obj: str) -> str:
    """Whether the object has no attributes at all, in whatever way it would keep them; members of slots aside."""
    return emit.call_helper("pv_has_no_attributes", _write_has_none, "i1 (ptr)", obj)


def _write_has_none(unit: Unit) -> str:
    emit, layout = Emitter(unit, "i1"), unit.layout
    found_label, empty = emit.new_label("dict"), emit.new_label("empty")
    kind = emit.type_of("%obj")
    at = emit.load("i64", kind, layout.type_dictoffset, "type")
    some = emit.new_label("some")
    emit.branch(emit.op(f"icmp eq i64 {at}, 0"), "yes", some)
    emit.begin(some)
    if unit.python < (3, 11):
        positive = emit.new_label("positive")
        emit.branch(emit.op(f"icmp sgt i64 {at}, 0"), positive, "no")
        emit.begin(positive)
        found = emit.load("ptr", emit.address("%obj", at), 0, "items")
        emit.jump(found_label)
    else:
        managed = emit.new_label("managed")
        flags = emit.load("i64", kind, layout.type_flags, "type")
        wanted = _MANAGED_DICT | _INLINE_VALUES if unit.python >= (3, 13) else _MANAGED_DICT
        emit.branch(emit.op(f"icmp eq i64 {emit.op(f'and i64 {flags}, {wanted}')}, {_MANAGED_DICT}"), managed, "no")
        emit.begin(managed)
        if unit.python == (3, 11):
            values = emit.load("ptr", "%obj", layout.managed_values, "items")
            is_kept = emit.op(f"icmp ne ptr {values}, null")
        elif unit.python == (3, 12):
            tagged = emit.load("i64", "%obj", layout.managed_dict, "items")
            values = emit.op(f"inttoptr i64 {emit.op(f'add i64 {tagged}, 1')} to ptr")
            is_kept = emit.op(f"trunc i64 {tagged} to i1")
        if unit.python < (3, 13):
            kept, apart = emit.new_label("kept"), emit.new_label("apart")
            emit.branch(is_kept, kept, apart)
            emit.begin(kept)
            size = emit.load("i8", values, layout.values_size, "items")
            emit.branch(emit.op(f"icmp eq i8 {size}, 0"), "yes", "no")
            emit.begin(apart)
        found = emit.load("ptr", "%obj", layout.managed_dict, "items")
        emit.jump(found_label)
    emit.begin(found_label)
    emit.branch(emit.op(f"icmp eq ptr {found}, null"), "yes", empty)
    emit.begin(empty)
    used = emit.load("i64", found, layout.dict_used, "items")
    emit.do(f"ret i1 {emit.op(f'icmp eq i64 {used}, 0')}")
    emit.begin("yes")
    emit.do("ret i1 true")
    emit.begin("no")
    emit.do("ret i1 false")
    return emit.finish("define internal i1 @pv_has_no_attributes(ptr %obj) nounwind")


def _write_lacks(unit: Unit) -> str:
    emit = Emitter(unit, "i1")
    some = emit.new_label("some")
    emit.branch(emit.op("icmp eq i64 %seen, -1"), "fine", some)
    emit.begin(some)
    if unit.python < (3, 11):
        look = emit.new_label("look")
        at = emit.load("i64", emit.type_of("%obj"), unit.layout.type_dictoffset, "type")
        found = emit.load("ptr", emit.address("%obj", at), 0, "items")
        emit.branch(emit.op(f"icmp eq ptr {found}, null"), "fine", look)
        emit.begin(look)
    if unit.python >= (3, 13):
        # An instance of a class that derives from a builtin one has no room for values.
        inline = emit.new_label("inline")
        flags = emit.load("i64", emit.type_of("%obj"), unit.layout.type_flags, "type")
        emit.branch(emit.op(f"icmp ne i64 {emit.op(f'and i64 {flags}, {_INLINE_VALUES}')}, 0"), inline, "none")
        emit.begin(inline)
    _values(emit)
    emit.jump("fine")
    emit.begin("fine")
    emit.do("ret i1 true")
    emit.begin("none")
    emit.do(f"ret i1 {emit.call_helper('pv_lacks_in_dict', _write_lacks_in_dict, 'i1 (ptr, ptr)', '%obj', '%name')}")
    return emit.finish("define internal i1 @pv_lacks_attribute(ptr %obj, ptr %name, i64 %seen) alwaysinline nounwind")


def _write_lacks_in_dict(unit: Unit) -> str:
    emit = Emitter(unit, "i1")
    search, other, values = emit.new_label("search"), emit.new_label("other"), emit.new_label("values")
    found = own_dict(emit, values)
    # Without a dict, nor a place for values that a builtin class's `__new__` would have made, it has no attributes.
    emit.branch(emit.op(f"icmp eq ptr {found}, null"), "yes", search)
    emit.begin(values)
    if unit.python >= (3, 13):
        flags = emit.load("i64", emit.type_of("%obj"), unit.layout.type_flags, "type")
        wanted = emit.op(f"and i64 {flags}, {_MANAGED_DICT | _INLINE_VALUES}")
        emit.branch(emit.op(f"icmp eq i64 {wanted}, {_MANAGED_DICT}"), "yes", "no")
    else:
        emit.jump("no")
    emit.begin(search)
    keys_ = emit.load("ptr", found, unit.layout.dict_keys, "items")
    shared = emit.load("ptr", emit.type_of("%obj"), unit.layout.type_keys, "items")
    emit.branch(emit.op(f"icmp eq ptr {keys_}, {shared}"), "yes", other)
    emit.begin(other)
    hash_ = emit.call_helper("pv_hash_str", keys.write_hash_str, "i64 (ptr)", "%name")
    at = emit.call_helper("pv_dict_find_str", dicts.write_find("str"), "ptr (ptr, ptr, i64)", found, "%name", hash_)
    emit.do(f"ret i1 {emit.op(f'icmp eq ptr {at}, null')}")
    emit.begin("yes")
    emit.do("ret i1 true")
    emit.begin("no")
    emit.do("ret i1 false")
    return emit.finish("define internal i1 @pv_lacks_in_dict(ptr %obj, ptr %name) noinline nounwind")


def _write(unit: Unit) -> str:
    emit = Emitter(unit, "ptr")
    _give_place(emit, lambda at: emit.do(f"ret ptr {at}"))
    emit.begin("none")
    emit.do("ret ptr null")
    return emit.finish("define internal ptr @pv_place(ptr %obj, i64 %index) alwaysinline nounwind")


def _give_place(emit: Emitter, give: Callable[[str], None]) -> None:
    """Give the address, once as a member's and once as a value's; goes to `none` if the object is not one like others of its
    class.  *give* ends the block."""
    values, other, member = emit.new_label("values"), emit.new_label("other"), emit.new_label("member")
    # One comparison for what is neither a member nor unknown.
    emit.branch(emit.op(f"icmp ult i64 %index, {MEMBER}"), values, other)
    emit.begin(other)
    emit.branch(emit.op("icmp slt i64 %index, 0"), "none", member, unlikely=True)
    emit.begin(member)
    give(emit.address("%obj", emit.op(f"sub i64 %index, {MEMBER}")))
    emit.begin(values)
    first = _values(emit)
    give(emit.op(f"getelementptr ptr, ptr {first}, i64 %index"))


def _values(emit: Emitter) -> str:
    """The address of the values in the order of the shared keys; goes to `none` where there is no such thing."""
    layout = emit.layout
    if emit.unit.python == (3, 11):
        values = emit.load("ptr", "%obj", layout.managed_values, "items")
        _require(emit, emit.op(f"icmp ne ptr {values}, null"))
        return values
    if emit.unit.python == (3, 12):
        tagged = emit.load("i64", "%obj", layout.managed_dict, "items")
        _require(emit, emit.op(f"trunc i64 {tagged} to i1"))
        return emit.op(f"inttoptr i64 {emit.op(f'add i64 {tagged}, 1')} to ptr")
    if emit.unit.python >= (3, 13):
        kind = emit.type_of("%obj")
        size = emit.load("i64", kind, layout.type_basicsize, "type")
        behind = emit.address("%obj", size)
        valid = emit.load("i8", behind, layout.inline_valid, "items")
        _require(emit, emit.op(f"icmp ne i8 {valid}, 0"))
        return emit.address(behind, layout.inline_values)
    kind = emit.type_of("%obj")
    at = emit.load("i64", kind, layout.type_dictoffset, "type")
    found = emit.load("ptr", emit.address("%obj", at), 0, "items")
    _require(emit, emit.op(f"icmp ne ptr {found}, null"))
    keys = emit.load("ptr", found, layout.dict_keys, "items")
    shared = emit.load("ptr", kind, layout.type_keys, "items")
    _require(emit, emit.op(f"icmp eq ptr {keys}, {shared}"))
    values = emit.load("ptr", found, layout.dict_values, "items")
    _require(emit, emit.op(f"icmp ne ptr {values}, null"))
    return values


def _require(emit: Emitter, condition: str) -> None:
    following = emit.new_label("ok")
    emit.branch(emit.op(f"xor i1 {condition}, true"), "none", following, unlikely=True)
    emit.begin(following)
