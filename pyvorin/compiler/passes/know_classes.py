"""Look at an object's class once, as long as nothing can have changed it.

In: typed HIR with reference counts inserted.  Out: the same HIR, in which an attribute is read without a look at the class where
an instruction before it in the block has looked, and no code of the program could run since.

    x = prim attr:x p; y = prim attr:y p    =>    x = prim attr:x p; y = prim attr.known:y p
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import runs_code
from pyvorin.compiler.hir.ir import Function, Instr, Value
from pyvorin.compiler.primitives.table import overloads

LOOKING = frozenset({"attr", "attr.class", "method", "special", "super", "derives", "enum.attr"})
"""Prefixes of the primitives that compare the class of their first operand, and its version."""
ATOMS = frozenset({"int", "float", "number", "bool", "none", "char", "str", "bytes", "range", "class"})
"""Types of values that can be made, and given back, without any code of the program: no garbage collection, no finaliser."""


def run(fn: Function) -> None:
    for block in fn.blocks:
        known: set[Value] = set()
        for instr in block.instrs:
            kind, _, name = instr.payload.name.partition(":") if instr.op is ops.PRIM else ("", "", "")
            if kind in LOOKING and instr.args[0].ty.name == "instance":
                if kind == "attr" and instr.args[0] in known:
                    instr.payload = overloads(f"attr.known:{name}")[0]
                known.add(instr.args[0])
            elif runs_code(instr) and not _is_of_atom(instr):
                known.clear()


def _is_of_atom(instr: Instr) -> bool:
    return instr.op in (ops.BOX, ops.DECREF) and instr.args[0].ty.name in ATOMS
