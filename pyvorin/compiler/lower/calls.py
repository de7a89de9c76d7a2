"""Calls: of other instances, which may end in CPython, and of CPython itself.

Whatever comes back from CPython is an object; if it is not of the type that was inferred, or something that native code relies on
has changed meanwhile, CPython goes on behind the call.
"""

from __future__ import annotations

from functools import cached_property

from pyvorin.compiler.emit.emitter import EXITED, PENDING, RAISED, Emitter
from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.emit.runtime import buffers
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.hir.ir import Instr, Value
from pyvorin.compiler.hir.outcalls import NEXT, Outcall
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.lower import assumptions, trips, watching
from pyvorin.compiler.lower.drive import calls_left, drive
from pyvorin.compiler.lower.outcalls import SUPERSEDED, is_observed, outcall
from pyvorin.compiler.lower.resume import Resumer, fetch_exception
from pyvorin.compiler.passes.analysis.recursion import called_by
from pyvorin.compiler.primitives.objects import UNBOXABLE, unboxed
from pyvorin.core import reasons
from pyvorin.types.spec import OBJECT, Type


def prototype(instance: Instance) -> tuple[str, list[str]]:
    """The LLVM result type of the instance, and its parameter types without the depth."""
    return llvm_type(instance.result), [llvm_type(ty) for ty in instance.types]


class Calls:
    """The part of a `FunctionLowering` that makes calls."""

    unit: Unit
    instance: Instance
    emit: Emitter
    resumer: Resumer
    operand: dict[Value, str]
    to_itself: str
    """What calls of the function itself call."""
    passed_on: str
    """The allowance that callees are given."""
    counted: bool
    chain: int

    def resume(self, instr: Instr) -> None:
        raise NotImplementedError

    def released(self, instr: Instr) -> tuple[str, ...]:
        return tuple(self.operand[value] for value in instr.release)

    def valued(self, values: tuple[Value, ...], result: Value | None = None, given: str = "") -> list[tuple[str, Type]]:
        """The values with their operands; in place of *result* the object *given*."""
        return [(given, OBJECT) if value is result else (self.operand[value], value.ty) for value in values]

    def call(self, instr: Instr, args: list[str]) -> str:
        emit, callee = self.emit, instr.payload
        if isinstance(callee, Outcall):
            return self.call_out(instr, args)
        result, types = prototype(callee)
        operands = ", ".join([f"{ty} {arg}" for ty, arg in zip(types, args)] + [f"i64 {self.passed_on}"])
        symbol = self.to_itself if callee is self.instance else callee.symbol
        both = emit.op(f"call fastcc {{ {result}, i8 }} @{symbol}({operands})")
        status = emit.op(f"extractvalue {{ {result}, i8 }} {both}, 1")
        ended = emit.op(f"icmp ne i8 {status}, 0")
        if instr.frame is None and instr.unwind is None:
            emit.leave_if(ended, status)
            if instr.constructs:
                emit.incref(args[0])
                return args[0]
            return emit.op(f"extractvalue {{ {result}, i8 }} {both}, 0")
        out, following = emit.new_label("left"), emit.new_label("ok")
        value = emit.op(f"extractvalue {{ {result}, i8 }} {both}, 0")
        straight = emit.label
        emit.branch(ended, out, following, unlikely=True)
        with emit.cold(out):
            late = self.call_left(instr, status, following)
        emit.begin(following)
        if instr.constructs:
            emit.incref(args[0])
            return args[0]
        return value if late is None else emit.phi(result, (value, straight), late)

    def call_out(self, instr: Instr, args: list[str]) -> str:
        """CPython evaluates an expression; native code goes on with its value."""
        emit = self.emit
        raised, following = emit.new_label("raised"), emit.new_label("ok")
        held = buffers.let_all_go(emit, self.arrays())
        below = calls_left(emit, self.passed_on, self.chain) if self.counted else None
        called = instr.payload
        obj = outcall(emit, self.unit.outcall(self.instance, called), called.kind, args, below)
        changed = buffers.hold_all_again(emit, held)
        ended = None
        if called.kind == NEXT:
            # There is no item: what else may have changed is looked at behind the loop.
            going_on = emit.new_label("item")
            ended = obj, emit.label
            emit.branch(emit.op(f"icmp eq ptr {obj}, {emit.slot('ended')}"), following, going_on)
            emit.begin(going_on)
        late = self.call_finished(instr, obj, changed, raised, following)
        emit.begin(raised)
        assert instr.frame is not None
        assert instr.frame.after is not None
        if instr.frame.after.point.protected:
            self.call_raised(instr)
        else:
            emit.leave(RAISED)
        emit.begin(following)
        return late[0] if ended is None else emit.phi("ptr", ended, late)

    def call_left(self, instr: Instr, status: str, following: str) -> tuple[str, str] | None:
        """A call did not end natively: do what the frame state says.

        If CPython has finished it and has given what was expected, native code goes on at *following*: the value and where it
        comes from.
        """
        emit, frame = self.emit, instr.frame
        after = None if frame is None else frame.after
        exited, raised, pending = (emit.new_label(name) for name in ("exited", "raised", "pending"))
        cases = f"i8 {EXITED}, label %{exited}" + (f" i8 {PENDING}, label %{pending}" if after is not None else "")
        emit.do(f"switch i8 {status}, label %{raised} [ {cases} ]")
        emit.begin(exited)
        if frame is not None and frame.kind == "resume":
            self.resume(instr)
        else:
            emit.leave(EXITED)
        late = None
        if frame is not None and after is not None:
            emit.begin(pending)
            held = buffers.let_all_go(emit, self.arrays())
            obj = drive(emit, self.passed_on if self.counted else None, self.chain)
            changed = buffers.hold_all_again(emit, held)
            late = self.call_finished(instr, obj, changed, raised, following)
        emit.begin(raised)
        self.call_raised(instr)
        return late

    def call_finished(
        self, instr: Instr, obj: str, changed: str | None, raised: str, following: str
    ) -> tuple[str, str]:
        """CPython has given the object, or NULL: go to *raised*, go on behind the call in CPython if something is not as
        expected, or go to *following*: the value, and where it comes from."""
        emit = self.emit
        assert instr.frame is not None
        after = instr.frame.after
        assert after is not None
        finished, other = emit.new_label("finished"), emit.new_label("other")
        emit.branch(emit.op(f"icmp eq ptr {obj}, null"), raised, finished)
        emit.begin(finished)
        tripped = trips.due(emit) if self.unit.trips else None
        watched = watching.call_watched(emit)
        for broken in (changed, self.assumptions_broken(), watched, self.superseded(), tripped):
            if broken is not None:
                holding = emit.new_label("holding")
                emit.branch(broken, other, holding)
                emit.begin(holding)
        late = self.expected(obj, instr.payload, other)
        emit.jump(following)
        emit.begin(other)
        emit.count(instr.frame.counters[reasons.RUNTIME_TYPE_MISMATCH])
        if instr.constructs:
            # Where `__init__` has given anything else than None, CPython has not compiled what the source says.
            emit.decref(obj)
            obj = self.operand[instr.args[0]]
            emit.incref(obj)
        # The object is a reference of its own beside those that are given back.
        values = self.valued(after.values, instr.result, obj)
        self.resumer.leave(after.point, values, (*self.released(instr), obj))
        return late

    def call_raised(self, instr: Instr) -> None:
        """The exception that is set comes out of the call, in CPython's frame of this function."""
        emit = self.emit
        after = None if instr.frame is None else instr.frame.after
        raising = after.point.raising(after.result) if after is not None else None
        if after is None or raising is None:
            emit.leave(RAISED)
        else:
            error = fetch_exception(emit)
            values = self.valued(after.values, instr.result, error)
            point, kept = raising
            self.resumer.leave(point, [values[index] for index in kept], (*self.released(instr), error))

    def expected(self, obj: str, callee: Instance | Outcall, other: str) -> tuple[str, str]:
        """The object as a value that the callee may give, and the block where it is known; *other* if it is none."""
        emit, ty = self.emit, callee.result
        if ty.name not in UNBOXABLE:
            emit.jump(other)
            emit.begin(emit.new_label("never"))
            return emit.zero_of(llvm_type(ty)), emit.label

        def require(condition: str) -> None:
            right = emit.new_label("right")
            emit.branch(condition, right, other)
            emit.begin(right)

        value = unboxed(emit, obj, ty, require)
        if isinstance(callee, Instance) and callee.constant is not None:
            require(emit.op(f"icmp eq i1 {value}, {'true' if callee.constant else 'false'}"))
        if isinstance(callee, Instance) and callee.iterates:
            # An item like any other, where CPython has gone on with it.
            require(emit.op(f"icmp ne ptr {obj}, {emit.unit.external('_Py_NoneStruct')}"))
        if not ty.is_reference:
            emit.decref(obj)
        return value, emit.label

    def arrays(self) -> list[str]:
        return [f"%a{index}" for index, ty in enumerate(self.instance.types) if ty.name == "array"]

    def superseded(self) -> str | None:
        """Whether there is newer code, which expects what the outcalls of this function were seen to give."""
        if not self.has_observed:
            return None
        word = self.emit.slot_address(self.unit.slot("word", SUPERSEDED))
        return self.emit.op(f"icmp ne i64 {self.emit.op(f'load volatile i64, ptr {word}')}, 0")

    @cached_property
    def has_observed(self) -> bool:
        """Whether results of outcalls of this function, or of callees of it, are still to be looked at."""
        return any(
            isinstance(instr.payload, Outcall) and is_observed(instance, instr.payload)
            for instance in (self.instance, *called_by(self.instance))
            for block in instance.hir.blocks
            for instr in block.instrs
        )

    def assumptions_broken(self) -> str | None:
        holds = assumptions.call_check(self.emit)
        return None if holds is None else self.emit.op(f"xor i1 {holds}, true")
