"""Native code gives every reference back, on every way out: results, exits, errors, and an allocation that fails.

Each program runs in a process of its own, for blocks of memory and objects are counted there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FUNCTIONS = """
def lists(xs: list[float], n: int):
    ys = [x * 2.0 for x in xs]
    zs = ys + xs
    zs += ys
    zs *= 2
    ws = zs[1:n]
    ws.append(float(n))
    ts = [(x, n, ws) for x in ws]
    return ts, [t[0] for t in ts], [zs, ws][0], 10 // n
def strings(s: str, t: str, n: int):
    r = s + t
    q = r[1:] * n
    out = []
    for c in q:
        if c in s:
            out.append(c)
        else:
            out.append(c + t)
        q += c
    return out, r, str(n), str(1.5 * n), s[n], q
def objects(xs: list[object], n: int):
    r = []
    last = None
    for x in xs:
        r.append(x)
        last = x
    return None if n > 5 else (last, r, xs)
def numbers(xs: list[float], n: int):
    ys = [x for x in xs if x > 1.0]
    for i in range(len(ys)):
        ys[i] = ys[i] + n * 1.5
    k = ys[-1]
    ys[-1] = 3.25
    ys[0] = xs[0]
    return ys, k, max(ys)
def rows(rs: list[list[int]], n: int):
    t = 0
    last = rs[0]
    for r in rs:
        for x in r:
            t += x
        last = r
    out = [r[:] for r in rs]
    out.append(last)
    out.append([t, n])
    return out, last, out[n]
def deep(xs: list[int], n: int) -> list[int]:
    return xs if n == 0 else deep([x + 1000 for x in xs], n - 1)
"""
CALLS = [
    "lists([1.5, 2.5, 3.5], 3)",
    "lists([1.5, 2.5, 3.5], 0)",
    "lists([1.5, 'x', 3.5], 2)",
    "strings('abc', 'de', 2)",
    "strings('abc', 'xyz', 7)",
    "objects([1, 'a', 2.5, None, [1]], 1)",
    "objects([1, 'a', 2.5, None, [1]], 7)",
    "numbers([0.5, 1.5, 2.5], 2)",
    "numbers([0.5, 1], 2)",
    "rows([[1, 2], [3000, 4000]], 1)",
    "rows([[1, 2], [3000, 'x']], 1)",
    "rows([[1]], 9)",
    "deep([1, 2], 10)",
    "deep([1, 2**63 - 5], 10)",
]
COUNTING = """
# A module that stays in CPython: what native code of its own would take must not count.
import gc, sys
try:
    import _testcapi
except ImportError:
    pass
def held(function, arguments):
    objects = [*arguments, *(x for a in arguments if isinstance(a, list) for x in a)]
    return [sys.getrefcount(x) for x in objects if not isinstance(x, int)]
def attempt(function, arguments):
    try:
        function(*arguments)
    except (ArithmeticError, LookupError, TypeError, MemoryError, SystemError):
        pass
def grows(function, arguments, once, times):
    "Whether blocks, objects or references are left behind by every call or nearly so."
    for _ in range(3):
        once(function, arguments)
    gc.collect()
    before = sys.getallocatedblocks(), len(gc.get_objects()), held(function, arguments)
    for _ in range(times):
        once(function, arguments)
    gc.collect()
    after = sys.getallocatedblocks(), len(gc.get_objects()), held(function, arguments)
    counts = [b - a for a, b in zip(before[2], after[2])]
    return max(after[0] - before[0], after[1] - before[1], *counts, 0) > times // 3 or min([*counts, 0]) < -2
class Failing:
    "Calls whose allocation number `at` fails."
    def __init__(self, at):
        self.at = at
    def __call__(self, function, arguments):
        _testcapi.set_nomemory(self.at, self.at + 1)
        try:
            function(*arguments)
            _testcapi.remove_mem_hooks()
        except BaseException:
            _testcapi.remove_mem_hooks()
"""
BALANCED = """
from counting import attempt, grows
for call in CALLS:
    name, _, text = call.partition("(")
    arguments = eval("(" + text[:-1] + ",)")
    if grows(globals()[name], arguments, attempt, 3000):
        print("left behind:", call)
"""
NO_MEMORY = """
from counting import Failing, grows
for call in CALLS:
    name, _, text = call.partition("(")
    arguments = eval("(" + text[:-1] + ",)")
    shown = repr(arguments)
    for at in range(1, 40):
        Failing(at)(globals()[name], arguments)
        if repr(arguments) != shown:
            print("changed:", call, at)
    for at in range(1, 12):
        if grows(globals()[name], arguments, Failing(at), 60):
            print("left behind:", call, at)
"""


def _differences(tmp_path: Path, test: str) -> list[set[str]]:
    """What the test prints in CPython alone and with Pyvorin."""
    os.chmod(tmp_path, 0o700)
    script = tmp_path / "script.py"
    script.write_text(f"{FUNCTIONS}\nCALLS = {CALLS!r}\n{test}\n")
    (tmp_path / "counting.py").write_text(COUNTING)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_EXCLUDE": "counting",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }
    found = []
    for arguments in ([], ["-m", "pyvorin", "run"]):
        process = subprocess.run(
            [sys.executable, *arguments, str(script)], capture_output=True, text=True, env=environment, timeout=120
        )
        assert process.returncode == 0, process.stderr
        found.append(set(process.stdout.splitlines()))
    return found


def test_every_reference_is_given_back(tmp_path: Path) -> None:
    plain, native = _differences(tmp_path, BALANCED)
    assert not plain
    assert not native


def test_a_failing_allocation_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("_testcapi")
    plain, native = _differences(tmp_path, NO_MEMORY)
    # Some versions of CPython leak there themselves; native code may call the same functions, at other allocations.
    leaking = {line.split(": ", 1)[1].rpartition(" ")[0] for line in plain}
    assert not [line for line in native if line.split(": ", 1)[1].rpartition(" ")[0] not in leaking]
