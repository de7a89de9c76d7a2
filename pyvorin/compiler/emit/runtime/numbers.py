"""New numbers, and storing one where a list keeps an object: into the old object, if only the list refers to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

SHARED_BELOW = 257
"""CPython keeps one object each for the ints -5 to 256, and compiled code may rely on that."""
DIGIT = 1 << 30


def write_new_float(unit: Unit) -> str:
    """``ptr pv_float_new(double)``: a new float, or null with MemoryError set.

    In half the time of PyFloat_FromDouble, whose list of 100 free floats is empty when many are made, and no quicker when it is
    not.  From 3.13 on a tool may ask to see every new object (PyRefTracer_SetTracer): PyObject_Init shows it.
    """
    unit.declare("PyObject_Malloc", "ptr (i64)")
    unit.declare("PyErr_NoMemory", "ptr ()")
    unit.external("PyFloat_Type")
    layout = unit.layout
    head = f"""
  store i64 1, ptr %o, {ALIAS["refcount"]}
  %typep = getelementptr i8, ptr %o, i64 {layout.type}
  store ptr @PyFloat_Type, ptr %typep, {ALIAS["type"]}"""
    if unit.python >= (3, 13):
        unit.declare("PyObject_Init", "ptr (ptr, ptr)")
        head = "\n  %same = call ptr @PyObject_Init(ptr %o, ptr @PyFloat_Type)"
    return f"""
define internal ptr @pv_float_new(double %value) alwaysinline nounwind {{
  %o = call ptr @PyObject_Malloc(i64 {layout.float_value + 8})
  %failed = icmp eq ptr %o, null
  br i1 %failed, label %no, label %made, {UNLIKELY}
made:{head}
  %valuep = getelementptr i8, ptr %o, i64 {layout.float_value}
  store double %value, ptr %valuep, {ALIAS["value"]}
  ret ptr %o
no:
  %null = call ptr @PyErr_NoMemory()
  ret ptr %null
}}"""


def _head(unit: Unit, name: str, llvm: str, type_name: str) -> str:
    """Defines %old, %mine: an object of exactly this type to which there is one reference."""
    unit.external(type_name)
    unit.helper("pv_decref", write_decref)
    return f"""
define internal i32 @{name}(ptr %at, {llvm} %value) nounwind {{
  %old = load ptr, ptr %at, {ALIAS["element"]}
  %typep = getelementptr i8, ptr %old, i64 {unit.layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %exact = icmp eq ptr %type, @{type_name}
  %count = load i64, ptr %old, {ALIAS["refcount"]}
  %single = icmp eq i64 %count, 1
  %mine = and i1 %exact, %single
"""


def _replace(allocate: str) -> str:
    return f"""
replace:
  %new = {allocate}
  %failed = icmp eq ptr %new, null
  br i1 %failed, label %no, label %put
put:
  store ptr %new, ptr %at, {ALIAS["element"]}
  call void @pv_decref(ptr %old)
  ret i32 0
no:
  ret i32 -1
}}"""


NOT_PUT = """
replace:
  ret i32 1
}"""


def write_store_float(unit: Unit) -> str:
    """``i32 pv_store_float(ptr element, double)``: -1 with MemoryError set if a new object was needed and could not be made."""
    unit.helper("pv_float_new", write_new_float)
    return _store_float(unit, "pv_store_float", _replace("call ptr @pv_float_new(double %value)"))


def write_put_float(unit: Unit) -> str:
    """``i32 pv_put_float(ptr element, double)``: as `write_store_float`; where a new object is needed it only gives 1."""
    return _store_float(unit, "pv_put_float", NOT_PUT)


def _store_float(unit: Unit, name: str, otherwise: str) -> str:
    return (
        _head(unit, name, "double", "PyFloat_Type")
        + f"""
  br i1 %mine, label %inside, label %replace
inside:
  %place = getelementptr i8, ptr %old, i64 {unit.layout.float_value}
  store double %value, ptr %place, {ALIAS["value"]}
  ret i32 0"""
        + otherwise
    )


def write_store_int(unit: Unit) -> str:
    """``i32 pv_store_int(ptr element, i64)``: as `write_store_float`, for values and old objects of one positive digit."""
    unit.declare("PyLong_FromLongLong", "ptr (i64)")
    return _store_int(unit, "pv_store_int", _replace("call ptr @PyLong_FromLongLong(i64 %value)"))


def write_put_int(unit: Unit) -> str:
    """``i32 pv_put_int(ptr element, i64)``: as `write_store_int`; where a new object is needed it only gives 1."""
    return _store_int(unit, "pv_put_int", NOT_PUT)


def _store_int(unit: Unit, name: str, otherwise: str) -> str:
    if unit.python >= (3, 12):
        offset, one_digit, alias = unit.layout.int_tag, 1 << 3, ALIAS["value"]
    else:
        offset, one_digit, alias = unit.layout.int_size, 1, ALIAS["size"]
    return (
        _head(unit, name, "i64", "PyLong_Type")
        + f"""
  %shifted = sub i64 %value, {SHARED_BELOW}
  %fits = icmp ult i64 %shifted, {DIGIT - SHARED_BELOW}
  %try = and i1 %mine, %fits
  br i1 %try, label %look, label %replace
look:
  %sizep = getelementptr i8, ptr %old, i64 {offset}
  %size = load i64, ptr %sizep, {alias}
  %one = icmp eq i64 %size, {one_digit}
  br i1 %one, label %inside, label %replace
inside:
  %digit = trunc i64 %value to i32
  %place = getelementptr i8, ptr %old, i64 {unit.layout.int_digits}
  store i32 %digit, ptr %place, {ALIAS["value"]}
  ret i32 0"""
        + otherwise
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """How one type of number is stored: the helper, its writer, the LLVM type."""

    helper: str
    write: Callable[[Unit], str]
    llvm: str


FLOAT = Kind("pv_store_float", write_store_float, "double")
INT = Kind("pv_store_int", write_store_int, "i64")
PUT_FLOAT = Kind("pv_put_float", write_put_float, "double")
PUT_INT = Kind("pv_put_int", write_put_int, "i64")
