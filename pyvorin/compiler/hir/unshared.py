"""Which objects only one value refers to: no other value, and no object.

The points-to analysis of `check_restarts` takes all objects of one instruction for one, at all times: a list that is stored
somewhere in the end is, for it, stored from the beginning.  This one follows control instead.  A value is unshared from
the instruction that makes its object to the first one that could give another way to it:

    %3 = prim list.room: %2          %3 is unshared
    prim list.add: %3, %0            still: it is changed, and refers to %0
    jump b1(%3)                      so is b1's parameter, if what it is passed on every edge is, and is passed once
    prim .append: xs, %3             no longer

What is not known to be harmless ends it.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, PURE, READ
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value


class Unshared:
    """What is unshared where in one function."""

    def __init__(self, fn: Function):
        self._at_entry: dict[Block, set[Value]] = {
            block: {param for param in block.params if param.ty.is_reference and block is not fn.entry}
            for block in fn.blocks
        }
        moved = True
        while moved:
            moved = False
            for block in fn.blocks:
                at_end = self.before(block, len(block.instrs))
                for target in block.targets:
                    known = self._at_entry[target.block]
                    lost = {
                        param
                        for param, arg in zip(target.block.params, target.args)
                        if param in known and (arg not in at_end or target.args.count(arg) > 1)
                    }
                    known -= lost
                    moved = moved or bool(lost)

    def before(self, block: Block, index: int) -> set[Value]:
        """The unshared values in front of the instruction with this index."""
        unshared = set(self._at_entry[block])
        for instr in block.instrs[:index]:
            if _is_new(instr):
                unshared.add(instr.out)
            unshared.difference_update(_shared_by(instr))
        return unshared


def _is_new(instr: Instr) -> bool:
    result = instr.result
    if instr.op is not ops.PRIM or result is None or not result.ty.is_reference:
        return False
    return bool(instr.payload.effect == ALLOC and not instr.payload.borrows)


def _shared_by(instr: Instr) -> list[Value]:
    """The operands of which there may be another reference afterwards."""
    if instr.op in (ops.SNAPSHOT, ops.JUMP, ops.BRANCH, ops.POLL):
        # What is passed on is a matter of the edges.
        return []
    gives = instr.result is not None and instr.result.ty.is_reference
    if instr.op is ops.PRIM and not gives:
        if instr.payload.effect in (PURE, READ):
            return []
        if instr.payload.effect == MUTATE:
            return instr.args[1:]
    return instr.args
