"""A `number`: an int of 64 bits or a float, and which of them it is.

``{ i64, i1 }``: the int, or the bits of the double, and whether it is an int.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import integer

LLVM = "{ i64, i1 }"


def of_int(emit: Emitter, value: str) -> str:
    return _packed(emit, value, "true")


def of_float(emit: Emitter, value: str) -> str:
    return _packed(emit, emit.op(f"bitcast double {value} to i64"), "false")


def _packed(emit: Emitter, bits: str, is_int: str) -> str:
    return emit.op(f"insertvalue {LLVM} {emit.op(f'insertvalue {LLVM} poison, i64 {bits}, 0')}, i1 {is_int}, 1")


def is_int(emit: Emitter, number: str) -> str:
    return emit.op(f"extractvalue {LLVM} {number}, 1")


def as_int(emit: Emitter, number: str) -> str:
    """Its value, of one that is an int."""
    return emit.op(f"extractvalue {LLVM} {number}, 0")


def as_float(emit: Emitter, number: str) -> str:
    """Its value, of one that is a float."""
    return emit.op(f"bitcast i64 {emit.op(f'extractvalue {LLVM} {number}, 0')} to double")


def rounded(emit: Emitter, number: str) -> str:
    """As a double: an int as PyLong_AsDouble converts it."""
    converted = emit.op(f"sitofp i64 {as_int(emit, number)} to double")
    return emit.select(is_int(emit, number), "double", converted, as_float(emit, number))


def branch(emit: Emitter, condition: str, llvm: str, true: Callable[[], str], false: Callable[[], str]) -> str:
    """The value of one of two ways to compute it."""
    yes, no, done = emit.new_label("int"), emit.new_label("float"), emit.new_label("number")
    emit.branch(condition, yes, no)
    incoming = []
    for label, compute in ((yes, true), (no, false)):
        emit.begin(label)
        value = compute()
        incoming.append((value, emit.label))
        emit.jump(done)
    emit.begin(done)
    return emit.phi(llvm, *incoming)


def float_of(emit: Emitter, obj: str, require: Callable[[str], None]) -> str:
    """The value of an exact float; *require* is given that it is no NaN, where which one it is can matter."""
    value = emit.load("double", obj, emit.layout.float_value, "value")
    if emit.unit.tells_nans:
        require(emit.op(f"fcmp ord double {value}, {value}"))
    return value


def read(emit: Emitter, obj: str, require: Callable[[str], None]) -> str:
    """The number that the object is; *require* is given what must hold: that it is an exact float, or an exact int of 64 bits."""

    def of_long() -> str:
        require(emit.has_type(obj, "PyLong_Type"))
        return of_int(emit, integer.value(emit, obj, require))

    def of_double() -> str:
        return of_float(emit, float_of(emit, obj, require))

    other = emit.op(f"xor i1 {emit.has_type(obj, 'PyFloat_Type')}, true")
    return branch(emit, other, LLVM, of_long, of_double)
