"""The main script's functions are reached however it is started, and before the line that follows their definition."""

from __future__ import annotations

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
    (package / "sibling.py").write_text("")
    return tmp_path


EXPECTED = "first True\nmethod True\nlast True\n"


def test_functions_of_a_script_are_seen_before_the_next_line(recorded: Interpreter, project: Path) -> None:
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
    told = "[('start', 'on'), ('script', '__main__'), ('module', 'sibling')]"
    assert run.stdout.decode() == f"{EXPECTED}{told}\n"
