"""What each primitive says about ints: its result, its operands once it has not exited, the ways out of a comparison.

A primitive without a row says nothing, so a new one is never wrong here.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import TYPE_CHECKING

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.passes.analysis.facts import ANY, GREATEST, LEAST, MOST_ITEMS, Fact, between, exactly
from pyvorin.compiler.passes.analysis.roots import Constant, Length
from pyvorin.compiler.primitives.iteration import STRIP
from pyvorin.types.buffers import item_of
from pyvorin.types.spec import BUFFER_NAMES

if TYPE_CHECKING:
    from pyvorin.compiler.passes.analysis.ranges import Ranges, State


def step(ranges: Ranges, state: State, instr: Instr) -> None:
    """Change *state* to what holds after the instruction, given that it did not exit."""
    if instr.op is not ops.PRIM:
        if instr.result is not None and instr.result.ty.name == "int":
            _define(state, instr.result, ANY)
        return
    name = base_name(instr.payload.name)
    result = instr.result
    if result is not None and result.ty.name == "int":
        rule = RESULTS.get(name)
        _define(state, result, rule(ranges, state, instr) if rule is not None else ANY)
    if name in ("getitem", "setitem") and instr.args[0].ty.name in BUFFER_NAMES and instr.args[1].ty.name == "int":
        state.check_passed(instr.args[0], instr.args[1])
    elif name in REPEATABLE and instr.payload.exits:
        state.checked |= {state.check_of(instr)}
    elif name == "buffer.check":
        state.check_passed(instr.args[0], instr.args[1])
    elif name == "truediv" and instr.args[1].ty.name == "float":
        state.checked |= {("nonzero", state.roots[instr.args[1]])}
    elif name == "float.nonzero":
        state.checked |= {("nonzero", state.roots[instr.args[0]])}
    elif name == "buffer.covers":
        _covers(state, *instr.args)
    elif name == "index.nonnegative":
        base, offset = instr.args
        state.learn(base, between(max(LEAST, -state.of(offset).low), GREATEST))


REPEATABLE = frozenset({"add", "sub", "mul", "neg", "range.size"})
"""Checked primitives of ints whose variant without check is right wherever the check has been passed before."""


def base_name(name: str) -> str:
    """The name without what a variant of fewer checks adds."""
    for suffix in (".unchecked", ".within", ".fits", ".wrapping"):
        name = name.removesuffix(suffix)
    return name


def _define(state: State, result: Value, fact: Fact) -> None:
    root = state.roots[result]
    if root is result:
        state.facts[root] = fact
    else:
        state.learn(result, fact)


def _covers(state: State, buffer: Value, base: Value, offset: Value) -> None:
    """base + offset < len(buffer); the offset is a constant."""
    distance = state.of(offset).low
    length = Length(state.roots[buffer])
    most = state.of_root(length).only_above().at_most(length, 0)
    state.learn(base, most.shifted(-1 - distance, -1 - distance))
    if state.of(base).low + distance >= 0:
        least = state.of(base).only_below().shifted(distance + 1, distance + 1)
        state.facts[length] = state.of_root(length).both(least)


# Comparisons

ORDERS = {
    "index.lt": "lt",
    "lt": "lt",
    "le": "le",
    "gt": "gt",
    "ge": "ge",
    "eq": "eq",
    "ne": "ne",
    "index.positive": "positive",
}
NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq", "positive": "nonpositive"}


def assume(state: State, comparison: Instr, holds: bool) -> None:
    """Change *state* to what is known where the comparison has this result."""
    order = ORDERS.get(comparison.payload.name)
    if order is None or any(arg.ty.name != "int" for arg in comparison.args):
        return
    if not holds:
        order = NEGATED[order]
    if order == "positive":
        state.learn(comparison.args[0], between(1, GREATEST))
    elif order == "nonpositive":
        state.learn(comparison.args[0], between(LEAST, 0))
    else:
        a, b = comparison.args
        if order in ("gt", "ge"):
            a, b = b, a
        if order in ("lt", "gt"):
            _less(state, a, b, 1)
        elif order in ("le", "ge"):
            _less(state, a, b, 0)
        elif order == "eq":
            _less(state, a, b, 0)
            _less(state, b, a, 0)
    for arg in comparison.args:
        _backwards(state, arg)


def _backwards(state: State, value: Value) -> None:
    """What is newly known of a square or of a sum with a constant, in terms of the operand."""
    definition = state.roots.definition.get(state.roots[value])
    if definition is None or definition.op is not ops.PRIM or len(definition.args) != 2:
        return
    name = base_name(definition.payload.name)
    a, b = definition.args
    known = state.named(value)
    if name == "mul" and state.roots[a] == state.roots[b] and known.high >= 0:
        root = isqrt(known.high)
        state.learn(a, between(-root, root))
        if state.of(a).low >= 0:
            state.learn(a, known.only_above())
    elif name in ("add", "sub") and isinstance(state.roots[b], Constant):
        by = state.of(b).low if name == "sub" else -state.of(b).low
        state.learn(a, known.shifted(by, by))


def _less(state: State, a: Value, b: Value, by: int) -> None:
    """a + by <= b."""
    low, high = state.named(a).only_below(), state.named(b).only_above()
    state.learn(a, high.shifted(-by, -by))
    state.learn(b, low.shifted(by, by))


# Results


Rule = Callable[["Ranges", "State", Instr], Fact]


def _add(ranges: Ranges, state: State, instr: Instr) -> Fact:
    a, b = instr.args
    x, y = state.of(a), state.of(b)
    fact = state.named(a).shifted(y.low, y.high).both(state.named(b).shifted(x.low, x.high))
    return fact.both(between(max(LEAST, x.low + y.low), min(GREATEST, x.high + y.high)))


def _sub(ranges: Ranges, state: State, instr: Instr) -> Fact:
    a, b = instr.args
    x, y = state.of(a), state.of(b)
    fact = state.named(a).shifted(-y.high, -y.low)
    return fact.both(between(max(LEAST, x.low - y.high), min(GREATEST, x.high - y.low)))


def _mul(ranges: Ranges, state: State, instr: Instr) -> Fact:
    x, y = (state.of(arg) for arg in instr.args)
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    return between(max(LEAST, min(corners)), min(GREATEST, max(corners)))


def _floordiv(ranges: Ranges, state: State, instr: Instr) -> Fact:
    """By a positive number.  Where facts contradict each other control never comes, and anything may be said."""
    x, y = (state.of(arg) for arg in instr.args)
    if not 1 <= y.low <= y.high:
        return ANY
    quotient = between(min(x.low // y.low, x.low // y.high), max(x.high // y.low, x.high // y.high))
    return quotient.both(state.named(instr.args[0]).only_above()) if x.low >= 0 else quotient


def _mod(ranges: Ranges, state: State, instr: Instr) -> Fact:
    x, y = (state.of(arg) for arg in instr.args)
    if y.low < 1:
        return ANY
    rest = state.named(instr.args[1]).only_above().shifted(-1, -1).both(between(0, GREATEST))
    return rest.both(state.named(instr.args[0]).only_above()) if x.low >= 0 else rest


def _and(ranges: Ranges, state: State, instr: Instr) -> Fact:
    x, y = (state.of(arg) for arg in instr.args)
    highs = [fact.high for fact in (x, y) if fact.low >= 0]
    return between(0, min(highs)) if highs else ANY


def _rshift(ranges: Ranges, state: State, instr: Instr) -> Fact:
    x, y = (state.of(arg) for arg in instr.args)
    if x.low < 0 or y.low < 0:
        return ANY
    return between(0, x.high >> min(y.low, 64)).both(state.named(instr.args[0]).only_above())


def _neg(ranges: Ranges, state: State, instr: Instr) -> Fact:
    x = state.of(instr.args[0])
    return between(max(LEAST, -x.high), min(GREATEST, -x.low))


def _abs(ranges: Ranges, state: State, instr: Instr) -> Fact:
    x = state.of(instr.args[0])
    return between(0 if x.low <= 0 <= x.high else min(abs(x.low), abs(x.high)), min(GREATEST, max(-x.low, x.high)))


def _next(ranges: Ranges, state: State, instr: Instr) -> Fact:
    return state.named(instr.args[0]).shifted(1, 1)


def _previous(ranges: Ranges, state: State, instr: Instr) -> Fact:
    return state.named(instr.args[0]).shifted(-1, -1)


def _least(ranges: Ranges, state: State, instr: Instr) -> Fact:
    """index.min: not above either operand."""
    a, b = instr.args
    x, y = state.of(a), state.of(b)
    fact = state.named(a).only_above().both(state.named(b).only_above())
    return fact.both(between(min(x.low, y.low), GREATEST))


def _limit(ranges: Ranges, state: State, instr: Instr) -> Fact:
    """min(index + STRIP, size)."""
    index, size = instr.args
    x, y = state.of(index), state.of(size)
    return state.named(size).only_above().both(between(min(x.low + STRIP, y.low), GREATEST))


def _mirror(ranges: Ranges, state: State, instr: Instr) -> Fact:
    """size - 1 - index, for an index from 0 to size - 1."""
    return state.named(instr.args[1]).only_above().shifted(-1, -1).both(between(0, GREATEST))


def _range_size(ranges: Ranges, state: State, instr: Instr) -> Fact:
    start, stop, step_ = instr.args
    ranges.record(state.roots[instr.out], [state.named(start), state.named(stop), state.of(step_)])
    size = between(0, GREATEST)
    x, y, z = state.of(start), state.of(stop), state.of(step_)
    if z.low < 1:
        return size
    # A step above 1 only makes it smaller; an empty range has size 0 whatever the bounds.
    if x.low >= 0 and y.low >= x.high:
        return size.both(state.named(stop).only_above().shifted(-x.low, -x.low))
    return size.both(between(0, min(GREATEST, max(0, y.high - x.low))))


def _range_item(ranges: Ranges, state: State, instr: Instr) -> Fact:
    """An item lies between the ends of the range whose size is the last operand."""
    start, step_, index, count = instr.args
    definition = ranges.roots.definition.get(state.roots[count])
    if definition is None or definition.op is not ops.PRIM or base_name(definition.payload.name) != "range.size":
        return ANY
    recorded = ranges.at_definition.get(state.roots[count])
    if recorded is None:
        return ANY
    first, last, step_fact = recorded
    roots = state.roots
    if roots[definition.args[0]] != roots[start] or roots[definition.args[2]] != roots[step_]:
        return ANY
    if step_fact.low >= 1:
        fact = first.only_below().both(last.only_above().shifted(-1, -1))
        if state.of(start) == exactly(0) and step_fact == exactly(1):
            fact = fact.both(state.named(index))
        return fact
    if step_fact.high <= -1:
        return first.only_above().both(last.only_below().shifted(1, 1))
    return ANY


def _item(ranges: Ranges, state: State, instr: Instr) -> Fact:
    item = item_of(instr.args[0].ty)
    if item is None or item.is_float:
        return ANY
    low, high = item.bounds()
    return between(low, min(high, GREATEST))


def _size(ranges: Ranges, state: State, instr: Instr) -> Fact:
    return between(0, MOST_ITEMS)


def _from_bool(ranges: Ranges, state: State, instr: Instr) -> Fact:
    return between(0, 1) if instr.args[0].ty.name == "bool" else ANY


RESULTS: dict[str, Rule] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "floordiv": _floordiv,
    "mod": _mod,
    "and": _and,
    "rshift": _rshift,
    "neg": _neg,
    "abs": _abs,
    "index.next": _next,
    "index.previous": _previous,
    "index.min": _least,
    "index.mirror": _mirror,
    "iter.limit": _limit,
    "range.size": _range_size,
    "range.item": _range_item,
    "getitem": _item,
    "iter.item": _item,
    "len": _size,
    "iter.size": _size,
    "convert": _from_bool,
    "index.countdown": lambda ranges, state, instr: exactly(STRIP),
    "ord": lambda ranges, state, instr: between(0, 0x10FFFF),
}
"""By primitive; in-place operators of ints are these, too (`registry.FALLBACKS`)."""
