"""Which references are to objects that this call itself has made.

Changing such an object is not observable: if the call is run again in CPython, nobody has seen the object.  A block parameter is
fresh if every value passed to it is; an element is fresh if everything ever stored into lists of its allocation site is.
The answer starts from "all are" and falls, so cycles of loops are no obstacle.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.hir.ir import OUTER, Function, Instr, Value
from pyvorin.compiler.primitives.registry import Primitive

BOUND, VIEW = "bound.", "as:"
"""How the names of the primitives of bound methods begin."""


class Freshness:
    """Fresh values of one function."""

    def __init__(self, fn: Function, new: frozenset[int] = frozenset()):
        """new: the arguments, by index, that are new objects: callers have made them, and nobody else has seen them."""
        self._stale: set[Value] = {param for index, param in enumerate(fn.entry.params) if index not in new}
        self._stale_sites: set[str] = set()
        moved = True
        while moved:
            before = len(self._stale), len(self._stale_sites)
            for block in fn.blocks:
                for instr in block.instrs:
                    self._visit(instr)
                for target in block.targets:
                    for param, arg in zip(target.block.params, target.args):
                        if not self.is_fresh(arg):
                            self._stale.add(param)
            moved = before != (len(self._stale), len(self._stale_sites))

    def is_fresh(self, value: Value) -> bool:
        return value not in self._stale

    def _visit(self, instr: Instr) -> None:
        if instr.op is ops.UNBOX:
            if not self.is_fresh(instr.args[0]):
                self._stale.add(instr.out)
        elif instr.op is ops.CONST:
            if isinstance(instr.payload, OUTER):
                self._stale.add(instr.out)
        elif instr.op is ops.CALL:
            if not instr.constructs or not self.is_fresh(instr.args[0]):
                self._stale.add(instr.out)
        elif instr.op is ops.PRIM:
            primitive: Primitive = instr.payload
            if primitive.name.startswith((BOUND, VIEW)):
                # A method that is bound to an object, or the object as one of another type: another way to it.
                if not self.is_fresh(instr.args[0]):
                    self._stale.add(instr.out)
            elif primitive.effect == ALLOC:
                self._inherit(instr)
            elif primitive.result_boxed and (not instr.args or self._site(instr.args[0]) in self._stale_sites | {None}):
                # Borrowed from the container, or taken out of it; or what was there before.
                self._stale.add(instr.out)
            self._store(instr)

    def _inherit(self, instr: Instr) -> None:
        """A list made from other lists has their elements."""
        site = self._site(instr.result)
        for arg in instr.args:
            if arg.ty.name == "list" and self._site(arg) in self._stale_sites | {None}:
                self._stale_sites.add(site or "")

    def _store(self, instr: Instr) -> None:
        primitive: Primitive = instr.payload
        stored = [a for a in instr.args[1:] if a.ty.is_reference] if primitive.params[:1] else []
        container = instr.args[0] if instr.args else None
        if primitive.name in ("list.make", "tuple.make"):
            stored, container = [a for a in instr.args if a.ty.is_reference], instr.result
        elif primitive.effect == ALLOC or container is None:
            return
        if any(not self.is_fresh(value) or self._may_hold_stale(value) for value in stored):
            site = self._site(container)
            if site is not None:
                self._stale_sites.add(site)

    def _may_hold_stale(self, value: Value) -> bool:
        """Whether a list has stale elements, which ``xs += value`` stores."""
        return value.ty.name == "list" and self._site(value) in self._stale_sites | {None}

    @staticmethod
    def _site(value: Value | None) -> str | None:
        """The allocation site that a list's type names; None if it is not from a site of this function."""
        if value is None or value.ty is None or value.ty.name != "list" or not value.ty.args:
            return None
        element = value.ty.args[0]
        return element.name if element.is_variable else None
