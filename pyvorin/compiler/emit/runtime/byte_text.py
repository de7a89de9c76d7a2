"""Comparing bytes objects."""

from __future__ import annotations

from pyvorin.compiler.emit.unit import ALIAS, Unit

_VALUE = ALIAS["value"]


def _both(unit: Unit) -> str:
    unit.declare("memcmp", "i32 (ptr, ptr, i64)")
    layout = unit.layout
    return f"""
  %a.at = getelementptr i8, ptr %a, i64 {layout.size}
  %b.at = getelementptr i8, ptr %b, i64 {layout.size}
  %a.size = load i64, ptr %a.at, {_VALUE}
  %b.size = load i64, ptr %b.at, {_VALUE}
  %a.data = getelementptr i8, ptr %a, i64 {layout.bytes_data}
  %b.data = getelementptr i8, ptr %b, i64 {layout.bytes_data}"""


def write_compare(unit: Unit) -> str:
    """``i64 pv_bytes_compare(ptr, ptr)``: below, at or above 0, as the first is before, equal to or behind the second."""
    unit.declare("llvm.smin.i64", "i64 (i64, i64)")
    return f"""
define internal i64 @pv_bytes_compare(ptr %a, ptr %b) nounwind {{{_both(unit)}
  %common = call i64 @llvm.smin.i64(i64 %a.size, i64 %b.size)
  %order = call i32 @memcmp(ptr %a.data, ptr %b.data, i64 %common)
  %alike = icmp eq i32 %order, 0
  %wide = sext i32 %order to i64
  %longer = sub i64 %a.size, %b.size
  %result = select i1 %alike, i64 %longer, i64 %wide
  ret i64 %result
}}"""


def write_has_at(unit: Unit) -> str:
    """``i1 pv_bytes_has_at_end(ptr, ptr part, i1 at_end)``: whether it begins, or ends, with the part."""
    return f"""
define internal i1 @pv_bytes_has_at_end(ptr %a, ptr %b, i1 %at.end) nounwind {{{_both(unit)}
  %room = sub i64 %a.size, %b.size
  %short = icmp slt i64 %room, 0
  br i1 %short, label %no, label %compare
compare:
  %skipped = select i1 %at.end, i64 %room, i64 0
  %there = getelementptr i8, ptr %a.data, i64 %skipped
  %order = call i32 @memcmp(ptr %there, ptr %b.data, i64 %b.size)
  %alike = icmp eq i32 %order, 0
  ret i1 %alike
no:
  ret i1 false
}}"""
