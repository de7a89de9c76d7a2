"""format() with a specification, and what `%` does with one value.

A specification that is known when the code is made, and asks for nothing but decimal places, a width and where the text
stands in it, is followed by native code; any other is PyObject_Format's, with the value as an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import numerals, padding
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.registry import Alias, Rule, primitive
from pyvorin.core.reasons import VALUE_ERROR
from pyvorin.types.spec import STR

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


def _parse(text: object) -> Spec | None:
    """The specification, if it is known and of the simple kind (Format Specification Mini-Language, library/string)."""
    match = _SPEC.fullmatch(text) if isinstance(text, str) else None
    if match is None or (match["zeros"] and (match["align"] or not match["width"])):
        return None
    width = int(match["width"] or 0)
    return Spec(match["fill"] or " ", match["align"] or "", bool(match["zeros"]), width, match["kind"])


def _simple_int(text: object) -> Spec | None:
    """`d` is what an int is formatted as where no kind is given."""
    spec = _parse(text)
    return spec if spec is not None and spec.kind in ("", "d") else None


def _simple_float(text: object) -> Spec | None:
    """With a number of places; or as `repr` has it, where no kind is given."""
    spec = _parse(text)
    if spec is None or spec.zeros:
        return None
    places = _PLACES.fullmatch(spec.kind)
    known = int(places[1]) <= numerals.MOST_PLACES if places else spec.kind == ""
    return spec if known else None


def _simple_str(text: object) -> Spec | None:
    spec = _parse(text)
    return spec if spec is not None and not spec.zeros and spec.kind in ("", "s") else None


def _if_simple(parse: Callable[[object], Spec | None]) -> Rule:
    """Of overloads that fit as well, the first is chosen: these stand before the general ones, which may exit."""
    return lambda types, constants: None if parse(constants[1]) is None else STR


def format_object(emit: Emitter, value: str, spec: str) -> str:
    return emit.exit_if_null(emit.call("PyObject_Format", "ptr (ptr, ptr)", value, spec), VALUE_ERROR)


def _ask(emit: Emitter, value: str, spec: str) -> str:
    """CPython's own text, for a specification that is sure to be understood."""
    return emit.fail_if_null(emit.call("PyObject_Format", "ptr (ptr, ptr)", value, spec))


def _padded(emit: Emitter, made: str, spec: Spec) -> str:
    """The text of a number, which is given back, in its width: at the end of it unless something else is said."""
    made = emit.fail_if_null(made)
    if not spec.width:
        return made
    text = padding.padded(emit, made, spec.width, spec.align or ">", spec.fill)
    emit.decref(made)
    return emit.fail_if_null(text)


@primitive("percent.int", "(int, str) -> str", effect=ALLOC, promotes=True, rule=_if_simple(_simple_int))
@primitive("format", "(int, str) -> str", effect=ALLOC, rule=_if_simple(_simple_int))
def simple_int(emit: Emitter, value: str, spec: str) -> str:
    known = _simple_int(emit.known[spec])
    assert known is not None
    if known.zeros:
        made = emit.call_helper("pv_int_zeros", numerals.write_int_zeros, "ptr (i64, i64)", value, str(known.width))
        return emit.fail_if_null(made)
    return _padded(emit, emit.call_helper("pv_int_text", numerals.write_int, "ptr (i64)", value), known)


@primitive("percent.float", "(float, str) -> str", effect=ALLOC, rule=_if_simple(_simple_float))
@primitive("format", "(float, str) -> str", effect=ALLOC, rule=_if_simple(_simple_float))
def simple_float(emit: Emitter, value: str, spec: str) -> str:
    known = _simple_float(emit.known[spec])
    assert known is not None
    places = _PLACES.fullmatch(known.kind)
    if places is None:
        made = emit.call_helper("pv_float_text", numerals.write_float, "ptr (double)", value)
    else:
        made = emit.call_helper("pv_float_fixed", numerals.write_fixed, "ptr (double, i64)", value, places[1])
    return _padded(emit, made, known)


@primitive("format", "(str, str) -> str", effect=ALLOC, rule=_if_simple(_simple_str))
def simple_str(emit: Emitter, value: str, spec: str) -> str:
    """At the beginning of its width unless something else is said; text that is not ASCII is left to CPython."""
    known = _simple_str(emit.known[spec])
    assert known is not None
    plain, other, done = emit.new_label("plain"), emit.new_label("other"), emit.new_label("formatted")
    emit.branch(padding.is_ascii(emit, value), plain, other)
    emit.begin(plain)
    made = emit.fail_if_null(padding.padded(emit, value, known.width, known.align or "<", known.fill))
    after_plain = emit.label
    emit.jump(done)
    emit.begin(other)
    asked = _ask(emit, value, spec)
    after_other = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("ptr", (made, after_plain), (asked, after_other))


def _declare_format(ty: str) -> None:
    @primitive("format", f"(boxed {ty}, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
    def formatted(emit: Emitter, value: str, spec: str) -> str:
        """What the type does not understand exits: CPython raises the ValueError, or TypeError."""
        return format_object(emit, value, spec)


for _type in ("int", "float", "bool", "none", "str"):
    _declare_format(_type)


@primitive("percent.int", "(boxed int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
@primitive("percent.float", "(boxed int, str) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
@primitive("percent.float", "(boxed float, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
def percent_number(emit: Emitter, value: str, spec: str) -> str:
    """`%d`, `%f` and their kinds."""
    return format_object(emit, value, spec)


PLAIN = frozenset({"int", "float", "bool", "none", "str", "char"})


@primitive("percent.whole", "(A) -> A", rule=lambda types, constants: Alias() if types[0].name in PLAIN else None)
def percent_whole(emit: Emitter, value: str) -> str:
    """What `%` has on its right: the value itself, if it is of a type that is neither a tuple nor like a mapping."""
    return value
