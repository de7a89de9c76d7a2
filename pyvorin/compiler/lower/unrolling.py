"""How far a recursion is unrolled: a small function that calls itself is inlined into itself.

A call of ``fib`` does the work of seven: its two calls of itself, and their four, are bodies of *twins*, which LLVM inlines.
Only the calls in the innermost twins are calls.  A twin takes its part of the allowance as any call does, but stack and signals
are looked at once in a real call.  The last calls before the recursion limit are made by a copy without twins, so that native
code goes as deep as it may.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.infer.instances import Instance

MOST_LEVELS = 2
MOST_INSTRUCTIONS = 100
"""HIR instructions that all copies of a function may have together; `fib` has 13."""


def levels(instance: Instance) -> int:
    """How many calls of itself, one in the other, are inlined into the instance."""
    if instance not in instance.callees:
        return 0
    return max(level for level in range(MOST_LEVELS + 1) if not level or size(instance, level) <= MOST_INSTRUCTIONS)


def size(instance: Instance, level: int) -> int:
    """HIR instructions of the instance and its twins of so many levels."""
    instrs = [instr for block in instance.hir.blocks for instr in block.instrs]
    calls = len([instr for instr in instrs if instr.op is ops.CALL and instr.payload is instance])
    copies: int = sum(calls**depth for depth in range(level + 1))
    return len(instrs) * copies
