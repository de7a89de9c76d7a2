"""What native code relies on is changed while the program runs: functions and constants of `math`, and all others alike.

Each program runs in CPython alone and with Pyvorin, cold and warm, and has to print the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scripts import require_same_output

NAMES = """
import builtins, math, sys
from math import pi
from unittest import mock
K = 3
T = (1, 2)
def helper(x: int, y: int = 5) -> int:
    return x * 2 + y
def calls(x: int) -> int:
    return helper(x) + K
def length(xs: list[int]) -> int:
    return len(xs)
def steps(n: int) -> int:
    t = 0
    for i in range(n):
        t += i
    return t
def total(xs: list[int]) -> int:
    return sum(xs)
def root(x: float) -> float:
    return math.sqrt(x)
def area(x: float) -> float:
    return x * math.pi
def half(x: float) -> float:
    return x * pi
def item(i: int) -> int:
    return T[i]
def show():
    for name, value in dict(
        calls=4, length=[1, 2, 3], steps=5, total=[1, 2], root=4.0, area=2.0, half=2.0, item=1
    ).items():
        for _ in range(5):
            try:
                print(name, globals()[name](value))
            except Exception as error:
                print(name, type(error), error)
"""
CHANGES = {
    "patched before anything was compiled": """
with mock.patch("math.sqrt", lambda x: 77.0), mock.patch("math.pi", 3):
    show()
show()
""",
    "patched functions and constants of a module": """
show()
for fake, number in ((lambda x: 77.0, 3), (math.cos, math.e), (abs, 3.0)):
    with mock.patch("math.sqrt", fake), mock.patch("math.pi", number):
        show()
    show()
""",
    "patched builtins": """
show()
for name in ("len", "sum", "range"):
    with mock.patch(f"builtins.{name}", lambda x: [7]):
        show()
    globals()[name] = lambda x: [8]
    show()
    del globals()[name]
    show()
""",
    "globals of another value, type or none": """
show()
for name, value in (("K", 100), ("K", True), ("K", "s"), ("helper", lambda x: 1), ("T", (5, 6)), ("T", [5, 6]), ("pi", 1.0)):
    old = globals()[name]
    globals()[name] = value
    show()
    del globals()[name]
    show()
    globals()[name] = old
    show()
""",
    "code and defaults of functions": """
show()
helper.__defaults__ = (50,)
show()
helper.__defaults__ = None
show()
helper.__defaults__ = (5,)
show()
old, helper.__code__ = helper.__code__, (lambda x, y=0: x + 1000).__code__
show()
helper.__code__ = old
item.__code__ = (lambda i: i * 100).__code__
show()
""",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_program_sees_what_it_has_changed(tmp_path: Path, change: str) -> None:
    require_same_output(tmp_path, NAMES + CHANGES[change])
