"""Reading global names: the values in the dict of a module's names, found by where they were the last time.

A word for each name keeps the position that its entry had.  The entry there is taken if its key is that very name, whatever has
happened to the dict meanwhile: nothing has to be told of changes, and a store into the dict costs later reads nothing.
Otherwise the name is searched for.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.dicts import FOREIGN, table, write_find
from pyvorin.compiler.emit.unit import UNLIKELY, Unit
from pyvorin.compiler.hir.ir import Names


def scope(of: Names) -> tuple[str, str]:
    """The slot with the dict; NULL if the module is not imported (any more)."""
    return ("imported", f"{of.module}:__dict__") if of.module else ("globals", "")


def read(emit: Emitter, names: str, of: Names, name: str) -> str:
    """The object that the name is bound to, borrowed from the dict; NULL if it is not bound."""
    place = emit.slot_address(emit.unit.slot("word", f"0 place of {of.module}.{name}"))
    return emit.call_helper(
        "pv_name", _write_read, "ptr (ptr, ptr, ptr)", names, emit.slot("object", repr(name)), place
    )


def _write_read(unit: Unit) -> str:
    """``ptr pv_name(ptr dict, ptr name, ptr place)``.

    A dict that has its values elsewhere, and one in which only code of the program could find the name, give NULL.
    """
    unit.helper("pv_dict_find_str", write_find("str"))
    layout = unit.layout
    return f"""
define internal ptr @pv_name(ptr %d, ptr %name, ptr %place) nounwind {{
  %absent = icmp eq ptr %d, null
  br i1 %absent, label %none, label %shape, {UNLIKELY}
shape:
  %valuesp = getelementptr i8, ptr %d, i64 {layout.dict_values}
  %values = load ptr, ptr %valuesp
  %shared = icmp ne ptr %values, null
  br i1 %shared, label %none, label %table, {UNLIKELY}
{table(unit)}
  %at = load i64, ptr %place
  %countp = getelementptr i8, ptr %keys, i64 {layout.keys_entries}
  %count = load i64, ptr %countp
  %inside = icmp ult i64 %at, %count
  br i1 %inside, label %guess, label %search
guess:
  %offset = mul i64 %at, %stride
  %entry = getelementptr i8, ptr %entries, i64 %offset
  %kp = getelementptr i8, ptr %entry, i64 %keyat
  %key = load ptr, ptr %kp
  %same = icmp eq ptr %key, %name
  br i1 %same, label %take, label %search
take:
  %vp = getelementptr i8, ptr %kp, i64 8
  %v = load ptr, ptr %vp
  ret ptr %v
search:
  %found = call ptr @pv_name_search(ptr %d, ptr %name, ptr %place, ptr %entries, i64 %stride, i64 %keyat)
  ret ptr %found
none:
  ret ptr null
}}
define internal ptr @pv_name_search(ptr %d, ptr %name, ptr %place, ptr %entries, i64 %stride, i64 %keyat) noinline nounwind {{
  %hashp = getelementptr i8, ptr %name, i64 {layout.str_hash}
  %hash = load i64, ptr %hashp
  %vp = call ptr @pv_dict_find_str(ptr %d, ptr %name, i64 %hash)
  %missing = icmp eq ptr %vp, null
  %foreign = icmp eq ptr %vp, {FOREIGN}
  %no = or i1 %missing, %foreign
  br i1 %no, label %none, label %found
found:
  %first = getelementptr i8, ptr %entries, i64 %keyat
  %from = ptrtoint ptr %first to i64
  %to = ptrtoint ptr %vp to i64
  %behind = sub i64 %to, %from
  %distance = sub i64 %behind, 8
  %at = udiv i64 %distance, %stride
  store i64 %at, ptr %place
  %v = load ptr, ptr %vp
  ret ptr %v
none:
  ret ptr null
}}"""
