"""Bounds checks of buffers before the effects that they would follow.

Part of `drop_checks`.  In: HIR in which some reads and writes of buffers are still checked after an effect.  Out: the same HIR with checks
in the last block before the first effect that ask for all that these accesses can need; `drop_checks` then drops theirs.

Such a check needs its operands there: the buffer, and either the index itself (it does not change in the loop), or a value that the
index is known not to exceed, such as the end of a range.  The checks may ask for more than the program would have
touched; they exit, and CPython finds out.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes import place_exits
from pyvorin.compiler.passes.analysis.dominance import dominators
from pyvorin.compiler.passes.analysis.facts import MOST_ITEMS
from pyvorin.compiler.passes.analysis.freshness import Freshness
from pyvorin.compiler.passes.analysis.ranges import Ranges, State, is_buffer
from pyvorin.compiler.passes.analysis.roots import Constant, Length, Root
from pyvorin.compiler.passes.analysis.transfer import base_name
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE
from pyvorin.types.spec import INT, NONE, Type


@dataclass(slots=True)
class _Access:
    """A checked access after an effect: roots of buffer and index, and what is known of the index there."""

    block: Block
    buffer: Root
    index: Root
    above: dict[Root, int]
    below: dict[Root, int]
    high: int
    low: int


def run(instances: list[Instance]) -> list[Instance]:
    """Insert the checks; the instances that have new ones."""
    freshness = place_exits.find_effects(instances)
    return [instance for instance in instances if _Hoisting(instance.hir, freshness[instance]).run()]


class _Hoisting:
    """The checks of one function."""

    def __init__(self, fn: Function, fresh: Freshness):
        self.fn = fn
        self.fresh = fresh
        self.after = place_exits.after_effect(fn, fresh)

    def run(self) -> bool:
        if not any(self._is_late(block, instr) for block in self.after for instr in block.instrs):
            return False
        self.ranges = Ranges(self.fn)
        self.roots = self.ranges.roots
        accesses = self._accesses()
        if not accesses:
            return False
        self.dominators = dominators(self.fn)
        self.inserted: set[tuple[Block, str, Root | None, Root, int]] = set()
        for access in accesses:
            for block in self.dominators[access.block]:
                if block not in self.after and not self._has_effect(block) and self._cover(block, access):
                    break
        return bool(self.inserted)

    def _is_late(self, block: Block, instr: Instr) -> bool:
        return instr.op is ops.PRIM and BOUNDS_CHECK_FAILURE in instr.payload.exits and is_buffer(instr.args[0])

    def _has_effect(self, block: Block) -> bool:
        return any(place_exits.effect_of(instr, self.fresh) is not None for instr in block.instrs)

    def _accesses(self) -> list[_Access]:
        found = []
        for block in self.fn.blocks:
            late = block in self.after
            for instr, here in self.ranges.walk(block):
                if late and self._is_late(block, instr) and base_name(instr.payload.name) in ("getitem", "setitem"):
                    found.append(self._access(block, instr, here))
                late = late or place_exits.effect_of(instr, self.fresh) is not None
        return found

    def _access(self, block: Block, instr: Instr, here: State) -> _Access:
        buffer, index = instr.args[0], instr.args[1]
        fact = here.of(index)
        return _Access(
            block, self.roots[buffer], self.roots[index], fact.above, fact.below, fact.high, fact.low
        )

    # One access

    def _cover(self, block: Block, access: _Access) -> bool:
        """Insert the checks of the access into the block; False if they cannot be expressed there."""
        place = _Place(self, block)
        if place.has(access.buffer) and place.has(access.index):
            return place.check("buffer.check", access.buffer, access.index, None)
        if not place.has(access.buffer):
            return False
        floor: tuple[Root, int] | None = None
        if access.low < 0:
            lows = [(root, at) for root, at in access.below.items() if place.has(root) and not isinstance(root, Length)]
            if not lows:
                return False
            floor = max(lows, key=lambda pair: pair[1])
        tops = [(root, at) for root, at in access.above.items() if place.has(root)]
        if tops:
            # A value of the program says it most exactly; lengths of other buffers come next.
            top = min(tops, key=lambda pair: (isinstance(pair[0], Length), pair[1]))
        elif access.high < MOST_ITEMS:
            top = (Constant(access.high), 0)
        else:
            return False
        if floor is not None:
            place.check("index.nonnegative", None, *floor)
        return place.check("buffer.covers", access.buffer, *top)


class _Place:
    """A block in which checks are to be inserted."""

    def __init__(self, hoisting: _Hoisting, block: Block):
        self.hoisting = hoisting
        self.block = block
        self.values: dict[Root, tuple[int, Value]] = {}
        """By root: a value of it, and the index of the first instruction that can use it."""
        roots = hoisting.roots
        for value in block.params:
            self.values.setdefault(roots[value], (0, value))
        for index, instr in enumerate(block.instrs):
            if instr.result is not None:
                self.values.setdefault(roots[instr.result], (index + 1, instr.result))

    def has(self, root: Root) -> bool:
        if isinstance(root, Length):
            return root in self.values or root.of in self.values
        return isinstance(root, Constant) or root in self.values

    def check(self, name: str, buffer: Root | None, index: Root, offset: int | None) -> bool:
        """Insert the check as soon as its operands exist: what follows in this block can rely on it."""
        key = (self.block, name, buffer, index, offset or 0)
        if key in self.hoisting.inserted:
            return True
        self.hoisting.inserted.add(key)
        at = max([self.values[buffer][0] if buffer is not None else 0, self._available(index)])
        code: list[Instr] = []
        args = [self.values[buffer][1]] if buffer is not None else []
        args.append(self._value(index, code))
        if offset is not None:
            args.append(_constant(offset, code))
        code.append(_prim(name, args, NONE))
        self.block.instrs[at:at] = code
        self.values = {r: (p + len(code) if p >= at and p else p, v) for r, (p, v) in self.values.items()}
        return True

    def _available(self, root: Root) -> int:
        if isinstance(root, Constant):
            return 0
        if root in self.values:
            return self.values[root][0]
        assert isinstance(root, Length)
        return self.values[root.of][0]

    def _value(self, root: Root, code: list[Instr]) -> Value:
        if isinstance(root, Constant):
            return _constant(root.value, code)
        if root in self.values:
            return self.values[root][1]
        assert isinstance(root, Length)
        length = _prim("len", [self.values[root.of][1]], INT)
        code.append(length)
        return length.result


def _constant(value: int, code: list[Instr]) -> Value:
    result = Value(None, INT)
    code.append(Instr(ops.CONST, [], result, value))
    return result


def _prim(name: str, args: list[Value], result: Type) -> Instr:
    types = tuple(arg.ty for arg in args)
    choice = choose(name, types, (NOT_CONSTANT,) * len(types))
    assert choice is not None, f"no {name} for {types}"
    return Instr(ops.PRIM, args, Value(None, result), choice.primitive)
