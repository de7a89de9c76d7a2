"""Small programs, one per construct; the walker leaves each of them at every operation in turn.

All define `f(a, b, xs, d, o)` after the helpers of `programs.HELPERS`; the arguments are those of the random programs.
"""

from __future__ import annotations

CONSTRUCTS: dict[str, str] = {}


def _add(name: str, body: str, before: str = "") -> None:
    indented = "".join(f"    {line}\n" if line else "\n" for line in body.strip("\n").split("\n"))
    CONSTRUCTS[name] = f"{before}def f(a, b, xs, d, o):\n{indented}"


_add(
    "enumerate, continue, else",
    """
for i, x in enumerate(xs):
    if i == 1:
        continue
    eff(i, x)
else:
    eff("else")
for i, x in enumerate(xs, 10):
    eff(i, x)
return (i, x)
""",
)
_add(
    "zip, reversed, range",
    """
for i, (j, k) in enumerate(zip(xs, range(5, 0, -2))):
    for t in reversed(xs):
        eff(i, j, k=t)
        if t == 2:
            break
for i in range(3):
    a += eff(i)
return a
""",
)
_add(
    "break and continue in nested loops",
    """
i = 0
while i < 4:
    i += 1
    for j in xs:
        if j == i:
            continue
        if eff(j) == 3 and i > 1:
            break
        eff(i, j)
    else:
        eff("no break")
        if i == 3:
            break
else:
    eff("exhausted")
return i
""",
)
_add(
    "while with a long test",
    """
while eff(a) < 4 and (eff(b) or bad(a)) and not eff(a) == 3:
    a += 1
    if a == 2:
        continue
    eff(a)
else:
    return eff("else")
return a
""",
)
_add(
    "one iteration after the other",
    """
for x in (1, 2):
    eff(x)
for x in ():
    eff(x)
else:
    eff("nothing")
for x in xs:
    xs = None
else:
    eff("end")
""",
)
_add(
    "list that shrinks and grows",
    """
for x in xs:
    eff(x)
    if x == 2:
        del xs[:]
        eff("empty")
        xs += [7, 8, 9, 10, 11]
return xs
""",
)
_add(
    "pending return",
    """
for x in xs:
    try:
        if x == 2:
            return eff(x)
        eff(x, 1)
    finally:
        eff("finally")
        for y in xs:
            eff(y)
""",
)
_add(
    "pending break and continue",
    """
for x in xs:
    try:
        if x == 1:
            continue
        if x == 2:
            break
    finally:
        eff("first")
        eff("second")
    eff("never")
else:
    eff("not here")
while True:
    try:
        try:
            break
        finally:
            eff("inner")
            eff("inner again")
    finally:
        eff("outer")
        eff("outer again")
return eff("end")
""",
)
_add(
    "return replaced in finally",
    """
while True:
    try:
        return eff(1)
    finally:
        eff(2)
        if eff(a):
            break
        eff(3)
return eff(4)
""",
)
_add(
    "try, except, else, finally",
    """
for x in (0, 1, 2):
    try:
        eff(x)
        t = xs[x] // (x - 1)
        eff(t)
    except ZeroDivisionError as e:
        eff(type(e).__name__)
        eff("handled")
    else:
        eff("else")
        d[x] = t
    finally:
        eff("finally")
        c = x
return (c, x)
""",
)
_add(
    "handler around a raising else",
    """
try:
    try:
        eff(1)
    except KeyError:
        eff("wrong")
    else:
        eff(2)
        d["absent"]
    finally:
        eff(3)
        eff(4)
except KeyError as e:
    eff(5)
    raise ValueError(a) from e
""",
)
_add(
    "context managers",
    """
with CM(1) as c, CM(2) as xs[0], CM(b):
    eff(c)
    with CM(3):
        eff("raises when left")
""",
)
_add(
    "context manager that swallows",
    """
for x in xs:
    with CM(x, True) as d["m"]:
        eff(x)
        d["absent"]
        eff("never")
    eff("after")
    with CM(x), CM(4):
        if x == 2:
            break
        continue
return d
""",
)
_add(
    "stores to several targets",
    """
try:
    xs[eff(0)], o[eff(1)], c = Tracked(1), Tracked(2), Tracked(3)
    xs[5], c = Tracked(4), Tracked(5)
except IndexError:
    eff("caught")
try:
    a = d[eff(7)] = (i, *j), xs[9], c = (Tracked(6), 2), Tracked(7), 3
except ValueError:
    eff("caught")
except IndexError:
    eff("caught", len(j))
eff("end")
""",
)
_add(
    "a loop's target",
    """
for xs[eff(0)], (d[eff(1)], c) in [(1, (2, 3)), (4, (5, 6)), (7, 8)]:
    eff(c)
""",
)
_add(
    "augmented assignment",
    """
c = 3
c += eff(4)
xs[eff(0)] += eff(5)
o.a += eff(6)
o[eff(2)] -= eff(1) if eff(b) else 2
d[0] += Tracked(1)
""",
)
_add(
    "augmented assignment that raises, and what it held",
    """
d["t"] = Tracked(1)
try:
    d["t"] += eff(d.pop("t").n)
except TypeError:
    eff("caught")
o.a = Tracked(2)
try:
    o.a *= eff(delattr(o, "a") or 3)
except TypeError:
    eff("caught")
try:
    (7, 8)[eff(1)] += eff(1)
except TypeError:
    eff("caught")
eff("end")
""",
)
_add(
    "comparisons",
    """
c = eff(1) < eff(2) < eff(3) != eff(4)
c = eff(5) < eff(1) < eff(2)
if eff(1) in xs and eff(0) not in eff(xs) or o < 3:
    eff("yes")
return (c, o < o < 2, eff(1) is eff(1) is not None)
""",
)
_add(
    "conditions",
    """
c = eff(0) or (eff(a) and eff(2)) or eff(3)
if not (eff(a) and (eff(0) or not eff(b))) or (eff(1) if eff(a) else eff(0)):
    c = eff(7) if not o else eff(8) if a else eff(9)
elif eff(c):
    c = o and eff(4)
if (o and eff(1)) or eff(2):
    eff("o")
return c
""",
)
_add(
    "assertions",
    """
assert eff(a) and eff(b) or eff(3), eff("no")
assert not (eff(a) == 5), "no"
assert eff(1) < eff(2) and (eff(1) if a else
    eff(2) > eff(1)), "no"
assert o or eff(a), eff("o")
assert eff(a) == eff(1) and (
    eff(b) < 1), (
    eff("text"))
""",
)
_add(
    "methods over several lines",
    """
try:
    (
        eff(o)
        .meth(1)
        .absent(
            eff(2)
        )
    )
except AttributeError as e:
    c = e
for t in xs:
    c = (
        eff(o)
        .meth(
            t,
            eff(2),
            k=bad(3),
        )
    )
return (
    o
    .p
    .absent
)
""",
)
_add(
    "displays, strings, star arguments",
    """
c = [eff(1), (eff(2), {eff(3): eff(4), "k": bad(5)}), {eff(6)}]
c = f"{eff(1)} and {eff(2)!r} {eff(3):>4} {a}"
c = eff(*(eff(1), eff(2)), eff(3), *xs, k=eff(4))
c = xs[eff(0):eff(2)]
return eff(c, *o, *eff([1]), k=(t := eff(7))) or t
""",
)
_add(
    "deletions",
    """
c = 1
del c, xs[eff(0)], o[eff(1)], d[eff(0)]
try:
    del xs[0], c
except NameError as e:
    eff("unbound")
del e
""",
)
_add(
    "globals",
    """
global G
G = eff(1)
for G in xs:
    G += eff(1)
return G
""",
)
_add(
    "what is left to CPython",
    """
for x in xs:
    def h(q=eff(3)):
        return eff(q)
    class K(Obj):
        y = x
    from os import path as p
    t = (lambda q: eff(q))(h()) + len([eff(y) for y in xs]) + sum(y for y in xs)
    match (x, eff(t)):
        case (1, c):
            eff(c)
        case (2, *rest) if eff(x):
            eff(rest)
        case _ as other:
            eff(other)
return (h.__qualname__, K.__qualname__, p.__name__)
""",
)
_add(
    "unbound local",
    """
for x in xs:
    if x == 2:
        c = eff(x)
    if x == 3:
        del c
        eff("deleted")
        return c
""",
)
_add(
    "lifetimes of iterators",
    """
for x in gen(3):
    eff(x)
    for y in [Tracked(1), Tracked(2), Tracked(3)]:
        eff(y.n)
        if y.n == 2:
            y = None
            break
        y = None
    eff("inner is gone")
    try:
        for z, *t in zip((Tracked(4), Tracked(5)), "ab"):
            z = None
            eff("in")
            d["absent"]
    except KeyError:
        eff("zip is gone")
    if x == 1:
        break
eff("end")
""",
)
_add(
    "lifetimes of operands",
    """
try:
    eff(Tracked(1), Tracked(2), k=eff(d[Tracked(3)]))
except KeyError:
    eff("gone")
eff(Tracked(4)).n = eff(5)
c = Tracked(6)
c = eff(7)
eff(eff(Tracked(8)) is None or Tracked(9))
with CM(Tracked(10)) as c:
    c = eff(11)
    eff(12)
for c in Tracked(13), Tracked(14):
    c = eff(15)
return eff(16)
""",
)
_add(
    "private names",
    """
c = _P(eff(3))
return c.m(4, 5)
""",
    """class _P:
    def __init__(self, __n):
        self.__v = __n
    def m(self, __q, r):
        for __i in (1, 2):
            self.__v += eff(__q)
            __q = self.__n(__i, __q)
        return self.__v, __q
    def __n(self, __i, __q):
        try:
            return eff(__absent)
        except NameError as e:
            return eff(str(e))
""",
)
_add(
    "functions that call each other",
    """
for x in xs:
    t = g(x, g(x, a))
return t
""",
    """def g(a, b):
    for i in range(2):
        b += eff(a)
        if b > 20:
            raise ValueError(b)
    return b
""",
)
