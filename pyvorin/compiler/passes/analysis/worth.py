"""Whether native code that works on objects, and calls CPython, can be faster than CPython.

An estimate: how much a turn of each loop saves and costs, in nanoseconds, inner loops counting for more.  What is not done in
every turn counts for less: calling CPython costs, and is often for what is rare.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr
from pyvorin.compiler.hir.outcalls import NEXT, Outcall
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes.analysis.dominance import dominators
from pyvorin.compiler.passes.analysis.loops import loop_bodies
from pyvorin.compiler.primitives import object_

SAVED, SAVED_BY_CALL, SAVED_BY_TURN = 6, 30, 10
"""By an operation on values of known types, a call of a native function, a turn of a loop."""
BOXED, CALLED_OUT, ASKED = 8, 55, 15
"""What an operation on objects, a call of CPython, and asking an iterator of CPython's for an item take beyond what CPython
takes.  Most of these iterators are asked directly (`lower/next_item.py`)."""
BOOKKEEPING = ("iter.", "index.", "work.", "use", "convert", "method:", "best.")
ENTERED = 150
"""What it takes CPython to enter native code and to come back, beyond a call of its own."""
INNER, SELDOM_SAVED, SELDOM_CALLED = 8, 2, 8
"""How often an inner loop goes round for each turn of the outer one; by how much less counts what is not done in every turn."""


def works_on_objects(instances: Iterable[Instance]) -> bool:
    """Whether any of them has operations on objects of unknown types, or calls CPython for something."""
    return any(
        is_outcall(instr) or object_.is_closed(instr.payload)
        for instance in instances
        for block in instance.hir.blocks
        for instr in block.instrs
    )


def is_outcall(instr: Instr) -> bool:
    return isinstance(instr.payload, Outcall)


def pays(instances: Iterable[Instance]) -> bool:
    """Whether the loops of these save more than they cost; without loops, whether a call does."""
    found = [(instance, _saved(instance.hir)) for instance in instances]
    saved = [total for _, total in found if total is not None]
    if saved:
        return sum(saved) > 0
    return sum(_saved_by_call(instance.hir) for instance, _ in found) > ENTERED


def _saved_by_call(fn: Function) -> float:
    """By a call of a function that goes round no loop."""
    above = dominators(fn)
    ends = [block for block in above if block.terminator.op is ops.RETURN]
    total = 0.0
    for block in above:
        always = all(block is end or block in above[end] for end in ends)
        saved, cost = _of_block(block)
        total += saved / (1 if always else SELDOM_SAVED) - cost / (1 if always else SELDOM_CALLED)
    return total


def _saved(fn: Function) -> float | None:
    """By its loops; None if it has none."""
    above = dominators(fn)
    bodies = loop_bodies(above)
    if not bodies:
        return None
    total = 0.0
    for block in above:
        around = [(header, body) for header, body in bodies.items() if block in body]
        if not around:
            continue
        header, body = min(around, key=lambda item: len(item[1]))
        always = _in_every_turn(block, header, body, above)
        saved, cost = _of_block(block)
        weight = INNER ** (len(around) - 1)
        total += weight * (saved / (1 if always else SELDOM_SAVED) - cost / (1 if always else SELDOM_CALLED))
        total += weight * SAVED_BY_TURN * (block is header)
    return total


def _in_every_turn(block: Block, header: Block, body: set[Block], above: dict[Block, list[Block]]) -> bool:
    back = [other for other in body if any(target.block is header for target in other.targets)]
    return all(block is other or block in above[other] for other in back)


def _of_block(block: Block) -> tuple[int, int]:
    saved = cost = 0
    for instr in block.instrs:
        if is_outcall(instr):
            cost += ASKED if instr.payload.kind == NEXT else CALLED_OUT
        elif instr.op is ops.CALL:
            saved += SAVED_BY_CALL
        elif instr.op in (ops.PRIM, ops.TRY):
            if object_.is_closed(instr.payload):
                cost += BOXED
            elif not instr.payload.name.startswith(BOOKKEEPING):
                saved += SAVED
    return saved, cost
