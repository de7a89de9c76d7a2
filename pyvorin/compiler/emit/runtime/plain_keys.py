"""Whether hashing and comparing a key runs no code of the program.

A *plain* key is exactly a str, int, bool, None, a float that is no NaN, a bytes object, a tuple or a frozenset of plain keys:
hashing and comparing it is C code throughout.  Under ``-b`` no bytes object is plain, as comparing it with a str or an int gives
a BytesWarning there, which the program may see.  A NaN equals only itself, by identity, which an unboxed float has lost.
"""

from __future__ import annotations

from pyvorin.compiler.emit.runtime import lists
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

DEEPEST = 4
"""Tuples inside tuples are looked at down to this level; deeper ones are not called plain."""


def write_plain(unit: Unit) -> str:
    """``i1 pv_plain(ptr object, i32 depth)``: *depth* is 0 but for its own calls."""
    from pyvorin.compiler.emit.runtime import sets

    unit.helper("pv_set_plain", sets.write_plain)
    for name in ("PyFrozenSet_Type", "PyBytes_Type", "Py_BytesWarningFlag"):
        unit.external(name)
    for name in ("PyUnicode_Type", "PyLong_Type", "PyBool_Type", "PyFloat_Type", "PyTuple_Type", "_Py_NoneStruct"):
        unit.external(name)
    layout = unit.layout
    return f"""
define internal i1 @pv_plain(ptr %o, i32 %depth) nounwind {{
  %typep = getelementptr i8, ptr %o, i64 {layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %str = icmp eq ptr %type, @PyUnicode_Type
  br i1 %str, label %yes, label %int
int:
  %isint = icmp eq ptr %type, @PyLong_Type
  br i1 %isint, label %yes, label %tuple
tuple:
  %istuple = icmp eq ptr %type, @PyTuple_Type
  br i1 %istuple, label %items, label %float
float:
  %isfloat = icmp eq ptr %type, @PyFloat_Type
  br i1 %isfloat, label %number, label %rest
number:
  %valuep = getelementptr i8, ptr %o, i64 {layout.float_value}
  %value = load double, ptr %valuep, {ALIAS["value"]}
  %ordered = fcmp ord double %value, %value
  ret i1 %ordered
rest:
  %isfrozen = icmp eq ptr %type, @PyFrozenSet_Type
  br i1 %isfrozen, label %elements, label %bytes
elements:
  %all = call i1 @pv_set_plain(ptr %o)
  ret i1 %all
bytes:
  %isbytes = icmp eq ptr %type, @PyBytes_Type
  br i1 %isbytes, label %silent, label %last
silent:
  %warns = load i32, ptr @Py_BytesWarningFlag
  %quiet = icmp eq i32 %warns, 0
  ret i1 %quiet
last:
  %isbool = icmp eq ptr %type, @PyBool_Type
  %isnone = icmp eq ptr %o, @_Py_NoneStruct
  %either = or i1 %isbool, %isnone
  ret i1 %either
items:
  %deep = icmp sgt i32 %depth, {DEEPEST}
  %deeper = add i32 %depth, 1
  %sizep = getelementptr i8, ptr %o, i64 {layout.size}
  %size = load i64, ptr %sizep, {ALIAS["size"]}
  br i1 %deep, label %no, label %each, {UNLIKELY}
each:
  %i = phi i64 [ 0, %items ], [ %next, %inside ]
  %more = icmp slt i64 %i, %size
  br i1 %more, label %inside, label %yes
inside:
  %base = getelementptr i8, ptr %o, i64 {layout.tuple_items}
  %at = getelementptr ptr, ptr %base, i64 %i
  %item = load ptr, ptr %at, {ALIAS["element"]}
  %plain = call i1 @pv_plain(ptr %item, i32 %deeper)
  %next = add i64 %i, 1
  br i1 %plain, label %each, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}"""


def write_plain_soon(unit: Unit) -> str:
    """``i1 pv_plain_soon(ptr object)``: as `pv_plain`, with what is most often there tested in place."""
    unit.helper("pv_plain", write_plain)
    return f"""
define internal i1 @pv_plain_soon(ptr %o) alwaysinline nounwind {{
  %typep = getelementptr i8, ptr %o, i64 {unit.layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %str = icmp eq ptr %type, @PyUnicode_Type
  %int = icmp eq ptr %type, @PyLong_Type
  %either = or i1 %str, %int
  br i1 %either, label %yes, label %look
look:
  %plain = call i1 @pv_plain(ptr %o, i32 0)
  ret i1 %plain
yes:
  ret i1 true
}}"""


def write_list_plain(unit: Unit) -> str:
    """``i1 pv_list_plain(ptr list)``: whether all elements are plain keys."""
    unit.helper("pv_plain_soon", write_plain_soon)
    return lists.each(unit, "pv_list_plain", "  %holds = call i1 @pv_plain_soon(ptr %o)")
