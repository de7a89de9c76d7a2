"""The math module: libm called as CPython calls it, with its rules for errors (mathmodule.c, math_1 and math_2).

A NaN from arguments that are none is a domain error; an infinity from finite arguments is a range or domain error.  Both
exit, and CPython raises.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter, float_literal
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.float_ import is_finite
from pyvorin.compiler.primitives.int_ import float_to_int
from pyvorin.compiler.primitives.objects import box_float
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import INTEGER_OVERFLOW, MATH_DOMAIN

_ONE = [
    "exp",
    "expm1",
    "log1p",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "log2",
    "log10",
    "log",
]
"""Functions of one float that CPython computes with the libm function of the same name."""


def _checked(emit: Emitter, result: str, *args: str) -> str:
    nan_result = emit.op(f"fcmp uno double {result}, {result}")
    size = emit.intrinsic("llvm.fabs.f64", "double", result)
    infinite = emit.op(f"fcmp oeq double {size}, {float_literal(float('inf'))}")
    nan_argument, finite = "false", "true"
    for arg in args:
        nan_argument = emit.op(f"or i1 {nan_argument}, {emit.op(f'fcmp uno double {arg}, {arg}')}")
        finite = emit.op(f"and i1 {finite}, {is_finite(emit, arg)}")
    domain = emit.op(f"and i1 {nan_result}, {emit.op(f'xor i1 {nan_argument}, true')}")
    overflow = emit.op(f"and i1 {infinite}, {finite}")
    emit.exit_if(emit.op(f"or i1 {domain}, {overflow}"), MATH_DOMAIN)
    return result


def _declare_one(name: str) -> None:
    @primitive(f"math.{name}", "(float) -> float", exits=[MATH_DOMAIN], promotes=True)
    def function(emit: Emitter, x: str) -> str:
        if name.startswith("log") and name != "log1p":
            # m_log and its like test the sign before they call libm; the result for 0 is an error, too.
            emit.exit_if(emit.op(f"fcmp ole double {x}, 0.0"), MATH_DOMAIN)
        return _checked(emit, emit.libm(name, x), x)


for _name in _ONE:
    _declare_one(_name)


@primitive("math.sqrt", "(float) -> float", exits=[MATH_DOMAIN], promotes=True)
def sqrt(emit: Emitter, x: str) -> str:
    """A negative argument exits; NaN and -0.0 pass through."""
    emit.exit_if(emit.op(f"fcmp olt double {x}, 0.0"), MATH_DOMAIN)
    return emit.intrinsic("llvm.sqrt.f64", "double", x)


@primitive("math.fabs", "(float) -> float", promotes=True)
def fabs(emit: Emitter, x: str) -> str:
    return emit.intrinsic("llvm.fabs.f64", "double", x)


def _declare_whole(name: str, intrinsic: str) -> None:
    @primitive(f"math.{name}", "(float) -> int", exits=[INTEGER_OVERFLOW])
    def whole(emit: Emitter, x: str) -> str:
        return float_to_int(emit, emit.intrinsic(f"llvm.{intrinsic}.f64", "double", x))

    @primitive(f"math.{name}", "(int) -> int", promotes=True)
    def same(emit: Emitter, x: str) -> str:
        return x


for _name in ("floor", "ceil", "trunc"):
    _declare_whole(_name, _name)


@primitive("math.isnan", "(float) -> bool", promotes=True)
def isnan(emit: Emitter, x: str) -> str:
    return emit.op(f"fcmp uno double {x}, {x}")


@primitive("math.isinf", "(float) -> bool", promotes=True)
def isinf(emit: Emitter, x: str) -> str:
    size = emit.intrinsic("llvm.fabs.f64", "double", x)
    return emit.op(f"fcmp oeq double {size}, {float_literal(float('inf'))}")


@primitive("math.isfinite", "(float) -> bool", promotes=True)
def isfinite(emit: Emitter, x: str) -> str:
    return is_finite(emit, x)


@primitive("math.copysign", "(float, float) -> float", promotes=True)
def copysign(emit: Emitter, x: str, y: str) -> str:
    return emit.call("llvm.copysign.f64", "double (double, double)", x, y)


@primitive("math.atan2", "(float, float) -> float", exits=[MATH_DOMAIN], promotes=True)
def atan2(emit: Emitter, y: str, x: str) -> str:
    """m_atan2 of mathmodule.c handles infinities and zeros as C99 does, and never fails."""
    return emit.libm("atan2", y, x)


@primitive("math.fmod", "(float, float) -> float", exits=[MATH_DOMAIN], promotes=True)
def fmod(emit: Emitter, x: str, y: str) -> str:
    return _checked(emit, emit.libm("fmod", x, y), x, y)


@primitive("math.pow", "(float, float) -> float", exits=[MATH_DOMAIN], promotes=True)
def power(emit: Emitter, x: str, y: str) -> str:
    """math_pow: special values as C99's pow; errors exit.  0 to the power -inf is an error in 3.10 and inf later."""
    zero = emit.op(f"fcmp oeq double {x}, 0.0")
    emit.exit_if(emit.op(f"and i1 {zero}, {emit.op(f'fcmp olt double {y}, 0.0')}"), MATH_DOMAIN)
    return _checked(emit, emit.libm("pow", x, y), x, y)


@primitive("math.log", "(float, float) -> float", exits=[MATH_DOMAIN], promotes=True)
def log_base(emit: Emitter, x: str, base: str) -> str:
    """log(x) / log(base); a base of 1 divides by zero, which exits."""
    for arg in (x, base):
        emit.exit_if(emit.op(f"fcmp ole double {arg}, 0.0"), MATH_DOMAIN)
    numerator = emit.libm("log", x)
    denominator = emit.libm("log", base)
    emit.exit_if(emit.op(f"fcmp oeq double {denominator}, 0.0"), MATH_DOMAIN)
    return emit.op(f"fdiv double {numerator}, {denominator}")


_DEGREES = float_literal(180.0 / 3.141592653589793)
_RADIANS = float_literal(3.141592653589793 / 180.0)


@primitive("math.degrees", "(float) -> float", promotes=True)
def degrees(emit: Emitter, x: str) -> str:
    return emit.op(f"fmul double {x}, {_DEGREES}")


@primitive("math.radians", "(float) -> float", promotes=True)
def radians(emit: Emitter, x: str) -> str:
    return emit.op(f"fmul double {x}, {_RADIANS}")


def _declare_call(name: str, count: int) -> None:
    """Functions that CPython does not take from libm: its own function object is called."""
    signature = f"({', '.join(['float'] * count)}) -> float"

    @primitive(f"math.{name}", signature, effect=ALLOC, exits=[MATH_DOMAIN], promotes=True)
    def called(emit: Emitter, *args: str) -> str:
        function = emit.slot("imported", f"math:{name}")
        emit.unit.declare("PyObject_CallFunctionObjArgs", "ptr (ptr, ...)")
        boxes = [box_float(emit, arg) for arg in args]
        operands = ", ".join(f"ptr {obj}" for obj in (function, *boxes, "null"))
        result = emit.op(f"call ptr (ptr, ...) @PyObject_CallFunctionObjArgs({operands})")
        for obj in boxes:
            emit.decref(obj)
        emit.exit_if_null(result, MATH_DOMAIN)
        value = emit.load("double", result, emit.layout.float_value, "value")
        emit.decref(result)
        return value


for _name, _count in {"hypot": 2, "erf": 1, "erfc": 1, "gamma": 1, "lgamma": 1}.items():
    _declare_call(_name, _count)


@primitive("math.gcd", "(int, int) -> int", exits=[INTEGER_OVERFLOW], promotes=True)
def gcd(emit: Emitter, a: str, b: str) -> str:
    """Euclid's algorithm on magnitudes; 2**63 as a result exits."""
    start_a = emit.call("llvm.abs.i64", "i64 (i64, i1)", a, "false")
    start_b = emit.call("llvm.abs.i64", "i64 (i64, i1)", b, "false")
    start = emit.label
    loop, body, done = emit.new_label("gcd"), emit.new_label("body"), emit.new_label("done")
    emit.jump(loop)
    emit.begin(loop)
    x, y = emit.name(), emit.name()
    head = len(emit.lines)
    emit.branch(emit.op(f"icmp eq i64 {y}, 0"), done, body)
    emit.begin(body)
    remainder = emit.op(f"urem i64 {x}, {y}")
    emit.jump(loop)
    emit.lines[head:head] = [
        f"  {x} = phi i64 [ {start_a}, %{start} ], [ {y}, %{body} ]",
        f"  {y} = phi i64 [ {start_b}, %{start} ], [ {remainder}, %{body} ]",
    ]
    emit.begin(done)
    emit.exit_if(emit.op(f"icmp slt i64 {x}, 0"), INTEGER_OVERFLOW)
    return x
