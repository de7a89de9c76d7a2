"""Slices of vectors, and what changes more of a vector than an item or its end."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import RAISED, Emitter
from pyvorin.compiler.emit.runtime import vectors
from pyvorin.compiler.hir.effects import ALLOC, MUTATE
from pyvorin.compiler.primitives.list_ import clamp
from pyvorin.compiler.primitives.list_ import item as list_item
from pyvorin.compiler.primitives.list_ import size_of as list_size
from pyvorin.compiler.primitives.objects import unbox
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.compiler.primitives.vector_ import Elements
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import Type, vec_of

BOUNDS = [(lower, upper) for lower in ("int", "none") for upper in ("int", "none")]


def _span(emit: Emitter, size: str, low: str, high: str, lower: str, upper: str) -> tuple[str, str]:
    """Where the slice starts, and its length."""
    start = clamp(emit, low, size) if lower == "int" else "0"
    stop = clamp(emit, high, size) if upper == "int" else size
    stop = emit.intrinsic("llvm.smax.i64", "i64", start, stop)
    return start, emit.op(f"sub nuw nsw i64 {stop}, {start}")


def _steps(emit: Emitter, size: str, low: str, high: str, step: str, lower: str, upper: str) -> tuple[str, str]:
    """Where a slice with a step starts, and how many items it has (PySlice_AdjustIndices); a step of 0 exits.

    A step of fewer than -2**62 exits, too: its opposite could not be divided by.
    """
    emit.exit_if(emit.op(f"icmp eq i64 {step}, 0"), VALUE_ERROR)
    emit.exit_if(emit.op(f"icmp slt i64 {step}, {-(2**62)}"), VALUE_ERROR)
    back = emit.op(f"icmp slt i64 {step}, 0")
    last = emit.op(f"sub i64 {size}, 1")
    # The bounds of what a bound may be: 0 to the size forwards, -1 to the last index backwards.
    least, most = emit.select(back, "i64", "-1", "0"), emit.select(back, "i64", last, size)

    def limited(bound: str) -> str:
        negative = emit.op(f"icmp slt i64 {bound}, 0")
        shifted = emit.select(negative, "i64", emit.op(f"add i64 {bound}, {size}"), bound)
        raised = emit.intrinsic("llvm.smax.i64", "i64", shifted, least)
        return emit.intrinsic("llvm.smin.i64", "i64", raised, most)

    start = limited(low) if lower == "int" else emit.select(back, "i64", last, "0")
    stop = limited(high) if upper == "int" else emit.select(back, "i64", "-1", size)
    forward, backward = emit.op(f"sub i64 {stop}, {start}"), emit.op(f"sub i64 {start}, {stop}")
    distance = emit.select(back, "i64", backward, forward)
    width = emit.select(back, "i64", emit.op(f"sub i64 0, {step}"), step)
    before = emit.op(f"udiv i64 {emit.op(f'sub i64 {distance}, 1')}, {width}")
    rounded = emit.op(f"add i64 {before}, 1")
    some = emit.op(f"icmp sgt i64 {distance}, 0")
    return start, emit.select(some, "i64", rounded, "0")


def _declare_slice(of: Elements, vec: str, lower: str, upper: str) -> None:
    made = vec_of(Type(of.name))

    @primitive(
        f"vec.slice.{of.name}",
        f"(list[T], {lower}, {upper}, none) -> {vec}",
        effect=ALLOC,
        exits=[RUNTIME_TYPE_MISMATCH],
        rule=lambda types, constants: made,
    )
    def from_list(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
        """The elements are all looked at before anything is made, so that an exit has nothing to give back."""
        start, count = _span(emit, list_size(emit, xs), low, high, lower, upper)

        def element(index: str) -> str:
            return unbox(emit, list_item(emit, xs, emit.op(f"add nuw nsw i64 {start}, {index}")), Type(of.name))

        def guard(index: str) -> None:
            element(index)

        emit.each_index(count, guard)
        v = of.new(emit, count)
        emit.each_index(count, lambda index: of.store(emit, v, index, element(index)))
        return v

    @primitive(f"vec.slice.{of.name}", f"({vec}, {lower}, {upper}, none) -> {vec}", effect=ALLOC)
    def from_vector(emit: Emitter, source: str, low: str, high: str, step: str) -> str:
        start, count = _span(emit, of.size(emit, source), low, high, lower, upper)
        v = of.new(emit, count)
        bytes_ = count if of.width == 1 else emit.op(f"shl nuw i64 {count}, 3")
        emit.call(
            "llvm.memcpy.p0.p0.i64", _COPY, of.address(emit, v, "0"), of.address(emit, source, start), bytes_, "false"
        )
        return v

    @primitive(f"vec.slice.{of.name}", f"({vec}, {lower}, {upper}, int) -> {vec}", effect=ALLOC, exits=[VALUE_ERROR])
    def stepped(emit: Emitter, source: str, low: str, high: str, step: str) -> str:
        start, count = _steps(emit, of.size(emit, source), low, high, step, lower, upper)
        v = of.new(emit, count)

        def copy(index: str) -> None:
            place = emit.op(f"add i64 {start}, {emit.op(f'mul i64 {index}, {step}')}")
            of.store(emit, v, index, of.load(emit, source, place))

        emit.each_index(count, copy)
        return v

    @primitive("setslice", f"({vec}, {lower}, {upper}, none, {vec}) -> none", effect=MUTATE)
    def setslice(emit: Emitter, v: str, low: str, high: str, step: str, values: str) -> str:
        start, count = _span(emit, of.size(emit, v), low, high, lower, upper)
        _splice(emit, of, v, start, count, values)
        return "false"

    @primitive("delslice", f"({vec}, {lower}, {upper}, none) -> none", effect=MUTATE)
    def delslice(emit: Emitter, v: str, low: str, high: str, step: str) -> str:
        start, count = _span(emit, of.size(emit, v), low, high, lower, upper)
        _splice(emit, of, v, start, count, "null")
        return "false"


_COPY = "void (ptr, ptr, i64, i1)"


def _splice(emit: Emitter, of: Elements, v: str, start: str, count: str, values: str) -> None:
    status = emit.call_helper(
        "pv_vec_splice",
        vectors.write_splice,
        "i32 (ptr, i64, i64, ptr)",
        v,
        *(index if of.width == 1 else emit.op(f"shl nuw i64 {index}, 3") for index in (start, count)),
        values,
    )
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)


def _declare(name: str) -> None:
    of = Elements(name)
    vec = f"vec[{name}]"
    for lower, upper in BOUNDS:
        _declare_slice(of, vec, lower, upper)

    @primitive(".pop", f"({vec}, int) -> {name}", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
    def pop_at(emit: Emitter, v: str, index: str) -> str:
        actual = of.index(emit, v, index)
        value = of.load(emit, v, actual)
        _splice(emit, of, v, actual, "1", "null")
        return value


for _name in vectors.WIDTH:
    _declare(_name)
