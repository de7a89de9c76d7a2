"""The steps of sum(): plain addition, and from 3.12 on Neumaier's compensation for floats (builtin_sum_impl, bltinmodule.c)."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter, float_literal
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives import float_, int_, list_
from pyvorin.compiler.primitives.registry import Alias, primitive
from pyvorin.core.reasons import INTEGER_OVERFLOW


@primitive("sum.start", "(int) -> int", rule=lambda types, constants: Alias())
@primitive("sum.start", "(float) -> float", rule=lambda types, constants: Alias())
@primitive("sum.start", "(list[T]) -> list[T]", rule=lambda types, constants: Alias())
def start(emit: Emitter, value: str) -> str:
    """A start of any other type has no overload."""
    return value


@primitive("sum.add", "(int, int) -> int", exits=[INTEGER_OVERFLOW], promotes=True)
def add_ints(emit: Emitter, a: str, b: str) -> str:
    return int_.add(emit, a, b)


@primitive("sum.add", "(float, float) -> float", promotes=True)
def add_floats(emit: Emitter, a: str, b: str) -> str:
    return float_.add(emit, a, b)


@primitive("sum.add", "(list[A], list[B]) -> list", effect=ALLOC, rule=lambda types, constants: list_.join_lists(types))
def add_lists(emit: Emitter, xs: str, ys: str) -> str:
    return list_.concatenate(emit, xs, ys)


@primitive("sum.error", "(float, float, float, float) -> float")
def error(emit: Emitter, old: str, item: str, new: str, error: str) -> str:
    """What the addition old + item = new has lost, added to the error so far."""
    size_old = emit.intrinsic("llvm.fabs.f64", "double", old)
    size_item = emit.intrinsic("llvm.fabs.f64", "double", item)
    first = emit.op(f"fcmp oge double {size_old}, {size_item}")
    large = emit.select(first, "double", old, item)
    small = emit.select(first, "double", item, old)
    lost = emit.op(f"fadd double {emit.op(f'fsub double {large}, {new}')}, {small}")
    return emit.op(f"fadd double {error}, {lost}")


@primitive("sum.error", "(A, B, C, float) -> float", rule=lambda types, constants: Alias(3))
def no_error(emit: Emitter, old: str, item: str, new: str, error: str) -> str:
    """Adding an int, or the first float to an int, is not compensated."""
    return error


@primitive("sum.finish", "(float, float) -> float")
def finish_float(emit: Emitter, total: str, error: str) -> str:
    """An infinite or NaN error says nothing; adding 0.0 would lose the sign of -0.0."""
    size = emit.intrinsic("llvm.fabs.f64", "double", error)
    finite = emit.op(f"fcmp olt double {size}, {float_literal(float('inf'))}")
    nonzero = emit.op(f"fcmp une double {error}, 0.0")
    use = emit.op(f"and i1 {finite}, {nonzero}")
    return emit.select(use, "double", emit.op(f"fadd double {total}, {error}"), total)


@primitive("sum.finish", "(A, float) -> A", rule=lambda types, constants: None if types[0].name == "float" else Alias())
def finish(emit: Emitter, total: str, error: str) -> str:
    return total
