"""What is expected of values whose types only the host has seen: globals, defaults, items of records, results of outcalls.

Each is an object that is checked where it is used as what it is expected to be.
"""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.paths import path_between
from pyvorin.compiler.frontend.seen import ITEM
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr, Value
from pyvorin.compiler.hir.outcalls import BIND, ENTER, NEXT, VALUE, Outcall, key_of
from pyvorin.compiler.infer import callables
from pyvorin.compiler.infer.dispatch import Dispatch
from pyvorin.compiler.infer.instances import InferenceError
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.core import reasons
from pyvorin.types.spec import NEVER, OBJECT, Type, as_element, found


class Expectation(Dispatch):
    """The block at hand, in which types are expected."""

    source: Function

    def called_out(self, called: Outcall, args: list[Value], instr: Instr) -> Value:
        boxed = [arg if arg.ty.is_reference else self.emit(ops.BOX, [arg], OBJECT, instr.span) for arg in args]
        ty = self.expected_of(called.key) if called.kind in (VALUE, ENTER) else OBJECT
        if called.kind == BIND:
            ty = called.result
        if ty.name == "union":
            return self.of_several(self.emit(ops.CALL, boxed, OBJECT, instr.span, called), ty)
        return self.emit(ops.CALL, boxed, ty, instr.span, called.giving(ty))

    def given_item(self, key: str, item: Value, instr: Instr) -> Value:
        """What CPython's own iterator has given, as what it was seen to give."""
        ty = self.expected_of(key)
        if ty == OBJECT:
            return item
        return self.of_several(item, ty) if ty.name == "union" else self.emit(ops.UNBOX, [item], ty, instr.span)

    def is_seen(self, node: ast.AST) -> bool:
        definition = self.instance.untyped.source.node
        kind = NEXT if isinstance(node, (ast.For, ast.comprehension)) else VALUE
        return self.expected_of(key_of(self.source.qualname, path_between(definition, node), kind)) != OBJECT

    def expected_of(self, key: str) -> Type:
        """The type that the results of an outcall are expected to be of; `object` if nobody has seen any."""
        module = self.instance.untyped.module
        ty = found(as_element(module.seen.type_of(key))) if module is not None else OBJECT
        return ty if ty.name in UNBOXABLE or ty.name == "union" else OBJECT

    def seen(self, key: str, instr: Instr) -> Type:
        """The type that is expected of a global name or a default; a function that uses what nobody has seen yet has to wait."""
        module = self.instance.untyped.module
        ty = NEVER if module is None else callables.known_callable(module, key)
        if module is not None and ty == NEVER:
            ty = module.seen.type_of(key)
        if module is not None and ty == NEVER and module.seen.presumes:
            ty = OBJECT
        if ty == NEVER:
            raise InferenceError(reasons.UNSEEN_VALUE, self.instance.qualname, instr.span, what=f"the {key}")
        return ty

    def expected_item(self, ty: Type, instr: Instr) -> Type:
        """The type of what a dict with values of several types has under the key, if that is a constant."""
        module, key = self.instance.untyped.module, self.constants.get(self.env[instr.args[-1]])
        expected = NEVER if module is None or not isinstance(key, str) else module.seen.type_of(ITEM + key)
        return expected if expected.name in UNBOXABLE else ty
