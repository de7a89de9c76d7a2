"""Which references nobody has to give back: those that live as long as the call, and those that are lent.

A *lent* reference belongs to a container, in which it stays until code of the program runs: an element just read, the same one as
a value of a known type, a parameter to which only such values are passed.  If all its uses come before that, it needs no
reference of its own.

    b0(p):  o = prim attr:next p; q = unbox o; jump b1(q)         b1(lent q):  x = prim attr:size q; y = unbox x
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import ATOMS, PURE, runs_code
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.hir.verify import left_with
from pyvorin.compiler.passes.drop_snapshots import operands
from pyvorin.compiler.primitives.registry import Primitive

Passed = list[tuple[Value, Value]]
"""References on the way to a block: its parameters, and what is passed to them."""


@dataclass(slots=True)
class Uses:
    """Of a block: where the last use of each value is, and until where an owned one is kept; which references are lent, and which
    are owned at its end."""

    last: dict[Value, int]
    lent: set[Value]
    left: list[Value]


def lasting_values(fn: Function) -> set[Value]:
    """Constants, parameters to which only arguments of the call and constants are passed, and these as values of known types."""
    params = {p for block in fn.blocks for p in block.params if p.ty.is_reference}
    instrs = [instr for block in fn.blocks for instr in block.instrs if instr.op in (ops.CONST, ops.UNBOX)]
    edges = [edge for block in fn.blocks for target in block.targets for edge in _passed(target)]
    while True:
        lasting = set(params)
        lasting.update(instr.out for instr in instrs if instr.op is ops.CONST or instr.args[0] in lasting)
        lost = {param for param, arg in edges if param in params and arg not in lasting}
        if not lost:
            return lasting
        params -= lost


def find(fn: Function, lasting: set[Value]) -> dict[Block, Uses]:
    """The uses of values in each block; a parameter is lent if all that is ever passed to it is."""
    params = {p for block in fn.blocks if block is not fn.entry for p in block.params if p.ty.is_reference} - lasting
    edges = [(block, _passed(target)) for block in fn.blocks for target in block.targets]
    edges = [(block, passed) for block, passed in edges if passed]
    found: dict[Block, Uses] = {}
    lost = set(params)
    while True:
        for block in fn.blocks:
            if block not in found or not lost.isdisjoint(block.params):
                found[block] = uses_of(block, lasting, params)
        lost = {p for block, uses in found.items() for p in block.params if p in params and p not in uses.lent}
        for block, passed in edges:
            lost |= _not_lent(passed, found[block], lasting) & params
        if not lost:
            return found
        params -= lost


def uses_of(block: Block, lasting: set[Value], params: set[Value]) -> Uses:
    """params: the parameters, of any block, that may be lent."""
    last: dict[Value, int] = {}
    kept: set[Value] = set()
    for index, instr in enumerate(block.instrs):
        last.update(dict.fromkeys(operands(instr), index))
        # What is handed over to CPython is put into a new object first.
        kept.update(left_with(instr))
    end = len(block.instrs) - 1
    last.update((arg, end) for target in block.targets for arg in target.args)
    running = [index for index, instr in enumerate(block.instrs) if runs_code(instr)]
    made = {p: -1 for p in block.params if p.ty.is_reference}
    for index, instr in enumerate(block.instrs):
        if instr.result is not None and instr.result.ty.is_reference:
            made[instr.result] = index
    for value, start in made.items():
        used = last.get(value, start)
        if used in running and _holds(block.instrs[used]):
            used -= 1
        if any(start < index <= used for index in running):
            kept.add(value)
    while True:
        lent = {p for p in block.params if p in params and p not in kept}
        for instr in block.instrs:
            if instr.result in made and instr.result not in kept and _is_borrowed(instr, lent):
                lent.add(instr.out)
        lent -= lasting
        owned = [value for value in made if value not in lent and value not in lasting]
        until, disturbed = _kept_until(block, made, last, lent, owned)
        if not disturbed:
            last |= until
            return Uses(last, lent, [value for value in owned if last.get(value) == end])
        kept |= disturbed


def _holds(instr: Instr) -> bool:
    """Whether the instruction needs no reference of others to its operands."""
    return instr.op is ops.PRIM and isinstance(instr.payload, Primitive) and instr.payload.holds


def _is_borrowed(instr: Instr, lent: set[Value]) -> bool:
    if instr.op is ops.UNBOX:
        return instr.args[0] in lent
    return is_element(instr)


def is_element(instr: Instr) -> bool:
    """Whether the result is somebody else's reference, a container's or the host's."""
    return instr.op is ops.PRIM and isinstance(instr.payload, Primitive) and instr.payload.borrows


def _kept_until(
    block: Block, made: dict[Value, int], last: dict[Value, int], lent: set[Value], owned: list[Value]
) -> tuple[dict[Value, int], set[Value]]:
    """Until where owned values are kept because something is lent behind their last use; and what cannot be lent so.

    Giving them back may run code of the program, which may not be put behind the reading of anything that it could change.
    """
    until: dict[Value, int] = {}
    disturbed: set[Value] = set()
    spans = [(value, made[value], last[value]) for value in lent if last.get(value, -1) > made[value]]
    for value in owned if spans else ():
        at = last.get(value, made[value])
        user = block.instrs[at] if value in last else None
        goes_on = user is not None and user.op is ops.UNBOX and user.args[0] is value and user.result in owned
        if value.ty.name in ATOMS or goes_on:
            # In the latter case it goes on as the value of a known type.
            continue
        while around := [(other, end) for other, start, end in spans if start <= at < end]:
            behind = max(end for _, end in around)
            if not all(_reads_nothing(instr) for instr in block.instrs[at + 1 : behind + 1]):
                disturbed.update(other for other, _ in around)
                break
            at = until[value] = behind
    return until, disturbed


def _reads_nothing(instr: Instr) -> bool:
    """Whether the instruction depends on nothing that code of the program can change, but for what it exits for."""
    if instr.op is ops.PRIM:
        return bool(instr.payload.effect == PURE)
    return instr.op in (ops.CONST, ops.UNBOX, ops.JUMP, ops.BRANCH, ops.RETURN)


def _not_lent(passed: Passed, uses: Uses, lasting: set[Value]) -> set[Value]:
    """The parameters to which something owned is passed on this way, or while something is given back on it."""
    given = {arg for _, arg in passed}
    if any(value not in given and value.ty.name not in ATOMS for value in uses.left):
        return {param for param, arg in passed if arg not in lasting}
    return {param for param, arg in passed if arg not in uses.lent and arg not in lasting}


def _passed(target: Target) -> Passed:
    pairs = zip(target.block.params, target.args)
    return [(param, arg) for param, arg in pairs if param.ty.is_reference]
