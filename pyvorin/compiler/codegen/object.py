"""From LLVM IR to one relocatable object, with what it took."""

from __future__ import annotations

from time import perf_counter

from pyvorin.compiler.codegen import remarks
from pyvorin.compiler.codegen.optimise import emit_object, optimise_module, parse
from pyvorin.compiler.codegen.remarks import Remark
from pyvorin.compiler.codegen.target import Target


class CompiledObject:
    """`data`: the object; `remarks`: LLVM's, about vectorisation; `seconds` by stage: parse, optimise, emit."""

    __slots__ = ("data", "remarks", "seconds")

    def __init__(self, data: bytes, found: list[Remark], seconds: dict[str, float]) -> None:
        self.data = data
        self.remarks = found
        self.seconds = seconds


def compile_ir(
    ir_text: str, target: Target, *, name: str = "group", quick: bool = False, draft: bool = False
) -> CompiledObject:
    """Compile a module of IR for `target`; `quick` and `draft` as in `optimise`; `draft` code is also generated fast.

    Raises InvalidIR for IR that LLVM refuses, InexactIR for IR that could change a result.
    """
    start = perf_counter()
    module = parse(ir_text, name=name)
    parsed = perf_counter()
    lines = optimise_module(module, target, quick=quick, draft=draft and not quick)
    optimised = perf_counter()
    data = emit_object(module, target, speed=0 if draft else 3)
    seconds = {"parse": parsed - start, "optimise": optimised - parsed, "emit": perf_counter() - optimised}
    return CompiledObject(data, remarks.locate(lines, ir_text), seconds)
