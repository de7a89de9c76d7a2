"""Buffers in native code: an `array.array` or a one-dimensional `numpy.ndarray`, read and written in place.

A buffer value is the object itself.  Address, length and stride are read from its fields where they are needed; nothing that
native code does between two polls changes them, so LLVM reads them once per strip.

Why fields and not PyObject_GetBuffer: acquiring and releasing a view through the protocol was measured at 5 to 7 ns for an
array and 69 to 107 ns for a NumPy array, which keeps a record of each export; two increments cost 0.5 ns, and say the same:

* array.array: `array_buffer_getbuf` (arraymodule.c) does nothing to the array but increment `ob_exports`, the count that makes
  append and its like raise BufferError.  `hold` increments the same field, so length and address stay while native code runs,
  whatever signal handlers, finalisers and other threads do.  As long as nothing has been stored polls let go: an array that was
  resized meanwhile makes the call restart.  From the first store on, others get the BufferError.  The offsets of the fields are
  compared with a live array before they are used.
* numpy.ndarray: an export does not stop NumPy from resizing either; what does is the reference count, which `hold` raises.
  The offsets are those of PyArrayObject_fields and of the first fields of PyArray_Descr, which NumPy has inlined into every
  extension module ever compiled against it, and which 1.x and 2.x share.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import Unit
from pyvorin.core.layouts import Layout
from pyvorin.types.buffers import Item, item_of
from pyvorin.types.spec import Type

# PyArrayObject_fields (ndarraytypes.h)
NDARRAY_DATA, NDARRAY_NDIM, NDARRAY_SHAPE, NDARRAY_STRIDES, NDARRAY_DTYPE, NDARRAY_FLAGS = 16, 24, 32, 40, 56, 64
# PyArray_Descr: the scalar type, the byte order as a character
DTYPE_SCALAR, DTYPE_ORDER = 16, 26
NATIVE_ORDER = ord("=")
NDARRAY_ALIGNED, NDARRAY_WRITEABLE, NDARRAY_WARN_ON_WRITE = 0x100, 0x400, 1 << 31
IMMUTABLE_TYPE = 1 << 8
"""Py_TPFLAGS_IMMUTABLETYPE: set for both buffer types, never for a class that a program defines under one of their names."""
MOST_ITEMS = 2**60
"""More items than any buffer has: an address space has 2**47 bytes."""

SCALAR_TYPES = {"float64": "numpy:float64", "int64": "numpy:int64"}
"""The scalar type of a dtype, as a slot of kind `imported`."""


@cache
def arrays_are_as_known(layout: Layout) -> bool:
    """Whether an array of this interpreter, which is also the program's, has its fields where the table has them."""
    import array
    import ctypes

    sample = array.array("d", [1.5, 2.5, 3.5])
    at = id(sample)

    def word(offset: int) -> int:
        return ctypes.c_int64.from_address(at + offset).value

    if array.array.__basicsize__ != layout.sizeof_array:
        return False
    address, count = sample.buffer_info()
    free = word(layout.array_exports)
    with memoryview(sample):
        held = word(layout.array_exports)
    code = ctypes.c_char.from_address(word(layout.array_descr)).value
    return (word(layout.size), word(layout.array_items), free, held, code) == (count, address, 0, 1, b"d")


def item(ty: Type) -> Item:
    """The items of a buffer type that native code reads."""
    found = item_of(ty)
    assert found is not None, f"{ty} has no native items"
    return found


def length(emit: Emitter, obj: str, ty: Type) -> str:
    """How many items the buffer has; the same as long as it is held."""
    if ty.name in ("array", "loose"):
        size = emit.load("i64", obj, emit.layout.size, "size")
    else:
        size = emit.load("i64", emit.load("ptr", obj, NDARRAY_SHAPE, "items"), 0, "size")
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp ult i64 {size}, {MOST_ITEMS}"))
    return size


def _address(emit: Emitter, obj: str, index: str, ty: Type) -> str:
    """The address of the item at an index that is within bounds."""
    llvm = item(ty).llvm
    if ty.name in ("array", "loose"):
        data = emit.load("ptr", obj, emit.layout.array_items, "items")
        return emit.op(f"getelementptr {llvm}, ptr {data}, i64 {index}")
    data = emit.load("ptr", obj, NDARRAY_DATA, "items")
    bytes_apart = emit.load("i64", emit.load("ptr", obj, NDARRAY_STRIDES, "items"), 0, "size")
    # Aligned data has strides of whole items, except that the stride of a single item may be anything, and is not used.
    # Counting in items lets LLVM make a version for stride 1.
    apart = emit.op(f"ashr i64 {bytes_apart}, {item(ty).size.bit_length() - 1}")
    return emit.op(f"getelementptr {llvm}, ptr {data}, i64 {emit.op(f'mul nsw i64 {index}, {apart}')}")


def extent(emit: Emitter, obj: str, ty: Type) -> tuple[str, str]:
    """The first address of the items and the one behind the last, as ints; equal for an empty buffer."""
    size = length(emit, obj, ty)
    last = emit.op(f"sub i64 {size}, 1")
    start, end = (emit.op(f"ptrtoint ptr {_address(emit, obj, index, ty)} to i64") for index in ("0", last))
    low = emit.intrinsic("llvm.umin.i64", "i64", start, end)
    high = emit.intrinsic("llvm.umax.i64", "i64", start, end)
    behind = emit.op(f"add i64 {high}, {item(ty).size}")
    empty = emit.op(f"icmp eq i64 {size}, 0")
    return emit.select(empty, "i64", "0", low), emit.select(empty, "i64", "0", behind)


def load_item(emit: Emitter, obj: str, index: str, ty: Type) -> str:
    """The item at an index within bounds, widened to a native int or double; items that are wide come as their 64 bits."""
    kind = item(ty)
    raw = emit.load(kind.llvm, _address(emit, obj, index, ty), 0, "buffer")
    if kind.llvm == "float":
        return emit.op(f"fpext float {raw} to double")
    if kind.bits < 64:
        return emit.op(f"{'sext' if kind.signed else 'zext'} {kind.llvm} {raw} to i64")
    return raw


def store_item(emit: Emitter, obj: str, index: str, value: str, ty: Type) -> None:
    """Store a native int that fits the item, or a double, at an index within bounds."""
    kind = item(ty)
    if kind.llvm == "float":
        value = emit.op(f"fptrunc double {value} to float")
    elif kind.bits < 64:
        value = emit.op(f"trunc i64 {value} to {kind.llvm}")
    emit.store(kind.llvm, value, _address(emit, obj, index, ty), 0, "buffer")


# At the entry


def conditions(emit: Emitter, obj: str, ty: Type, stored: bool) -> Iterator[str]:
    """What must hold for the object to be such a buffer; *stored*: native code may write into it.

    Each condition is to be required before the next is taken: what it reads exists only when those before it hold.
    """
    if emit.unit.python == sys.version_info[:2] and not arrays_are_as_known(emit.layout):
        raise RuntimeError("array.array of this interpreter has an unknown layout")
    kind = _type_object(emit, "array:array" if ty.name == "array" else "numpy:ndarray")
    yield emit.op(f"icmp eq ptr {emit.type_of(obj)}, {kind}")
    yield _has_bits(emit, emit.load("i64", kind, emit.layout.type_flags, "type"), IMMUTABLE_TYPE)
    if ty.name == "array":
        descr = emit.load("ptr", obj, emit.layout.array_descr, "type")
        yield emit.op(f"icmp eq i8 {emit.load('i8', descr, 0, 'type')}, {ord(str(ty.args[0]))}")
        return
    yield emit.op(f"icmp eq i32 {emit.load('i32', obj, NDARRAY_NDIM, 'size')}, 1")
    dtype = emit.load("ptr", obj, NDARRAY_DTYPE, "type")
    scalar = emit.slot("imported", SCALAR_TYPES[str(ty.args[0])])
    yield emit.op(f"icmp eq ptr {emit.load('ptr', dtype, DTYPE_SCALAR, 'type')}, {scalar}")
    yield emit.op(f"icmp eq i8 {emit.load('i8', dtype, DTYPE_ORDER, 'type')}, {NATIVE_ORDER}")
    flags = emit.op(f"zext i32 {emit.load('i32', obj, NDARRAY_FLAGS, 'size')} to i64")
    wanted = NDARRAY_ALIGNED | (NDARRAY_WRITEABLE if stored else 0)
    unwanted = NDARRAY_WARN_ON_WRITE if stored else 0
    chosen = emit.op(f"and i64 {flags}, {wanted | unwanted}")
    yield emit.op(f"icmp eq i64 {chosen}, {wanted}")


def is_array(emit: Emitter, obj: str, ty: Type) -> str:
    """Whether the object is an array of this type code; what lies in the fields of one is read only of an array."""
    is_one = emit.op(f"icmp eq ptr {emit.type_of(obj)}, {_type_object(emit, 'array:array')}")
    check, done, start = emit.new_label("array"), emit.new_label("done"), emit.label
    emit.branch(is_one, check, done)
    emit.begin(check)
    descr = emit.load("ptr", obj, emit.layout.array_descr, "type")
    same = emit.op(f"icmp eq i8 {emit.load('i8', descr, 0, 'type')}, {ord(str(ty.args[0]))}")
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("false", start), (same, check))


def _type_object(emit: Emitter, name: str) -> str:
    """The type in the slot; if its module was not imported when the slots were filled, the host is asked to fill them again."""
    early = emit.slot("imported", name)
    missing, known, start = emit.new_label("missing"), emit.new_label("known"), emit.label
    emit.branch(emit.op(f"icmp eq ptr {early}, null"), missing, known, unlikely=True)
    emit.begin(missing)
    emit.call_helper("pv_fill_again", _write_fill_again, "void ()")
    late = emit.slot("imported", name)
    emit.jump(known)
    emit.begin(known)
    return emit.phi("ptr", (early, start), (late, missing))


def _write_fill_again(unit: Unit) -> str:
    """``void pv_fill_again()``: has the slots filled again, at the 1st, 2nd, 4th, 8th… call only."""
    unit.declare("PyObject_CallNoArgs", "ptr (ptr)")
    unit.declare("PyErr_Clear", "void ()")
    unit.helper("pv_decref", write_decref)
    return f"""
define internal void @pv_fill_again() noinline nounwind {{
  %count = getelementptr ptr, ptr @slots, i64 {unit.slot("word", "0 imports")}
  %n0 = load i64, ptr %count
  %n = add i64 %n0, 1
  store i64 %n, ptr %count
  %common = and i64 %n, %n0
  %power = icmp eq i64 %common, 0
  br i1 %power, label %ask, label %done
ask:
  %slot = getelementptr ptr, ptr @slots, i64 {unit.slot("revalidate")}
  %callback = load ptr, ptr %slot
  %known = icmp ne ptr %callback, null
  br i1 %known, label %call, label %done
call:
  %result = call ptr @PyObject_CallNoArgs(ptr %callback)
  %failed = icmp eq ptr %result, null
  br i1 %failed, label %clear, label %release
clear:
  call void @PyErr_Clear()
  ret void
release:
  call void @pv_decref(ptr %result)
  ret void
done:
  ret void
}}"""


def _has_bits(emit: Emitter, word: str, bits: int) -> str:
    return emit.op(f"icmp ne i64 {emit.op(f'and i64 {word}, {bits}')}, 0")


def hold(emit: Emitter, obj: str, ty: Type) -> None:
    """Keep address and length of the buffer as they are until `let_go`."""
    if ty.name == "array":
        _count(emit, obj, 1)
    else:
        emit.incref(obj)


def let_go(emit: Emitter, obj: str, ty: Type) -> None:
    if ty.name == "array":
        _count(emit, obj, -1)
    else:
        emit.decref(obj)


@dataclass(frozen=True, slots=True)
class _Held:
    """An array that is let go during a poll: its address and length before, and how much its count is changed."""

    obj: str
    items: str
    size: str
    by: str


def let_all_go(emit: Emitter, arrays: list[str]) -> list[_Held]:
    """Before a poll after which the call may still restart: others may resize the arrays.

    An array that is there twice counts once: it may be held for others besides this call.
    """
    held: list[_Held] = []
    for obj in arrays:
        by = "1"
        for other in held:
            by = emit.select(emit.op(f"icmp eq ptr {obj}, {other.obj}"), "i64", "0", by)
        items = emit.load("ptr", obj, emit.layout.array_items, "items")
        held.append(_Held(obj, items, emit.load("i64", obj, emit.layout.size, "size"), by))
    for one in held:
        _count(emit, one.obj, emit.op(f"sub i64 0, {one.by}"))
    return held


def hold_all_again(emit: Emitter, held: list[_Held]) -> str | None:
    """After the poll: whether one of the arrays has changed its length or its place; None if there are none."""
    changed: str | None = None
    for one in held:
        _count(emit, one.obj, one.by)
        items = emit.load("ptr", one.obj, emit.layout.array_items, "items")
        size = emit.load("i64", one.obj, emit.layout.size, "size")
        differs = emit.op(f"icmp ne ptr {items}, {one.items}")
        longer = emit.op(f"icmp ne i64 {size}, {one.size}")
        either = emit.op(f"or i1 {differs}, {longer}")
        changed = either if changed is None else emit.op(f"or i1 {changed}, {either}")
    return changed


def _count(emit: Emitter, obj: str, by: int | str) -> None:
    exports = emit.load("i64", obj, emit.layout.array_exports, "refcount")
    emit.store("i64", emit.op(f"add i64 {exports}, {by}"), obj, emit.layout.array_exports, "refcount")
