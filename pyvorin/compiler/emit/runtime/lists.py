"""List helpers."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import ALIAS, Unit


def each(unit: Unit, name: str, test: str, beside: str = "") -> str:
    """``i1 name(ptr list)``: whether all elements pass the *test*, instructions that make ``i1 %holds`` of the element ``%o``.

    beside: another parameter that they use, such as ``ptr %d``.
    """
    layout = unit.layout
    return f"""
define internal i1 @{name}(ptr %l{", " if beside else ""}{beside}) nounwind {{
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
{test}
  %next = add i64 %i, 1
  br i1 %holds, label %loop, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}"""


def write_append(unit: Unit) -> str:
    """``i32 pv_list_append(ptr list, ptr item)``: takes over the reference; -1 with MemoryError set when it cannot grow."""
    unit.declare("PyList_Append", "i32 (ptr, ptr)")
    unit.helper("pv_decref", write_decref)
    layout = unit.layout
    return f"""
define internal i32 @pv_list_append(ptr %list, ptr %item) alwaysinline nounwind {{
  %sizep = getelementptr i8, ptr %list, i64 {layout.size}
  %size = load i64, ptr %sizep, {ALIAS["size"]}
  %roomp = getelementptr i8, ptr %list, i64 {layout.list_allocated}
  %room = load i64, ptr %roomp, {ALIAS["size"]}
  %full = icmp sge i64 %size, %room
  br i1 %full, label %grow, label %place
place:
  %itemsp = getelementptr i8, ptr %list, i64 {layout.list_items}
  %items = load ptr, ptr %itemsp, {ALIAS["items"]}
  %at = getelementptr ptr, ptr %items, i64 %size
  store ptr %item, ptr %at, {ALIAS["element"]}
  %more = add nsw i64 %size, 1
  store i64 %more, ptr %sizep, {ALIAS["size"]}
  ret i32 0
grow:
  %status = call i32 @pv_list_grow(ptr %list, ptr %item)
  ret i32 %status
}}
define internal i32 @pv_list_grow(ptr %list, ptr %item) noinline nounwind {{
  %status = call i32 @PyList_Append(ptr %list, ptr %item)
  call void @pv_decref(ptr %item)
  ret i32 %status
}}"""


def write_shortest(name: str, kind: str) -> Callable[[Unit], str]:
    """``i64 name(ptr list)``: the length of the shortest of its items of this exact type, lists or tuples; 0 if there is none;
    -1 if an item is of another one."""

    def write(unit: Unit) -> str:
        unit.external(kind)
        layout = unit.layout
        return f"""
define internal i64 @{name}(ptr %l) nounwind {{
  %sizep = getelementptr i8, ptr %l, i64 {layout.size}
  %size = load i64, ptr %sizep, {ALIAS["size"]}
  %itemsp = getelementptr i8, ptr %l, i64 {layout.list_items}
  %items = load ptr, ptr %itemsp, {ALIAS["items"]}
  %some = icmp sgt i64 %size, 0
  %most = select i1 %some, i64 {2**62}, i64 0
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %list ]
  %least = phi i64 [ %most, %0 ], [ %lesser, %list ]
  %more = icmp slt i64 %i, %size
  br i1 %more, label %inside, label %done
inside:
  %at = getelementptr ptr, ptr %items, i64 %i
  %o = load ptr, ptr %at, {ALIAS["element"]}
  %tp = getelementptr i8, ptr %o, i64 {layout.type}
  %t = load ptr, ptr %tp, {ALIAS["type"]}
  %holds = icmp eq ptr %t, @{kind}
  br i1 %holds, label %list, label %no
list:
  %np = getelementptr i8, ptr %o, i64 {layout.size}
  %n = load i64, ptr %np, {ALIAS["size"]}
  %less = icmp slt i64 %n, %least
  %lesser = select i1 %less, i64 %n, i64 %least
  %next = add i64 %i, 1
  br label %loop
done:
  ret i64 %least
no:
  ret i64 -1
}}"""

    return write
