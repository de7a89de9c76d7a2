"""What a list must be for `array.array` to read it without running code of the program."""

from __future__ import annotations

from pyvorin.compiler.emit.unit import ALIAS, Unit


def write_numbers(unit: Unit) -> str:
    """``i1 pv_list_numbers(ptr list)``: whether each element is exactly an int, a bool or a float."""
    for name in ("PyLong_Type", "PyFloat_Type", "PyBool_Type"):
        unit.external(name)
    layout = unit.layout
    return f"""
define internal i1 @pv_list_numbers(ptr %l) nounwind {{
  %sizep = getelementptr i8, ptr %l, i64 {layout.size}
  %size = load i64, ptr %sizep, {ALIAS["size"]}
  %itemsp = getelementptr i8, ptr %l, i64 {layout.list_items}
  %items = load ptr, ptr %itemsp, {ALIAS["items"]}
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %inside ]
  %more = icmp slt i64 %i, %size
  br i1 %more, label %inside, label %yes
inside:
  %at = getelementptr ptr, ptr %items, i64 %i
  %o = load ptr, ptr %at, {ALIAS["element"]}
  %typep = getelementptr i8, ptr %o, i64 {layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %float = icmp eq ptr %type, @PyFloat_Type
  %int = icmp eq ptr %type, @PyLong_Type
  %bool = icmp eq ptr %type, @PyBool_Type
  %either = or i1 %float, %int
  %number = or i1 %either, %bool
  %next = add i64 %i, 1
  br i1 %number, label %loop, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}"""
