"""Random programs with classes: kernels over instances, called by drivers that do odd things in between.

A driver makes instances, and between its calls of the kernels changes them, their classes and the types of their attributes in
ways that native code must notice.  It returns what can be seen afterwards.
"""

from __future__ import annotations

import random

ODD = (
    "p.{a} = 'text'",
    "p.{a} = None",
    "p.{a} = 10**30",
    "p.{a} = True",
    "p.{a} = {n}",
    "p.{a} = {n}.5",
    "del p.{a}",
    "vars(p)",
    "vars(p)['{a}'] = {n}",
    "vars(p)['other'] = {n}",
    "vars(p).clear()",
    "p.late = {n}",
    "p.bump = lambda *args: {n}",
    "p.__class__ = {sub}",
    "p.__class__ = {base}",
    "p.__dict__ = {{'{a}': {n}, '{b}': {n}.25, 'link': None}}",
    "p.link = p",
    "p.link = ps[0]",
    "p.link = None",
    "p.link = {sub}({n}, 1.5)",
    "{base}.{a} = {n}",
    "{base}.bump = {sub}.twice",
    "{base}.{a} = property(lambda self: {n})",
    "{base}.fresh = {n}",
    "{sub}.{b} = property(lambda self: {n}.5, lambda self, value: None)",
    "{base}.__getattr__ = lambda self, name: {n}",
    "{base}.__bool__ = lambda self: False",
    "{base}.__setattr__ = lambda self, name, value: object.__setattr__(self, name, {n})",
    "ps.append({sub}({n}, 2.5))",
    "ps.append(None)",
    "ps.append({base}({n}.5, 2))",
    "ps.append(ps[0])",
)
"""What a driver does with one of the instances, or with the classes."""

CLASSES = """\
class {base}:
    def __init__(self, {a}, {b}=0.5):
        self.{a} = {a}
        self.{b} = {b}
        self.link = None

    def bump(self, n):
        self.{a} += n
        return self.{a}

    def twice(self, n):
        return self.bump(n) + self.bump(n)

    def norm(self):
        return self.{a} * self.{a} + self.{b}

    def half(self, n):
        if n % 2:
            return n * 0.5
        return n

    def other(self, n):
        if n > 3:
            return None
        return self if n % 2 else self.link


class {sub}({base}):
    {slots}

    def bump(self, n):
        self.{b} = self.{b} * 0.5 + n
        return self.{b}
"""

STATEMENTS = (
    "s += p.{a}",
    "s += p.{b} * 2.0",
    "s += p.bump({n})",
    "s += p.twice(k)",
    "s += p.norm()",
    "p.{a} += k",
    "p.{b} = s + {n}.5",
    "p.{a} = p.{b}",
    "p.{a}, p.{b} = p.{b}, p.{a}",
    "s += {base}({n}, s).norm()",
    "p.link = {base}(k, 1.5)",
    "p.link = {sub}(k)",
    "if p.link is not None:\n            s += p.link.{a}",
    "if p.link:\n            s += p.link.bump({n})",
    "q = p.link\n        for _ in range(4):\n            if q is None:\n                break\n"
    "            s += q.{b}\n            q = q.link",
    "if p is ps[0]:\n            s += 1",
    "out.append(p.{b})",
    "s += p.half(k) * {n}",
    "q = p.other(k - {n})\n        if q is not None:\n            s += q.{a}",
    "q = p.other(k)\n        out.append(q)\n        if q:\n            s += q.norm()",
    "some = [None] * 3\n        some[{n} % 3] = p\n        for q in some:\n            if q is not None:\n"
    "                s += q.{b}",
    "p.late = s\n        s += p.late * 0.5",
    "q = p if s > {n} else p.link\n        if q is not None:\n            q.{b} = s",
    "t = ({n}, None if s > {n} else s, p)\n        if t[1] is not None:\n            s += t[1] + t[2].{a}",
    "out.append({base}(s, p.{a}))",
    "s += {n} // p.{a}",
    "if s > {n}:\n            continue",
)

KERNEL = """\
def {name}(ps, k):
    s = {start}
    out = []
    for p in ps:
        {body}
    return s, len(out)
"""

DRIVER = """\
def {name}(n, k):
    saved = {{c: dict(vars(c)) for c in ({base}, {sub})}}
    ps = [{base}(i, i * 0.5) if i % {every} else {sub}(i + 1) for i in range(n)]
    seen = []
    try:
        for p in [*ps, *ps]:
            for kernel in ({kernels},):
                try:
                    seen.append(kernel(ps, k))
                except Exception as error:
                    seen.append((type(error).__name__, str(error)))
            {odd}
    except Exception as error:
        seen.append((type(error).__name__, str(error)))
    finally:
        for c, names in saved.items():
            for name in [name for name in vars(c) if name not in names]:
                delattr(c, name)
            for name in names:
                if vars(c)[name] is not names[name]:
                    setattr(c, name, names[name])
    return seen, [[(name, shown{mark}(vars(p)[name])) for name in vars(p)] for p in ps if p is not None]


def shown{mark}(value):
    return value if type(value) in (int, float, str, bool, type(None)) else type(value).__name__
"""


def chunk(rng: random.Random, mark: str) -> tuple[str, list[str]]:
    """The source of some classes with their kernels and a driver, and the calls to make."""
    names = {"mark": mark, "base": f"K{mark}", "sub": f"L{mark}", "a": "x", "b": "y"}
    slots = rng.choice(("pass", "pass", "pass", "late = 3", "x = 4"))
    parts = [CLASSES.format(slots=slots, **names)]
    kernels = []
    for index in range(rng.choice((1, 2))):
        kernels.append(f"k{mark}_{index}")
        body = "\n        ".join(rng.choice(STATEMENTS) for _ in range(rng.randint(1, 3)))
        start = rng.choice(("0", "0.0"))
        parts.append(_filled(KERNEL, rng, names, name=kernels[-1], start=start, body=_filled(body, rng, names)))
    odd = [_filled(rng.choice(ODD), rng, names) for _ in range(rng.randint(1, 3))]
    chosen = "\n            ".join(f"if len(seen) == {rng.randint(1, 9)}:\n                {text}" for text in odd)
    name = f"d{mark}"
    parts.append(
        _filled(DRIVER, rng, names, name=name, kernels=", ".join(kernels), odd=chosen, every=str(rng.randint(2, 9)))
    )
    calls = [f"{name}({rng.randint(1, 6)}, {rng.choice(('1', '2', '0.5', '0'))})" for _ in range(3)]
    return "\n\n".join(parts), calls


def _filled(template: str, rng: random.Random, names: dict[str, str], **more: str) -> str:
    return (
        template.format(n=rng.randint(0, 5), **names, **more) if "n" not in more else template.format(**names, **more)
    )
