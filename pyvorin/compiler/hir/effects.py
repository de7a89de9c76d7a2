"""What an instruction may do besides giving its result, from harmless to observable."""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Instr

PURE = "pure"
"""Depends on its operands only; may be repeated, moved and dropped."""
READ = "read"
"""Reads memory that others may change."""
ALLOC = "alloc"
"""Needs memory, for a new object or for the time being; may fail for want of it, which leaves with the MemoryError set."""
MUTATE = "mutate"
"""Changes its first operand; observable unless that object was made in this call and is not known outside."""
OWN = frozenset({"list.add", "dict.add", "dict.absorb", "set.add", "set.add.object", "set.or.own", "list.order"})
"""Primitives that change only what the statement itself has made: when that is begun again, it makes another one."""


def may_leave(instr: Instr) -> bool:
    """Whether native code may be left at this instruction, by an exit or with an exception that is set.

    A primitive that gives a new reference may fail for want of memory, whatever its effect; the emitter refuses code that
    leaves where this says that nothing can.
    """
    if instr.op not in (ops.PRIM, ops.TRY):
        return instr.op.may_leave
    primitive = instr.payload
    new = instr.result is not None and instr.result.ty.is_reference and not primitive.borrows
    return bool(primitive.exits) or primitive.effect in (ALLOC, MUTATE) or new


ATOMS = frozenset({"int", "float", "number", "bool", "none", "char", "str", "bytes", "range", "class"})
"""Types of values that can be made, and given back, without any code of the program: no garbage collection, no finaliser."""


def runs_code(instr: Instr) -> bool:
    """Whether the instruction may run code of the program: finalisers, signal handlers, other threads, a called function.

    Making an object may start a garbage collection, also that of an exception which is caught; a primitive that only reads and
    computes does none of this.
    """
    if instr.op is ops.PRIM:
        primitive, result = instr.payload, instr.result
        if primitive.effect in (ALLOC, MUTATE):
            return not primitive.calm
        return result is not None and result.ty.is_reference and not primitive.borrows and result.ty.name not in ATOMS
    if instr.op in (ops.BOX, ops.DECREF):
        return instr.args[0].ty.name not in ATOMS
    return instr.op in (ops.CALL, ops.POLL, ops.TRY)
