"""NumPy scalars, which reading an item of a NumPy array gives: np.float64 (npfloat), np.int64 (npint), np.bool_ (npbool).

The rules are those of NEP 50, which for these three types and the numbers of Python are also those of NumPy 1.x: a number of
Python takes the scalar's type, np.int64 with a float and true division give np.float64, comparisons np.bool_.  Where NumPy would warn (overflow,
invalid operation, division by zero) native code exits before, so that the warning is NumPy's own.  What has no overload here is
left to CPython.
"""

from __future__ import annotations

from itertools import product

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.numpy import signals
from pyvorin.compiler.primitives import float_, int_
from pyvorin.compiler.primitives.registry import Alias, overloads, primitive
from pyvorin.core.reasons import DIVISION_BY_ZERO, INTEGER_OVERFLOW, MATH_DOMAIN

_FLOATS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "truediv": "fdiv"}
_INTS = {"add": int_.add, "sub": int_.sub, "mul": int_.mul, "floordiv": int_.floordiv, "mod": int_.mod}
_COMPARISONS = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
_ORDERS = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}

_NUMBERS = ("npfloat", "npint", "float", "int", "bool")
_PAIRS = [(a, b) for a, b in product(_NUMBERS, repeat=2) if "npfloat" in (a, b) or "npint" in (a, b)]
_FLOAT_PAIRS = [pair for pair in _PAIRS if {"npfloat", "float"} & set(pair)]
_INT_PAIRS = [pair for pair in _PAIRS if pair not in _FLOAT_PAIRS]


def _double(emit: Emitter, value: str, kind: str) -> str:
    """The operand as np.float64 has it: ints are rounded half to even, in comparisons, too."""
    if kind in ("npfloat", "float"):
        return value
    return emit.op(f"{'uitofp i1' if kind == 'bool' else 'sitofp i64'} {value} to double")


def _integer(emit: Emitter, value: str, kind: str) -> str:
    return emit.op(f"zext i1 {value} to i64") if kind == "bool" else value


def _arithmetic(emit: Emitter, operation: str, a: str, b: str) -> str:
    if operation == "fdiv":
        emit.exit_if(emit.op(f"fcmp oeq double {b}, 0.0"), DIVISION_BY_ZERO)
    result = emit.op(f"{operation} double {a}, {b}")
    emit.exit_if(signals(emit, operation, a, b, result), MATH_DOMAIN)
    return result


def _declare_floats(name: str, operation: str, kinds: tuple[str, str]) -> None:
    exits = [DIVISION_BY_ZERO, MATH_DOMAIN] if operation == "fdiv" else [MATH_DOMAIN]

    @primitive(name, f"({kinds[0]}, {kinds[1]}) -> npfloat", exits=exits)
    def operator(emit: Emitter, a: str, b: str) -> str:
        return _arithmetic(emit, operation, _double(emit, a, kinds[0]), _double(emit, b, kinds[1]))


def _declare_ints(name: str, kinds: tuple[str, str]) -> None:
    exits = [DIVISION_BY_ZERO, INTEGER_OVERFLOW] if name in ("floordiv", "mod") else [INTEGER_OVERFLOW]

    @primitive(name, f"({kinds[0]}, {kinds[1]}) -> npint", exits=exits)
    def operator(emit: Emitter, a: str, b: str) -> str:
        return _INTS[name](emit, _integer(emit, a, kinds[0]), _integer(emit, b, kinds[1]))


def _declare_comparison(name: str, kinds: tuple[str, str]) -> None:
    @primitive(name, f"({kinds[0]}, {kinds[1]}) -> npbool")
    def comparison(emit: Emitter, a: str, b: str) -> str:
        if kinds in _FLOAT_PAIRS:
            x, y = _double(emit, a, kinds[0]), _double(emit, b, kinds[1])
            return emit.op(f"fcmp {_COMPARISONS[name]} double {x}, {y}")
        return emit.op(f"icmp {_ORDERS[name]} i64 {_integer(emit, a, kinds[0])}, {_integer(emit, b, kinds[1])}")


for _pair in _FLOAT_PAIRS:
    for _name, _operation in _FLOATS.items():
        _declare_floats(_name, _operation, _pair)
for _pair in _INT_PAIRS:
    _declare_floats("truediv", "fdiv", _pair)
    for _name in _INTS:
        _declare_ints(_name, _pair)
for _pair in _PAIRS:
    for _name in _COMPARISONS:
        _declare_comparison(_name, _pair)


def _declare_sums() -> None:
    """sum() adds scalars of NumPy one by one; compensation is for exact floats only (builtin_sum_impl, bltinmodule.c)."""
    for overload in overloads("add"):
        if overload.result.name in ("npfloat", "npint"):
            primitive("sum.add", overload.signature, exits=overload.exits)(overload.lower)


_declare_sums()


@primitive("neg", "(npfloat) -> npfloat")
def neg(emit: Emitter, a: str) -> str:
    return float_.neg(emit, a)


@primitive("neg", "(npint) -> npint", exits=[INTEGER_OVERFLOW])
def neg_int(emit: Emitter, a: str) -> str:
    """The lowest int warns."""
    return int_.neg(emit, a)


@primitive("abs", "(npfloat) -> npfloat")
def absolute(emit: Emitter, a: str) -> str:
    return float_.absolute(emit, a)


@primitive("abs", "(npint) -> npint", exits=[INTEGER_OVERFLOW])
def absolute_int(emit: Emitter, a: str) -> str:
    return int_.absolute(emit, a)


@primitive("pos", "(npfloat) -> npfloat", rule=lambda types, constants: Alias())
@primitive("pos", "(npint) -> npint", rule=lambda types, constants: Alias())
def pos(emit: Emitter, a: str) -> str:
    return a


@primitive("truth", "(npfloat) -> bool")
@primitive("bool", "(npfloat) -> bool")
def truth(emit: Emitter, a: str) -> str:
    return float_.truth(emit, a)


@primitive("truth", "(npint) -> bool")
@primitive("bool", "(npint) -> bool")
def truth_int(emit: Emitter, a: str) -> str:
    return emit.op(f"icmp ne i64 {a}, 0")


@primitive("truth", "(npbool) -> bool")
@primitive("bool", "(npbool) -> bool")
def truth_bool(emit: Emitter, a: str) -> str:
    return a


@primitive("float", "(npfloat) -> float")
def to_float(emit: Emitter, a: str) -> str:
    return a


@primitive("float", "(npint) -> float")
def int_to_float(emit: Emitter, a: str) -> str:
    return _double(emit, a, "npint")


@primitive("int", "(npint) -> int")
@primitive("range.bound", "(npint) -> int")
def to_int(emit: Emitter, a: str) -> str:
    return a


@primitive("int", "(npfloat) -> int", exits=[INTEGER_OVERFLOW])
def float_to_int(emit: Emitter, a: str) -> str:
    return int_.float_to_int(emit, a)


def _declare_math() -> None:
    """Functions of `math` take a scalar of NumPy for the float that it is or converts to, and give numbers of Python."""
    from pyvorin.compiler.primitives import math_
    from pyvorin.compiler.primitives.registry import names

    assert math_.sqrt is not None
    for name in names():
        if name.startswith("math."):
            for overload in list(overloads(name)):
                if all(param.name == "float" for param in overload.params) and overload.promotes:
                    _declare_like(name, overload)


def _declare_like(name: str, overload) -> None:
    for kinds in product(("npfloat", "npint", "float", "int"), repeat=len(overload.params)):
        if not {"npfloat", "npint"} & set(kinds):
            continue

        def function(emit: Emitter, *args: str, kinds: tuple[str, ...] = kinds) -> str:
            return overload.lower(emit, *(_double(emit, arg, kind) for arg, kind in zip(args, kinds)))

        signature = f"({', '.join(kinds)}) -> {overload.result}"
        primitive(name, signature, effect=overload.effect, exits=overload.exits)(function)


_declare_math()


def _declare_whole(name: str) -> None:
    original = next(o for o in overloads(name) if o.params[0].name == "float")

    @primitive(name, "(npfloat) -> int", exits=original.exits)
    def whole(emit: Emitter, x: str) -> str:
        """np.float64 inherits float's own."""
        return original.lower(emit, x)


for _name in ("math.floor", "math.ceil", "math.trunc"):
    _declare_whole(_name)
