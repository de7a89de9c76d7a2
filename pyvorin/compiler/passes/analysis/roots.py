"""Which values are equal: every value's *root*, the definition that it is a copy of.

Blocks are closed, so one variable is many values; a parameter that is passed copies of one root on every edge is a copy of it.
Constants and lengths of buffers have roots of their own kind, because they are the same wherever they are asked for:

    %0 = const 3                 ->    Constant(3)
    %1 = prim len a              ->    Length(root of a)
    b2(n.1) reached with n       ->    root of n

A root names its latest definition.  A value that would survive a new one is passed around it as a parameter, which on the
first way there is passed something else, and so is a root itself: two values of one root in one block are always equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr, Value
from pyvorin.types.spec import BUFFER_NAMES


@dataclass(frozen=True, slots=True)
class Constant:
    """An int that is known."""

    value: int


@dataclass(frozen=True, slots=True)
class Length:
    """The length of a buffer, which does not change while native code runs."""

    of: Root


Root = Value | Constant | Length

COPIES = frozenset({"range.bound", "int"})
"""Primitives that give an int operand back as it is."""
LENGTHS = frozenset({"len", "iter.size"})


class Roots:
    """The roots of one function's values; `definition` is the instruction that computes a root, if one does."""

    def __init__(self, fn: Function):
        self._roots: dict[Value, Root] = {}
        self._pinned: set[Value] = set(fn.entry.params)
        self.definition: dict[Root, Instr] = {}
        # Under the assumption that all other parameters are copies, those that are not show up; then again without them.
        conflicts = self._assume(fn)
        while conflicts:
            self._pinned |= conflicts
            conflicts = self._assume(fn)
        for block in fn.blocks:
            for instr in block.instrs:
                if instr.result is not None and self._roots.get(instr.result) is instr.result:
                    self.definition[instr.result] = instr

    def _assume(self, fn: Function) -> set[Value]:
        """Roots such that only the pinned parameters have their own; the parameters that are passed several."""
        self._roots = {param: param for param in self._pinned}
        conflicts: set[Value] = set()
        moved = True
        while moved and not conflicts:
            moved = False
            for block in fn.blocks:
                for instr in block.instrs:
                    if instr.result is not None:
                        moved |= self._set(instr.result, self._of_instr(instr))
                for target in block.targets:
                    for param, arg in zip(target.block.params, target.args):
                        root = self._roots.get(arg)
                        if root is None or param in self._pinned:
                            continue
                        if param not in self._roots:
                            moved = self._set(param, root)
                        elif self._roots[param] != root:
                            conflicts.add(param)
        return conflicts

    def __getitem__(self, value: Value) -> Root:
        return self._roots.get(value, value)

    def _set(self, value: Value, root: Root | None) -> bool:
        if root is None or self._roots.get(value) == root:
            return False
        self._roots[value] = root
        return True

    def _of_instr(self, instr: Instr) -> Root | None:
        """None as long as the operand's root is not known."""
        if instr.op is ops.CONST and type(instr.payload) is int:
            return Constant(instr.payload)
        if instr.op is ops.PRIM and len(instr.args) == 1:
            operand = instr.args[0]
            if instr.payload.name in COPIES and operand.ty.name == "int":
                return self._roots.get(operand)
            if instr.payload.name in LENGTHS and operand.ty.name in BUFFER_NAMES:
                found = self._roots.get(operand)
                return None if found is None else Length(found)
        return instr.result
