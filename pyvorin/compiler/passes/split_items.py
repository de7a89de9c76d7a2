"""Take one part of a text that is split, without a list of all.

In: typed HIR before exits are placed.  Out: where only one item of what `split` gives is read, and the separator and the index
are constants, there is only that item.

    xs = prim .split s, ","; o = prim getitem xs, 1     =>    o = prim split.item s, ",", 1
"""

from __future__ import annotations

from typing import Any

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import STR

WAYS = ([STR, STR], [STR])
"""What is split, and the separator, if one is given."""


def run(fn: Function) -> None:
    for block in fn.blocks:
        splits = {i.out: i for i in block.instrs if _is(i, ".split") and [arg.ty for arg in i.args] in WAYS}
        if splits:
            _in_block(block, splits)


def _in_block(block: Block, splits: dict[Value, Instr]) -> None:
    known: dict[Value, Any] = {i.out: i.payload for i in block.instrs if i.op is ops.CONST}
    uses: dict[Value, int] = {}
    for values in (*(i.args for i in block.instrs), *(t.args for t in block.targets)):
        for value in values:
            uses[value] = uses.get(value, 0) + 1
    dropped = []
    for instr in block.instrs:
        split = splits.get(instr.args[0]) if _is(instr, "getitem") else None
        if split is None or uses[split.out] != 1:
            continue
        separator, number = split.args[1:2], known.get(instr.args[1])
        text = known.get(separator[0]) if separator else " "
        if not text or type(number) is not int or (number < 0 and not (separator and len(text) == 1)):
            # Longer separators may overlap: from the end they would be others.
            continue
        dropped.append(split)
        instr.args = [split.args[0], *separator, instr.args[1]]
        types = tuple(arg.ty for arg in instr.args)
        choice = choose("split.item", types, (NOT_CONSTANT,) * len(types))
        assert choice is not None
        instr.payload = choice.primitive
    block.instrs = [i for i in block.instrs if i not in dropped]


def _is(instr: Instr, name: str) -> bool:
    return instr.op is ops.PRIM and instr.payload.name == name
