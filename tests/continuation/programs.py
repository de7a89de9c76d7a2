"""Random programs for the walker: helpers whose every use is logged, a leaf function, a class, a function with all statements.

Half of the programs are about control flow: cheap statements, many jumps, few exceptions.
"""

from __future__ import annotations

import random

HELPERS = """
import sys
log = []
fuel = [0]
G = 0
class Fuel(BaseException): pass
def snap(v, d=0):
    if d > 3: return "..."
    if type(v) is list: return [snap(x, d + 1) for x in v]
    if type(v) is dict: return {k: snap(x, d + 1) for k, x in v.items()}
    if isinstance(v, Obj): return ("Obj", v.n, snap(v.a, d + 1))
    return v if type(v) in (int, str, float, bool, type(None), tuple) else type(v).__name__
def go():
    fuel[0] += 1
    if fuel[0] > 120: raise Fuel
    return True
def eff(v=0, *r, k=None):
    go()
    log.append(("eff", snap(v), snap(list(r)), snap(k), type(sys.exc_info()[1]).__name__))
    return v
def bad(v, m=3):
    go()
    log.append(("bad", snap(v)))
    if fuel[0] % (m * 3) == 0:
        try: raise LookupError("context")
        except LookupError: raise ValueError("bad")
    return v
def app(xs, v):
    go(); xs.append(v); log.append(("app", snap(xs))); return len(xs)
class CM:
    def __init__(self, n, swallow=False): self.n = n; self.swallow = swallow
    def __enter__(self):
        log.append(("enter", snap(self.n))); return bad(self.n, 11)
    def __exit__(self, t, v, tb):
        log.append(("exit", snap(self.n), t and t.__name__, tb and tb.tb_lineno))
        if self.n == 3: raise KeyError("exit")
        return self.swallow and t is not Fuel
class Obj:
    def __init__(self, n): self.n = n; self.a = 0
    def __add__(self, o): log.append(("add", self.n)); return bad(self.n + 1)
    def __iadd__(self, o): log.append(("iadd", self.n, snap(o))); self.n += 1; return self
    def __getitem__(self, i): log.append(("get", snap(i))); return bad(i, 5)
    def __setitem__(self, i, v): log.append(("set", snap(i), snap(v))); bad(i, 4)
    def __delitem__(self, i): log.append(("del", snap(i))); bad(i, 4)
    def __lt__(self, o): log.append(("lt", self.n)); return self.n % 2 == 0
    def __bool__(self): log.append(("bool", self.n)); return bad(self.n, 6) % 3 != 0
    def __iter__(self): log.append("iter"); return gen(self.n)
    def meth(self, *a, **k): log.append(("meth", snap(list(a)), snap(k))); return bad(len(a), 7)
    def fail(self, a): raise LookupError(a)
    @property
    def p(self): log.append("p"); return bad(self.n, 5)
def gen(n):
    try:
        for i in range(abs(n) % 5):
            log.append(("yield", i)); yield bad(i, 7)
    finally: log.append("closed")
class Tracked:
    def __init__(self, n): self.n = n
    def __del__(self): log.append(("died", snap(self.n)))
    def __repr__(self): return "Tracked"
"""

VARIABLES = ["a", "b", "c", "i", "j", "t"]


class Program:
    """source: a module whose function `f(a, b, xs, d, o)` is to be called."""

    def __init__(self, seed: int, lifetimes: bool = False) -> None:
        self._random = random.Random(seed)
        self._size = 0
        self._flow = seed % 2 == 1
        self._global = self._random.random() < 0.3
        self._lifetimes = lifetimes
        lines = [*HELPERS.splitlines(), "# walked", *self._leaf(), *self._class(), "@eff", "def f(a, b, xs, d, o):"]
        if self._global:
            lines.append("    global G")
        if self._random.random() < 0.8:
            lines.append("    c = i = j = t = 1")
        self.source = "\n".join([*lines, *self._block(0, False)]) + "\n"

    def _leaf(self) -> list[str]:
        update = self._choose("t = bad(t)", "pass", "if t > 3: break")
        return [
            "def g(a, b):",
            "    t = eff(a)",
            "    for i in range(2):",
            f"        t {self._choose('+=', '-=')} b",
            f"        {update}",
            f"    {self._choose('return t', 'return bad(t)', 'pass')}",
        ]

    def _class(self) -> list[str]:
        return [
            "class _K:",
            "    def __init__(self, __n):",
            "        self.__v = __n",
            "    def m(self, __q, r):",
            f"        self.__v {self._choose('+=', '-=')} eff(__q)",
            "        for __i in (r, 2):",
            f"            __q = {self._choose('bad(self.__v)', '__q + __i', 'g(__q, __i)')}",
            "        return (self.__v, __q)",
        ]

    def _choose(self, *options: str) -> str:
        return self._random.choice(options)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _variable(self) -> str:
        return self._choose(*VARIABLES)

    def _value(self, depth: int = 0) -> str:
        if depth > (1 if self._flow else 2) or self._chance(0.6 if self._flow else 0.3):
            return self._choose(self._variable(), self._variable(), str(self._random.randint(-2, 5)), "G")

        def n() -> str:
            return self._value(depth + 1)

        options = [
            lambda: f"({n()} {self._choose('+', '-')} {n()})",
            lambda: f"({n()} * {self._choose('-1', '2', '3')} % 1000)",
            lambda: f"({n()} {self._choose('//', '%')} {'7' if self._flow else n()})",
            lambda: f"eff({n()})",
            lambda: f"eff({n()}, {n()}, k={n()})",
            lambda: f"bad({n()})",
            lambda: f"app(xs, {n()})",
            lambda: f"xs[{self._choose('0', '-1', n())}]",
            lambda: f"d.setdefault({n()}, {n()})",
            lambda: f"d[{n()}]",
            lambda: f"len({self._container(depth + 1)})",
            lambda: f"({n()} if {self._condition(depth + 1)} else {n()})",
            lambda: f"({n()} {self._choose('and', 'or')} {n()} {self._choose('and', 'or')} {n()})",
            lambda: f"({self._variable()} := {n()})",
            lambda: f"g({n()}, {n()})",
            lambda: f"o.meth({n()}, *{self._choose('[1, 2]', 'xs[:2]', 'o', '(3,)')}, k={n()})",
            lambda: f"({self._choose('o', self._variable())} + {n()})",
            lambda: f"o[{n()}]",
            lambda: "sum(x for x in xs if isinstance(x, int))",
            lambda: f"len([eff(x) for x in {self._container(depth + 1)}])",
            lambda: "o.p",
            lambda: f"(o\n        .meth({n()}))",
            lambda: "xs.pop()",
            lambda: f'len(f"{{{self._plain()}}}-{{{self._plain()}!r}}")',
            lambda: f"(lambda q: eff(q))({n()})",
            lambda: f"_K({n()}).m({n()}, {n()})",
            lambda: f"len({{{n()}: {n()}, 7: eff({n()})}})",
        ]
        if self._lifetimes:
            options += [lambda: f"Tracked({n()})", lambda: f"eff(Tracked({n()}), {n()})"] * 4
        return self._random.choice(options)()

    def _plain(self) -> str:
        """A value for an f-string: before 3.12 without quotes and lines of its own."""
        value = self._value(2)
        return "eff(i)" if '"' in value or "\n" in value else value

    def _container(self, depth: int = 0) -> str:
        pair = f"[{self._value(depth + 1)}, {self._value(depth + 1)}]"
        return self._choose("xs", "list(d)", "xs[1:]", pair, "range(3)", f"({self._value(depth + 1)},)")

    def _condition(self, depth: int = 0) -> str:
        if depth > 2:
            return f"{self._variable()} > 1"

        def n() -> str:
            return self._value(depth + 1)

        def c() -> str:
            return self._condition(depth + 1)

        return self._random.choice(
            [
                lambda: f"{n()} {self._choose('<', '==')} {n()}",
                lambda: f"{n()} < {n()} <= {n()}",
                lambda: f"not {c()}",
                lambda: f"{c()} {self._choose('and', 'or')} {c()}",
                lambda: f"{c()} and {c()} or {c()}",
                lambda: f"({c()} if {c()} else {c()})",
                lambda: f"{n()} in {self._container(depth + 1)}",
                lambda: "o",
                lambda: "o < o < 3",
                lambda: f"{self._variable()} is None",
                lambda: "xs",
                lambda: f"{n()} > {n()} != {n()}",
            ]
        )()

    def _target(self) -> str:
        v = self._variable
        return self._choose(
            v(),
            v(),
            v(),
            f"xs[{self._choose('0', '-1', self._value(1))}]",
            f"d[{self._value(1)}]",
            f"o[{self._value(2)}]",
            "o.a",
        )

    def _block(self, depth: int, loop: bool) -> list[str]:
        lines: list[str] = []
        for _ in range(self._random.randint(1, 3 if depth else 5)):
            lines += self._statement(depth, loop)
        return [f"    {line}" for line in lines]

    def _statement(self, depth: int, loop: bool) -> list[str]:
        self._size += 1
        kind = self._random.random()
        if self._flow and depth == 0 and self._chance(0.5):
            return [f"for {self._variable()} in range(6):", "    go()", *self._block(1, True)]
        if self._flow and kind > 0.75:
            return self._jump_or_effect(loop)
        if depth < 4 and self._size < 40 and kind < (0.55 if self._flow else 0.42):
            return self._compound(depth, loop)
        return self._simple(loop)

    def _jump_or_effect(self, loop: bool) -> list[str]:
        kind = self._choose("eff", "eff", "jump", "jump", "return", "count", "append")
        test = f"if {self._variable()} {self._choose('<', '>', '==')} {self._random.randint(0, 3)}: "
        if kind == "jump" and loop:
            return [("" if self._chance(0.3) else test) + self._choose("break", "continue")]
        if kind == "return":
            return [f"{test}return eff({self._variable()})"]
        if kind == "count":
            return [f"{self._choose('i', 'j', 'c')} += 1"]
        return [f"eff({self._random.randint(100, 999)})"] if kind != "append" else [f"xs.append({self._variable()})"]

    def _compound(self, depth: int, loop: bool) -> list[str]:
        def block(in_loop: bool = loop) -> list[str]:
            return self._block(depth + 1, in_loop)

        kinds = ["for", "for", "while", "if", "try", "try", "with"] + (
            ["try"] if self._flow else ["for", "if", "match"]
        )
        kind = self._random.choice(kinds)
        if kind == "if":
            lines = [f"if {self._condition()}:", *block()]
            if self._chance(0.3):
                lines += [f"elif {self._condition()}:", *block()]
        elif kind == "while":
            lines = [f"while go() and {self._condition()}:", *block(True)]
        elif kind == "for":
            target, iterable = self._random.choice(self._iterations())
            lines = [f"for {target} in {iterable}:", "    go()", *block(True)]
        elif kind == "match":
            return [
                f"match {self._value()}:",
                f"    case {self._choose('1', '[c, *t]', 'None')}:",
                *(f"    {line}" for line in block()),
                "    case i if eff(i):",
                *(f"    {line}" for line in block()),
            ]
        elif kind == "try":
            return self._try(block)
        else:
            more = f", CM({self._value(2)})" + self._choose("", f" as {self._target()}") if self._chance(0.4) else ""
            swallow = self._choose("False", "False", "True")
            bound = self._choose("", f" as {self._target()}")
            return [f"with CM({self._value(1)}, {swallow}){bound}{more}:", *block()]
        return [*lines, "else:", *block()] if self._chance(0.35) else lines

    def _try(self, block: object) -> list[str]:
        lines = ["try:", *block()]  # type: ignore[operator]
        kind = self._random.random()
        if kind < 0.8:
            caught = self._choose("ValueError", "Exception", "(KeyError, IndexError, ZeroDivisionError)", "TypeError")
            lines += [f"except {caught}{self._choose('', ' as e')}:", *block()]  # type: ignore[operator]
            if self._chance(0.3):
                lines += ["else:", *block()]  # type: ignore[operator]
        if kind > 0.5:
            lines += ["finally:", *block()]  # type: ignore[operator]
        return lines

    def _iterations(self) -> list[tuple[str, str]]:
        v = self._variable
        return [
            (v(), self._container()),
            (v(), self._container()),
            (v(), f"range({self._choose('2', '3', '4', '5, 0, -2')})"),
            ("i, t", f"enumerate(xs{self._choose('', ', 5')})"),
            ("i, j", "zip(xs, range(3))"),
            ("(i, j), t", "zip([(1, 2), (3, 4)], xs)"),
            ("d[0]", "xs"),
            ("t", "d"),
            ("i, t", "d.items()"),
            (v(), "o"),
            (v(), f"gen({self._value(1)})"),
            ("i", '"abc"'),
            ("i, *t", "[(1, 2, 3), (4, 5)]"),
            ("xs[0], i", "[(1, 2), (3, 4)]"),
            ("o[1], i", "[(1, 2), (3,)]"),
            ("i", self._value(1)),
            ("i", "reversed(xs)"),
        ]

    def _simple(self, loop: bool) -> list[str]:
        n = self._value
        kind = self._random.randint(0, 22)
        if kind < 4:
            return [f"{self._target()} = {n()}"]
        if kind == 4:
            return [f"{self._target()} = {self._target()} = {n()}"]
        if kind == 5:
            return [f"{self._target()}, {self._target()} = {n()}, {n()}"]
        if kind in (6, 7, 8):
            target = self._target()
            value = n() if target not in VARIABLES else n(2)
            return [f"{target} {self._choose('+=', '-=')} {value}"]
        if kind == 9:
            return [f"xs.append({n()})"]
        if kind == 10:
            return [f"app(xs, {n()})", f"d[{n(1)}] = {self._choose('xs', n(1))}"]
        if kind == 11 and self._chance(0.6):
            what = self._choose(
                self._variable(), "xs[0]", f"d[{n(1)}]", f"{self._variable()}, xs[-1]", f"o[{n(1)}], xs[{n(1)}]"
            )
            return [f"del {what}"]
        if kind == 12 and loop:
            return [self._choose("break", "continue")]
        if kind == 13 and self._chance(0.5):
            return [f"return {n()}"]
        if kind == 14 and self._chance(0.4):
            return [f"raise {self._choose('ValueError', 'KeyError')}({n()})" + self._choose("", " from None")]
        if kind in (15, 16):
            return [f"assert {self._condition()}, eff({n()})"]
        if kind == 17:
            return ["def h(q=eff(3)):", "    return eff(q)", f"{self._variable()} = h(2)"]
        if kind == 18:
            return [f"{self._variable()} = (", f"    {n()} +", f"    {n()}", ")"]
        if kind == 19:
            return [f"G = {n()}" if self._global else "import os.path as t"]
        if kind == 20:
            return [f"o += {n()}" if self._chance(0.5) else f"xs += {self._container()}"]
        if kind == 21:
            return [f"{self._variable()}: int = {n()}"]
        return [f"eff({n()}, {n()})"]
