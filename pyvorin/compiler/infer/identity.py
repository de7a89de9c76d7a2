"""Comparisons for equality of objects whose classes do not say what is equal: these compare their identity.

Where an object is of one of several classes each of them is checked to be such a class, one operand after the other; as an
operation done for each class (`dispatch.py`) there would be a comparison for each pair of classes.
"""

from __future__ import annotations

from pyvorin.compiler.frontend.operators import METHODS
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Instr, Value
from pyvorin.compiler.infer.cached import Cached
from pyvorin.compiler.infer.dispatch import Dispatch
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import BOOL, NONE, OBJECT, Type


class Identity(Cached, Dispatch):
    """The block at hand, in which such objects are compared."""

    def tell_apart(self, source: Block) -> bool:
        instr = source.instrs[self.at]
        name = instr.payload.removeprefix("operator ") if isinstance(instr.payload, str) else ""
        methods = (
            tuple(dict.fromkeys(METHODS[name])) if instr.op in (ops.PRIM, ops.CALL) and name in ("eq", "ne") else ()
        )
        if methods and self._is_plain(instr, methods):
            for arg in instr.args:
                self._require_plain(self.env[arg], methods, source, instr)
            left, right = (self.passed_as(self.env[arg], OBJECT, instr.span) for arg in instr.args)
            choice = choose("is", (OBJECT, OBJECT), (NOT_CONSTANT, NOT_CONSTANT))
            assert choice is not None
            same = self.emit(ops.PRIM, [left, right], BOOL, instr.span, choice.primitive)
            self.env[instr.out] = same if name == "eq" else self.negated(same, instr)
            self.at += 1
            return True
        return super().tell_apart(source)

    def _is_plain(self, instr: Instr, names: tuple[str, ...]) -> bool:
        """Whether one operand is of several classes, and all classes of both have none of these methods."""
        values = [self.env[arg] for arg in instr.args]
        types = [ty for value in values for ty in self.unions.get(value, (value.ty,))]
        return any(value in self.unions for value in values) and all(self._lacks_all(ty, names) for ty in types)

    def _lacks_all(self, ty: Type, names: tuple[str, ...]) -> bool:
        known = self.source_of_class(ty) if ty.name == "instance" else None
        return ty == NONE or (known is not None and not any(known.binds(name) for name in names))

    def _require_plain(self, value: Value, names: tuple[str, ...], source: Block, instr: Instr) -> None:
        """Check that the class of the object is as the source says."""

        def check(value: Value) -> None:
            if value.ty.name == "instance":
                for name in names:
                    self.require_none(self.class_of_operand(value), value, name, instr)

        if value not in self.unions:
            check(value)
            return
        at = next(name for name, found in self.env.items() if found is value)
        self.for_each_class(value, source, lambda: check(self.env[at]))
