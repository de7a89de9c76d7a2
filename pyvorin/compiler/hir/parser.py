"""Text -> HIR: reads what `printer.py` writes, so that tests can begin at any pass.  docs/hir.md gives the grammar.

Texts of several functions follow each other.  What stands after ``;`` is a comment.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import (
    UNTYPED,
    After,
    Block,
    Callee,
    Caught,
    FrameState,
    Function,
    Instr,
    Names,
    Target,
    Unwind,
    Value,
)
from pyvorin.compiler.hir.points import Point
from pyvorin.compiler.primitives import table
from pyvorin.core import reasons
from pyvorin.core.source import Span
from pyvorin.types.spec import Type, TypeSyntaxError, parse_prefix

CalleeOf = Callable[[str, "tuple[Type, ...]"], Any]

_QUALNAME = re.compile(r"\w+(?:\.(?:\w+|<\w+>))*(?:/(?:\w+|\*\*?|-))*")
_KINDS_OF_CALLS = ("new ", ".", "operator ", "super ", "get ", "peek ", "set ", "protocol ", "replace ", "cache ")
_PRIMITIVE = re.compile(r"[\w.]+(?::[\w.]+(?:/(?:\*|[\w.<>]+(?::[\w.<>]+)?))*)?")
_LABEL = re.compile(r"(\w+)(?:\.\d+)?")
_VALUE = re.compile(r"%\d+|(\.*\w+)(?:\.\d+)?")
_RESULT = re.compile(r"(?:%\d+|\.*\w+(?:\.\d+)?)(?:: | = )")
_STRING = re.compile(r"b?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_MODULE = re.compile(r"[^\W\d][\w.]*")
_NUMBER = re.compile(r"-?(?:nan|inf|[0-9][0-9.]*(?:e[-+]?[0-9]+)?)")
_NAMED = {"True": True, "False": False, "None": None}
_PLACE = re.compile(r"(\d+):(\d+)-(\d+):(\d+)")
_WORD = re.compile(r"[a-z]+")
_CODE = re.compile(r"[A-Z_]+")
_INSIDE = re.compile(r"[^()]*")
_DIGITS = re.compile(r"\d+")
_POINT = re.compile(r"@\d+")
_CALLED = re.compile(r"(?:(?:incref|decref) |\w+(?:\.\d+)?\()")


class HIRSyntaxError(ValueError):
    """The text is not HIR; the message names the line and what was expected there."""

    def __init__(self, line: int, message: str):
        super().__init__(f"line {line}: {message}")
        self.line = line


class _Line:
    """One line being read from left to right."""

    def __init__(self, number: int, text: str):
        self.number = number
        self.text = text
        self.at = 0

    def error(self, expected: str) -> HIRSyntaxError:
        rest = self.text[self.at :]
        found = repr(rest) if rest else "the end of the line"
        return HIRSyntaxError(self.number, f"expected {expected}, found {found}")

    def accept(self, token: str) -> bool:
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise self.error(repr(token))

    def match(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise self.error(expected)
        self.at = found.end()
        return found

    def end(self) -> None:
        if self.at != len(self.text):
            raise self.error("the end of the line")

    def type(self) -> Type:
        try:
            ty, self.at = parse_prefix(self.text, self.at)
        except TypeSyntaxError:
            raise self.error("a type") from None
        return ty

    def types(self) -> tuple[Type, ...]:
        """Types in parentheses."""
        self.expect("(")
        found: list[Type] = []
        while not self.accept(")"):
            if found:
                self.expect(", ")
            found.append(self.type())
        return tuple(found)

    def constant(self) -> Any:
        if self.accept("("):
            items: list[Any] = []
            while not self.accept(")"):
                items.append(self.constant())
                if not self.accept(", ") and not self.accept(","):
                    self.expect(")")
                    break
            return tuple(items)
        for name, value in _NAMED.items():
            if self.accept(name):
                return value
        if self.accept("names"):
            return Names(self.match(_MODULE, "a module")[0] if self.accept(" of ") else "")
        if self.accept("function "):
            return Callee(self.match(_QUALNAME, "a function")[0])
        if _STRING.match(self.text, self.at):
            return ast.literal_eval(self.match(_STRING, "a string")[0])
        text = self.match(_NUMBER, "a constant")[0]
        return float(text) if set(text) & set(".einf") else int(text)


def parse(text: str, callee: CalleeOf | None = None) -> list[Function]:
    """The functions of the text; *callee* gives the payload of a call, from the name and argument types it is written with.

    Raises:
        HIRSyntaxError: the text is not HIR.
    """
    functions: list[_Parser] = []
    for number, raw in enumerate(text.splitlines(), 1):
        content = _without_comment(raw)
        if not content.strip():
            continue
        line = _Line(number, content.strip())
        if line.accept("func "):
            functions.append(_Parser(line, callee))
        elif not functions:
            raise line.error("'func'")
        elif content.startswith(" "):
            functions[-1].instruction(line)
        else:
            functions[-1].block_head(line)
    return [function.finish() for function in functions]


def _without_comment(line: str) -> str:
    at = 0
    while at < len(line):
        string = _STRING.match(line, at)
        if string is not None:
            at = string.end()
        elif line.startswith("; ", at) and (at == 0 or line[at - 1] == " "):
            return line[:at]
        else:
            at += 1
    return line


class _Parser:
    """Reads one function."""

    def __init__(self, line: _Line, callee: CalleeOf | None):
        self.head = line
        self.callee = callee
        self.fn = Function(line.match(_QUALNAME, "the function's name")[0], [])
        line.expect("(")
        self.signature = line.match(_INSIDE, "the parameters")[0]
        line.expect(")")
        if line.accept(" -> "):
            self.fn.result = line.type()
        line.end()
        self.blocks: dict[str, Block] = {}
        self.placed: set[str] = set()
        self.wanted: list[tuple[_Line, str]] = []
        self.points: dict[str, Point] = {}
        self.values: dict[str, Value] = {}
        """Those of the block being read."""

    # Names

    def block(self, line: _Line) -> tuple[str, Block]:
        found = line.match(_LABEL, "a block's label")
        return found[0], self.blocks.setdefault(found[0], Block(found[1]))

    def use(self, line: _Line) -> Value:
        name = line.match(_VALUE, "a value")[0]
        if name not in self.values:
            raise HIRSyntaxError(line.number, f"{name} is not defined before in this block")
        return self.values[name]

    def define(self, line: _Line) -> Value:
        found = line.match(_VALUE, "a value")
        if found[0] in self.values:
            raise HIRSyntaxError(line.number, f"{found[0]} is defined a second time")
        self.values[found[0]] = Value(found[1])
        return self.values[found[0]]

    def uses_until(self, line: _Line, stop: str) -> list[Value]:
        found: list[Value] = []
        while not line.accept(stop):
            if found:
                line.expect(", ")
            found.append(self.use(line))
        return found

    # Lines

    def block_head(self, line: _Line) -> None:
        label, block = self.block(line)
        if label in self.placed:
            raise HIRSyntaxError(line.number, f"block {label} is defined a second time")
        self.placed.add(label)
        self.values = {}
        self.fn.blocks.append(block)
        line.expect("(")
        while not line.accept(")"):
            if block.params:
                line.expect(", ")
            param = self.define(line)
            if line.accept(": "):
                param.borrowed = line.accept("borrowed ")
                param.lent = line.accept("lent ")
                param.ty = line.type()
            block.params.append(param)
        line.expect(":")
        line.end()

    def instruction(self, line: _Line) -> None:
        if not self.fn.blocks:
            raise line.error("a block")
        block = self.fn.blocks[-1]
        result = None
        if _RESULT.match(line.text):
            result = self.define(line)
            if line.accept(": "):
                result.ty = line.type()
            line.expect(" = ")
        word = line.match(_WORD, "an instruction")[0]
        op = ops.OPS.get(word)
        if op is None:
            raise HIRSyntaxError(line.number, f"expected an instruction, found {word!r}")
        if (result is not None) != op.result:
            raise HIRSyntaxError(line.number, f"{word} has {'a' if op.result else 'no'} result")
        instr = Instr(op, [], result)
        if op is ops.SNAPSHOT:
            self.snapshot(line, instr)
        else:
            self.operands(line, instr, block)
        self.rest(line, instr)
        line.end()
        block.instrs.append(instr)

    def operands(self, line: _Line, instr: Instr, block: Block) -> None:
        op = instr.op
        if op is ops.CONST:
            line.expect(" ")
            instr.payload = line.constant()
        elif op is ops.EXIT:
            line.expect(" ")
            instr.payload = line.match(_CODE, "a reason code")[0]
            if instr.payload not in reasons.TABLE:
                raise HIRSyntaxError(line.number, f"there is no reason code {instr.payload}")
        elif op is ops.PRIM:
            line.expect(" ")
            instr.payload = self.primitive(line)
        elif op is ops.CALL:
            line.expect(" ")
            kind = next((kind for kind in _KINDS_OF_CALLS if line.accept(kind)), "")
            called = self.called(line)
            instr.constructs = kind == "new " and not isinstance(called, str)
            instr.payload = f"{kind}{called}" if isinstance(called, str) else called
        elif op is ops.TRY:
            line.expect(" ")
            self.attempt(line, instr, block)
            return
        separator = ": " if op in (ops.PRIM, ops.CALL) else " "
        if op is ops.JUMP:
            line.expect(" ")
            block.targets.append(self.target(line))
        elif op is ops.BRANCH:
            line.expect(" ")
            instr.args.append(self.use(line))
            for _ in range(2):
                line.expect(", ")
                block.targets.append(self.target(line))
        elif not line.text.startswith("  ", line.at) and line.accept(separator):
            instr.args.append(self.use(line))
            while line.accept(", "):
                instr.args.append(self.use(line))

    def snapshot(self, line: _Line, instr: Instr) -> None:
        line.expect(" ")
        try:
            data, line.at = json.JSONDecoder().raw_decode(line.text, line.at)
            point = Point.from_text(data)
        except (ValueError, TypeError):
            raise line.error("a resume point") from None
        line.expect(" ")
        name = line.match(_POINT, "a resume point's name")[0]
        instr.payload = self.points.setdefault(name, point)
        instr.args = list(self.left_with(line))

    def point(self, line: _Line) -> tuple[Point, tuple[Value, ...]]:
        """A resume point by its name, which nothing in the text may define, and the values that it is left with."""
        name = line.match(_POINT, "a resume point's name")[0]
        return self.points.setdefault(name, Point("nowhere", ())), self.left_with(line)

    def left_with(self, line: _Line) -> tuple[Value, ...]:
        values: list[Value] = []
        if line.accept(" with "):
            values.append(self.use(line))
            while line.accept(", "):
                values.append(self.use(line))
        return tuple(values)

    def attempt(self, line: _Line, instr: Instr, block: Block) -> None:
        """Primitive, what is caught, operands and the two targets of a `try`."""
        primitive = self.primitive(line)
        line.expect(" catching ")
        exception = line.match(_QUALNAME, "an exception's name")[0]
        if isinstance(primitive, str):
            instr.payload = primitive, exception
        else:
            line.expect(" ")
            instr.payload, instr.caught = primitive, Caught(exception, line.match(_CODE, "a reason code")[0])
        line.expect(": ")
        while len(block.targets) < 2:
            if _CALLED.match(line.text, line.at):
                block.targets.append(self.target(line))
            else:
                instr.args.append(self.use(line))
            if len(block.targets) < 2:
                line.expect(", ")

    def primitive(self, line: _Line) -> Any:
        start = line.at
        name = line.match(_PRIMITIVE, "a primitive's name")[0]
        if not line.text.startswith("(", line.at):
            return name
        for overload in table.overloads(name):
            # An overload's text may begin another's: what follows decides.
            end = start + len(overload.text)
            if line.text.startswith(overload.text, start) and (
                end == len(line.text) or line.text.startswith((": ", "  ", " catching "), end)
            ):
                line.at = end
                return overload
        known = "; ".join(o.signature for o in table.overloads(name))
        raise line.error(f"a signature of the primitive {name} (it has {known or 'none'})")

    def called(self, line: _Line) -> Any:
        name = line.match(_QUALNAME, "a function's name")[0]
        if not line.text.startswith("(", line.at):
            return name
        types = line.types()
        if self.callee is None:
            raise HIRSyntaxError(line.number, f"the callee {name} is not known here")
        return self.callee(name, types)

    def target(self, line: _Line) -> Target:
        before: list[Instr] = []
        while line.text.startswith(("incref ", "decref "), line.at):
            op = ops.OPS[line.match(_WORD, "an instruction")[0]]
            line.expect(" ")
            before.append(Instr(op, [self.use(line)]))
            line.expect("; ")
        label, block = self.block(line)
        self.wanted.append((line, label))
        line.expect("(")
        return Target(block, self.uses_until(line, ")"), before)

    def rest(self, line: _Line, instr: Instr) -> None:
        """Frame state, unwinding, release list and place."""
        kind = next((kind for kind in ("restart", "resume", "after") if line.accept(f"  {kind} {{")), None)
        if kind is not None:
            counters: dict[str, int] = {}
            while not line.accept("}"):
                if counters:
                    line.expect(", ")
                code = line.match(_CODE, "a reason code")[0]
                line.expect(": ")
                counters[code] = int(line.match(_DIGITS, "a counter's index")[0])
            point, values = self.point(line) if line.accept(" at ") else (None, ())
            after = None
            if line.accept("  after "):
                behind, left = self.point(line)
                after = After(behind, left, left.index(instr.out))
            instr.frame = FrameState(kind, counters, point, values, after)
        if line.accept("  unwind "):
            instr.unwind = Unwind(*self.point(line))
        if line.accept("  release "):
            released = [self.use(line)]
            while line.accept(", "):
                released.append(self.use(line))
            instr.release = tuple(released)
        if line.accept("  known {"):
            known = [line.match(_WORD, "what is known")[0]]
            while line.accept(", "):
                known.append(line.match(_WORD, "what is known")[0])
            line.expect("}")
            instr.known = tuple(known)
        if line.accept("  at "):
            numbers = line.match(_PLACE, "a place such as 4:8-4:13")
            instr.span = Span(*map(int, numbers.groups()))

    def finish(self) -> Function:
        """The function, when all its lines are read."""
        if not self.fn.blocks:
            raise HIRSyntaxError(self.head.number, "a function needs a block")
        for line, label in self.wanted:
            if label not in self.placed:
                raise HIRSyntaxError(line.number, f"there is no block {label}")
        entry = self.fn.entry
        self.fn.params = [param.name or "" for param in entry.params]
        typed = all(param.ty != UNTYPED for param in entry.params)
        expected = ", ".join(str(p.ty) for p in entry.params) if typed else ", ".join(self.fn.params)
        if self.signature != expected:
            raise HIRSyntaxError(self.head.number, f"the entry has the parameters ({expected})")
        return self.fn
