"""Join blocks that always follow each other, and drop those that cannot be reached.

In: typed HIR before exits are placed.  Out: the same HIR, in which no block that ends in a jump is the only way to another one.

    a(x): v = …; jump b(v, x)        a(x): v = …; w = add v, x; return w
    b(v, x): w = add v, x; return w    =>
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Value


def run(fn: Function) -> None:
    ways = _ways(fn)
    fn.blocks = [block for block in fn.blocks if block is fn.entry or block in ways]
    gone: set[Block] = set()
    for block in fn.blocks:
        if block in gone:
            continue
        while block.terminator.op is ops.JUMP:
            following = block.targets[0].block
            if following is fn.entry or following is block or ways[following] > 1:
                break
            _join(block, following)
            gone.add(following)
    fn.blocks = [block for block in fn.blocks if block not in gone]


def _ways(fn: Function) -> dict[Block, int]:
    """How many edges lead to each block that control can come to."""
    ways: dict[Block, int] = {}
    work = [fn.entry]
    for block in work:
        for target in block.targets:
            if target.block not in ways:
                work.append(target.block)
            ways[target.block] = ways.get(target.block, 0) + 1
    return ways


def _join(block: Block, following: Block) -> None:
    given: dict[Value, Value] = dict(zip(following.params, block.targets[0].args))
    block.instrs.pop()
    for instr in following.instrs:
        instr.args = [given.get(arg, arg) for arg in instr.args]
        block.instrs.append(instr)
    for target in following.targets:
        target.args = [given.get(arg, arg) for arg in target.args]
    block.targets = following.targets
