"""A text in a width."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.build import ASCII
from pyvorin.compiler.emit.runtime.refcount import write_incref
from pyvorin.compiler.emit.unit import UNLIKELY, Unit

_LEFT = {"<": 0, "^": 1, ">": 2}
"""How many halves of the filling stand on the left."""


def is_ascii(emit: Emitter, s: str) -> str:
    """Whether the str is compact ASCII."""
    state = emit.load("i32", s, emit.layout.str_state, "value")
    return emit.op(f"icmp eq i32 {emit.op(f'and i32 {state}, {ASCII}')}, {ASCII}")


def padded(emit: Emitter, s: str, width: int, align: str, fill: str) -> str:
    """An ASCII str with so much filling that it is *width* long: a new reference, or NULL with MemoryError."""
    signature = "ptr (ptr, i64, i64, i8)"
    return emit.call_helper("pv_padded", _write, signature, s, str(width), str(_LEFT[align]), str(ord(fill)))


def _write(unit: Unit) -> str:
    """In the middle, the smaller half is on the left (calc_padding, formatter_unicode.c)."""
    unit.helper("pv_incref", write_incref)
    unit.declare("PyUnicode_New", "ptr (i64, i32)")
    unit.declare("llvm.memcpy.p0.p0.i64", "void (ptr, ptr, i64, i1)")
    unit.declare("llvm.memset.p0.i64", "void (ptr, i8, i64, i1)")
    layout = unit.layout
    return f"""
define internal ptr @pv_padded(ptr %s, i64 %width, i64 %halves, i8 %fill) nounwind {{
  %length.at = getelementptr i8, ptr %s, i64 {layout.str_length}
  %length = load i64, ptr %length.at
  %room = sub i64 %width, %length
  %fits = icmp sgt i64 %room, 0
  br i1 %fits, label %make, label %same
same:
  call void @pv_incref(ptr %s)
  ret ptr %s
make:
  %made = call ptr @PyUnicode_New(i64 %width, i32 127)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %out, label %write, {UNLIKELY}
write:
  %text = getelementptr i8, ptr %made, i64 {layout.sizeof_ascii}
  %source = getelementptr i8, ptr %s, i64 {layout.sizeof_ascii}
  %twice = mul i64 %room, %halves
  %left = lshr i64 %twice, 1
  %right = sub i64 %room, %left
  %place = getelementptr i8, ptr %text, i64 %left
  %behind = getelementptr i8, ptr %place, i64 %length
  call void @llvm.memset.p0.i64(ptr %text, i8 %fill, i64 %left, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %place, ptr %source, i64 %length, i1 false)
  call void @llvm.memset.p0.i64(ptr %behind, i8 %fill, i64 %right, i1 false)
  br label %out
out:
  ret ptr %made
}}"""
