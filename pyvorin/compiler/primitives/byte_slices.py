"""Slices of a bytearray, read, written and deleted, its deleted items, and what is in it: by CPython's own functions."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC, MUTATE
from pyvorin.compiler.primitives.bytearray_ import place
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, VALUE_ERROR
from pyvorin.types.spec import NONE, Type

BOUNDS = frozenset({"int", "bool", "none"})
"""What slices have here as bounds and steps; anything else has an `__index__`, which is the program's code."""


def _part(types: Types, constants: Constants) -> Type | None:
    return types[0] if all(ty.name in BOUNDS for ty in types[1:4]) else None


def _nothing(types: Types, constants: Constants) -> Type | None:
    return None if _part(types, constants) is None else NONE


def _key(emit: Emitter, low: str, high: str, step: str) -> str:
    return emit.fail_if_null(emit.call("PySlice_New", "ptr (ptr, ptr, ptr)", low, high, step))


_SLICE = "boxed A, boxed B, boxed C"


@primitive("getslice", f"(bytearray, {_SLICE}) -> bytearray", effect=ALLOC, exits=[VALUE_ERROR], rule=_part)
def getslice(emit: Emitter, b: str, low: str, high: str, step: str) -> str:
    key = _key(emit, low, high, step)
    part = emit.call("PyObject_GetItem", "ptr (ptr, ptr)", b, key)
    emit.decref(key)
    return emit.exit_if_null(part, VALUE_ERROR)


def _declare_store(values: str) -> None:
    signature = f"(bytearray, {_SLICE}, {values}) -> none"

    @primitive("setslice", signature, effect=MUTATE, exits=[VALUE_ERROR], rule=_nothing)
    def setslice(emit: Emitter, b: str, low: str, high: str, step: str, values: str) -> str:
        """Another number of values than fits a step, or another size while a view exists, exits: nothing has changed then."""
        key = _key(emit, low, high, step)
        status = emit.call("PyObject_SetItem", "i32 (ptr, ptr, ptr)", b, key, values)
        return _done(emit, key, status)


for _values in ("bytes", "bytearray"):
    _declare_store(_values)


@primitive("delslice", f"(bytearray, {_SLICE}) -> none", effect=MUTATE, exits=[VALUE_ERROR], rule=_nothing)
def delslice(emit: Emitter, b: str, low: str, high: str, step: str) -> str:
    key = _key(emit, low, high, step)
    return _done(emit, key, emit.call("PyObject_DelItem", "i32 (ptr, ptr)", b, key))


def _done(emit: Emitter, key: str, status: str) -> str:
    emit.decref(key)
    emit.exit_if_failed(emit.op(f"icmp ne i32 {status}, 0"), VALUE_ERROR)
    return "false"


@primitive(
    "delitem", "(bytearray, int) -> none", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE, VALUE_ERROR], promotes=True
)
def delitem(emit: Emitter, b: str, index: str) -> str:
    status = emit.call("PySequence_DelItem", "i32 (ptr, i64)", b, place(emit, b, index))
    emit.exit_if_failed(emit.op(f"icmp ne i32 {status}, 0"), VALUE_ERROR)
    return "false"


def _declare_contains(wanted: str) -> None:
    @primitive("contains", f"({wanted}, bytearray) -> bool", effect=ALLOC, exits=[VALUE_ERROR])
    def contains(emit: Emitter, part: str, b: str) -> str:
        """What is no byte exits: CPython raises the ValueError."""
        answer = emit.call("PySequence_Contains", "i32 (ptr, ptr)", b, part)
        emit.exit_if_failed(emit.op(f"icmp slt i32 {answer}, 0"), VALUE_ERROR)
        return emit.op(f"icmp eq i32 {answer}, 1")


for _wanted in ("boxed int", "bytes", "bytearray"):
    _declare_contains(_wanted)
