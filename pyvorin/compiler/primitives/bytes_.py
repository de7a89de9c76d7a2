"""bytes: read in place; methods are CPython's own C functions.

An item is an int.  Comparing bytes with anything else is left to CPython, which may have a BytesWarning to give.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import byte_text
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.list_ import clamp, slice_rule, stepped
from pyvorin.compiler.primitives.registry import Alias, Folded, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH, VALUE_ERROR


def size_of(emit: Emitter, b: str) -> str:
    """The length, which never changes."""
    return emit.load("i64", b, emit.layout.size, "value")


def data_of(emit: Emitter, b: str) -> str:
    return emit.address(b, emit.layout.bytes_data)


@primitive("len", "(bytes) -> int")
@primitive("iter.size", "(bytes) -> int")
def length(emit: Emitter, b: str) -> str:
    size = size_of(emit, b)
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


@primitive("truth", "(bytes) -> bool")
@primitive("bool", "(bytes) -> bool")
def truth(emit: Emitter, b: str) -> str:
    return emit.op(f"icmp ne i64 {size_of(emit, b)}, 0")


@primitive("iter.check", "(bytes) -> bytes", rule=lambda types, constants: Alias())
def check(emit: Emitter, b: str) -> str:
    return b


@primitive("iter.valid", "(bytes, int) -> bool", rule=lambda types, constants: Folded(True))
def valid(emit: Emitter, b: str, index: str) -> str:
    return "true"


@primitive("iter.item", "(bytes, int) -> int")
def item(emit: Emitter, b: str, index: str) -> str:
    """The byte at an index that is known to be within bounds."""
    return emit.op(f"zext i8 {emit.load('i8', emit.address(data_of(emit, b), index), 0, 'value')} to i64")


@primitive("getitem", "(bytes, int) -> int", exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def getitem(emit: Emitter, b: str, index: str) -> str:
    size = size_of(emit, b)
    actual = within(emit, index, size)
    return item(emit, b, actual)


def _declare_slice(lower: str, upper: str) -> None:
    @primitive("getslice", f"(bytes, {lower}, {upper}, none) -> bytes", effect=ALLOC, promotes=True)
    def getslice(emit: Emitter, b: str, low: str, high: str, step: str) -> str:
        size = size_of(emit, b)
        start = clamp(emit, low, size) if lower == "int" else "0"
        stop = clamp(emit, high, size) if upper == "int" else size
        room = emit.op(f"sub i64 {emit.intrinsic('llvm.smax.i64', 'i64', start, stop)}, {start}")
        source = emit.address(data_of(emit, b), start)
        return emit.fail_if_null(emit.call("PyBytes_FromStringAndSize", "ptr (ptr, i64)", source, room))


for _lower in ("int", "none"):
    for _upper in ("int", "none"):
        _declare_slice(_lower, _upper)


@primitive("getslice", "(bytes, boxed A, boxed B, int) -> bytes", effect=ALLOC, exits=[VALUE_ERROR], rule=slice_rule)
def getslice_stepped(emit: Emitter, b: str, low: str, high: str, step: str) -> str:
    return stepped(emit, b, low, high, step)


@primitive("add", "(bytes, bytes) -> bytes", effect=ALLOC)
def concatenate(emit: Emitter, a: str, b: str) -> str:
    return emit.fail_if_null(emit.call("PySequence_Concat", "ptr (ptr, ptr)", a, b))


@primitive("mul", "(bytes, int) -> bytes", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def repeat(emit: Emitter, b: str, count: str) -> str:
    """What is too long exits: it is CPython that raises the OverflowError, or the MemoryError."""
    return emit.exit_if_null(emit.call("PySequence_Repeat", "ptr (ptr, i64)", b, count), VALUE_ERROR)


@primitive("mul", "(int, bytes) -> bytes", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def repeat_mirrored(emit: Emitter, count: str, b: str) -> str:
    return repeat(emit, b, count)


def _declare_comparison(operation: str, relation: str) -> None:
    @primitive(operation, "(bytes, bytes) -> bool")
    def compare(emit: Emitter, a: str, b: str) -> str:
        order = emit.call_helper("pv_bytes_compare", byte_text.write_compare, "i64 (ptr, ptr)", a, b)
        return emit.op(f"icmp {relation} i64 {order}, 0")


for _operation, _relation in {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}.items():
    _declare_comparison(_operation, _relation)


@primitive("contains", "(int, bytes) -> bool", exits=[VALUE_ERROR], promotes=True)
def contains_byte(emit: Emitter, byte: str, b: str) -> str:
    """What is no byte exits: CPython raises the ValueError."""
    emit.exit_if(emit.op(f"icmp ugt i64 {byte}, 255"), VALUE_ERROR)
    narrow = emit.op(f"trunc i64 {byte} to i32")
    found = emit.call("memchr", "ptr (ptr, i32, i64)", data_of(emit, b), narrow, size_of(emit, b))
    return emit.op(f"icmp ne ptr {found}, null")


@primitive("contains", "(bytes, bytes) -> bool")
def contains(emit: Emitter, part: str, b: str) -> str:
    return emit.op(f"icmp ne ptr {_place(emit, b, part)}, null")


@primitive(".index", "(bytes, bytes) -> int", exits=[VALUE_ERROR])
def index_of(emit: Emitter, b: str, part: str) -> str:
    place = find(emit, b, part)
    emit.exit_if(emit.op(f"icmp slt i64 {place}, 0"), VALUE_ERROR)
    return place


@primitive(".count", "(bytes, bytes) -> int")
def count(emit: Emitter, b: str, part: str) -> str:
    """How often the part occurs without overlapping; the empty one once more than there are bytes."""
    return emit.call_helper("pv_bytes_count", byte_text.write_count, "i64 (ptr, ptr)", b, part)


@primitive(".join", "(bytes, list[bytes]) -> bytes", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH, VALUE_ERROR])
def join(emit: Emitter, separator: str, items: str) -> str:
    exact = emit.call_helper("pv_list_bytes", byte_text.write_list_bytes, "i1 (ptr)", items)
    emit.exit_if(emit.op(f"xor i1 {exact}, true"), RUNTIME_TYPE_MISMATCH)
    method = emit.slot("method", "bytes.join 8")
    return emit.exit_if_null(emit.op(f"call ptr {method}(ptr {separator}, ptr {items})"), VALUE_ERROR)


@primitive(".find", "(bytes, bytes) -> int")
def find(emit: Emitter, b: str, part: str) -> str:
    place = _place(emit, b, part)
    start = emit.op(f"ptrtoint ptr {data_of(emit, b)} to i64")
    index = emit.op(f"sub i64 {emit.op(f'ptrtoint ptr {place} to i64')}, {start}")
    return emit.select(emit.op(f"icmp eq ptr {place}, null"), "i64", "-1", index)


def _place(emit: Emitter, b: str, part: str) -> str:
    """Where the part begins, or NULL.  glibc's memmem is linear in the worst case, as CPython's search is."""
    operands = data_of(emit, b), size_of(emit, b), data_of(emit, part), size_of(emit, part)
    return emit.call("memmem", "ptr (ptr, i64, ptr, i64)", *operands)


def _declare_ends(name: str, at_end: bool) -> None:
    @primitive(name, "(bytes, bytes) -> bool")
    def ends(emit: Emitter, b: str, part: str) -> str:
        helper = "i1 (ptr, ptr, i1)"
        operands = b, part, "true" if at_end else "false"
        return emit.call_helper("pv_bytes_has_at_end", byte_text.write_has_at, helper, *operands)


_declare_ends(".startswith", False)
_declare_ends(".endswith", True)


@primitive("repr", "(bytes) -> str", effect=ALLOC)
def shown(emit: Emitter, b: str) -> str:
    return emit.fail_if_null(emit.call("PyObject_Repr", "ptr (ptr)", b))


@primitive("ord", "(bytes) -> int", exits=[VALUE_ERROR])
def ord_bytes(emit: Emitter, b: str) -> str:
    emit.exit_if(emit.op(f"icmp ne i64 {size_of(emit, b)}, 1"), VALUE_ERROR)
    return item(emit, b, "0")
