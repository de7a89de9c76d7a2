"""Methods of a single character: a table for ASCII, CPython's own functions for the rest.

The tables are made from what the running CPython answers, whose version the code is for.
"""

from __future__ import annotations

from functools import cache

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import ALIAS, Unit
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH

PREDICATES = {
    "alnum": ("_PyUnicode_IsAlpha", "_PyUnicode_IsDecimalDigit", "_PyUnicode_IsDigit", "_PyUnicode_IsNumeric"),
    "alpha": ("_PyUnicode_IsAlpha",),
    "decimal": ("_PyUnicode_IsDecimalDigit",),
    "digit": ("_PyUnicode_IsDigit",),
    "lower": ("_PyUnicode_IsLowercase",),
    "numeric": ("_PyUnicode_IsNumeric",),
    "printable": ("_PyUnicode_IsPrintable",),
    "space": ("_PyUnicode_IsWhitespace",),
    "title": ("_PyUnicode_IsTitlecase", "_PyUnicode_IsUppercase"),
    "upper": ("_PyUnicode_IsUppercase",),
}
"""The functions of which one must hold, by what follows `is` (the branch for length 1 of each method, unicodeobject.c)."""


def _declare_predicate(name: str, functions: tuple[str, ...]) -> None:
    def write(unit: Unit) -> str:
        emit = Emitter(unit, "i1")
        ascii_, other = emit.new_label("ascii"), emit.new_label("other")
        emit.branch(emit.op("icmp ult i32 %c, 128"), ascii_, other)
        emit.begin(ascii_)
        table = sum(1 << code for code in range(128) if getattr(chr(code), f"is{name}")())
        bit = emit.op(f"lshr i128 {table}, {emit.op('zext i32 %c to i128')}")
        emit.do(f"ret i1 {emit.op(f'trunc i128 {bit} to i1')}")
        emit.begin(other)
        holds = "false"
        for function in functions:
            answer = emit.call(function, "i32 (i32)", "%c")
            holds = emit.op(f"or i1 {holds}, {emit.op(f'icmp ne i32 {answer}, 0')}")
        emit.do(f"ret i1 {holds}")
        return emit.finish(f"define internal i1 @pv_char_is{name}(i32 %c) alwaysinline nounwind")

    @primitive(f".is{name}", "(char) -> bool")
    def predicate(emit: Emitter, c: str) -> str:
        return emit.call_helper(f"pv_char_is{name}", write, "i1 (i32)", c)


for _name, _functions in PREDICATES.items():
    _declare_predicate(_name, _functions)


@primitive(".isascii", "(char) -> bool")
def is_ascii(emit: Emitter, c: str) -> str:
    return emit.op(f"icmp ult i32 {c}, 128")


@cache
def _longer(name: str) -> list[int]:
    """The characters of which the method makes more than one."""
    return [code for code in range(0x20000) if len(getattr(chr(code), name)()) != 1]


def _declare_case(name: str, function: str) -> None:
    def write(unit: Unit) -> str:
        """A table for ASCII, which is in a few cache lines; -1 for a character that becomes more than one."""
        table = ", ".join(f"i8 {ord(getattr(chr(code), name)())}" for code in range(128))
        unit.define_once(f"@pv_ascii_{name} = internal constant [128 x i8] [{table}]")
        emit = Emitter(unit, "i32")
        ascii_, other, several = emit.new_label("ascii"), emit.new_label("other"), emit.new_label("several")
        single = emit.new_label("single")
        emit.branch(emit.op("icmp ult i32 %c, 128"), ascii_, other)
        emit.begin(ascii_)
        place = emit.op(f"getelementptr i8, ptr @pv_ascii_{name}, i64 {emit.op('zext i32 %c to i64')}")
        found = emit.op(f"load i8, ptr {place}, {ALIAS['value']}")
        emit.do(f"ret i32 {emit.op(f'zext i8 {found} to i32')}")
        emit.begin(other)
        cases = " ".join(f"i32 {code}, label %{several}" for code in _longer(name))
        emit.do(f"switch i32 %c, label %{single} [ {cases} ]")
        emit.begin(single)
        emit.do(f"ret i32 {emit.call(function, 'i32 (i32)', '%c')}")
        emit.begin(several)
        emit.do("ret i32 -1")
        return emit.finish(f"define internal i32 @pv_char_{name}(i32 %c) nounwind")

    @primitive(f".{name}", "(char) -> char", exits=[RUNTIME_TYPE_MISMATCH])
    def changed(emit: Emitter, c: str) -> str:
        """The few characters of which more than one is made exit."""
        made = emit.call_helper(f"pv_char_{name}", write, "i32 (i32)", c)
        emit.exit_if(emit.op(f"icmp eq i32 {made}, -1"), RUNTIME_TYPE_MISMATCH)
        return made


_declare_case("lower", "_PyUnicode_ToLowercase")
_declare_case("upper", "_PyUnicode_ToUppercase")
