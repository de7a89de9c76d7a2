"""Comparing tuples and lists item by item, as tuplerichcompare and list_richcompare do."""

from __future__ import annotations

from pyvorin.compiler.emit.runtime import integer, plain_keys
from pyvorin.compiler.emit.unit import ALIAS, Unit

OPERATIONS = ("lt", "le", "eq", "ne", "gt", "ge")
"""In the order of the numbers that PyObject_RichCompare takes."""


def write_compare(unit: Unit) -> str:
    """``i8 pv_items_compare(ptr a, i64 na, ptr b, i64 nb, i32 operation)``: 0 or 1; 2 where CPython has to find out.

    The first pair decides that is neither one object nor equal.  Code of the program could only run for an item that is not
    plain; items that have no order, of which CPython raises a TypeError, are left to it as well.
    """
    unit.helper("pv_plain", plain_keys.write_plain)
    unit.helper("pv_int_value", integer.write_int_value)
    unit.external("PyLong_Type")
    unit.declare("PyObject_RichCompareBool", "i32 (ptr, ptr, i32)")
    unit.declare("PyErr_Clear", "void ()")
    type_at, element = unit.layout.type, ALIAS["element"]
    return f"""
define internal i8 @pv_items_compare(ptr %a, i64 %na, ptr %b, i64 %nb, i32 %op) nounwind {{
  %shorter = icmp slt i64 %na, %nb
  %n = select i1 %shorter, i64 %na, i64 %nb
  br label %loop
loop:
  %i = phi i64 [ 0, %0 ], [ %next, %equal ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %inside, label %sizes
inside:
  %xp = getelementptr ptr, ptr %a, i64 %i
  %x = load ptr, ptr %xp, {element}
  %yp = getelementptr ptr, ptr %b, i64 %i
  %y = load ptr, ptr %yp, {element}
  %same = icmp eq ptr %x, %y
  br i1 %same, label %equal, label %types
types:
  %xtp = getelementptr i8, ptr %x, i64 {type_at}
  %xt = load ptr, ptr %xtp, {ALIAS["type"]}
  %ytp = getelementptr i8, ptr %y, i64 {type_at}
  %yt = load ptr, ptr %ytp, {ALIAS["type"]}
  %xint = icmp eq ptr %xt, @PyLong_Type
  %yint = icmp eq ptr %yt, @PyLong_Type
  %ints = and i1 %xint, %yint
  br i1 %ints, label %values, label %others
values:
  %xb = call {{ i64, i1 }} @pv_int_value(ptr %x)
  %yb = call {{ i64, i1 }} @pv_int_value(ptr %y)
  %xf = extractvalue {{ i64, i1 }} %xb, 1
  %yf = extractvalue {{ i64, i1 }} %yb, 1
  %fit = and i1 %xf, %yf
  br i1 %fit, label %numbers, label %others
numbers:
  %xv = extractvalue {{ i64, i1 }} %xb, 0
  %yv = extractvalue {{ i64, i1 }} %yb, 0
  %equalints = icmp eq i64 %xv, %yv
  br i1 %equalints, label %equal, label %order
order:
  br label %decide
others:
  %xplain = call i1 @pv_plain(ptr %x, i32 0)
  br i1 %xplain, label %second, label %foreign
second:
  %yplain = call i1 @pv_plain(ptr %y, i32 0)
  br i1 %yplain, label %ask, label %foreign
ask:
  %e = call i32 @PyObject_RichCompareBool(ptr %x, ptr %y, i32 2)
  %areequal = icmp eq i32 %e, 1
  br i1 %areequal, label %equal, label %differ
differ:
  %failed = icmp slt i32 %e, 0
  br i1 %failed, label %error, label %which
which:
  %ordering = icmp ult i32 %op, 2
  %above = icmp ugt i32 %op, 3
  %either = or i1 %ordering, %above
  br i1 %either, label %rank, label %unequal
unequal:
  %ne = icmp eq i32 %op, 3
  %rne = zext i1 %ne to i8
  ret i8 %rne
rank:
  %r = call i32 @PyObject_RichCompareBool(ptr %x, ptr %y, i32 %op)
  %none = icmp slt i32 %r, 0
  br i1 %none, label %error, label %known
known:
  %rk = trunc i32 %r to i8
  ret i8 %rk
error:
  call void @PyErr_Clear()
  ret i8 2
foreign:
  ret i8 2
equal:
  %next = add i64 %i, 1
  br label %loop
sizes:
  br label %decide
decide:
  %p = phi i64 [ %xv, %order ], [ %na, %sizes ]
  %q = phi i64 [ %yv, %order ], [ %nb, %sizes ]
  %lt = icmp slt i64 %p, %q
  %eq = icmp eq i64 %p, %q
  %gt = icmp sgt i64 %p, %q
  %bits0 = select i1 %lt, i32 11, i32 56
  %bits = select i1 %eq, i32 38, i32 %bits0
  %shifted = lshr i32 %bits, %op
  %bit = and i32 %shifted, 1
  %d = trunc i32 %bit to i8
  ret i8 %d
}}"""
