"""Cached properties (`frontend/cached.py`): whether an object's class has one, and what it gives."""

from __future__ import annotations

from pyvorin.compiler.frontend import cached
from pyvorin.compiler.frontend.classes import Member
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.infer.enums import Enums
from pyvorin.compiler.infer.objects import Called
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.core import reasons
from pyvorin.types.spec import BOOL, NEVER, NONE


class Cached(Enums):
    """The block at hand, in which cached properties are read."""

    def cached_of(self, obj: Value, name: str) -> Member | None:
        known = self.source_of_class(obj.ty) if obj.ty.name == "instance" else None
        return known.cached(name) if known is not None else None

    def cached_property(self, obj: Value, instr: Instr) -> Value:
        """Whether the object has the attribute already; or the attribute that it has."""
        how, _, name = instr.payload.partition(":")
        found = self.cached_of(obj, name)
        if how == cached.HAS:
            if found is None:
                return self.const(True, instr.span)
            self.check(f"special:{name}/{found}", obj, instr)
            return self.check(instr.payload, obj, instr, BOOL)
        if found is None:
            return self.accessed("get", name, [obj], instr)
        callee = self.program.instance(found.qualname, (obj.ty,))
        if callee not in self.instance.callees:
            self.instance.callees.append(callee)
        if callee.result == NEVER:
            # Not known yet.
            raise self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        self.program.note_stored(obj.ty, name, callee.result)
        return self.prim(Instr(ops.PRIM, instr.args, instr.result, f"attr:{name}", instr.span, node=instr.node))

    def computed_property(self, name: str, obj: Value, instr: Instr) -> Value:
        """The property of an object that does not have it yet."""
        found = self.cached_of(obj, name)
        assert found is not None, "decided before"
        value = self.call_function(Called(found.qualname, [obj]), instr)
        self.program.note_stored(obj.ty, name, self.type_of(value))
        choice = choose(f"attr.init:{name}", (obj.ty, self.type_of(value)), (NOT_CONSTANT, NOT_CONSTANT))
        assert choice is not None
        self.emit(ops.PRIM, self.operands(choice, [obj, value], instr.span), NONE, instr.span, choice.primitive)
        return value
