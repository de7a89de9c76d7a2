"""The poll of loops: signal handlers run, and every 5 ms other threads get the GIL.

A loop polls each time it has gone round a strip's length.  Loops inside others may each end before that, a thousand by a
thousand by a thousand times: so all of them draw on one allowance of iterations, and a loop around others, or around calls,
polls when that is used up.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import ALIAS, Unit

SWITCH_NS = 5_000_000
"""How long a thread keeps the GIL while others may wait: CPython's default switch interval (sys.getswitchinterval)."""
CLOCK_MONOTONIC_COARSE = 6
ALLOWANCE = 2**18
"""Iterations, of all loops, between two polls: a quarter of a millisecond for a short body, 26 ms for one of 100 ns."""
CALL = 2**6
"""What a recursive call counts for, in iterations."""

# Nothing at first: the first that asks polls.
_ALLOWANCE = "@pv_work_left = internal global i64 0"


def spend(emit: Emitter, iterations: str) -> None:
    """Take so many iterations off the allowance."""
    left = emit.op(f"sub i64 {_left(emit)}, {iterations}")
    emit.do(f"store i64 {left}, ptr @pv_work_left, {ALIAS['counter']}")


def due(emit: Emitter) -> str:
    """Whether the allowance is used up."""
    return emit.op(f"icmp slt i64 {_left(emit)}, 0")


def _left(emit: Emitter) -> str:
    emit.unit.define_once(_ALLOWANCE)
    return emit.op(f"load i64, ptr @pv_work_left, {ALIAS['counter']}")


def write_poll(unit: Unit) -> str:
    """``i32 pv_poll()``: 0, or -1 with the exception that a signal handler raised."""
    unit.define_once(_ALLOWANCE)
    unit.declare("PyErr_CheckSignals", "i32 ()")
    unit.declare("PyEval_SaveThread", "ptr ()")
    unit.declare("PyEval_RestoreThread", "void (ptr)")
    unit.declare("clock_gettime", "i32 (i32, ptr)")
    return f"""
@pv_switched = internal global i64 0
define internal i32 @pv_poll() noinline nounwind {{
  store i64 {ALLOWANCE}, ptr @pv_work_left
  %status = call i32 @PyErr_CheckSignals()
  %raised = icmp ne i32 %status, 0
  br i1 %raised, label %leave, label %look
leave:
  ret i32 -1
look:
  %time = alloca {{ i64, i64 }}
  %ignored = call i32 @clock_gettime(i32 {CLOCK_MONOTONIC_COARSE}, ptr %time)
  %seconds = load i64, ptr %time
  %np = getelementptr i8, ptr %time, i64 8
  %nanos = load i64, ptr %np
  %big = mul i64 %seconds, 1000000000
  %now = add i64 %big, %nanos
  %last = load i64, ptr @pv_switched
  %passed = sub i64 %now, %last
  %long = icmp sgt i64 %passed, {SWITCH_NS}
  br i1 %long, label %switch, label %done
switch:
  store i64 %now, ptr @pv_switched
  %thread = call ptr @PyEval_SaveThread()
  call void @PyEval_RestoreThread(ptr %thread)
  %again = call i32 @PyErr_CheckSignals()
  ret i32 %again
done:
  ret i32 0
}}"""
