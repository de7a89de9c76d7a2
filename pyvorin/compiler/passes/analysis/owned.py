"""Which arguments of functions are always objects that the native call has made itself.

A function that is only called natively, and always with a list that its caller has made, changes nothing that anybody could see:
where something must leave later, the call of the root is run again, and the list is made anew.  That holds as long as everything
restarts from the root, so there is none of it where some function may resume.

The answer starts from "all are" and falls with each call that passes something else.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes.analysis.freshness import Freshness
from pyvorin.types.spec import CONTAINER_NAMES

FIRST = frozenset({0})


def freshness_of(instances: list[Instance]) -> dict[Instance, Freshness]:
    """What is fresh in each function."""
    new = {instance: FIRST if instance.initialises else frozenset[int]() for instance in instances}
    calls = [
        (instance, instr)
        for instance in instances
        for block in instance.hir.blocks
        for instr in block.instrs
        if instr.op is ops.CALL and isinstance(instr.payload, Instance)
    ]
    known = {instance for instance in instances if not instance.entered}
    called = {instr.payload for _, instr in calls} & known
    if not any(instance.untyped.resumable for instance in instances):
        for instance in called:
            params = instance.hir.entry.params
            new[instance] |= {index for index, param in enumerate(params) if param.ty.name in CONTAINER_NAMES}
    while True:
        found = {instance: Freshness(instance.hir, new[instance]) for instance in instances}
        left = dict(new)
        for caller, instr in calls:
            first = 1 if instr.payload.initialises else 0
            if instr.payload in called:
                stale = {i for i, arg in enumerate(instr.args) if i >= first and not found[caller].is_fresh(arg)}
                left[instr.payload] -= stale
        if left == new:
            return found
        new = left
