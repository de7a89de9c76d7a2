"""Assignment to slices of lists, and their deletion (list_ass_subscript of listobject.c)."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import RAISED, Emitter
from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.primitives.list_ import clamp, size_of, slice_rule
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import VALUE_ERROR
from pyvorin.types.spec import NONE, Type


def _replace(emit: Emitter, xs: str, bounds: tuple[str, str], values: str) -> str:
    """The list is as it shall be before what was in it is given back; assigned to itself, it is copied first."""
    status = emit.call("PyList_SetSlice", "i32 (ptr, i64, i64, ptr)", xs, *bounds, values)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)
    return "false"


def _declare(lower: str, upper: str) -> None:
    def bounds(emit: Emitter, xs: str, low: str, high: str) -> tuple[str, str]:
        """PyList_SetSlice itself sees to an end before the beginning."""
        size = size_of(emit, xs)
        start = clamp(emit, low, size) if lower == "int" else "0"
        return start, clamp(emit, high, size) if upper == "int" else size

    @primitive("setslice", f"(list[A], {lower}, {upper}, none, list[B]) -> none", effect=MUTATE, promotes=True)
    def setslice(emit: Emitter, xs: str, low: str, high: str, step: str, values: str) -> str:
        return _replace(emit, xs, bounds(emit, xs, low, high), values)

    @primitive("delslice", f"(list[T], {lower}, {upper}, none) -> none", effect=MUTATE, promotes=True)
    def delslice(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
        return _replace(emit, xs, bounds(emit, xs, low, high), "null")


for _lower in ("int", "none"):
    for _upper in ("int", "none"):
        _declare(_lower, _upper)


def _key(emit: Emitter, low: str, high: str, step: str) -> str:
    number = emit.fail_if_null(emit.call("PyLong_FromLongLong", "ptr (i64)", step))
    key = emit.call("PySlice_New", "ptr (ptr, ptr, ptr)", low, high, number)
    emit.decref(number)
    return emit.fail_if_null(key)


def _known_bounds(types: Types, constants: Constants) -> Type | None:
    return None if slice_rule(types, constants) is None else NONE


@primitive(
    "setslice",
    "(list[C], boxed A, boxed B, int, list[D]) -> none",
    effect=MUTATE,
    exits=[VALUE_ERROR],
    rule=_known_bounds,
)
def setslice_stepped(emit: Emitter, xs: str, low: str, high: str, step: str, values: str) -> str:
    """A step of 0, or another number of values, exits: nothing has been changed then."""
    key = _key(emit, low, high, step)
    status = emit.call("PyObject_SetItem", "i32 (ptr, ptr, ptr)", xs, key, values)
    return _done(emit, key, status)


@primitive(
    "delslice", "(list[T], boxed A, boxed B, int) -> none", effect=MUTATE, exits=[VALUE_ERROR], rule=_known_bounds
)
def delslice_stepped(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
    key = _key(emit, low, high, step)
    status = emit.call("PyObject_DelItem", "i32 (ptr, ptr)", xs, key)
    return _done(emit, key, status)


def _done(emit: Emitter, key: str, status: str) -> str:
    emit.decref(key)
    emit.exit_if_failed(emit.op(f"icmp ne i32 {status}, 0"), VALUE_ERROR)
    return "false"
