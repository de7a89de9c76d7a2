"""Put small functions in the place of their calls.

In: typed HIR of functions that are compiled together, before exits are placed.  Out: the same HIR, in which calls of small
functions that have no effect are replaced by what these do.  That saves the call, and shows what becomes of the objects that
such functions make and take (`replace_objects.py`).

A function that has no effect either ends, or the call is begun again: so wherever the inlined code leaves, it leaves as the
call did, to the state in front of it.  Where the call's block has a snapshot that still holds, the blocks that it is divided into
have it, too.

    v = call Vec.dot(…): a, b    =>    x = prim attr:x a; …; v = prim add …
"""

from __future__ import annotations

from collections.abc import Iterable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes import merge_blocks, place_exits, replace_objects
from pyvorin.compiler.passes.analysis.recursion import recursive_among
from pyvorin.types.spec import CONTAINER_NAMES, Type

SMALL, FEW_BLOCKS = 80, 6
"""A function of more instructions, snapshots not counted, or more blocks is called."""
LARGE = 1500
"""Nothing is put into a function that has so many."""


def run(instances: list[Instance]) -> None:
    """Of the instances that are still called, or entered by CPython, `reachable` finds which they are."""
    for instance in instances:
        merge_blocks.run(instance.hir)
    place_exits.find_effects(instances)
    recursive = recursive_among(instances)
    fitting = {instance for instance in instances if instance not in recursive}
    done: set[Instance] = set()
    for instance in instances:
        _inline_into(instance, fitting, done)


def _inline_into(instance: Instance, fitting: set[Instance], done: set[Instance]) -> None:
    """Into the callees first: what they have become is what is put into their callers."""
    if instance in done:
        return
    done.add(instance)
    for callee in instance.callees:
        if isinstance(callee, Instance):
            _inline_into(callee, fitting, done)
    chosen = {
        callee: callee.hir
        for callee in instance.callees
        if callee in fitting and not (callee.has_effect or callee.may_resume) and _fits(callee)
    }
    if chosen:
        _Inlining(instance.hir, chosen).run()
        merge_blocks.run(instance.hir)
    replace_objects.run(instance)
    instance.callees = list(dict.fromkeys(i.payload for i in _instrs(instance.hir) if isinstance(i.payload, Instance)))


def _instrs(fn: Function) -> Iterable[Instr]:
    return (instr for block in fn.blocks for instr in block.instrs)


def size(fn: Function) -> int:
    return sum(instr.op is not ops.SNAPSHOT for instr in _instrs(fn))


def _fits(callee: Instance) -> bool:
    """Whether the function is small, goes round no loop, and does nothing that depends on whose frame it is in.

    An `__init__` must be one that `replace_objects` can make the object from.
    """
    fn = callee.hir
    if callee.initialises and not replace_objects.is_simple(fn):
        return False
    if len(fn.blocks) > FEW_BLOCKS or size(fn) > SMALL:
        return False
    for instr in _instrs(fn):
        if instr.op in (ops.POLL, ops.TRY) or (instr.op is ops.SNAPSHOT and instr.payload.protected):
            return False
        if instr.op is ops.CALL and not isinstance(instr.payload, Instance):
            return False
        # A container that is made here belongs to this place in the source.
        if instr.result is not None and any(arg.is_variable for arg in _arguments(instr.result)):
            return False
    return any(instr.op is ops.RETURN for instr in _instrs(fn))


def _arguments(value: Value) -> tuple[Type, ...]:
    return value.ty.args if value.ty.name in CONTAINER_NAMES else ()


class _Inlining:
    """Into one function."""

    def __init__(self, fn: Function, chosen: dict[Instance, Function]):
        self.fn = fn
        self.chosen = chosen
        self.size = size(fn)

    def run(self) -> None:
        work = list(self.fn.blocks)
        while work:
            block = work.pop()
            snapshot: Instr | None = None
            protected = False
            for at, instr in enumerate(block.instrs):
                callee = self.chosen.get(instr.payload) if instr.op is ops.CALL else None
                if protected and snapshot is None:
                    # The blocks behind could not say that they are.
                    callee = None
                if callee is not None and self.size + size(callee) <= LARGE:
                    self.size += size(callee)
                    work.append(self.replace(block, at, snapshot, callee))
                    break
                if instr.op is ops.SNAPSHOT:
                    snapshot, protected = instr, instr.payload.protected
                elif place_exits.ends_snapshot(instr):
                    snapshot = None

    def replace(self, block: Block, at: int, snapshot: Instr | None, callee: Function) -> Block:
        """Divide the block at the call; the part behind it."""
        call, rest = block.instrs[at], block.instrs[at + 1 :]
        needed = {arg for instr in rest for arg in instr.args}
        needed.update(arg for target in block.targets for arg in target.args)
        live = [value for value in _defined(block.params, block.instrs[:at]) if value in needed]
        held = live + [v for v in (snapshot.args if snapshot is not None else ()) if v not in live]
        held = list(dict.fromkeys(held))
        if call.constructs and call.args[0] not in held:
            held.append(call.args[0])
        behind = Block(f"{block.label}b{len(self.fn.blocks)}")
        behind.targets = block.targets
        given = self.parameters(behind, held)
        if call.constructs:
            given[call.out] = given[call.args[0]]
        else:
            result = Value(call.out.name, call.out.ty)
            behind.params.append(result)
            given[call.out] = result
        self.keep_snapshot(behind, snapshot, given)
        for instr in rest:
            instr.args = [given.get(arg, arg) for arg in instr.args]
            behind.instrs.append(instr)
        for target in behind.targets:
            target.args = [given.get(arg, arg) for arg in target.args]
        self.fn.blocks.append(behind)
        entry = self.copy(callee, call, held, snapshot, behind)
        block.instrs[at:] = [Instr(ops.JUMP, [], span=call.span)]
        block.targets = [Target(entry, [*call.args, *held])]
        return behind

    def parameters(self, block: Block, values: list[Value]) -> dict[Value, Value]:
        """Parameters of the block for these values of another one."""
        given = {value: Value(value.name, value.ty) for value in values}
        block.params += given.values()
        return given

    @staticmethod
    def keep_snapshot(block: Block, snapshot: Instr | None, given: dict[Value, Value]) -> None:
        if snapshot is not None:
            args = [given[arg] for arg in snapshot.args]
            block.instrs.append(Instr(ops.SNAPSHOT, args, None, snapshot.payload, snapshot.span))

    def copy(self, callee: Function, call: Instr, held: list[Value], snapshot: Instr | None, behind: Block) -> Block:
        """The callee's blocks, each with the values that are held meanwhile; its entry."""
        blocks = {block: Block(f"{block.label}i{len(self.fn.blocks) + i}") for i, block in enumerate(callee.blocks)}
        for block, made in blocks.items():
            known = {param: Value(None, param.ty) for param in block.params}
            made.params += known.values()
            kept = self.parameters(made, held)
            self.keep_snapshot(made, snapshot, kept)
            for instr in block.instrs:
                if instr.op is ops.SNAPSHOT:
                    continue
                if instr.op is ops.RETURN:
                    passed = list(kept.values()) + ([] if call.constructs else [known[instr.args[0]]])
                    made.instrs.append(Instr(ops.JUMP, [], span=call.span))
                    made.targets = [Target(behind, passed)]
                    break
                copied = Instr(
                    instr.op,
                    [known[a] for a in instr.args],
                    None,
                    instr.payload,
                    call.span,
                    constructs=instr.constructs,
                )
                if instr.result is not None:
                    copied.result = known[instr.result] = Value(None, instr.result.ty)
                made.instrs.append(copied)
            else:
                made.targets = [
                    Target(blocks[t.block], [known[a] for a in t.args] + list(kept.values())) for t in block.targets
                ]
        self.fn.blocks += blocks.values()
        return blocks[callee.entry]


def _defined(params: list[Value], instrs: list[Instr]) -> list[Value]:
    return [*params, *(instr.result for instr in instrs if instr.result is not None)]
