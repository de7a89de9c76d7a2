"""The judge of exits: no call is ever run again after something of it could be seen (docs/exits.md).

Written from the rules below and not from `passes/place_exits.py` and its analysis, so that a mistake there is not made
here again:

1. What may exit says how: it has a frame state with one counter for each of its reasons.  (A poll may do without: then
   it does not exit.)
2. No `restart` can be reached after an observable effect: a change of an object that may have existed before the call, or
   a call of a function that makes one.  A callee's restart is one of the caller, too; so is, at the recursion limit,
   every call of a function that can come to call itself.

Which objects existed before is found by following every reference to where it was made (inclusion-based points-to
analysis, after L. O. Andersen, "Program Analysis and Specialization for the C Programming Language", 1994): the objects
of one instruction count as one object, and what comes from outside counts as one more, which contains itself.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.hir.verify import InvalidHIR
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH

OUTSIDE = "outside"
"""Stands for every object that existed before the call."""


def check(functions: dict[Any, Function]) -> None:
    """Judge the functions that are compiled together, given by what a `call` names them with.

    Raises InvalidHIR at the first exit that breaks a rule.
    """
    origins = {callee: Origins(fn) for callee, fn in functions.items()}
    effects: set[Any] = set()
    restarts = _recursive(functions)
    known = -1
    while known != len(effects) + len(restarts):
        known = len(effects) + len(restarts)
        for callee, fn in functions.items():
            for instr in _instrs(fn):
                if _changes(instr, origins[callee], effects):
                    effects.add(callee)
                if instr.frame is not None or (instr.op is ops.CALL and instr.payload in restarts):
                    restarts.add(callee)
    for callee, fn in functions.items():
        _check_function(fn, origins[callee], effects, restarts)


def _recursive(functions: dict[Any, Function]) -> set[Any]:
    reached = {callee: {i.payload for i in _instrs(fn) if i.op is ops.CALL} for callee, fn in functions.items()}
    for middle in functions:
        for callees in reached.values():
            if middle in callees:
                callees |= reached[middle]
    return {callee for callee in functions if callee in reached[callee]}


def codes_of(instr: Instr) -> set[str]:
    """The reasons for which the instruction must be able to exit."""
    if instr.op is ops.PRIM:
        return set(instr.payload.exits)
    if instr.op is ops.UNBOX:
        return {RUNTIME_TYPE_MISMATCH}
    return {instr.payload} if instr.op is ops.EXIT else set()


def _instrs(fn: Function) -> list[Instr]:
    return [instr for block in fn.blocks for instr in block.instrs]


def _changes(instr: Instr, origins: Origins, effects: set[Any]) -> bool:
    """Whether the instruction changes what others can see."""
    if instr.op is ops.CALL:
        return instr.payload in effects
    return instr.op is ops.PRIM and instr.payload.effect == MUTATE and OUTSIDE in origins.of[instr.args[0]]


def _check_function(fn: Function, origins: Origins, effects: set[Any], restarts: set[Any]) -> None:
    late = _entered_late(fn, origins, effects)
    for block in fn.blocks:
        changed = block in late
        for instr in block.instrs:
            wanted = codes_of(instr)
            if wanted and (instr.frame is None or set(instr.frame.counters) != wanted):
                raise _invalid(fn, block, instr, f"has no frame state for {', '.join(sorted(wanted))}")
            if changed and instr.frame is not None and instr.frame.kind == "restart":
                raise _invalid(fn, block, instr, "may restart the call after an effect")
            if changed and instr.op is ops.CALL and instr.payload in restarts:
                raise _invalid(fn, block, instr, "calls what may restart the call, after an effect")
            changed = changed or _changes(instr, origins, effects)


def _entered_late(fn: Function, origins: Origins, effects: set[Any]) -> set[Block]:
    """The blocks that control can enter after an effect."""
    late: set[Block] = set()
    work = [block for block in fn.blocks if any(_changes(instr, origins, effects) for instr in block.instrs)]
    while work:
        for target in work.pop().targets:
            if target.block not in late:
                late.add(target.block)
                work.append(target.block)
    return late


def _invalid(fn: Function, block: Block, instr: Instr, what: str) -> InvalidHIR:
    return InvalidHIR(f"{fn.qualname}, block {block.label} at {instr.op.name}: {what}")


class Origins:
    """`of` each reference of a function: the instructions that may have made the object, and OUTSIDE."""

    def __init__(self, fn: Function):
        self.of: defaultdict[Value, set[Any]] = defaultdict(set)
        self._within: defaultdict[Any, set[Any]] = defaultdict(set)
        """The origins of what the objects of an origin may contain."""
        self._within[OUTSIDE].add(OUTSIDE)
        self._moved = True
        for param in fn.entry.params:
            self.of[param].add(OUTSIDE)
        while self._moved:
            self._moved = False
            for block in fn.blocks:
                for instr in block.instrs:
                    self._visit(instr)
                for target in block.targets:
                    for param, arg in zip(target.block.params, target.args):
                        self._add(self.of[param], self.of[arg])

    def _add(self, to: set[Any], more: set[Any]) -> None:
        if not more <= to:
            to |= more
            self._moved = True

    def _visit(self, instr: Instr) -> None:
        result = instr.result
        if instr.op is ops.UNBOX:
            self._add(self.of[instr.out], self.of[instr.args[0]])
        elif instr.op is ops.CALL:
            self._add(self.of[instr.out], {OUTSIDE})
        elif instr.op is not ops.PRIM:
            return
        elif instr.payload.borrows:
            self._add(self.of[instr.out], self._parts(instr.args[0]))
        elif result is not None and result.ty.is_reference:
            self._add(self.of[result], {instr})
            self._fill(instr, instr.args)
        if instr.op is ops.PRIM and instr.payload.effect == MUTATE:
            for origin in list(self.of[instr.args[0]]):
                self._fill(origin, instr.args[1:])
            if result is not None and result.ty.is_reference:
                # An operator in place gives back its operand.
                self._add(self.of[result], self.of[instr.args[0]])

    def _fill(self, origin: Any, values: list[Value]) -> None:
        """Objects of this origin may come to contain the values, or what those contain."""
        for value in values:
            if value.ty.is_reference:
                self._add(self._within[origin], self.of[value] | self._parts(value))

    def _parts(self, value: Value) -> set[Any]:
        return {part for origin in self.of[value] for part in self._within[origin]}
