"""Functions of a large module that have no entry while those that call them have them inside, in a whole program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pyvorin.cache.key import Key
from pyvorin.cache.outline import PART
from pyvorin.host.module import Module

ROOT = Path(__file__).resolve().parents[2]
STEPS = 40
PROGRAM = (
    "".join(
        f"""
def step_{index}(xs, n):
    s = {index}
    for i in range(n):
        if xs[i] % 3 == {index} % 3:
            s += xs[i] * {index + 1} + i // 2 - (s >> 3)
        elif xs[i] > s:
            s -= xs[i] ^ {index}
    return s
"""
        for index in range(STEPS)
    )
    + "def everything(xs, n):\n    return "
    + " + ".join(f"step_{index}(xs, n)" for index in range(STEPS))
    + """
xs = list(range(50))
print([everything(xs, 50) for _ in range(4)])
print([step_7(xs, 50) for _ in range(4)])
"""
)


IN_PLACE = """
def countdown(n):
    yield n
    if n:
        yield from countdown(n - 1)
def least(x):
    if x < 0:
        raise ValueError(x)
    return x
def total(n: int) -> int:
    s = 0
    for x in countdown(n):
        s += x
    return s
def good(xs: list[int]) -> int:
    s = 0
    for x in xs:
        try:
            s += least(x)
        except ValueError:
            s -= 1
    return s
print(total(3), good([1, -1, 2]))
"""


def run(tmp_path: Path, *command: str, program: str = PROGRAM) -> tuple[str, dict[str, Any]]:
    """What the program prints, and the functions of its report by name."""
    script, report = tmp_path / "script.py", tmp_path / "report.json"
    script.write_text(program)
    os.chmod(tmp_path, 0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYVORIN_WAIT": "1",
        "PYVORIN_CACHE_DIR": str(tmp_path / "cache"),
        "PYVORIN_REPORT": str(report),
    }
    process = subprocess.run([sys.executable, *command, str(script)], capture_output=True, text=True, env=environment)
    assert (process.returncode, process.stderr) == (0, "")
    rows = json.loads(report.read_text())["functions"] if report.exists() else []
    return process.stdout, {row["name"].removeprefix("__main__."): row for row in rows}


def test_what_cpython_calls_all_the_same_gets_an_entry(tmp_path: Path) -> None:
    plain, _ = run(tmp_path)
    native, rows = run(tmp_path, "-m", "pyvorin", "run")
    assert native == plain
    assert rows["everything"]["status"] == "native"
    assert rows["step_7"]["status"] == "native"
    assert rows["step_7"]["native_calls"] > 0
    waiting = [name for name, row in rows.items() if row["status"] == "observed"]
    assert len(waiting) > STEPS // 2
    assert all(rows[name]["within"] == ["everything"] for name in waiting)
    again, rows = run(tmp_path, "-m", "pyvorin", "run")
    assert again == plain
    assert (rows["everything"]["status"], rows["step_7"]["status"]) == ("native", "native")
    assert (rows["everything"]["native_calls"], rows["step_7"]["native_calls"]) == (4, 4)


def test_what_has_become_hot_is_asked_for_together() -> None:
    module = Module("m", "m.py", "", Key([]))
    entries = [
        ("", "", "f", "observe", PART, "0"),
        ("", "", "g", "observe", PART, "1"),
        ("", "", "open", "observe", "", "2"),
        ("", "", "f", "native", "int", "3"),
    ]
    group = SimpleNamespace(read_counters=lambda: [20, 3, 99, 99])
    module.history.append(
        SimpleNamespace(bindings=[SimpleNamespace(group=group, rows=SimpleNamespace(entries=entries))])
    )  # type: ignore[arg-type]
    assert module.hot(16) == ["f"]
    assert module.hot(3) == ["f", "g"]


def test_what_is_lowered_in_the_place_of_its_calls_is_within(tmp_path: Path) -> None:
    native, rows = run(tmp_path, "-m", "pyvorin", "run", program=IN_PLACE)
    assert native == run(tmp_path, program=IN_PLACE)[0]
    within = {name: row["within"] for name, row in rows.items()}
    assert within == {"countdown": ["total"], "least": ["good"], "total": [], "good": []}
