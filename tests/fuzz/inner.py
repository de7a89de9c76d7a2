"""Random programs with generators, functions inside functions and keys: what is lowered in the place where it is used.

A program is some generator functions, which may consume each other, and functions whose loops, comprehensions and builtins
consume them; functions inside functions call each other and change what they capture.
"""

from __future__ import annotations

import random

OPERATORS = ("+", "-", "*", "//", "%", "^", "|")
CONSUMERS = (
    "sum({g})",
    "max({g})",
    "min(({v} for {v} in {g} if {v} > 0), key=lambda k: {e})",
    "len(list({g}))",
    "len(set({g}))",
    "sum(sorted({g}, key=lambda {v}: {e}, reverse={flag})[:2])",
    "sum([{e} for {v} in {g}])",
    "any({e} > 3 for {v} in {g})",
    "all({g})",
    "sum(tuple({g})[1:])",
    "sum(map(lambda {v}: {e}, {g}))",
    "sum(filter(lambda {v}: {e} > 1, {g}))",
)


def chunk(rng: random.Random, name: str) -> tuple[str, list[str]]:
    """The source of a program, and the calls to make."""
    writer = _Writer(rng, name)
    parts = [writer.generator(f"g{name}_{index}") for index in range(rng.randint(1, 3))]
    functions = [f"w{name}_{index}" for index in range(rng.randint(1, 3))]
    parts += [writer.consumer(function) for function in functions]
    calls = []
    for function in functions:
        for _ in range(6):
            numbers = [rng.choice((0, 1, 2, 3, 5, 8, -1)) for _ in range(2)]
            items = [rng.choice((0, 1, 2, 7, -3, 10**6, 2**62)) for _ in range(rng.randint(0, 4))]
            calls.append(f"{function}({numbers[0]}, {numbers[1]}, {items})")
    if rng.random() < 0.3:
        calls.append(f"{functions[0]}(2.5, 1, [1, 2.5])")
    return "\n\n".join(parts), calls


class _Writer:
    def __init__(self, rng: random.Random, name: str) -> None:
        self.rng = rng
        self.name = name
        self.generators: list[str] = []

    def expr(self, *names: str) -> str:
        """An arithmetic expression over the variables."""
        left = self.rng.choice(names)
        right = self.rng.choice((*names, "1", "2", "3"))
        text = f"{left} {self.rng.choice(OPERATORS)} {right}"
        return f"({text}) % {self.rng.choice((5, 7, 11))}" if self.rng.random() < 0.5 else text

    def generator(self, name: str) -> str:
        """A generator function of two numbers and a list, which yields a bounded number of ints."""
        lines = ["k = a"]
        for _ in range(self.rng.randint(1, 3)):
            lines += self.step()
        if not any("yield" in line for line in lines):
            lines.append("yield k")
        self.generators.append(name)
        return "\n".join([f"def {name}(a, b=2, xs=()):", *("    " + line for line in lines)])

    def step(self) -> list[str]:
        kind = self.rng.randrange(8)
        if kind == 0:
            return [f"yield {self.expr('a', 'b', 'k')}"]
        if kind == 1:
            return ["for k in range(a):", f"    yield {self.expr('a', 'b', 'k')}"]
        if kind == 2:
            return ["i = 0", "while i < b:", "    i += 1", "    if i % 2:", "        continue", "    yield i"]
        if kind == 3:
            return [
                "for x in xs:",
                f"    if {self.expr('x', 'b')}:",
                "        k = x",
                f"        yield {self.expr('x', 'k')}",
            ]
        if kind == 4:
            return ["if a > 4:", "    late = a", "    return"] + ["yield late"] * (self.rng.random() < 0.2)
        if kind == 5:
            return [
                "ys = [b]",
                "ys.append(k)",
                "for y in ys:",
                "    yield y",
                "    if len(ys) < 4:",
                "        ys.append(a)",
            ]
        if self.generators:
            inner = f"{self.rng.choice(self.generators)}({self.expr('a', 'b')} % 3, b)"
            if kind == 6:
                return [f"yield from {inner}"]
            return [f"for z in {inner}:", f"    yield {self.expr('z', 'k')}"]
        return ["yield a", "k = b"]

    def call(self) -> str:
        arguments = self.rng.choice(("n", "n, m", "m, xs=xs", "n, m, xs", "b=m, a=n", "n % 4, 3"))
        return f"{self.rng.choice(self.generators)}({arguments})"

    def consumer(self, name: str) -> str:
        lines = ["s = 0", "out = []"]
        for _ in range(self.rng.randint(1, 3)):
            lines += self.use()
        lines.append("return s, out, xs")
        hints = "n: int, m: int, xs: list[int]" if self.rng.random() < 0.8 else "n, m, xs"
        return "\n".join([f"def {name}({hints}):", *("    " + line for line in lines)])

    def use(self) -> list[str]:
        kind = self.rng.randrange(6)
        if kind == 0:
            form = self.rng.choice(CONSUMERS)
            flag = self.rng.choice(("True", "False"))
            element = "k % 3" if "k:" in form else self.expr("v", "n")
            return ["s += " + form.format(g=self.call(), v="v", e=element, flag=flag)]
        if kind in (1, 2):
            body = [f"s += {self.expr('v', 'm')}"]
            if self.rng.random() < 0.5:
                body.insert(0, f"if v {self.rng.choice(('>', '==', '<'))} {self.rng.randint(0, 5)}:")
                body.insert(1, "    " + self.rng.choice(("break", "continue", "return s, out", "s -= 1")))
            if self.rng.random() < 0.4:
                body.append(self.rng.choice(("out.append(v)", "xs.append(s)", "out.append(s // v)")))
            lines = [f"for v in {self.call()}:", *("    " + line for line in body)]
            return lines + (["else:", "    s += 100"] if self.rng.random() < 0.3 else [])
        if kind == 3:
            heads = [f"for v in {self.call()}:", f"    for w in {self.call()}:"]
            return [*heads, "        if w > v:", "            break", "        s += w"]
        inner, change = f"f{self.rng.randint(0, 99)}", self.rng.choice(("out.append(k)", "pass", "out.append(10 // k)"))
        if kind == 4:
            recursion = [f"    if k > 0 and k < 9: {inner}(k - 1)"] if self.rng.random() < 0.6 else []
            body = [f"    {change}", *recursion, f"    return {self.expr('k', 'by', 'm')}"]
            return [f"def {inner}(k, by=2):", *body, f"s += {inner}(n)"]
        return [f"{inner} = lambda k, by=3: {self.expr('k', 'by', 'n')}", f"s += sum([{inner}(x) for x in xs])"]
