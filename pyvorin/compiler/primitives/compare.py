"""Comparisons of numbers, exact between int and float, and of other scalars."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import integer
from pyvorin.compiler.primitives.registry import Constants, Folded, Rule, Types, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import BOOL, Type

_INT = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}
_FLOAT = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
_MIRROR = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def _exact(emit: Emitter, operation: str, i: str, f: str) -> str:
    """int operation float, by exact value; NaN is unequal to everything and in no order."""
    order = emit.call_helper("pv_compare_int_float", integer.write_compare_int_float, "i32 (i64, double)", i, f)
    if operation == "ne":
        return emit.op(f"icmp ne i32 {order}, 0")
    holds = emit.op(f"icmp {_INT[operation]} i32 {order}, 0")
    ordered = emit.op(f"icmp ne i32 {order}, 2")
    return emit.op(f"and i1 {holds}, {ordered}")


def _declare(operation: str) -> None:
    @primitive(operation, "(int, int) -> bool", promotes=True)
    def ints(emit: Emitter, a: str, b: str) -> str:
        return emit.op(f"icmp {_INT[operation]} i64 {a}, {b}")

    @primitive(operation, "(float, float) -> bool")
    def floats(emit: Emitter, a: str, b: str) -> str:
        return emit.op(f"fcmp {_FLOAT[operation]} double {a}, {b}")

    @primitive(operation, "(int, float) -> bool", promotes=True)
    def int_float(emit: Emitter, a: str, b: str) -> str:
        """By exact value."""
        return _exact(emit, operation, a, b)

    @primitive(operation, "(float, int) -> bool", promotes=True)
    def float_int(emit: Emitter, a: str, b: str) -> str:
        """By exact value."""
        return _exact(emit, _MIRROR[operation], b, a)

    @primitive(operation, "(char, char) -> bool")
    def chars(emit: Emitter, a: str, b: str) -> str:
        """One character each: the order of str is that of code points."""
        relation = {"slt": "ult", "sle": "ule", "sgt": "ugt", "sge": "uge"}.get(_INT[operation], _INT[operation])
        return emit.op(f"icmp {relation} i32 {a}, {b}")


for _operation in _INT:
    _declare(_operation)


_KINDS = {
    "int": "number",
    "float": "number",
    "number": "number",
    "bool": "number",
    "char": "text",
    "str": "text",
    "none": "none",
}


def _unequal_kinds(equal: bool) -> Rule:
    """== and != between kinds that are never equal (a number and a str, None and a number) are constants."""

    def rule(types: Types, constants: Constants) -> Folded | None:
        kinds = [
            _KINDS.get(ty.name, "container" if ty.name in {"list", "tuple", "dict", "set"} else None) for ty in types
        ]
        if None in kinds:
            return None
        if kinds == ["none", "none"]:
            return Folded(equal)
        if kinds[0] != kinds[1] or (kinds[0] == "container" and types[0].name != types[1].name):
            return Folded(not equal)
        return None

    return rule


@primitive("eq", "(A, B) -> bool", rule=_unequal_kinds(True))
def eq_kinds(emit: Emitter, a: str, b: str) -> str:
    return "false"


@primitive("ne", "(A, B) -> bool", rule=_unequal_kinds(False))
def ne_kinds(emit: Emitter, a: str, b: str) -> str:
    return "true"


def _none_in_order(types: Types, constants: Constants) -> Type | None:
    kinds = [_KINDS.get(ty.name, "container" if ty.name in {"list", "tuple", "dict", "set"} else None) for ty in types]
    return BOOL if "none" in kinds and None not in kinds else None


def _declare_none(operation: str) -> None:
    def refuse(emit: Emitter, a: str, b: str) -> str:
        """None is in no order with anything: CPython raises the TypeError."""
        emit.exit_if("true", RUNTIME_TYPE_MISMATCH)
        return "false"

    primitive(operation, "(A, B) -> bool", exits=[RUNTIME_TYPE_MISMATCH], rule=_none_in_order)(refuse)


for _operation in ("lt", "le", "gt", "ge"):
    _declare_none(_operation)
