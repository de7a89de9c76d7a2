"""What a list must be for `array.array` to read it without running code of the program."""

from __future__ import annotations

from pyvorin.compiler.emit.runtime import lists
from pyvorin.compiler.emit.unit import ALIAS, Unit


def write_numbers(unit: Unit) -> str:
    """``i1 pv_list_numbers(ptr list)``: whether each element is exactly an int, a bool or a float."""
    for name in ("PyLong_Type", "PyFloat_Type", "PyBool_Type"):
        unit.external(name)
    test = f"""  %typep = getelementptr i8, ptr %o, i64 {unit.layout.type}
  %type = load ptr, ptr %typep, {ALIAS["type"]}
  %float = icmp eq ptr %type, @PyFloat_Type
  %int = icmp eq ptr %type, @PyLong_Type
  %bool = icmp eq ptr %type, @PyBool_Type
  %either = or i1 %float, %int
  %holds = or i1 %either, %bool"""
    return lists.each(unit, "pv_list_numbers", test)
