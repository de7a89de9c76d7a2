"""Give everything that may leave native code the frame state it leaves with.

In: typed HIR whose exiting instructions name no exit.  Out: the same HIR, each naming one, or a refusal.

An exit may restart the call only while nothing observable has happened since entry.  After that it must resume: CPython goes on
at the last snapshot, with the values that it had.  Between a snapshot and an exit that uses it nothing may have an effect,
observable or not, since CPython does that part again.  What leaves when its own effect is done (a callee that has resumed, the
check of what `pop` has given) uses the snapshot behind it.  Where there is no such snapshot the function is refused with
EFFECT_BEFORE_EXIT; functions that were built without snapshots (`frontend.function.build`) are refused at every exit after an
effect.

A *detour*, an `exit` that stands for what has no native form, always resumes where it can: what is done need not be done again,
and CPython may come back at the head of a loop.

Leaving with an exception that is already set (a poll, an allocation) needs no frame state.

    v3 = prim add v1, v2    ; line 4    =>    v3 = prim add v1, v2    restart {INTEGER_OVERFLOW: counter 0}
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE, OWN, may_leave
from pyvorin.compiler.hir.ir import After, Block, FrameState, Function, Instr, Unwind
from pyvorin.compiler.infer.instances import InferenceError, Instance
from pyvorin.compiler.passes.analysis import owned
from pyvorin.compiler.passes.analysis.freshness import Freshness
from pyvorin.compiler.passes.analysis.recursion import called_by, recursive_among
from pyvorin.compiler.primitives.registry import Primitive
from pyvorin.core import reasons

Counter = Callable[[Instance, str, Instr], int]


def exit_codes(instr: Instr) -> tuple[str, ...]:
    """The reasons for which the instruction itself may leave native code."""
    if instr.op in (ops.PRIM, ops.TRY):
        primitive: Primitive = instr.payload
        caught = None if instr.caught is None else instr.caught.code
        return tuple(code for code in primitive.exits if code != caught)
    if instr.op is ops.UNBOX:
        return (reasons.RUNTIME_TYPE_MISMATCH,)
    if instr.op is ops.EXIT:
        return (instr.payload,)
    if instr.op is ops.POLL:
        return (reasons.ASSUMPTION_INVALIDATED,)
    return ()


def run(instances: list[Instance], counter: Counter) -> None:
    """Place the exits of all instances; *counter* makes the counter of one exit.

    Raises:
        InferenceError: an exit could follow an effect (EFFECT_BEFORE_EXIT).
    """
    freshness = find_effects(instances)
    late = _called_late(instances, freshness)
    for instance in instances:
        _Placing(instance, freshness[instance], instance in late, counter).run()


def find_effects(instances: list[Instance]) -> dict[Instance, Freshness]:
    """Set `has_effect`, `may_exit` and `may_resume` of the instances; what is fresh in each."""
    recursive = recursive_among(instances)
    for instance in instances:
        instance.has_effect = instance.may_resume = False
        # At the recursion limit CPython is to raise the RecursionError.
        instance.may_exit = instance in recursive
    freshness = owned.freshness_of(instances)
    callers: dict[Instance, dict[Instance, None]] = {}
    for instance in instances:
        for block in instance.hir.blocks:
            for instr in block.instrs:
                if instr.op is ops.CALL and isinstance(instr.payload, Instance):
                    callers.setdefault(instr.payload, {})[instance] = None
    # Those that are called mostly come behind those that call them.
    waiting = dict.fromkeys(instances)
    while waiting:
        instance, _ = waiting.popitem()
        before = instance.has_effect, instance.may_exit, instance.may_resume
        for block in instance.hir.blocks:
            for instr in block.instrs:
                instance.has_effect = instance.has_effect or effect_of(instr, freshness[instance]) is not None
                instance.may_exit = instance.may_exit or may_exit(instr)
        instance.may_resume = instance.untyped.resumable and _may_resume(instance, freshness[instance])
        if before != (instance.has_effect, instance.may_exit, instance.may_resume):
            waiting.update(callers.get(instance, {}))
    return freshness


def _may_resume(instance: Instance, fresh: Freshness) -> bool:
    after = after_effect(instance.hir, fresh) if instance.has_effect else {}
    for block in instance.hir.blocks:
        effect = block in after
        for instr in block.instrs:
            # An outcall may raise, wherever it is.
            resumes = instr.op is ops.CALL and instr.payload.may_resume
            if resumes or is_detour(instr) or (effect and (exit_codes(instr) or may_exit(instr))):
                return True
            effect = effect or effect_of(instr, fresh) is not None
    return False


def is_detour(instr: Instr) -> bool:
    """Whether native code is left here for what it has no form for."""
    return instr.op is ops.EXIT and reasons.TABLE[instr.payload].scope == reasons.FUNCTION


def _called_late(instances: list[Instance], freshness: dict[Instance, Freshness]) -> set[Instance]:
    """The instances that may be entered after an effect of their caller, or of a caller of that, which cannot resume."""
    late: set[Instance] = set()
    for instance in instances:
        if instance.untyped.resumable:
            continue
        after = after_effect(instance.hir, freshness[instance])
        for block in instance.hir.blocks:
            effect = block in after
            for instr in block.instrs:
                if effect and instr.op is ops.CALL:
                    late.update([instr.payload, *called_by(instr.payload)])
                effect = effect or effect_of(instr, freshness[instance]) is not None
    return late


def effect_of(instr: Instr, fresh: Freshness) -> str | None:
    """What observable thing the instruction does, in words; None if nothing."""
    shares = initialises(instr) and not fresh.is_fresh(instr.args[0])
    if instr.op is ops.CALL and (instr.payload.has_effect or shares):
        return f"the call of '{instr.payload.qualname}'"
    if instr.op is ops.PRIM and instr.payload.effect == MUTATE and not fresh.is_fresh(instr.args[0]):
        return f"'{instr.payload.name.lstrip('.')}'"
    return None


def initialises(instr: Instr) -> bool:
    """Whether the call may change its first argument, an object that is being made, without that being its effect."""
    return isinstance(instr.payload, Instance) and instr.payload.initialises and not instr.constructs


def ends_snapshot(instr: Instr) -> bool:
    """Whether what came before the instruction must not be done again after it."""
    if instr.op is ops.CALL:
        return bool(instr.payload.has_effect or initialises(instr))
    return instr.op is ops.PRIM and instr.payload.effect == MUTATE and instr.payload.name not in OWN


def may_exit(instr: Instr) -> bool:
    """Whether the instruction may restart the call."""
    if instr.op is ops.CALL:
        callee: Instance = instr.payload
        return callee.may_exit
    # A poll after an effect checks no assumptions unless it can resume.
    return bool(exit_codes(instr)) and instr.op is not ops.POLL


class _Placing:
    """Places the exits of one instance."""

    def __init__(self, instance: Instance, fresh: Freshness, late: bool, counter: Counter):
        self.instance = instance
        self.fresh = fresh
        self.late = late
        self.counter = counter
        self.snapshot: Instr | None = None
        self.unwinding: Unwind | None = None
        """How what the snapshot is for leaves with an exception: one place for all of them."""
        self.protected = False

    def run(self) -> None:
        after = after_effect(self.instance.hir, self.fresh)
        done = regions_with_effects(self.instance.hir)
        for block in self.instance.hir.blocks:
            effect = after.get(block)
            self.snapshot, self.protected = None, False
            for index, instr in enumerate(block.instrs):
                if instr.op is ops.SNAPSHOT:
                    self.protected, self.unwinding = instr.payload.protected, None
                    self.snapshot = instr if instr.payload.usable and instr.payload.region not in done else None
                    continue
                self.place(block, index, instr, effect)
                self.place_unwinding(instr, effect)
                if ends_snapshot(instr):
                    self.snapshot = None
                effect = effect or effect_of(instr, self.fresh)

    def place(self, block: Block, index: int, instr: Instr, effect: str | None) -> None:
        codes = exit_codes(instr)
        if instr.op is ops.CALL:
            self.place_call(block, index, instr, effect)
        elif effect is None and (self.snapshot is None or not is_detour(instr)):
            if codes and not (self.late and instr.op is ops.POLL):
                instr.frame = FrameState("restart", self.counters(codes, instr))
        elif codes:
            behind = _behind(block, index, instr)
            if behind is not None:
                point, values = behind.payload, tuple(instr.args[0] if v is instr.result else v for v in behind.args)
                instr.frame = FrameState("resume", self.counters(codes, instr), point, values)
            elif self.snapshot is not None:
                values = tuple(self.snapshot.args)
                instr.frame = FrameState("resume", self.counters(codes, instr), self.snapshot.payload, values)
            elif may_exit(instr):
                raise self.refusal(instr, effect or "part of the statement")

    def place_unwinding(self, instr: Instr, effect: str | None) -> None:
        """An exception that is set when native code is left is raised by CPython, where it may be handled.

        That of a signal handler is in any case, so that its traceback has the function.
        """
        instr.unwind = None
        has_after = instr.frame is not None and instr.frame.after is not None
        if instr.op in (ops.EXIT, ops.UNBOX) or has_after or not may_leave(instr):
            # An exit sets no exception, nor does the check of a type.
            return
        if not (self.protected or instr.op is ops.POLL):
            return
        if self.snapshot is not None:
            if self.unwinding is None:
                point, kept = self.snapshot.payload.unwinding()
                self.unwinding = Unwind(point, tuple(self.snapshot.args[index] for index in kept))
            instr.unwind = self.unwinding
        elif self.protected:
            raise self.refusal(instr, effect or "part of the statement")

    def place_call(self, block: Block, index: int, instr: Instr, effect: str | None) -> None:
        """A call that exits is done again; one that has resumed is over."""
        callee: Instance = instr.payload
        after = None
        if callee.may_resume:
            following = block.instrs[index + 1]
            if not _has_result(following, instr) or not _can_raise(following, instr):
                raise self.refusal(instr, effect or f"the call of '{callee.qualname}'")
            after = After(following.payload, tuple(following.args), following.args.index(instr.out))
        counters = self.counters((reasons.RUNTIME_TYPE_MISMATCH,), instr) if after is not None else {}
        if effect is None or not callee.may_exit:
            kind = "restart" if effect is None else "after"
            instr.frame = FrameState(kind, counters, after=after) if after is not None else None
        elif self.snapshot is None:
            raise self.refusal(instr, effect)
        else:
            instr.frame = FrameState("resume", counters, self.snapshot.payload, tuple(self.snapshot.args), after)

    def counters(self, codes: tuple[str, ...], instr: Instr) -> dict[str, int]:
        return {code: self.counter(self.instance, code, instr) for code in codes}

    def refusal(self, instr: Instr, effect: str) -> InferenceError:
        refusal = InferenceError(
            reasons.EFFECT_BEFORE_EXIT, self.instance.qualname, instr.span, operation=_name(instr), effect=effect
        )
        refusal.node = instr.node
        return refusal


def _behind(block: Block, index: int, instr: Instr) -> Instr | None:
    """The snapshot behind the check of what an instruction with an effect has given; None if this is something else."""
    if instr.op is not ops.UNBOX or not index:
        return None
    before, following = block.instrs[index - 1], block.instrs[index + 1]
    if before.result is not instr.args[0] or not ends_snapshot(before):
        return None
    return following if _has_result(following, instr) else None


def regions_with_effects(fn: Function) -> set[int]:
    """The comprehensions that change something: none of them can be begun again once an iteration is over."""
    found = set()
    for block in fn.blocks:
        region = 0
        for instr in block.instrs:
            if instr.op is ops.SNAPSHOT:
                region = 0 if instr.payload.caught else instr.payload.region
            elif region and ends_snapshot(instr):
                found.add(region)
    return found


def _has_result(snapshot: Instr, instr: Instr) -> bool:
    """Whether this is a snapshot, at which CPython could go on with the instruction's result."""
    return snapshot.op is ops.SNAPSHOT and snapshot.payload.usable and instr.result in snapshot.args


def _can_raise(snapshot: Instr, instr: Instr) -> bool:
    """Whether CPython could go on there with the exception that the instruction has raised."""
    return snapshot.payload.raising(snapshot.args.index(instr.out)) is not None


def after_effect(fn: Function, fresh: Freshness) -> dict[Block, str]:
    """The blocks that control can enter after an effect, with the effect's words."""
    after: dict[Block, str] = {}
    work: list[tuple[Block, str]] = []
    for block in fn.blocks:
        for instr in block.instrs:
            effect = effect_of(instr, fresh)
            if effect is not None:
                work.extend((target.block, effect) for target in block.targets)
                break
    while work:
        block, effect = work.pop()
        if block not in after:
            after[block] = effect
            work.extend((target.block, effect) for target in block.targets)
    return after


def _name(instr: Instr) -> str:
    if isinstance(instr.payload, Primitive):
        return f"'{instr.payload.name.lstrip('.')}'"
    if instr.op is ops.CALL:
        return f"the call of '{instr.payload.qualname}'"
    if instr.op is ops.UNBOX:
        return f"the check that an element is of type {instr.out.ty}"
    return "a statement that raises"
