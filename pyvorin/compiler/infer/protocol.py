"""Loops over objects of the program's classes (`frontend/protocol.py`): which methods say what the items are.

What a loop goes over is known with its type.  So where it turns out to be an object, the loop is refused, with the object's
`__iter__`, and in the next attempt it is lowered as that says.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.classes import PLAIN, Member
from pyvorin.compiler.frontend.protocol import ITER, NEXT, Form, form_of, method_of
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.infer.objects import Called
from pyvorin.compiler.infer.operators import Operators
from pyvorin.core import reasons
from pyvorin.types.spec import NEVER, NONE, OBJECT


class Protocol(Operators):
    """The block at hand, in which objects are asked for their items."""

    instance: Instance

    def require_container(self, value: Value, instr: Instr) -> None:
        """Refuse a loop over an object as over a container, and say which method has the items, if one has."""
        node, untyped = instr.node, self.instance.untyped
        is_loop = isinstance(node, (ast.For, ast.comprehension))
        if is_loop and value.ty == OBJECT and untyped.detours is not None and instr.payload == "iter.open":
            raise self.detour(self.error(instr.span, "the loop", "what it goes over is of an unknown type"))
        if value.ty.name != "instance":
            return
        refusal = self.error(instr.span, "the loop", f"it goes over an object of type {value.ty}")
        if isinstance(node, (ast.For, ast.comprehension)) and untyped.module is not None:
            name = method_of(node, instr.payload == "iter.open")
            found = self._plain(value, name) if name else None
            if found is not None and form_of(untyped.module, found.qualname) in self._forms(node, name):
                refusal.iterates = found.qualname
                if untyped.detours is None:
                    self.instance.left_out.setdefault(node, refusal)
        raise self.detour(refusal)

    def _forms(self, node: ast.AST, name: str) -> set[Form]:
        """The forms in which the loop could be lowered here."""
        found = {Form.ITERABLE}
        if self.instance.untyped.detours is None:
            found.add(Form.GENERATOR)
        if isinstance(node, ast.For) and name == ITER and self.instance.untyped.resumable:
            found.add(Form.ASKED)
        return found

    def looked_up(self, value: Value, instr: Instr) -> Value:
        """The object, whose class is checked to have the method that is lowered in the place of its call."""
        name, _, qualname = instr.payload.partition(":")[2].partition("/")
        found = self._plain(value, name)
        if found is None or found.qualname != qualname:
            raise self.detour(self.error(instr.span, "the loop", f"it also goes over an object of type {value.ty}"))
        return self.check(f"special:{name}/{found}", value, instr)

    def asked(self, name: str, args: list[Value], instr: Instr) -> Value:
        """What a loop calls for its object: `__iter__`, or for each item `__next__`."""
        found = self._plain(args[0], name)
        if found is None:
            raise self.detour(self.error(instr.span, "the loop", f"an object of type {args[0].ty} has no '{name}'"))
        self.check(f"special:{name}/{found}", args[0], instr)
        given = self.arguments(found.qualname, args, [], instr)
        result = self.call_function(Called(found.qualname, given, iterates=name == NEXT), instr)
        if name == ITER and self._plain(result, NEXT) is None:
            raise self.detour(self.error(instr.span, "the loop", f"an iterator of type {self.type_of(result)}"))
        return result

    def _plain(self, value: Value, name: str) -> Member | None:
        known = self.source_of_class(value.ty) if value.ty.name == "instance" else None
        found = known.member(name) if known is not None else None
        return found if found is not None and found.kind in PLAIN else None

    def end_of_items(self, instr: Instr) -> Value:
        """StopIteration: where no loop asks, CPython raises it."""
        if not self.instance.iterates:
            raise self.stop(reasons.EXPLICIT_RAISE, instr.span)
        end = self.const(None, instr.span)
        self.ends.add(end)
        return end

    def require_item(self, value: Value, instr: Instr) -> None:
        """What is returned where a loop asks is no None, which would end that."""
        if not self.instance.iterates or value in self.ends:
            return
        ty = self.type_of(value)
        if ty in (NONE, OBJECT, NEVER) or NONE in ty.args[:1]:
            raise self.detour(self.error(instr.span, "an item", f"it may be None, as its type is {ty}"))
