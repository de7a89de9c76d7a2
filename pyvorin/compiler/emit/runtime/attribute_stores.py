"""Storing attributes of objects where CPython keeps them (`attributes.py`)."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import numbers
from pyvorin.compiler.emit.runtime.attributes import (
    GIVEN,
    MEMBER,
    WANTED,
    WANTED_TYPES,
    Wanted,
    given,
    own_dict,
    place,
    search,
)
from pyvorin.compiler.emit.unit import Unit
from pyvorin.types.spec import Type

_HAS_GC = 1 << 14
"""Py_TPFLAGS_HAVE_GC (object.h)."""


def store(emit: Emitter, wanted: Wanted, value: str) -> str:
    """Store a new reference to the value into the attribute; a status that is not 0 if there is no memory for it.

    The new value is in place before the old one is given back, which may run any code, and end the object: nothing is done to it
    afterwards.
    """
    signature = f"i32 ({WANTED_TYPES}, ptr)"
    return emit.call_helper("pv_store_attribute", _write_store, signature, *given(wanted), value)


def store_number(emit: Emitter, kind: numbers.Kind, ty: Type, wanted: Wanted, value: str) -> str:
    """As `store`, of a number; the old one takes the value if nobody else refers to it."""

    def write(unit: Unit) -> str:
        return _write_store_number(unit, kind, ty)

    signature = f"i32 ({WANTED_TYPES}, {kind.llvm})"
    return emit.call_helper(f"pv_store_{ty}_attribute", write, signature, *given(wanted), value)


def _write_store_number(unit: Unit, kind: numbers.Kind, ty: Type) -> str:
    from pyvorin.compiler.primitives.objects import boxed_or_null

    emit = Emitter(unit, "i32")
    to, _, at = _begin_store(emit, "null")
    emit.do(f"ret i32 {emit.call_helper(kind.helper, kind.write, f'i32 (ptr, {kind.llvm})', to, '%value')}")
    emit.begin("first")
    made, failed = emit.new_label("made"), emit.new_label("failed")
    obj = boxed_or_null(emit, "%value", ty)
    emit.branch(emit.op(f"icmp eq ptr {obj}, null"), failed, made, unlikely=True)
    emit.begin(made)
    status = _store_first(emit, obj, at)
    emit.decref(obj)
    emit.do(f"ret i32 {status}")
    emit.begin(failed)
    emit.do("ret i32 -1")
    return emit.finish(f"define internal i32 @pv_store_{ty}_attribute({WANTED}, {kind.llvm} %value) nounwind")


def _write_store(unit: Unit) -> str:
    emit = Emitter(unit, "i32")
    to, old, at = _begin_store(emit, "%value")
    if unit.python < (3, 11):
        _keep_tracked(emit)
    emit.incref("%value")
    emit.store("ptr", "%value", to, 0, "element")
    emit.decref(old)
    emit.do("ret i32 0")
    emit.begin("first")
    emit.do(f"ret i32 {_store_first(emit, '%value', at)}")
    return emit.finish(f"define internal i32 @pv_store_attribute({WANTED}, ptr %value) alwaysinline nounwind")


def _begin_store(emit: Emitter, value: str) -> tuple[str, str, str]:
    """The attribute's address, its value, and the address where the object is like others of its class, else null; goes to
    `first` where there is no value, or more is to be done than to replace it.

    value: what will be stored, null if that is a number.
    """
    elsewhere, there, full = emit.new_label("elsewhere"), emit.new_label("there"), emit.new_label("full")
    at, started = place(emit, "%obj", "%index"), emit.label
    emit.branch(emit.op(f"icmp eq ptr {at}, null"), elsewhere, there, unlikely=True)
    emit.begin(elsewhere)
    signature = f"ptr ({WANTED_TYPES}, ptr)"
    entry = emit.call_helper("pv_own_entry", _write_own_entry, signature, *GIVEN, value)
    emit.branch(emit.op(f"icmp eq ptr {entry}, null"), "first", there)
    emit.begin(there)
    to = emit.phi("ptr", (at, started), (entry, elsewhere))
    old = emit.load("ptr", to, 0, "element")
    emit.branch(emit.op(f"icmp eq ptr {old}, null"), "first", full)
    emit.begin(full)
    if emit.unit.python >= (3, 13):
        # A dict that shares the values wants to be told.
        shared, own, alone = emit.new_label("shared"), emit.new_label("own"), emit.new_label("alone")
        emit.branch(emit.op(f"icmp uge i64 %index, {MEMBER}"), alone, shared)
        emit.begin(shared)
        found = emit.load("ptr", "%obj", emit.layout.managed_dict, "items")
        emit.branch(emit.op(f"icmp eq ptr {found}, null"), alone, own)
        emit.begin(own)
        emit.branch(emit.op(f"icmp eq ptr {at}, null"), alone, "first")
        emit.begin(alone)
    return to, old, at


def _write_own_entry(unit: Unit) -> str:
    """Where the value lies in the object's own dict, if it can be replaced there; else null.

    Nobody else has the dict: it is no namespace of a module, and nobody asks for its version or watches it.  One that holds
    nothing but atoms is unknown to the garbage collector until it does (dictobject.c, MAINTAIN_TRACKING).
    """
    emit, layout = Emitter(unit, "ptr"), unit.layout
    labels = ("found", "alone", "object", "container", "put")
    found, alone, some, container, put = (emit.new_label(name) for name in labels)
    at = search(emit)
    emit.branch(emit.op(f"icmp eq ptr {at}, null"), "no", found)
    emit.begin(found)
    own = own_dict(emit, "no")
    count = emit.load("i64", own, layout.refcount, "refcount")
    emit.branch(emit.op(f"icmp eq i64 {count}, 1"), alone, "no")
    emit.begin(alone)
    emit.branch(emit.op("icmp eq ptr %value, null"), put, some)
    emit.begin(some)
    flags = emit.load("i64", emit.type_of("%value"), layout.type_flags, "type")
    emit.branch(emit.op(f"icmp eq i64 {emit.op(f'and i64 {flags}, {_HAS_GC}')}, 0"), put, container)
    emit.begin(container)
    links = emit.load("i64", own, layout.gc_head, "items")
    emit.branch(emit.op(f"icmp eq i64 {links}, 0"), "no", put)
    emit.begin(put)
    emit.do(f"ret ptr {at}")
    emit.begin("no")
    emit.do("ret ptr null")
    return emit.finish(f"define internal ptr @pv_own_entry({WANTED}, ptr %value) noinline nounwind")


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
    # What is replaced may be the last that refers to them.
    emit.incref("%obj")
    emit.incref("%value")
    status = emit.call("PyObject_GenericSetAttr", "i32 (ptr, ptr, ptr)", "%obj", "%name", "%value")
    emit.decref("%value")
    emit.decref("%obj")
    emit.do(f"ret i32 {status}")
    return emit.finish(
        "define internal i32 @pv_store_first(ptr %obj, i64 %index, ptr %name, ptr %value, ptr %to) nounwind"
    )


def store_new(emit: Emitter) -> None:
    """Store `%value`, an owned reference, as an attribute that `%obj`, just made, has not got yet, and return 0; goes on where
    only CPython knows how."""
    if emit.unit.python < (3, 11):
        return
    there, plain, ordered = (emit.new_label(name) for name in ("there", "plain", "ordered"))
    to = place(emit, "%obj", "%index")
    emit.branch(emit.op(f"icmp eq ptr {to}, null"), "slow", there, unlikely=True)
    emit.begin(there)
    emit.branch(emit.op(f"icmp uge i64 %index, {MEMBER}"), plain, ordered)
    emit.begin(ordered)
    _append_to_order(emit, plain, to)
    emit.begin(plain)
    emit.store("ptr", "%value", to, 0, "element")
    emit.do("ret i32 0")
    emit.begin("slow")


def _append_to_order(emit: Emitter, done: str, to: str = "%to") -> None:
    layout = emit.layout
    first = emit.op(f"getelementptr ptr, ptr {to}, i64 {emit.op('sub i64 0, %index')}")
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
