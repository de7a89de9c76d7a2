"""Read an attribute once, as long as nothing can have changed it.

In: typed HIR before exits are placed.  Out: the same HIR, in which an attribute that was read before, on all ways that lead to an
instruction, and the value that was taken out of it, are not read again: they are passed on to the blocks that need them.  No
code of the program could run since, and nothing was stored.

    o = prim attr:x p; x = unbox o              o = prim attr:x p; x = unbox o
    jump b(p)                             =>    jump b(p, x)
    b(p):  q = prim attr:x p; y = unbox q       b(p, y):
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import runs_code
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.passes.analysis.available import at_heads
from pyvorin.compiler.passes.analysis.dominance import reverse_postorder
from pyvorin.types.spec import Type

Key = tuple[str, "Value | None", "Type | None"]
"""What is read: the primitive, its operand, and the type as a value of which it was taken, None for the object itself."""
READING = frozenset({"attr", "attr.class", "class"})
"""Prefixes of the primitives that read what only a store or code of the program can change."""
OF_CLASSES = frozenset({"instance", "class"})


@dataclass(slots=True)
class _Reads:
    """Of a block: what is known at its head, which of that is needed, and what is known at its end, by the value that has it or
    None for what came in."""

    incoming: frozenset[Key]
    needed: dict[Key, Type] = field(default_factory=dict)
    known: dict[Key, Value | None] = field(default_factory=dict)
    passed: dict[Key, Value] = field(default_factory=dict)
    """The parameters that are added."""


def run(fn: Function) -> None:
    if sum(_read(instr) is not None for block in fn.blocks for instr in block.instrs) < 2:
        return
    order = reverse_postorder(fn)
    if len(order) < len(fn.blocks):
        return
    found = {block: _Reads(incoming) for block, incoming in at_heads(fn, order, _walk, _behind).items()}
    for block in order:
        _find_needs(block, found[block])
    _pass_on_needs(order, found)
    for block in order:
        for key, ty in found[block].needed.items():
            found[block].passed[key] = Value(None, ty)
    for block in order:
        for target in block.targets:
            reads = found[target.block]
            target.args += [_value(found[block], _in_front(key, target)) for key in reads.needed]
    for block in order:
        block.params += found[block].passed.values()
        _replace(block, found[block])


def _read(instr: Instr) -> Key | None:
    if instr.op is not ops.PRIM or instr.payload.name.partition(":")[0] not in READING or not instr.payload.borrows:
        return None
    if any(arg.ty.name not in OF_CLASSES for arg in instr.args):
        return None
    return instr.payload.text, instr.args[0] if instr.args else None, None


def _keys(block: Block) -> dict[Value, Key]:
    """What the results of the block's instructions are."""
    keys: dict[Value, Key] = {}
    for instr in block.instrs:
        key = _read(instr)
        if key is not None:
            keys[instr.out] = key
        elif instr.op is ops.UNBOX and instr.args[0] in keys:
            keys[instr.out] = (*keys[instr.args[0]][:2], instr.out.ty)
    return keys


def _walk(block: Block, known: set[Key]) -> None:
    keys = _keys(block)
    for instr in block.instrs:
        if runs_code(instr):
            known.clear()
        elif instr.result in keys:
            known.add(keys[instr.result])


def _behind(known: set[Key], target: Target) -> frozenset[Key]:
    """What is known at the head of the block, in terms of its parameters."""
    passed = {key for key in known if key[1] is None}
    for param, arg in zip(target.block.params, target.args):
        passed |= {(name, param, ty) for name, operand, ty in known if operand is arg}
    return frozenset(passed)


def _in_front(key: Key, target: Target) -> Key:
    """The same in terms of the block that goes there."""
    name, param, ty = key
    return key if param is None else (name, target.args[target.block.params.index(param)], ty)


def _find_needs(block: Block, reads: _Reads) -> None:
    """What the block reads although it is known at its head, and what is known at its end."""
    keys, known = _keys(block), dict.fromkeys(reads.incoming)
    used = _uses(block)
    for index, instr in enumerate(block.instrs):
        key = keys.get(instr.result) if instr.result is not None else None
        if runs_code(instr):
            known.clear()
        elif key is None or instr.result is None:
            continue
        elif key not in known:
            known[key] = instr.result
        elif known[key] is None and used.get(instr.result):
            # The object itself is not needed where only a value is taken out of it, which is known as well.
            following = block.instrs[index + 1]
            if used[instr.result] != [following] or (
                following.result is None or keys.get(following.result) not in known
            ):
                reads.needed[key] = instr.result.ty
    reads.known = known


def _uses(block: Block) -> dict[Value, list[Instr]]:
    used: dict[Value, list[Instr]] = {}
    for instr in block.instrs:
        for arg in instr.args:
            used.setdefault(arg, []).append(instr)
    for target in block.targets:
        for arg in target.args:
            used.setdefault(arg, []).append(block.terminator)
    return used


def _pass_on_needs(order: list[Block], found: dict[Block, _Reads]) -> None:
    moved = True
    while moved:
        moved = False
        for block in reversed(order):
            for target in block.targets:
                for key, ty in found[target.block].needed.items():
                    own = _in_front(key, target)
                    if found[block].known[own] is None and own not in found[block].needed:
                        found[block].needed[own], moved = ty, True


def _value(reads: _Reads, key: Key) -> Value:
    value = reads.known[key]
    return reads.passed[key] if value is None else value


def _replace(block: Block, reads: _Reads) -> None:
    """Drop what is known already."""
    keys = _keys(block)
    known: dict[Key, Value | None] = {key: reads.passed.get(key) for key in reads.incoming}
    instead: dict[Value, Value] = {}
    kept: list[Instr] = []
    for instr in block.instrs:
        key = keys.get(instr.result) if instr.result is not None else None
        instr.args = [instead.get(arg, arg) for arg in instr.args]
        # Exits may have been placed to find out whether they can be; they are placed anew.
        instr.frame = instr.unwind = None
        if runs_code(instr):
            known.clear()
        elif key is not None and instr.result is not None:
            if key in known:
                value = known[key]
                if value is not None:
                    instead[instr.result] = value
                continue
            known[key] = instr.result
        kept.append(instr)
    block.instrs = kept
    for target in block.targets:
        target.args = [instead.get(arg, arg) for arg in target.args]
