"""Loops, and what is bound in them."""

from __future__ import annotations

from tests.continuation.constructs.form import program

CONSTRUCTS = {
    "enumerate, continue, else": program(
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
    ),
    "zip, reversed, range": program(
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
    ),
    "break and continue in nested loops": program(
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
    ),
    "while with a long test": program(
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
    ),
    "one iteration after the other": program(
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
    ),
    "list that shrinks and grows": program(
        """
for x in xs:
    eff(x)
    if x == 2:
        del xs[:]
        eff("empty")
        xs += [7, 8, 9, 10, 11]
return xs
""",
    ),
    "a loop's target": program(
        """
for xs[eff(0)], (d[eff(1)], c) in [(1, (2, 3)), (4, (5, 6)), (7, 8)]:
    eff(c)
""",
    ),
    "unbound local": program(
        """
for x in xs:
    if x == 2:
        c = eff(x)
    if x == 3:
        del c
        eff("deleted")
        return c
""",
    ),
    "lifetimes of iterators": program(
        """
for x in (0, 1, 2):
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
    ),
    "functions that call each other": program(
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
    ),
}
