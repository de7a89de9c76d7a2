"""Random functions that use what lies outside of them: global names that change, defaults, callables in variables, slices.

Each function that binds a global name does so first, so that a call gives the same however often it is made.
"""

from __future__ import annotations

import random

CALLS = 10
MOST_ITEMS = 40


def chunk(rng: random.Random, seed: str) -> tuple[str, list[str]]:
    """The source of a few functions, and the calls to make."""
    writer = _Writer(rng, seed)
    return writer.source(), writer.calls()


class _Writer:
    def __init__(self, rng: random.Random, seed: str) -> None:
        self.rng = rng
        self.total, self.table, self.limit = f"TOTAL{seed}", f"TABLE{seed}", f"LIMIT{seed}"
        self.helper, self.given, self.user = f"help{seed}", f"take{seed}", f"user{seed}"

    def source(self) -> str:
        first = self.rng.choice(("0", "2.5", "True", "None"))
        lines = [
            f"{self.total} = {first}",
            f"{self.total} = {self.rng.choice(('0', '1', first))}",
            f"{self.table} = [{self.rng.choice(('1.0 * i', 'i', 'i or 0.5'))} for i in range(7)]",
            f"{self.limit} = int('{self.rng.choice((1, 5, -3, 2**62))}')",
            "",
            f"def {self.helper}(a, b):",
            f"    return {self.number(('a', 'b', self.limit), 2)}",
            "",
            f"def {self.given}(a, xs={self.table}):",
            f"    return xs[a] {self.rng.choice('+-*')} {self.limit}",
            "",
            f"def {self.user}(xs, n, m):",
            f"    global {self.total}",
            f"    {self.total} = {self.rng.choice(('n', 'm', '0'))}",
            f"    ys = {self.rng.choice(('[]', '[n, m]', '[i * 2 for i in range(n % 9)]', 'xs[::-1]'))}",
            f"    push, pop, f = xs.append, {self.rng.choice(('xs', 'ys'))}.pop, {self.helper}",
            f"    for i in range(n % {self.rng.randint(2, 9)}):",
        ]
        for _ in range(self.rng.randint(1, 5)):
            lines += ["        " + line for line in self.statement()]
        return "\n".join([*lines, f"    return {self.total}, xs, ys"])

    def number(self, names: tuple[str, ...], depth: int) -> str:
        if not depth or self.rng.random() < 0.3:
            return self.rng.choice((*names, *names, "1", "3", "-2"))
        operator = self.rng.choice(("+", "+", "-", "*", "//", "%"))
        return f"({self.number(names, depth - 1)} {operator} {self.number(names, depth - 1)})"

    def value(self, depth: int = 2) -> str:
        return self.number(("n", "m", "i", self.total, self.limit, "len(xs)"), depth)

    def bounds(self) -> str:
        low, high = (self.rng.choice(("", "1", "-1", "i", "n", self.value(1))) for _ in range(2))
        step = self.rng.choice(("", "", "", ":2", ":-1", f":{self.value(1)}"))
        return f"{low}:{high}{step}"

    def statement(self) -> list[str]:
        some, other = self.rng.sample(("xs", "ys"), 2)
        made = self.rng.choice((other, some, "[i]", "[]", f"{other}[{self.bounds()}]", f"[{self.value()}, n]"))
        total = self.total
        choices: list[list[str]] = [
            [f"{total} = {self.value()}"],
            [f"{total} += {self.value()}"],
            [f"{total} {self.rng.choice(('-=', '*='))} i"],
            [f"{total} = f({total}, {self.value(1)})"],
            [f"{total} = {self.given}({self.rng.choice(('i', 'i', 'i - 3', 'n'))})"],
            [f"{total} = {self.table}[i] {self.rng.choice('+-*')} m"],
            [f"if len({some}) < {MOST_ITEMS}:", f"    {some}[{self.bounds()}] = {made}"],
            [f"del {some}[{self.bounds()}]"],
            [f"if len(xs) < {MOST_ITEMS}:", f"    push({self.value()})"],
            [f"push({self.rng.choice(('pop()', 'pop(0)', 'pop(i)'))})"],
            [f"if {some}:", "    pop()"],
            [f"(a, [b, c]), {total} = (i, {some}[:2]), m", f"{total} = a + b + c"],
            [f"if i == {self.rng.randint(0, 3)}:", f"    f = {self.rng.choice(('max', self.helper, 'None'))}"],
            [f"del {total}", f"{total} = {self.value(1).replace(total, 'i')}"],
        ]
        return self.rng.choice(choices)

    def calls(self) -> list[str]:
        found = []
        for number in range(CALLS):
            items = self.rng.choice(
                ("[1, 2, 3]", "[4, 5, 6, 7]", "[]", "[2 ** 61, -1]", "[1.5, 2.5]", "[1, 'a', None]")
            )
            n, m = (self.rng.choice(("3", "7", "8", "0", "-1")) for _ in range(2))
            if number > 5:
                m = self.rng.choice(("2.5", "2 ** 62", "True", "'a'", "None"))
            found.append(f"{self.user}({items}, {n}, {m})")
        return [*found, f"{self.given}(2)", f"{self.given}(1, ['a', 'b'])", f"{self.helper}(3, 4)"]
