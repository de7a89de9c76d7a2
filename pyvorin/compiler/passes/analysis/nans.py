"""Whether a NaN that is unboxed could be missed: where floats are searched for, or are keys.

A NaN equals nothing but is found where the same object is (PyObject_RichCompareBool), and an unboxed float has lost which object
it was.  In code with such operations a NaN is not unboxed: native code is left in front of it, and not entered with one.  It is
left, too, where it has computed one (`passes/check_nans.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr, Value
from pyvorin.compiler.infer.enums import KEYED
from pyvorin.types.spec import Type

SOUGHT = {**KEYED, **dict.fromkeys((".add", ".discard", ".remove", ".index", ".count", "set.add"), 1)}
"""By the name of a primitive, the operand that is compared with items of another one."""


def can_miss(functions: Iterable[Function]) -> bool:
    """Whether one of them looks for a float, or for what is made of one."""
    return any(_looks_for_float(block.instrs) for fn in functions for block in fn.blocks)


def _looks_for_float(instrs: list[Instr]) -> bool:
    boxed: dict[Value, Value] = {}
    for instr in instrs:
        if instr.op is ops.BOX:
            boxed[instr.out] = instr.args[0]
        elif instr.op in (ops.PRIM, ops.TRY) and instr.payload.name in SOUGHT:
            at = SOUGHT[instr.payload.name]
            if at < len(instr.args) and _has_float(boxed.get(instr.args[at], instr.args[at]).ty):
                return True
    return False


def _has_float(ty: Type) -> bool:
    return ty.name in ("float", "number") or any(_has_float(part) for part in ty.args if isinstance(part, Type))
