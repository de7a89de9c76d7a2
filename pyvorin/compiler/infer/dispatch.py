"""Operations on an object of one of several classes: done for each class, and gone on with for all of them together.

    y = x.area() + 1      =>    branch type.is:instance[Disc] x, b1(x), b2(x)
                                b1(x): x1 = unbox x; y1 = call Disc.area x1;   jump b3(x, y1)
                                b2(x): x2 = unbox x; y2 = call Square.area x2; jump b3(x, y2)
                                b3(x, y): …      x is an object of several classes again

Without that, what follows would be there once for each class, and once for each pair of classes where a second object comes in.
What is not the same type for all goes on separately, as do the alternatives that are no instances (`Narrowing.split`): those are
few, and much of what follows depends on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyvorin.compiler.frontend.cached import CALL as CACHE
from pyvorin.compiler.frontend.classes import GETTER, QUIET, SETTER
from pyvorin.compiler.frontend.operators import METHODS
from pyvorin.compiler.frontend.protocol import CALL
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import NAMES, SPREAD, Block, Instr, Target, Value
from pyvorin.compiler.hir.outcalls import Outcall
from pyvorin.compiler.infer.emission import Stop
from pyvorin.compiler.infer.narrowing import SPLITS, Narrowing, Split, State, keeps
from pyvorin.compiler.infer.objects import OF_CLASSES
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.types.spec import NEVER, NONE, OBJECT, Type, join

LOOK_UP = "method:"
"""How the primitives begin that look for a method, which is called once its arguments are there."""
OF_ATTRIBUTES = ("attr:", "attr.set:")
"""And those that read or write an attribute."""


@dataclass(slots=True)
class Outcome:
    """What doing it for a class has led to: the block that goes on behind it, and what is known there."""

    block: Block
    state: State
    latest: Instr | None
    at: int
    """The index of the instruction that is next."""


class Dispatch(Narrowing):
    """The block at hand, in which operations are done for each class of an object."""

    def walk(self, source: Block, start: int, end: int) -> None:
        """Type the instructions of the source's block from *start* to before *end* (`_Specialiser`).

        Raises:
            Stop: those behind cannot be reached.
        """
        raise NotImplementedError

    def is_builtin_method(self, receiver: Value, name: str) -> bool:
        """Whether the object's class has the method from a builtin class (`Objects`)."""
        raise NotImplementedError

    def is_argument(self, call: Instr, index: int) -> bool:
        kind, _, name = call.payload.rpartition(" ")
        if {SPREAD, NAMES} & {*name.split("/")}:
            return False
        if name.startswith("."):
            receiver = self.env[call.args[0]]
            if receiver.ty.name not in OF_CLASSES or self.is_builtin_method(receiver, name[1:]):
                return keeps(name, index)
            return index > 0
        if kind == "operator":
            is_call = name.partition("/")[0] == "call" and self.env[call.args[0]].ty.name in OF_CLASSES
            return index > 0 if is_call else keeps(name, index)
        return kind not in (GETTER, QUIET, CACHE) and (index > 0 or kind not in (SETTER, "super", "replace", CALL))

    def tell_apart(self, source: Block) -> bool:
        """Tell apart the objects of several types on which the next instruction depends.

        Returns: whether the instruction, and perhaps more behind it, was typed thereby, for each class of an object.

        Raises:
            Stop: what is behind those cannot be reached.
        """
        instr, start, end = source.instrs[self.at], self.at, joined_behind(source, self.at)
        obj = self.depends_on(instr)
        while obj is not None and (end is None or len(self.classes_of(obj)) < 2 or len(self.splits) >= SPLITS):
            self.split(obj, source, instr.span)
            obj = self.depends_on(instr)
        if obj is None or end is None:
            return False
        # First what goes on separately, so that it does not once for each class of another operand.
        for arg in instr.args:
            self._split_off_others(self.env[arg], source, instr.span)
        obj = self.depends_on(instr)
        assert obj is not None
        self.for_each_class(obj, source, lambda: self.walk(source, start, end))
        return True

    def classes_of(self, obj: Value) -> list[Type]:
        """Those of several types that are instances."""
        return [ty for ty in self.unions.get(obj, ()) if ty.name == "instance"]

    def _split_off_others(self, obj: Value, source: Block, span: Any) -> None:
        classes = self.classes_of(obj)
        if len(classes) > 1:
            for ty in self.unions[obj]:
                if ty not in classes:
                    obj = self.split_off(obj, ty, source, span)
            self.unions[obj] = tuple(classes)

    def for_each_class(self, obj: Value, source: Block, act: Callable[[], None]) -> None:
        """Act for each type of the object, and go on where that ends.

        Raises:
            Stop: it ends nowhere.
        """
        start, span = self.at, source.instrs[self.at].span
        types = self.unions[obj]
        told = {value for value, found in self.env.items() if found is obj}
        outcomes: list[Outcome] = []
        for ty in types:
            rest: Outcome | None = None
            self.at = start
            if ty is types[-1]:
                self.narrow(obj, ty, span)
            else:
                block, split, obj = self.test(obj, ty, source, span)
                rest = self._outcome()
                self.go_on(block, split, span)
            try:
                act()
                outcomes.append(self._outcome())
            except Stop:
                pass
            if rest is not None:
                self._take_up(rest)
        if not outcomes:
            raise Stop
        self._join(outcomes, told, source)

    def _outcome(self) -> Outcome:
        return Outcome(self.block, (self.env, self.constants, self.unions), self.latest, self.at)

    def _take_up(self, outcome: Outcome) -> None:
        self.block, (self.env, self.constants, self.unions) = outcome.block, outcome.state
        self.latest, self.at = outcome.latest, outcome.at

    def _join(self, outcomes: list[Outcome], told: set[Value], source: Block) -> None:
        """Go on with those outcomes together whose values are of the same types, instances of different classes apart, and the
        values that were *told* apart."""
        if len(outcomes) == 1:
            self._take_up(outcomes[0])
            return
        groups: dict[tuple[Type, ...], list[Outcome]] = {}
        latest = outcomes[0].latest if len({id(found.latest) for found in outcomes}) == 1 else None
        self._take_up(outcomes[0])
        self.latest = latest
        live = self.live(source, self.at)
        for found in outcomes:
            self._take_up(found)
            found.latest = latest
            kinds = tuple(_kind(self.flowing(self.env[value])) for value in live if value not in told)
            groups.setdefault(kinds, []).append(found)
        joined = [self._joined(group, live, source) for group in groups.values()]
        for outcome in joined[1:]:
            self.splits[outcome.block] = Split(outcome.state, latest, self.at)
            self.work.append((source, outcome.block))
        self._take_up(joined[0])
        self.again()

    def _joined(self, group: list[Outcome], live: list[Value], source: Block) -> Outcome:
        """A block to which they all go."""
        block = Block(f"{source.label}{len(self.hir.blocks)}x")
        self.hir.blocks.append(block)
        self.source_of[block] = source
        # Values that are the same in each outcome stay the same.
        at: dict[tuple[Value, ...], int] = {}
        names: list[str | None] = []
        for value in live:
            values = tuple(found.state[0][value] for found in group)
            if values not in at:
                at[values] = len(at)
                names.append(value.name)
        types: list[Type] = []
        for values in at:
            types.append(reduce(join, (self._flowing_in(found, value) for found, value in zip(group, values)), NEVER))
        block.params = [Value(name, OBJECT if ty.name == "union" else ty) for name, ty in zip(names, types)]
        unions = {param: ty.args for param, ty in zip(block.params, types) if ty.name == "union"}
        constants: dict[Value, Any] = {}
        for param, values in zip(block.params, at):
            known = [found.state[1].get(value, NOT_CONSTANT) for found, value in zip(group, values)]
            if all(one is not NOT_CONSTANT and one == known[0] and type(one) is type(known[0]) for one in known):
                constants[param] = known[0]
            if not self.guessed.isdisjoint(values):
                self.guessed.add(param)
        for index, found in enumerate(group):
            self._take_up(found)
            span = source.instrs[self.at].span
            args = [self.passed_as(values[index], ty, span) for values, ty in zip(at, types)]
            self.block.instrs.append(Instr(ops.JUMP, [], None, None, span))
            self.block.targets = [Target(block, args)]
        places = {value: at[tuple(found.state[0][value] for found in group)] for value in live}
        env = {value: block.params[place] for value, place in places.items()}
        return Outcome(block, (env, constants, unions), group[0].latest, group[0].at)

    def _flowing_in(self, outcome: Outcome, value: Value) -> Type:
        self.unions = outcome.state[2]
        return self.flowing(value)


def joined_behind(source: Block, at: int) -> int | None:
    """The index of the instruction with which all classes go on together; None if what is found out here is needed longer.

    It is behind the instruction, or the call of the method that it looks for, and behind the snapshots there: they say how
    CPython goes on where it has finished the call.
    """
    instr = source.instrs[at]
    if instr.op is ops.CALL:
        end = at + 1
    elif instr.op is ops.PRIM and instr.payload.startswith(LOOK_UP):
        name = f".{instr.payload.removeprefix(LOOK_UP)}"
        calls = (i for i in range(at + 1, len(source.instrs)) if _calls(source.instrs[i], instr.out, name))
        end = next(calls, -1) + 1
    elif instr.op is ops.PRIM and (instr.payload.startswith(OF_ATTRIBUTES) or instr.payload in METHODS):
        end = at + 1
    else:
        return None
    while end and source.instrs[end].op is ops.SNAPSHOT:
        end += 1
    return end or None


def _calls(instr: Instr, receiver: Value, name: str) -> bool:
    is_own = instr.op is ops.CALL and not isinstance(instr.payload, Outcall)
    return is_own and instr.args[:1] == [receiver] and instr.payload.split("/")[0] == name


def _kind(ty: Type) -> Type:
    """What is the same for types that are joined."""
    parts = ty.args if ty.name == "union" else (ty,)
    return _INSTANCE if all(part == NONE or part.name == "instance" for part in parts) and parts != (NONE,) else ty


_INSTANCE = Type("instance")
