"""Leave native code where it has computed a NaN that could be looked for: CPython's is one object, and is found again as that.

    x = inf - inf; a.append(x); x in a         v2 = prim sub v0, v1; prim float.ordered v2; …

With what `passes/analysis/nans.py` says of those that come as objects, no number in such code is a NaN.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Instr, Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes.analysis import nans
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, choose
from pyvorin.types.spec import FLOAT, NONE, NUMBER

CHECK = "float.ordered"
FROM_NUMBERS = frozenset({"use", "neg", "pos", "abs", "convert", "widen", "fabs"})
"""The last part of the names of primitives that give no NaN for what is none."""


def run(instances: list[Instance]) -> None:
    """The instances are those that are compiled together: a number may be passed between them."""
    if not nans.can_miss(instance.hir for instance in instances):
        return
    for instance in instances:
        for block in instance.hir.blocks:
            _check(block)


def _check(block: Block) -> None:
    instrs: list[Instr] = []
    for instr in block.instrs:
        instrs.append(instr)
        result = instr.result
        if instr.op is not ops.PRIM or result is None or result.ty not in (FLOAT, NUMBER):
            continue
        if instr.payload.name.rpartition(".")[2] in FROM_NUMBERS:
            continue
        choice = choose(CHECK, (result.ty,), (NOT_CONSTANT,))
        assert choice is not None
        instrs.append(Instr(ops.PRIM, [result], Value(None, NONE), choice.primitive, instr.span))
    block.instrs = instrs
