"""Vectors: numbers side by side in a bytearray of our own, for lists that never leave the function.

A bytearray is a counted object that nobody else knows, so it lives and dies like every other reference; its memory is read and
written in place.  Its size is the bytes in use, `PyByteArray_Resize` makes room (bytearrayobject.c: always one byte more than
asked for).
"""

from __future__ import annotations

from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

#: Bytes of an element by its type, and the LLVM type it has in memory.
WIDTH = {"float": 8, "int": 8, "bool": 1}
STORED = {"float": "double", "int": "i64", "bool": "i8"}

_SIZE, _ITEMS = ALIAS["size"], ALIAS["items"]


def write_new(unit: Unit) -> str:
    """``ptr pv_vec_new(i64 count, i64 width)``: room for the elements, all in use, not initialised; NULL with MemoryError set.

    Made empty and then resized: `PyByteArray_FromStringAndSize` that finds no memory gives back an object whose count of
    exported buffers it has not set yet, which prints a SystemError (bytearrayobject.c).
    """
    unit.helper("pv_decref", write_decref)
    unit.declare("PyByteArray_FromStringAndSize", "ptr (ptr, i64)")
    unit.declare("PyByteArray_Resize", "i32 (ptr, i64)")
    unit.declare("llvm.smax.i64", "i64 (i64, i64)")
    return f"""
define internal ptr @pv_vec_new(i64 %count, i64 %width) nounwind {{
  %short = icmp slt i64 %count, {1 << 58}
  %some = call i64 @llvm.smax.i64(i64 %count, i64 0)
  %bytes = mul i64 %some, %width
  ; More than there can be: the allocation fails.
  %asked = select i1 %short, i64 %bytes, i64 {1 << 62}
  %v = call ptr @PyByteArray_FromStringAndSize(ptr null, i64 0)
  %missing = icmp eq ptr %v, null
  br i1 %missing, label %no, label %resize, {UNLIKELY}
resize:
  %status = call i32 @PyByteArray_Resize(ptr %v, i64 %asked)
  %failed = icmp ne i32 %status, 0
  br i1 %failed, label %drop, label %yes, {UNLIKELY}
drop:
  call void @pv_decref(ptr %v)
  br label %no
no:
  ret ptr null
yes:
  ret ptr %v
}}"""


def write_grow(unit: Unit) -> str:
    """``i32 pv_vec_grow(ptr vector, i64 needed)``: room for so many bytes and more; -1 with MemoryError set."""
    unit.declare("PyByteArray_Resize", "i32 (ptr, i64)")
    return f"""
define internal i32 @pv_vec_grow(ptr %v, i64 %needed) noinline nounwind {{
  %sizep = getelementptr i8, ptr %v, i64 {unit.layout.size}
  %size = load i64, ptr %sizep, {_SIZE}
  %extra = lshr i64 %needed, 1
  %more = add i64 %needed, %extra
  %asked = add i64 %more, 64
  %status = call i32 @PyByteArray_Resize(ptr %v, i64 %asked)
  %failed = icmp ne i32 %status, 0
  br i1 %failed, label %no, label %yes, {UNLIKELY}
no:
  ret i32 -1
yes:
  store i64 %size, ptr %sizep, {_SIZE}
  ret i32 0
}}"""


def write_repeat(unit: Unit) -> str:
    """``ptr pv_vec_repeat(ptr vector, i64 times)``: a new vector; NULL with MemoryError set."""
    unit.helper("pv_vec_new", write_new)
    unit.declare("llvm.umul.with.overflow.i64", "{ i64, i1 } (i64, i64)")
    unit.declare("llvm.memcpy.p0.p0.i64", "void (ptr, ptr, i64, i1)")
    return f"""
define internal ptr @pv_vec_repeat(ptr %v, i64 %times) nounwind {{
entry:
  %sizep = getelementptr i8, ptr %v, i64 {unit.layout.size}
  %size = load i64, ptr %sizep, {_SIZE}
  %some = call i64 @llvm.smax.i64(i64 %times, i64 0)
  %both = call {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64 %some, i64 %size)
  %product = extractvalue {{ i64, i1 }} %both, 0
  %wide = extractvalue {{ i64, i1 }} %both, 1
  %bytes = select i1 %wide, i64 {1 << 62}, i64 %product
  %new = call ptr @pv_vec_new(i64 %bytes, i64 1)
  %failed = icmp eq ptr %new, null
  %empty = icmp eq i64 %bytes, 0
  %skip = or i1 %failed, %empty
  br i1 %skip, label %done, label %fill
fill:
  %fromp = getelementptr i8, ptr %v, i64 {unit.layout.bytearray_start}
  %from = load ptr, ptr %fromp, {_ITEMS}
  %top = getelementptr i8, ptr %new, i64 {unit.layout.bytearray_start}
  %to = load ptr, ptr %top, {_ITEMS}
  %word = icmp eq i64 %size, 8
  br i1 %word, label %words, label %copy
words:
  %value = load i64, ptr %from
  br label %each
each:
  %i = phi i64 [ 0, %words ], [ %next, %each ]
  %at = getelementptr i64, ptr %to, i64 %i
  store i64 %value, ptr %at
  %next = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %next, %some
  br i1 %more, label %each, label %done
copy:
  %k = phi i64 [ 0, %fill ], [ %after, %copy ]
  %offset = mul i64 %k, %size
  %place = getelementptr i8, ptr %to, i64 %offset
  call void @llvm.memcpy.p0.p0.i64(ptr %place, ptr %from, i64 %size, i1 false)
  %after = add nuw nsw i64 %k, 1
  %again = icmp ult i64 %after, %some
  br i1 %again, label %copy, label %done
done:
  ret ptr %new
}}"""


def write_splice(unit: Unit) -> str:
    """``i32 pv_vec_splice(ptr vector, i64 start, i64 count, ptr values)``: put the values, a vector or none, in place of so many
    bytes from *start* on; -1 with MemoryError set, and nothing changed.

    Values that are the vector itself are as they were before.
    """
    unit.helper("pv_vec_grow", write_grow)
    unit.declare("llvm.memmove.p0.p0.i64", "void (ptr, ptr, i64, i1)")
    unit.declare("llvm.memcpy.p0.p0.i64", "void (ptr, ptr, i64, i1)")
    size, start, room = unit.layout.size, unit.layout.bytearray_start, unit.layout.bytearray_allocated
    return f"""
define internal i32 @pv_vec_splice(ptr %v, i64 %start, i64 %count, ptr %values) nounwind {{
entry:
  %sizep = getelementptr i8, ptr %v, i64 {size}
  %size = load i64, ptr %sizep, {_SIZE}
  %none = icmp eq ptr %values, null
  br i1 %none, label %measured, label %measure
measure:
  %itself = icmp eq ptr %values, %v
  %newp = getelementptr i8, ptr %values, i64 {size}
  %length = load i64, ptr %newp, {_SIZE}
  br label %measured
measured:
  %new = phi i64 [ 0, %entry ], [ %length, %measure ]
  %same = phi i1 [ false, %entry ], [ %itself, %measure ]
  %kept = sub i64 %size, %count
  %total = add i64 %kept, %new
  %roomp = getelementptr i8, ptr %v, i64 {room}
  %room = load i64, ptr %roomp, {_SIZE}
  %full = icmp sge i64 %total, %room
  br i1 %full, label %grow, label %move, {UNLIKELY}
grow:
  %status = call i32 @pv_vec_grow(ptr %v, i64 %total)
  %failed = icmp ne i32 %status, 0
  br i1 %failed, label %no, label %move, {UNLIKELY}
no:
  ret i32 -1
move:
  %datap = getelementptr i8, ptr %v, i64 {start}
  %data = load ptr, ptr %datap, {_ITEMS}
  %at = getelementptr i8, ptr %data, i64 %start
  %old = getelementptr i8, ptr %at, i64 %count
  %behind = getelementptr i8, ptr %at, i64 %new
  %end = add i64 %start, %count
  %rest = sub i64 %size, %end
  %shifts = icmp ne i64 %count, %new
  br i1 %shifts, label %shift, label %fill
shift:
  call void @llvm.memmove.p0.p0.i64(ptr %behind, ptr %old, i64 %rest, i1 false)
  store i64 %total, ptr %sizep, {_SIZE}
  br label %fill
fill:
  %some = icmp ne i64 %new, 0
  br i1 %some, label %from, label %done
from:
  br i1 %same, label %own, label %other
other:
  %fromp = getelementptr i8, ptr %values, i64 {start}
  %from.data = load ptr, ptr %fromp, {_ITEMS}
  call void @llvm.memcpy.p0.p0.i64(ptr %at, ptr %from.data, i64 %new, i1 false)
  br label %done
own:
  ; All that it was is there still: what has moved has moved behind it.
  call void @llvm.memmove.p0.p0.i64(ptr %at, ptr %data, i64 %new, i1 false)
  br label %done
done:
  ret i32 0
}}"""
