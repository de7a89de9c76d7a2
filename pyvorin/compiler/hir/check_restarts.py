"""The judge of exits: no call is ever run again after something of it could be seen (docs/exits.md).

Written from the rules below and not from `passes/place_exits.py` and its analysis, so that a mistake there is not made
here again:

1. What may exit says how: it has a frame state with one counter for each of its reasons.  (A poll may do without: then
   it does not exit.)
2. No `restart` can be reached after an observable effect: a change of an object that may have existed before the call, or
   a call of a function that makes one.  A callee's restart is one of the caller, too, unless the call resumes; so is, at the
   recursion limit, every call of a function that can come to call itself.
3. In a part that handlers protect, whatever may leave with an exception that is set says where CPython raises it.
   What an `__init__` does to an object that its caller has just made is none: then the caller restarts, or resumes, before that.
4. What resumes has the values of a snapshot before it in its block, and nothing has changed since the snapshot that the
   continuation could see: no object that existed before the call or that the snapshot's values lead to.  Or it is the check of
   what an instruction with an effect has given, and has the values of the snapshot behind it.
5. A call of what may resume has the values of the snapshot right behind it, its result among them.

Which objects existed before is found by following every reference to where it was made (inclusion-based points-to
analysis, after L. O. Andersen, "Program Analysis and Specialization for the C Programming Language", 1994): the objects
of one instruction count as one object, and what comes from outside counts as one more, which contains itself.  A list that
nothing refers to yet but the value that is changed (`hir/unshared.py`) is no part of any other.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE, may_leave
from pyvorin.compiler.hir.ir import OUTER, Block, FrameState, Function, Instr, Value
from pyvorin.compiler.hir.outcalls import Outcall
from pyvorin.compiler.hir.unshared import Unshared
from pyvorin.compiler.hir.verify import InvalidHIR
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH

OUTSIDE = "outside"
"""Stands for every object that existed before the call."""


def check(functions: dict[Any, Function]) -> None:
    """Judge the functions that are compiled together, given by what a `call` names them with.

    Raises InvalidHIR at the first exit that breaks a rule.
    """
    origins = _origins(functions)
    # What CPython does in an outcall may be anything.
    outcalls = {i.payload for fn in functions.values() for i in _instrs(fn) if isinstance(i.payload, Outcall)}
    effects: set[Any] = set(outcalls)
    restarts = _recursive(functions) | outcalls
    resumes: set[Any] = set(outcalls)
    known = -1
    while known != len(effects) + len(restarts) + len(resumes):
        known = len(effects) + len(restarts) + len(resumes)
        for callee, fn in functions.items():
            for instr in _instrs(fn):
                if _changes(instr, origins[callee], effects):
                    effects.add(callee)
                called = instr.op is ops.CALL
                if instr.frame is not None and instr.frame.kind == "resume":
                    resumes.add(callee)
                elif (not called and instr.frame is not None) or (called and instr.payload in restarts):
                    restarts.add(callee)
                if called and instr.payload in resumes:
                    resumes.add(callee)
    for callee, fn in functions.items():
        _Judge(fn, origins[callee], effects, restarts, resumes).run()


def _origins(functions: dict[Any, Function]) -> dict[Any, Origins]:
    """The origins in each function.

    Where nothing resumes, a list that every native caller has made itself is no object from outside to the function it is passed
    to.  That is assumed of all that CPython does not enter, until a call shows that it is otherwise.
    """
    own = {callee: {0} if getattr(callee, "initialises", False) else set() for callee in functions}
    calls = [
        (caller, instr)
        for caller, fn in functions.items()
        for instr in _instrs(fn)
        if instr.op is ops.CALL and not isinstance(instr.payload, Outcall)
    ]
    inner = {instr.payload for _, instr in calls if not getattr(instr.payload, "entered", True)}
    if not any(instr.op is ops.SNAPSHOT for fn in functions.values() for instr in _instrs(fn)):
        for callee in inner:
            params = functions[callee].entry.params
            own[callee] |= {at for at, param in enumerate(params) if param.ty is not None and param.ty.name in GROWING}
    while True:
        found = {callee: Origins(fn, own[callee]) for callee, fn in functions.items()}
        moved = False
        for caller, instr in calls:
            for at in [at for at in own[instr.payload] if at or not instr.constructs]:
                if OUTSIDE in found[caller].of[instr.args[at]]:
                    own[instr.payload].discard(at)
                    moved = True
        if not moved:
            return found


GROWING = frozenset({"list", "dict", "set"})
"""Containers that a function may fill for its caller."""


def _recursive(functions: dict[Any, Function]) -> set[Any]:
    reached = {callee: {i.payload for i in _instrs(fn) if i.op is ops.CALL} for callee, fn in functions.items()}
    for middle in functions:
        for callees in reached.values():
            if middle in callees:
                callees |= reached[middle]
    return {callee for callee in functions if callee in reached[callee]}


def codes_of(instr: Instr) -> set[str]:
    """The reasons for which the instruction must be able to exit."""
    if instr.op in (ops.PRIM, ops.TRY):
        return set(instr.payload.exits) - ({instr.caught.code} if instr.caught is not None else set())
    if instr.op is ops.UNBOX:
        return {RUNTIME_TYPE_MISMATCH}
    return {instr.payload} if instr.op is ops.EXIT else set()


def _instrs(fn: Function) -> list[Instr]:
    return [instr for block in fn.blocks for instr in block.instrs]


def _changes(instr: Instr, origins: Origins, effects: set[Any]) -> bool:
    """Whether the instruction changes what others can see."""
    if instr.op is ops.CALL:
        shared = _initialises(instr) and OUTSIDE in origins.of[instr.args[0]]
        return instr.payload in effects or shared
    return instr.op is ops.PRIM and instr.payload.effect == MUTATE and OUTSIDE in origins.of[instr.args[0]]


def _initialises(instr: Instr) -> bool:
    """Whether the call may change its first argument, an object that nobody else knows, without that being its effect."""
    return not instr.constructs and getattr(instr.payload, "initialises", False)


class _Judge:
    """Applies the rules to one function."""

    def __init__(
        self, fn: Function, origins: Origins, effects: set[Any], restarts: set[Any], resumes: set[Any]
    ) -> None:
        self.fn = fn
        self.origins = origins
        self.effects = effects
        self.restarts = restarts
        self.resumes = resumes
        # State of the block at hand:
        self.block = fn.entry
        self.snapshot: Instr | None = None
        self.protected = False

    @cached_property
    def unshared(self) -> Unshared:
        return Unshared(self.fn)

    def run(self) -> None:
        late = _entered_late(self.fn, self.origins, self.effects)
        changing = self.changing_regions()
        for block in self.fn.blocks:
            self.block, self.snapshot, self.protected, changed = block, None, False, block in late
            for index, instr in enumerate(block.instrs):
                if instr.op is ops.SNAPSHOT:
                    self.snapshot = instr if instr.payload.usable and instr.payload.region not in changing else None
                    self.protected = instr.payload.protected
                    continue
                self.judge(index, instr, changed)
                changed = changed or _changes(instr, self.origins, self.effects)
                if self.snapshot is not None and self.disturbs(block, index, self.snapshot):
                    self.snapshot = None

    def changing_regions(self) -> set[int]:
        """The comprehensions in which something that existed before the call is changed: a snapshot there holds once only."""
        found = set()
        for block in self.fn.blocks:
            here: Instr | None = None
            for index, instr in enumerate(block.instrs):
                if instr.op is ops.SNAPSHOT:
                    here = None if instr.payload.caught else instr
                elif here is not None and here.payload.region and self.disturbs(block, index, here):
                    found.add(here.payload.region)
        return found

    def judge(self, index: int, instr: Instr, changed: bool) -> None:
        wanted, frame = codes_of(instr), instr.frame
        if wanted and (frame is None or set(frame.counters) != wanted):
            raise self.invalid(instr, f"has no frame state for {', '.join(sorted(wanted))}")
        resumes = frame is not None and frame.kind == "resume"
        if frame is not None and frame.kind == "after" and (instr.op is not ops.CALL or instr.payload in self.restarts):
            raise self.invalid(instr, "may leave before it is done, and says nothing of that")
        if changed and frame is not None and frame.kind == "restart":
            raise self.invalid(instr, "may restart the call after an effect")
        if changed and instr.op is ops.CALL and instr.payload in self.restarts and not resumes:
            raise self.invalid(instr, "calls what may restart the call, after an effect")
        if frame is not None and resumes and not self.is_state_before(frame, index, instr):
            raise self.invalid(instr, "resumes with other values than those of a snapshot that still holds")
        if instr.unwind is not None and (
            self.snapshot is None or not set(instr.unwind.values) <= set(self.snapshot.args)
        ):
            raise self.invalid(instr, "unwinds with other values than those of a snapshot that still holds")
        silent = instr.unwind is None and (frame is None or frame.after is None)
        silent = silent and instr.op not in (ops.EXIT, ops.UNBOX)  # These set no exception.
        if self.protected and silent and may_leave(instr):
            raise self.invalid(instr, "may raise in a protected part without saying where")
        if instr.op is ops.CALL and instr.payload in self.resumes and not self.is_state_behind(index, instr):
            raise self.invalid(instr, "calls what may resume, without the snapshot behind it")

    def is_state_before(self, frame: FrameState, index: int, instr: Instr) -> bool:
        here = self.snapshot
        if here is not None and frame.point is here.payload and frame.values == tuple(here.args):
            return True
        before, behind = self.block.instrs[index - 1], self.block.instrs[index + 1]
        if instr.op is not ops.UNBOX or not index or before.result is not instr.args[0]:
            return False
        values = tuple(instr.args[0] if value is instr.result else value for value in behind.args)
        return behind.op is ops.SNAPSHOT and frame.point is behind.payload and frame.values == values

    def is_state_behind(self, index: int, instr: Instr) -> bool:
        after, behind = instr.frame.after if instr.frame is not None else None, self.block.instrs[index + 1]
        if after is None or behind.op is not ops.SNAPSHOT:
            return False
        return (
            after.point is behind.payload
            and after.values == tuple(behind.args)
            and behind.args[after.result] is instr.result
        )

    def disturbs(self, block: Block, index: int, snapshot: Instr) -> bool:
        """Whether the instruction with this index changes what a continuation from the snapshot could see."""
        instr = block.instrs[index]
        if instr.op is ops.CALL:
            made = self.origins.of[instr.args[0]] if instr.constructs or _initialises(instr) else set()
            known = any(made & self.origins.led_to(value) for value in snapshot.args)
            return instr.payload in self.effects or known
        if instr.op is not ops.PRIM or instr.payload.effect != MUTATE:
            return False
        changed = self.origins.of[instr.args[0]]
        if instr.args[0] not in snapshot.args and instr.args[0] in self.unshared.before(block, index):
            return False
        return OUTSIDE in changed or any(changed & self.origins.led_to(value) for value in snapshot.args)

    def invalid(self, instr: Instr, what: str) -> InvalidHIR:
        return InvalidHIR(f"{self.fn.qualname}, block {self.block.label} at {instr.op.name}: {what}")


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


class Origins:
    """`of` each reference of a function: the instructions that may have made the object, and OUTSIDE."""

    def __init__(self, fn: Function, own: set[int]):
        """own: the arguments, by index, that were made by the callers, and that nobody else knows."""
        self.of: defaultdict[Value, set[Any]] = defaultdict(set)
        self._within: defaultdict[Any, set[Any]] = defaultdict(set)
        """The origins of what the objects of an origin may contain."""
        self._within[OUTSIDE].add(OUTSIDE)
        self._moved = True
        for at, param in enumerate(fn.entry.params):
            self.of[param].add(param if at in own else OUTSIDE)
            if at in own:
                self._within[param].add(OUTSIDE)
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
        elif instr.op is ops.CALL and (instr.constructs or _initialises(instr)):
            # Whether it has made itself known elsewhere is an effect of the callee's, after which nothing restarts.
            self._add(self.of[instr.out], self.of[instr.args[0]] if instr.constructs else {OUTSIDE})
            for origin in list(self.of[instr.args[0]]):
                self._fill(origin, instr.args[1:])
                self._add(self._within[origin], {OUTSIDE})
        elif instr.op is ops.CALL or (instr.op is ops.CONST and isinstance(instr.payload, OUTER)):
            self._add(self.of[instr.out], {OUTSIDE})
        elif instr.op is not ops.PRIM:
            return
        elif instr.payload.name == "bound.self":
            for origin in self.of[instr.args[0]]:
                made_here = isinstance(origin, Instr) and origin.payload.name.startswith("bound.make:")
                self._add(self.of[instr.out], self.of[origin.args[0]] if made_here else self._within[origin])
        elif instr.payload.name.startswith("as:"):
            self._add(self.of[instr.out], self.of[instr.args[0]])
        elif instr.payload.borrows:
            self._add(self.of[instr.out], self._parts(instr.args[0]) if instr.args else {OUTSIDE})
        elif result is not None and result.ty.is_reference:
            self._add(self.of[result], {instr})
            self._fill(instr, instr.args)
            if instr.payload.result_boxed:
                # What was taken out of a container, or a default that was given.
                self._add(self.of[result], self._parts(instr.args[0]))
                for arg in instr.args[1:]:
                    self._add(self.of[result], self.of[arg])
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

    def led_to(self, value: Value) -> set[Any]:
        """The origins of the object and of all that it may contain, however deep."""
        found, work = set(self.of[value]), list(self.of[value])
        while work:
            new = self._within[work.pop()] - found
            found |= new
            work.extend(new)
        return found

    def _parts(self, value: Value) -> set[Any]:
        return {part for origin in self.of[value] for part in self._within[origin]}
