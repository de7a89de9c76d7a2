"""range objects (a range in a loop's head never exists as one: iteration.py)."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.int_ import checked
from pyvorin.compiler.primitives.objects import box_int, unbox_int
from pyvorin.compiler.primitives.registry import Alias, Folded, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, INTEGER_OVERFLOW, VALUE_ERROR

# rangeobject of rangeobject.c: the object's header, then start, stop, step and length as int objects.
_START, _STEP, _LENGTH = 16, 32, 40


def _field(emit: Emitter, r: str, offset: int) -> str:
    value, fits = unbox_int(emit, emit.load("ptr", r, offset, "value"))
    emit.exit_if(emit.op(f"xor i1 {fits}, true"), INTEGER_OVERFLOW)
    return value


def _declare_range(count: int) -> None:
    exits = [VALUE_ERROR] if count == 3 else []

    @primitive("range", f"({', '.join(['int'] * count)}) -> range", effect=ALLOC, exits=exits, promotes=True)
    def make(emit: Emitter, *bounds: str) -> str:
        if count == 3:
            emit.exit_if(emit.op(f"icmp eq i64 {bounds[2]}, 0"), VALUE_ERROR)
        boxes = [box_int(emit, bound) for bound in bounds]
        operands = ", ".join(f"ptr {operand}" for operand in (emit.unit.external("PyRange_Type"), *boxes, "null"))
        emit.unit.declare("PyObject_CallFunctionObjArgs", "ptr (ptr, ...)")
        made = emit.op(f"call ptr (ptr, ...) @PyObject_CallFunctionObjArgs({operands})")
        for box in boxes:
            emit.decref(box)
        return emit.fail_if_null(made)


for _count in (1, 2, 3):
    _declare_range(_count)


@primitive("len", "(range) -> int", exits=[INTEGER_OVERFLOW])
@primitive("iter.size", "(range) -> int", exits=[INTEGER_OVERFLOW])
def length(emit: Emitter, r: str) -> str:
    return _field(emit, r, _LENGTH)


@primitive("truth", "(range) -> bool", exits=[INTEGER_OVERFLOW])
@primitive("bool", "(range) -> bool", exits=[INTEGER_OVERFLOW])
def truth(emit: Emitter, r: str) -> str:
    return emit.op(f"icmp ne i64 {_field(emit, r, _LENGTH)}, 0")


@primitive("iter.check", "(range) -> range", rule=lambda types, constants: Alias())
def check(emit: Emitter, r: str) -> str:
    return r


@primitive("iter.valid", "(range, int) -> bool", rule=lambda types, constants: Folded(True))
def valid(emit: Emitter, r: str, index: str) -> str:
    return "true"


@primitive("iter.item", "(range, int) -> int", exits=[INTEGER_OVERFLOW])
def item(emit: Emitter, r: str, index: str) -> str:
    """start + index * step; a range can end outside 64 bits although its start, step and length fit."""
    return checked(emit, "sadd", _field(emit, r, _START), checked(emit, "smul", index, _field(emit, r, _STEP)))


@primitive("getitem", "(range, int) -> int", exits=[INTEGER_OVERFLOW, BOUNDS_CHECK_FAILURE], promotes=True)
def getitem(emit: Emitter, r: str, index: str) -> str:
    size = _field(emit, r, _LENGTH)
    actual = within(emit, index, size)
    return item(emit, r, actual)


@primitive("contains", "(int, range) -> bool", exits=[INTEGER_OVERFLOW], promotes=True)
def contains(emit: Emitter, wanted: str, r: str) -> str:
    """Between the first and the last item, and a whole number of steps from the first; distances as unsigned numbers."""
    start, step, size = (_field(emit, r, offset) for offset in (_START, _STEP, _LENGTH))
    up = emit.op(f"icmp sgt i64 {step}, 0")
    forward = emit.op(f"sub i64 {wanted}, {start}")
    backward = emit.op(f"sub i64 {start}, {wanted}")
    distance = emit.select(up, "i64", forward, backward)
    stride = emit.select(up, "i64", step, emit.op(f"sub i64 0, {step}"))
    ahead = emit.select(
        up, "i1", emit.op(f"icmp sge i64 {wanted}, {start}"), emit.op(f"icmp sle i64 {wanted}, {start}")
    )
    whole = emit.op(f"icmp eq i64 {emit.op(f'urem i64 {distance}, {stride}')}, 0")
    within = emit.op(f"icmp ult i64 {emit.op(f'udiv i64 {distance}, {stride}')}, {size}")
    return emit.op(f"and i1 {emit.op(f'and i1 {ahead}, {whole}')}, {within}")
