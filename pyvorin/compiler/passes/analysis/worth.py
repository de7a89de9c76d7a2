"""Whether native code that works on objects, and calls CPython, can be faster than CPython.

An estimate: how much a turn of each loop saves and costs, in nanoseconds, inner loops counting for more.  What is not done in
every turn counts for less: calling CPython costs, and is often for what is rare.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Instr
from pyvorin.compiler.hir.outcalls import ITER, NEXT, Outcall, key_of
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes.analysis.dominance import dominators
from pyvorin.compiler.passes.analysis.loops import loop_bodies
from pyvorin.compiler.primitives import object_
from pyvorin.core.library import MODULES
from pyvorin.types.spec import ITERATOR

SAVED, SAVED_BY_BUILTIN, SAVED_BY_CALL, SAVED_BY_TURN = 6, 20, 30, 10
"""By an operation on values of known types, a call of a builtin function or method on them, a call of a native function, a turn
of a loop."""
BOXED, CALLED_OUT, ASKED = 8, 55, 15
"""What an operation on objects, a call of CPython, and asking an iterator of CPython's for an item take beyond what CPython
takes.  Asking one is the latter where it is not asked directly (`lower/next_item.py`)."""
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
    found = [(instance, _saved(instance)) for instance in instances]
    saved = [total for _, total in found if total is not None]
    if saved:
        return sum(saved) > 0
    return sum(_saved_by_call(instance) for instance, _ in found) > ENTERED


def _saved_by_call(instance: Instance) -> float:
    """By a call of a function that goes round no loop."""
    above = dominators(instance.hir)
    ends = [block for block in above if block.terminator.op is ops.RETURN]
    total = 0.0
    for block in above:
        always = all(block is end or block in above[end] for end in ends)
        saved, cost = _of_block(block, instance)
        total += saved / (1 if always else SELDOM_SAVED) - cost / (1 if always else SELDOM_CALLED)
    return total


def _saved(instance: Instance) -> float | None:
    """By its loops; None if it has none."""
    above = dominators(instance.hir)
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
        saved, cost = _of_block(block, instance)
        weight = INNER ** (len(around) - 1)
        total += weight * (saved / (1 if always else SELDOM_SAVED) - cost / (1 if always else SELDOM_CALLED))
        total += weight * SAVED_BY_TURN * (block is header)
    return total


def _in_every_turn(block: Block, header: Block, body: set[Block], above: dict[Block, list[Block]]) -> bool:
    back = [other for other in body if any(target.block is header for target in other.targets)]
    return all(block is other or block in above[other] for other in back)


def _of_block(block: Block, instance: Instance) -> tuple[int, int]:
    saved = cost = 0
    for instr in block.instrs:
        if is_outcall(instr):
            cost += ASKED if _asks_directly(instr.payload, instance) else CALLED_OUT
        elif instr.op is ops.CALL:
            saved += SAVED_BY_CALL
        elif instr.op in (ops.PRIM, ops.TRY):
            if object_.is_closed(instr.payload):
                cost += BOXED
            elif not instr.payload.name.startswith(BOOKKEEPING):
                saved += SAVED_BY_BUILTIN if _is_called(instr.payload.name) else SAVED
    return saved, cost


def _is_called(name: str) -> bool:
    """Whether the program calls the primitive by this name, rather than writing an operator."""
    module, dot, _ = name.rpartition(".")
    return (bool(dot) and (not module or module in MODULES)) or name in _BUILTINS


_BUILTINS = frozenset(dir(builtins))


def _asks_directly(called: Outcall, instance: Instance) -> bool:
    """Whether it is a step of a loop over an iterator that is known to be asked without a call of CPython."""
    module = instance.untyped.module
    if called.kind != NEXT or module is None:
        return called.kind == NEXT
    if called.path[-2:-1] == ("generators",):
        # A comprehension over any other iterator is CPython's.
        return True
    # The iterable is the loop's, or is counted by `enumerate`.
    keys = [key_of(called.function, path, ITER) for path in (called.path, (*called.path, "iter"))]
    return any(module.seen.type_of(key) == ITERATOR for key in keys)
