"""Debuggers, profilers and measures of coverage see the same with Pyvorin as without it, in one process that comes and goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = '''\
import sys


def inner(n: int) -> int:
    s = 0
    for i in range(n):
        s += i & 3
    return s


def outer(n: int) -> int:
    s = 0
    for i in range(n):
        s += inner(i)
    return s


def shown(xs, k):
    return [x * k for x in xs]


def work():
    return outer(6), outer(3), shown([1, 2], 3), shown([1.5], 2)


def native():
    """How many calls of the functions above, but those from native code, ended natively so far."""
    pyvorin = sys.modules.get("pyvorin")
    rows = pyvorin.report()["functions"] if pyvorin else []
    return sum(row["native_calls"] for row in rows if row["file"] == __file__ and row["name"] != "program.native")
'''

TRACED = """
def watch():
    seen = []

    def tracer(frame, event, argument):
        if event != "opcode":
            seen.append((event, frame.f_code.co_name, frame.f_lineno))
        return tracer

    sys.settrace(tracer)
    program.work()
    sys.settrace(None)
    return seen
"""
PROFILED = """
def watch():
    seen = []
    sys.setprofile(lambda frame, event, argument: seen.append((event, frame.f_code.co_name)))
    program.work()
    sys.setprofile(None)
    return seen
"""
CPROFILED = """
import cProfile, pstats

def watch():
    profile = cProfile.Profile()
    profile.runcall(program.work)
    stats = pstats.Stats(profile).stats
    return sorted((name, line, numbers[:2]) for (file, line, name), numbers in stats.items())
"""
MONITORED = """
def watch():
    seen, monitoring = [], sys.monitoring
    monitoring.use_tool_id(1, "lines")
    monitoring.register_callback(1, monitoring.events.LINE, lambda code, line: seen.append((code.co_name, line)))
    monitoring.register_callback(1, monitoring.events.PY_START, lambda code, offset: seen.append(code.co_name))
    monitoring.set_events(1, monitoring.events.LINE | monitoring.events.PY_START)
    program.work()
    monitoring.set_events(1, 0)
    monitoring.free_tool_id(1)
    return seen
"""
LOCALLY = """
def watch():
    seen, monitoring = [], sys.monitoring
    monitoring.use_tool_id(3, "starts")

    def starts(code, offset):
        if code.co_filename == program.__file__:
            monitoring.set_local_events(3, code, monitoring.events.LINE)
        return monitoring.DISABLE

    monitoring.register_callback(3, monitoring.events.PY_START, starts)
    monitoring.register_callback(3, monitoring.events.LINE, lambda code, line: seen.append((code.co_name, line)))
    monitoring.set_events(3, monitoring.events.PY_START)
    program.work()
    program.work()
    monitoring.set_events(3, 0)
    for function in (program.work, program.outer, program.inner, program.shown):
        monitoring.set_local_events(3, function.__code__, 0)
    monitoring.free_tool_id(3)
    return seen
"""
TOOLS = {"settrace": TRACED, "setprofile": PROFILED, "cProfile": CPROFILED}
if sys.version_info >= (3, 12):
    TOOLS |= {"monitoring": MONITORED, "monitoring of some code": LOCALLY}

SCRIPT = """
import json, sys
import program
{watch}
counts, seen = [], []
for turn in range(3):
    for _ in range(20):
        program.work()
    counts.append(program.native())
    seen.append(watch())
    counts.append(program.native())
for _ in range(20):
    program.work()
print(json.dumps({{"seen": seen, "counts": [*counts, program.native()]}}))
"""


def run(script: Path, active: bool) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYVORIN")}
    if active:
        env |= {"PYVORIN": "1", "PYVORIN_WAIT": "1", "PYVORIN_CACHE_DIR": str(script.parent / "cache")}
        # A native call during which a tool begins to watch is not what is to be seen here.
        env["PYVORIN_EXCLUDE"] = "__main__"
    process = subprocess.run(
        [sys.executable, str(script)],
        env=env | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    found: dict[str, Any] = json.loads(process.stdout)
    return found


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_sees_every_call(tool: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(watch=TOOLS[tool]), "utf-8")
    plain, active = run(script, False), run(script, True)
    assert active["seen"] == plain["seen"]
    assert len(plain["seen"][0]) > 4
    counts = active["counts"]
    # Nothing ends natively while the tool watches, and everything does before and afterwards.
    assert counts[1] == counts[0] >= 20
    assert counts[3] == counts[2] >= counts[1] + 20
    assert counts[5] == counts[4] >= counts[3] + 20
    assert counts[6] >= counts[5] + 20


COMMANDS = {
    "pdb": ["-m", "pdb", "program.py"],
    "trace": ["-m", "trace", "--count", "--summary", "--ignore-dir", str(Path(os.__file__).parent), "program.py"],
}
MEASURED = [
    ("ctrace", ["--branch"]),
    *([("sysmon", [])] if sys.version_info >= (3, 12) else []),
]
STEPS = b"b inner\nc\nn\nn\nbt\nc\nc\nup\np s, i\ncl 1\nb 21\nc\ns\nr\nq\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_line_tool_prints_the_same(command: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM + "\n\nfor _ in range(4):\n    print(work())\n", "utf-8")
    outputs = []
    for active in (False, True, True):
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYVORIN")}
        if active:
            env |= {"PYVORIN": "1", "PYVORIN_WAIT": "1", "PYVORIN_CACHE_DIR": str(tmp_path / "cache")}
        process = subprocess.run(
            [sys.executable, *COMMANDS[command]],
            input=STEPS,
            cwd=tmp_path,
            env=env | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=600,
        )
        lines = [line for line in process.stdout.decode().splitlines() if "pyvorin" not in line]
        outputs.append((process.returncode, lines, process.stderr))
    assert outputs[1] == outputs[0]
    assert outputs[2] == outputs[0]


@pytest.mark.parametrize(("core", "options"), MEASURED)
def test_coverage_measures_the_same(core: str, options: list[str], tmp_path: Path) -> None:
    """Lines and branches, in a module that is native already when `coverage run` imports it."""
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    (tmp_path / "script.py").write_text("import program\nfor _ in range(40):\n    program.work()\n", "utf-8")
    found = []
    for command in (["script.py"], ["-m", "coverage", "run", *options, "--source=.", "script.py"]):
        for active in (False, True):
            env = {name: value for name, value in os.environ.items() if not name.startswith(("PYVORIN", "COVERAGE"))}
            env |= {"PYTHONPATH": str(ROOT), "COVERAGE_CORE": core}
            if active:
                env |= {"PYVORIN": "1", "PYVORIN_WAIT": "1", "PYVORIN_CACHE_DIR": str(tmp_path / "cache")}
            subprocess.run([sys.executable, *command], cwd=tmp_path, env=env, timeout=600, check=True)
            if command[0] == "-m":
                export = [sys.executable, "-m", "coverage", "json", "-q", "-o", "found.json"]
                subprocess.run(export, cwd=tmp_path, timeout=600, check=True)
                found.append(json.loads((tmp_path / "found.json").read_text("utf-8"))["files"])
    plain, active_too = found
    assert active_too == plain
    assert plain["program.py"]["summary"]["covered_lines"] > 10


SWITCHING = """
def inner(x):
    y = x
    for i in range(3):
        y = y * 3 + i
    return y

def work(n, at, switch):
    total = 0
    for i in range(n):
        if i == at:
            switch()
        total += inner(i) % 7
    return total + inner(n)
"""
MIDWAY = """
import sys, json
import program
{watch}
results = [program.work(50, 60, print) for _ in range(20)]
before = program.work.__name__
results.append(program.work(50, 30, begin))
seen = end()
results += [program.work(50, 60, print) for _ in range(5)]
print(json.dumps({{"seen": seen, "results": results}}))
"""
SWITCHES = {
    "settrace": """
seen = []
def see(frame, event, argument):
    if frame.f_code.co_name == "inner":
        seen.append((event, frame.f_lineno))
    return see
def begin():
    sys.settrace(see)
def end():
    sys.settrace(None)
    return seen
""",
    "setprofile": """
seen = []
def see(frame, event, argument):
    if event.endswith("call"):
        seen.append((event, frame.f_code.co_name))
def begin():
    sys.setprofile(see)
def end():
    sys.setprofile(None)
    return [what for what in seen if what[1] == "inner"] + sorted({"resume", "prepare", "enter"} & {name for _, name in seen})
""",
    "cProfile": """
import cProfile
profile = cProfile.Profile()
def begin():
    profile.enable()
def end():
    profile.disable()
    return [(row.code.co_name, row.callcount) for row in profile.getstats() if getattr(row.code, "co_name", "") == "inner"]
""",
}


@pytest.mark.parametrize("tool", SWITCHES)
def test_a_tool_that_is_switched_on_in_the_middle_of_a_call_sees_the_rest(tool: str, tmp_path: Path) -> None:
    """Calls of the function that was left, from there on; and nothing of Pyvorin's where CPython can hide it."""
    (tmp_path / "program.py").write_text(SWITCHING, "utf-8")
    script = tmp_path / "script.py"
    script.write_text(MIDWAY.format(watch=SWITCHES[tool]), "utf-8")
    plain, active = run(script, False), run(script, True)
    assert active["results"] == plain["results"]
    assert len(plain["seen"]) > (0 if tool == "cProfile" else 20)
    machinery = [what for what in active["seen"] if isinstance(what, str)]
    assert active["seen"] == plain["seen"] + machinery
    assert not machinery or sys.version_info < (3, 11)
