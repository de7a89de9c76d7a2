"""Into which buffers a call may store: a read-only NumPy array is refused at the entry only where native code would write."""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.hir.ir import Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.types.spec import BUFFER_NAMES


def stored_parameters(instances: list[Instance]) -> dict[Instance, set[int]]:
    """For each instance the indices of its parameters of a buffer type into which it, or what it calls, may store."""
    found: dict[Instance, set[int]] = {instance: set() for instance in instances}
    moved = True
    while moved:
        moved = False
        for instance in instances:
            indices = _stored(instance, found)
            moved |= indices != found[instance]
            found[instance] = indices
    return found


def _stored(instance: Instance, known: dict[Instance, set[int]]) -> set[int]:
    """Backwards from the stores: a parameter of a block is stored into if what it is passed is."""
    hir = instance.hir
    stored: set[Value] = set()
    for block in hir.blocks:
        for instr in block.instrs:
            if instr.op is ops.PRIM and instr.payload.effect == MUTATE and instr.args[0].ty.name in BUFFER_NAMES:
                stored.add(instr.args[0])
            elif instr.op is ops.CALL:
                stored.update(instr.args[index] for index in known.get(instr.payload, ()))
    before = -1
    while before != len(stored):
        before = len(stored)
        for block in hir.blocks:
            for target in block.targets:
                stored.update(arg for param, arg in zip(target.block.params, target.args) if param in stored)
    return {index for index, param in enumerate(hir.entry.params) if param in stored}
