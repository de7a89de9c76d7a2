"""The data of HIR: functions, blocks, values, instructions, exits.

Blocks are *closed*: an instruction uses only values of its own block, its parameters included.  What a block needs from
another one it is passed as an argument.  So there is no dominance to check, a block can be cloned for other parameter
types by itself, liveness is local, and a block's parameters are exactly what is live there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyvorin.compiler.hir.ops import Op
from pyvorin.compiler.hir.points import Point
from pyvorin.core.source import Span
from pyvorin.types.spec import Type

UNTYPED = Type("untyped")
"""The type of every value before inference."""


@dataclass(frozen=True, slots=True)
class Names:
    """The payload of a constant: the dict of global names, of the functions' own module or of an imported one."""

    module: str = ""

    def __repr__(self) -> str:
        return f"names of {self.module}" if self.module else "names"


@dataclass(frozen=True, slots=True)
class Callee:
    """The payload of a constant: a function of the module, as an object."""

    qualname: str

    def __repr__(self) -> str:
        return f"function {self.qualname}"


OUTER = (Names, Callee)
"""The payloads of constants that are objects from outside, which may change."""


FROZEN = "frozen"
"""In the names of primitives, in front of the qualified name of an `__init__` that `dataclasses` has made for a class that is
frozen."""
BY_NAME = "name"
"""And in place of a parameter's position, where its default is read: it can only be given by name."""
SPREAD, GIVEN, NAMES = "*", "-", "**"
"""Before inference, in front of the keywords of a call that has a star somewhere, one for each argument without keyword: its
items are arguments, or it is one itself; and among the keywords, for an argument with two stars, the names of which are some."""

TYPE, VERSION, MEMBER, KEYS, LACKS = "type", "version", "member", "keys", "lacks"
"""What can be known of an object, or a class, that an instruction looks at: its class; that the class is as it was when the host
looked at it; that the class has what the instruction wants of it; which keys the instances share; that the object has no
attribute of the method's name."""


@dataclass(slots=True, eq=False)
class Value:
    """One SSA value.  `name` is the local variable that it was made for, if any.

    `borrowed` concerns block parameters once reference counts are inserted: the reference lives as long as the call, and
    whoever passes it keeps it.  `lent`: it stays where it was read until code of the program runs.
    """

    name: str | None = None
    ty: Type = UNTYPED
    borrowed: bool = False
    lent: bool = False


@dataclass(frozen=True, slots=True)
class FrameState:
    """How an instruction leaves native code.

    `kind` is ``restart``: nothing observable has happened since entry, and CPython runs the call from its beginning; or
    ``resume``: CPython goes on at `point` with `values`; or ``after``: it never leaves but when its own effects are done.
    `counters` gives, for each reason code of the exit, the index of its counter in the group.

    `after` is for what may leave when its own effects are done: the point behind it, the values there (its result among
    them), and which of them the result is.
    """

    kind: str
    counters: dict[str, int]
    point: Point | None = None
    values: tuple[Value, ...] = ()
    after: After | None = None


@dataclass(frozen=True, slots=True)
class After:
    """The state behind an instruction: the operand `result` of the point is its result, or what it raised."""

    point: Point
    values: tuple[Value, ...]
    result: int


@dataclass(frozen=True, slots=True)
class Caught:
    """The builtin exception that has a native handler, and the reason for which a primitive would exit where CPython raises
    it."""

    exception: str
    code: str


@dataclass(frozen=True, slots=True)
class Unwind:
    """A point at which an exception is raised, and the values there behind the exception itself."""

    point: Point
    values: tuple[Value, ...]


@dataclass(slots=True, eq=False)
class Instr:
    """One instruction.

    `release` lists the references that an exit taken here must give back first.  `caught`, of a `try`, says when it
    goes to its second target.  `unwind` is where CPython goes on with an exception that is set when the instruction is left.
    `constructs`: the value of a call is its first argument, a new object.  `known` is what need not be looked at again of the
    first operand (`passes/know_classes.py`).
    """

    op: Op
    args: list[Value]
    result: Value | None = None
    payload: Any = None
    span: Span | None = None
    frame: FrameState | None = None
    release: tuple[Value, ...] = ()
    caught: Caught | None = None
    unwind: Unwind | None = None
    constructs: bool = False
    known: tuple[str, ...] = ()
    node: Any = None
    """Of an untyped instruction, the expression of the source that CPython could evaluate in its place (`outcalls.py`)."""

    @property
    def out(self) -> Value:
        """The result of an instruction that has one."""
        assert self.result is not None, f"{self.op.name} has no result"
        return self.result


@dataclass(slots=True, eq=False)
class Target:
    """A successor and the arguments for its parameters; `before` (reference counts) is done on the way there only."""

    block: Block
    args: list[Value] = field(default_factory=list)
    before: list[Instr] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Block:
    """Straight-line code ended by one terminator (the last instruction, whose targets are `targets`)."""

    label: str
    params: list[Value] = field(default_factory=list)
    instrs: list[Instr] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    @property
    def terminator(self) -> Instr:
        return self.instrs[-1]


@dataclass(slots=True, eq=False)
class Root:
    """A block at which control can come into the middle of an untyped function, at the head of a loop.

    params: the variables that the block's parameters stand for.  variables, point: those of the snapshot at that head.
    """

    block: Block
    params: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    point: Point | None = None


@dataclass(slots=True, eq=False)
class Function:
    """A function in HIR; `blocks[0]` is the entry and its parameters are the function's."""

    qualname: str
    params: list[str]
    blocks: list[Block] = field(default_factory=list)
    result: Type | None = None
    span: Span | None = None
    roots: list[Root] = field(default_factory=list)

    @property
    def entry(self) -> Block:
        return self.blocks[0]
