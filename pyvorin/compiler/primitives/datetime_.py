"""Dates, times and differences of `datetime`: fields read in the object, the rest by CPython's own C functions.

Those ask the object's `tzinfo`, if it has one, which may be code of the program; such an object exits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.c_methods import KEYWORDS, LEFT_OUT
from pyvorin.compiler.primitives.c_objects import FIELDS, as_value, call_method, require_known, with_objects
from pyvorin.compiler.primitives.object_calls import RELATIONS
from pyvorin.compiler.primitives.registry import Constants, Folded, Rule, Types, primitive
from pyvorin.core.reasons import DIVISION_BY_ZERO, INTEGER_OVERFLOW, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import NUMBERS, Type, parse_type

_BYTES = {
    "year": (0, 2),
    "month": (2, 1),
    "day": (3, 1),
    "hour": (4, 1),
    "minute": (5, 1),
    "second": (6, 1),
    "microsecond": (7, 3),
}
"""The fields: the first byte, and how many there are; the highest comes first (datetime.h)."""
_OF_DATES = ("year", "month", "day")
_PARTS = {"days": 0, "seconds": 4, "microseconds": 8}
"""The ints of a difference."""


def _field(first: int, count: int, emit: Emitter, obj: str) -> str:
    value = "0"
    for index in range(first, first + count):
        byte = emit.load("i8", obj, emit.layout.date_data + index, "value")
        value = emit.op(f"or i64 {emit.op(f'shl i64 {value}, 8')}, {emit.op(f'zext i8 {byte} to i64')}")
    return value


def _part(offset: int, emit: Emitter, obj: str) -> str:
    return emit.op(f"sext i32 {emit.load('i32', obj, emit.layout.delta_days + offset, 'value')} to i64")


def _declare_fields() -> None:
    for name, (first, count) in _BYTES.items():
        for kind in ("date", "datetime") if name in _OF_DATES else ("datetime",):
            FIELDS[kind, name] = partial(_field, first, count)
    for name, offset in _PARTS.items():
        FIELDS["timedelta", name] = partial(_part, offset)


_declare_fields()


def _require_naive(emit: Emitter, args: Sequence[str]) -> None:
    """Exit if one of the operands has a `tzinfo`."""
    assert emit.current is not None
    for arg, operand in zip(args, emit.current.args):
        if operand.ty.name == "datetime":
            zone = emit.load("i8", arg, emit.layout.date_has_zone, "value")
            emit.exit_if(emit.op(f"icmp ne i8 {zone}, 0"), RUNTIME_TYPE_MISMATCH)


def _method(name: str, *signatures: str) -> None:
    for signature in signatures:
        operands, _, result = signature.rpartition(" -> ")
        exits = [RUNTIME_TYPE_MISMATCH, VALUE_ERROR] if "datetime" in operands else [VALUE_ERROR]
        kind = operands.strip("()").partition(",")[0]

        @primitive(f".{name}", signature, effect=ALLOC, exits=exits)
        def method(emit: Emitter, *args: str, kind: str = kind, result: str = result) -> str:
            _require_naive(emit, args)
            ty = parse_type(result)
            require_known(emit, ty, VALUE_ERROR)
            found = call_method(emit, kind, name, args, VALUE_ERROR)
            return as_value(emit, emit.exit_if_null(found, VALUE_ERROR), ty)


for _name, _result in {"isoformat": "str", "weekday": "int", "isoweekday": "int", "toordinal": "int"}.items():
    _method(_name, f"(date) -> {_result}", f"(datetime) -> {_result}")
_method("date", "(datetime) -> date")
_method("timestamp", "(datetime) -> float")
_method("total_seconds", "(timedelta) -> float")


def _operator(name: str, function: str, *signatures: str, exits: Sequence[str] = ()) -> None:
    """An operator that is a function of the C API; a result out of range exits, and CPython raises the OverflowError."""
    for signature in signatures:
        operands, _, result = signature.rpartition(" -> ")
        codes = [*exits, INTEGER_OVERFLOW, *([RUNTIME_TYPE_MISMATCH] if "datetime" in operands else [])]

        @primitive(name, signature, effect=ALLOC, exits=codes)
        def operate(emit: Emitter, a: str, b: str, result: str = result, code: str = codes[0]) -> str:
            _require_naive(emit, (a, b))
            ty = parse_type(result)
            require_known(emit, ty, code)
            call, *number = function.split(" ")
            types = f"ptr (ptr, ptr{', i32' if number else ''})"
            found = with_objects(emit, (a, b), lambda given: emit.call(call, types, *given, *number))
            return as_value(emit, emit.exit_if_null(found, code), ty)


_operator(
    "sub",
    "PyNumber_Subtract",
    "(date, date) -> timedelta",
    "(datetime, datetime) -> timedelta",
    "(timedelta, timedelta) -> timedelta",
    "(date, timedelta) -> date",
    "(datetime, timedelta) -> datetime",
)
_operator(
    "add",
    "PyNumber_Add",
    "(date, timedelta) -> date",
    "(datetime, timedelta) -> datetime",
    "(timedelta, date) -> date",
    "(timedelta, datetime) -> datetime",
    "(timedelta, timedelta) -> timedelta",
)
_operator("mul", "PyNumber_Multiply", "(timedelta, int) -> timedelta", "(int, timedelta) -> timedelta")
_operator("truediv", "PyNumber_TrueDivide", "(timedelta, timedelta) -> float", exits=[DIVISION_BY_ZERO])
for _name, _number in RELATIONS.items():
    for _kind in ("date", "datetime", "timedelta"):
        _operator(_name, f"PyObject_RichCompare {_number}", f"({_kind}, {_kind}) -> bool")


@primitive("truth", "(date) -> bool", rule=lambda types, constants: Folded(True))
@primitive("truth", "(datetime) -> bool", rule=lambda types, constants: Folded(True))
def exists(emit: Emitter, value: str) -> str:
    """A date has no truth of its own."""
    return "true"


def _maker(path: str, kind: str, signature: str, rule: Rule | None = None) -> None:
    """A type, or a class method of it, as it is called; arguments that are out of range exit."""

    @primitive(path, f"{signature} -> {kind}", effect=ALLOC, exits=[VALUE_ERROR], rule=rule)
    def make(emit: Emitter, *args: str) -> str:
        require_known(emit, Type(kind), VALUE_ERROR)
        function = emit.slot("imported", path.replace(".", ":", 1))
        found = with_objects(emit, args, lambda given: c_calls.call_object(emit, function, given))
        return emit.exit_if_null(found, VALUE_ERROR)


def _difference(types: Types, constants: Constants) -> Type | None:
    return Type("timedelta") if NUMBERS.issuperset(types) else None


_maker("datetime.date", "date", "(int, int, int)")
for _count in range(3, 8):
    _maker("datetime.datetime", "datetime", f"({', '.join(['int'] * _count)})")
_maker("datetime.timedelta", "timedelta", "(boxed A...)", rule=_difference)
KEYWORDS["datetime.timedelta"] = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
LEFT_OUT["datetime.timedelta"] = 0
for _kind in ("date", "datetime"):
    _maker(f"datetime.{_kind}.fromisoformat", _kind, "(str)")
    _maker(f"datetime.{_kind}.fromordinal", _kind, "(int)")
