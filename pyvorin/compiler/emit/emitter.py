"""Writes the body of one native function; what primitives are given to express themselves with.

An operand is the text of an LLVM value (``%7``, ``42``).  Every emitted function returns ``{ result, i8 status }``: `OK`,
`EXITED` (nothing observable has happened: CPython runs the call again), `RAISED` (an exception is set) or `PENDING`
(CPython is to go on in the middle, `lower/resume.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit
from pyvorin.compiler.hir.effects import may_leave

if TYPE_CHECKING:
    from pyvorin.compiler.hir.ir import Instr

OK, EXITED, RAISED, PENDING = 0, 1, 2, 3
LIBM = "nobuiltin nounwind memory(none)"


def float_literal(value: float) -> str:
    """The exact LLVM constant of a double, NaN and -0.0 included."""
    return "0x" + struct.pack(">d", value).hex().upper()


@dataclass(slots=True)
class Exits:
    """A block in which exits come together: its label, the operand that is the exit's counter, the counters with the blocks that
    they come from, and where in the cold code that phi is to be."""

    label: str
    counter: str
    incoming: list[tuple[int, str]]
    at: int = 0


class Emitter:
    """Appends to one LLVM function.  `current` is the instruction being lowered; it knows the exits' counters.

    released: the operands that an instruction gives back where it leaves; handed_over: those that its resuming frame state
    hands over.  resume, unwind: end the block by leaving as its resuming frame state says, and with the exception that is set as
    its `unwind` says.  caught: the label of what handles the exit that a `try` catches.
    """

    def __init__(
        self,
        unit: Unit,
        result: str,
        released: Callable[[Instr], tuple[str, ...]] | None = None,
        handed_over: Callable[[Instr], tuple[object, ...]] | None = None,
        resume: Callable[[Instr], None] | None = None,
        unwind: Callable[[Instr], None] | None = None,
    ):
        self.unit = unit
        self.layout = unit.layout
        self.result = result
        self.lines: list[str] = []
        self.current: Instr | None = None
        self.label = "entry"
        self._released = released
        self._handed_over = handed_over
        self._resume = resume
        self._unwind = unwind
        self.caught = ""
        self.known: dict[str, object] = {}
        """The values of operands that are constants of the program."""
        self._next = 0
        self._cold: list[str] = []
        self._ways_out: dict[tuple[str, ...], str] = {}
        """Where native code is left with a status, having given back certain references: one place for all exits of this kind."""
        self._exits: dict[tuple[object, ...], Exits] = {}
        """Where all exits of one kind, which leave with the same values and references, come together."""

    # Plain instructions

    def name(self) -> str:
        self._next += 1
        return f"%v{self._next}"

    def new_label(self, hint: str = "b") -> str:
        self._next += 1
        return f"{hint}.{self._next}"

    def do(self, text: str) -> None:
        """An instruction without result."""
        self.lines.append("  " + text)

    def op(self, text: str) -> str:
        """An instruction's result."""
        name = self.name()
        self.lines.append(f"  {name} = {text}")
        return name

    def begin(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.label = label

    def branch(self, condition: str, true: str, false: str, unlikely: bool = False) -> None:
        weight = f", {UNLIKELY}" if unlikely else ""
        self.do(f"br i1 {condition}, label %{true}, label %{false}{weight}")

    def jump(self, label: str) -> None:
        self.do(f"br label %{label}")

    def phi(self, ty: str, *incoming: tuple[str, str]) -> str:
        """The value that comes with the predecessor: pairs of operand and label."""
        return self.op(f"phi {ty} " + ", ".join(f"[ {value}, %{label} ]" for value, label in incoming))

    def select(self, condition: str, ty: str, true: str, false: str) -> str:
        return self.op(f"select i1 {condition}, {ty} {true}, {ty} {false}")

    def each_index(self, count: str, body: Callable[[str], str | None]) -> str:
        """Run *body* with each index from 0 below *count*, while the condition that it gives does not hold.

        Returns whether the loop was ended by it; a body that gives None runs for every index.
        """
        start = self.label
        loop, inside, done = self.new_label("each"), self.new_label("body"), self.new_label("done")
        self.jump(loop)
        self.begin(loop)
        index = self.name()
        head = len(self.lines)
        self.branch(self.op(f"icmp slt i64 {index}, {count}"), inside, done)
        self.begin(inside)
        ends = body(index)
        following = self.op(f"add nuw nsw i64 {index}, 1")
        last = self.label
        if ends is None:
            self.jump(loop)
        else:
            self.branch(ends, done, loop)
        self.lines[head:head] = [f"  {index} = phi i64 [ 0, %{start} ], [ {following}, %{last} ]"]
        self.begin(done)
        return "false" if ends is None else self.phi("i1", ("false", loop), ("true", last))

    # Calls

    def call(self, name: str, signature: str, *args: str, attributes: str = "") -> str:
        """Call a C function; *signature* is ``result (types)``.  Returns the result's operand, "" for void."""
        result, types = signature.rstrip(")").split(" (", 1)
        self.unit.declare(name, signature)
        return self._call(f"@{name}", result, [t.strip() for t in types.split(",") if t.strip()], args, attributes)

    def call_helper(self, name: str, write: Callable[[Unit], str], signature: str, *args: str) -> str:
        """Call a function of the emitted code that is defined on demand."""
        result, types = signature.rstrip(")").rsplit(" (", 1)
        operand = self.unit.helper(name, write)
        return self._call(operand, result, [t.strip() for t in types.split(",") if t.strip()], args, "")

    def _call(self, callee: str, result: str, types: Sequence[str], args: Sequence[str], attributes: str) -> str:
        operands = ", ".join(f"{ty} {arg}" for ty, arg in zip(types, args))
        text = f"call {result} {callee}({operands}) {attributes}".rstrip()
        if result == "void":
            self.do(text)
            return ""
        return self.op(text)

    def libm(self, name: str, *args: str) -> str:
        """A libm function of doubles, called as it is: LLVM may neither fold nor rewrite it (docs/codegen.md)."""
        types = ["double"] * len(args)
        self.unit.declare(name, f"double ({', '.join(types)})", LIBM)
        return self._call(f"@{name}", "double", types, args, LIBM)

    def intrinsic(self, name: str, ty: str, *args: str) -> str:
        types = ", ".join([ty] * len(args))
        return self.call(name, f"{ty} ({types})", *args)

    # Memory

    def address(self, base: str, offset: int | str) -> str:
        return self.op(f"getelementptr i8, ptr {base}, i64 {offset}")

    def load(self, ty: str, base: str, offset: int, alias: str) -> str:
        pointer = self.address(base, offset) if offset else base
        return self.op(f"load {ty}, ptr {pointer}, {ALIAS[alias]}")

    def store(self, ty: str, value: str, base: str, offset: int, alias: str) -> None:
        pointer = self.address(base, offset) if offset else base
        self.do(f"store {ty} {value}, ptr {pointer}, {ALIAS[alias]}")

    def slot_address(self, index: int) -> str:
        return self.op(f"getelementptr ptr, ptr @slots, i64 {index}")

    def slot(self, kind: str, argument: str = "") -> str:
        """The word in the slot, read now."""
        return self.load("ptr", self.slot_address(self.unit.slot(kind, argument)), 0, "slot")

    def type_of(self, obj: str) -> str:
        return self.load("ptr", obj, self.layout.type, "type")

    def has_type(self, obj: str, type_name: str) -> str:
        """Whether the object's type is exactly the C API's *type_name*."""
        return self.op(f"icmp eq ptr {self.type_of(obj)}, {self.unit.external(type_name)}")

    def incref(self, obj: str) -> None:
        from pyvorin.compiler.emit.runtime import refcount

        self.call_helper("pv_incref", refcount.write_incref, "void (ptr)", obj)

    def decref(self, obj: str) -> None:
        from pyvorin.compiler.emit.runtime import refcount

        self.call_helper("pv_decref", refcount.write_decref, "void (ptr)", obj)

    def decref_seldom(self, obj: str) -> None:
        """As `decref`, where it is hardly ever done: by a call."""
        from pyvorin.compiler.emit.runtime import refcount

        self.call_helper("pv_decref_seldom", refcount.write_decref_seldom, "void (ptr)", obj)

    # Leaving

    def exit_if(self, condition: str, code: str) -> None:
        """Leave native code when the condition holds; *code* is one of the primitive's declared exits."""
        following = self.new_label("ok")
        self._leave(code, lambda out: self.branch(condition, out, following, unlikely=True))
        self.begin(following)

    def exit(self, code: str) -> None:
        """Leave native code here, always."""
        self._leave(code, self.jump)

    def _leave(self, code: str, end_with: Callable[[str], None]) -> None:
        """End the block with what jumps to where native code is left.

        Exits that leave in the same way have one block together, which a phi tells which of them it is: each has its counter.
        """
        if self._catches(code):
            end_with(self.caught)
            return
        assert self.current is not None, f"an exit outside of instructions: {code}"
        frame = self.current.frame
        assert frame is not None, f"an exit without frame state: {code}"
        released = () if self._released is None else self._released(self.current)
        values = () if self._handed_over is None else self._handed_over(self.current)
        key = (frame.kind, id(frame.point), values, released)
        exits, is_new = self._exits.get(key), key not in self._exits
        if exits is None:
            exits = self._exits[key] = Exits(self.new_label("exit"), self.name(), [])
        exits.incoming.append((frame.counters[code], self.label))
        end_with(exits.label)
        if not is_new:
            return
        with self.cold(exits.label):
            exits.at = len(self.lines)
            self.count(exits.counter)
            if frame.kind == "resume":
                assert self._resume is not None
                self._resume(self.current)
            else:
                self._way_out(str(EXITED))

    def _catches(self, code: str) -> bool:
        return self.current is not None and self.current.caught is not None and self.current.caught.code == code

    @contextmanager
    def cold(self, label: str) -> Iterator[None]:
        """What is emitted inside is the block *label*, away from the code that is nearly always run."""
        outer, at = self.lines, self.label
        self.lines = self._cold
        self.begin(label)
        yield
        self.lines, self.label = outer, at

    def count(self, counter: int | str) -> None:
        """Add one to a counter of the group, given by its number or an operand."""
        pointer = self.op(f"getelementptr i64, ptr @counters, i64 {counter}")
        count = self.op(f"load i64, ptr {pointer}, {ALIAS['counter']}")
        self.do(f"store i64 {self.op(f'add i64 {count}, 1')}, ptr {pointer}, {ALIAS['counter']}")

    def leave_if(self, condition: str, status: str | int) -> None:
        """Leave with a status that is already known: an exception is set, or a callee has exited."""
        out, following = self.new_label("leave"), self.new_label("ok")
        self.branch(condition, out, following, unlikely=True)
        with self.cold(out):
            self.leave(status)
        self.begin(following)

    def leave(self, status: str | int) -> None:
        """End the block: give back what is owned, and return the status."""
        if status == RAISED and self.current is not None and self.current.unwind is not None:
            assert self._unwind is not None
            self._unwind(self.current)
            return
        self._way_out(str(status))

    def fail_if_null(self, obj: str) -> str:
        """Leave with the exception that is set when a C function has returned NULL; otherwise its result."""
        self.leave_if(self.op(f"icmp eq ptr {obj}, null"), RAISED)
        return obj

    def exit_if_null(self, obj: str, code: str) -> str:
        """As CPython would raise here: forget the exception of the C function that returned NULL, and exit."""
        self.exit_if_failed(self.op(f"icmp eq ptr {obj}, null"), code)
        return obj

    def exit_if_failed(self, condition: str, code: str) -> None:
        """As `exit_if_null`, of a C function that tells by something else that it has raised."""
        failed, following = self.new_label("failed"), self.new_label("ok")
        self.branch(condition, failed, following, unlikely=True)
        with self.cold(failed):
            if self._catches(code):
                # Only the exception that the handler is for: there may have been no memory instead.
                assert self.current is not None
                assert self.current.caught is not None
                other, expected = self.new_label("other"), self.new_label("expected")
                kind = self.load("ptr", self.unit.external(f"PyExc_{self.current.caught.exception}"), 0, "slot")
                found = self.call("PyErr_ExceptionMatches", "i32 (ptr)", kind)
                self.branch(self.op(f"icmp eq i32 {found}, 0"), other, expected)
                self.begin(other)
                self.leave(RAISED)
                self.begin(expected)
            self.call("PyErr_Clear", "void ()")
            self.exit(code)
        self.begin(following)

    def _way_out(self, status: str) -> None:
        """End the block: give back what is owned at the current instruction, and return the status."""
        released: tuple[str, ...] = ()
        if self._released is not None and self.current is not None:
            # Otherwise nothing says what is to be given back here.
            assert may_leave(self.current), f"{self.current.op.name} leaves native code: {self.current.payload}"
            released = self._released(self.current)
        key = (status, *released)
        if key not in self._ways_out:
            self._ways_out[key] = self.new_label("out")
            self.jump(self._ways_out[key])
            self.begin(self._ways_out[key])
            for operand in released:
                self.decref_seldom(operand)
            packed = self.op(f"insertvalue {{ {self.result}, i8 }} zeroinitializer, i8 {status}, 1")
            self.do(f"ret {{ {self.result}, i8 }} {packed}")
        else:
            self.jump(self._ways_out[key])

    @property
    def zero(self) -> str:
        return self.zero_of(self.result)

    @staticmethod
    def zero_of(llvm: str) -> str:
        return {"double": "0.0", "ptr": "null"}.get(llvm, "zeroinitializer" if llvm.startswith("{") else "0")

    def finish(self, head: str) -> str:
        """The function's text; *head* is its ``define …`` line without the brace."""
        for exits in sorted(self._exits.values(), key=lambda exits: -exits.at):
            pairs = ", ".join(f"[ {counter}, %{label} ]" for counter, label in exits.incoming)
            self._cold.insert(exits.at, f"  {exits.counter} = phi i64 {pairs}")
        return "\n".join([f"{head} {{", "entry:", *self.lines, *self._cold, "}"])
