"""Leaving native code on demand, for tests: under the setting `trips` every exit can be taken, whatever the data.

Before each instruction that has a frame state, and where a callee has been finished by CPython, native code counts down the word
`trip.left` of its group. When that comes to zero it leaves as if the instruction had failed.  That is always right: CPython does
the instruction itself.  A test writes the words through the binding (`host/binding.py`):

    trip.left   so many instructions from now on until one is refused; 0: none
    trip.next   what is left from then on, as eight bytes, the lowest first, which come again and again; a byte of 0 ends it
    trip.taken  how often native code has left so

Without the setting nothing of this is emitted.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit

LEFT, NEXT, TAKEN = "trip.left", "trip.next", "trip.taken"


def due(emit: Emitter) -> str:
    """Whether native code is to leave here: a condition, and one instruction less to go."""
    return emit.call_helper("pv_trip", _write_trip, "i1 ()")


def _write_trip(unit: Unit) -> str:
    unit.declare("llvm.fshr.i64", "i64 (i64, i64, i64)")
    left, following, taken = (unit.slot("word", f"0 {name}") for name in (LEFT, NEXT, TAKEN))
    return f"""
define internal i1 @pv_trip() noinline nounwind {{
  %left.at = getelementptr i64, ptr @slots, i64 {left}
  %left = load i64, ptr %left.at
  %less = sub i64 %left, 1
  store i64 %less, ptr %left.at
  %now = icmp eq i64 %less, 0
  br i1 %now, label %trip, label %go.on
trip:
  %next.at = getelementptr i64, ptr @slots, i64 {following}
  %next = load i64, ptr %next.at
  %count = and i64 %next, 255
  store i64 %count, ptr %left.at
  %rotated = call i64 @llvm.fshr.i64(i64 %next, i64 %next, i64 8)
  store i64 %rotated, ptr %next.at
  %taken.at = getelementptr i64, ptr @slots, i64 {taken}
  %taken = load i64, ptr %taken.at
  %more = add i64 %taken, 1
  store i64 %more, ptr %taken.at
  br label %go.on
go.on:
  ret i1 %now
}}"""
