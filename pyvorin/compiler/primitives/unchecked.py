"""Operators without their checks, for where `passes/drop_checks.py` has proved that these cannot fail."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import mixed
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import DIVISION_BY_ZERO, RUNTIME_TYPE_MISMATCH


@primitive("add.unchecked", "(int, int) -> int")
def add(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"add nsw i64 {a}, {b}")


@primitive("sub.unchecked", "(int, int) -> int")
def sub(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"sub nsw i64 {a}, {b}")


@primitive("mul.unchecked", "(int, int) -> int")
def mul(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"mul nsw i64 {a}, {b}")


@primitive("neg.unchecked", "(int) -> int")
def neg(emit: Emitter, a: str) -> str:
    return emit.op(f"sub nsw i64 0, {a}")


@primitive("floordiv.unchecked", "(int, int) -> int")
def floordiv(emit: Emitter, a: str, b: str) -> str:
    """By a positive divisor: the remainder of the machine's division has the sign of *a*, and a negative one rounds down."""
    quotient = emit.op(f"sdiv i64 {a}, {b}")
    remainder = emit.op(f"srem i64 {a}, {b}")
    below = emit.op(f"icmp slt i64 {remainder}, 0")
    return emit.op(f"sub i64 {quotient}, {emit.op(f'zext i1 {below} to i64')}")


@primitive("mod.unchecked", "(int, int) -> int")
def mod(emit: Emitter, a: str, b: str) -> str:
    """By a positive divisor."""
    remainder = emit.op(f"srem i64 {a}, {b}")
    below = emit.op(f"icmp slt i64 {remainder}, 0")
    return emit.select(below, "i64", emit.op(f"add i64 {remainder}, {b}"), remainder)


@primitive("truediv.unchecked", "(float, float) -> float")
def truediv(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"fdiv double {a}, {b}")


@primitive("float.ordered", "(float) -> none", exits=[RUNTIME_TYPE_MISMATCH])
def ordered(emit: Emitter, a: str) -> str:
    """The check that it is no NaN (`passes/check_nans.py`)."""
    emit.exit_if(emit.op(f"fcmp uno double {a}, {a}"), RUNTIME_TYPE_MISMATCH)
    return "false"


@primitive("float.ordered", "(number) -> none", exits=[RUNTIME_TYPE_MISMATCH])
def ordered_number(emit: Emitter, a: str) -> str:
    value = mixed.as_float(emit, a)
    is_nan = emit.op(f"fcmp uno double {value}, {value}")
    emit.exit_if(emit.op(f"and i1 {is_nan}, {emit.op(f'xor i1 {mixed.is_int(emit, a)}, true')}"), RUNTIME_TYPE_MISMATCH)
    return "false"


@primitive("float.nonzero", "(float) -> none", exits=[DIVISION_BY_ZERO])
def nonzero(emit: Emitter, a: str) -> str:
    """The check of a division that comes later."""
    emit.exit_if(emit.op(f"fcmp oeq double {a}, 0.0"), DIVISION_BY_ZERO)
    return "false"
