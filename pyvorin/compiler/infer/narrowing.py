"""Objects that are of one of several types: told apart where the program first uses them.

    x = prim attr:next node; y = x.value      =>    x: object (union[none, instance[Node]])
                                                    branch type.is:none x, b1(…), b2(…)     the rest of the block for each

An object is kept, stored and returned as it is; only what depends on its type tests it.  What follows in the block is then there
once for each alternative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Target, Value
from pyvorin.compiler.hir.outcalls import Outcall
from pyvorin.compiler.infer.emission import Emission
from pyvorin.compiler.infer.instances import Instance, Program
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.compiler.primitives.registry import NOT_CONSTANT
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import BOOL, CHAR, FLOAT, INT, NONE, NUMBER, OBJECT, Type, join

SPLITS = 96
"""At most so many objects of several types are told apart in a function."""

NONE_AFTER = 3
"""A block that has so many versions takes what may also be None from then on, as one that has any takes other classes."""
NUMBERS_AFTER = 6
"""And one of so many versions numbers that are ints or floats."""
OBJECTS_AFTER = 16
"""And one of so many versions any objects, in place of what was of different types in these."""

KEPT = {
    "use": (0,),
    "list.make": None,
    "tuple.make": None,
    ".append": (1,),
    "list.add": (1,),
    "setitem": (2,),
    "dict.put": (2,),
}
"""Operands that a primitive takes whatever they are, by index; None: all."""


def keeps(name: str, index: int) -> bool:
    """Whether the primitive does the same with an object of any type in this place."""
    if name.startswith(("attr.set:", "attr.init:")):
        return index == 1
    places = KEPT.get(name, ())
    return places is None or index in places


def merged(
    types: tuple[Type, ...], versions: list[tuple[Type, ...]], objects_after: float = float("inf")
) -> tuple[Type, ...]:
    """The types with which a block is reached, widened by those of its other versions once there are many of these.

    objects_after: of how many versions it takes any objects.
    """
    if types in versions:
        return types
    found = []
    for at, ty in enumerate(types):
        whole = ty
        for other in versions:
            whole = join(whole, other[at])
        is_object = whole.name == "union" and all(
            part.name == "instance" or (part == NONE and (len(versions) >= NONE_AFTER or ty.name == "union"))
            for part in whole.args
        )
        is_number = whole == NUMBER and len(versions) >= NUMBERS_AFTER
        if not (is_object or is_number) and whole != ty and len(versions) >= objects_after:
            seen = {ty, *(other[at] for other in versions)}
            whole, is_object = OBJECT, all(part.name in UNBOXABLE or part in (OBJECT, CHAR) for part in seen)
        found.append(whole if is_object or is_number else ty)
    return tuple(found)


State = tuple[dict[Value, Value], dict[Value, Any], dict[Value, tuple[Type, ...]]]
"""What is known in a block: its values for those of the source's block, constants, and objects of several types."""


@dataclass(slots=True)
class Split:
    """How a block goes on in the middle: the state there, the latest snapshot, the index of the instruction, and the object
    that was found to be of type *ty*, if one was."""

    state: State
    latest: Instr | None
    start: int
    value: Value | None = None
    ty: Type | None = None


class Narrowing(Emission):
    """The block at hand, in which objects are told apart."""

    def __init__(self, program: Program, instance: Instance):
        super().__init__(program, instance)
        self.hir: Function
        self.work: list[tuple[Block, Block]] = []
        self.splits: dict[Block, Split] = {}
        """The blocks in which a block of the source is gone on with in the middle."""
        self.source_of: dict[Block, Block] = {}
        # State of the block at hand:
        self.env: dict[Value, Value] = {}
        self.at = 0
        self.latest: Instr | None = None
        """The snapshot behind which nothing has had an effect."""
        self.unions: dict[Value, tuple[Type, ...]] = {}
        """The objects that are of one of these types each."""

    def snapshot(self, instr: Instr, is_first: bool = True) -> None:
        raise NotImplementedError

    def type_of(self, value: Value) -> Type:
        """The type of the value as it is known here: a `union` of what has not been told apart."""
        found = self.unions.get(value)
        return self.solver.resolve(value.ty) if found is None else Type("union", found)

    def of_several(self, obj: Value, ty: Type) -> Value:
        """The object, which is one of a `union`."""
        self.unions[obj] = ty.args
        return obj

    def flowing(self, value: Value) -> Type:
        """The type with which the value goes to another block."""
        found = self.unions.get(value)
        return value.ty if found is None else Type("union", found)

    def passed_as(self, value: Value, ty: Type, span: Any) -> Value:
        """The value, for a parameter of this type."""
        if (ty.name == "union" or ty == OBJECT) and not value.ty.is_reference:
            return self.emit(ops.BOX, [value], OBJECT, span)
        return self.widen(value, span) if ty == NUMBER and value.ty in (INT, FLOAT) else value

    def objects_after(self) -> float:
        """Of how many versions a block takes any objects; never, where it could be seen that a number becomes one."""
        return float("inf") if self.instance.untyped.compares_identity else OBJECTS_AFTER

    def again(self) -> None:
        """Where a block goes on in another one, what was the latest snapshot still is."""
        if self.latest is not None:
            self.snapshot(self.latest, is_first=False)

    def takes_any(self, instr: Instr, index: int) -> bool:
        """Whether the instruction does the same with an operand of any type in this place."""
        if instr.op is ops.PRIM:
            return keeps(instr.payload, index)
        return instr.op is ops.CALL and (isinstance(instr.payload, Outcall) or self.is_argument(instr, index))

    def is_argument(self, call: Instr, index: int) -> bool:
        """Whether the operand of this call is given to a function of the program's as it is (`Dispatch`)."""
        raise NotImplementedError

    def depends_on(self, instr: Instr) -> Value | None:
        """The first operand of the instruction that is of one of several types on which depends what is done."""
        if self.unions and instr.op not in (ops.SNAPSHOT, ops.RETURN):
            for index, arg in enumerate(instr.args):
                if self.env[arg] in self.unions and not self.takes_any(instr, index):
                    return self.env[arg]
        return None

    def split(self, obj: Value, source: Block, span: Any) -> None:
        """The rest of the block, this instruction included, is there once for each type of the object.

        Of the last of them it has to be.
        """
        alternatives = self.unions[obj]
        if len(self.splits) >= SPLITS:
            alternatives = tuple(ty for ty in alternatives if ty != NONE)[:1]
        for ty in alternatives[:-1]:
            obj = self.split_off(obj, ty, source, span)
        self.narrow(obj, alternatives[-1], span)

    def split_off(self, obj: Value, ty: Type, source: Block, span: Any) -> Value:
        """The rest of the block is also there for this type of the object; it goes on with the others.  Gives it there."""
        block, split, obj = self.test(obj, ty, source, span)
        self.splits[block] = split
        self.work.append((source, block))
        return obj

    def test(self, obj: Value, ty: Type, source: Block, span: Any) -> tuple[Block, Split, Value]:
        """Branch on whether the object is of this type, and go on in the block in which it is not.

        Returns: the other block and how that is gone on with, and the object in the block at hand.
        """
        self.program.has_alternatives = True
        choice = choose(f"type.is:{ty}", (OBJECT,), (NOT_CONSTANT,))
        assert choice is not None
        holds = self.emit(ops.PRIM, [obj], BOOL, span, choice.primitive)
        live = self.live(source, self.at)
        passed = list(dict.fromkeys(self.env[value] for value in live))
        (yes, of_yes), (no, of_no) = self._continued(source, live, passed), self._continued(source, live, passed)
        at = passed.index(obj)
        self.block.instrs.append(Instr(ops.BRANCH, [holds], None, None, span))
        self.block.targets = [Target(yes, passed), Target(no, list(passed))]
        self.block, (self.env, self.constants, self.unions) = no, of_no
        self.again()
        return yes, Split(of_yes, self.latest, self.at, yes.params[at], ty), no.params[at]

    def live(self, source: Block, start: int) -> list[Value]:
        """The values of the source's block that are there already and needed from the instruction *start* on."""
        rest = source.instrs[start:]
        needed = {arg for later in rest for arg in later.args}
        needed.update(arg for target in source.targets for arg in target.args)
        needed.update(self.latest.args if self.latest is not None else ())
        made = {later.result for later in rest}
        return [value for value in self.env if value in needed and value not in made]

    def go_on(self, block: Block, split: Split, span: Any) -> None:
        """Go on in a block in the middle of the source's."""
        self.block, (self.env, self.constants, self.unions), self.latest = block, split.state, split.latest
        self.again()
        if split.value is not None and split.ty is not None:
            self.narrow(split.value, split.ty, span)

    def narrow(self, obj: Value, ty: Type, span: Any) -> None:
        """The object is of this type, or native code is left here."""
        value = obj if ty == OBJECT else self.emit(ops.UNBOX, [obj], ty, span)
        self.unions.pop(obj, None)
        self.env = {name: value if found is obj else found for name, found in self.env.items()}

    def _continued(self, source: Block, live: list[Value], passed: list[Value]) -> tuple[Block, State]:
        """A block in which the source's block goes on with these values of it."""
        block = Block(f"{source.label}{len(self.hir.blocks)}x")
        block.params = [Value(value.name, value.ty) for value in passed]
        self.hir.blocks.append(block)
        self.source_of[block] = source
        param = dict(zip(passed, block.params))
        constants = {param[value]: self.constants[value] for value in passed if value in self.constants}
        unions = {param[value]: self.unions[value] for value in passed if value in self.unions}
        self.guessed.update(param[value] for value in passed if value in self.guessed)
        return block, ({value: param[self.env[value]] for value in live}, constants, unions)
