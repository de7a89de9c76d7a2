"""Where an object keeps the values of its attributes, by version of CPython.

A place (the slot `attribute`) is the index of the attribute among the keys that the instances of a class share, or, if it lies
in a slot of the object (`__slots__`), the offset there with the bit MEMBER; or less than zero: the host knows none, or
instances have too many attributes, or got this one too late, to keep it in any other place than a dict of their own.

3.10: a dict of its own, which shares the keys as long as it has values apart from them.  3.11, 3.12: an array of values,
until somebody asks for `__dict__`.  3.13: values behind the object, which a dict may share.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import dicts, keys, numbers
from pyvorin.compiler.emit.unit import Unit
from pyvorin.types.spec import Type

MEMBER = 1 << 32
NOWHERE, UNKNOWN, IN_DICT = -1, -2, -3
"""As in `host/classes.py`.  Less than IN_DICT by as many entries as lay in front of the attribute's in the dict of an object."""
_UNICODE = 1
"""The kind of keys that are all exact strs, and of which each has its value beside it (DICT_KEYS_UNICODE)."""
_MANAGED_DICT = 1 << 4
"""Py_TPFLAGS_MANAGED_DICT."""
_HAS_GC = 1 << 14
"""Py_TPFLAGS_HAVE_GC (object.h)."""


def place(emit: Emitter, obj: str, index: str) -> str:
    """The address of the word that holds the attribute's value, null if the object is not one like others of its class."""
    return emit.call_helper("pv_place", _write, "ptr (ptr, i64)", obj, index)


def find(emit: Emitter, obj: str, index: str, name: str, slot: str, compared: str) -> str:
    """The address of the word that holds the attribute's value, also if that is in a dict of the object's own; null if not.

    name: the attribute's, an object.  slot: the address of the word that has the index, compared: of that which says that all is
    known of the class.  Where an object has the attribute in another place than a dict, the host is made to look again.
    """
    signature = "ptr (ptr, i64, ptr, ptr, ptr)"
    return emit.call_helper("pv_find_attribute", _write_find, signature, obj, index, name, slot, compared)


def _write_find(unit: Unit) -> str:
    emit = Emitter(unit, "ptr")
    there, elsewhere = emit.new_label("there"), emit.new_label("elsewhere")
    at = emit.call_helper("pv_place", _write, "ptr (ptr, i64)", "%obj", "%index")
    emit.branch(emit.op(f"icmp ne ptr {at}, null"), there, elsewhere)
    emit.begin(there)
    emit.do(f"ret ptr {at}")
    emit.begin(elsewhere)
    searched = emit.call_helper("pv_search_attribute", _write_search, "ptr (ptr, i64, ptr, ptr, ptr)", *_FOUND_BY)
    emit.do(f"ret ptr {searched}")
    return emit.finish(
        "define internal ptr @pv_find_attribute(ptr %obj, i64 %index, ptr %name, ptr %slot, ptr %compared) "
        "alwaysinline nounwind"
    )


_FOUND_BY = ("%obj", "%index", "%name", "%slot", "%compared")


def _write_search(unit: Unit) -> str:
    emit = Emitter(unit, "ptr")
    possible, search, values, look = (emit.new_label(name) for name in ("possible", "search", "values", "look"))
    emit.branch(emit.op(f"icmp eq i64 %index, {NOWHERE}"), "none", possible)
    emit.begin(possible)
    found = _own_dict(emit, values)
    emit.branch(emit.op(f"icmp eq ptr {found}, null"), "none", search)
    emit.begin(search)
    if unit.python >= (3, 11):
        _try_entry(emit, found)
    hash_ = emit.call_helper("pv_hash_str", keys.write_hash_str, "i64 (ptr)", "%name")
    at = emit.call_helper("pv_dict_find_str", dicts.write_find("str"), "ptr (ptr, ptr, i64)", found, "%name", hash_)
    is_found, some = emit.new_label("found"), emit.new_label("some")
    emit.branch(emit.op(f"icmp eq ptr {at}, {dicts.FOREIGN}"), "none", some)
    emit.begin(some)
    emit.branch(emit.op(f"icmp eq ptr {at}, null"), "none", is_found)
    emit.begin(is_found)
    if unit.python >= (3, 11):
        _remember_entry(emit, found, at)
    emit.do(f"ret ptr {at}")
    emit.begin(values)
    emit.branch(emit.op(f"icmp sle i64 %index, {IN_DICT}"), look, "none")
    emit.begin(look)
    emit.store("i64", str(UNKNOWN), "%slot", 0, "slot")
    emit.store("i64", "0", "%compared", 0, "slot")
    emit.jump("none")
    emit.begin("none")
    emit.do("ret ptr null")
    return emit.finish(
        "define internal ptr @pv_search_attribute(ptr %obj, i64 %index, ptr %name, ptr %slot, ptr %compared) noinline nounwind"
    )


def _entries(emit: Emitter, found: str) -> tuple[str, str]:
    """The keys of a dict and the first of their entries."""
    layout = emit.layout
    table = emit.load("ptr", found, layout.dict_keys, "items")
    log = emit.load("i8", table, layout.keys_log_bytes, "items")
    size = emit.op(f"shl i64 1, {emit.op(f'zext i8 {log} to i64')}")
    return table, emit.address(emit.address(table, layout.keys_indices), size)


def _try_entry(emit: Emitter, found: str) -> None:
    """Return the address if the attribute is the entry that it was in another object's dict."""
    layout = emit.layout
    strs, inside, right, other = (emit.new_label(name) for name in ("strs", "inside", "right", "other"))
    table, entries = _entries(emit, found)
    kind = emit.load("i8", table, layout.keys_kind, "items")
    emit.branch(emit.op(f"icmp eq i8 {kind}, {_UNICODE}"), strs, other)
    emit.begin(strs)
    at = emit.op(f"sub i64 {IN_DICT}, %index")
    used = emit.load("i64", table, layout.keys_used, "items")
    emit.branch(emit.op(f"icmp ult i64 {at}, {used}"), inside, other)
    emit.begin(inside)
    entry = emit.address(entries, emit.op(f"mul i64 {at}, {layout.sizeof_shared_entry}"))
    emit.branch(emit.op(f"icmp eq ptr {emit.load('ptr', entry, 0, 'items')}, %name"), right, other)
    emit.begin(right)
    emit.do(f"ret ptr {emit.address(entry, 8)}")
    emit.begin(other)


def _remember_entry(emit: Emitter, found: str, value: str) -> None:
    """Note which entry it is, for the next object of the class, if the attribute is always in dicts."""
    layout = emit.layout
    note, done, strs = emit.new_label("note"), emit.new_label("noted"), emit.new_label("strs")
    table, entries = _entries(emit, found)
    kind = emit.load("i8", table, layout.keys_kind, "items")
    emit.branch(emit.op(f"icmp eq i8 {kind}, {_UNICODE}"), strs, done)
    emit.begin(strs)
    emit.branch(emit.op(f"icmp sle i64 %index, {IN_DICT}"), note, done)
    emit.begin(note)
    distance = emit.op(
        f"sub i64 {emit.op(f'ptrtoint ptr {value} to i64')}, {emit.op(f'ptrtoint ptr {entries} to i64')}"
    )
    at = emit.op(f"sdiv i64 {distance}, {layout.sizeof_shared_entry}")
    emit.store("i64", emit.op(f"sub i64 {IN_DICT}, {at}"), "%slot", 0, "slot")
    emit.jump(done)
    emit.begin(done)


def _own_dict(emit: Emitter, values: str) -> str:
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


def store(emit: Emitter, obj: str, index: str, name: str, value: str) -> str:
    """Store a new reference to the value into the attribute; a status that is not 0 if there is no memory for it.

    The new value is in place before the old one is given back, which may run any code.
    """
    return emit.call_helper("pv_store_attribute", _write_store, "i32 (ptr, i64, ptr, ptr)", obj, index, name, value)


def store_number(emit: Emitter, kind: numbers.Kind, ty: Type, obj: str, index: str, name: str, value: str) -> str:
    """As `store`, of a number; the old one takes the value if nobody else refers to it."""

    def write(unit: Unit) -> str:
        return _write_store_number(unit, kind, ty)

    signature = f"i32 (ptr, i64, ptr, {kind.llvm})"
    return emit.call_helper(f"pv_store_{ty}_attribute", write, signature, obj, index, name, value)


def _write_store_number(unit: Unit, kind: numbers.Kind, ty: Type) -> str:
    from pyvorin.compiler.primitives.objects import boxed_or_null

    emit = Emitter(unit, "i32")
    to, _ = _begin_store(emit)
    emit.do(f"ret i32 {emit.call_helper(kind.helper, kind.write, f'i32 (ptr, {kind.llvm})', to, '%value')}")
    emit.begin("first")
    made, failed = emit.new_label("made"), emit.new_label("failed")
    obj = boxed_or_null(emit, "%value", ty)
    emit.branch(emit.op(f"icmp eq ptr {obj}, null"), failed, made, unlikely=True)
    emit.begin(made)
    status = _store_first(emit, obj, to)
    emit.decref(obj)
    emit.do(f"ret i32 {status}")
    emit.begin(failed)
    emit.do("ret i32 -1")
    return emit.finish(
        f"define internal i32 @pv_store_{ty}_attribute(ptr %obj, i64 %index, ptr %name, {kind.llvm} %value) nounwind"
    )


def _write_store(unit: Unit) -> str:
    emit = Emitter(unit, "i32")
    to, old = _begin_store(emit)
    if unit.python < (3, 11):
        _keep_tracked(emit)
    emit.incref("%value")
    emit.store("ptr", "%value", to, 0, "element")
    emit.decref(old)
    emit.do("ret i32 0")
    emit.begin("first")
    emit.do(f"ret i32 {_store_first(emit, '%value', to)}")
    return emit.finish(
        "define internal i32 @pv_store_attribute(ptr %obj, i64 %index, ptr %name, ptr %value) alwaysinline nounwind"
    )


def _begin_store(emit: Emitter) -> tuple[str, str]:
    """The attribute's address, and its value; goes to `first` where there is none, or more is to be done than to replace it."""
    there, full = emit.new_label("there"), emit.new_label("full")
    to = emit.call_helper("pv_place", _write, "ptr (ptr, i64)", "%obj", "%index")
    emit.branch(emit.op(f"icmp eq ptr {to}, null"), "first", there, unlikely=True)
    emit.begin(there)
    old = emit.load("ptr", to, 0, "element")
    emit.branch(emit.op(f"icmp eq ptr {old}, null"), "first", full)
    emit.begin(full)
    if emit.unit.python >= (3, 13):
        # A dict that shares the values wants to be told.
        shared, alone = emit.new_label("shared"), emit.new_label("alone")
        emit.branch(emit.op(f"icmp uge i64 %index, {MEMBER}"), alone, shared)
        emit.begin(shared)
        found = emit.load("ptr", "%obj", emit.layout.managed_dict, "items")
        emit.branch(emit.op(f"icmp eq ptr {found}, null"), alone, "first")
        emit.begin(alone)
    return to, old


def _store_first(emit: Emitter, value: str, to: str) -> str:
    """Store where no value is yet, or where only CPython knows how: 0, or -1 with an exception set."""
    return emit.call_helper(
        "pv_store_first", _write_store_first, "i32 (ptr, i64, ptr, ptr, ptr)", "%obj", "%index", "%name", value, to
    )


def _write_store_first(unit: Unit) -> str:
    """The values of an object know the order in which they came: one byte each, in front of the values, after how many
    they are, or (3.13) behind all values (`_PyDictValues_AddToInsertionOrder`, pycore_dict.h)."""
    emit = Emitter(unit, "i32")
    if unit.python >= (3, 11):
        known, empty, plain, ordered = (emit.new_label(name) for name in ("known", "empty", "plain", "ordered"))
        emit.branch(emit.op("icmp eq ptr %to, null"), "slow", known)
        emit.begin(known)
        old = emit.load("ptr", "%to", 0, "element")
        emit.branch(emit.op(f"icmp eq ptr {old}, null"), empty, "slow")
        emit.begin(empty)
        emit.branch(emit.op(f"icmp uge i64 %index, {MEMBER}"), plain, ordered)
        emit.begin(ordered)
        if unit.python >= (3, 13):
            alone = emit.new_label("alone")
            found = emit.load("ptr", "%obj", unit.layout.managed_dict, "items")
            emit.branch(emit.op(f"icmp eq ptr {found}, null"), alone, "slow")
            emit.begin(alone)
        _append_to_order(emit, plain)
        emit.begin(plain)
        emit.incref("%value")
        emit.store("ptr", "%value", "%to", 0, "element")
        emit.do("ret i32 0")
        emit.begin("slow")
    emit.do(f"ret i32 {emit.call('PyObject_GenericSetAttr', 'i32 (ptr, ptr, ptr)', '%obj', '%name', '%value')}")
    return emit.finish(
        "define internal i32 @pv_store_first(ptr %obj, i64 %index, ptr %name, ptr %value, ptr %to) nounwind"
    )


def _append_to_order(emit: Emitter, done: str) -> None:
    layout = emit.layout
    first = emit.op(f"getelementptr ptr, ptr %to, i64 {emit.op('sub i64 0, %index')}")
    room = emit.new_label("room")
    index = emit.op("trunc i64 %index to i8")
    if emit.unit.python >= (3, 13):
        values = emit.address(first, -layout.inline_values)
        capacity = emit.load("i8", values, layout.values_capacity, "items")
        size = emit.load("i8", values, layout.values_size, "items")
        emit.branch(emit.op(f"icmp ult i8 {size}, {capacity}"), room, "slow")
        emit.begin(room)
        order = emit.op(f"getelementptr ptr, ptr {first}, i64 {emit.op(f'zext i8 {capacity} to i64')}")
        emit.store("i8", index, emit.address(order, emit.op(f"zext i8 {size} to i64")), 0, "items")
        emit.store("i8", emit.op(f"add i8 {size}, 1"), values, layout.values_size, "items")
    else:
        prefix = emit.load("i8", first, layout.values_capacity, "items")
        size = emit.load("i8", first, layout.values_size, "items")
        more = emit.op(f"add i8 {size}, 1")
        # The prefix has room for both of these bytes, too.
        emit.branch(emit.op(f"icmp ult i8 {emit.op(f'add i8 {size}, 2')}, {prefix}"), room, "slow")
        emit.begin(room)
        back = emit.op(f"sub i64 {layout.values_size}, {emit.op(f'zext i8 {more} to i64')}")
        emit.store("i8", index, emit.address(first, back), 0, "items")
        emit.store("i8", more, first, layout.values_size, "items")
    emit.jump(done)


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
    emit.branch(emit.op(f"icmp ne ptr {keys}, null"), there, "none")
    emit.begin(there)
    used = emit.load("i64", keys, unit.layout.keys_used, "items")
    emit.do(f"ret i1 {emit.op(f'icmp eq i64 {used}, %seen')}")
    emit.begin("none")
    emit.do("ret i1 false")
    return emit.finish("define internal i1 @pv_keys_known(ptr %kind, i64 %seen) alwaysinline nounwind")


def lacks(emit: Emitter, obj: str, name: str, seen: str) -> str:
    """Whether the object has no attribute of this name, which is not among the keys that the host has seen, *seen* of them.

    An object that shares the keys has no others; where it has a dict of its own, that is asked.
    """
    return emit.call_helper("pv_lacks_attribute", _write_lacks, "i1 (ptr, ptr, i64)", obj, name, seen)


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
    _values(emit)
    emit.jump("fine")
    emit.begin("fine")
    emit.do("ret i1 true")
    emit.begin("none")
    emit.do(f"ret i1 {emit.call_helper('pv_lacks_in_dict', _write_lacks_in_dict, 'i1 (ptr, ptr)', '%obj', '%name')}")
    return emit.finish("define internal i1 @pv_lacks_attribute(ptr %obj, ptr %name, i64 %seen) alwaysinline nounwind")


def _write_lacks_in_dict(unit: Unit) -> str:
    emit = Emitter(unit, "i1")
    search, other = emit.new_label("search"), emit.new_label("other")
    found = _own_dict(emit, "no")
    emit.branch(emit.op(f"icmp eq ptr {found}, null"), "no", search)
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


def _keep_tracked(emit: Emitter) -> None:
    """A dict that holds nothing but atoms is unknown to the garbage collector until it does (dictobject.c, MAINTAIN_TRACKING)."""
    layout = emit.layout
    values, container, track = emit.new_label("values"), emit.new_label("container"), emit.new_label("track")
    done = emit.new_label("tracked")
    emit.branch(emit.op(f"icmp uge i64 %index, {MEMBER}"), done, values)
    emit.begin(values)
    flags = emit.load("i64", emit.type_of("%value"), layout.type_flags, "type")
    has_gc = emit.op(f"icmp ne i64 {emit.op(f'and i64 {flags}, {_HAS_GC}')}, 0")
    emit.branch(has_gc, container, done)
    emit.begin(container)
    at = emit.load("i64", emit.type_of("%obj"), layout.type_dictoffset, "type")
    found = emit.load("ptr", emit.address("%obj", at), 0, "items")
    links = emit.load("i64", found, layout.gc_head, "items")
    emit.branch(emit.op(f"icmp eq i64 {links}, 0"), track, done)
    emit.begin(track)
    emit.call("PyObject_GC_Track", "void (ptr)", found)
    emit.jump(done)
    emit.begin(done)


def _write(unit: Unit) -> str:
    emit = Emitter(unit, "ptr")
    values, member, dynamic = emit.new_label("values"), emit.new_label("member"), emit.new_label("dynamic")
    emit.branch(emit.op("icmp slt i64 %index, 0"), "none", dynamic, unlikely=True)
    emit.begin(dynamic)
    is_member = emit.op(f"icmp uge i64 %index, {MEMBER}")
    emit.branch(is_member, member, values)
    emit.begin(member)
    emit.do(f"ret ptr {emit.address('%obj', emit.op(f'sub i64 %index, {MEMBER}'))}")
    emit.begin(values)
    first = _values(emit)
    emit.do(f"ret ptr {emit.op(f'getelementptr ptr, ptr {first}, i64 %index')}")
    emit.begin("none")
    emit.do("ret ptr null")
    return emit.finish("define internal ptr @pv_place(ptr %obj, i64 %index) alwaysinline nounwind")


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
    emit.branch(condition, following, "none")
    emit.begin(following)
