"""Insert increfs and decrefs: every owned reference is given back exactly once on each path.

In: typed HIR with exits placed.  Out: the same HIR with `incref`, `decref`, and on each exiting instruction the references that
an exit taken there gives back (`release`).

References are *owned* (new results, parameters of inner blocks) or *borrowed* (arguments of the function, constants, elements
just read).  An owned reference moves along a jump, into a return, or through an `unbox`, if that is its last use; otherwise it
is given back after its last use.  Parameters that only ever receive borrowed values are borrowed too, so what a loop
merely reads costs nothing.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import may_leave
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.passes.drop_snapshots import operands
from pyvorin.compiler.primitives.registry import Primitive


def run(fn: Function) -> None:
    borrowed = _borrowed_parameters(fn)
    for param in borrowed:
        param.borrowed = True
    for block in fn.blocks:
        _Counts(block, borrowed).run()


def _reference(value: Value | None) -> bool:
    return value is not None and value.ty.is_reference


def _borrowed_result(instr: Instr) -> bool:
    """Results that nobody has to give back: constants, and elements that stay their container's."""
    if instr.op is ops.CONST:
        return True
    return instr.op is ops.PRIM and isinstance(instr.payload, Primitive) and instr.payload.borrows


def _borrowed_parameters(fn: Function) -> set[Value]:
    """Parameters to which only arguments of the call and constants are ever passed: they live as long as the call."""
    lasting: set[Value] = {p for block in fn.blocks for p in block.params if _reference(p)}
    moved = True
    while moved:
        moved = False
        for block in fn.blocks:
            constants = {i.result for i in block.instrs if i.op is ops.CONST}
            for target in block.targets:
                for param, arg in zip(target.block.params, target.args):
                    if param in lasting and arg not in lasting and arg not in constants:
                        lasting.discard(param)
                        moved = True
    return lasting


class _Counts:
    """Rewrites one block."""

    def __init__(self, block: Block, borrowed: set[Value]):
        self.block = block
        self.borrowed = borrowed
        self.owned: list[Value] = [p for p in block.params if _reference(p) and p not in borrowed]
        self.out: list[Instr] = []
        self.last: dict[Value, int] = {}
        for index, instr in enumerate(block.instrs):
            for arg in operands(instr):
                self.last[arg] = index
        end = len(block.instrs) - 1
        for target in block.targets:
            for arg in target.args:
                self.last[arg] = end
        for index, instr in enumerate(block.instrs):
            if _borrowed_result(instr) and instr.args and self.is_read_at_once(index):
                # The container keeps its element alive until it is read; giving back anything else, such as a key, or what only
                # the frame state still needs, could run code that ends the container.
                for arg in operands(instr):
                    self.last[arg] = max(self.last[arg], index + 1)

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
        if instr.op is ops.UNBOX and _reference(instr.result):
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
        result = instr.result
        if (
            result is not None
            and _reference(result)
            and not (_borrowed_result(instr) and not self.must_keep(index, result))
        ):
            if _borrowed_result(instr):
                self.keep(result, instr)
            self.owned.append(result)
            if result not in self.last:
                self.give_back(result, instr)
        for value in list(self.owned):
            if self.last.get(value) == index:
                self.give_back(value, instr)

    def must_keep(self, index: int, result: Value) -> bool:
        """Whether a borrowed element is used beyond the instruction that follows: its container may change by then."""
        if self.block.instrs[index].op is ops.CONST or result not in self.last:
            return False
        return not self.is_read_at_once(index)

    def is_read_at_once(self, index: int) -> bool:
        """Whether the only use of the instruction's result is that the next one takes a scalar out of it."""
        result, following = self.block.instrs[index].out, self.block.instrs[index + 1]
        used = self.last.get(result) == index + 1 and following.op is ops.UNBOX and following.args == [result]
        return used and not _reference(following.result)

    def terminate(self, instr: Instr) -> None:
        if may_leave(instr):
            instr.release = tuple(self.owned)
        if instr.op is ops.RETURN:
            value = instr.args[0]
            if _reference(value):
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
        """What the way to this successor does with the references held here."""
        passed: dict[Value, int] = dict.fromkeys(self.owned, 0)
        for param, arg in zip(target.block.params, target.args):
            if _reference(param) and param not in self.borrowed:
                passed[arg] = passed.get(arg, 0) + 1
        before = []
        for value, count in passed.items():
            have = 1 if value in self.owned else 0
            before += [Instr(ops.INCREF, [value]) for _ in range(count - have)]
            if count < have:
                before.append(Instr(ops.DECREF, [value]))
        return before
