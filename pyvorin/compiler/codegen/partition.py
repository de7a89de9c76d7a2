"""Divide a large module of LLVM IR into parts compiled apart, so that what several groups have in common is compiled once.

In: the IR of one group.  Out: a main module, with all data and the small functions, and one part for each large function.  A
part is *canonical*: it calls its symbols by the order in which they occur, and names no index of a slot, counter or resume
point.  So a function that calls and reads the same things has the same text in every group and after every new signature,
and its object can be kept under it.  What its symbols are in this group, the part's bindings say; `elf/bundle.py` brings both
together.

    %s = getelementptr ptr, ptr @slots, i64 84      =>   %s = getelementptr ptr, ptr @s.3, i64 0     s.3: slots + 672
    call … @"Scene.render.10"(…)                         call … @x.5(…)                              x.5: Scene.render.10

What is `alwaysinline`, and constant arrays, a part has copies of; constant numbers are the group's own, as all data that
changes.  Other functions are called across the border, which costs what any call does; of small ones it has copies for the
inliner, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pyvorin.compiler.codegen.elf.bundle import Bindings

LARGE = 100
"""A function of more lines is a part of its own."""
INLINABLE = 30
"""One of so few lines may be put in the place of its calls."""

_SYMBOL = re.compile(r'@("[^"\n]*"|[\w.$-]+)')
_ITEM = re.compile(
    r'^define (?P<head>[^\n@]*)@(?P<function>"[^"\n]*"|[\w.$-]+)(?P<body>\(.*?^\})'
    r'|^@(?P<data>"[^"\n]*"|[\w.$-]+) = (?P<value>[^\n]*)'
    r'|^declare [^\n@]*@(?P<declared>"[^"\n]*"|[\w.$-]+)\([^\n]*',
    re.MULTILINE | re.DOTALL,
)
_METADATA = re.compile(r"^!\d[^\n]*", re.MULTILINE)
_SLOT = re.compile(r"@slots, i64 (\d+)")
_COUNTER = re.compile(r"@counters, i64 (\d+|%[\w.]+)")
_PHI = re.compile(r"^  (%[\w.]+) = phi i64 [^\n]*", re.MULTILINE)
_POINT = re.compile(r"^(  %[\w.]+ = call i8 @pv_pend\(ptr [^,]*, i64 )(\d+)\)", re.MULTILINE)
_TYPE = re.compile(r"\[[^\]]*\]|\S+")
_CONSTANT = re.compile(r"\[ (\d+),")
_COUNTERS, _NUMBERS = "counters", "pv_numbers"


@dataclass(slots=True)
class Part:
    """IR to be compiled apart, and what its symbols are."""

    text: str
    bindings: Bindings


@dataclass(slots=True)
class _Function:
    head: str
    name: str
    body: str
    """From the parameters on."""
    symbols: list[str] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return self.body.count("\n") + 1

    @property
    def attributes(self) -> str:
        return self.body[: self.body.index("{\n")].rpartition(")")[2]

    @property
    def declaration(self) -> str:
        """How another module declares it, from the result type on, without name: (before it, behind it)."""
        parameters = self.body[1 : self.body.index("{\n")].rpartition(")")[0]
        types = [parameter.rpartition(" ")[0] for parameter in _parameters(parameters)]
        attributes = self.attributes.replace("noinline", "").replace("alwaysinline", "").strip()
        return f"({', '.join(types)}) {attributes}".rstrip()


def divide(ir: str) -> tuple[str, list[Part]]:
    """The main module, and the parts; no parts if no function is large."""
    return _Division(ir).run()


class _Division:
    def __init__(self, ir: str) -> None:
        self.functions: dict[str, _Function] = {}
        self.data: dict[str, str] = {}
        """Data with what is behind the equals sign."""
        self.declarations: dict[str, str] = {}
        for found in _ITEM.finditer(ir):
            if found["function"] is not None:
                one = _Function(found["head"], found["function"], found["body"])
                one.symbols = list(dict.fromkeys(_SYMBOL.findall(one.body)))
                self.functions[one.name] = one
            elif found["data"] is not None and not found["value"].startswith("external "):
                self.data[found["data"]] = found["value"]
            else:
                self.declarations[found["data"] or found["declared"]] = found.group()
        self.metadata = "\n".join(_METADATA.findall(ir))
        self.shared: dict[str, None] = {}
        """What is defined in the main module and a part refers to."""

    def run(self) -> tuple[str, list[Part]]:
        large = [one for one in self.functions.values() if one.lines > LARGE and not self.is_copied(one.name)]
        parts = [self.part(one) for one in large]
        return self.main({one.name for one in large}), parts

    def is_copied(self, name: str) -> bool:
        """Whether whoever needs it has one of its own."""
        if name in self.functions:
            return "alwaysinline" in self.functions[name].attributes
        return self.data.get(name, "").startswith("internal constant [")

    def main(self, apart: set[str]) -> str:
        """All but the functions that are *apart*."""
        lines = list(self.declarations.values())
        points = 0
        for name, value in self.data.items():
            if name in self.shared:
                value = value.replace("internal ", "hidden ", 1)
            lines.append(f"@{name} = {value}")
        for one in self.functions.values():
            if one.name in apart:
                lines.append(f"declare hidden {_plain(one.head)}@{one.name}{one.declaration}")
            else:
                head = one.head.replace("internal ", "hidden ", 1) if one.name in self.shared else one.head
                lines.append(f"define {head}@{one.name}{one.body}")
            points = max([points, *(1 + int(number) for _, number in _POINT.findall(one.body))])
        if _NUMBERS in self.shared:
            numbers = ", ".join(f"i64 {number}" for number in range(points))
            lines.append(f"@{_NUMBERS} = hidden constant [{points} x i64] [{numbers}]")
        return "\n".join([*lines, self.metadata]) + "\n"

    def part(self, one: _Function) -> Part:
        """The part that defines this function."""
        needed = dict.fromkeys([one.name])
        for name in needed.copy():
            needed.update(dict.fromkeys(self.inlinable(self.functions[name])))
        work = list(needed)
        for name in work:
            copied = [other for other in self.functions[name].symbols if self.is_copied(other) and other not in needed]
            needed.update(dict.fromkeys(copied))
            work += [other for other in copied if other in self.functions]
        return _Canonical(self, one, needed).run()

    def inlinable(self, one: _Function) -> list[str]:
        callees = [self.functions[name] for name in one.symbols if name in self.functions and name != one.name]
        return [
            callee.name
            for callee in callees
            if callee.lines <= INLINABLE and not {"noinline", "cold", "alwaysinline"} & set(callee.attributes.split())
        ]


class _Canonical:
    """One part in the making."""

    def __init__(self, division: _Division, one: _Function, needed: dict[str, None]) -> None:
        self.division = division
        self.one = one
        self.needed = needed
        self.bindings: Bindings = {}
        self.names: dict[str, str] = {}
        self.declared: dict[str, str] = {}
        self.loads = 0

    def run(self) -> Part:
        division = self.division
        counters = [
            int(number)
            for name in self.needed
            if name in division.functions
            for number in _counters(division.functions[name].body)
        ]
        base = min(counters, default=0)
        own = self.symbol(self.one.name)
        definitions = []
        for name in self.needed:
            one = division.functions.get(name)
            if one is None:
                definitions.append(f"@{name} = {division.data[name]}")
                continue
            body = _SYMBOL.sub(self.replaced, self.located(_relative(one.body, base)))
            if division.is_copied(name):
                definitions.append(f"define {one.head}@{name}{body}")
            else:
                linkage = "hidden" if name == self.one.name else "available_externally hidden"
                definitions.append(f"define {linkage} {_plain(one.head)}@{self.symbol(name)}{body}")
        self.declared.pop(own, None)
        for name in self.needed:
            self.declared.pop(self.names.get(name, ""), None)
        if _COUNTERS in self.names:
            self.bindings[self.names[_COUNTERS]] = (_COUNTERS, 8 * base)
        return Part("\n".join([*self.declared.values(), *definitions, division.metadata]) + "\n", self.bindings)

    def symbol(self, name: str) -> str:
        """What the part calls this symbol of the group's."""
        if name not in self.names:
            division = self.division
            called = self.names[name] = f"x.{len(self.names)}"
            self.bindings[called] = (_unquoted(name), 0)
            if name in division.functions:
                one = division.functions[name]
                if one.lines <= LARGE:
                    division.shared[name] = None
                self.declared[called] = f"declare hidden {_plain(one.head)}@{called}{one.declaration}"
            else:
                division.shared[name] = None
                linkage, kind, rest = division.data[name].split(" ", 2)
                assert linkage == "internal", f"data that is not the group's own: {name}"
                ty = _TYPE.match(rest)
                assert ty is not None
                size = "[0 x i64]" if name in (_COUNTERS, "slots") else ty.group()
                self.declared[called] = f"@{called} = external hidden {kind} {size}"
        return self.names[name]

    def place(self, prefix: str, symbol: str, index: int, ty: str) -> str:
        """What the part calls this word of a table of the group's."""
        key = f"{symbol} {index}"
        if key not in self.names:
            called = self.names[key] = f"{prefix}.{len(self.names)}"
            self.bindings[called] = (symbol, 8 * index)
            self.declared[called] = f"@{called} = external hidden {ty}"
            self.division.shared[symbol] = None
        return self.names[key]

    def located(self, body: str) -> str:
        """Slots and resume points by names instead of indices."""
        body = _SLOT.sub(lambda found: f"@{self.place('s', 'slots', int(found[1]), 'global ptr')}, i64 0", body)

        def point(found: re.Match[str]) -> str:
            name = self.place("p", _NUMBERS, int(found[2]), "constant i64")
            self.loads += 1
            value = f"%{name}.{self.loads}"
            return f"  {value} = load i64, ptr @{name}\n{found[1]}{value})"

        return _POINT.sub(point, body)

    def replaced(self, found: re.Match[str]) -> str:
        name = found[1]
        if name in self.bindings or (name in self.needed and self.division.is_copied(name)):
            return found[0]
        if name in self.division.declarations:
            self.declared[name] = self.division.declarations[name]
            return found[0]
        return f"@{self.symbol(name)}"


def _counters(body: str) -> list[int]:
    """The counters that the function names: where they are counted, or where an exit brings them along."""
    operands = set(_COUNTER.findall(body))
    found = [int(operand) for operand in operands if not operand.startswith("%")]
    for phi in _PHI.finditer(body):
        if phi[1] in operands:
            found += map(int, _CONSTANT.findall(phi[0]))
    return found


def _relative(body: str, base: int) -> str:
    """The function with counters counted from the base on."""
    if not base:
        return body
    operands = set(_COUNTER.findall(body))

    def shifted(phi: re.Match[str]) -> str:
        return _CONSTANT.sub(lambda found: f"[ {int(found[1]) - base},", phi[0]) if phi[1] in operands else phi[0]

    return _COUNTER.sub(
        lambda found: found[0] if found[1].startswith("%") else f"@counters, i64 {int(found[1]) - base}",
        _PHI.sub(shifted, body),
    )


def _plain(head: str) -> str:
    """What is in front of a function's name, without the linkage."""
    return head.replace("internal ", "", 1)


def _unquoted(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name


def _parameters(text: str) -> list[str]:
    found, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "{([") - (letter in "})]")
        if letter == "," and not depth:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()] if text.strip() else []
