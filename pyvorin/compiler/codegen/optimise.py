"""Parse LLVM IR, check it, and run LLVM's optimiser over it.

In: IR as text, and a target.  Out: the optimised module and LLVM's remarks about vectorisation.  Every module has an LLVM
context of its own, so that nothing of one compilation is seen by the next, and equal IR gives equal code.

The pipeline is LLVM's own O3 with loop and SLP vectorisation.  `quick` is for code that has nothing to vectorise and calls
nothing of its own module but what is marked `alwaysinline`: it leaves out the vectorisers and the inliner, and takes a
third of the time for the same code there.  `draft` leaves out everything.  docs/codegen.md has the figures, and what else was
tried.
"""

from __future__ import annotations

import llvmlite.binding as llvm

from pyvorin.compiler.codegen import remarks
from pyvorin.compiler.codegen.exact import check_exact
from pyvorin.compiler.codegen.remarks import Remark
from pyvorin.compiler.codegen.target import Target, machine


class InvalidIR(Exception):
    """LLVM cannot parse the IR, or its verifier refuses it.  A defect of whoever emitted it."""


class Optimised:
    """An optimised `module` and LLVM's `remarks` about it."""

    __slots__ = ("module", "remarks")

    def __init__(self, module: llvm.ModuleRef, found: list[Remark]) -> None:
        self.module = module
        self.remarks = found


def parse(ir_text: str, *, name: str) -> llvm.ModuleRef:
    """The verified module for `ir_text`.  Raises InvalidIR, or InexactIR for what could change a result (exact.py)."""
    check_exact(ir_text)
    try:
        module = llvm.parse_assembly(ir_text, llvm.create_context())
        module.verify()
    except RuntimeError as error:
        raise InvalidIR(str(error)) from None
    module.name = name
    return module


def optimise_module(
    module: llvm.ModuleRef, target: Target, *, speed: int = 3, quick: bool = False, draft: bool = False
) -> list[str]:
    """Optimise `module` in place at level `speed` (0-3); return the remark lines that LLVM printed.

    draft: only inline what must be.
    """
    if draft:
        _inline(module, target)
        return []
    if quick:
        _simplify(module, target)
        return []
    tuning = llvm.create_pipeline_tuning_options(speed)
    # llvmlite's defaults for these have changed between versions.
    tuning.loop_vectorization = True
    tuning.slp_vectorization = True
    tuning.loop_interleaving = True
    tuning.loop_unrolling = True
    builder = llvm.create_pass_builder(machine(target), tuning)
    passes = builder.getModulePassManager()
    remarks.enable()
    return remarks.capture(lambda: passes.run(module, builder))


def _simplify(module: llvm.ModuleRef, target: Target) -> None:
    """Inline what must be, then LLVM's scalar simplifications, function by function."""
    builder = _inline(module, target)
    passes = builder.getFunctionPassManager()
    for function in module.functions:
        if not function.is_declaration:
            passes.run(function, builder)


def _inline(module: llvm.ModuleRef, target: Target) -> llvm.PassBuilder:
    """Inline what must be; what further passes can be built with."""
    builder = llvm.create_pass_builder(machine(target), llvm.create_pipeline_tuning_options(1))
    inliner = llvm.create_new_module_pass_manager()
    inliner.add_always_inliner_pass()
    inliner.run(module, builder)
    return builder


def optimise(ir_text: str, target: Target, *, name: str, quick: bool = False) -> Optimised:
    """`ir_text` parsed, verified and optimised for `target`; `name` is what LLVM calls the module.

    Raises InvalidIR or InexactIR.
    """
    module = parse(ir_text, name=name)
    lines = optimise_module(module, target, quick=quick)
    return Optimised(module, remarks.locate(lines, ir_text))


def emit_object(module: llvm.ModuleRef, target: Target, *, speed: int = 3) -> bytes:
    """The relocatable object for `module`.  LLVM's code generator changes the module: print it before, not after.

    speed: at 0 the generator takes a sixth of its time, for code of twice the size.
    """
    return bytes(machine(target, speed=speed).emit_object(module))
