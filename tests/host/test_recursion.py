"""Recursion goes exactly as deep as it does in CPython, whether calls are native, observed or handed on."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAMS = {
    "observed": """
def down(n):
    return 0 if n == 0 else 1 + down(n - 1)
print(down(960), down(2.0), down(960))
""",
    "never native": """
def walk(n, k):
    return n if k == 900 else walk(n * 3, k + 1)
print(walk(1, 0) % 1000007, walk(1, 0) % 1000007)
""",
    "in a circle": """
def ping(n, x):
    return x if n == 0 else pong(n - 1, x)
def pong(n, x):
    return ping(n, x)
print(ping(450, "a"), ping(450, None), ping(450, 1.0))
""",
    "native until its limit": """
def natural(n: int) -> int:
    return 0 if n == 0 else 1 + natural(n - 1)
print(natural(900), natural(900))
try:
    natural(-1)
except RecursionError as error:
    print(error)
print(natural(900))
""",
    "at each depth around the limit": """
def deep(n: int) -> int:
    return n if n <= 0 else 1 + deep(n - 1)
def twice(n: int) -> float:
    return 0.5 if n <= 0 else twice(n - 1) + twice(n - 900)
def deepest(function, n):
    try:
        while True:
            function(n)
            n += 1
    except RecursionError:
        return n
print(deepest(deep, 960), deep(900), deepest(deep, 960), deepest(twice, 960), twice(900), deepest(twice, 960))
""",
    "in generators that a loop consumes": """
def numbers(n):
    for i in range(n):
        yield i
def countdown(n):
    yield n
    if n:
        yield from countdown(n - 1)
def flat(n: int) -> int:
    s = 0
    for x in numbers(n):
        s += x
    return s
def nested(n: int) -> int:
    s = 0
    for x in countdown(n):
        s += x
    return s
def deepest(function, n, at=0):
    try:
        function(n)
        return deepest(function, n, at + 1)
    except RecursionError:
        return at
for n in (1, 2, 50, 98):
    print(deepest(flat, n), deepest(nested, n), deepest(nested, n))
""",
    "beyond the usual limit": """
import sys
sys.setrecursionlimit(30_000)
def natural(n: int) -> int:
    return 0 if n == 0 else 1 + natural(n - 1)
def down(n):
    return 0 if n == 0 else 1 + down(n - 1)
print(natural(15_000), down(15_000), down(15_000.0))
""",
}

STACKS = """
import sys, threading
sys.setrecursionlimit(10_000_000)
def natural(n: int) -> int:
    return 0 if n == 0 else 1 + natural(n - 1)
def halves(n: int, xs: list[float]) -> float:
    if n == 0:
        return 0.0
    ys = [x * 0.5 for x in xs]
    return halves(n - 1, ys) + ys[0]
def sums(n: int, x: float) -> float:
    if n == 0:
        return x
    a = x * 1.5; b = x + 2.5; c = x * x; d = x - 9.0; e = a * b; f = a - c; g = d * 0.1; h = e + f
    return sums(n - 1, x * 0.5) + a + b + c + d + e + f + g + h
def show():
    print(natural(700), halves(700, [1.0, 2.0]), sums(700, 1.0))
show()
print(natural(400_000))
for size in (32768, 65536, 262144):
    threading.stack_size(size)
    thread = threading.Thread(target=show)
    thread.start()
    thread.join()
show()
"""
RING = """
import sys, threading
sys.setrecursionlimit(10_000_000)
$FUNCTIONS
def show():
    print(ring0(400, "a"), ring0(400, None), ring0(400, 1.0), ring0(400, [1.0]), large([1.0] * 60))
ring0(3, 1.0)
ring0(45, 2.0)
large([1.0] * 60)
for size in map(int, sys.argv[1:]):
    threading.stack_size(size)
    thread = threading.Thread(target=show)
    thread.start()
    thread.join()
show()
"""
"""Many functions that call each other: each call that one of them hands on to CPython takes C stack."""
RESUMED = """
import sys, threading
sys.setrecursionlimit(10_000_000)
def fill(n: int, xs: list[float], k: float) -> int:
    for i in range(len(xs)):
        xs[i] = xs[i] * k
        if xs[i] > 1e300:
            raise ValueError(i)
    return n
def visit(n: int, out: list[int], xs: list[float]) -> int:
    out.append(n)
    if n <= 0:
        return fill(n, xs, 2.0)
    return 1 + visit(n - 1, out, xs) + (n * 4611686018427387904 if n == 3 else 0)
def show():
    out = []
    print(visit(300, out, [1.0, 2.0]), len(out))
    try:
        print(visit(400, out, [1.0, 2.0, 1e300]))
    except ValueError as e:
        print("ValueError", e, len(out))
    print(visit(40, out, [1.0, 2.0, 3]), len(out))
    xs = [1.0, 2, 3.0]
    print(fill(1, xs, 2.0), xs)
threading.stack_size(int(sys.argv[1]))
thread = threading.Thread(target=show)
thread.start()
thread.join()
show()
"""
"""Calls leave native code in the middle, far down: CPython goes on below native frames."""
PLAIN_C_STACK = sys.version_info < (3, 11)
"""Up to 3.10 every Python call takes C stack, and CPython itself dies of such programs."""


def test_a_function_that_was_given_back_is_reported_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROGRAMS["never native"])
    os.chmod(tmp_path, 0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }
    environment["PYVORIN_REPORT"] = str(tmp_path / "report.json")
    subprocess.run(
        [sys.executable, "-m", "pyvorin", "run", str(script)], check=True, env=environment, capture_output=True
    )
    (row,) = json.loads((tmp_path / "report.json").read_text())["functions"]
    assert row["name"] == "__main__.walk"
    assert row["status"] in ("fallback", "rejected")


@pytest.mark.parametrize("name", PROGRAMS)
def test_depth_is_cpythons(tmp_path: Path, name: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROGRAMS[name])
    os.chmod(tmp_path, 0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }

    _compare(script, environment)


@pytest.mark.skipif(PLAIN_C_STACK, reason="CPython 3.10 overflows the stack itself")
def test_the_stack_ends_before_the_recursion_limit(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STACKS)
    os.chmod(tmp_path, 0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }
    _compare(script, environment)


@pytest.mark.skipif(PLAIN_C_STACK, reason="CPython 3.10 overflows the stack itself")
@pytest.mark.parametrize("functions", [1, 4, 40])
@pytest.mark.parametrize("size", [32768, 65536, 262144])
def test_calls_handed_on_fit_small_stacks(tmp_path: Path, functions: int, size: int) -> None:
    script = tmp_path / "script.py"
    ring = [
        f"def ring{i}(n, x):\n    return x if n <= 0 else ring{(i + 1) % functions}(n - 1, x)" for i in range(functions)
    ]
    # A large frame: all the elements are live at once.
    names = [f"x{i}" for i in range(60)]
    ring.append(f"def large(xs: list[float]) -> float:\n    {', '.join(names)} = xs")
    ring.append("    ys = [x * 2.0 for x in xs]")
    ring.append(f"    return {' + '.join(f'{name} * ys[{i}]' for i, name in enumerate(names))}")
    script.write_text(RING.replace("$FUNCTIONS", "\n".join(ring)))
    os.chmod(tmp_path, 0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }
    _compare(script, environment, str(size))


@pytest.mark.skipif(PLAIN_C_STACK, reason="CPython 3.10 overflows the stack itself")
@pytest.mark.parametrize("size", [32768, 131072, 262144])
def test_continuations_fit_small_stacks(tmp_path: Path, size: int) -> None:
    """At 128 KiB the function is given back while native code that will leave in the middle is still running it."""
    script = tmp_path / "script.py"
    script.write_text(RESUMED)
    os.chmod(tmp_path, 0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }
    _compare(script, environment, str(size))


@pytest.mark.skipif(PLAIN_C_STACK, reason="CPython 3.10 overflows the stack itself")
def test_the_main_thread_may_have_a_small_stack(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STACKS)
    os.chmod(tmp_path, 0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
    }
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]

    def shrink() -> None:
        resource.setrlimit(resource.RLIMIT_STACK, (512 << 10, hard))

    _compare(script, environment, before=shrink)


def _compare(
    script: Path, environment: dict[str, str], *parameters: str, before: Callable[[], None] | None = None
) -> None:
    """CPython alone, and with Pyvorin cold and warm: the same exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        process = subprocess.run(
            [sys.executable, *arguments, str(script), *parameters],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            preexec_fn=before,
        )
        return process.returncode, process.stdout, process.stderr

    plain = run()
    assert plain[0] == 0
    assert [run("-m", "pyvorin", "run") for _ in range(2)] == [plain, plain]
