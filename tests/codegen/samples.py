"""IR that makes LLVM use every kind of section and relocation that the linker knows."""

from __future__ import annotations

from pyvorin.compiler.codegen.locations import LoopLines

# Two modules that need each other: data, functions, pointers to both, and the interpreter's functions and objects.
COUNTER = """
@count = global i64 40
@zeroed = internal global [100 x i64] zeroinitializer
@shared = common global [4 x i64] zeroinitializer, align 32
@PyFloat_Type = external global i8
@pointers = constant [4 x ptr] [ptr @count, ptr @PyFloat_Type, ptr @bump, ptr getelementptr (i8, ptr @count, i64 -8)]
declare i64 @twice(i64)
declare ptr @PyFloat_FromDouble(double)

define i64 @bump(i64 %by) {
  %old = load i64, ptr @count
  %new = add i64 %old, %by
  store i64 %new, ptr @count
  store i64 %new, ptr @shared
  %slot = getelementptr [100 x i64], ptr @zeroed, i64 0, i64 99
  %before = load i64, ptr %slot
  %after = add i64 %before, 1
  store i64 %after, ptr %slot
  %result = call i64 @twice(i64 %new)
  %sum = add i64 %result, %after
  ret i64 %sum
}

define ptr @boxed(double %x) {
  %y = fadd double %x, 0x3FB999999999999A
  %object = call ptr @PyFloat_FromDouble(double %y)
  ret ptr %object
}

define i1 @is_float(ptr %object) {
  %field = getelementptr i8, ptr %object, i64 8
  %type = load ptr, ptr %field
  %same = icmp eq ptr %type, @PyFloat_Type
  ret i1 %same
}
"""

TWICE = """
@count = external global i64
@shared = common global [8 x i64] zeroinitializer, align 8
declare i32 @PyErr_CheckSignals()

define i64 @twice(i64 %x) {
  %status = call i32 @PyErr_CheckSignals()
  %wide = sext i32 %status to i64
  %double = mul i64 %x, 2
  %result = add i64 %double, %wide
  ret i64 %result
}

define i64 @read_count() {
  %value = load i64, ptr @count
  %first = load i64, ptr @shared
  %sum = add i64 %value, %first
  ret i64 %sum
}

define ptr @address_of_count() {
  ret ptr @count
}
"""

# A switch whose cases differ enough to become a jump table, also at O0.
SWITCH = """
declare i32 @PyErr_CheckSignals()
@calls = internal global i64 0

define internal void @called(i64 %by) noinline {
  %old = load volatile i64, ptr @calls
  %new = add i64 %old, %by
  store volatile i64 %new, ptr @calls
  ret void
}

define i64 @choose(i64 %n) {
  switch i64 %n, label %other [
    i64 0, label %a
    i64 1, label %b
    i64 2, label %c
    i64 3, label %d
    i64 4, label %e
  ]
a:
  call void @called(i64 1)
  br label %join
b:
  call void @called(i64 10)
  br label %join
c:
  %status = call i32 @PyErr_CheckSignals()
  br label %join
d:
  call void @called(i64 100)
  %more = mul i64 %n, %n
  br label %join
e:
  call void @called(i64 1000)
  br label %join
other:
  ret i64 -1
join:
  %result = phi i64 [7, %a], [8, %b], [9, %c], [%more, %d], [%n, %e]
  %total = load volatile i64, ptr @calls
  %sum = add i64 %result, %total
  ret i64 %sum
}
"""

# Constants that live in merged sections, and library calls that LLVM makes by itself (memcpy, memset).
CONSTANTS = """
@text = internal constant [12 x i8] c"native code\\00"
@table = internal constant [6 x double] [double 1.5, double 2.5, double 3.5, double 4.5, double 5.5, double 6.5]
declare double @hypot(double, double) nobuiltin
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define double @poly(double %x) {
  %a = fmul double %x, 0x400921FB54442D18
  %b = fadd double %a, 0x4005BF0A8B145769
  %c = call double @hypot(double %b, double 3.0)
  ret double %c
}

define double @at(i64 %i) {
  %slot = getelementptr [6 x double], ptr @table, i64 0, i64 %i
  %value = load double, ptr %slot
  ret double %value
}

define void @fill(ptr %to, i64 %size) {
  call void @llvm.memset.p0.i64(ptr %to, i8 7, i64 %size, i1 false)
  %few = icmp ult i64 %size, 12
  br i1 %few, label %done, label %copy
copy:
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr @text, i64 12, i1 false)
  br label %done
done:
  ret void
}
"""

# Two loops, of which LLVM may vectorise only the first: the order of the additions is the order of the sum.
_LINES = LoopLines("report")
LOOPS = f"""
define void @scale(ptr %items, i64 %count) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %slot = getelementptr double, ptr %items, i64 %i
  %x = load double, ptr %slot
  %y = fmul double %x, 1.25
  %z = fadd double %y, 3.0
  store double %z, ptr %slot
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %loop, label %done{_LINES.loop("Report.scale", 3, 5, 9)}
done:
  ret void
}}

define double @ordered_sum(ptr %items, i64 %count) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %sum = phi double [ 0.0, %entry ], [ %total, %loop ]
  %slot = getelementptr double, ptr %items, i64 %i
  %x = load double, ptr %slot
  %total = fadd double %sum, %x
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %loop, label %done{_LINES.loop('größe"', 13, 15)}
done:
  ret double %total
}}
{_LINES.text()}"""
