"""Use the object that a number came from, instead of making a new one.

In: typed HIR before exits are placed.  Out: `box` of a value that an `unbox` has read becomes the object that was read, through
block parameters too, where every predecessor has such an object.  That saves the allocation, and keeps identity: a list
filtered by a comprehension holds the very objects of the other list.

    o = prim getitem xs, i; x = unbox o            o = prim getitem xs, i; x = unbox o
    jump b(x, ys)                            =>    jump b(x, ys, o)
    b(x, ys):  n = box x; prim .append ys, n       b(x, ys, o2):  prim .append ys, o2

Where such a number becomes a key, the object is handed over beside it, in case that the key is new:

    prim .add s, x                                 prim add.object s, x, o
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import INT, OBJECT

BOXES = frozenset({"int", "float", "number"})
"""Types whose boxing allocates."""


KEYED = {".add": "add.object", "set.add": "set.add.object", "dict.put": "dict.put.object"}
"""Primitives whose second operand may become a key, and their variants that take the object, too."""


def run(fn: Function) -> None:
    boxed = [(block, i) for block in fn.blocks for i in block.instrs if i.op is ops.BOX and i.args[0].ty.name in BOXES]
    keyed = [i for block in fn.blocks for i in block.instrs if _becomes_key(i)]
    if not boxed and not keyed:
        return
    read = {i.out: i.args[0] for block in fn.blocks for i in block.instrs if i.op is ops.UNBOX}
    edges = _edges(fn)
    possible = _possible(fn, read, edges)
    needed = _needed([i.args[0] for _, i in boxed] + [i.args[1] for i in keyed], possible, edges)
    twin: dict[Value, Value] = dict(read)
    for block in fn.blocks:
        for param in list(block.params):
            if param in needed:
                twin[param] = Value(param.name, OBJECT)
                block.params.append(twin[param])
    for block in fn.blocks:
        for target in block.targets:
            fresh = [p for p in target.block.params[: len(target.args)] if p in needed]
            args = dict(zip(target.block.params, target.args))
            target.args += [twin[args[p]] for p in fresh]
    for block, instr in boxed:
        if instr.args[0] in twin:
            _replace(block, instr.out, twin[instr.args[0]])
            block.instrs.remove(instr)
    for instr in keyed:
        if instr.args[1] in twin:
            instr.args.append(twin[instr.args[1]])
            types = tuple(arg.ty for arg in instr.args)
            choice = choose(KEYED[instr.payload.name], types, (NOT_CONSTANT,) * len(types))
            assert choice is not None
            instr.payload = choice.primitive


def _becomes_key(instr: Instr) -> bool:
    return instr.op is ops.PRIM and instr.payload.name in KEYED and instr.payload.params[1] == INT


def _edges(fn: Function) -> dict[Value, list[Value]]:
    """For each block parameter the values passed to it."""
    passed: dict[Value, list[Value]] = {p: [] for block in fn.blocks for p in block.params}
    for block in fn.blocks:
        for target in block.targets:
            for param, arg in zip(target.block.params, target.args):
                passed[param].append(arg)
    return passed


def _possible(fn: Function, read: dict[Value, Value], edges: dict[Value, list[Value]]) -> set[Value]:
    """The parameters to which only values are passed that have an object; the arguments of the function have none."""
    possible = {p for block in fn.blocks if block is not fn.entry for p in block.params if p.ty.name in BOXES}
    moved = True
    while moved:
        lost = {p for p in possible if any(a not in read and a not in possible for a in edges[p])}
        possible -= lost
        moved = bool(lost)
    return possible


def _needed(values: list[Value], possible: set[Value], edges: dict[Value, list[Value]]) -> set[Value]:
    """The parameters that must be accompanied by their object so that these values have one."""
    needed: set[Value] = set()
    work = [v for v in values if v in possible]
    while work:
        value = work.pop()
        if value not in needed:
            needed.add(value)
            work.extend(a for a in edges[value] if a in possible)
    return needed


def _replace(block: Block, old: Value | None, new: Value) -> None:
    for instr in block.instrs:
        instr.args = [new if a is old else a for a in instr.args]
    for target in block.targets:
        target.args = [new if a is old else a for a in target.args]
