"""Operators of instances: which method of which operand CPython would call, and what it makes of the result.

    a + b     type(b).__radd__ first if that class derives from type(a) and overrides it; then type(a).__add__; then __radd__
    a == b    type(b).__eq__ first if that class derives from type(a); then type(a).__eq__; then identity

A method that may give NotImplemented leaves native code there, so that no call ever has it for its result.
"""

from __future__ import annotations

from pyvorin.compiler.frontend.classes import MADE, PLAIN, ClassSource
from pyvorin.compiler.frontend.operators import SWAPPED, UNARY, special
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.infer.objects import Called, Objects
from pyvorin.compiler.primitives.registry import ARITHMETIC, NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import BOOL, INT, NEVER, NONE

NUMBERS = frozenset({"int", "float", "bool"})
"""Their own arithmetic gives NotImplemented for any class that they do not know."""
COMPARED = frozenset({"int", "float", "bool", "none", "char", "str", "bytes", "list", "tuple", "dict", "set", "range"})
"""And so do comparisons of these."""


class Operators(Objects):
    def operator(self, name: str, args: list[Value], instr: Instr) -> Value:
        """The value of an operator one of whose operands is an instance."""
        if name in UNARY:
            return self.unary(name, args, instr)
        if name == "contains":
            item, container = args
            return self.as_bool(self.special(special(name), [container, item], instr), instr)
        if name in SWAPPED:
            return self.comparison(name, args[0], args[1], instr)
        return self.arithmetic(name, args[0], args[1], instr)

    def called_object(self, called: str, args: list[Value], instr: Instr) -> Value:
        """The call of an object or a class; *called*: "call" with the names of the keyword arguments."""
        name, *marks = called.split("/")
        given, keywords = self.spread(args[1:], marks, instr)
        if args[0].ty.name == "class":
            return self.construction(str(args[0].ty.args[0]), given, keywords, instr)
        return self.special(UNARY[name], [args[0], *given], instr, keywords)

    def unary(self, name: str, args: list[Value], instr: Instr) -> Value:
        if args[0].ty.name != "instance":
            raise self.refused(name, args, instr)
        result = self.special(UNARY[name], args, instr)
        return self.as_size(result, instr) if name == "len" else result

    def special(self, name: str, args: list[Value], instr: Instr, keywords: list[str] | None = None) -> Value:
        """The result of the method of the first argument's class."""
        known = self.source_of_class(args[0].ty) if args[0].ty.name == "instance" else None
        found = known.member(name) if known is not None else None
        if found is None or found.kind not in PLAIN:
            raise self.refused(instr.payload.rpartition(" ")[2], args, instr)
        self.check(f"special:{name}/{found}", args[0], instr)
        return self.call_function(
            Called(found.qualname, self.arguments(found.qualname, args, keywords or [], instr)), instr
        )

    def arithmetic(self, name: str, left: Value, right: Value, instr: Instr) -> Value:
        mine, other = self.class_of_operand(left), self.class_of_operand(right)
        if name not in ARITHMETIC:
            if mine is not None and mine.binds(special(name)):
                return self.special(special(name), [left, right], instr)
            self.require_none(mine, left, special(name), instr)
            name = name[1:]
        forward, reflected = special(name), special("r" + name)
        if other is not None and mine is not None and _derives(other, mine):
            if other.member(reflected) != mine.member(reflected):
                return self.special(reflected, [right, left], instr)
            self.require_same(other, right, reflected, instr)
        if mine is not None and mine.binds(forward):
            return self.special(forward, [left, right], instr)
        if other is None or other is mine or (mine is None and left.ty.name not in NUMBERS):
            raise self.refused(name, [left, right], instr)
        self.require_none(mine, left, forward, instr)
        return self.special(reflected, [right, left], instr)

    def comparison(self, name: str, left: Value, right: Value, instr: Instr) -> Value:
        mine, other = self.class_of_operand(left), self.class_of_operand(right)
        swapped = SWAPPED[name]
        for value, known in ((left, mine), (right, other)):
            if known is None and value.ty.name not in COMPARED:
                raise self.refused(name, [left, right], instr)
        ways = [(name, left, right, mine), (swapped, right, left, other)]
        if other is not None and mine is not None and _derives(other, mine):
            ways.reverse()
        for compared, first, second, known in ways:
            if known is None:
                continue
            method = special(compared)
            if self.is_made_for_others(known, first, second, method, instr):
                continue
            if known.binds(method):
                return self.special(method, [first, second], instr)
            self.require_none(known, first, method, instr)
            if compared == "ne" and self.is_made_for_others(known, first, second, "__eq__", instr):
                continue
            if compared == "ne" and known.binds("__eq__"):
                # object.__ne__
                equal = self.as_bool(self.special("__eq__", [first, second], instr), instr)
                return self.negated(equal, instr)
            if compared == "ne":
                self.require_none(known, first, "__eq__", instr)
        if name not in ("eq", "ne"):
            raise self.refused(name, [left, right], instr)
        if mine is None or other is None:
            return self.const(name == "ne", instr.span)
        same = self.emit(ops.PRIM, [left, right], BOOL, instr.span, _chosen("is", left, right))
        return same if name == "eq" else self.negated(same, instr)

    def is_made_for_others(self, known: ClassSource, value: Value, other: Value, method: str, instr: Instr) -> bool:
        """Whether `dataclasses` has made the method, which gives NotImplemented for what is not of the same class."""
        found = known.member(method)
        if found is None or found.kind != MADE or value.ty == other.ty:
            return False
        self.check(f"special:{method}/{found}", value, instr)
        return True

    def truth(self, value: Value, instr: Instr) -> Value:
        """An object is true unless its class says how that is found out."""
        known = self.source_of_class(value.ty)
        if known is None:
            raise self.no_overload(instr, (value.ty,))
        for name in ("__bool__", "__len__"):
            if known.binds(name):
                result = self.special(name, [value], instr)
                if name == "__bool__":
                    return self.as_bool(result, instr)
                size = self.as_size(result, instr)
                return self.emit(ops.PRIM, [size], BOOL, instr.span, _chosen("truth", size))
            self.require_none(known, value, name, instr)
        return self.const(True, instr.span)

    # Results

    def as_bool(self, value: Value, instr: Instr) -> Value:
        """The result of a method that has to be a bool."""
        if value.ty not in (BOOL, NEVER):
            raise self.refused("truth", [value], instr)
        return value

    def as_size(self, value: Value, instr: Instr) -> Value:
        """The result of `__len__`: an int, and not less than zero."""
        if value.ty not in (INT, NEVER):
            raise self.refused("len", [value], instr)
        self.emit(ops.PRIM, [value], NONE, instr.span, _chosen("len.check", value))
        return value

    def negated(self, value: Value, instr: Instr) -> Value:
        return self.emit(ops.PRIM, [value], BOOL, instr.span, _chosen("not", value))

    # What is and what is not there

    def class_of_operand(self, value: Value) -> ClassSource | None:
        return self.source_of_class(value.ty) if value.ty.name == "instance" else None

    def require_none(self, known: ClassSource | None, value: Value, name: str, instr: Instr) -> None:
        """The object's class has no such method, `object`'s apart."""
        if known is not None:
            self.check(f"special:{name}/none", value, instr)

    def require_same(self, known: ClassSource, value: Value, name: str, instr: Instr) -> None:
        """The object's class has, or does not have, the method that the source says."""
        self.check(f"special:{name}/{known.member(name) or 'none'}", value, instr)

    def refused(self, name: str, args: list[Value], instr: Instr) -> Exception:
        return self.no_overload(Instr(ops.PRIM, instr.args, instr.result, name, instr.span), tuple(a.ty for a in args))


def _derives(kind: ClassSource, base: ClassSource) -> bool:
    return kind is not base and base in kind.mro


def _chosen(name: str, *args: Value) -> object:
    choice = choose(name, tuple(arg.ty for arg in args), tuple(NOT_CONSTANT for _ in args))
    assert choice is not None
    return choice.primitive
