"""The judge of reference counts: walks every path of a function and counts what it owns.

Written from the rules below and not from `passes/insert_refcounts.py`, so that a mistake there is not made here again:

1. An argument of the call, a constant, and a block parameter marked `borrowed` live as long as the call; nothing else
   may be passed to a borrowed parameter.
2. A parameter that is neither borrowed nor lent brings one reference, and so does every new result.  `incref` adds one, `decref`
   takes one, `unbox` to a reference passes the one of its operand to its result, `return` takes one, and an edge takes one
   for each parameter that is neither.
3. A result that is borrowed from a container, and a parameter marked `lent`, may be used only until code of the program can run
   (`effects.runs_code`), and by what runs it only if that takes references of its own (`holds`), or must be given a
   reference before; what is handed over when native code is left must have one.  `unbox` of what has none gives what has none.
   To a lent parameter only what is certain to be alive may be passed.
4. At the end of a block and of the function nothing is left; where native code may be left, `release` is exactly what is owned.

Blocks are closed, and what a parameter owns is written at the parameter: checking each block by itself checks every path.
"""

from __future__ import annotations

from collections import Counter

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import may_leave, runs_code
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.hir.verify import InvalidHIR, left_with


def check(fn: Function) -> None:
    """Raises InvalidHIR where a reference is lost, given back twice, or used after it was given back."""
    for param in fn.entry.params:
        if param.ty.is_reference and not param.borrowed:
            raise InvalidHIR(f"{fn.qualname}: the argument {param.name} belongs to the caller")
    for block in fn.blocks:
        _Walk(fn, block).run()


class _Walk:
    """One block from its head to its end."""

    def __init__(self, fn: Function, block: Block):
        self.fn = fn
        self.block = block
        self.at: Instr | None = None
        self.lasting = {p for p in block.params if p.borrowed}
        self.owned = Counter(p for p in block.params if p.ty.is_reference and not p.borrowed and not p.lent)
        self.lent = {p for p in block.params if p.lent}
        """Borrowed from a container, and certain to be alive still."""

    def run(self) -> None:
        for instr in self.block.instrs:
            self.at = instr
            self.require_all(instr.args)
            self.require_kept(left_with(instr), "handed over, but may be dead by then")
            if may_leave(instr):
                self.require(Counter(instr.release) == +self.owned, "what is released is not what is owned")
            else:
                self.require(not instr.release, "releases references, but never leaves")
            if runs_code(instr):
                if not (instr.op is ops.PRIM and instr.payload.holds):
                    self.require_kept(instr.args, "used by what may end it")
                self.step(instr)
                self.lent.clear()
            else:
                self.step(instr)
        if self.block.terminator.op is ops.EXIT:
            return
        for target in self.block.targets:
            self.edge(target)
        if not self.block.targets:
            self.require(not +self.owned, "references are left at the end of the function")

    def step(self, instr: Instr) -> None:
        op, result = instr.op, instr.result
        if op is ops.INCREF:
            self.take(instr.args[0], self.owned)
        elif op is ops.DECREF or (op is ops.RETURN and instr.args[0].ty.is_reference):
            self.give(instr.args[0], self.owned)
        elif result is None or not result.ty.is_reference:
            return
        elif op is ops.CONST:
            self.lasting.add(result)
        elif op is ops.UNBOX:
            self.unbox(instr.args[0], result)
        elif op is ops.PRIM and instr.payload.borrows:
            self.lent.add(result)
        else:
            self.owned[result] += 1

    def unbox(self, operand: Value, result: Value) -> None:
        if self.owned[operand] > 0:
            self.give(operand, self.owned)
            self.owned[result] += 1
        elif operand in self.lasting:
            self.lasting.add(result)
        else:
            self.lent.add(result)

    def edge(self, target: Target) -> None:
        owned, lent = Counter(self.owned), set(self.lent)
        for instr in target.before:
            self.at = instr
            value = instr.args[0]
            self.require(value in self.lasting | lent or owned[value] > 0, "is done to what is not alive")
            if runs_code(instr):
                lent.clear()
            if instr.op is ops.INCREF:
                self.take(value, owned)
            else:
                self.give(value, owned)
        self.at = self.block.terminator
        for param, arg in zip(target.block.params, target.args):
            if param.borrowed:
                self.require(
                    arg in self.lasting, f"{arg.name or 'a value'} may not live as long as {param.name} borrows it"
                )
            elif param.lent:
                self.require(
                    arg in self.lasting | lent, f"{arg.name or 'a value'} may be dead when {param.name} is read"
                )
            elif param.ty.is_reference:
                self.give(arg, owned)
        self.require(not +owned, f"references are left on the way to {target.block.label}")

    def alive(self) -> set[Value]:
        return self.lasting | self.lent | set(+self.owned)

    def require_all(self, values: list[Value]) -> None:
        alive = self.alive()
        for value in values:
            self.require(not value.ty.is_reference or value in alive, f"{value.name or 'an operand'} may be dead")

    def require_kept(self, values: list[Value], what: str) -> None:
        for value in values:
            kept = not value.ty.is_reference or value in self.lasting or self.owned[value] > 0
            self.require(kept, f"{value.name or 'a value'} is {what}")

    def take(self, value: Value, owned: Counter[Value]) -> None:
        self.require(value.ty.is_reference, "counts what is no reference")
        owned[value] += 1

    def give(self, value: Value, owned: Counter[Value]) -> None:
        self.require(owned[value] > 0, f"{value.name or 'a reference'} is given away, but not owned")
        owned[value] -= 1

    def require(self, holds: bool, what: str) -> None:
        if not holds:
            at = f" at {self.at.op.name}" if self.at is not None else ""
            raise InvalidHIR(f"{self.fn.qualname}, block {self.block.label}{at}: {what}")
