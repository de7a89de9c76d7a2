"""Functions and classes of other modules are compiled along with those that use them, and nobody can tell."""

from __future__ import annotations

from .conftest import Program

SHAPES = """
    import math
    from helpers import scale as rescale

    FACTOR = 2.5
    count = 0
    LIMITS = [1, 2, 3]

    def area(w, h):
        return rescale(w * h) * FACTOR

    def bump(n):
        global count
        count += n
        return count

    def limit(i):
        return LIMITS[i % len(LIMITS)]
"""
HELPERS = """
    def scale(v):
        return v * 3 if v > 10 else v - 1
"""


def test_functions(program: Program) -> None:
    program.write(
        shapes=SHAPES,
        helpers=HELPERS,
        app="""
            import shapes
            from shapes import area as a

            def total(n):
                t = 0.0
                for i in range(n):
                    t += a(i * 0.5, 3.0) + shapes.limit(i) + shapes.FACTOR
                return t + shapes.bump(n)

            for _ in range(4):
                print(total(50))
            print(shapes.count)
        """,
    )
    program.run()
    assert program.status["__main__.total"] == "native"
    program.run()
    assert program.status["__main__.total"] == "native"


def test_classes(program: Program) -> None:
    program.write(
        shapes="""
            import math
            from dataclasses import dataclass
            from enum import Enum

            class Color(Enum):
                RED = 1
                BLUE = 2

            class Point:
                __slots__ = ("x", "y")
                made = 0
                def __init__(self, x, y=1.0):
                    self.x = x
                    self.y = y
                def distance(self, other):
                    return math.sqrt((self.x - other.x) ** 2 + (self.y - other.y) ** 2)
                def __add__(self, other):
                    return Point(self.x + other.x, self.y + other.y)
                @property
                def norm(self):
                    return self.x * self.x + self.y * self.y
                @staticmethod
                def origin():
                    return Point(0.0, 0.0)

            @dataclass
            class Box:
                w: float
                h: float = 2.0
                def area(self):
                    return self.w * self.h
        """,
        app="""
            import shapes
            from shapes import Point, Box, Color

            class Mark(Point):
                __slots__ = ("name",)
                def __init__(self, x, name):
                    super().__init__(x, 2.0)
                    self.name = name
                def distance(self, other):
                    return super().distance(other) + len(self.name)

            def walk(n):
                at, t = Point.origin(), 0.0
                for i in range(n):
                    to = Point(i * 1.0)
                    t += at.distance(to) + (at + to).norm
                    at = to
                return t

            def marks(points):
                t = 0.0
                for p in points:
                    if isinstance(p, Mark):
                        t += 1
                    t += p.distance(points[0])
                return t

            def boxes(n):
                t = 0.0
                for i in range(n):
                    t += shapes.Box(i * 1.0).area() + Box(1.0, 3.0).area()
                return t

            def reds(colors):
                return sum(1 for c in colors if c is Color.RED)

            points = [Point(1.0), Mark(2.0, "m"), Mark(3.0, "nn"), Point(4.0, 2.0)] * 5
            for _ in range(4):
                print(walk(50), marks(points), boxes(40), reds([Color.RED, Color.BLUE] * 20))
        """,
    )
    program.run()
    program.run()
    for name in ("walk", "marks", "boxes", "reds"):
        assert program.status[f"__main__.{name}"] == "native", name


def test_packages(program: Program) -> None:
    program.write(
        __init____of__pkg="from .core import clamp as limited\nfrom . import consts\n",
        core__of__pkg="""
            from . import consts
            from .sub.deep import twice

            def clamp(v):
                return consts.HIGH if v > consts.HIGH else twice(v)
        """,
        consts__of__pkg="HIGH = 40.0\n",
        __init____of__sub__of__pkg="",
        deep__of__sub__of__pkg="""
            from ...pkg.consts import HIGH

            def twice(v):
                return v * 2 if v < HIGH else v
        """.replace("...pkg.consts", "..consts"),
        app="""
            from pkg import limited
            from pkg import consts, core
            import pkg.core
            import pkg.sub.deep

            def total(n):
                t = 0.0
                for i in range(n):
                    t += limited(i * 1.0) + consts.HIGH + pkg.core.clamp(i) + pkg.sub.deep.twice(0.5) + pkg.consts.HIGH
                return t

            def clamped(n):
                t = 0.0
                for i in range(n):
                    t += core.clamp(i)
                return t

            for _ in range(4):
                print(total(60), clamped(60))
        """,
    )
    program.run()
    assert program.status["__main__.total"] == program.status["__main__.clamped"] == "native"


def test_an_exit_in_the_middle_of_another_modules_function(program: Program) -> None:
    """Effects before it, the rest of the function, its globals, its lines and its file are those of that function."""
    program.write(
        store="""
            import math
            seen = []
            STEP = 2

            def put(rows, i):
                seen.append(i)
                value = rows[i] * STEP
                seen.append(value)
                return value

            def root(x):
                seen.append(x)
                return math.sqrt(x)
        """,
        app="""
            import traceback
            import store
            from store import put, root

            def run(rows):
                t = 0
                for i in range(len(rows)):
                    t += put(rows, i)
                return t

            def roots(xs):
                t = 0.0
                for x in xs:
                    t += root(x)
                return t

            for _ in range(4):
                print(run([1, 2, 3]), roots([1.0, 4.0]))
            print(run([1, 2.5, 3, 2**70, True]), store.seen[-10:])
            for bad in ([1, 2, "x", None], [3, [1], object]):
                try:
                    print(run(bad))
                except TypeError:
                    traceback.print_exc()
                print(store.seen[-4:])
            try:
                roots([1.0, -1.0])
            except ValueError:
                traceback.print_exc()
            print(store.seen[-2:])
        """,
    )
    program.run()
    assert program.status["__main__.run"] == program.status["__main__.roots"] == "native"


def test_modules_that_import_each_other(program: Program) -> None:
    program.write(
        even="""
            import odd

            def is_even(n):
                return True if n == 0 else odd.is_odd(n - 1)

            def count(n):
                t = 0
                for i in range(n):
                    if is_even(i):
                        t += 1
                return t
        """,
        odd="""
            import even

            def is_odd(n):
                return False if n == 0 else even.is_even(n - 1)
        """,
        app="""
            import even, odd

            for _ in range(4):
                print(even.count(30), odd.is_odd(7), even.is_even(7))
        """,
    )
    program.run()
    assert program.status["even.count"] == "native"


def test_the_same_names_in_both(program: Program) -> None:
    program.write(
        other="""
            from math import floor as sqrt
            RATE = 10

            class Item:
                def __init__(self, v):
                    self.v = v
                def get(self):
                    return self.v * RATE

            def helper(x):
                return sqrt(x) * RATE

            def use(x):
                return helper(x) + max(x, 2) + Item(x).get()

            def total(x):
                def inner(y):
                    return helper(y)
                rows = [helper(Item) for Item in (1.5, x)]
                return inner(x) + sum(rows)
        """,
        app="""
            from math import sqrt
            from other import use
            import other
            RATE = 3

            class Item:
                def __init__(self, v):
                    self.v = -v
                def get(self):
                    return self.v * RATE

            def max(a, b):
                return -1000

            def helper(x):
                return sqrt(x) * RATE

            def total(n):
                t = 0.0
                for i in range(n):
                    t += use(i * 1.0) + helper(i) + Item(i).get() + other.Item(i).get() + max(1, 2) + other.total(i * 2.0)
                return t

            for _ in range(4):
                print(total(20))
        """,
    )
    program.run()


def test_constants_by_name(program: Program) -> None:
    program.write(
        config="""
            from math import pi as PI
            RATE = 2.5
            NAMES = ("a", "b")
            LABEL = "x"
        """,
        app="""
            from config import RATE, NAMES, PI
            from config import LABEL as mark

            def total(rows):
                t = 0.0
                for name, value in rows:
                    if name in NAMES or name == mark:
                        t += value * RATE * PI
                return t

            rows = [("a", 1.0), ("c", 2.0), ("x", 3.0)] * 10
            for _ in range(4):
                print(total(rows))
            RATE = 3.5
            print(total(rows))
        """,
    )
    program.run()
    assert program.status["__main__.total"] == "native"


def test_defaults_keywords_and_generators(program: Program) -> None:
    program.write(
        other="""
            LIST = [5]
            def f(a, b=2, *, c=3):
                return a + b * c
            def g(x, seen=LIST):
                return x + len(seen)
            def evens(n):
                for i in range(n):
                    if i % 2 == 0:
                        yield i
            def apply(fn, x):
                return fn(x)
        """,
        app="""
            import other
            from other import f, evens, apply

            def total(n):
                t = 0
                for i in evens(n):
                    t += f(i) + f(i, c=1) + f(i, 5) + other.g(i)
                return t

            for _ in range(4):
                print(total(40), apply(other.g, 3))
            f.__defaults__ = (7,)
            print(total(40))
            other.LIST.append(1)
            print(total(40))
        """,
    )
    program.run()
    assert program.status["__main__.total"] == "native"


def test_kinds_of_classes(program: Program) -> None:
    program.write(
        kinds="""
            from collections import namedtuple
            from enum import IntEnum, IntFlag
            from functools import cached_property
            from typing import NamedTuple

            SCALE = 3
            Pair = namedtuple("Pair", "a b", defaults=[2])

            class Row(NamedTuple):
                x: int
                y: float = 0.5
                def total(self):
                    return self.x + self.y * SCALE

            class Level(IntEnum):
                LOW = 1
                HIGH = 5

            class Mode(IntFlag):
                READ = 1
                WRITE = 2

            class Base:
                def __init__(self, n):
                    self.n = n
                @cached_property
                def square(self):
                    return self.n * self.n * SCALE
                half = property(lambda self: self.n / 2)

            class Bag(Base):
                def __iter__(self):
                    for i in range(self.n):
                        yield i * SCALE

            class Steps:
                def __init__(self, n):
                    self.n = n
                def __iter__(self):
                    return self
                def __next__(self):
                    if self.n <= 0:
                        raise StopIteration
                    self.n -= 1
                    return self.n
        """,
        app="""
            from kinds import Bag, Level, Mode, Pair, Row, Steps
            import kinds

            def rows(n):
                t = 0.0
                for i in range(n):
                    p, r = Pair(i), Row(i)
                    t += p.a * p.b + r.total() + kinds.Row(i, 1.0).y
                return t

            def levels(found, mode):
                t = 0
                for level in found:
                    if level > Level.LOW:
                        t += level
                    if mode & Mode.WRITE:
                        t += 1
                return t

            def bags(found):
                t = 0.0
                for bag in found:
                    for x in bag:
                        t += x
                    t += bag.square + bag.half
                return t

            def steps(n):
                t = 0
                for x in Steps(n):
                    t += x
                return t

            bags_ = [Bag(i) for i in range(8)]
            for _ in range(4):
                print(rows(30), levels([Level.LOW, Level.HIGH] * 10, Mode.READ | Mode.WRITE), bags(bags_), steps(40))
        """,
    )
    program.run()
    program.run()
    for name in ("rows", "levels", "bags", "steps"):
        assert program.status[f"__main__.{name}"] == "native", name
