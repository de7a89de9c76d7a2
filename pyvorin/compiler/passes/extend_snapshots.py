"""Let a snapshot hold as long as nothing has changed, in the blocks behind its own too.

In: typed HIR before exits are placed.  Out: the same HIR, in which a block to which control only comes with one snapshot that
still holds begins with it.  Front end and inference divide blocks and go round comprehensions without knowing what the
functions do that they call, so they take every call for an effect, behind which CPython can go on nowhere in the middle of
an expression.

    a: snapshot @0 with x; c = call pure; branch c, b(), d()        a: …  branch c, b(x), d(x)
    b(): snapshot nowhere; v = prim attr:y                     =>    b(x): snapshot @0 with x; v = prim attr:y
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.hir.points import Point
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes import place_exits
from pyvorin.types.spec import Type


def run(instances: list[Instance]) -> None:
    place_exits.find_effects(instances)
    for instance in instances:
        if instance.untyped.resumable and (instance.has_effect or _is_protected(instance.hir)):
            _Extending(instance.hir).run()


def _is_protected(fn: Function) -> bool:
    """Whether an exception that is set inside may have to be raised by CPython, whatever was done before."""
    return any(i.op is ops.SNAPSHOT and i.payload.protected for block in fn.blocks for i in block.instrs)


@dataclass(slots=True)
class _State:
    """What holds at the end of a block: a point, and its values there; or the one that the block began with, `inherited`."""

    point: Point | None = None
    values: list[Value] = field(default_factory=list)
    inherited: bool = False

    def holding(self) -> Holding | None:
        return None if self.point is None else (self.point, tuple(value.ty for value in self.values))


Holding = tuple[Point, "tuple[Type, ...]"]
"""A point that holds, and the types of its values: these may differ from one way to the other."""


class _Extending:
    """Extends the snapshots of one function."""

    def __init__(self, fn: Function):
        self.fn = fn
        self.done = place_exits.regions_with_effects(fn)
        self.edges: dict[Block, list[Block]] = {block: [] for block in fn.blocks}
        for block in fn.blocks:
            for index, target in enumerate(block.targets):
                self.edges[target.block].append(block)
                if index and block.terminator.op is ops.TRY:
                    # A handler begins at a place of its own.
                    self.edges[target.block].append(fn.entry)
        self.before: dict[Block, Holding | None] = {}
        """What holds where each block begins, as far as is known."""
        self.params: dict[Block, list[Value]] = {}

    def run(self) -> None:
        self.before[self.fn.entry] = None
        moved = True
        while moved:
            moved = False
            for block in self.fn.blocks:
                found = self.meet(block)
                if found is not _UNKNOWN and (block not in self.before or not _same(self.before[block], found)):
                    self.before[block], moved = found, True  # type: ignore[assignment]
        extended = {
            block: held
            for block in self.fn.blocks
            if (held := self.before.get(block)) is not None and not _begins(block)
        }
        for block, (_, types) in extended.items():
            self.params[block] = [Value(None, ty) for ty in types]
        for block, (point, _) in extended.items():
            block.params += self.params[block]
            block.instrs.insert(0, Instr(ops.SNAPSHOT, list(self.params[block]), None, point, block.instrs[0].span))
        for block in self.fn.blocks:
            for target in block.targets:
                if target.block in self.params:
                    target.args += self.after(block).values
        for block in self.fn.blocks:
            self.clean(block)

    def meet(self, block: Block) -> Holding | object | None:
        if block is self.fn.entry:
            return None
        found: Holding | object | None = _UNKNOWN
        for other in self.edges[block]:
            if other not in self.before:
                continue
            state = self.after(other)
            held = self.before[other] if state.inherited else state.holding()
            if held is None or (found is not _UNKNOWN and not _same(found, held)):
                return None
            found = held
        return found

    def after(self, block: Block) -> _State:
        """What holds at the end of the block."""
        state = _State(inherited=True)
        for instr in block.instrs:
            if instr.op is ops.SNAPSHOT and instr.payload.usable and instr.payload.region not in self.done:
                state = _State(instr.payload, instr.args)
            elif (instr.op is ops.SNAPSHOT and not self.continues(block, state, instr.payload)) or (
                instr.op is not ops.SNAPSHOT and place_exits.ends_snapshot(instr)
            ):
                state = _State()
        return state

    def continues(self, block: Block, state: _State, marked: Point) -> bool:
        """Whether a place at which CPython could go on nowhere leaves the snapshot before it as it was."""
        held = self.before.get(block) if state.inherited else state.holding()
        return not marked.usable and (held is None or held[0].protected == marked.protected)

    def clean(self, block: Block) -> None:
        """Drop the marks behind snapshots that still hold."""
        kept: list[Instr] = []
        state = _State()
        for instr in block.instrs:
            if instr.op is ops.SNAPSHOT:
                if not instr.payload.usable and state.point is not None and self.continues(block, state, instr.payload):
                    continue
                holds = instr.payload.usable and instr.payload.region not in self.done
                state = _State(instr.payload if holds else None)
            elif place_exits.ends_snapshot(instr):
                state = _State()
            kept.append(instr)
        block.instrs = kept


_UNKNOWN = object()
_PLACE = [name for name in (f.name for f in fields(Point)) if name not in ("root", "region")]
"""What of a point says where CPython would go on."""


def _same(a: object, b: object) -> bool:
    """Whether what holds is the same place, with values of the same types."""
    if a is b or not (isinstance(a, tuple) and isinstance(b, tuple)):
        return a is b
    return a[1] == b[1] and all(getattr(a[0], name) == getattr(b[0], name) for name in _PLACE)


def _begins(block: Block) -> bool:
    """Whether the block begins with a snapshot of its own."""
    first = block.instrs[0]
    return first.op is ops.SNAPSHOT and first.payload.usable
