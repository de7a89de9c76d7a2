"""Random programs with classes of many kinds, which change while native code works with their objects.

A program is a base class and one that derives from it, each with features drawn from the tables; kernels, loops over objects;
and a hook that the kernels call in each iteration, which at one of them does something odd: to an object, to a class, to a
function.  A driver calls the kernels, puts everything back, and returns what can be seen.
"""

from __future__ import annotations

import random

from .classes import KERNEL

PLAIN_INIT = """\
    def __init__(self, x, y=0.5, link=None):
        self.x = x
        self.y = y
        self.link = link
"""
PROPERTY_INIT = """\
    def __init__(self, x, y=0.5, link=None):
        self._x = x
        self.y = y
        self.link = link

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self.y = self.y
        self._x = value
"""
FIELDS = """\
    x: int
    y: float = 0.5
    link: object = None
"""
BASES = (
    "class {base}:\n" + PLAIN_INIT,
    "class {base}:\n" + PLAIN_INIT,
    "class {base}:\n" + PROPERTY_INIT,
    'class {base}:\n    __slots__ = ("x", "y", "link")\n\n' + PLAIN_INIT,
    "@dataclass\nclass {base}:\n" + FIELDS,
    "@dataclass(order=True, slots=True)\nclass {base}:\n" + FIELDS,
    "@dataclass(frozen=True)\nclass {base}:\n" + FIELDS,
    "@dataclass(eq=False)\nclass {base}:\n" + FIELDS + "    tags: list = field(default_factory=list)\n",
    "@dataclass\nclass {base}:\n    x: int\n    y: InitVar[float] = 0.5\n    link: object = None\n"
    "    _: KW_ONLY\n    k: int = {n}\n\n    def __post_init__(self, y):\n        self.y = y * 2\n",
    "@dataclass(frozen=True)\nclass {base}:\n" + FIELDS + "    n: int = field(init=False)\n\n"
    "    def __post_init__(self):\n        object.__setattr__(self, 'n', self.x * {n})\n",
    "@dataclass\nclass {base}:\n" + FIELDS + "\n    def __post_init__(self):\n        if self.y is None:\n"
    "            raise ValueError(self.x)\n",
)
DERIVED = (
    "class {sub}({base}):\n    pass\n",
    "class {sub}({base}):\n    late = {n}\n",
    "class {sub}({base}):\n    x = {n}\n",
    "class {sub}({base}):\n    def __init__(self, x, y=1.5, link=None):\n        super().__init__(x, y, link)\n"
    "        self.y = x\n",
    "class {sub}({base}):\n    def __init__(self, x, *rest, **more):\n        {base}.__init__(self, x, *rest, **more)\n",
    "@dataclass\nclass {sub}({base}):\n    z: int = {n}\n",
)
MEMBERS = (
    "    def bump(self, n):\n        self.x += n\n        return self.x\n",
    "    def bump(self, n):\n        self.y = self.y * 0.5 + n\n        return self.y\n",
    "    def bump(self, n):\n        return self.x + n\n",
    "    def norm(self):\n        return self.x * self.x + self.y\n",
    "    def norm(self):\n        return self.area + {n}\n",
    "    @property\n    def area(self):\n        return self.x * {n} + self.y\n",
    "    @property\n    def area(self):\n        return self.y\n\n    @area.setter\n    def area(self, value):\n"
    "        self.y = value\n        self.x = self.x\n",
    "    def _get(self):\n        return self.x\n\n    def _set(self, value):\n        self.x = value\n\n"
    "    area = property(_get, _set)\n",
    "    area = property(lambda self: self.x * {n} + self.y)\n",
    "    @cached_property\n    def area(self):\n        return self.x * {n} + self.y\n",
    "    def by_name(self, n=1, *, k={n}, m=2):\n        return self.x * k + n - m\n",
    "    def many(self, *ns, **more):\n        s = self.x\n        for n in ns:\n            s += n\n"
    "        return s + len(more)\n",
    "    @staticmethod\n    def double(n):\n        return n * 2\n",
    "    @classmethod\n    def make(cls, n):\n        return cls(n, {n}.5)\n",
    "    def __eq__(self, other):\n        return self.x == other\n\n    def __hash__(self):\n        return {n}\n",
    "    def __eq__(self, other):\n        return self.y if self is other else None\n",
    "    def __bool__(self):\n        return self.x != {n}\n",
    "    def __len__(self):\n        return {n}\n",
    "    def __len__(self):\n        return self.x\n",
    "    def __lt__(self, other):\n        return self.y < other.y\n",
    "    def __add__(self, other):\n        return self.x + {n}\n",
    "    def __radd__(self, other):\n        return self.y\n",
    "    def __iadd__(self, other):\n        self.y = other\n        return self\n",
    "    def __getitem__(self, i):\n        return self.y if i else self.x\n",
    "    def __contains__(self, n):\n        return n == self.x\n",
    "    def __iter__(self):\n        yield self.x\n        yield self.y\n",
    "    def __iter__(self):\n        n = {n}\n        while n > 0:\n            n -= 1\n            yield self.x + n\n",
    "    def __iter__(self):\n        return iter(self.link)\n",
    "    def __iter__(self):\n        self.left = {n}\n        return self\n\n    def __next__(self):\n"
    "        if self.left <= 0:\n            raise StopIteration\n        self.left -= 1\n"
    "        return self.y if self.left else self.x\n",
    "    def __reversed__(self):\n        yield self.y\n        yield self.x\n",
    "    def __call__(self, n=2, *, k=1):\n        return self.x + n * k\n",
    "    def other(self):\n        return self.link if self.link is not None else self\n",
)
OVERRIDING = (
    "    def bump(self, n):\n        return super().bump(n) + 1\n",
    "    def bump(self, n):\n        return {base}.norm(self) + n\n",
    "    @property\n    def area(self):\n        return {n}.5\n",
    "    def norm(self):\n        return super().norm() * 2\n",
    "    area = {n}\n",
    "    bump = {base}.norm\n",
)
STATEMENTS = (
    "s += p.x",
    "s += p.y * 2.0",
    "s += p.bump({n})",
    "s += p.norm()",
    "s += p.area",
    "p.area = k",
    "p.area += {n}",
    "p.x += k",
    "p.x = {n}",
    "p.y = s + {n}.5",
    "p.x, p.y = p.y, p.x",
    "s += p.by_name(k={n})",
    "s += p.by_name(k)",
    "s += p.by_name(m=s, n=k)",
    "s += p.many() + p.many(1, k) + p.many({n}, a=1)",
    "t = (k, {n})\n        s += p.many(*t)",
    "s += p.double(k) + {base}.double({n})",
    "p = {base}.make(k)\n        s += p.x",
    "s += {base}(k).y",
    "s += {sub}({n}, s).y",
    "q = {base}({n}, link=p)\n        s += q.link.x",
    "q = {base}(k, 2.5)\n        out.append(q)",
    "if p == ps[0]:\n            s += 1",
    "if p != {n}:\n            s += 1",
    "if p:\n            s += {n}",
    "if not p.link:\n            s += 1",
    "s += len(p)",
    "if p < ps[0]:\n            s += 1",
    "s += p + k",
    "s += k + p",
    "p += {n}",
    "p = replace(p, x=k)\n        s += p.x",
    "q = replace(p, link=p, y=1.5)\n        out.append(q)",
    "object.__setattr__(p, 'x', k)\n        s += p.x",
    "s += p[0] + p[{n}]",
    "if {n} in p:\n            s += 1",
    "for each in p:\n            s += each",
    "for each in p:\n            if each == {n}:\n                break\n            out.append(each)\n"
    "            hooks{mark}[0](p, ps)",
    "for i, each in enumerate(p):\n            s += i * each",
    "for each in reversed(p):\n            s += each",
    "s += sum(each for each in p)",
    "s += p(k) + p(k={n})",
    "q = p.other()\n        s += q.y",
    "if p.link is not None:\n            s += p.link.x",
    "if isinstance(p, {sub}):\n            s += 2",
    "if type(p) is {base}:\n            s += 3",
    "s += max(q.y for q in ps)",
    "q = min(ps, key=lambda each: each.area)\n        s += q.x",
    "found = {{}}\n        found[p] = s\n        s += len(found)",
    "seen = {{p}}\n        seen.add(ps[0])\n        seen.discard(p)\n        s += len(seen)",
    "found = {{p: {n}}}\n        found[ps[0]] = found.get(p, 0) + 1\n        if p in found:\n            s += found[p]",
    "try:\n            s += {n} // p.x\n        except ZeroDivisionError:\n            s += 1",
    "i = 0\n        while p.x > i and i < 3:\n            i += 1\n            s += p.area",
    "out.append(p.area)",
    "s += {base}.late",
    "hooks{mark}[0](p, ps)",
)
ODD = (
    "p.x = 'text'",
    "p.x = None",
    "p.x = {n}.5",
    "p.y = 10**30",
    "del p.x",
    "p.link = p",
    "p.link = {sub}({n}, 1.5)",
    "p.late = {n}",
    "p.bump = lambda *args: {n}",
    "vars(p)['area'] = {n}",
    "vars(p)['x'] = {n}",
    "vars(p).clear()",
    "vars(p)",
    "p.__class__ = {sub}",
    "p.__class__ = {base}",
    "p.__class__ = Other{mark}",
    "p.__dict__ = {{'x': {n}, 'y': {n}.25, 'link': None}}",
    "object.__setattr__(p, 'x', {n}.5)",
    "{base}.x = {n}",
    "{base}.late = {n}",
    "{base}.area = property(lambda self: {n})",
    "{base}.area = {n}",
    "{base}.x = property(lambda self: {n}, lambda self, value: None)",
    "{sub}.y = property(lambda self: {n}.5, lambda self, value: None)",
    "{base}.bump = lambda self, n: {n}",
    "{sub}.norm = lambda self: None",
    "{base}.by_name.__kwdefaults__['k'] = 50",
    "{base}.by_name.__kwdefaults__ = None",
    "{base}.norm.__code__ = (lambda self: {n}).__code__",
    "{base}.__init__ = lambda self, x, y=0.5, link=None: self.__dict__.update(x={n}, y=y, link=link)",
    "{base}.__init__.__defaults__ = ({n}.5, None)",
    "{base}.__getattr__ = lambda self, name: {n}",
    "{base}.__getattribute__ = lambda self, name: {n} if name == 'x' else object.__getattribute__(self, name)",
    "{base}.__setattr__ = lambda self, name, value: object.__setattr__(self, name, {n})",
    "{base}.__bool__ = lambda self: False",
    "{base}.__eq__ = lambda self, other: True",
    "{base}.__len__ = lambda self: {n}",
    "{base}.__iter__ = lambda self: iter([{n}, {n}.5])",
    "{base}.__next__ = lambda self: [][{n}]",
    "p.left = 2",
    "p.link = [{n}, {n}.5]",
    "{base}.__add__ = lambda self, other: {n}",
    "{sub}.__bases__ = (Other{mark},)",
    "del {base}.norm",
    "del {base}.area",
    "vars(p).pop('area', None)",
    "ps.append(None)",
    "ps.append({base}({n}.5, 2))",
    "ps.append(Other{mark}())",
    "del ps[0]",
    "ps[:] = ps[:1]",
    "globals()['{sub}'] = {base}",
)
OTHERS = """\
class Other{mark}:
    x = {n}
    y = {n}.5
    link = None
    area = 1

    def bump(self, n):
        return n

    def norm(self):
        return 0
"""
DRIVER = """\
count{mark} = [0]


def hook{mark}(p, ps):
    count{mark}[0] += 1
    if count{mark}[0] in {when}:
        {odd}


hooks{mark} = [hook{mark}]
kept{mark} = {base}, {sub}, Other{mark}


def {name}(n, k):
    {base}, {sub}, other = kept{mark}
    saved = {{c: dict(vars(c)) for c in kept{mark}}}
    bases = {sub}.__bases__
    parts = [(f, f.__code__, f.__defaults__, f.__kwdefaults__ and dict(f.__kwdefaults__))
             for c in kept{mark} for f in vars(c).values() if hasattr(f, "__code__")]
    ps = [{base}(i, i * 0.5) if i % {every} else {sub}(i + 1) for i in range(n)]
    seen = []
    count{mark}[0] = 0
    try:
        for kernel in ({kernels},) * 2:
            try:
                seen.append(kernel(ps, k))
            except Exception as error:
                seen.append((type(error).__name__, str(error).replace("ABC", "")))
    finally:
        globals()["{sub}"] = {sub}
        if {sub}.__bases__ != bases:
            {sub}.__bases__ = bases
        for f, code, defaults, named in parts:
            f.__code__, f.__defaults__, f.__kwdefaults__ = code, defaults, named
        for c, names in saved.items():
            for name in [name for name in vars(c) if name not in names]:
                delattr(c, name)
            for name in names:
                if name not in vars(c) or vars(c)[name] is not names[name]:
                    setattr(c, name, names[name])
    return seen, [viewed{mark}(p) for p in ps]


def viewed{mark}(p):
    found = [type(p).__name__]
    for name in ("x", "y", "link", "_x", "late", "z", "bump"):
        try:
            value = object.__getattribute__(p, name)
        except Exception as error:
            value = type(error)
        found.append(value if type(value) in (int, float, str, bool, type(None)) else type(value).__name__)
    return found, list(getattr(p, "__dict__", ()))
"""


def chunk(rng: random.Random, mark: str) -> tuple[str, list[str]]:
    """The source of some classes with their kernels and a driver, and the calls to make."""
    names = {"mark": mark, "base": f"M{mark}", "sub": f"N{mark}"}
    base = [rng.choice(BASES), *MEMBERS[:4:3], *rng.sample(MEMBERS, rng.randint(3, 8))]
    # What derives from a dataclass that is frozen is no dataclass that is not.
    sub = [
        rng.choice(DERIVED[:-1] if "frozen" in base[0] else DERIVED),
        *rng.sample((*OVERRIDING, *MEMBERS), rng.randint(0, 3)),
    ]
    if "order" in base[0]:
        base = [part for part in base if "__lt__" not in part]
    parts = [_filled("\n".join(part), rng, names) for part in (base, sub)]
    parts.append(_filled(OTHERS, rng, names))
    kernels = []
    for index in range(rng.choice((1, 2))):
        kernels.append(f"m{mark}_{index}")
        body = "\n        ".join([rng.choice(STATEMENTS) for _ in range(rng.randint(1, 4))] + [STATEMENTS[-1]])
        start = rng.choice(("0", "0.0"))
        parts.append(_filled(KERNEL, rng, names, name=kernels[-1], start=start, body=_filled(body, rng, names)))
    odd = "\n        ".join(_filled(rng.choice(ODD), rng, names) for _ in range(rng.choice((1, 1, 2))))
    when = tuple(sorted(rng.sample(range(1, 30), 2)))
    name = f"e{mark}"
    more = {"name": name, "kernels": ", ".join(kernels), "odd": odd, "when": str(when), "every": str(rng.randint(2, 9))}
    parts.append(_filled(DRIVER, rng, names, **more))
    calls = [f"{name}({rng.randint(1, 12)}, {rng.choice(('1', '2', '0.5', '0'))})" for _ in range(4)]
    return "\n\n".join(parts), calls


def _filled(template: str, rng: random.Random, names: dict[str, str], **more: str) -> str:
    return template.format(n=rng.randint(0, 5), **names, **more)
