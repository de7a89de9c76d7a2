"""Text of values: str(), repr(), ascii(), format(), f-strings, and the bases of hex(), oct() and bin()."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import build, numerals
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.objects import box_int
from pyvorin.compiler.primitives.registry import Alias, Constants, Rule, Types, primitive
from pyvorin.core.reasons import VALUE_ERROR
from pyvorin.types.spec import STR, Type

SHOWN = ("str", "repr", "ascii", "format")
"""The builtins that have the same text for numbers, truth values and None."""


def _declare_shown(name: str) -> None:
    @primitive(name, "(int) -> str", effect=ALLOC)
    def of_int(emit: Emitter, value: str) -> str:
        return emit.fail_if_null(emit.call_helper("pv_int_text", numerals.write_int, "ptr (i64)", value))

    @primitive(name, "(float) -> str", effect=ALLOC)
    def of_float(emit: Emitter, value: str) -> str:
        return emit.fail_if_null(emit.call_helper("pv_float_text", numerals.write_float, "ptr (double)", value))

    @primitive(name, "(bool) -> str")
    def of_bool(emit: Emitter, value: str) -> str:
        text = emit.select(value, "ptr", emit.slot("object", "'True'"), emit.slot("object", "'False'"))
        emit.incref(text)
        return text

    @primitive(name, "(none) -> str")
    def of_none(emit: Emitter, value: str) -> str:
        text = emit.slot("object", "'None'")
        emit.incref(text)
        return text


for _name in SHOWN:
    _declare_shown(_name)


@primitive("repr", "(str) -> str", effect=ALLOC)
def repr_str(emit: Emitter, s: str) -> str:
    return emit.fail_if_null(emit.call("PyObject_Repr", "ptr (ptr)", s))


@primitive("ascii", "(str) -> str", effect=ALLOC)
def ascii_str(emit: Emitter, s: str) -> str:
    return emit.fail_if_null(emit.call("PyObject_ASCII", "ptr (ptr)", s))


@primitive("format", "(str) -> str", rule=lambda types, constants: Alias())
@primitive("str", "(str) -> str", rule=lambda types, constants: Alias())
def itself(emit: Emitter, s: str) -> str:
    return s


@primitive("format", "(char) -> char", rule=lambda types, constants: Alias())
@primitive("str", "(char) -> char", rule=lambda types, constants: Alias())
def itself_char(emit: Emitter, c: str) -> str:
    return c


@primitive("str", "() -> str")
def empty(emit: Emitter) -> str:
    text = emit.slot("object", "''")
    emit.incref(text)
    return text


def format_object(emit: Emitter, value: str, spec: str) -> str:
    return emit.exit_if_null(emit.call("PyObject_Format", "ptr (ptr, ptr)", value, spec), VALUE_ERROR)


def fixed_text(emit: Emitter, value: str, places: int) -> str:
    made = emit.call_helper("pv_float_fixed", numerals.write_fixed, "ptr (double, i64)", value, str(places))
    return emit.fail_if_null(made)


def _spec_is(text: str) -> Rule:
    """Of overloads that fit as well, the first is chosen: these stand before the general one."""

    def rule(types: Types, constants: Constants) -> Type | None:
        return STR if constants[1] == text else None

    return rule


def _declare_fixed(places: int) -> None:
    @primitive("format", "(float, str) -> str", effect=ALLOC, rule=_spec_is(f".{places}f"))
    def fixed(emit: Emitter, value: str, spec: str) -> str:
        """A known number of decimal places, as in `f"{x:.2f}"`."""
        return fixed_text(emit, value, places)


for _places in range(numerals.MOST_PLACES + 1):
    _declare_fixed(_places)


@primitive("format", "(int, str) -> str", effect=ALLOC, rule=_spec_is("d"))
def plain_int(emit: Emitter, value: str, spec: str) -> str:
    return emit.fail_if_null(emit.call_helper("pv_int_text", numerals.write_int, "ptr (i64)", value))


def _declare_format(ty: str) -> None:
    @primitive("format", f"(boxed {ty}, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
    def formatted(emit: Emitter, value: str, spec: str) -> str:
        """What the type does not understand exits: CPython raises the ValueError, or TypeError."""
        return format_object(emit, value, spec)


for _type in ("int", "float", "bool", "none", "str"):
    _declare_format(_type)


PLAIN = frozenset({"int", "float", "bool", "none", "str", "char"})


@primitive("percent.whole", "(A) -> A", rule=lambda types, constants: Alias() if types[0].name in PLAIN else None)
def percent_whole(emit: Emitter, value: str) -> str:
    """What `%` has on its right: the value itself, if it is of a type that is neither a tuple nor like a mapping."""
    return value


@primitive("percent.int", "(int, str) -> str", effect=ALLOC, promotes=True, rule=_spec_is("d"))
def percent_plain(emit: Emitter, value: str, spec: str) -> str:
    return plain_int(emit, value, spec)


@primitive("percent.int", "(boxed int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def percent_int(emit: Emitter, value: str, spec: str) -> str:
    """`%d` and its kind, of an int."""
    return format_object(emit, value, spec)


def _declare_percent_fixed(places: int) -> None:
    @primitive("percent.float", "(float, str) -> str", effect=ALLOC, promotes=True, rule=_spec_is(f".{places}f"))
    def percent_fixed(emit: Emitter, value: str, spec: str) -> str:
        return fixed_text(emit, value, places)


for _places in range(numerals.MOST_PLACES + 1):
    _declare_percent_fixed(_places)


@primitive("percent.float", "(boxed float, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
@primitive("percent.float", "(boxed int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def percent_float(emit: Emitter, value: str, spec: str) -> str:
    """`%f` and its kind, of a float or an int."""
    return format_object(emit, value, spec)


@primitive("str.build", "(str...) -> str", effect=ALLOC)
def joined(emit: Emitter, *parts: str) -> str:
    """The parts of an f-string."""
    return emit.fail_if_null(build.build(emit, parts))


def _declare_base(name: str, base: int) -> None:
    @primitive(name, "(int) -> str", effect=ALLOC, promotes=True)
    def in_base(emit: Emitter, value: str) -> str:
        obj = box_int(emit, value)
        made = emit.call("PyNumber_ToBase", "ptr (ptr, i32)", obj, str(base))
        emit.decref(obj)
        return emit.fail_if_null(made)


for _name, _base in (("bin", 2), ("oct", 8), ("hex", 16)):
    _declare_base(_name, _base)
