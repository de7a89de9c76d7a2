"""Entering native code at the head of a loop, from a continuation that has come there (on-stack replacement).

``i8 head(values)`` takes the values of the head's snapshot as a list of objects (docs/exits.md), unboxes those that the instance
takes, and runs it.  Whatever does not fit is EXITED: CPython goes on with the values.  The result is left as an object.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import EXITED, OK, RAISED
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.infer.instances import NO_ARGUMENT, Instance
from pyvorin.compiler.lower import assumptions
from pyvorin.compiler.lower.entry import allowance, argument, call_instance, require_functions, thread_allows
from pyvorin.compiler.lower.guarded import Guarded
from pyvorin.compiler.lower.resume import define_pending
from pyvorin.compiler.primitives.objects import boxed_or_null


def define(unit: Unit, instance: Instance, callees: list[str], defaults: dict[str, str], chain: int) -> str:
    """Emit the entry of an instance that begins at a loop's head; the name of the function."""
    name = f"head.{instance.number}"
    head = instance.head
    assert head is not None
    define_pending(unit)
    emit = Guarded(unit, "i8")
    require_functions(emit, [instance.qualname, *callees], defaults)
    depth = allowance(emit, instance, chain, thread_allows(emit, chain))
    holds = assumptions.call_check(emit)
    if holds is not None:
        emit.require(holds)
    size = emit.load("i64", "%values", emit.layout.size, "size")
    emit.require(emit.op(f"icmp eq i64 {size}, {len(head.types)}"))
    items = emit.load("ptr", "%values", emit.layout.list_items, "items")
    operands = []
    for index, ty in zip(head.arguments, instance.types):
        operands.append("false" if index == NO_ARGUMENT else argument(emit, items, index, ty, stored=True))
    status, value = call_instance(emit, instance, operands, depth)
    done, other = emit.new_label("done"), emit.new_label("other")
    emit.branch(emit.op(f"icmp eq i8 {status}, {OK}"), done, other)
    emit.begin(other)
    emit.do(f"ret i8 {status}")
    emit.begin(done)
    obj = value if instance.result.is_reference else boxed_or_null(emit, value, instance.result)
    emit.do(f"store ptr {obj}, ptr @pv_result")
    failed = emit.op(f"icmp eq ptr {obj}, null")
    emit.do(f"ret i8 {emit.select(failed, 'i8', str(RAISED), str(OK))}")
    emit.begin("miss")
    emit.do(f"ret i8 {EXITED}")
    unit.define(emit.finish(f"define internal i8 @{name}(ptr %values) nounwind"))
    return name
