"""One part of a text that is split, without a list of all."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.runtime import strings
from pyvorin.compiler.emit.runtime.refcount import write_decref, write_incref
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


def write_word(unit: Unit) -> str:
    """``ptr pv_word(ptr s, i64 number)``: the part of this number between whitespace; NULL as in `write_part`.

    In ASCII text whitespace is \\t to \\r, and \\x1c to the blank (_Py_ascii_whitespace); other text is split as a whole.
    """
    unit.declare("PyUnicode_Substring", "ptr (ptr, i64, i64)")
    unit.declare("PyUnicode_Split", "ptr (ptr, ptr, i64)")
    unit.helper("pv_incref", write_incref)
    unit.helper("pv_decref", write_decref)
    layout = unit.layout
    return f"""
define internal i1 @pv_is_space(ptr %s, i64 %i) alwaysinline nounwind {{
  %base = getelementptr i8, ptr %s, i64 {layout.sizeof_ascii}
  %at = getelementptr i8, ptr %base, i64 %i
  %c = load i8, ptr %at
  %tab = sub i8 %c, 9
  %first = icmp ult i8 %tab, 5
  %separator = sub i8 %c, 28
  %second = icmp ult i8 %separator, 5
  %space = or i1 %first, %second
  ret i1 %space
}}

define internal ptr @pv_word(ptr %s, i64 %number) nounwind {{
  %lengthp = getelementptr i8, ptr %s, i64 {layout.str_length}
  %length = load i64, ptr %lengthp, {ALIAS["value"]}{strings.state(unit)}
  %plain = and i1 %compact, %ascii
  br i1 %plain, label %gap, label %general
gap:
  %i = phi i64 [ 0, %0 ], [ %i.next, %inside ], [ %j, %skip ]
  %left = phi i64 [ %number, %0 ], [ %left, %inside ], [ %less, %skip ]
  %more = icmp slt i64 %i, %length
  br i1 %more, label %inside, label %none
inside:
  %blank = call i1 @pv_is_space(ptr %s, i64 %i)
  %i.next = add i64 %i, 1
  br i1 %blank, label %gap, label %word
word:
  %j = phi i64 [ %i.next, %inside ], [ %j.next, %within ]
  %on = icmp slt i64 %j, %length
  br i1 %on, label %within, label %end
within:
  %over = call i1 @pv_is_space(ptr %s, i64 %j)
  %j.next = add i64 %j, 1
  br i1 %over, label %end, label %word
end:
  %wanted = icmp eq i64 %left, 0
  br i1 %wanted, label %cut, label %skip
skip:
  %less = sub i64 %left, 1
  br label %gap
cut:
  %part = call ptr @PyUnicode_Substring(ptr %s, i64 %i, i64 %j)
  ret ptr %part
general:
  %words = call ptr @PyUnicode_Split(ptr %s, ptr null, i64 -1)
  %failed = icmp eq ptr %words, null
  br i1 %failed, label %none, label %count
count:
  %sizep = getelementptr i8, ptr %words, i64 {layout.size}
  %size = load i64, ptr %sizep, {ALIAS["size"]}
  %there = icmp slt i64 %number, %size
  br i1 %there, label %take, label %drop
take:
  %itemsp = getelementptr i8, ptr %words, i64 {layout.list_items}
  %items = load ptr, ptr %itemsp, {ALIAS["items"]}
  %itemp = getelementptr ptr, ptr %items, i64 %number
  %item = load ptr, ptr %itemp, {ALIAS["element"]}
  call void @pv_incref(ptr %item)
  br label %drop
drop:
  %found = phi ptr [ null, %count ], [ %item, %take ]
  call void @pv_decref(ptr %words)
  ret ptr %found
none:
  ret ptr null
}}"""
