"""Expressions and assignments."""

from __future__ import annotations

from tests.continuation.constructs.form import program

CONSTRUCTS = {
    "stores to several targets": program(
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
    ),
    "augmented assignment": program(
        """
c = 3
c += eff(4)
xs[eff(0)] += eff(5)
o.a += eff(6)
o[eff(2)] -= eff(1) if eff(b) else 2
d[0] += Tracked(1)
""",
    ),
    "augmented assignment that raises, and what it held": program(
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
    ),
    "comparisons": program(
        """
c = eff(1) < eff(2) < eff(3) != eff(4)
c = eff(5) < eff(1) < eff(2)
if eff(1) in xs and eff(0) not in eff(xs) or o < 3:
    eff("yes")
return (c, o < o < 2, eff(1) is eff(1) is not None)
""",
    ),
    "conditions": program(
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
    ),
    "assertions": program(
        """
assert eff(a) and eff(b) or eff(3), eff("no")
assert not (eff(a) == 5), "no"
assert not eff(9) in xs and not not a is b or a
assert eff(1) < eff(2) and (eff(1) if a else
    eff(2) > eff(1)), "no"
assert o or eff(a), eff("o")
assert eff(a) == eff(1) and (
    eff(b) < 1), (
    eff("text"))
""",
    ),
    "an assertion whose test is changed by the optimiser": program(
        """
assert not (eff(0) or not
    eff(1) in xs), eff("no")
assert not eff(1) in xs, eff("no")
""",
    ),
    "methods over several lines": program(
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
    ),
    "attribute on a line of its own": program(
        """
return (
    eff(o)
    .a
    .real, eff(
        o)
    .absent
)
""",
    ),
    "failing method on a line of its own": program(
        """
return eff(
    o
    .fail(
        eff(1)
    )
)
""",
    ),
    "displays, strings, star arguments": program(
        """
c = [eff(1), (eff(2), {eff(3): eff(4), "k": bad(5)}), {eff(6)}]
c = f"{eff(1)} and {eff(2)!r} {eff(3):>4} {a}"
c = eff(*(eff(1), eff(2)), eff(3), *xs, k=eff(4))
c = xs[eff(0):eff(2)]
return eff(c, *o, *eff([1]), k=(t := eff(7))) or t
""",
    ),
    "deletions": program(
        """
c = 1
del c, xs[eff(0)], o[eff(1)], d[eff(0)]
try:
    del xs[0], c
except NameError as e:
    eff("unbound")
del e
""",
    ),
    "lifetimes of operands": program(
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
    ),
}
