"""Drop checks that cannot fail, and move those that would follow an effect before it.

In: typed HIR without frame states.  Out: the same HIR with variants of primitives that check less, and perhaps with checks of
whole loops in front of them.

Exits after an effect are refused by `place_exits`, and checks inside a loop keep LLVM from vectorising it.  So

* what the facts prove (`analysis/ranges.py`) is not checked: `a[i]` in ``for i in range(len(a))``, `i + 1` below a length;
* an index that is checked after an effect is checked before it instead, if its greatest value is known there:

    for i in range(n): out[i] = 0.0     =>      buffer.covers out, n - 1    (exits: CPython runs the call)
                                                for i in range(n): out[i] = 0.0         without checks

  This asks more than the loop may need (it could end early), so it is done only where the function would else be refused;
* arithmetic of ints, and divisors, that do not change in the loop are checked before it in the same way;
* a loop in which arithmetic of NumPy scalars may still exit is run without its stores first (`rehearse.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes import hoist_checks, rehearse
from pyvorin.compiler.passes.analysis.facts import GREATEST, LEAST
from pyvorin.compiler.passes.analysis.ranges import Ranges, State, is_buffer
from pyvorin.compiler.passes.analysis.transfer import REPEATABLE, base_name
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.buffers import item_of

MOST_BLOCKS = 400
"""In a function of more blocks the facts would take longer than all else that is done with it."""


def run(instances: list[Instance]) -> None:
    known = {instance: simplify(instance.hir) for instance in instances}
    for instance in hoist_checks.run(known):
        simplify(instance.hir)
    rehearse.run(instances)


def simplify(fn: Function) -> Ranges | None:
    """Replace each checking primitive whose checks cannot fail; the facts, None if none were asked for."""
    if len(fn.blocks) > MOST_BLOCKS or not any(_candidate(i) for block in fn.blocks for i in block.instrs):
        return None
    ranges = Ranges(fn)
    for block in fn.blocks:
        for instr, here in ranges.walk(block):
            if _candidate(instr):
                name = base_name(instr.payload.name)
                suffix = "unchecked" if name in REPEATABLE and here.has_passed(instr) else RULES[name](here, instr)
                if suffix is not None:
                    _replace(instr, f"{name}.{suffix}")
    return ranges


def _candidate(instr: Instr) -> bool:
    return instr.op is ops.PRIM and bool(instr.payload.exits) and base_name(instr.payload.name) in RULES


def _replace(instr: Instr, name: str) -> None:
    types = tuple(arg.ty for arg in instr.args)
    choice = choose(name, types, (NOT_CONSTANT,) * len(types))
    if choice is not None:
        instr.payload = choice.primitive


Rule = Callable[[State, Instr], "str | None"]


def _getitem(here: State, instr: Instr) -> str | None:
    buffer, index = instr.args
    if not is_buffer(buffer):
        return None
    if here.within(buffer, index):
        return "unchecked"
    return "wrapping" if here.has_checked(buffer, index) else None


def _setitem(here: State, instr: Instr) -> str | None:
    buffer, index, value = instr.args
    if not is_buffer(buffer):
        return None
    item = item_of(buffer.ty)
    fits = True
    if item is not None and not item.is_float:
        low, high = item.bounds()
        fact = here.of(value)
        fits = low <= fact.low and fact.high <= high
    if here.within(buffer, index):
        return "unchecked" if fits else "within"
    if not fits:
        return None
    return "wrapping" if here.has_checked(buffer, index) else "fits"


def _fits_64_bits(low: int, high: int) -> str | None:
    return "unchecked" if low >= LEAST and high <= GREATEST else None


def _add(here: State, instr: Instr) -> str | None:
    x, y = (here.of(arg) for arg in instr.args)
    return _fits_64_bits(x.low + y.low, x.high + y.high)


def _sub(here: State, instr: Instr) -> str | None:
    x, y = (here.of(arg) for arg in instr.args)
    return _fits_64_bits(x.low - y.high, x.high - y.low)


def _mul(here: State, instr: Instr) -> str | None:
    x, y = (here.of(arg) for arg in instr.args)
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    return _fits_64_bits(min(corners), max(corners))


def _neg(here: State, instr: Instr) -> str | None:
    known = here.of(instr.args[0])
    return _fits_64_bits(-known.high, -known.low)


def _divide(here: State, instr: Instr) -> str | None:
    return "unchecked" if here.of(instr.args[1]).low >= 1 else None


def _truediv(here: State, instr: Instr) -> str | None:
    return "unchecked" if instr.args[1].ty.name == "float" and here.is_nonzero(instr.args[1]) else None


def _range_size(here: State, instr: Instr) -> str | None:
    start, stop, step = (here.of(arg) for arg in instr.args)
    if step.low >= 1:
        return _fits_64_bits(stop.low - start.high, stop.high - start.low)
    if step.high <= -1:
        return _fits_64_bits(start.low - stop.high, start.high - stop.low)
    return None


RULES: dict[str, Rule] = {
    "getitem": _getitem,
    "setitem": _setitem,
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "neg": _neg,
    "floordiv": _divide,
    "mod": _divide,
    "truediv": _truediv,
    "range.size": _range_size,
}
"""By primitive: the suffix of the variant that checks no more than is needed here, None for the primitive itself.

Operands of other types than int have no facts, or no variant of that name.
"""
