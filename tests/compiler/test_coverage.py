"""The shares of functions and loops that have a native form."""

from __future__ import annotations

from pyvorin.compiler import pipeline
from pyvorin.compiler.coverage import Coverage, total

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
        match s:
            case _:
                pass
        s += 1
    return s

def refused():
    yield 1
"""


def shares(source: str) -> dict[str, tuple[int, int, int]]:
    coverage = Coverage()
    pipeline.check_source(source, "m.py", "m", coverage)
    return {name: (share.total, share.native, share.boxed) for name, share in coverage.shares().items()}


def test_shares() -> None:
    assert shares(SOURCE) == {"functions": (4, 1, 3), "loop_functions": (3, 1, 2), "innermost_loops": (3, 1, 2)}


def test_reasons() -> None:
    coverage = Coverage()
    pipeline.check_source(SOURCE, "m.py", "m", coverage)
    assert coverage.functions.by_code() == {"GENERATOR": 1}
    assert coverage.innermost_loops.by_code() == {"UNSUPPORTED_AST_NODE": 1}
    twice = total([coverage, coverage])
    assert twice.innermost_loops.total == 6
    assert twice.functions.to_data()["obstacles"] == [{"code": "GENERATOR", "words": "it is a generator", "count": 2}]
    assert "rest: UNSUPPORTED_AST_NODE 2" in twice.table()


def test_a_global_that_nobody_has_seen_may_be_any_object() -> None:
    source = "table = load()\ndef look(xs):\n    for x in xs:\n        table.put(x)\n"
    assert shares(source)["innermost_loops"] == (1, 0, 1)


def test_a_loop_inside_or_behind_what_is_left_to_cpython_is_not_counted() -> None:
    source = "def f(xs):\n    del xs.a\n    for x in xs:\n        xs.put(x)\n"
    assert shares(source)["innermost_loops"] == (1, 0, 0)
