"""The op table: every instruction HIR has.

The front end writes operators, builtins and methods all as the one op ``prim``; what a primitive means, may do and may
fail with is declared once, in ``compiler/primitives``.  This table holds only what is not a primitive.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Op:
    """One instruction: has it a result, does it end a block, may it leave native code?"""

    name: str
    result: bool = False
    terminator: bool = False
    may_leave: bool = False


CONST = Op("const", result=True)
"""payload: a Python constant (int, float, bool, None, str, tuple of those)."""
UNBOUND = Op("unbound", result=True)
"""The content of a local variable before its first assignment."""
PRIM = Op("prim", result=True, may_leave=True)
"""payload: before type inference the name of a primitive, after it the chosen overload (`primitives.registry.Primitive`)."""
CALL = Op("call", result=True, may_leave=True)
"""payload: before inference the qualified name of a function of this module, after it its `infer.instances.Instance`."""
UNBOX = Op("unbox", result=True, may_leave=True)
"""A guard: object -> the result's type; exits with RUNTIME_TYPE_MISMATCH when the object is of another type."""
BOX = Op("box", result=True, may_leave=True)
"""Scalar -> object, a new reference."""
INCREF = Op("incref")
DECREF = Op("decref")
POLL = Op("poll", may_leave=True)
"""Run pending signal handlers and let other threads run; leaves with the exception that a handler raised."""
SNAPSHOT = Op("snapshot")
"""payload: the `hir.points.Point` at which CPython could go on with the operands."""
TRY = Op("try", result=True, terminator=True, may_leave=True)
"""A primitive as in `prim`, which ends its block.  Where the reason `caught` would be an exit, control goes to the second target
instead: there CPython would run a handler.  Targets: done (to which the result may be passed), caught."""
JUMP = Op("jump", terminator=True)
BRANCH = Op("branch", terminator=True)
"""First argument: the condition, a bool.  Targets: true, false."""
RETURN = Op("return", terminator=True)
EXIT = Op("exit", terminator=True, may_leave=True)
"""payload: a reason code.  Leaves native code here, always (raise, a failed assert, an unbound local)."""

OPS = {
    op.name: op
    for op in (CONST, UNBOUND, PRIM, CALL, UNBOX, BOX, INCREF, DECREF, POLL, SNAPSHOT, TRY, JUMP, BRANCH, RETURN, EXIT)
}
