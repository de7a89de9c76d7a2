"""Native code that is left in the middle: interrupted, given up, patched and taken back while it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripts import require_same_output

ROOT = Path(__file__).resolve().parents[2]

INTERRUPTED = """
import signal, sys, threading, time, traceback
class Stop(Exception):
    pass
def stop(number, frame):
    raise Stop
signal.signal(signal.SIGALRM, stop)
def fill(xs: list[int], n: int) -> int:
    i = 0
    while i < n:
        xs[0] = i
        i += 1
    return i
def handled(xs: list[int], n: int) -> int:
    # The loop is in a function of its own: 3.13.0 does not always find the handler of an exception between two iterations.
    try:
        fill(xs, n)
    except Stop:
        xs.append(xs[0])
    finally:
        xs.append(-1)
    return len(xs)
xs = [7]
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    fill(xs, 10**15)
except Stop as error:
    entries = traceback.extract_tb(error.__traceback__)
    print([entry.name for entry in entries], xs[0] > 7, len(xs))
signal.setitimer(signal.ITIMER_REAL, 0.2)
print(handled(xs, 10**15), xs[1] - xs[0], xs[2])
"""

GIVEN_UP = """
def cube(xs: list[int], a: int) -> int:
    xs.append(a)
    return a * a * a
xs = []
print(sum(cube(xs, 5 * 10**9) for _ in range(200)), len(xs))
print(sum(cube(xs, 5) for _ in range(200)), len(xs))
"""

STILL = """
from pyvorin.host.continuation import progress
progress.thread_time_ns = lambda: 0
progress.Progress.__init__.__defaults__ = progress.Losses.__init__.__defaults__ = (lambda: 0,)
"""
"""A clock that stands still: what native code saves is what the texts of loops tell, on a busy machine as on an idle one."""
AFTER_SOME_TURNS = """
class Odd:
    def __radd__(self, other):
        return other + 1
def collect(xs, out):
    s = 0
    for x in xs:
        out.append(x)
        s = s + x
    return s
def total(xs, out):
    s = 0
    for i in range(len(xs)):
        out[i % 3] += 1
        s = s + xs[i]
    return s
good = [*range(12)]
odd = [*range(12), Odd()]
for _ in range(40):
    collect(good, [])
    total(good, [0, 0, 0])
print(sum(collect(odd, []) + total(odd, [0, 0, 0]) for _ in range(1000)))
"""
REBOUND = """
import math
def helper(xs: list[int], x: int) -> int:
    xs.append(x)
    return 100 // x
def work(xs: list[int], n: int) -> int:
    s = 0
    for i in range(n, -n, -1):
        s += helper(xs, i) if i else rebind(xs)
    return s
def rebind(xs: list[int]) -> int:
    xs.append(1000)
    return 10 // Zero()
class Zero:
    def __rfloordiv__(self, other):
        global helper
        helper = lambda xs, x: -x
        return 7
xs = []
print(work(xs, 4), xs)
print(work(xs, 4), xs)
"""

LOOPS = """
def copy(xs: list[float], ys: list[float]) -> int:
    n = 0
    for x in xs:
        ys.append(x + 1.0)
        n += 1
    return n
xs = [0.5] * 10_000
for i in (10, 5_000, 9_990):
    xs[i] = 3
ys = []
print(copy(xs, ys), sum(ys), [type(ys[i]).__name__ for i in (10, 5_000, 9_990)])
"""

DETOURS = """
def nested(n: int, xs: list[float]) -> float:
    s = 0.0
    for i in range(n):
        for x in xs:
            match i:
                case _:
                    s += x
        for x in xs:
            match i:
                case _:
                    s -= x / 2.0
    return s
print([nested(n, [0.5] * 10) for n in (3, 3, 5_000, 3)])
"""


def run(tmp_path: Path, program: str, native: bool) -> tuple[str, dict[str, Any]]:
    """What the program prints, and the functions of its report by name."""
    script = tmp_path / "script.py"
    script.write_text(program)
    os.chmod(tmp_path, 0o700)
    report = tmp_path / "report.json"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
        "PYVORIN_REPORT": str(report),
    }
    command = [sys.executable, *(["-m", "pyvorin", "run"] if native else []), str(script)]
    process = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")
    rows = json.loads(report.read_text())["functions"] if native else []
    return process.stdout, {row["name"].removeprefix("__main__."): row for row in rows}


@pytest.mark.parametrize(
    "program", [INTERRUPTED, GIVEN_UP, REBOUND, LOOPS, DETOURS], ids=["signal", "lost", "rebound", "loop", "detours"]
)
def test_the_output_is_cpythons(tmp_path: Path, program: str) -> None:
    native, rows = run(tmp_path, program, native=True)
    assert native == run(tmp_path, program, native=False)[0]
    assert any(row["status"] in ("native", "fallback") for row in rows.values())


def test_a_function_that_leaves_at_every_call_is_given_back(tmp_path: Path) -> None:
    _, rows = run(tmp_path, STILL + GIVEN_UP, native=True)
    codes = {fallback["code"]: fallback["count"] for fallback in rows["cube"]["fallbacks"]}
    assert codes["UNPROFITABLE"] == 1
    assert codes["INTEGER_OVERFLOW"] < 100
    assert rows["cube"]["status"] == "fallback"


def test_so_is_one_that_leaves_at_every_call_after_some_turns(tmp_path: Path) -> None:
    native, rows = run(tmp_path, STILL + AFTER_SOME_TURNS, native=True)
    assert native == run(tmp_path, AFTER_SOME_TURNS, native=False)[0]
    for name in ("collect", "total"):
        counts = {fallback["code"]: fallback["count"] for fallback in rows[name]["fallbacks"]}
        assert counts["UNPROFITABLE"] == 1, rows
        assert counts["RUNTIME_TYPE_MISMATCH"] < 400, rows


def test_a_loop_is_left_once_for_each_odd_element(tmp_path: Path) -> None:
    _, rows = run(tmp_path, LOOPS, native=True)
    assert [(row["code"], row["count"]) for row in rows["copy"]["fallbacks"]] == [("RUNTIME_TYPE_MISMATCH", 3)]


def test_detours_of_inner_loops_end_within_the_call(tmp_path: Path) -> None:
    """Of 100,000 iterations each would leave; what the loops behind one another and around each other do counts for none.

    How many windows of a head are judged good depends on the clock, by which a slow machine's noise is work saved: with a clock
    that stands still, tests of `Progress` show it exactly.
    """
    _, rows = run(tmp_path, DETOURS, native=True)
    assert sum(row["count"] for row in rows["nested"]["fallbacks"]) < 100_000 // 20


IN_THE_PARSER = """
import ast, gc
LOG = []
def later(xs: list[int], n: int) -> int:
    s = 0
    for i in range(n):
        xs.append(i)
        s += xs[i] * 3
    return s
class Held:
    ready = False
    def __init__(self):
        self.me = self
    def __del__(self):
        LOG.append(later([2**62], 3) if Held.ready else 0)
Held()
gc.collect()
LOG.clear()
Held.ready = True
gc.set_threshold(50)
Held()
tree = ast.parse("x = [" + "1 + 2 * (3, 4), " * 300 + "]")
# When a collection comes is nobody's business; up to 3.11 one comes in the parser.
gc.collect()
print(len(tree.body), LOG)
"""


def test_native_code_that_a_finalizer_leaves_while_the_program_parses(tmp_path: Path) -> None:
    require_same_output(tmp_path, IN_THE_PARSER)
