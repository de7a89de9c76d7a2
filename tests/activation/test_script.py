"""The main script's functions are reached however it is started, and before the script first calls them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Interpreter

RECORDED = (
    "import os; os.environ.get('PYVORIN') and (__import__('tests.activation.recorder').activation.recorder"
    ".take_the_place_of_the_session(), __import__('pyvorin.autostart').autostart.start())\n"
)

SCRIPT = """\
import sys
import sibling


def first(x):
    return x + 1


print("first", hasattr(first, "seen"))


class Account:
    def balance(self):
        return 7


print("method", hasattr(Account.balance, "seen"))
if sys.argv[1:] == ["never"]:
    def unbound():
        return 0
last = 3
print("last", sys.gettrace() is None or sys.gettrace.__name__)
from tests.activation import recorder
print(recorder.told)
"""


@pytest.fixture(scope="module")
def recorded(make_interpreter: Callable[[str], Interpreter]) -> Interpreter:
    """An interpreter whose session only records."""
    return make_interpreter(RECORDED)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SCRIPT)
    (tmp_path / "sibling.py").write_text("def helper():\n    return 1\n")
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("def of_the_package():\n    return 1\n")
    (package / "__main__.py").write_text(SCRIPT)
    (package / "sibling.py").write_text("without_functions = 1\n")
    return tmp_path


EXPECTED = "first True\nmethod True\nlast True\n"


def test_functions_of_a_script_are_seen_before_the_next_call(recorded: Interpreter, project: Path) -> None:
    run = recorded.run("app.py", cwd=project, active=True, PYVORIN_DEBUG="1")
    told = "[('start', 'on'), ('script', '__main__'), ('module', 'sibling')]"
    assert run.stdout.decode() == f"{EXPECTED}{told}\n"
    assert run.stderr == b""
    assert run.status == 0


def test_a_module_run_by_name(recorded: Interpreter, project: Path) -> None:
    run = recorded.run("-m", "package", cwd=project, active=True, PYVORIN_DEBUG="1")
    told = "[('start', 'on'), ('module', 'package'), ('script', '__main__'), ('module', 'sibling')]"
    assert run.stdout.decode() == f"{EXPECTED}{told}\n"


def test_a_directory(recorded: Interpreter, project: Path) -> None:
    run = recorded.run("package", cwd=project, active=True, PYVORIN_DEBUG="1")
    told = "[('start', 'on'), ('script', '__main__')]"
    assert run.stdout.decode() == f"{EXPECTED}{told}\n"


def test_a_program_without_functions_starts_no_session(recorded: Interpreter, project: Path) -> None:
    (project / "app.py").write_text("from tests.activation import recorder\nprint(recorder.told)\n")
    assert recorded.run("app.py", cwd=project, active=True).stdout == b"[]\n"


def test_children_of_multiprocessing(recorded: Interpreter, project: Path) -> None:
    """In a spawned child the script runs again, as `__mp_main__`; a forked one has its functions already."""
    (project / "app.py").write_text(
        "import multiprocessing, sys\n\n\ndef work(x):\n    from tests.activation import recorder\n"
        "    return hasattr(work, 'seen'), recorder.told[-1]\n\n\n"
        "if __name__ == '__main__':\n    for method in ('spawn', 'fork'):\n"
        "        with multiprocessing.get_context(method).Pool(1) as pool:\n            print(pool.map(work, [0]))\n"
    )
    run = recorded.run("app.py", cwd=project, active=True, PYVORIN_DEBUG="1")
    assert run.stderr == b""
    assert run.stdout == b"[(True, ('script', '__mp_main__'))]\n[(True, ('script', '__main__'))]\n"


TRACER = """\
import runpy
import sys

lines = []


def trace(frame, event, argument):
    if frame.f_code.co_filename.endswith("plain.py"):
        lines.append((event, frame.f_lineno))
    return trace


sys.settrace(trace)
runpy.run_path("plain.py", run_name="__main__")
sys.settrace(None)
print(lines)
"""


def test_a_tracer_that_is_there_first_wins(recorded: Interpreter, project: Path) -> None:
    (project / "tracer.py").write_text(TRACER)
    (project / "plain.py").write_text("def f():\n    return 1\n\n\nf()\n")
    plain = recorded.run("tracer.py", cwd=project)
    active = recorded.run("tracer.py", cwd=project, active=True)
    assert active.stdout == plain.stdout
    assert b"('line', 2)" in active.stdout


def test_a_debugger_stops_in_the_script(recorded: Interpreter, project: Path) -> None:
    (project / "app.py").write_text(
        "def f(x):\n    y = x\n    z = y\n    w = z\n    return w\n\n\nbreakpoint()\nf(3)\n\n\ndef late():\n    return 1\n"
    )
    commands = b"step\nstep\nstep\nstep\nstep\nwhere\np x\ncontinue\n"
    plain = recorded.run("app.py", cwd=project, stdin=commands)
    active = recorded.run("app.py", cwd=project, stdin=commands, active=True)
    assert active == plain
    assert b"w = z" in active.stdout


LATE = """\
import time


def spin():
    started = time.process_time()
    s = 0
    for i in range(2_000_000):
        s += i
    return time.process_time() - started


def other():
    return 0


seconds = spin()


def late():
    return 1


print(seconds)
print(hasattr(late, "seen"))
"""


def test_a_long_computation_before_the_last_definition_is_not_slowed_down(recorded: Interpreter, project: Path) -> None:
    """Before 3.12 only tracing shows the lines, and it would make this loop several times slower: it gives up."""
    (project / "app.py").write_text(LATE)
    times = {}
    for active in (False, True) * 3:
        seconds, seen = recorded.run("app.py", cwd=project, active=active).stdout.decode().split()
        times[active] = min(times.get(active, 99.0), float(seconds))
    assert seen == str(sys.version_info >= (3, 12))
    assert times[True] < 2 * times[False]
