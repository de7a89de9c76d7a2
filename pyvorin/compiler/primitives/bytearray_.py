"""bytearray: read and written in place; its length is changed by CPython, which refuses that while a view of it exists.

An item is an int.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import lists
from pyvorin.compiler.emit.unit import ALIAS, Unit
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives import bytes_
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.registry import Alias, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH, VALUE_ERROR

START = 40
"""The offset of the pointer to the first byte (bytearrayobject.h)."""


def _size(emit: Emitter, b: str) -> str:
    size = emit.load("i64", b, emit.layout.size, "size")
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


def _data(emit: Emitter, b: str) -> str:
    return emit.load("ptr", b, START, "items")


@primitive("bytearray", "() -> bytearray", effect=ALLOC)
def make(emit: Emitter) -> str:
    return emit.fail_if_null(emit.call("PyByteArray_FromStringAndSize", "ptr (ptr, i64)", "null", "0"))


@primitive("bytearray", "(bytes) -> bytearray", effect=ALLOC)
def make_of_bytes(emit: Emitter, b: str) -> str:
    operands = bytes_.data_of(emit, b), bytes_.size_of(emit, b)
    return emit.fail_if_null(emit.call("PyByteArray_FromStringAndSize", "ptr (ptr, i64)", *operands))


@primitive("bytearray", "(int) -> bytearray", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def make_of_size(emit: Emitter, size: str) -> str:
    """So many zeros; fewer than none, and more than there is room for, exit."""
    emit.exit_if(emit.op(f"icmp slt i64 {size}, 0"), VALUE_ERROR)
    made = emit.call("PyByteArray_FromStringAndSize", "ptr (ptr, i64)", "null", size)
    emit.exit_if_null(made, VALUE_ERROR)
    emit.call("llvm.memset.p0.i64", "void (ptr, i8, i64, i1)", _data(emit, made), "0", size, "false")
    return made


@primitive("bytes", "(bytearray) -> bytes", effect=ALLOC)
def as_bytes(emit: Emitter, b: str) -> str:
    operands = _data(emit, b), _size(emit, b)
    return emit.fail_if_null(emit.call("PyBytes_FromStringAndSize", "ptr (ptr, i64)", *operands))


@primitive("bytes", "(bytes) -> bytes", rule=lambda types, constants: Alias())
def same_bytes(emit: Emitter, b: str) -> str:
    return b


def _write_ints(unit: Unit) -> str:
    """``i1 pv_list_ints(ptr list)``: whether all elements are exact ints."""
    unit.external("PyLong_Type")
    test = f"""  %tp = getelementptr i8, ptr %o, i64 {unit.layout.type}
  %t = load ptr, ptr %tp, {ALIAS["type"]}
  %holds = icmp eq ptr %t, @PyLong_Type"""
    return lists.each(unit, "pv_list_ints", test)


def _declare_of_list(name: str, function: str) -> None:
    @primitive(name, f"(list[int]) -> {name}", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH, VALUE_ERROR])
    def of_list(emit: Emitter, xs: str) -> str:
        """What is no byte exits: CPython raises the ValueError."""
        ints = emit.call_helper("pv_list_ints", _write_ints, "i1 (ptr)", xs)
        emit.exit_if(emit.op(f"xor i1 {ints}, true"), RUNTIME_TYPE_MISMATCH)
        return emit.exit_if_null(emit.call(function, "ptr (ptr)", xs), VALUE_ERROR)


_declare_of_list("bytes", "PyBytes_FromObject")
_declare_of_list("bytearray", "PyByteArray_FromObject")


@primitive("len", "(bytearray) -> int", effect=READ)
@primitive("iter.size", "(bytearray) -> int", effect=READ)
def length(emit: Emitter, b: str) -> str:
    return _size(emit, b)


@primitive("truth", "(bytearray) -> bool", effect=READ)
@primitive("bool", "(bytearray) -> bool", effect=READ)
def truth(emit: Emitter, b: str) -> str:
    return emit.op(f"icmp ne i64 {_size(emit, b)}, 0")


@primitive("iter.check", "(bytearray) -> bytearray", rule=lambda types, constants: Alias())
def check(emit: Emitter, b: str) -> str:
    return b


@primitive("iter.valid", "(bytearray, int) -> bool", effect=READ)
def valid(emit: Emitter, b: str, index: str) -> str:
    """It may have become shorter since the strip began."""
    return emit.op(f"icmp slt i64 {index}, {_size(emit, b)}")


@primitive("iter.item", "(bytearray, int) -> int", effect=READ)
def item(emit: Emitter, b: str, index: str) -> str:
    """The byte at an index that is known to be within bounds."""
    return emit.op(f"zext i8 {emit.load('i8', emit.address(_data(emit, b), index), 0, 'element')} to i64")


def place(emit: Emitter, b: str, index: str) -> str:
    size = _size(emit, b)
    return within(emit, index, size)


@primitive("getitem", "(bytearray, int) -> int", effect=READ, exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def getitem(emit: Emitter, b: str, index: str) -> str:
    return item(emit, b, place(emit, b, index))


_STORE = [BOUNDS_CHECK_FAILURE, VALUE_ERROR]


@primitive("setitem", "(bytearray, int, int) -> none", effect=MUTATE, exits=_STORE, promotes=True)
def setitem(emit: Emitter, b: str, index: str, byte: str) -> str:
    _require_byte(emit, byte)
    address = emit.address(_data(emit, b), place(emit, b, index))
    emit.store("i8", emit.op(f"trunc i64 {byte} to i8"), address, 0, "element")
    return "false"


def _require_byte(emit: Emitter, byte: str) -> None:
    emit.exit_if(emit.op(f"icmp ugt i64 {byte}, 255"), VALUE_ERROR)


@primitive(".append", "(bytearray, int) -> none", effect=MUTATE, exits=[VALUE_ERROR], promotes=True)
def append(emit: Emitter, b: str, byte: str) -> str:
    _require_byte(emit, byte)
    size = _size(emit, b)
    _resize(emit, b, emit.op(f"add i64 {size}, 1"))
    address = emit.address(_data(emit, b), size)
    emit.store("i8", emit.op(f"trunc i64 {byte} to i8"), address, 0, "element")
    return "false"


def _resize(emit: Emitter, b: str, size: str) -> None:
    """A bytearray that cannot be resized exits: CPython raises the BufferError."""
    status = emit.call("PyByteArray_Resize", "i32 (ptr, i64)", b, size)
    emit.exit_if_failed(emit.op(f"icmp slt i32 {status}, 0"), VALUE_ERROR)


@primitive(".extend", "(bytearray, bytes) -> none", effect=MUTATE, exits=[VALUE_ERROR])
@primitive("iadd", "(bytearray, bytes) -> none", effect=MUTATE, exits=[VALUE_ERROR], in_place=True)
def extend(emit: Emitter, b: str, more: str) -> str:
    size, count = _size(emit, b), bytes_.size_of(emit, more)
    _resize(emit, b, emit.op(f"add i64 {size}, {count}"))
    address = emit.address(_data(emit, b), size)
    source = bytes_.data_of(emit, more)
    emit.call("llvm.memcpy.p0.p0.i64", "void (ptr, ptr, i64, i1)", address, source, count, "false")
    return "false"
