"""`pyvorin.install()` and `pyvorin.uninstall()` from inside a program, and what importing the package costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Interpreter

RECORDED = "import tests.activation.recorder as recorder; recorder.take_the_place_of_the_session()\n"

SCRIPT = """\
import sys
import earlier


def before():
    return 1


import pyvorin
from tests.activation import recorder

pyvorin.install(wait=True)
pyvorin.install()


def after():
    return 2


print(hasattr(before, "seen"), hasattr(after, "seen"))
import later
print(recorder.told)
finders = len(sys.meta_path)
pyvorin.uninstall()
pyvorin.uninstall()
print(len(sys.meta_path) - finders, recorder.told[-1], sys.gettrace())
import latest
print(recorder.told[-1])
"""


@pytest.fixture(scope="module")
def recorded(make_interpreter: Callable[[str], Interpreter]) -> Interpreter:
    return make_interpreter(RECORDED)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SCRIPT)
    for name in ("earlier", "later", "latest"):
        (tmp_path / f"{name}.py").write_text(f"def {name}():\n    return 0\n")
    return tmp_path


def test_install_and_uninstall(recorded: Interpreter, project: Path) -> None:
    run = recorded.run("app.py", cwd=project, PYVORIN_DEBUG="1")
    told = "[('start', 'on'), ('module', 'earlier'), ('script', '__main__'), ('module', 'later')]"
    uninstalled = "-1 ('uninstall', '') None\n('uninstall', '')"
    assert run.stderr == b""
    assert run.stdout.decode() == f"True True\n{told}\n{uninstalled}\n"


def test_install_in_a_function_of_the_script(recorded: Interpreter, project: Path) -> None:
    (project / "app.py").write_text(
        "import pyvorin\n\n\ndef work():\n    return 1\n\n\n"
        "def main():\n    pyvorin.install()\n    print(hasattr(work, 'seen'))\n\n\nmain()\n"
    )
    assert recorded.run("app.py", cwd=project).stdout == b"True\n"


def test_install_from_another_thread_reaches_imports(recorded: Interpreter, project: Path) -> None:
    (project / "app.py").write_text(
        "import threading, pyvorin\nthread = threading.Thread(target=pyvorin.install)\nthread.start()\nthread.join()\n"
        "import later\nfrom tests.activation import recorder\nprint(recorder.told)\n"
    )
    run = recorded.run("app.py", cwd=project)
    assert run.stdout == b"[('start', 'on'), ('module', 'later')]\n"


def test_unknown_settings_are_refused(python: Interpreter, tmp_path: Path) -> None:
    code = "import pyvorin\ntry:\n    pyvorin.install(wiat=True)\nexcept TypeError as error:\n    print(error)\n"
    output = python.run("-c", code, cwd=tmp_path).stdout.decode()
    assert output.startswith("no such setting: wiat; there are ")
    assert "wait" in output


def test_importing_the_package_starts_nothing(python: Interpreter, tmp_path: Path) -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nfinders = list(sys.meta_path)\nimport pyvorin\n"
        "print(sorted(set(sys.modules) - before), sys.meta_path == finders, pyvorin.__version__, dir(pyvorin)[-4:])\n"
        "pyvorin.StrictModeError, pyvorin.install\n"
        "print([name for name in ('llvmlite', 'cffi', '_cffi_backend', 'json') if name in sys.modules])\n"
        "print(hasattr(pyvorin, 'nothing'))\n"
    )
    first, second, third = python.run("-c", code, cwd=tmp_path).stdout.decode().splitlines()
    assert first.startswith("['__future__', 'pyvorin'] True 0.")
    assert (second, third) == ("[]", "False")


def test_report_without_a_session(python: Interpreter, tmp_path: Path) -> None:
    run = python.run("-c", "import pyvorin; print(pyvorin.report())", cwd=tmp_path)
    assert run.stdout == b"{'functions': [], 'rejected': [], 'problems': []}\n"
