"""HIR -> text, as `explain` and tests show it.

    func total(list[float]) -> float
    entry0(prices: list[float]):
        v0: float = const 0.0
        jump for1(prices, v0)
"""

from __future__ import annotations

from pyvorin.compiler.hir.ir import Function, Instr, Target, Value
from pyvorin.types.spec import Type, signature_text


class _Names:
    """Values by number of appearance, parameters and named results by their variable."""

    def __init__(self) -> None:
        self._names: dict[Value, str] = {}
        self._used: dict[str, int] = {}

    def __call__(self, value: Value) -> str:
        if value not in self._names:
            base = (value.name or "v").lstrip(".")
            count = self._used.get(base, 0)
            self._used[base] = count + 1
            self._names[value] = f"{base}{count}" if base == "v" else base if not count else f"{base}.{count}"
        return self._names[value]


def print_function(fn: Function, found_types: tuple[Type, ...] | None = None) -> str:
    """The function's text; `found_types` are shown in its head."""
    name = _Names()
    head = f"func {fn.qualname}({signature_text(found_types) if found_types is not None else ', '.join(fn.params)})"
    lines = [head + (f" -> {fn.result}" if fn.result is not None else "")]
    for block in fn.blocks:
        params = ", ".join(f"{name(p)}: {p.ty}" if p.ty else name(p) for p in block.params)
        lines.append(f"{block.label}({params}):")
        lines += [f"    {_instr(instr, block.targets, name)}" for instr in block.instrs]
    return "\n".join(lines)


def _instr(instr: Instr, targets: list[Target], name: _Names) -> str:
    text = instr.op.name
    if instr.op.name == "prim":
        text += f" {getattr(instr.payload, 'name', instr.payload)}"
    elif instr.op.name == "call":
        text += f" {instr.payload if isinstance(instr.payload, str) else instr.payload.qualname}"
    elif instr.op.name in ("const", "exit"):
        text += f" {instr.payload!r}" if instr.op.name == "const" else f" {instr.payload}"
    operands = ", ".join(map(name, instr.args))
    if operands:
        text += f" {operands}"
    if instr.op.terminator and targets:
        text += ("," if operands else "") + " " + ", ".join(_target(t, name) for t in targets)
    if instr.frame is not None:
        text += f"  {instr.frame.kind} {{{', '.join(instr.frame.counters)}}}"
    if instr.release:
        text += f"  release {', '.join(map(name, instr.release))}"
    if instr.result is not None:
        ty = f": {instr.result.ty}" if instr.result.ty is not None else ""
        text = f"{name(instr.result)}{ty} = {text}"
    return text


def _target(target: Target, name: _Names) -> str:
    before = "".join(f"{i.op.name} {name(i.args[0])}; " for i in target.before)
    return f"{before}{target.block.label}({', '.join(map(name, target.args))})"
