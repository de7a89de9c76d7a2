"""Text of values: str(), repr(), ascii(), format() without a specification, f-strings; hex(), oct() and bin()."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import build, numerals
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.objects import box_int
from pyvorin.compiler.primitives.registry import Alias, primitive

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
