"""Comparing bytes objects, and counting in them."""

from __future__ import annotations

from pyvorin.compiler.emit.runtime import lists
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


def write_list_bytes(unit: Unit) -> str:
    """``i1 pv_list_bytes(ptr list)``: whether all elements are exact bytes."""
    unit.external("PyBytes_Type")
    test = f"""  %tp = getelementptr i8, ptr %o, i64 {unit.layout.type}
  %t = load ptr, ptr %tp, {ALIAS["type"]}
  %holds = icmp eq ptr %t, @PyBytes_Type"""
    return lists.each(unit, "pv_list_bytes", test)


def write_count(unit: Unit) -> str:
    """``i64 pv_bytes_count(ptr bytes, ptr part)``."""
    unit.declare("memmem", "ptr (ptr, i64, ptr, i64)")
    layout = unit.layout
    return f"""
define internal i64 @pv_bytes_count(ptr %b, ptr %part) nounwind {{
  %sizep = getelementptr i8, ptr %b, i64 {layout.size}
  %size = load i64, ptr %sizep
  %lengthp = getelementptr i8, ptr %part, i64 {layout.size}
  %length = load i64, ptr %lengthp
  %data = getelementptr i8, ptr %b, i64 {layout.bytes_data}
  %wanted = getelementptr i8, ptr %part, i64 {layout.bytes_data}
  %end = getelementptr i8, ptr %data, i64 %size
  %endi = ptrtoint ptr %end to i64
  %empty = icmp eq i64 %length, 0
  br i1 %empty, label %gaps, label %loop
gaps:
  %more = add i64 %size, 1
  ret i64 %more
loop:
  %at = phi ptr [ %data, %0 ], [ %behind, %found ]
  %n = phi i64 [ 0, %0 ], [ %next, %found ]
  %ati = ptrtoint ptr %at to i64
  %left = sub i64 %endi, %ati
  %place = call ptr @memmem(ptr %at, i64 %left, ptr %wanted, i64 %length)
  %none = icmp eq ptr %place, null
  br i1 %none, label %done, label %found
found:
  %behind = getelementptr i8, ptr %place, i64 %length
  %next = add i64 %n, 1
  br label %loop
done:
  ret i64 %n
}}"""
