"""Comparing the characters of str objects in place.

The text of a compact str is stored with the least of 1, 2 and 4 bytes a character that its largest one needs
(PyUnicode_New, unicodeobject.c): so texts of different kinds are not equal, and one holds no other of a larger kind.
What is not compact (up to 3.11, made by an old C API) is compared by CPython.
"""

from __future__ import annotations

from pyvorin.compiler.emit.runtime import strings
from pyvorin.compiler.emit.unit import ALIAS, Unit

_VALUE = ALIAS["value"]
_FORM, _COMPACT = 0b111_1100, 0b10_0000
"""Of the state: kind, compact and ascii; compact alone."""


def read(unit: Unit, s: str, compact: bool = True) -> str:
    """LLVM text that defines %S.length, %S.form and, of a compact str %S, %S.bytes (its kind) and %S.text."""
    layout = unit.layout
    head = f"""
  %{s}.length.at = getelementptr i8, ptr %{s}, i64 {layout.str_length}
  %{s}.length = load i64, ptr %{s}.length.at, {_VALUE}
  %{s}.state.at = getelementptr i8, ptr %{s}, i64 {layout.str_state}
  %{s}.state = load i32, ptr %{s}.state.at, {_VALUE}
  %{s}.form = and i32 %{s}.state, {_FORM}"""
    return head + (_text(unit, s) if compact else "")


def _text(unit: Unit, s: str) -> str:
    return f"""
  %{s}.kinds = lshr i32 %{s}.state, 2
  %{s}.kind = and i32 %{s}.kinds, 7
  %{s}.bytes = zext i32 %{s}.kind to i64
  %{s}.flags = lshr i32 %{s}.state, 6
  %{s}.ascii = trunc i32 %{s}.flags to i1
  %{s}.offset = select i1 %{s}.ascii, i64 {unit.layout.sizeof_ascii}, i64 {unit.layout.sizeof_compact}
  %{s}.text = getelementptr i8, ptr %{s}, i64 %{s}.offset"""


def write_equal(unit: Unit) -> str:
    """``i1 pv_str_equal(ptr, ptr)``: the same object, or the same characters."""
    unit.declare("PyUnicode_Compare", "i32 (ptr, ptr)")
    unit.declare("memcmp", "i32 (ptr, ptr, i64)")
    return f"""
define internal i1 @pv_str_equal(ptr %a, ptr %b) nounwind {{
  %same = icmp eq ptr %a, %b
  br i1 %same, label %yes, label %measure
measure:{read(unit, "a", compact=False)}{read(unit, "b", compact=False)}
  %long = icmp eq i64 %a.length, %b.length
  br i1 %long, label %form, label %no
form:
  %both = and i32 %a.form, %b.form
  %is.compact = and i32 %both, {_COMPACT}
  %other = icmp eq i32 %is.compact, 0
  br i1 %other, label %ask, label %kinds
kinds:
  %alike = icmp eq i32 %a.form, %b.form
  br i1 %alike, label %compare, label %no
compare:{_text(unit, "a")}
  %b.text = getelementptr i8, ptr %b, i64 %a.offset
  %size = mul i64 %a.length, %a.bytes
  %difference = call i32 @memcmp(ptr %a.text, ptr %b.text, i64 %size)
  %equal = icmp eq i32 %difference, 0
  ret i1 %equal
ask:
  %order = call i32 @PyUnicode_Compare(ptr %a, ptr %b)
  %asked = icmp eq i32 %order, 0
  ret i1 %asked
yes:
  ret i1 true
no:
  ret i1 false
}}"""


def write_is_char(unit: Unit) -> str:
    """``i1 pv_str_is_char(ptr s, i32 c)``: whether the str is this one character."""
    unit.helper("pv_str_char", strings.write_char)
    return f"""
define internal i1 @pv_str_is_char(ptr %s, i32 %c) alwaysinline nounwind {{
  %length.at = getelementptr i8, ptr %s, i64 {unit.layout.str_length}
  %length = load i64, ptr %length.at, {_VALUE}
  %single = icmp eq i64 %length, 1
  br i1 %single, label %look, label %no
look:
  %found = call i32 @pv_str_char(ptr %s, i64 0)
  %equal = icmp eq i32 %found, %c
  ret i1 %equal
no:
  ret i1 false
}}"""


def write_has_at(unit: Unit) -> str:
    """``i1 pv_str_has_at_end(ptr s, ptr part, i1 at_end)``: whether the str begins, or ends, with the part."""
    unit.declare("PyUnicode_Tailmatch", "i64 (ptr, ptr, i64, i64, i32)")
    unit.declare("memcmp", "i32 (ptr, ptr, i64)")
    return f"""
define internal i1 @pv_str_has_at_end(ptr %s, ptr %part, i1 %at.end) nounwind {{{read(unit, "s")}{read(unit, "part")}
  %room = sub i64 %s.length, %part.length
  %short = icmp slt i64 %room, 0
  br i1 %short, label %no, label %form
form:
  %both = and i32 %s.form, %part.form
  %is.compact = and i32 %both, {_COMPACT}
  %other = icmp eq i32 %is.compact, 0
  br i1 %other, label %ask, label %kinds
kinds:
  %alike = icmp eq i32 %s.kind, %part.kind
  br i1 %alike, label %compare, label %different
compare:
  %skipped = select i1 %at.end, i64 %room, i64 0
  %start = mul i64 %skipped, %s.bytes
  %there = getelementptr i8, ptr %s.text, i64 %start
  %size = mul i64 %part.length, %s.bytes
  %difference = call i32 @memcmp(ptr %there, ptr %part.text, i64 %size)
  %equal = icmp eq i32 %difference, 0
  ret i1 %equal
different:
  %wider = icmp ugt i32 %part.kind, %s.kind
  br i1 %wider, label %no, label %ask
ask:
  %sign = select i1 %at.end, i32 1, i32 -1
  %found = call i64 @PyUnicode_Tailmatch(ptr %s, ptr %part, i64 0, i64 {2**63 - 1}, i32 %sign)
  %holds = icmp eq i64 %found, 1
  ret i1 %holds
no:
  ret i1 false
}}"""
