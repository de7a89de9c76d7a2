"""Let a loop whose turns are cheap go round more often between two polls.

In and out: typed HIR.  A strip of a vectorised loop over an array takes half a microsecond, in which a poll, and letting
the array go and holding it again, shows.  Where each turn takes some nanoseconds, and never runs a loop, sixteen times as many
are still far below what a signal or another thread may have to wait.

    %1 = prim iter.limit: i, size    =>    %1 = prim iter.limit.long: i, size
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE, PURE, READ
from pyvorin.compiler.hir.ir import Block, Function, Instr
from pyvorin.compiler.passes.analysis.dominance import dominators
from pyvorin.compiler.passes.analysis.loops import loop_bodies
from pyvorin.compiler.primitives import table
from pyvorin.types.spec import BUFFER_NAMES, FLOAT

QUICK_OPS = frozenset(
    {ops.CONST, ops.UNBOUND, ops.UNBOX, ops.POLL, ops.SNAPSHOT, ops.JUMP, ops.BRANCH, ops.RETURN, ops.EXIT}
)
QUICK_NAMES = frozenset({"getitem", "getitem.unchecked", "iter.item", "iter.size", "iter.valid", "len"})
"""Primitives that take an item or the length of a sequence, which takes the same time for a long one."""
STORES = frozenset({"setitem", "setitem.unchecked"})
SLOW_NAMES = frozenset({"math.gcd", "math.fmod", "round", "pow", "math.pow"})
"""Primitives of numbers that may take microseconds: they have a loop (C's fmod one of 2,000 turns) or write digits."""
SLOW_OF_FLOATS = frozenset({"mod", "floordiv"})
STARTS = frozenset({"iter.limit", "index.countdown"})
"""What a loop begins with."""


def run(fn: Function) -> None:
    limits = [(block, instr) for block in fn.blocks for instr in block.instrs if _name(instr) == "iter.limit"]
    if not limits:
        return
    bodies = loop_bodies(dominators(fn)).values()
    for block, instr in limits:
        around = [body for body in bodies if block in body]
        if around and _is_quick(min(around, key=len)):
            (instr.payload,) = table.overloads("iter.limit.long")


def _is_quick(body: set[Block]) -> bool:
    instrs = [instr for block in body for instr in block.instrs]
    return sum(_name(instr) in STARTS for instr in instrs) == 1 and all(map(_is_cheap, instrs))


def _is_cheap(instr: Instr) -> bool:
    if instr.op is not ops.PRIM:
        return instr.op in QUICK_OPS
    primitive = instr.payload
    if primitive.effect == MUTATE:
        return primitive.name in STORES and instr.args[0].ty.name in BUFFER_NAMES
    name = primitive.name.partition(".unchecked")[0].partition(".silent")[0]
    if name in SLOW_NAMES or (name in SLOW_OF_FLOATS and instr.args[0].ty == FLOAT):
        return False
    return primitive.effect in (PURE, READ) and (
        primitive.name in QUICK_NAMES or not any(value.ty.is_reference for value in (*instr.args, instr.out))
    )


def _name(instr: Instr) -> str | None:
    return instr.payload.name if instr.op is ops.PRIM else None
