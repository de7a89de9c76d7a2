"""NumPy scalars, which reading an item of a NumPy array gives: np.float64 (npfloat), np.int64 (npint), np.bool_ (npbool).

The rules are those of NEP 50, which for these three types and the numbers of Python are also those of NumPy 1.x: a number of
Python takes the scalar's type, np.int64 with a float and true division give np.float64, comparisons np.bool_.  Where NumPy would
warn (overflow, invalid operation, division by zero) native code exits before, so that the warning is NumPy's own; the
variants ``silent`` are for where it has been seen that there is nothing to warn of (`passes/rehearse.py`).  What has no
overload here is left to CPython.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.numpy import signals
from pyvorin.compiler.primitives import float_, int_
from pyvorin.compiler.primitives.registry import Alias, Primitive, Rule, names, overloads, primitive
from pyvorin.core.reasons import DIVISION_BY_ZERO, INTEGER_OVERFLOW, MATH_DOMAIN
from pyvorin.types.buffers import NPBOOL, NPFLOAT, NPINT
from pyvorin.types.spec import Type

assert "math.sqrt" in names(), "the functions of math are declared before their overloads for NumPy"

_FLOATS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "truediv": "fdiv"}
_INTS = {"add": int_.add, "sub": int_.sub, "mul": int_.mul, "floordiv": int_.floordiv, "mod": int_.mod}
_COMPARISONS = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
_ORDERS = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}

_PYTHON = frozenset({"float", "int", "bool"})
_FLOATING = frozenset({"npfloat", "float"})


def _pair(types: tuple[Type, ...]) -> Type | None:
    """The scalar type in which an operator computes for these operands; None unless one of them is a scalar of NumPy."""
    names = {ty.name for ty in types}
    if not names & {"npfloat", "npint"} or not names <= _PYTHON | {"npfloat", "npint"}:
        return None
    return NPFLOAT if names & _FLOATING else NPINT


def _rule(computes: Type, gives: Type) -> Rule:
    return lambda types, constants: gives if _pair(types) == computes else None


def _kinds(emit: Emitter) -> list[str]:
    """The names of the operands' types."""
    assert emit.current is not None
    return [arg.ty.name for arg in emit.current.args]


def _doubles(emit: Emitter, *values: str) -> list[str]:
    """The operands as np.float64 has them: ints are rounded half to even, in comparisons, too."""
    return [
        value if kind in _FLOATING else emit.op(f"{'uitofp i1' if kind == 'bool' else 'sitofp i64'} {value} to double")
        for value, kind in zip(values, _kinds(emit))
    ]


def _integers(emit: Emitter, *values: str) -> list[str]:
    return [
        emit.op(f"zext i1 {value} to i64") if kind == "bool" else value for value, kind in zip(values, _kinds(emit))
    ]


def _arithmetic(emit: Emitter, operation: str, a: str, b: str) -> str:
    x, y = _doubles(emit, a, b)
    if operation == "fdiv":
        emit.exit_if(emit.op(f"fcmp oeq double {y}, 0.0"), DIVISION_BY_ZERO)
    result = emit.op(f"{operation} double {x}, {y}")
    emit.exit_if(signals(emit, operation, x, y, result), MATH_DOMAIN)
    return result


def _silent(emit: Emitter, name: str, a: str, b: str) -> str:
    """An operation of np.int64 as NumPy does it after its warning: results wrap, division by zero gives 0."""
    if name in ("add", "sub", "mul"):
        return emit.op(f"{name} i64 {a}, {b}")
    zero = emit.op(f"icmp eq i64 {b}, 0")
    minus = emit.op(f"icmp eq i64 {b}, -1")
    lowest = emit.op(f"icmp eq i64 {a}, {int_.MINIMUM}")
    odd = emit.op(f"or i1 {zero}, {emit.op(f'and i1 {lowest}, {minus}')}")
    divisor = emit.select(odd, "i64", "1", b)
    quotient = emit.op(f"sdiv i64 {a}, {divisor}")
    remainder = emit.op(f"srem i64 {a}, {divisor}")
    inexact = emit.op(f"icmp ne i64 {remainder}, 0")
    differ = emit.op(f"icmp slt i64 {emit.op(f'xor i64 {remainder}, {divisor}')}, 0")
    adjust = emit.op(f"and i1 {inexact}, {differ}")
    if name == "mod":
        return emit.select(adjust, "i64", emit.op(f"add i64 {remainder}, {divisor}"), remainder)
    rounded = emit.op(f"sub i64 {quotient}, {emit.op(f'zext i1 {adjust} to i64')}")
    return emit.select(zero, "i64", "0", rounded)


def _declare_operators() -> None:
    for name, operation in _FLOATS.items():
        exits = [DIVISION_BY_ZERO, MATH_DOMAIN] if operation == "fdiv" else [MATH_DOMAIN]
        _declare_float(name, operation, exits, NPFLOAT)
        if operation == "fdiv":
            _declare_float(name, operation, exits, NPINT)
    for name in _INTS:
        _declare_int(name, [DIVISION_BY_ZERO, INTEGER_OVERFLOW] if name in ("floordiv", "mod") else [INTEGER_OVERFLOW])
    for name in _COMPARISONS:
        _declare_comparison(name)


def _declare_float(name: str, operation: str, exits: list[str], computes: Type) -> None:
    def operator(emit: Emitter, a: str, b: str) -> str:
        return _arithmetic(emit, operation, a, b)

    def silent(emit: Emitter, a: str, b: str) -> str:
        x, y = _doubles(emit, a, b)
        return emit.op(f"{operation} double {x}, {y}")

    rule = _rule(computes, NPFLOAT)
    primitive(name, "(A, B) -> R", exits=exits, rule=rule)(operator)
    primitive(f"{name}.silent", "(A, B) -> R", rule=rule)(silent)
    if name == "add":
        _declare_sum(exits, rule, operator)


def _declare_int(name: str, exits: list[str]) -> None:
    def operator(emit: Emitter, a: str, b: str) -> str:
        return _INTS[name](emit, *_integers(emit, a, b))

    def silent(emit: Emitter, a: str, b: str) -> str:
        return _silent(emit, name, *_integers(emit, a, b))

    rule = _rule(NPINT, NPINT)
    primitive(name, "(A, B) -> R", exits=exits, rule=rule)(operator)
    primitive(f"{name}.silent", "(A, B) -> R", rule=rule)(silent)
    if name == "add":
        _declare_sum(exits, rule, operator)


def _declare_sum(exits: list[str], rule: Rule, operator: Callable[..., str]) -> None:
    """sum() adds scalars of NumPy one by one; compensation is for exact floats only (builtin_sum_impl, bltinmodule.c)."""
    primitive("sum.add", "(A, B) -> R", exits=exits, rule=rule)(operator)


def _declare_comparison(name: str) -> None:
    @primitive(name, "(A, B) -> R", rule=_rule(NPFLOAT, NPBOOL))
    def floats(emit: Emitter, a: str, b: str) -> str:
        x, y = _doubles(emit, a, b)
        return emit.op(f"fcmp {_COMPARISONS[name]} double {x}, {y}")

    @primitive(name, "(A, B) -> R", rule=_rule(NPINT, NPBOOL))
    def ints(emit: Emitter, a: str, b: str) -> str:
        x, y = _integers(emit, a, b)
        return emit.op(f"icmp {_ORDERS[name]} i64 {x}, {y}")


_declare_operators()


@primitive("neg", "(npfloat) -> npfloat")
def neg(emit: Emitter, a: str) -> str:
    return float_.neg(emit, a)


@primitive("neg", "(npint) -> npint", exits=[INTEGER_OVERFLOW])
def neg_int(emit: Emitter, a: str) -> str:
    """The lowest int warns."""
    return int_.neg(emit, a)


@primitive("neg.silent", "(npint) -> npint")
def neg_int_silent(emit: Emitter, a: str) -> str:
    return emit.op(f"sub i64 0, {a}")


@primitive("abs", "(npfloat) -> npfloat")
def absolute(emit: Emitter, a: str) -> str:
    return float_.absolute(emit, a)


@primitive("abs", "(npint) -> npint", exits=[INTEGER_OVERFLOW])
def absolute_int(emit: Emitter, a: str) -> str:
    return int_.absolute(emit, a)


@primitive("abs.silent", "(npint) -> npint")
def absolute_int_silent(emit: Emitter, a: str) -> str:
    return emit.call("llvm.abs.i64", "i64 (i64, i1)", a, "false")


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
    return _doubles(emit, a)[0]


@primitive("int", "(npint) -> int")
@primitive("range.bound", "(npint) -> int")
def to_int(emit: Emitter, a: str) -> str:
    return a


@primitive("int", "(npfloat) -> int", exits=[INTEGER_OVERFLOW])
def float_to_int(emit: Emitter, a: str) -> str:
    return int_.float_to_int(emit, a)


def _declare_math() -> None:
    """Functions of `math` take a scalar of NumPy for the float that it is or converts to, and give numbers of Python."""
    for name in names():
        if name.startswith("math."):
            for overload in list(overloads(name)):
                if all(param.name == "float" for param in overload.params) and overload.promotes:
                    _declare_like(name, overload)


def _declare_like(name: str, original: Primitive) -> None:
    def rule(types: tuple[Type, ...], constants: tuple[Any, ...]) -> Type | None:
        return None if _pair(types) is None else original.result

    def function(emit: Emitter, *args: str) -> str:
        return original.lower(emit, *_doubles(emit, *args))

    signature = "(A) -> R" if len(original.params) == 1 else "(A, B) -> R"
    primitive(name, signature, effect=original.effect, exits=original.exits, rule=rule)(function)


_declare_math()


def _declare_whole(name: str) -> None:
    original = next(o for o in overloads(name) if o.params[0].name == "float")

    @primitive(name, "(npfloat) -> int", exits=original.exits)
    def whole(emit: Emitter, x: str) -> str:
        """np.float64 inherits float's own."""
        return original.lower(emit, x)


for _name in ("math.floor", "math.ceil", "math.trunc"):
    _declare_whole(_name)
