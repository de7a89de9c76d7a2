"""`array.array` that nobody holds: one that was made here, or read from a container or an attribute; and how one is made.

Address and length are read at each access, so every access is checked; LLVM moves that out of loops in which nothing else could
change them.  Arguments are held while native code runs (`buffer_.py`).
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import arrays, buffers
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.buffer_ import actual_index, narrow, reads, require_fits, stores
from pyvorin.compiler.primitives.objects import boxed_or_null
from pyvorin.compiler.primitives.registry import Alias, Constants, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, INTEGER_OVERFLOW, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.buffers import ARRAYS
from pyvorin.types.spec import FLOAT, INT, NEVER, Type


def _type(emit: Emitter) -> Type:
    assert emit.current is not None
    return emit.current.args[0].ty


@primitive("len", "(loose[T]) -> int", effect=READ)
@primitive("iter.size", "(loose[T]) -> int", effect=READ)
def length(emit: Emitter, xs: str) -> str:
    return buffers.length(emit, xs, _type(emit))


@primitive("truth", "(loose[T]) -> bool", effect=READ)
@primitive("bool", "(loose[T]) -> bool", effect=READ)
def truth(emit: Emitter, xs: str) -> str:
    return emit.op(f"icmp ne i64 {length(emit, xs)}, 0")


@primitive("iter.check", "(loose[T]) -> loose[T]", rule=lambda types, constants: Alias())
@primitive("iter.open", "(loose[T]) -> loose[T]", rule=lambda types, constants: Alias())
def check(emit: Emitter, xs: str) -> str:
    return xs


@primitive("iter.valid", "(loose[T], int) -> bool", effect=READ)
def valid(emit: Emitter, xs: str, index: str) -> str:
    return emit.op(f"icmp ult i64 {index}, {length(emit, xs)}")


_BOUNDS = [BOUNDS_CHECK_FAILURE]


@primitive("getitem", "(loose[T], int) -> R", effect=READ, exits=_BOUNDS, promotes=True, rule=reads(wide=False))
def getitem(emit: Emitter, xs: str, index: str) -> str:
    return buffers.load_item(emit, xs, actual_index(emit, xs, index), _type(emit))


@primitive("iter.item", "(loose[T], int) -> R", effect=READ, rule=reads(wide=False))
def item(emit: Emitter, xs: str, index: str) -> str:
    return buffers.load_item(emit, xs, index, _type(emit))


_WIDE = [BOUNDS_CHECK_FAILURE, INTEGER_OVERFLOW]


@primitive("getitem", "(loose[T], int) -> R", effect=READ, exits=_WIDE, promotes=True, rule=reads(wide=True))
def getitem_wide(emit: Emitter, xs: str, index: str) -> str:
    return narrow(emit, getitem(emit, xs, index))


@primitive("iter.item", "(loose[T], int) -> R", effect=READ, exits=[INTEGER_OVERFLOW], rule=reads(wide=True))
def item_wide(emit: Emitter, xs: str, index: str) -> str:
    return narrow(emit, item(emit, xs, index))


_STORE = [BOUNDS_CHECK_FAILURE, VALUE_ERROR]


@primitive("setitem", "(loose[T], int, int) -> none", effect=MUTATE, exits=_STORE, promotes=True, rule=stores("int"))
def setitem(emit: Emitter, xs: str, index: str, value: str) -> str:
    actual = actual_index(emit, xs, index)
    require_fits(emit, value, buffers.item(_type(emit)))
    buffers.store_item(emit, xs, actual, value, _type(emit))
    return "false"


@primitive(
    "setitem", "(loose[T], int, float) -> none", effect=MUTATE, exits=_BOUNDS, promotes=True, rule=stores("float")
)
def setitem_float(emit: Emitter, xs: str, index: str, value: str) -> str:
    buffers.store_item(emit, xs, actual_index(emit, xs, index), value, _type(emit))
    return "false"


def _declare_append(value_type: str) -> None:
    signature = f"(loose[T], {value_type}) -> none"

    @primitive(".append", signature, effect=MUTATE, exits=[VALUE_ERROR], promotes=True, rule=stores(value_type))
    def append(emit: Emitter, xs: str, value: str) -> str:
        """By CPython's own method; what it refuses (an int that does not fit, an array that is exported) it has not done."""
        obj = emit.fail_if_null(boxed_or_null(emit, value, Type(value_type)))
        emit.unit.declare("PyObject_CallMethodObjArgs", "ptr (ptr, ptr, ...)")
        name = emit.slot("object", repr("append"))
        result = emit.op(
            f"call ptr (ptr, ptr, ...) @PyObject_CallMethodObjArgs(ptr {xs}, ptr {name}, ptr {obj}, ptr null)"
        )
        emit.decref(obj)
        emit.decref(emit.exit_if_null(result, VALUE_ERROR))
        return "false"


_declare_append("int")
_declare_append("float")


# Made


def _made(types: Types, constants: Constants) -> Type | None:
    """What array(code, …) gives; the elements of a list must be numbers that the type code takes."""
    kind = ARRAYS.get(constants[0]) if isinstance(constants[0], str) else None
    if kind is None:
        return None
    if len(types) > 1 and types[1].name == "list":
        element = types[1].args[0]
        if element not in (INT, NEVER) and (not kind.is_float or element != FLOAT):
            return None
    return Type("loose", (Type(constants[0]),))


def _new(emit: Emitter, *arguments: str) -> str:
    kind = emit.slot("imported", "array:array")
    emit.unit.declare("PyObject_CallFunctionObjArgs", "ptr (ptr, ...)")
    passed = ", ".join(f"ptr {argument}" for argument in (kind, *arguments, "null"))
    return emit.exit_if_null(emit.op(f"call ptr (ptr, ...) @PyObject_CallFunctionObjArgs({passed})"), VALUE_ERROR)


@primitive("array.array", "(boxed A) -> loose", effect=ALLOC, exits=[VALUE_ERROR], rule=_made)
def empty(emit: Emitter, code: str) -> str:
    return _new(emit, code)


@primitive("array.array", "(boxed A, loose[T]) -> loose", effect=ALLOC, exits=[VALUE_ERROR], rule=_made)
@primitive("array.array", "(boxed A, array[T]) -> loose", effect=ALLOC, exits=[VALUE_ERROR], rule=_made)
def converted(emit: Emitter, code: str, xs: str) -> str:
    return _new(emit, code, xs)


_FROM_LIST = [VALUE_ERROR, RUNTIME_TYPE_MISMATCH]


@primitive("array.array", "(boxed A, list[T]) -> loose", effect=ALLOC, exits=_FROM_LIST, rule=_made)
def from_list(emit: Emitter, code: str, xs: str) -> str:
    """All elements must be exact numbers: others may have conversions of their own."""
    plain = emit.call_helper("pv_list_numbers", arrays.write_numbers, "i1 (ptr)", xs)
    emit.exit_if(emit.op(f"xor i1 {plain}, true"), RUNTIME_TYPE_MISMATCH)
    return _new(emit, code, xs)


def _same(types: Types, constants: Constants) -> Type:
    return Type("loose", types[0].args)


def _declare_whole(kind: str) -> None:
    @primitive("mul", f"({kind}[T], int) -> loose", effect=ALLOC, exits=[VALUE_ERROR], promotes=True, rule=_same)
    def repeat(emit: Emitter, xs: str, count: str) -> str:
        return emit.exit_if_null(emit.call("PySequence_Repeat", "ptr (ptr, i64)", xs, count), VALUE_ERROR)

    @primitive("getslice", f"({kind}[T], none, none, none) -> loose", effect=ALLOC, rule=_same)
    def whole(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
        return emit.fail_if_null(emit.call("PySequence_GetSlice", "ptr (ptr, i64, i64)", xs, "0", str(2**63 - 1)))

    @primitive("setslice", f"(loose[T], none, none, none, {kind}[T]) -> none", effect=MUTATE, exits=[VALUE_ERROR])
    def replace(emit: Emitter, xs: str, low: str, high: str, step: str, values: str) -> str:
        """All items; an array that is exported cannot change its length, and has not been changed then."""
        everything = ("0", str(2**63 - 1))
        status = emit.call("PySequence_SetSlice", "i32 (ptr, i64, i64, ptr)", xs, *everything, values)
        emit.exit_if_failed(emit.op(f"icmp ne i32 {status}, 0"), VALUE_ERROR)
        return "false"


for _kind in ("array", "loose"):
    _declare_whole(_kind)
