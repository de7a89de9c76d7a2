"""Reading str objects in place (unicodeobject.h of each version)."""

from __future__ import annotations

from pyvorin.compiler.emit.unit import ALIAS, Unit

_VALUE = ALIAS["value"]


def state(unit: Unit) -> str:
    """LLVM text that defines %kind, %compact, %ascii of the str %s.

    Up to 3.12 the state is one word of bit fields: interned (2 bits), kind (3), compact, ascii; so it is in 3.13.0.
    """
    return f"""
  %statep = getelementptr i8, ptr %s, i64 {unit.layout.str_state}
  %state = load i32, ptr %statep, {_VALUE}
  %kinds = lshr i32 %state, 2
  %kind = and i32 %kinds, 7
  %flags = lshr i32 %state, 5
  %compact = trunc i32 %flags to i1
  %asciis = lshr i32 %state, 6
  %ascii = trunc i32 %asciis to i1"""


def write_char(unit: Unit) -> str:
    """``i32 pv_str_char(ptr s, i64 index)``: the code point at an index within bounds."""
    unit.declare("PyUnicode_ReadChar", "i32 (ptr, i64)")
    return f"""
define internal i32 @pv_str_char(ptr %s, i64 %i) alwaysinline nounwind {{{state(unit)}
  %data = select i1 %ascii, i64 {unit.layout.sizeof_ascii}, i64 {unit.layout.sizeof_compact}
  %text = getelementptr i8, ptr %s, i64 %data
  br i1 %compact, label %inplace, label %other
inplace:
  switch i32 %kind, label %other [ i32 1, label %one
                                   i32 2, label %two
                                   i32 4, label %four ]
one:
  %p1 = getelementptr i8, ptr %text, i64 %i
  %c1 = load i8, ptr %p1, {_VALUE}
  %r1 = zext i8 %c1 to i32
  ret i32 %r1
two:
  %p2 = getelementptr i16, ptr %text, i64 %i
  %c2 = load i16, ptr %p2, {_VALUE}
  %r2 = zext i16 %c2 to i32
  ret i32 %r2
four:
  %p4 = getelementptr i32, ptr %text, i64 %i
  %r4 = load i32, ptr %p4, {_VALUE}
  ret i32 %r4
other:
  %r0 = call i32 @PyUnicode_ReadChar(ptr %s, i64 %i)
  ret i32 %r0
}}"""


def write_append(unit: Unit) -> str:
    """``ptr pv_str_append(ptr left, ptr right)``: left + right, a new reference; takes over that to left.  NULL: MemoryError."""
    unit.declare("PyUnicode_Append", "void (ptr, ptr)")
    return """
define internal ptr @pv_str_append(ptr %left, ptr %right) nounwind {
  %place = alloca ptr
  store ptr %left, ptr %place
  call void @PyUnicode_Append(ptr %place, ptr %right)
  %made = load ptr, ptr %place
  ret ptr %made
}"""
