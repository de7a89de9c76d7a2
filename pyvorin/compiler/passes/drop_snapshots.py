"""Drop the snapshots when exits are placed, and the block parameters that served nothing else.

In: HIR with exits placed.  Out: the same HIR without `snapshot`; what may leave through a snapshot holds its values itself.  So a
value lives just as long as something can still need it.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr, Value
from pyvorin.compiler.hir.verify import left_with


def run(fn: Function) -> None:
    for block in fn.blocks:
        block.instrs = [instr for instr in block.instrs if instr.op is not ops.SNAPSHOT]
    used = _needed(fn)
    for block in fn.blocks:
        if block is fn.entry:
            continue
        kept = [index for index, param in enumerate(block.params) if param in used]
        if len(kept) < len(block.params):
            for other in fn.blocks:
                for target in other.targets:
                    if target.block is block:
                        target.args = [target.args[index] for index in kept]
            block.params = [block.params[index] for index in kept]


def operands(instr: Instr) -> list[Value]:
    """All that the instruction uses, the values that it leaves with included."""
    return [*instr.args, *left_with(instr)]


def _needed(fn: Function) -> set[Value]:
    """The values that an instruction uses, and the parameters through which they come."""
    used: set[Value] = {value for block in fn.blocks for instr in block.instrs for value in operands(instr)}
    sources: dict[Value, list[Value]] = {}
    for block in fn.blocks:
        for target in block.targets:
            for param, arg in zip(target.block.params, target.args):
                sources.setdefault(param, []).append(arg)
    work = list(used)
    while work:
        for value in sources.get(work.pop(), ()):
            if value not in used:
                used.add(value)
                work.append(value)
    return used
