"""Statements that are open while a block runs, and names."""

from __future__ import annotations

from tests.continuation.constructs.form import program

CONSTRUCTS = {
    "pending return": program(
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
    ),
    "pending break and continue": program(
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
    ),
    "return replaced in finally": program(
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
    ),
    "try, except, else, finally": program(
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
    ),
    "handler around a raising else": program(
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
    ),
    "context managers": program(
        """
with CM(1) as c, CM(2) as xs[0], CM(b):
    eff(c)
    with CM(3):
        eff("raises when left")
""",
    ),
    "context manager that swallows": program(
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
    ),
    "globals": program(
        """
global G
G = eff(1)
for G in xs:
    G += eff(1)
return G
""",
    ),
    "what is left to CPython": program(
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
    ),
    "private names": program(
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
    ),
}
