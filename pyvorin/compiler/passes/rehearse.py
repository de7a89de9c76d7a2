"""Rehearse loops of NumPy arithmetic that store: run them once without storing, so that their exits are taken before any effect.

In: HIR whose checks `drop_checks` has dropped where it can.  Out: the same HIR; a loop in which only arithmetic of NumPy scalars
may still exit after a store is there twice.

    for i in range(len(a)):             rehearsal:  a[i] * k                     exits where NumPy would warn
        a[i] = a[i] * k          =>     loop:       a[i] = a[i] * k              exits nowhere, may be vectorised

Both compute the same if no item is read that the loop has written before: arrays that are written are shown at run time not
to overlap those that are read, or an item is read only before it is written, and every item is written in one iteration.
Other threads may write between the two; then the values are still NumPy's, and at worst a warning is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes import place_exits
from pyvorin.compiler.passes.analysis.freshness import Freshness
from pyvorin.compiler.passes.analysis.loops import Loop, outermost_loops
from pyvorin.compiler.passes.analysis.ranges import is_buffer
from pyvorin.compiler.passes.analysis.roots import Constant, Root, Roots
from pyvorin.compiler.passes.analysis.transfer import base_name
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Primitive
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import NONE

NUMPY = frozenset({"npfloat", "npint"})
LOADS = frozenset({"getitem", "iter.item"})


def run(instances: list[Instance]) -> None:
    freshness = place_exits.find_effects(instances)
    for instance in instances:
        _Rehearsal(instance.hir, freshness[instance]).run()


@dataclass(slots=True)
class _Place:
    """An instruction that reads or writes an item: where, and the roots of buffer and index."""

    block: Block
    position: int
    buffer: Value
    index: Root


class _Rehearsal:
    """The loop of one function, if it has one that can be rehearsed."""

    def __init__(self, fn: Function, fresh: Freshness):
        self.fn = fn
        self.fresh = fresh

    def run(self) -> None:
        late = self._late()
        if not late or not all(_is_numpy(instr) for _, instr in late):
            return
        loop = next((loop for loop in outermost_loops(self.fn) if late[0][0] in loop.blocks), None)
        if loop is None or not all(block in loop.blocks for block, _ in late) or not self._is_first(loop):
            return
        self.roots = Roots(self.fn)
        loads, stores = self._items(loop)
        if not stores or loads is None:
            return
        before, target = loop.entering[0]
        apart: list[tuple[Root, Root]] = []
        for store in stores:
            if not self._is_new_each_time(store.index, loop):
                return
            for load in loads:
                pair = (self.roots[load.buffer], self.roots[store.buffer])
                if pair[0] != pair[1]:
                    apart.append(pair)
                elif load.index != store.index or not self._precedes(load, store, loop):
                    return
        if self._check_apart(before, apart):
            _duplicate(self.fn, loop, before, target, self.fresh)

    def _late(self) -> list[tuple[Block, Instr]]:
        """What may exit after an effect."""
        after = place_exits.after_effect(self.fn, self.fresh)
        found = []
        for block in self.fn.blocks:
            effect = block in after
            for instr in block.instrs:
                if effect and place_exits.may_exit(instr):
                    found.append((block, instr))
                effect = effect or place_exits.effect_of(instr, self.fresh) is not None
        return found

    def _is_first(self, loop: Loop) -> bool:
        """Whether the loop is entered in one place, before any effect."""
        if len(loop.entering) != 1:
            return False
        before = loop.entering[0][0]
        return before not in place_exits.after_effect(self.fn, self.fresh) and not any(
            place_exits.effect_of(instr, self.fresh) for instr in before.instrs
        )

    def _items(self, loop: Loop) -> tuple[list[_Place] | None, list[_Place]]:
        """Reads and writes of items in the loop; no reads (None) if anything else in it stands in the way."""
        loads: list[_Place] = []
        stores: list[_Place] = []
        for block in self.fn.blocks:
            if block not in loop.blocks:
                continue
            for position, instr in enumerate(block.instrs):
                if instr.op is ops.CALL:
                    return None, stores
                if instr.op is not ops.PRIM:
                    continue
                buffered = bool(instr.args) and is_buffer(instr.args[0])
                name = base_name(instr.payload.name)
                if buffered and (name in LOADS or name == "setitem"):
                    place = _Place(block, position, instr.args[0], self.roots[instr.args[1]])
                    (stores if name == "setitem" else loads).append(place)
                elif instr.payload.effect == MUTATE:
                    return None, stores
        return loads, stores

    def _is_new_each_time(self, index: Root, loop: Loop) -> bool:
        """Whether the index is another one in each iteration: a counter of the loop, or an item of a range at such a counter."""
        definition = self.roots.definition.get(index)
        if definition is not None and definition.op is ops.PRIM and definition.payload.name == "range.item":
            step = self.roots[definition.args[1]]
            if not isinstance(step, Constant) or not step.value:
                return False
            return self._is_new_each_time(self.roots[definition.args[2]], loop)
        return isinstance(index, Value) and definition is None and self._advances(index, loop)

    def _advances(self, counter: Value, loop: Loop) -> bool:
        """Whether what the parameter is passed within the loop is always its last value and more."""
        incoming: dict[Value, list[Value]] = {}
        for block in loop.blocks:
            for target in block.targets:
                for param, arg in zip(target.block.params, target.args):
                    incoming.setdefault(param, []).append(arg)
        seen: set[Root] = set()
        work: list[Value] = [counter]
        while work:
            param = work.pop()
            if param in seen:
                continue
            seen.add(param)
            if param not in incoming:
                return False
            for arg in incoming[param]:
                root = self.roots[arg]
                definition = self.roots.definition.get(root)
                if definition is not None and self._is_more(definition, counter):
                    continue
                if definition is not None or not isinstance(root, Value) or root is counter:
                    return False
                work.append(root)
        return True

    def _is_more(self, instr: Instr, counter: Value) -> bool:
        if instr.op is not ops.PRIM or self.roots[instr.args[0]] != counter:
            return False
        if instr.payload.name == "index.next":
            return True
        by = self.roots[instr.args[1]] if len(instr.args) == 2 else None
        return base_name(instr.payload.name) == "add" and isinstance(by, Constant) and by.value > 0

    def _precedes(self, load: _Place, store: _Place, loop: Loop) -> bool:
        """Whether the load is never after the store in one iteration."""
        if load.block is store.block:
            return load.position < store.position
        definition = self._block_of(store.index)
        seen = {store.block}
        work = [store.block]
        while work:
            for target in work.pop().targets:
                block = target.block
                if block is load.block and block is not definition:
                    return False
                if block in loop.blocks and block is not definition and block not in seen:
                    seen.add(block)
                    work.append(block)
        return True

    def _block_of(self, root: Root) -> Block | None:
        """The block that gives the root a new value."""
        for block in self.fn.blocks:
            if root in block.params or any(instr.result is root for instr in block.instrs):
                return block
        return None

    def _check_apart(self, before: Block, pairs: list[tuple[Root, Root]]) -> bool:
        """Insert the checks that the buffers do not overlap; False if these are not known there."""
        values = {self.roots[value]: value for value in before.params}
        values |= {self.roots[i.result]: i.result for i in before.instrs if i.result is not None}
        if not all(root in values for pair in pairs for root in pair):
            return False
        for read, written in dict.fromkeys(pairs):
            args = [values[read], values[written]]
            choice = choose("buffer.apart", (args[0].ty, args[1].ty), (NOT_CONSTANT,) * 2)
            assert choice is not None
            before.instrs.insert(-1, Instr(ops.PRIM, args, Value(None, NONE), choice.primitive))
        return True


def _is_numpy(instr: Instr) -> bool:
    """An operator of NumPy scalars: without its exits it still gives what NumPy gives."""
    return _silent(instr) is not None


def _silent(instr: Instr) -> Primitive | None:
    if instr.op is not ops.PRIM or instr.result is None or instr.result.ty.name not in NUMPY:
        return None
    types = tuple(arg.ty for arg in instr.args)
    choice = choose(f"{instr.payload.name}.silent", types, (NOT_CONSTANT,) * len(types))
    return choice.primitive if choice is not None else None


def _duplicate(fn: Function, loop: Loop, before: Block, entering: Target, fresh: Freshness) -> None:
    """Put a copy of the loop without its stores in front of it; wherever the copy is left the loop itself begins."""
    copies = {block: Block(f"{block.label}r") for block in fn.blocks if block in loop.blocks}
    for block, copy in copies.items():
        renamed = {param: Value(param.name, param.ty) for param in block.params}
        carried = [Value(arg.name, arg.ty) for arg in entering.args]
        copy.params = [*renamed.values(), *carried]
        for instr in block.instrs:
            copied = _copy(instr, renamed, fresh)
            copy.instrs.append(copied)
        copy.targets = [
            Target(copies[target.block], [*(renamed[arg] for arg in target.args), *carried])
            if target.block in copies
            else Target(loop.header, list(carried))
            for target in block.targets
        ]
    for block in copies:
        for instr in block.instrs:
            if _is_numpy(instr):
                instr.payload = _silent(instr)
    entering.block = copies[loop.header]
    entering.args = [*entering.args, *entering.args]
    at = fn.blocks.index(next(block for block in fn.blocks if block in copies))
    fn.blocks[at:at] = copies.values()


def _copy(instr: Instr, renamed: dict[Value, Value], fresh: Freshness) -> Instr:
    result = None
    if instr.result is not None:
        result = renamed[instr.result] = Value(instr.result.name, instr.result.ty)
    if place_exits.effect_of(instr, fresh) is not None:
        return Instr(ops.CONST, [], result, None, instr.span)
    return Instr(instr.op, [renamed[arg] for arg in instr.args], result, instr.payload, instr.span)
