"""Writing typed instructions: what inference uses to build a block, and the ways in which that ends early."""

from __future__ import annotations

import ast
from typing import Any

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Instr, Value
from pyvorin.compiler.infer.instances import InferenceError, Instance, Program
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.core import reasons
from pyvorin.types.spec import (
    BOOL,
    CHAR,
    FLOAT,
    INT,
    NEVER,
    NONE,
    NUMBER,
    STR,
    UNBOUND,
    Type,
    literal_type,
)

NAMELESS = frozenset({INT, FLOAT, NUMBER, CHAR})
"""Types whose values are held without the object that they were."""


class Stop(Exception):
    """The rest of the block cannot be reached."""


class LeftOut(Exception):
    """The operation is to be part of an outcall, in the next attempt; what follows is looked at all the same, unless it is
    *known* what the outcall will give: then most of that will be otherwise."""

    def __init__(self, known: bool = False):
        super().__init__()
        self.known = known


class Emission:
    """The block at hand, of one instance, and what is known of the values in it."""

    def __init__(self, program: Program, instance: Instance):
        self.program = program
        self.solver = program.solver
        self.instance = instance
        self.block: Block
        self.env: dict[Value, Value] = {}
        """The values of the source's block at hand."""
        self.constants: dict[Value, Any] = {}
        self.ends: set[Value] = set()
        """What stands for the end of the items of a `__next__`."""
        self.guessed: set[Value] = set()
        """Objects in the place of what will be of a better known type in the next attempt."""
        self.current: Instr | None = None
        """The instruction of the source that is being typed."""

    def emit(self, op: ops.Op, args: list[Value], ty: Type | None, span: Any, payload: Any = None) -> Value:
        result = Value(None, ty) if ty is not None else None
        node = None if self.current is None else self.current.node
        self.block.instrs.append(Instr(op, args, result, payload, span, node=node))
        return result if result is not None else Value(None, NONE)

    def type_of(self, value: Value) -> Type:
        """The type of the value as it is known here (`Narrowing`)."""
        raise NotImplementedError

    def stop(self, code: str, span: Any) -> Stop:
        """Leave native code here, always."""
        self.emit(ops.EXIT, [], None, span, code)
        return Stop()

    def const(self, payload: object, span: Any) -> Value:
        if isinstance(payload, int) and not -(2**63) <= payload < 2**63:
            raise self.stop(reasons.INTEGER_OVERFLOW, span)
        value = self.emit(ops.CONST, [], literal_type(payload), span, payload)
        self.constants[value] = payload
        return value

    def bound(self, instr: Instr, value: Value) -> Value:
        """The value, for a use that needs one: an unbound local leaves, and so does what cannot exist (yet)."""
        if value.ty == UNBOUND:
            raise self.stop(reasons.UNBOUND_VARIABLE, instr.span)
        if self.solver.resolve(value.ty) == NEVER:
            raise self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        return value

    def widen_char(self, value: Value, span: Any) -> Value:
        return self.convert(value, STR, span) if value.ty == CHAR else value

    def convert(self, value: Value, wanted: Type, span: Any) -> Value:
        if value.ty == CHAR and value in self.constants:
            return self.emit(ops.CONST, [], STR, span, self.constants[value])
        if value.ty == BOOL and wanted == FLOAT:
            value = self.convert(value, INT, span)
        choice = choose("convert", (value.ty,), (NOT_CONSTANT,))
        if choice is None or choice.result != wanted:
            raise AssertionError(f"no conversion from {value.ty} to {wanted}")
        return self.emit(ops.PRIM, [value], wanted, span, choice.primitive)

    def widen(self, value: Value, span: Any) -> Value:
        """The int or float as a `number`."""
        choice = choose("widen", (value.ty,), (NOT_CONSTANT,))
        assert choice is not None
        return self.emit(ops.PRIM, [value], NUMBER, span, choice.primitive)

    def no_overload(self, instr: Instr, types: tuple[Type, ...]) -> Exception:
        if NONE in types and (self.program.has_alternatives or instr.payload.startswith("attr")):
            # CPython raises the TypeError or AttributeError, if it ever comes to that.
            return self.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
        shown = ", ".join(map(str, types))
        if instr.payload == "is" and not NAMELESS.isdisjoint(types):
            # Nor could CPython tell, which would be given an object made anew.
            conflict = f"whether values of type ({shown}) are the same object is not known"
            return self.error(instr.span, "'is'", conflict)
        name = instr.payload.lstrip(".")
        if name.startswith("attr"):
            name = f"the attribute '.{name.partition(':')[2]}'"
        conflict = f"there is no native form for operands of type ({shown})"
        # Of an element that nothing is known of yet, more may be known in the next round.
        settled = not any(NEVER in (ty, *ty.args) for ty in types)
        return self.detour(self.error(instr.span, name if " " in name else f"'{name}'", conflict), settled)

    def is_seen(self, node: ast.AST) -> bool:
        """Whether it is known what an outcall in the place of this expression, or this loop, gives."""
        raise NotImplementedError

    def detour(self, refusal: InferenceError, settled: bool = True) -> Exception:
        """Leave the operation to CPython, if the function may; else its refusal."""
        untyped = self.instance.untyped
        if untyped.detours is None:
            return refusal
        node = self.current.node if self.current is not None else None
        if settled and node is not None and node not in untyped.outcalls:
            if not any(self.env.get(arg) in self.guessed for arg in (self.current.args if self.current else ())):
                self.instance.left_out.setdefault(node, refusal)
            return LeftOut(self.is_seen(node))
        self.instance.detours.append(refusal)
        return self.stop(refusal.code, refusal.span)

    def error(self, span: Any, what: str, conflict: str) -> InferenceError:
        return InferenceError(reasons.TYPE_INFERENCE_FAILED, self.instance.qualname, span, what=what, conflict=conflict)
