"""The invariants of typed HIR, checked after every pass.

1. Every block ends in exactly one terminator, and has no other; it has as many targets as its terminator needs.
2. Blocks are closed: an instruction uses only parameters of its block and earlier results of it.
3. A target passes as many arguments as its block has parameters; each has the parameter's representation.
4. Every target is a block of the function; the entry is nobody's target; labels are unique.
5. Every value has a type, and no value is defined twice.
6. An instruction has a result if its op has one, and as many operands as its op, its primitive or its callee takes, in
   their representations.

What holds only after certain passes has checkers of its own: `check_restarts.py`, `check_refcounts.py`.
"""

from __future__ import annotations

from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import UNTYPED, Block, Function, Instr, Target, Value
from pyvorin.compiler.hir.points import Point
from pyvorin.compiler.primitives.registry import Primitive, is_pattern_variable
from pyvorin.types.spec import BOOL, NEVER, NONE, Type

OPERANDS = {
    ops.CONST: 0,
    ops.UNBOUND: 0,
    ops.UNBOX: 1,
    ops.BOX: 1,
    ops.INCREF: 1,
    ops.DECREF: 1,
    ops.POLL: 0,
    ops.JUMP: 0,
    ops.BRANCH: 1,
    ops.RETURN: 1,
    ops.EXIT: 0,
}
"""How many operands an op takes, where neither a primitive nor a callee says it."""

TARGETS = {ops.JUMP: 1, ops.BRANCH: 2, ops.TRY: 2, ops.RETURN: 0, ops.EXIT: 0}


def left_with(instr: Instr) -> list[Value]:
    """The values that are handed over when native code is left at the instruction, its own result aside."""
    values: list[Value] = []
    if instr.frame is not None:
        values += instr.frame.values
        if instr.frame.after is not None:
            values += [value for value in instr.frame.after.values if value is not instr.result]
    if instr.unwind is not None:
        values += instr.unwind.values
    return values


class InvalidHIR(Exception):
    """A pass has broken an invariant: a defect of the compiler, never of the program compiled."""


def check(fn: Function) -> None:
    """Raises InvalidHIR with the function, the block and the instruction that break an invariant."""
    _Check(fn).run()


class _Check:
    def __init__(self, fn: Function):
        self.fn = fn
        self.blocks = set(fn.blocks)
        self.defined: set[Value] = set()
        # State of the block at hand:
        self.block = fn.entry
        self.at: Instr | None = None
        self.known: set[Value] = set()

    def run(self) -> None:
        self.require(len({block.label for block in self.fn.blocks}) == len(self.fn.blocks), "a label used twice")
        for block in self.fn.blocks:
            self.block, self.at, self.known = block, None, set()
            self.check_block(block)

    def check_block(self, block: Block) -> None:
        for param in block.params:
            self.define(param)
        self.require(bool(block.instrs), "an empty block")
        for instr in block.instrs:
            self.at = instr
            self.require(
                instr.op.terminator == (instr is block.terminator), "a terminator must come last, and only there"
            )
            for arg in (*instr.args, *instr.release, *left_with(instr)):
                self.use(arg)
            self.require(
                (instr.result is not None) == instr.op.result, "a result where none can be, or none where one must"
            )
            if instr.result is not None:
                self.define(instr.result)
            self.check_operands(instr)
        self.require(len(block.targets) == TARGETS[block.terminator.op], f"{len(block.targets)} targets")
        for target in block.targets:
            self.check_target(target)

    def define(self, value: Value) -> None:
        self.require(value not in self.defined, "a value defined twice")
        self.require(value.ty != UNTYPED, "a value without type")
        self.defined.add(value)
        self.known.add(value)

    def use(self, value: Value) -> None:
        self.require(value in self.known, "a value of another block, or of later")

    def check_operands(self, instr: Instr) -> None:
        if instr.op in (ops.PRIM, ops.TRY):
            self.check_primitive(instr)
        elif instr.op is ops.SNAPSHOT:
            point: Point = instr.payload
            wanted = point.first_local + len(point.locals)
            self.require(len(instr.args) == wanted, f"{len(instr.args)} operands")
        elif instr.op is ops.CALL:
            callee = instr.payload
            self.passes(instr.args, callee.types)
            if instr.constructs:
                self.require(
                    self.fits(instr.out, instr.args[0].ty) and callee.result == NONE, "not what is constructed"
                )
                return
            # A callee that never returns gives nothing.
            self.require(callee.result == NEVER or self.fits(instr.out, callee.result), f"not the result of {callee}")
        else:
            self.require(len(instr.args) == OPERANDS[instr.op], f"{len(instr.args)} operands")
        if instr.op is ops.BRANCH:
            self.require(instr.args[0].ty == BOOL, "a condition that is no bool")
        elif instr.op is ops.RETURN and self.fn.result is not None:
            self.require(self.fits(instr.args[0], self.fn.result), f"a result that is not {self.fn.result}")
        elif instr.op in (ops.UNBOX, ops.INCREF, ops.DECREF):
            self.require(instr.args[0].ty.is_reference, "an operand that is no object")

    def check_primitive(self, instr: Instr) -> None:
        primitive: Primitive = instr.payload
        operands = primitive.operands(len(instr.args))
        self.require(operands is not None, f"{len(instr.args)} operands")
        for arg, pattern, is_boxed in zip(instr.args, *(operands or ((), ()))):
            if is_boxed:
                self.require(arg.ty.is_reference, f"an operand {arg.ty} that should be boxed")
            elif not is_pattern_variable(pattern):
                self.require(self.fits(arg, pattern), f"an operand {arg.ty} where {pattern} is wanted")
        if primitive.result_boxed:
            self.require(instr.out.ty.is_reference, "a boxed result that is no object")
        elif not is_pattern_variable(primitive.result):
            self.require(self.fits(instr.out, primitive.result), f"a result {instr.out.ty}")

    def passes(self, args: list[Value], types: tuple[Type, ...]) -> None:
        self.require(len(args) == len(types), f"{len(args)} arguments for {len(types)} parameters")
        for arg, ty in zip(args, types):
            self.require(self.fits(arg, ty), f"{arg.ty} passed for {ty}")

    def check_target(self, target: Target) -> None:
        self.require(target.block in self.blocks and target.block is not self.fn.entry, "a wrong target")
        for instr in target.before:
            self.require(instr.op in (ops.INCREF, ops.DECREF), f"{instr.op.name} on an edge")
            self.use(instr.args[0])
        for arg in target.args:
            self.use(arg)
        self.passes(target.args, tuple(param.ty for param in target.block.params))

    @staticmethod
    def fits(value: Value, ty: Type) -> bool:
        return llvm_type(value.ty) == llvm_type(ty)

    def require(self, holds: bool, what: str) -> None:
        if not holds:
            at = f" at {self.at.op.name} {self.at.payload!r}" if self.at is not None else ""
            raise InvalidHIR(f"{self.fn.qualname}, block {self.block.label}{at}: {what}")
