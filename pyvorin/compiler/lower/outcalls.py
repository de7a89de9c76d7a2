"""Calling CPython for an expression, without leaving native code.

function = slots[n] or host.outcall(3)          made from the source, at the first time
value = function(xs, i)                         its frame is the one that the callee sees
"""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime.refcount import write_decref, write_incref
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.outcalls import ITEMS, NEXT, OBSERVED, Outcall
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.lower.drive import write_below
from pyvorin.compiler.lower.next_item import next_item

SUPERSEDED = "0 superseded"
"""The word that says that newer code is to go on (`host/results.py`)."""


def is_observed(instance: Instance, called: Outcall) -> bool:
    """Whether the host is to look at what the outcall gives, which nobody has seen yet."""
    module = instance.untyped.module
    return called.kind in OBSERVED and module is not None and not module.seen.knows(called.key)


def waits_for_results(instance: Instance, in_loops: bool) -> bool:
    """Whether something is called that nobody has seen yet; *in_loops*, or else for all items of a comprehension."""
    return any(
        isinstance(instr.payload, Outcall)
        and (in_loops or instr.payload.kind == ITEMS)
        and is_observed(instance, instr.payload)
        for block in instance.hir.blocks
        for instr in block.instrs
    )


def outcall(emit: Emitter, index: int, kind: str, args: Sequence[str], below: str | None) -> str:
    """The value of the group's expression of this number, a new reference; NULL with an exception set.

    kind: that of the outcall.  below: what is left of the recursion limit, where that is counted (`drive`).
    """
    count = len(args)
    types = ", ".join(["i64", *["ptr"] * count])
    at = emit.unit.slot("outcall", str(index))
    name = f"pv_outcall.{index}"

    def write(unit: Unit) -> str:
        return _write(unit, name, index, at, count)

    operands = list(args)
    emit.unit.helper(name, write)
    if below is None:
        types = types[5:]
    else:
        inner, name = name, f"{name}.below"
        emit.unit.helper(name, lambda unit: write_below(unit, inner, count))
        operands.insert(0, emit.op(f"add i64 {below}, 0"))
    if kind == NEXT:
        general, name = name, f"{name}.next"
        next_item(emit.unit, name, general, at, below is not None)
    return emit.op(f"call ptr @{name}({', '.join(map(' '.join, zip(types.split(', '), operands)))})")


def _write(unit: Unit, name: str, index: int, slot: int, count: int) -> str:
    """The array of arguments lies in a frame of its own; the place in front of it is the callee's to use (PEP 590)."""
    for function, signature in {
        "PyLong_FromLongLong": "ptr (i64)",
        "PyObject_CallFunctionObjArgs": "ptr (ptr, ...)",
        "PyObject_VectorcallDict": "ptr (ptr, ptr, i64, ptr)",
    }.items():
        unit.declare(function, signature)
    unit.helper("pv_incref", write_incref)
    unit.helper("pv_decref", write_decref)
    unit.helper("pv_outcall", _write_make)
    stores = "\n".join(
        f"  %at.{i} = getelementptr ptr, ptr %args, i64 {i + 1}\n  store ptr %a{i}, ptr %at.{i}" for i in range(count)
    )
    parameters = ", ".join(f"ptr %a{i}" for i in range(count))
    return f"""
define internal ptr @{name}({parameters}) noinline nounwind {{
entry:
  %args = alloca [{count + 1} x ptr]
{stores}
  %at.slot = getelementptr ptr, ptr @slots, i64 {slot}
  %known = load ptr, ptr %at.slot
  %unknown = icmp eq ptr %known, null
  br i1 %unknown, label %make, label %have, !prof !0
make:
  %made = call ptr @pv_outcall(i64 {index})
  %unmade = icmp eq ptr %made, null
  br i1 %unmade, label %failed, label %run
have:
  call void @pv_incref(ptr %known)
  br label %run
run:
  %function = phi ptr [ %made, %make ], [ %known, %have ]
  %first = getelementptr ptr, ptr %args, i64 1
  %result = call ptr @PyObject_VectorcallDict(ptr %function, ptr %first, i64 {count - 2**63}, ptr null)
  call void @pv_decref(ptr %function)
  ret ptr %result
failed:
  ret ptr null
}}"""


def _write_make(unit: Unit) -> str:
    """``ptr pv_outcall(index)``: the function, which the host makes and puts into its slot; a new reference, or NULL."""
    return f"""
define internal ptr @pv_outcall(i64 %index) noinline cold nounwind {{
  %number = call ptr @PyLong_FromLongLong(i64 %index)
  %poor = icmp eq ptr %number, null
  br i1 %poor, label %failed, label %ask
ask:
  %at = getelementptr ptr, ptr @slots, i64 {unit.slot("outcaller")}
  %host = load ptr, ptr %at
  %made = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %host, ptr %number, ptr null)
  call void @pv_decref(ptr %number)
  ret ptr %made
failed:
  ret ptr null
}}"""
