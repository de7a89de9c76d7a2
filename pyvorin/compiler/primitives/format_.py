"""format() with a specification, and what `%` does with one value.

A specification that is known when the code is made, and asks for nothing but decimal places, a width and where the text
stands in it, is followed by native code; any other is PyObject_Format's, with the value as an object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import numerals, padding
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.objects import box_float, box_int
from pyvorin.compiler.primitives.registry import Alias, primitive
from pyvorin.core.reasons import VALUE_ERROR

_SPEC = re.compile(r"(?:(?P<fill>[ -~])?(?P<align>[<>^]))?(?P<zeros>0)?(?P<width>[1-9]\d{0,3})?(?P<kind>.*)", re.DOTALL)
_PLACES = re.compile(r"\.(\d)f")


@dataclass(frozen=True, slots=True)
class Spec:
    """kind: what the width stands before, such as ``.2f``.  zeros: the width is filled with zeros behind the sign."""

    fill: str
    align: str
    zeros: bool
    width: int
    kind: str


def known_spec(emit: Emitter, operand: str) -> Spec | None:
    """The specification, if it is known and of the simple kind (Format Specification Mini-Language, library/string)."""
    text = emit.known.get(operand)
    match = _SPEC.fullmatch(text) if isinstance(text, str) else None
    if match is None or (match["zeros"] and (match["align"] or not match["width"])):
        return None
    width = int(match["width"] or 0)
    return Spec(match["fill"] or " ", match["align"] or "", bool(match["zeros"]), width, match["kind"])


def format_object(emit: Emitter, value: str, spec: str) -> str:
    return emit.exit_if_null(emit.call("PyObject_Format", "ptr (ptr, ptr)", value, spec), VALUE_ERROR)


def _format_made(emit: Emitter, obj: str, spec: str) -> str:
    """As `format_object`, of an object that is given back."""
    made = emit.call("PyObject_Format", "ptr (ptr, ptr)", obj, spec)
    emit.decref(obj)
    return emit.exit_if_null(made, VALUE_ERROR)


def _padded(emit: Emitter, made: str, spec: Spec) -> str:
    """The text of a number, which is given back, in its width: at the end of it unless something else is said."""
    made = emit.fail_if_null(made)
    if not spec.width:
        return made
    text = padding.padded(emit, made, spec.width, spec.align or ">", spec.fill)
    emit.decref(made)
    return emit.fail_if_null(text)


@primitive("percent.int", "(int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
@primitive("format", "(int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
def format_int(emit: Emitter, value: str, spec: str) -> str:
    """`d` is what an int is formatted as where no kind is given."""
    known = known_spec(emit, spec)
    if known is None or known.kind not in ("", "d"):
        return _format_made(emit, box_int(emit, value), spec)
    if known.zeros:
        made = emit.call_helper("pv_int_zeros", numerals.write_int_zeros, "ptr (i64, i64)", value, str(known.width))
        return emit.fail_if_null(made)
    return _padded(emit, emit.call_helper("pv_int_text", numerals.write_int, "ptr (i64)", value), known)


@primitive("percent.float", "(float, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
@primitive("format", "(float, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
def format_float(emit: Emitter, value: str, spec: str) -> str:
    """With a number of places; or as `repr` has it, where no kind is given."""
    known = known_spec(emit, spec)
    places = _PLACES.fullmatch(known.kind) if known is not None else None
    if known is None or known.zeros or not (places or known.kind == ""):
        return _format_made(emit, box_float(emit, value), spec)
    if places is None:
        return _padded(emit, emit.call_helper("pv_float_text", numerals.write_float, "ptr (double)", value), known)
    if int(places[1]) > numerals.MOST_PLACES:
        return _format_made(emit, box_float(emit, value), spec)
    made = emit.call_helper("pv_float_fixed", numerals.write_fixed, "ptr (double, i64)", value, places[1])
    return _padded(emit, made, known)


@primitive("format", "(str, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
def format_str(emit: Emitter, value: str, spec: str) -> str:
    """At the beginning of its width unless something else is said; text that is not ASCII is left to CPython."""
    known = known_spec(emit, spec)
    if known is None or known.zeros or known.kind not in ("", "s"):
        return format_object(emit, value, spec)
    plain, other, done = emit.new_label("plain"), emit.new_label("other"), emit.new_label("formatted")
    emit.branch(padding.is_ascii(emit, value), plain, other)
    emit.begin(plain)
    made = emit.fail_if_null(padding.padded(emit, value, known.width, known.align or "<", known.fill))
    after_plain = emit.label
    emit.jump(done)
    emit.begin(other)
    asked = format_object(emit, value, spec)
    after_other = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("ptr", (made, after_plain), (asked, after_other))


def _declare_format(ty: str) -> None:
    @primitive("format", f"(boxed {ty}, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
    def formatted(emit: Emitter, value: str, spec: str) -> str:
        """What the type does not understand exits: CPython raises the ValueError, or TypeError."""
        return format_object(emit, value, spec)


for _type in ("bool", "none"):
    _declare_format(_type)


@primitive("percent.float", "(boxed int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def percent_float(emit: Emitter, value: str, spec: str) -> str:
    """`%f` and its kind, of an int."""
    return format_object(emit, value, spec)


PLAIN = frozenset({"int", "float", "bool", "none", "str", "char"})


@primitive("percent.whole", "(A) -> A", rule=lambda types, constants: Alias() if types[0].name in PLAIN else None)
def percent_whole(emit: Emitter, value: str) -> str:
    """What `%` has on its right: the value itself, if it is of a type that is neither a tuple nor like a mapping."""
    return value
