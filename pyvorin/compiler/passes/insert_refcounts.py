"""Insert increfs and decrefs: every owned reference is given back exactly once on each path.

In: typed HIR with exits placed.  Out: the same HIR with `incref`, `decref`, and on each exiting instruction the references that
an exit taken there gives back (`release`).

References are *owned* (new results, parameters of inner blocks), *borrowed* (arguments of the function, constants) or *lent*
(elements of a container that are done with before any code of the program can run; `passes/analysis/lent.py`).  An owned
reference moves along a jump, into a return, or through an `unbox`, if that is its last use; otherwise it is given back after its
last use, or when nothing is lent any more.  What a loop merely reads costs nothing.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import may_leave
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.passes.analysis.lent import find, is_element, lasting_values


def run(fn: Function) -> None:
    lasting = lasting_values(fn)
    found = find(fn, lasting)
    for block, uses in found.items():
        for param in block.params:
            param.borrowed = param in lasting
            param.lent = param in uses.lent
    for block, uses in found.items():
        _Counts(block, uses.last, lasting | uses.lent).run()


class _Counts:
    """Rewrites one block.  last: until where owned values are kept.  free: what nobody has to give back."""

    def __init__(self, block: Block, last: dict[Value, int], free: set[Value]):
        self.block = block
        self.last = last
        self.free = free
        self.owned: list[Value] = [p for p in block.params if p.ty.is_reference and p not in free]
        self.out: list[Instr] = []

    def run(self) -> None:
        for param in list(self.owned):
            if param not in self.last:
                self.give_back(param, None)
        for index, instr in enumerate(self.block.instrs):
            if instr.op.terminator:
                self.terminate(instr)
            else:
                self.instr(index, instr)
        self.block.instrs = self.out

    def keep(self, value: Value, at: Instr | None) -> None:
        self.out.append(Instr(ops.INCREF, [value], span=at.span if at else None))

    def give_back(self, value: Value, at: Instr | None) -> None:
        self.out.append(Instr(ops.DECREF, [value], span=at.span if at else None))
        if value in self.owned:
            self.owned.remove(value)

    def instr(self, index: int, instr: Instr) -> None:
        moved: Value | None = None
        result = instr.result if instr.result is not None and instr.result.ty.is_reference else None
        if instr.op is ops.UNBOX and result is not None and result not in self.free:
            moved = instr.args[0]
            if moved not in self.owned or self.last[moved] != index:
                self.keep(moved, instr)
                instr.release = (*self.owned, moved)
                moved = None
            else:
                instr.release = tuple(self.owned)
        elif may_leave(instr):
            instr.release = tuple(self.owned)
        self.out.append(instr)
        if moved is not None:
            self.owned.remove(moved)
        if result is not None and result not in self.free:
            if is_element(instr):
                self.keep(result, instr)
            self.owned.append(result)
            if result not in self.last:
                self.give_back(result, instr)
        for value in list(self.owned):
            if self.last.get(value) == index:
                self.give_back(value, instr)

    def terminate(self, instr: Instr) -> None:
        if may_leave(instr):
            instr.release = tuple(self.owned)
        if instr.op is ops.RETURN:
            value = instr.args[0]
            if value.ty.is_reference:
                if value in self.owned:
                    self.owned.remove(value)
                else:
                    self.keep(value, instr)
            for other in list(self.owned):
                self.give_back(other, instr)
        elif instr.op in (ops.JUMP, ops.BRANCH, ops.TRY):
            for target in self.block.targets:
                target.before = self.edge(target)
        self.out.append(instr)

    def edge(self, target: Target) -> list[Instr]:
        """What the way to this successor does with the references held here; first it takes what is lent."""
        passed: dict[Value, int] = dict.fromkeys(self.owned, 0)
        for param, arg in zip(target.block.params, target.args):
            if param.ty.is_reference and not param.borrowed and not param.lent:
                passed[arg] = passed.get(arg, 0) + 1
        more = {value: count - (1 if value in self.owned else 0) for value, count in passed.items()}
        before = [Instr(ops.INCREF, [value]) for value, count in more.items() for _ in range(count)]
        return before + [Instr(ops.DECREF, [value]) for value, count in more.items() if count < 0]
