"""One instance -> one internal LLVM function.

It takes the arguments unboxed and, last, its allowance of calls (`depth`, see `emit/runtime/stack.py`); it returns
``{ result, i8 status }`` (`emit/emitter.py`).  Block parameters become phis, which LLVM's own passes reduce to what is needed.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import EXITED, RAISED, Emitter, float_literal
from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.emit.runtime import buffers, names, poll, stack, strings
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Callee, FrameState, Instr, Names, Target, Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.lower import trips, unrolling, watching
from pyvorin.compiler.lower.calls import Calls, prototype
from pyvorin.compiler.lower.resume import Resumer, Valued, fetch_exception
from pyvorin.compiler.passes.analysis.recursion import called_by
from pyvorin.compiler.primitives.objects import box, unbox
from pyvorin.core import reasons
from pyvorin.types.spec import OBJECT, STR, Type


def frame_estimate(unit: Unit, instance: Instance) -> int:
    """An upper estimate of the stack, in bytes, that one call takes of the instance, or of what it calls.

    Counted with all twins, though only one call in several makes a frame.
    """
    reached = {instance, *called_by(instance)}
    for one in reached:
        if one not in unit.sizes:
            unit.sizes[one] = unrolling.size(one, unrolling.levels(one))
    instructions = sum(unit.sizes[one] for one in reached)
    return FRAME + (DRAFT_PER_INSTRUCTION if unit.draft else FRAME_PER_INSTRUCTION) * instructions


FRAME, FRAME_PER_INSTRUCTION = 1024, 24
"""Bytes of an estimated stack frame, which LLVM may make for all the functions that can be called, inlined.  120 floats that are
live across a call take 960 bytes; they come from 500 instructions."""
DRAFT_PER_INSTRUCTION = 240
"""In a draft each value has a place of its own: 34 bytes were measured in functions of 1,500 instructions."""


LAST = -1


class FunctionLowering(Calls):
    """Lowers one instance into the unit.

    twin: makes the copy that so many calls of itself lie around (`unrolling.py`); LAST the one without twins, for the last calls
    before the recursion limit.
    """

    def __init__(
        self,
        unit: Unit,
        instance: Instance,
        recursive: bool,
        counted: bool,
        chain: int,
        recursion_counter: int | None,
        twin: int = 0,
    ):
        """*recursive*: whether the instance can come to call itself; *counted*: whether what it reaches can, so that it is given
        an allowance, which has *chain* calls less than the recursion limit leaves."""
        self.unit = unit
        self.twin = twin
        self.instance = instance
        self.levels = unrolling.levels(instance)
        self.symbol = self.copy(twin)
        self.to_itself = self.copy(LAST if twin == LAST else twin + 1 if twin < self.levels else 0)
        """What its calls of itself call."""
        self.recursive = recursive
        self.counted = counted
        self.chain = chain
        self.recursion_counter = recursion_counter
        result, self.types = prototype(instance)
        self.both = f"{{ {result}, i8 }}"
        self.arguments = ", ".join([*(f"{ty} %a{index}" for index, ty in enumerate(self.types)), "i64 %depth"])
        self.deeper = f'{instance.symbol[:-1]}.deeper"'
        self.emit = Emitter(unit, result, self.released, self.handed_over, self.resume, self.unwind)
        self.resumer = Resumer(self.emit, instance)
        self.unwound: dict[tuple[object, ...], str] = {}
        """Where exits with the same values and references leave with the exception that is set."""
        self.operand: dict[Value, str] = {}
        self.incoming: dict[Block, list[tuple[str, list[str]]]] = {b: [] for b in instance.hir.blocks}
        self.places: dict[Block, int] = {}
        self.polled: Block | None = None
        self.passed_on = "%depth"
        """The allowance that callees are given.  Functions off all cycles take none of it: the entry did (`lower/entry.py`)."""

    def run(self) -> None:
        emit, hir = self.emit, self.instance.hir
        names = [f"%a{index}" for index in range(len(self.types))]
        if self.recursive:
            if self.twin <= 0:
                self.check_depth()
            if not self.twin:
                self.define_deeper()
            self.passed_on = emit.op("sub i64 %depth, 1")
        emit.jump(self.label(hir.entry))
        # A loop may jump back to a block that was lowered first: phis are written when all edges are known.
        entry_label = emit.label
        self.incoming[hir.entry].append((entry_label, names))
        for block in hir.blocks:
            self.block(block)
        for block in reversed(hir.blocks):
            at = self.places[block]
            self.emit.lines[at:at] = self.phis(block)
        self.resumer.declare_buffer()
        attributes = "alwaysinline nounwind" if self.twin > 0 else "cold nounwind" if self.twin == LAST else "nounwind"
        self.unit.define(
            emit.finish(f"define internal fastcc {self.both} @{self.symbol}({self.arguments}) {attributes}")
        )
        if not self.twin and self.levels:
            for twin in (LAST, *range(1, 1 + self.levels)):
                FunctionLowering(
                    self.unit,
                    self.instance,
                    self.recursive,
                    self.counted,
                    self.chain,
                    self.recursion_counter,
                    twin,
                ).run()

    def copy(self, twin: int) -> str:
        suffix = "" if not twin else ".last" if twin == LAST else f".twin{twin}"
        return f'{self.instance.symbol[:-1]}{suffix}"'

    def label(self, block: Block) -> str:
        return f'"{block.label}"'

    def check_depth(self) -> None:
        """Every so many calls the stack is looked at; there must be some left for the twins, which take theirs unseen.

        That is done by a function of its own, which begins this one again: so nothing has to be saved on the way that is
        nearly always taken.
        """
        emit = self.emit
        look, following = emit.new_label("look"), emit.new_label("ok")
        few = f"icmp ult i8 {emit.op('trunc i64 %depth to i8')}, {1 if self.twin == LAST else 1 + self.levels}"
        emit.branch(emit.op(few), look, following, unlikely=True)
        emit.begin(look)
        emit.do(f"ret {self.both} {emit.op(f'tail call fastcc {self.both} @{self.deeper}({self.arguments})')}")
        emit.begin(following)

    def define_deeper(self) -> None:
        """Deeper than CPython or the stack could go: CPython runs the call and raises the RecursionError where it is due."""
        emit = Emitter(self.unit, self.emit.result)
        more = stack.more(emit, "%depth", frame_estimate(self.unit, self.instance))
        out, following = emit.new_label("deep"), emit.new_label("ok")
        emit.branch(emit.op(f"icmp eq i64 {more}, 0"), out, following)
        emit.begin(out)
        pointer = emit.op(f"getelementptr i64, ptr @counters, i64 {self.recursion_counter}")
        count = emit.op(f"load i64, ptr {pointer}")
        emit.do(f"store i64 {emit.op(f'add i64 {count}, 1')}, ptr {pointer}")
        emit.do(f"ret {self.both} {{ {emit.result} {emit.zero}, i8 {EXITED} }}")
        emit.begin(following)
        arguments = self.arguments.replace("%depth", more)
        if self.levels:
            few, many = emit.new_label("few"), emit.new_label("many")
            emit.branch(emit.op(f"icmp ugt i8 {emit.op(f'trunc i64 {more} to i8')}, {self.levels}"), many, few)
            emit.begin(few)
            emit.do(f"ret {self.both} {emit.op(f'tail call fastcc {self.both} @{self.copy(LAST)}({arguments})')}")
            emit.begin(many)
        emit.do(f"ret {self.both} {emit.op(f'tail call fastcc {self.both} @{self.symbol}({arguments})')}")
        head = f"define internal fastcc {self.both} @{self.deeper}({self.arguments}) noinline cold nounwind"
        self.unit.define(emit.finish(head))

    def poll_recursion(self, block: Block) -> None:
        """Recursion is a loop as well: signal handlers and other threads get their turn once in so many calls and iterations.

        Asked before the first call of a block, so that the leaves of a recursion pay nothing.
        """
        emit = self.emit
        self.polled = block
        poll_, following = emit.new_label("poll"), emit.new_label("ok")
        due = poll.due(emit)
        poll.spend(emit, str(poll.CALL))
        emit.branch(due, poll_, following, unlikely=True)
        emit.begin(poll_)
        status = emit.call_helper("pv_poll", poll.write_poll, "i32 ()")
        emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)
        emit.jump(following)
        emit.begin(following)

    def phis(self, block: Block) -> list[str]:
        lines = []
        for index, param in enumerate(block.params):
            pairs = ", ".join(f"[ {args[index]}, %{label} ]" for label, args in self.incoming[block])
            lines.append(f"  {self.operand[param]} = phi {llvm_type(param.ty)} {pairs}")
        return lines

    def block(self, block: Block) -> None:
        emit = self.emit
        emit.begin(self.label(block))
        for param in block.params:
            self.operand[param] = emit.name()
        self.places[block] = len(emit.lines)
        done: set[int] = set()
        for index, instr in enumerate(block.instrs):
            emit.current = instr
            if index in done:
                continue
            given_back = _given_back_after_concatenation(block.instrs, index)
            if given_back is None:
                self.instr(block, instr)
            else:
                self.append(instr)
                done.add(given_back)

    def append(self, instr: Instr) -> None:
        """``left + right`` of strings, where left is needed no more: it grows in place if nobody else refers to it.

        As the interpreter does it (unicode_concatenate, ceval.c); copying would make a loop of ``text += part`` quadratic.
        """
        left, right = instr.args
        # PyUnicode_Append gives it back itself, also when it fails.
        at, owned = instr.release.index(left), instr.release
        instr.release = owned[:at] + owned[at + 1 :]
        helper = "ptr (ptr, ptr)"
        made = self.emit.call_helper(
            "pv_str_append", strings.write_append, helper, self.operand[left], self.operand[right]
        )
        self.operand[instr.out] = self.emit.fail_if_null(made)
        # A twin is lowered from the same instructions.
        instr.release = owned

    def handed_over(self, instr: Instr) -> tuple[Valued, ...]:
        return () if instr.frame is None else tuple(self.valued(instr.frame.values))

    def resume(self, instr: Instr) -> None:
        frame = instr.frame
        assert frame is not None
        assert frame.point is not None
        self.resumer.leave(frame.point, self.valued(frame.values), self.released(instr))

    def unwind(self, instr: Instr) -> None:
        """The exception that is set goes on as one that CPython raises at the instruction's point."""
        assert instr.unwind is not None
        values, released = self.valued(instr.unwind.values), self.released(instr)
        key = (id(instr.unwind.point), tuple(values), released)
        if key in self.unwound:
            self.emit.jump(self.unwound[key])
            return
        label = self.unwound[key] = self.emit.new_label("unwind")
        self.emit.jump(label)
        self.emit.begin(label)
        error = fetch_exception(self.emit)
        self.resumer.leave(instr.unwind.point, [(error, OBJECT), *values], (*released, error))

    def instr(self, block: Block, instr: Instr) -> None:
        emit, op = self.emit, instr.op
        if self.unit.trips and instr.frame is not None:
            self.trip(instr, instr.frame)
        args = [self.operand[arg] for arg in instr.args]
        if op is ops.CONST:
            operand = self.constant(instr.payload, instr.out.ty)
            self.operand[instr.out] = operand
            emit.known[operand] = instr.payload
        elif op is ops.UNBOUND:
            self.operand[instr.out] = "false"
        elif op is ops.PRIM:
            self.operand[instr.out] = instr.payload.lower(emit, *args)
        elif op is ops.CALL:
            if self.recursive and self.twin <= 0 and self.polled is not block:
                self.poll_recursion(block)
            self.operand[instr.out] = self.call(instr, args)
        elif op is ops.BOX:
            self.operand[instr.out] = box(emit, args[0], instr.args[0].ty)
        elif op is ops.UNBOX:
            self.operand[instr.out] = unbox(emit, args[0], instr.out.ty)
        elif op is ops.INCREF:
            emit.incref(args[0])
        elif op is ops.DECREF:
            emit.decref(args[0])
        elif op is ops.POLL:
            self.poll(instr)
        elif op is ops.TRY:
            emit.caught = emit.new_label("caught")
            self.operand[instr.out] = instr.payload.lower(emit, *args)
            self.edge(block.targets[0])
            emit.begin(emit.caught)
            self.edge(block.targets[1])
        elif op is ops.JUMP:
            self.edge(block.targets[0])
        elif op is ops.BRANCH:
            self.branch(args[0], block.targets)
        elif op is ops.RETURN:
            packed = emit.op(f"insertvalue {{ {emit.result}, i8 }} zeroinitializer, {emit.result} {args[0]}, 0")
            emit.do(f"ret {{ {emit.result}, i8 }} {packed}")
        elif op is ops.EXIT:
            emit.exit(instr.payload)
        elif op is ops.SNAPSHOT:
            raise AssertionError("snapshots are dropped before lowering")
        else:
            raise AssertionError(f"no lowering of {op.name}")

    def trip(self, instr: Instr, frame: FrameState) -> None:
        """Leave here as the frame state says if a test wants it: CPython does the instruction, too."""
        if frame.kind == "after":
            return
        emit = self.emit
        out, following = emit.new_label("trip"), emit.new_label("ok")
        emit.branch(trips.due(emit), out, following, unlikely=True)
        with emit.cold(out):
            if frame.kind == "resume":
                self.resume(instr)
            else:
                emit.leave(EXITED)
        emit.begin(following)

    def constant(self, value: object, ty: Type) -> str:
        if ty.name == "float":
            return float_literal(value)  # type: ignore[arg-type]
        if ty.name == "bool":
            return "true" if value else "false"
        if ty.name == "none":
            return "false"
        if ty.name == "char":
            return str(ord(value))  # type: ignore[arg-type]
        if ty.name == "int":
            return str(value)
        if isinstance(value, Names):
            return self.emit.slot(*names.scope(value))
        if isinstance(value, Callee):
            return self.emit.slot("function", value.qualname)
        return self.emit.slot("object", repr(value))

    def poll(self, instr: Instr) -> None:
        emit = self.emit
        # As long as the call may exit, an array need not be kept as it is while others run.
        held = buffers.let_all_go(emit, self.arrays() if instr.frame is not None else [])
        status = emit.call_helper("pv_poll", poll.write_poll, "i32 ()")
        changed = buffers.hold_all_again(emit, held)
        emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
        if instr.frame is not None:
            if changed is not None:
                emit.exit_if(changed, reasons.ASSUMPTION_INVALIDATED)
            broken = self.assumptions_broken()
            if broken is not None:
                emit.exit_if(broken, reasons.ASSUMPTION_INVALIDATED)
            emit.exit_if(watching.call_watched(emit), reasons.ASSUMPTION_INVALIDATED)

    def edge(self, target: Target) -> None:
        for instr in target.before:
            self.instr(target.block, instr)
        self.incoming[target.block].append((self.emit.label, [self.operand[arg] for arg in target.args]))
        self.emit.jump(self.label(target.block))

    def branch(self, condition: str, targets: list[Target]) -> None:
        """Each edge with parameters to pass gets a block of its own where the same successor could be meant twice."""
        emit = self.emit
        true, false = emit.new_label("true"), emit.new_label("false")
        emit.branch(condition, true, false)
        for label, target in zip((true, false), targets):
            emit.begin(label)
            self.edge(target)


def _given_back_after_concatenation(instrs: list[Instr], index: int) -> int | None:
    """Where the left operand of this concatenation of strings is given back right after it; None if it is something else."""
    instr = instrs[index]
    if instr.op is not ops.PRIM or instr.payload.name != "add" or instr.payload.result != STR:
        return None
    left, right = instr.args
    if left is right:
        return None
    for at in range(index + 1, len(instrs)):
        if instrs[at].op is not ops.DECREF:
            return None
        if instrs[at].args[0] is left:
            return at
    return None
