"""Sorting a list by keys that are there already: CPython's own `list.sort`, with a key function that gives them in turn."""

from __future__ import annotations

from pyvorin.compiler.emit.runtime.refcount import write_decref
from pyvorin.compiler.emit.unit import Unit

METH_O = 8


def write_sort_by(unit: Unit) -> str:
    """``i32 pv_list_sort_by(list, keys, name, kwnames, reverse)``: -1 with an exception set where two are in no order.

    The key function's `self` is an iterator over the keys; `list.sort` asks for the key of each item once, from the first to the
    last, before it compares any.
    """
    unit.helper("pv_decref", write_decref)
    for name, signature in (
        ("PyObject_GetIter", "ptr (ptr)"),
        ("PyIter_Next", "ptr (ptr)"),
        ("PyCFunction_NewEx", "ptr (ptr, ptr, ptr)"),
        ("PyObject_VectorcallMethod", "ptr (ptr, ptr, i64, ptr)"),
    ):
        unit.declare(name, signature)
    return f"""
@pv_key_name = internal constant [4 x i8] c"key\\00"
@pv_key_def = internal global {{ ptr, ptr, i32, ptr }} {{ ptr @pv_key_name, ptr @pv_next_key, i32 {METH_O}, ptr null }}
define internal ptr @pv_next_key(ptr %self, ptr %item) nounwind {{
  %key = call ptr @PyIter_Next(ptr %self)
  ret ptr %key
}}
define internal i32 @pv_list_sort_by(ptr %list, ptr %keys, ptr %name, ptr %kwnames, ptr %reverse) noinline nounwind {{
  %args = alloca [3 x ptr]
  %iterator = call ptr @PyObject_GetIter(ptr %keys)
  %none = icmp eq ptr %iterator, null
  br i1 %none, label %fail, label %function
function:
  %key = call ptr @PyCFunction_NewEx(ptr @pv_key_def, ptr %iterator, ptr null)
  call void @pv_decref(ptr %iterator)
  %nokey = icmp eq ptr %key, null
  br i1 %nokey, label %fail, label %call
call:
  store ptr %list, ptr %args
  %second = getelementptr ptr, ptr %args, i64 1
  store ptr %key, ptr %second
  %third = getelementptr ptr, ptr %args, i64 2
  store ptr %reverse, ptr %third
  %result = call ptr @PyObject_VectorcallMethod(ptr %name, ptr %args, i64 1, ptr %kwnames)
  call void @pv_decref(ptr %key)
  %failed = icmp eq ptr %result, null
  br i1 %failed, label %fail, label %done
done:
  call void @pv_decref(ptr %result)
  ret i32 0
fail:
  ret i32 -1
}}"""
