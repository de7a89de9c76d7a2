"""bool operators, and truth of what is always true or false."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Alias, Constants, Folded, Types, primitive
from pyvorin.types.spec import BOOL, Type


@primitive("and", "(bool, bool) -> bool")
def and_(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"and i1 {a}, {b}")


@primitive("or", "(bool, bool) -> bool")
def or_(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"or i1 {a}, {b}")


@primitive("xor", "(bool, bool) -> bool")
def xor(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"xor i1 {a}, {b}")


def _not_rule(types: Types, constants: Constants) -> Type | Folded:
    return BOOL if constants[0] is NOT_CONSTANT else Folded(not constants[0])


@primitive("not", "(bool) -> bool", rule=_not_rule)
def not_(emit: Emitter, a: str) -> str:
    return emit.op(f"xor i1 {a}, true")


@primitive("truth", "(bool) -> bool", rule=lambda types, constants: Alias())
def truth(emit: Emitter, a: str) -> str:
    return a


@primitive("truth", "(none) -> bool", rule=lambda types, constants: Folded(False))
def truth_none(emit: Emitter, a: str) -> str:
    return "false"


@primitive("truth", "(char) -> bool", rule=lambda types, constants: Folded(True))
def truth_char(emit: Emitter, a: str) -> str:
    return "true"


@primitive("bool", "() -> bool")
def bool_empty(emit: Emitter) -> str:
    return "false"


@primitive("bool", "(bool) -> bool")
def bool_bool(emit: Emitter, a: str) -> str:
    return a


@primitive("bool", "(int) -> bool")
def bool_int(emit: Emitter, a: str) -> str:
    return emit.op(f"icmp ne i64 {a}, 0")


@primitive("bool", "(float) -> bool")
def bool_float(emit: Emitter, a: str) -> str:
    return emit.op(f"fcmp une double {a}, 0.0")


@primitive("bool", "(none) -> bool", rule=lambda types, constants: Folded(False))
def bool_none(emit: Emitter, a: str) -> str:
    return "false"


def _is_rule(types: Types, constants: Constants) -> Type | Folded | None:
    """Identity with None is decided by the type; between other scalars identity is not what programs mean."""
    first, second = (ty.name for ty in types)
    if first == second == "none":
        return Folded(True)
    if "none" in (first, second) and "object" not in (first, second):
        return Folded(False)
    return None


@primitive("is", "(A, B) -> bool", rule=_is_rule)
def is_(emit: Emitter, a: str, b: str) -> str:
    return "false"


@primitive("is", "(bool, bool) -> bool")
def is_bool(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"icmp eq i1 {a}, {b}")


@primitive("is", "(object, object) -> bool")
def is_object(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"icmp eq ptr {a}, {b}")


@primitive("is", "(object, none) -> bool")
def is_object_none(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"icmp eq ptr {a}, {emit.unit.external('_Py_NoneStruct')}")


@primitive("is", "(none, object) -> bool")
def is_none_object(emit: Emitter, a: str, b: str) -> str:
    return is_object_none(emit, b, a)


def _declare_same(operands: str) -> None:
    @primitive("is", f"({operands}) -> bool")
    def same(emit: Emitter, a: str, b: str) -> str:
        return emit.op(f"icmp eq ptr {a}, {b}")


for _operands in ("list[A], list[B]", "dict[A, B], dict[C, D]", "set[A], set[B]", "frozenset[A], frozenset[B]"):
    _declare_same(_operands)
