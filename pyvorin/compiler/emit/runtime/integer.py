"""Boxed ints -> i64, by reading the digits in place (longobject.h of each version)."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import ALIAS, Unit

_VALUE, _SIZE = ALIAS["value"], ALIAS["size"]


def value(emit: Emitter, obj: str, require: Callable[[str], None]) -> str:
    """The value of an exact int; *require* is given whether it fits 64 bits, where it may not.

    Zero has no digit, but room for one, and 0 for a sign.
    """
    layout = emit.layout
    one, more, done = emit.new_label("one"), emit.new_label("more"), emit.new_label("done")
    if emit.unit.python >= (3, 12):
        tag = emit.load("i64", obj, layout.int_tag, "value")
        sign = emit.op(f"sub i64 1, {emit.op(f'and i64 {tag}, 3')}")
        is_long = emit.op(f"icmp ugt i64 {tag}, 15")
    else:
        sign = emit.load("i64", obj, layout.int_size, "size")
        is_long = emit.op(f"icmp ugt i64 {emit.op(f'add i64 {sign}, 1')}, 2")
    emit.branch(is_long, more, one, unlikely=True)
    emit.begin(more)
    emit.unit.helper("pv_int_value", write_int_value)
    both = emit.op(f"call {{ i64, i1 }} @pv_int_value_long(ptr {obj})")
    whole = emit.op(f"extractvalue {{ i64, i1 }} {both}, 0")
    require(emit.op(f"extractvalue {{ i64, i1 }} {both}, 1"))
    found = emit.label
    emit.jump(done)
    emit.begin(one)
    digit = emit.op(f"zext i32 {emit.load('i32', obj, layout.int_digits, 'value')} to i64")
    small = emit.op(f"mul i64 {digit}, {sign}")
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i64", (small, one), (whole, found))


def write_int_value(unit: Unit) -> str:
    """``{ i64, i1 } pv_int_value(ptr)``: an exact int's value, and whether it fits 64 bits.

    One and two digits of 30 bits are read in place; longer ints go through the C API.
    """
    unit.declare("PyLong_AsLongLongAndOverflow", "i64 (ptr, ptr)")
    if unit.python >= (3, 12):
        # lv_tag: number of digits << 3 | sign, where sign is 0 positive, 1 zero, 2 negative
        head = f"""
  %tagp = getelementptr i8, ptr %o, i64 {unit.layout.int_tag}
  %tag = load i64, ptr %tagp, {_VALUE}
  %signbits = and i64 %tag, 3
  %sign = sub i64 1, %signbits
  %digits = lshr i64 %tag, 3"""
    else:
        head = f"""
  %sizep = getelementptr i8, ptr %o, i64 {unit.layout.int_size}
  %size = load i64, ptr %sizep, {_SIZE}
  %negative = icmp slt i64 %size, 0
  %sign = select i1 %negative, i64 -1, i64 1
  %digits = mul i64 %size, %sign"""
    return f"""
define internal {{ i64, i1 }} @pv_int_value(ptr %o) alwaysinline nounwind {{{head}
  %short = icmp ule i64 %digits, 1
  br i1 %short, label %one, label %more
one:
  %lowp = getelementptr i8, ptr %o, i64 {unit.layout.int_digits}
  %low = load i32, ptr %lowp, {_VALUE}
  %wide = zext i32 %low to i64
  %zero = icmp eq i64 %digits, 0
  %magnitude = select i1 %zero, i64 0, i64 %wide
  %value = mul i64 %magnitude, %sign
  %r1 = insertvalue {{ i64, i1 }} {{ i64 0, i1 true }}, i64 %value, 0
  ret {{ i64, i1 }} %r1
more:
  %r2 = call {{ i64, i1 }} @pv_int_value_long(ptr %o)
  ret {{ i64, i1 }} %r2
}}
define internal {{ i64, i1 }} @pv_int_value_long(ptr %o) noinline nounwind {{{head}
  %two = icmp eq i64 %digits, 2
  br i1 %two, label %pair, label %general
pair:
  %lowp = getelementptr i8, ptr %o, i64 {unit.layout.int_digits}
  %low = load i32, ptr %lowp, {_VALUE}
  %highp = getelementptr i8, ptr %o, i64 {unit.layout.int_digits + 4}
  %high = load i32, ptr %highp, {_VALUE}
  %low64 = zext i32 %low to i64
  %high64 = zext i32 %high to i64
  %shifted = shl i64 %high64, 30
  %magnitude = or i64 %shifted, %low64
  %value = mul i64 %magnitude, %sign
  %r1 = insertvalue {{ i64, i1 }} {{ i64 0, i1 true }}, i64 %value, 0
  ret {{ i64, i1 }} %r1
general:
  %overflow = alloca i32
  %v = call i64 @PyLong_AsLongLongAndOverflow(ptr %o, ptr %overflow)
  %flag = load i32, ptr %overflow
  %fits = icmp eq i32 %flag, 0
  %r2 = insertvalue {{ i64, i1 }} {{ i64 0, i1 false }}, i64 %v, 0
  %r3 = insertvalue {{ i64, i1 }} %r2, i1 %fits, 1
  ret {{ i64, i1 }} %r3
}}"""


def write_compare_int_float(unit: Unit) -> str:
    """``i32 pv_compare_int_float(i64, double)``: -1, 0, 1 by exact value, 2 if the double is NaN.

    Converting the int would round above 2**53 (floatobject.c, float_richcompare compares exactly).
    """
    return """
define internal i32 @pv_compare_int_float(i64 %i, double %f) nounwind {
  %nan = fcmp uno double %f, %f
  br i1 %nan, label %unordered, label %high
unordered:
  ret i32 2
high:
  %big = fcmp oge double %f, 0x43E0000000000000
  br i1 %big, label %less, label %low
less:
  ret i32 -1
low:
  %small = fcmp olt double %f, 0xC3E0000000000000
  br i1 %small, label %greater, label %within
greater:
  ret i32 1
within:
  %t = fptosi double %f to i64
  %lt = icmp slt i64 %i, %t
  %gt = icmp sgt i64 %i, %t
  %whole = sitofp i64 %t to double
  %above = fcmp ogt double %f, %whole
  %below = fcmp olt double %f, %whole
  %a = select i1 %above, i32 -1, i32 0
  %b = select i1 %below, i32 1, i32 %a
  %c = select i1 %gt, i32 1, i32 %b
  %d = select i1 %lt, i32 -1, i32 %c
  ret i32 %d
}"""
