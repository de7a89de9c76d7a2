"""Make an empty list, dict or set only on the way on which it is used.

In: typed HIR before exits are placed.  Out: an empty container that one target of a branch takes, and nothing else, is made in
the block behind it.

    xs = prim list.make; branch %1, found(d), missing(d, xs)       branch %1, found(d), missing(d)
    missing(d, xs):                                          =>    missing(d):  xs = prim list.make

So `groups.setdefault(key, [])` makes a list only for a new key.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value

MAKES = frozenset({"list.make", "dict.make", "set.make"})


def run(fn: Function) -> None:
    ways: dict[Block, int] = {}
    for block in fn.blocks:
        for target in block.targets:
            ways[target.block] = ways.get(target.block, 0) + 1
    for block in fn.blocks:
        if len(block.targets) == 2 and block.instrs[-1].op is ops.BRANCH:
            for instr in [i for i in block.instrs if _is_empty(i)]:
                _sink(block, instr, ways)


def _is_empty(instr: Instr) -> bool:
    return instr.op is ops.PRIM and not instr.args and instr.payload.name in MAKES


def _sink(block: Block, instr: Instr, ways: dict[Block, int]) -> None:
    made: Value = instr.out
    if any(made in other.args for other in block.instrs):
        return
    takers = [target for target in block.targets if made in target.args]
    if len(takers) != 1 or takers[0].args.count(made) != 1 or ways[takers[0].block] != 1:
        return
    into, index = takers[0].block, takers[0].args.index(made)
    block.instrs.remove(instr)
    del takers[0].args[index]
    instr.result = into.params.pop(index)
    into.instrs.insert(0, instr)
