"""float operators: IEEE doubles in CPython's order of operations, no fast-math, libm called as CPython calls it."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter, float_literal
from pyvorin.compiler.emit.runtime import parse
from pyvorin.compiler.primitives.int_ import BY_ZERO, float_to_int, parsed
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import DIVISION_BY_ZERO, INTEGER_OVERFLOW, MATH_DOMAIN, VALUE_ERROR

INFINITY = float_literal(float("inf"))


@primitive("add", "(float, float) -> float", promotes=True)
def add(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"fadd double {a}, {b}")


@primitive("sub", "(float, float) -> float", promotes=True)
def sub(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"fsub double {a}, {b}")


@primitive("mul", "(float, float) -> float", promotes=True)
def mul(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"fmul double {a}, {b}")


@primitive("truediv", "(float, float) -> float", exits=[DIVISION_BY_ZERO], raises=BY_ZERO, promotes=True)
def truediv(emit: Emitter, a: str, b: str) -> str:
    _divisor(emit, b)
    return emit.op(f"fdiv double {a}, {b}")


def _divisor(emit: Emitter, b: str) -> None:
    emit.exit_if(emit.op(f"fcmp oeq double {b}, 0.0"), DIVISION_BY_ZERO)


def _remainder(emit: Emitter, a: str, b: str) -> tuple[str, str, str]:
    """fmod with the divisor's sign, whether it is not zero, and whether the sign was adjusted (float_rem, floatobject.c)."""
    raw = emit.libm("fmod", a, b)
    nonzero = emit.op(f"fcmp une double {raw}, 0.0")
    below_b = emit.op(f"fcmp olt double {b}, 0.0")
    below_m = emit.op(f"fcmp olt double {raw}, 0.0")
    adjust = emit.op(f"and i1 {nonzero}, {emit.op(f'xor i1 {below_b}, {below_m}')}")
    shifted = emit.select(adjust, "double", emit.op(f"fadd double {raw}, {b}"), raw)
    signed_zero = emit.call("llvm.copysign.f64", "double (double, double)", "0.0", b)
    return emit.select(nonzero, "double", shifted, signed_zero), raw, adjust


@primitive("mod", "(float, float) -> float", exits=[DIVISION_BY_ZERO], raises=BY_ZERO, promotes=True)
def mod(emit: Emitter, a: str, b: str) -> str:
    """The result has the divisor's sign, a zero result too."""
    _divisor(emit, b)
    return _remainder(emit, a, b)[0]


@primitive("floordiv", "(float, float) -> float", exits=[DIVISION_BY_ZERO], raises=BY_ZERO, promotes=True)
def floordiv(emit: Emitter, a: str, b: str) -> str:
    """As _float_div_mod of floatobject.c: the quotient of what is left after the remainder, snapped to an integer."""
    _divisor(emit, b)
    _, raw, adjusted = _remainder(emit, a, b)
    quotient = emit.op(f"fdiv double {emit.op(f'fsub double {a}, {raw}')}, {b}")
    quotient = emit.select(adjusted, "double", emit.op(f"fsub double {quotient}, 1.0"), quotient)
    floor = emit.intrinsic("llvm.floor.f64", "double", quotient)
    high = emit.op(f"fcmp ogt double {emit.op(f'fsub double {quotient}, {floor}')}, 5.0e-01")
    snapped = emit.select(high, "double", emit.op(f"fadd double {floor}, 1.0"), floor)
    whole = emit.op(f"fdiv double {a}, {b}")
    signed_zero = emit.call("llvm.copysign.f64", "double (double, double)", "0.0", whole)
    zero = emit.op(f"fcmp oeq double {quotient}, 0.0")
    return emit.select(zero, "double", signed_zero, snapped)


@primitive("pow", "(float, float) -> float", exits=[DIVISION_BY_ZERO, MATH_DOMAIN], promotes=True)
def power(emit: Emitter, a: str, b: str) -> str:
    """float_pow of floatobject.c: a negative base with a fractional exponent is complex, 0 to a negative power and an
    overflow are errors; all of these exit.  A negative base is computed by its magnitude, as there."""
    zero = emit.op(f"fcmp oeq double {a}, 0.0")
    negative_b = emit.op(f"fcmp olt double {b}, 0.0")
    emit.exit_if(emit.op(f"and i1 {zero}, {negative_b}"), DIVISION_BY_ZERO)
    finite_a = is_finite(emit, a)
    finite_b = is_finite(emit, b)
    both = emit.op(f"and i1 {finite_a}, {finite_b}")
    negative_a = emit.op(f"and i1 {both}, {emit.op(f'fcmp olt double {a}, 0.0')}")
    fractional = emit.op(f"fcmp une double {emit.intrinsic('llvm.floor.f64', 'double', b)}, {b}")
    emit.exit_if(emit.op(f"and i1 {negative_a}, {fractional}"), MATH_DOMAIN)
    base = emit.select(negative_a, "double", emit.op(f"fneg double {a}"), a)
    magnitude = emit.libm("pow", base, b)
    half = emit.op(f"fmul double {b}, 5.0e-01")
    odd = emit.op(f"fcmp une double {emit.intrinsic('llvm.floor.f64', 'double', half)}, {half}")
    flip = emit.op(f"and i1 {negative_a}, {odd}")
    result = emit.select(flip, "double", emit.op(f"fneg double {magnitude}"), magnitude)
    infinite = emit.op(f"fcmp oeq double {emit.intrinsic('llvm.fabs.f64', 'double', result)}, {INFINITY}")
    emit.exit_if(emit.op(f"and i1 {both}, {infinite}"), MATH_DOMAIN)
    return result


def is_finite(emit: Emitter, a: str) -> str:
    """Neither NaN nor an infinity."""
    return emit.op(f"fcmp olt double {emit.intrinsic('llvm.fabs.f64', 'double', a)}, {INFINITY}")


@primitive("neg", "(float) -> float")
def neg(emit: Emitter, a: str) -> str:
    return emit.op(f"fneg double {a}")


@primitive("pos", "(float) -> float")
def pos(emit: Emitter, a: str) -> str:
    return a


@primitive("abs", "(float) -> float")
def absolute(emit: Emitter, a: str) -> str:
    return emit.intrinsic("llvm.fabs.f64", "double", a)


@primitive("truth", "(float) -> bool")
def truth(emit: Emitter, a: str) -> str:
    """NaN is true."""
    return emit.op(f"fcmp une double {a}, 0.0")


@primitive("float", "() -> float")
def float_empty(emit: Emitter) -> str:
    return "0.0"


@primitive("float", "(float) -> float", promotes=True)
def float_float(emit: Emitter, a: str) -> str:
    return a


@primitive("float", "(str) -> float", exits=[VALUE_ERROR], raises={"ValueError": VALUE_ERROR})
def float_str(emit: Emitter, text: str) -> str:
    """Text that is no number exits, and CPython raises the ValueError."""

    def ask() -> str:
        obj = emit.exit_if_null(emit.call("PyFloat_FromString", "ptr (ptr)", text), VALUE_ERROR)
        value = emit.load("double", obj, emit.layout.float_value, "value")
        emit.decref(obj)
        return value

    both = emit.call_helper("pv_parse_float", parse.write_parse_float, "{ double, i8 } (ptr)", text)
    return parsed(emit, both, "double", ask)


@primitive("round", "(float) -> int", exits=[INTEGER_OVERFLOW])
def round_float(emit: Emitter, a: str) -> str:
    """Half to even."""
    return float_to_int(emit, emit.intrinsic("llvm.roundeven.f64", "double", a))


@primitive("round", "(float, none) -> int", exits=[INTEGER_OVERFLOW])
def round_float_none(emit: Emitter, a: str, digits: str) -> str:
    return round_float(emit, a)


@primitive("round", "(float, int) -> float", exits=[VALUE_ERROR])
def round_float_digits(emit: Emitter, a: str, digits: str) -> str:
    """Correctly rounded decimal digits: CPython's own float.__round__ (double_round, floatobject.c)."""
    from pyvorin.compiler.primitives.objects import box_float, box_int

    x, n = box_float(emit, a), box_int(emit, digits)
    name = emit.slot("object", "'__round__'")
    obj = emit.op(f"call ptr (ptr, ptr, ...) @PyObject_CallMethodObjArgs(ptr {x}, ptr {name}, ptr {n}, ptr null)")
    emit.unit.declare("PyObject_CallMethodObjArgs", "ptr (ptr, ptr, ...)")
    emit.decref(x)
    emit.decref(n)
    emit.exit_if_null(obj, VALUE_ERROR)
    value = emit.load("double", obj, emit.layout.float_value, "value")
    emit.decref(obj)
    return value
