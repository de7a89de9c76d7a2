"""HIR -> text, as `explain` and tests show it; `parser.py` reads it back.  docs/hir.md gives the grammar.

Values are numbered in order of appearance, anew in each block (blocks are closed), so equal functions have equal texts
whatever they were made by, and a change in one block shows in that block only.

    func total(list[float]) -> float
    entry0(prices: list[float]):
        %0: float = const 0.0
        %1: int = prim iter.size(list[T]) -> int: prices
        jump for1(prices, %0, %1)
"""

from __future__ import annotations

import json
import math
from typing import Any

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import UNTYPED, Block, Function, Instr, Target, Value
from pyvorin.compiler.hir.outcalls import Outcall
from pyvorin.compiler.hir.points import Point
from pyvorin.core.source import Span
from pyvorin.types.spec import signature_text


class _Names:
    """Names for things: a thing's own, with a number where that is taken, or ``%n`` if it has none."""

    def __init__(self) -> None:
        self._names: dict[object, str] = {}
        self._used: dict[str, int] = {}

    def of(self, thing: object, base: str) -> str:
        if thing not in self._names:
            count = self._used.get(base, 0)
            self._used[base] = count + 1
            self._names[thing] = f"%{count}" if base == "%" else base if not count else f"{base}.{count}"
        return self._names[thing]


class _Scope:
    """The names that hold in one block: those of its values, and those of all blocks and resume points."""

    def __init__(self, blocks: _Names, points: _Names):
        self._blocks = blocks
        self._points = points
        self._values = _Names()

    def value(self, value: Value) -> str:
        return self._values.of(value, value.name or "%")

    def values(self, values: list[Value] | tuple[Value, ...]) -> str:
        return ", ".join(map(self.value, values))

    def point(self, point: Point, values: list[Value] | tuple[Value, ...]) -> str:
        """The point and what it is left with."""
        name = self._points.of(point, "%")
        return f"@{name[1:]}" + (f" with {self.values(values)}" if values else "")

    def block(self, block: Block) -> str:
        return self._blocks.of(block, block.label)


def print_function(fn: Function, spans: bool = False) -> str:
    """The function's text; with *spans*, each instruction's place in the source too."""
    blocks, points = _Names(), _Names()
    typed = all(p.ty != UNTYPED for p in fn.entry.params)
    params = signature_text(tuple(p.ty for p in fn.entry.params)) if typed else ", ".join(fn.params)
    lines = [f"func {fn.qualname}({params})" + (f" -> {fn.result}" if fn.result is not None else "")]
    for block in fn.blocks:
        names = _Scope(blocks, points)
        lines.append(f"{names.block(block)}({', '.join(_parameter(p, names) for p in block.params)}):")
        for instr in block.instrs:
            place = f"  at {_place(instr.span)}" if spans and instr.span is not None else ""
            lines.append(f"    {_instr(instr, block.targets, names)}{place}")
    return "\n".join(lines)


def _parameter(param: Value, names: _Scope) -> str:
    if param.ty == UNTYPED:
        return names.value(param)
    held = "borrowed " if param.borrowed else "lent " if param.lent else ""
    return f"{names.value(param)}: {held}{param.ty}"


def _instr(instr: Instr, targets: list[Target], names: _Scope) -> str:
    if instr.op is ops.SNAPSHOT:
        return f"snapshot {json.dumps(instr.payload.as_text())} {names.point(instr.payload, instr.args)}"
    text = instr.op.name + _payload(instr)
    operands = [names.value(arg) for arg in instr.args]
    if instr.op.terminator:
        operands += [_target(target, names) for target in targets]
    if operands:
        text += (": " if instr.op in (ops.PRIM, ops.CALL, ops.TRY) else " ") + ", ".join(operands)
    if instr.frame is not None:
        counters = ", ".join(f"{code}: {index}" for code, index in instr.frame.counters.items())
        text += f"  {instr.frame.kind} {{{counters}}}"
        if instr.frame.point is not None:
            text += f" at {names.point(instr.frame.point, instr.frame.values)}"
        if instr.frame.after is not None:
            text += f"  after {names.point(instr.frame.after.point, instr.frame.after.values)}"
    if instr.unwind is not None:
        text += f"  unwind {names.point(instr.unwind.point, instr.unwind.values)}"
    if instr.release:
        text += f"  release {names.values(instr.release)}"
    if instr.known:
        text += f"  known {{{', '.join(instr.known)}}}"
    if instr.result is not None:
        ty = f": {instr.result.ty}" if instr.result.ty != UNTYPED else ""
        text = f"{names.value(instr.result)}{ty} = {text}"
    return text


def _payload(instr: Instr) -> str:
    payload = instr.payload
    if instr.op is ops.CONST:
        return f" {constant_text(payload)}"
    if instr.op is ops.PRIM and not isinstance(payload, str):
        return f" {payload.text}"
    if isinstance(payload, Outcall):
        return f" out {payload.qualname}"
    if instr.op is ops.CALL and not isinstance(payload, str):
        return f" {'new ' if instr.constructs else ''}{payload.qualname}({signature_text(payload.types)})"
    if instr.op is ops.TRY:
        if instr.caught is None:
            return f" {payload[0]} catching {payload[1]}"
        return f" {payload.text} catching {instr.caught.exception} {instr.caught.code}"
    return f" {payload}" if payload is not None else ""


def constant_text(value: Any) -> str:
    """The constant as `repr` writes it, and the sign of a NaN."""
    if isinstance(value, tuple):
        items = ", ".join(map(constant_text, value))
        return f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, float) and math.isnan(value) and math.copysign(1.0, value) < 0:
        return "-nan"
    return repr(value)


def _target(target: Target, names: _Scope) -> str:
    before = "".join(f"{instr.op.name} {names.values(instr.args)}; " for instr in target.before)
    return f"{before}{names.block(target.block)}({names.values(target.args)})"


def _place(span: Span) -> str:
    return f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"
