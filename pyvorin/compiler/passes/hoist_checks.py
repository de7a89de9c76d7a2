"""Checks before the effects that they would follow.

Part of `drop_checks`.  In: HIR in which some reads and writes of buffers, and some arithmetic, are still checked after an effect.
Out: the same HIR with checks in the last block before the first effect that ask for all that these can need; `drop_checks` then
drops theirs.

Such a check needs its operands there: the buffer, and either the index itself (it does not change in the loop), or a value that
the index is known not to exceed, such as the end of a range.  The checks may ask for more than the program would have
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
from pyvorin.compiler.passes.analysis.ranges import Check, Ranges, State, is_buffer
from pyvorin.compiler.passes.analysis.roots import Constant, Length, Root
from pyvorin.compiler.passes.analysis.transfer import REPEATABLE, base_name
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE
from pyvorin.types.spec import INT, NONE, Type


def _is_access(instr: Instr) -> bool:
    """A read or write of a buffer whose index is still checked."""
    if instr.op is not ops.PRIM or not instr.args or not is_buffer(instr.args[0]):
        return False
    return base_name(instr.payload.name) in ("getitem", "setitem") and BOUNDS_CHECK_FAILURE in instr.payload.exits


def _is_arithmetic(instr: Instr) -> bool:
    """A checked operation of ints that can be done twice, or a division whose divisor can be checked before."""
    if instr.op is not ops.PRIM or not instr.payload.exits:
        return False
    if base_name(instr.payload.name) in REPEATABLE:
        return all(arg.ty.name == "int" for arg in instr.args)
    return instr.payload.name == "truediv" and instr.args[1].ty.name == "float"


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


def run(known: dict[Instance, Ranges | None]) -> list[Instance]:
    """Insert the checks, given the facts about each instance; the instances that have new ones."""
    freshness = place_exits.find_effects(list(known))
    return [
        instance
        for instance, ranges in known.items()
        if ranges is not None and _Hoisting(instance.hir, freshness[instance], ranges).run()
    ]


class _Hoisting:
    """The checks of one function."""

    def __init__(self, fn: Function, fresh: Freshness, ranges: Ranges):
        self.fn = fn
        self.fresh = fresh
        self.ranges = ranges
        self.after = place_exits.after_effect(fn, fresh)

    def run(self) -> bool:
        if not self.after or not any(is_buffer(param) for param in self.fn.entry.params):
            return False
        if not any(_is_access(instr) or _is_arithmetic(instr) for block in self.after for instr in block.instrs):
            return False
        self.roots = self.ranges.roots
        self.dominators = dominators(self.fn)
        self.inserted: set[tuple[Block, str, Root | None, Root, int]] = set()
        self.repeated: set[tuple[Block, Check]] = set()
        accesses = self._accesses()
        for instr, block in self.arithmetic:
            for before in self._places(block):
                if _Place(self, before).repeat(instr):
                    break
        for access in accesses:
            for before in self._places(access.block):
                if self._cover(before, access):
                    break
        return bool(self.inserted or self.repeated)

    def _places(self, block: Block) -> list[Block]:
        """The blocks before all effects that control has passed through when it comes to *block*, nearest first."""
        return [
            before for before in self.dominators[block] if before not in self.after and not self._has_effect(before)
        ]

    def _has_effect(self, block: Block) -> bool:
        return any(place_exits.effect_of(instr, self.fresh) is not None for instr in block.instrs)

    def _accesses(self) -> list[_Access]:
        found = []
        self.arithmetic: list[tuple[Instr, Block]] = []
        for block in self.fn.blocks:
            late = block in self.after
            for instr, here in self.ranges.walk(block):
                if late and _is_access(instr):
                    found.append(self._access(block, instr, here))
                elif late and _is_arithmetic(instr):
                    self.arithmetic.append((instr, block))
                late = late or place_exits.effect_of(instr, self.fresh) is not None
        return found

    def _access(self, block: Block, instr: Instr, here: State) -> _Access:
        buffer, index = instr.args[0], instr.args[1]
        fact = here.of(index)
        return _Access(block, self.roots[buffer], self.roots[index], fact.above, fact.below, fact.high, fact.low)

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
        tops = [
            (root, at)
            for root, at in access.above.items()
            if place.has(root) and not (root == Length(access.buffer) and at >= 0)  # which could never hold
        ]
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
        self._insert(at, code)
        return True

    def repeat(self, instr: Instr) -> bool:
        """Do the arithmetic here already; False if its operands are not known here."""
        is_division = instr.payload.name == "truediv"
        roots = [self.hoisting.roots[arg] for arg in instr.args]
        if is_division:
            roots = roots[1:]
        if not all(self.has(root) for root in roots):
            return False
        key = (self.block, (instr.payload, *roots))
        if key not in self.hoisting.repeated:
            self.hoisting.repeated.add(key)
            at = max(self._available(root) for root in roots)
            code: list[Instr] = []
            args = [self._value(root, code) for root in roots]
            if is_division:
                code.append(_prim("float.nonzero", args, NONE))
            else:
                code.append(Instr(ops.PRIM, args, Value(None, INT), instr.payload, instr.span))
            self._insert(at, code)
        return True

    def _insert(self, at: int, code: list[Instr]) -> None:
        self.block.instrs[at:at] = code
        self.values = {r: (p + len(code) if p >= at and p else p, v) for r, (p, v) in self.values.items()}

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
        return length.out


def _constant(value: int, code: list[Instr]) -> Value:
    result = Value(None, INT)
    code.append(Instr(ops.CONST, [], result, value))
    return result


def _prim(name: str, args: list[Value], result: Type) -> Instr:
    types = tuple(arg.ty for arg in args)
    choice = choose(name, types, (NOT_CONSTANT,) * len(types))
    assert choice is not None, f"no {name} for {types}"
    return Instr(ops.PRIM, args, Value(None, result), choice.primitive)
