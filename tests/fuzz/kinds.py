"""Random programs with classes of special kinds: enumerations and named tuples, which are changed while native code uses them."""

from __future__ import annotations

import random

from .classes import KERNEL

ENUMS = (
    "class {kind}(Enum):\n    A = 1\n    B = 2\n    C = {n}\n",
    "class {kind}(IntEnum):\n    A = 1\n    B = 2\n    C = {n}\n",
    "class {kind}(IntEnum):\n    A = 1\n    B = {n}\n    C = 4\n\n    def __add__(self, other):\n        return {n}\n",
    "class {kind}(IntFlag):\n    A = 1\n    B = 2\n    C = 4\n",
    "class {kind}(Flag):\n    A = auto()\n    B = auto()\n    C = auto()\n",
)
RECORDS = (
    '{record} = namedtuple("{record}", "x y tag", defaults=[{n}])\n',
    '{record} = namedtuple("{record}", "x y tag", defaults=[0.5, "t"])\n',
    "class {record}(NamedTuple):\n    x: int\n    y: float = {n}.5\n    tag: object = None\n\n    def norm(self):\n"
    "        return self.x * self.x + self.y\n\n    @property\n    def area(self):\n        return self.x * {n}\n",
)
STATEMENTS = (
    "s += e.value",
    "if e is {kind}.A:\n            s += 1",
    "if e == {kind}.B:\n            s += 1",
    "if e == {n}:\n            s += 1",
    "if e > {kind}.A:\n            s += 2",
    "s += e * {n} + k",
    "s += e + 1",
    "s += {n} - e",
    "if e & {kind}.A:\n            s += 1",
    "if {n} & e:\n            s += 1",
    "out.append(e | {kind}.C)",
    "e |= {kind}.B\n        out.append(e)",
    "if {kind}.B in e:\n            s += 3",
    "if e:\n            s += 1",
    "if {kind}({n}) is e:\n            s += 1",
    'if {kind}["B"] is e:\n            s += 1',
    "for each in {kind}:\n            s += each.value",
    "s += len({kind}) + len(e.name)",
    "count = {{e: 1}}\n        count[{kind}.A] = {n}\n        s += count[e]",
    "s += [5, 6, 7, 8, 9, 10, 11, 12][e]",
    "s += p.x + p[0]",
    "s += p.y * 2.0",
    "if p.tag is None:\n            s += 1",
    "x, y, tag = p\n        s += x + y",
    "x, *rest = p\n        s += x + len(rest)",
    "p = p._replace(x=k)\n        s += p.x",
    "p = {record}(k, y={n})\n        out.append(p)",
    "p = {record}(s)\n        s += p.y",
    "if p == ps[0][1]:\n            s += 1",
    "if p < ps[0][1]:\n            s += 1",
    "if p != ({n}, 0.5, None):\n            s += 1",
    "s += sorted([p, ps[0][1]])[0].x",
    "s += max(q.y for _, q in ps)",
    "if {n} in p:\n            s += 1",
    "s += p.norm() + p.area",
    "out.append(p)",
)
ODD = (
    "ps.append(({kind}.A, {record}('text', 2.5)))",
    "ps.append(({kind}.A, {record}({n}.5, {n})))",
    "ps.append(({kind}.A, None))",
    "ps.append((None, {record}(1)))",
    "ps.append(({n}, ({n}, 0.5, None)))",
    "{record}.x = property(lambda self: {n})",
    "{record}.__eq__ = lambda self, other: True",
    "{record}.__lt__ = lambda self, other: False",
    "{record}.__len__ = lambda self: {n}",
    "{record}.norm = lambda self: {n}",
    "{record}._replace = lambda self, **more: self",
    "{record}.__new__.__defaults__ = (0.25, {n})",
    "{record}.__new__.__defaults__ = ('text', None)",
    "{kind}.__add__ = lambda self, other: {n}",
    "{kind}.__and__ = lambda self, other: {n}",
    "{kind}.__bool__ = lambda self: False",
    "{kind}.value = {n}",
    "{kind}.A._value_ = {n}",
    "{kind}.__eq__ = lambda self, other: True\n        {kind}.__hash__ = lambda self: {n}",
)
DRIVER = """\
turn{mark} = [0]


def change{mark}(ps):
    turn{mark}[0] += 1
    if turn{mark}[0] == {when}:
        {odd}


def {name}(n, k):
    saved = {{c: dict(vars(c)) for c in ({kind}, {record})}}
    defaults, value = {record}.__new__.__defaults__, {kind}.A._value_
    members = [{kind}.A, {kind}.B, {kind}.C]
    ps = [(members[i % 3], {record}(i, i * 0.5, None)) for i in range(n)]
    seen = []
    turn{mark}[0] = 0
    try:
        for kernel in ({kernels},) * 2:
            try:
                seen.append(kernel(ps, k))
            except Exception as error:
                seen.append((type(error).__name__, str(error)))
    finally:
        {record}.__new__.__defaults__ = defaults
        {kind}.A._value_ = value
        for c, names in saved.items():
            for name in [name for name in vars(c) if name not in names]:
                type.__delattr__(c, name)
            for name in names:
                if name in vars(c) and vars(c)[name] is not names[name]:
                    type.__setattr__(c, name, names[name])
    return seen
"""


def chunk(rng: random.Random, mark: str) -> tuple[str, list[str]]:
    """The source of an enumeration and a class of named tuples with their kernels and a driver, and the calls to make."""
    names = {"mark": mark, "kind": f"E{mark}", "record": f"R{mark}"}
    parts = [_filled(rng.choice(ENUMS), rng, names), _filled(rng.choice(RECORDS), rng, names)]
    kernels = []
    for index in range(rng.choice((1, 2))):
        kernels.append(f"n{mark}_{index}")
        body = ["e, p = pair", *(rng.choice(STATEMENTS) for _ in range(rng.randint(1, 4))), "change{mark}(ps)"]
        kernel = KERNEL.replace("for p in ps:", "for pair in ps:").replace("len(out)", "out")
        filled = _filled("\n        ".join(body), rng, names)
        parts.append(_filled(kernel, rng, names, name=kernels[-1], start=rng.choice(("0", "0.0")), body=filled))
    odd, when = _filled(rng.choice(ODD), rng, names), str(rng.randint(1, 20))
    more = {"name": f"g{mark}", "kernels": ", ".join(kernels), "odd": odd, "when": when}
    parts.append(_filled(DRIVER, rng, names, **more))
    calls = [f"g{mark}({rng.randint(1, 9)}, {rng.choice(('1', '2', '0.5', '0'))})" for _ in range(4)]
    return "\n\n".join(parts), calls


def _filled(template: str, rng: random.Random, names: dict[str, str], **more: str) -> str:
    return template.format(n=rng.randint(0, 5), **names, **more)
