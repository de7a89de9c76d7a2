"""Numbers in dicts that nobody else has seen yet are replaced without asking CPython.

In: typed HIR after `store_unboxed`.  Out: `setitem` of a number into such a dict is the variant that puts the new object into the
entry itself.  That leaves the dict's version as it was (up to 3.12), and tells no watcher (from 3.12 on): so the dict must be one
that this call has made, and that no instruction hands on to anything, be it another container or a function.

    counts[x] = n       prim setitem counts, x, n    =>    prim setitem.own counts, x, n
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr
from pyvorin.compiler.passes.analysis.freshness import Freshness
from pyvorin.compiler.primitives.item_keys import STORES, SUFFIX
from pyvorin.compiler.primitives.table import overloads
from pyvorin.types.spec import DICT_NAMES


def run(fn: Function) -> None:
    stores = [i for block in fn.blocks for i in block.instrs if _is_store(i)]
    if not stores or any(_hands_on(i) for block in fn.blocks for i in block.instrs):
        return
    fresh = Freshness(fn)
    for instr in stores:
        if fresh.is_fresh(instr.args[0]):
            variants = overloads(instr.payload.name.replace("setitem", "setitem.own", 1))
            instr.payload = next(p for p in variants if p.params == instr.payload.params)


def _is_store(instr: Instr) -> bool:
    if instr.op is not ops.PRIM or instr.payload.name.partition(":")[0] not in ("setitem", "setitem" + SUFFIX):
        return False
    return instr.args[0].ty.name == "dict" and instr.args[-1].ty.name in ("int", "float")


def _hands_on(instr: Instr) -> bool:
    """Whether a dict becomes known to anything but the variables of the function."""
    if instr.op is ops.PRIM:
        name = instr.payload.name.partition(":")[0]
        handed = instr.args if name.endswith(".make") else instr.args[1:]
        if name == "contains" and instr.args[1].ty.name in DICT_NAMES:
            handed = []
        elif name.endswith(SUFFIX):
            # The items of keys are numbers and texts.
            handed = instr.args[-1:] if name.removesuffix(SUFFIX) in (*STORES, "setitem.own") else []
        elif name.endswith(".object"):
            # So is the object of a number.
            handed = instr.args[1:-1]
        return any(arg.ty.name in ("object", *DICT_NAMES) for arg in handed)
    return instr.op is ops.CALL and any(arg.ty.name in DICT_NAMES for arg in instr.args)
