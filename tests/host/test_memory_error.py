"""What there is no memory for is refused by CPython: with the function in the traceback, and nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import sys, traceback


def zeros(n: int) -> list[int]:
    return [0] * n


def local(n: int) -> float:
    xs = [0.5] * n
    xs[0] = 1.5
    return xs[0]


def longer(xs: list[int], n: int) -> int:
    xs *= n
    return len(xs)


def text(s: str, n: int) -> str:
    return s * n


xs = [1, 2]
ARGUMENTS = {zeros: (), local: (), longer: (xs,), text: ("ab",)}
for function, first in ARGUMENTS.items():
    for n in (2, 2**61, 2**62 + 1):
        try:
            result = function(*first, n)
        except (MemoryError, OverflowError) as error:
            result = "".join(traceback.format_exception(error))
        print(function.__name__, n, result, xs)
if "pyvorin" in sys.modules:
    import pyvorin
    native = {row["name"].rpartition(".")[2] for row in pyvorin.report()["functions"] if row["native_calls"]}
    print(*sorted(native), file=sys.stderr)
"""


@pytest.mark.parametrize("wait", ["1", "0"])
def test_what_is_too_long_is_refused_as_by_cpython(wait: str, tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text(SCRIPT, "utf-8")
    env = dict(os.environ, PYTHONPATH=str(ROOT), PYVORIN_CACHE_DIR=str(tmp_path / "cache"))
    command = [sys.executable, str(script)]
    plain = subprocess.run(command, env=env, capture_output=True, check=True)
    native = subprocess.run(command, env=env | {"PYVORIN": "1", "PYVORIN_WAIT": wait}, capture_output=True, check=True)
    assert b"in longer" in plain.stdout
    assert native.stdout == plain.stdout
    if wait == "1":
        assert native.stderr.split() == [b"local", b"longer", b"text", b"zeros"]
