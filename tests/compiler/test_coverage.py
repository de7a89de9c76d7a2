"""The shares of functions and loops that have a native form."""

from __future__ import annotations

from pyvorin.compiler import pipeline
from pyvorin.compiler.coverage import Coverage

SOURCE = """
def plain(xs: list[float]) -> float:
    s = 0.0
    for x in xs:
        s += x
    return s

def boxed(table, n: int) -> int:
    s = 0
    for i in range(n):
        s += table.look(i, key=i) * i
    return s

def leaving(n: int) -> int:
    s = 0
    while s < n:
        import math
        s += 1
    return s

def refused():
    yield 1
"""


def test_shares() -> None:
    coverage = Coverage()
    pipeline.check_source(SOURCE, "m.py", "m", coverage)
    assert coverage.to_data() == {
        "functions": {"total": 4, "native": 1, "boxed": 3},
        "loop_functions": {"total": 3, "native": 1, "boxed": 3},
        "innermost_loops": {"total": 3, "native": 1, "boxed": 2},
    }
