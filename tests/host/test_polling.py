"""Native loops let signal handlers and other threads run, however the loops are nested.

No test measures time.  Each loop would go on for minutes: what a handler or another thread is to do ends it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json, os, signal, sys, threading
import pyvorin


def flat(n: int) -> int:
    s = 0
    for k in range(n * n * n):
        s = (s * 3 + k) & 1023
    return s


def nested(n: int) -> int:
    s = 0
    for i in range(n):
        for j in range(n):
            for k in range(n):
                s = (s * 3 + i * j + k) & 1023
    return s


def inner(n: int, j: int) -> int:
    s = j
    for k in range(n):
        s = (s * 3 + k) & 1023
    return s


def calls(n: int) -> int:
    s = 0
    for i in range(n):
        for j in range(n):
            s += inner(n, j)
    return s


def until(n: int, j: int) -> int:
    s = j
    for k in range(n + n):
        s = (s * 3 + k) & 1023
        if k == n:
            return s
    return 0


def returning(n: int) -> int:
    s = 0
    for i in range(n):
        for j in range(n):
            s += until(n, j)
    return s


def breaking(n: int) -> int:
    s = 0
    for i in range(n):
        for j in range(n):
            for k in range(n + n):
                s = (s * 3 + k) & 1023
                if k == n:
                    break
            else:
                s += 1
    return s


def whiles(n: int) -> int:
    s = i = 0
    while i < n:
        i += 1
        j = 0
        while j < n:
            j += 1
            k = 0
            while k < n:
                k += 1
                s = (s * 3 + k) & 1023
    return s


def quantified(n: int) -> int:
    s = 0
    for i in range(n):
        for j in range(n):
            s += any((k * 3 + j) & 1023 == 2000 or k == n for k in range(n + n))
    return s


def summed(n: int) -> int:
    s = 0
    for i in range(n):
        s += sum((k * 3 + j) & 1023 for j in range(n) for k in range(n))
    return s


def tree(depth: int) -> int:
    return 1 if depth == 0 else tree(depth - 1) + tree(depth - 1)


def recursive(n: int) -> int:
    return tree(50 if n > 3 else 2)


class Stop(Exception):
    pass


def stop(*_):
    raise Stop


function = globals()[sys.argv[1]]
function(3)
before = {row["name"]: row["native_calls"] for row in pyvorin.report()["functions"]}
signal.signal(signal.SIGUSR1, stop)
# Only a thread that gets its turn while the loop runs sends the signal.
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
try:
    function(3500)
    ended = True
except Stop:
    ended = False
print(json.dumps({"ended": ended, "native": before}))
"""
NAMES = ["flat", "nested", "calls", "returning", "breaking", "whiles", "quantified", "summed", "recursive"]


@pytest.mark.parametrize("name", NAMES)
def test_another_thread_and_a_signal_handler_get_their_turn(name: str, tmp_path: Path) -> None:
    script = tmp_path / "loops.py"
    script.write_text(SCRIPT, "utf-8")
    env = dict(os.environ, PYVORIN="1", PYVORIN_WAIT="1", PYVORIN_CACHE_DIR=str(tmp_path / "cache"))
    run = subprocess.run(
        [sys.executable, str(script), name],
        env=env | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    seen = json.loads(run.stdout)
    assert not seen["ended"]
    assert sum(count for function, count in seen["native"].items() if function.endswith(name)) > 0
