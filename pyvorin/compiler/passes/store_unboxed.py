"""Store numbers into lists and attributes without making an object where the old one can take the value.

In: typed HIR after `reuse_boxes`.  Out: a `box` whose only use is the `setitem` that follows it is dropped, and the store is the
overload that takes the number itself: it writes into the old element if nobody else refers to that.

    n = box x; prim setitem xs, i, n    =>    prim setitem.number xs, i, x
    n = box x; prim attr.set:a p, n     =>    prim attr.number:a p, x
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.primitives.table import overloads


def run(fn: Function) -> None:
    number = {p.params[2].name: p for p in overloads("setitem.number")}
    for block in fn.blocks:
        uses = _uses(block)
        boxes: dict[Value, Instr] = {i.out: i for i in block.instrs if i.op is ops.BOX and uses[i.out] == 1}
        for instr in block.instrs:
            if instr.op is ops.PRIM and instr.payload.name == "setitem" and instr.args[0].ty.name == "list":
                box = boxes.get(instr.args[2])
                if box is not None and box.args[0].ty.name in number:
                    instr.payload = number[box.args[0].ty.name]
                    instr.args = [*instr.args[:2], box.args[0]]
            elif _stores_attribute(instr):
                box = boxes.get(instr.args[1])
                stores = overloads(f"attr.number:{instr.payload.name.partition(':')[2]}")
                store = next((p for p in stores if box is not None and p.params[1] == box.args[0].ty), None)
                if box is not None and store is not None:
                    instr.payload, instr.args = store, [instr.args[0], box.args[0]]
        kept = _uses(block)
        block.instrs = [i for i in block.instrs if i.op is not ops.BOX or kept.get(i.out, 0)]


def _uses(block: Block) -> dict[Value, int]:
    count: dict[Value, int] = {i.result: 0 for i in block.instrs if i.result is not None}
    for values in (*(i.args for i in block.instrs), *(t.args for t in block.targets)):
        for value in values:
            count[value] = count.get(value, 0) + 1
    return count


def _stores_attribute(instr: Instr) -> bool:
    """Of an instance of a known class."""
    if instr.op is not ops.PRIM or not instr.payload.name.startswith("attr.set:"):
        return False
    return bool(instr.args[0].ty.name == "instance")
