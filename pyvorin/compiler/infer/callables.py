"""Calls of values: what a variable holds decides what is called.

| type | the value | a call of it |
|---|---|---|
| ``bound[append, list[int]]`` | a method of a builtin container, bound to one | the method |
| ``function[f]`` | the module's function `f` | a call of `f` |
| ``builtin[math, sqrt]`` | a function of a standard module | the primitive |
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyvorin.compiler.frontend.module import ModuleSource
from pyvorin.compiler.frontend.seen import GLOBAL
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.infer.objects import OF_CLASSES, Called
from pyvorin.compiler.primitives import callables, table
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.core import reasons
from pyvorin.types.spec import NEVER, NONE, OBJECT, Type

if TYPE_CHECKING:
    from pyvorin.compiler.infer.specialise import Specialiser


def known_callable(module: ModuleSource, key: str) -> Type:
    """The type of a global name that stands for a function, as the source says; `never` if it says nothing of that kind."""
    owner, _, name = key.removeprefix(GLOBAL).rpartition(".")
    fact = module.fact(owner or name)
    if fact is None:
        return NEVER
    if not owner and fact.kind == "function":
        return Type("function", (Type(fact.detail),))
    path = f"{fact.detail}.{name}" if owner and fact.kind == "module" else fact.detail
    if fact.kind == ("module" if owner else "attribute") and table.knows(path):
        return Type("builtin", tuple(map(Type, path.split("."))))
    return NEVER


def make_bound(inference: Specialiser, receiver: Value, name: str, instr: Instr) -> Value | None:
    """The method *name* of a builtin container, bound to it; None if there is no native form of calling it."""
    if receiver.ty.name not in callables.OWNERS or not table.knows(f".{name}"):
        return None
    if not hasattr(getattr(builtins, receiver.ty.name), name):
        return None
    choice = table.choose(f"{callables.MAKE}:{name}", (receiver.ty,), (NOT_CONSTANT,))
    assert choice is not None
    ty = Type("bound", (Type(name), receiver.ty))
    return inference.emit(ops.PRIM, [receiver], ty, instr.span, choice.primitive)


def call(inference: Specialiser, instr: Instr, marks: Sequence[str] = ()) -> Value:
    """The value of a call of the first operand with the others; *marks*: stars and keywords, as in the names of calls."""
    callee = inference.bound(instr, inference.env[instr.args[0]])
    arguments, ty = instr.args[1:], callee.ty
    if marks and ty.name in ("bound", "builtin"):
        conflict = "it has arguments with stars or names"
        raise inference.detour(inference.error(instr.span, "the call of a value", conflict))
    if ty.name == "bound":
        choice = table.choose(callables.SELF, (ty,), (NOT_CONSTANT,))
        assert choice is not None
        obj = inference.emit(ops.PRIM, [callee], OBJECT, instr.span, choice.primitive)
        receiver = Value()
        inference.env[receiver] = inference.emit(ops.UNBOX, [obj], ty.args[1], instr.span)
        return inference.prim(Instr(ops.PRIM, [receiver, *arguments], instr.result, f".{ty.args[0]}", instr.span))
    if ty.name == "builtin":
        name = ".".join(map(str, ty.args))
        return inference.prim(Instr(ops.PRIM, arguments, instr.result, name, instr.span))
    if ty.name == "function":
        qualname = str(ty.args[0])
        args = [inference.bound(instr, inference.env[arg]) for arg in arguments]
        given, keywords = inference.spread(args, [*marks], instr)
        return inference.call_function(Called(qualname, inference.arguments(qualname, given, keywords, instr)), instr)
    if ty.name in OF_CLASSES:
        args = [callee, *(inference.bound(instr, inference.env[arg]) for arg in arguments)]
        return inference.called_object("/".join(["call", *marks]), args, instr)
    if ty == NONE:
        raise inference.stop(reasons.RUNTIME_TYPE_MISMATCH, instr.span)
    conflict = f"there is no native form for calling a value of type {ty}"
    raise inference.detour(inference.error(instr.span, "the call of a value", conflict))
