"""Give everything that may leave native code the frame state it leaves with.

In: typed HIR whose exiting instructions name no exit.  Out: the same HIR, each naming one, or a refusal.

An exit may restart the call only while nothing observable has happened since entry.  What follows an observable effect
on some path would have to resume in the middle; until continuations exist such a function is refused with
EFFECT_BEFORE_EXIT.  Leaving with an exception that is already set (a poll, an allocation) needs no frame state.

    v3 = prim add v1, v2    ; line 4    =>    v3 = prim add v1, v2    exit restart {INTEGER_OVERFLOW: counter 0}
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.hir.ir import Block, FrameState, Function, Instr
from pyvorin.compiler.infer.instances import InferenceError, Instance
from pyvorin.compiler.passes.analysis.freshness import Freshness
from pyvorin.compiler.passes.analysis.recursion import called_by, recursive_among
from pyvorin.compiler.primitives.registry import Primitive
from pyvorin.core import reasons


def exit_codes(instr: Instr) -> tuple[str, ...]:
    """The reasons for which the instruction itself may restart the call."""
    if instr.op is ops.PRIM:
        primitive: Primitive = instr.payload
        return primitive.exits
    if instr.op is ops.UNBOX:
        return (reasons.RUNTIME_TYPE_MISMATCH,)
    if instr.op is ops.EXIT:
        return (instr.payload,)
    if instr.op is ops.POLL:
        return (reasons.ASSUMPTION_INVALIDATED,)
    return ()


def run(instances: list[Instance], counter: Callable[[Instance, str, Instr], int]) -> None:
    """Place the exits of all instances; *counter* makes the counter of one exit.

    Raises:
        InferenceError: an exit could follow an effect (EFFECT_BEFORE_EXIT).
    """
    freshness = find_effects(instances)
    late = _called_late(instances, freshness)
    for instance in instances:
        _place(instance, freshness[instance], instance in late, counter)


def find_effects(instances: list[Instance]) -> dict[Instance, Freshness]:
    """Set `has_effect` and `may_exit` of the instances; what is fresh in each."""
    recursive = recursive_among(instances)
    for instance in instances:
        instance.has_effect = False
        # At the recursion limit CPython is to raise the RecursionError.
        instance.may_exit = instance in recursive
    freshness = {instance: Freshness(instance.hir) for instance in instances}
    moved = True
    while moved:
        moved = False
        for instance in instances:
            before = instance.has_effect, instance.may_exit
            for block in instance.hir.blocks:
                for instr in block.instrs:
                    instance.has_effect |= effect_of(instr, freshness[instance]) is not None
                    instance.may_exit |= may_exit(instr)
            moved |= before != (instance.has_effect, instance.may_exit)
    return freshness


def _called_late(instances: list[Instance], freshness: dict[Instance, Freshness]) -> set[Instance]:
    """The instances that may be entered after an effect of their caller, or of a caller of that."""
    late: set[Instance] = set()
    for instance in instances:
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
    if instr.op is ops.CALL and instr.payload.has_effect:
        return f"the call of '{instr.payload.qualname}'"
    if instr.op is ops.PRIM and instr.payload.effect == MUTATE and not fresh.is_fresh(instr.args[0]):
        return f"'{instr.payload.name.lstrip('.')}'"
    return None


def may_exit(instr: Instr) -> bool:
    """Whether the instruction may restart the call."""
    if instr.op is ops.CALL:
        callee: Instance = instr.payload
        return callee.may_exit
    # A poll after an effect checks no assumptions, so it never exits.
    return bool(exit_codes(instr)) and instr.op is not ops.POLL


def _place(instance: Instance, fresh: Freshness, late: bool, counter: Callable[[Instance, str, Instr], int]) -> None:
    after = after_effect(instance.hir, fresh)
    for block in instance.hir.blocks:
        effect = after.get(block)
        for instr in block.instrs:
            if effect is None:
                codes = exit_codes(instr)
                if codes and not (late and instr.op is ops.POLL):
                    instr.frame = FrameState("restart", {code: counter(instance, code, instr) for code in codes})
            elif may_exit(instr):
                raise InferenceError(
                    reasons.EFFECT_BEFORE_EXIT,
                    instance.qualname,
                    instr.span,
                    operation=_name(instr),
                    effect=effect,
                )
            effect = effect or effect_of(instr, fresh)


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
