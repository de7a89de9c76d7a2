"""One part of a text that is split, without a list of all."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.unit import ALIAS, Unit

FORWARD, BACKWARD = "1", "-1"


def write_part(by_char: bool, forward: bool) -> Callable[[Unit], str]:
    """``ptr pv_part_…(ptr s, separator, i64 number)``: the part of this number, from the end if not *forward*.

    The separator is a character (i32), or forward a text and its length.  NULL with an exception set, or without one if there
    are fewer parts: what is between two separators is what `str.split` gives (stringlib/split.h), the text itself if there
    are none.
    """
    name = part_name(by_char, forward)
    separator = "i32 %sep" if by_char else "ptr %sep, i64 %long"

    def write(unit: Unit) -> str:
        unit.declare("PyUnicode_FindChar", "i64 (ptr, i32, i64, i64, i32)")
        unit.declare("PyUnicode_Find", "i64 (ptr, ptr, i64, i64, i32)")
        unit.declare("PyUnicode_Substring", "ptr (ptr, i64, i64)")
        function, kind = ("PyUnicode_FindChar", "i32") if by_char else ("PyUnicode_Find", "ptr")
        find = f"call i64 @{function}(ptr %s, {kind} %sep, i64 %low, i64 %high, i32 {FORWARD if forward else BACKWARD})"
        # What is left to look at: [low, high).  The part is in front of the separator that is found, or behind it.
        if forward:
            low, high = "[ 0, %0 ], [ %next, %skip ]", "[ %length, %0 ], [ %length, %skip ]"
            cut = "call ptr @PyUnicode_Substring(ptr %s, i64 %low, i64 %at)"
        else:
            low, high = "[ 0, %0 ], [ 0, %skip ]", "[ %length, %0 ], [ %at, %skip ]"
            cut = "call ptr @PyUnicode_Substring(ptr %s, i64 %next, i64 %high)"
        return f"""
define internal ptr @{name}(ptr %s, {separator}, i64 %number) nounwind {{
  %lengthp = getelementptr i8, ptr %s, i64 {unit.layout.str_length}
  %length = load i64, ptr %lengthp, {ALIAS["value"]}
  br label %loop
loop:
  %low = phi i64 {low}
  %high = phi i64 {high}
  %left = phi i64 [ %number, %0 ], [ %less, %skip ]
  %at = {find}
  %wanted = icmp eq i64 %left, 0
  %there = icmp sge i64 %at, 0
  br i1 %there, label %found, label %missing
found:
  %next = add i64 %at, {"1" if by_char else "%long"}
  br i1 %wanted, label %cut, label %skip
skip:
  %less = sub i64 %left, 1
  br label %loop
cut:
  %part = {cut}
  ret ptr %part
missing:
  %failed = icmp eq i64 %at, -2
  %use = xor i1 %failed, true
  %last = and i1 %wanted, %use
  br i1 %last, label %rest, label %none
rest:
  %tail = call ptr @PyUnicode_Substring(ptr %s, i64 %low, i64 %high)
  ret ptr %tail
none:
  ret ptr null
}}"""

    return write


def part_name(by_char: bool, forward: bool) -> str:
    return f"pv_part_{'char' if by_char else 'text'}{'' if forward else '_last'}"
