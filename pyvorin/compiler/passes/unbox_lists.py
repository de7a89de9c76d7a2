"""Lists of numbers that never leave the function become vectors of the numbers themselves.

In: typed HIR, before anything else.  Out: the same HIR, in which the lists of an allocation site have the type ``vec[T]`` if

* the site's element type is int, float or bool,
* everything that makes such a list can make a vector, and
* every use is an operation that vectors have: none returns the list, stores it, passes it on or compares it.

    ys = prim list.room n             (list[?0])         ys = prim vec.room.float n            (vec[float])
    o = box x; prim list.add ys, o                  =>   prim list.add ys, x
    o = prim getitem ys, i; y = unbox o                  y = prim getitem ys, i
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.emit.runtime.vectors import WIDTH
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.infer.solver import Solver
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Primitive
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import Type, vec_of

SAME = frozenset({"len", "iter.size", "truth", "bool", "iter.valid", "index.exists", "setslice", "delslice"})
READS = frozenset({"getitem", "iter.item", ".pop"})
STORES = frozenset({"setitem", "list.add", ".append"})


@dataclass(slots=True)
class Plan:
    """What an instruction becomes: the overload, and its operands."""

    primitive: Primitive
    args: list[Value]


def run(fn: Function, solver: Solver) -> None:
    candidates: dict[str, Type] = {}
    for block in fn.blocks:
        for instr in block.instrs:
            site = _site(instr.result)
            if site is not None:
                element = solver.resolve(Type(site))
                if element.name in WIDTH:
                    candidates[site] = element
    if not candidates:
        return
    boxes = {i.out: i.args[0] for block in fn.blocks for i in block.instrs if i.op is ops.BOX}
    unboxes = {i.args[0]: i for block in fn.blocks for i in block.instrs if i.op is ops.UNBOX}
    rewriter = _Rewriter(candidates, boxes, unboxes)
    rewriter.settle(fn)
    if candidates:
        for block in fn.blocks:
            rewriter.rewrite(block)


def _site(value: Value | None) -> str | None:
    """The allocation site that a list's type names."""
    if value is None or value.ty is None or value.ty.name != "list" or not value.ty.args:
        return None
    element = value.ty.args[0]
    return element.name if element.is_variable else None


class _Rewriter:
    def __init__(self, candidates: dict[str, Type], boxes: dict[Value, Value], unboxes: dict[Value, Instr]):
        self.candidates = candidates
        self.boxes = boxes
        self.unboxes = unboxes

    def settle(self, fn: Function) -> None:
        """Drop sites until every use of those that remain can be rewritten."""
        moved = True
        while moved:
            before = len(self.candidates)
            for block in fn.blocks:
                for instr in block.instrs:
                    sites = {s for s in map(_site, (*instr.args, instr.result)) if s in self.candidates}
                    if sites and self.plan(instr) is None:
                        for site in sites:
                            del self.candidates[site]
                for target in block.targets:
                    # A parameter of another type would mean that the list is seen as something else there.
                    for param, arg in zip(target.block.params, target.args):
                        if param.ty != arg.ty:
                            self.candidates.pop(_site(arg) or "", None)
            moved = len(self.candidates) != before

    def type_of(self, value: Value) -> Type:
        site = _site(value)
        return vec_of(self.candidates[site]) if site in self.candidates else value.ty

    def plan(self, instr: Instr) -> Plan | None:
        """How the instruction is written with vectors; None if it cannot be."""
        if instr.op is not ops.PRIM:
            return None
        name, args = instr.payload.name, list(instr.args)
        element = self.candidates.get(_site(instr.result) or "")
        if name == "list.make" and element is not None:
            if any(self.boxes.get(arg) is None or self.boxes[arg].ty != element for arg in args):
                return None
            return self.chosen(f"vec.make.{element}", [self.boxes[arg] for arg in args])
        if name == "list.room" and element is not None:
            return self.chosen(f"vec.room.{element}", args)
        if name == "getslice" and element is not None:
            # Bounds are boxed where there is a step.
            return self.chosen(f"vec.slice.{element}", [args[0], *(self.boxes.get(arg, arg) for arg in args[1:])])
        if name == "mul" and element is not None and _site(args[0]) in self.candidates:
            return self.chosen("mul", args)
        if _site(instr.result) is not None or _site(args[0]) not in self.candidates:
            return None
        if name in SAME:
            return self.chosen(name, args)
        if name in READS:
            return self.chosen(name, args) if instr.result in self.unboxes else None
        if name in STORES and args[-1] in self.boxes:
            return self.chosen(name, [*args[:-1], self.boxes[args[-1]]])
        return None

    def chosen(self, name: str, args: list[Value]) -> Plan | None:
        types = tuple(self.type_of(arg) for arg in args)
        choice = choose(name, types, (NOT_CONSTANT,) * len(types))
        if choice is None or any(a.name != b.name for a, b in zip(choice.params, types)):
            return None
        return Plan(choice.primitive, args)

    def rewrite(self, block: Block) -> None:
        plans = {instr: self.plan(instr) for instr in block.instrs if self.concerns(instr)}
        out = []
        dropped: set[Instr] = set()
        for instr in block.instrs:
            plan = plans.get(instr)
            if instr in dropped:
                continue
            if plan is not None:
                if instr.payload.name in READS:
                    read = self.unboxes[instr.out]
                    dropped.add(read)
                    instr.result = read.result
                instr.payload, instr.args = plan.primitive, plan.args
            out.append(instr)
        block.instrs = _without_unused_boxes(block, out)
        for value in (*block.params, *(i.result for i in block.instrs if i.result is not None)):
            value.ty = self.type_of(value)

    def concerns(self, instr: Instr) -> bool:
        return any(_site(value) in self.candidates for value in (*instr.args, instr.result))


def _without_unused_boxes(block: Block, instrs: list[Instr]) -> list[Instr]:
    used = {arg for instr in instrs for arg in instr.args} | {arg for t in block.targets for arg in t.args}
    return [i for i in instrs if i.op is not ops.BOX or i.result in used]
