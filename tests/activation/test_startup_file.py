"""The start-up file: inert without PYVORIN, and never a nuisance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyvorin import startup_file

from .conftest import Interpreter

SHOW = "import sys; print(sorted(name for name in sys.modules if name.startswith('pyvorin')))"


def test_the_line_itself() -> None:
    """Golden: whoever audits a start-up file reads this line, so it changes on purpose only."""
    assert startup_file.TEXT == (
        "import os, sys; os.environ.get('PYVORIN', '0') not in ('', '0') and not sys.flags.ignore_environment"
        " and getattr(sys.modules['_frozen_importlib_external'].PathFinder.find_spec('pyvorin'), 'origin', None)"
        " and __import__('pyvorin.autostart').autostart.start()\n"
    )


@pytest.mark.parametrize("value", [None, "", "0"])
def test_nothing_is_imported_unless_asked_for(python: Interpreter, tmp_path: Path, value: str | None) -> None:
    variables = {} if value is None else {"PYVORIN": value}
    assert python.run("-c", SHOW, cwd=tmp_path, **variables).stdout == b"[]\n"


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_options_that_switch_the_environment_off(python: Interpreter, tmp_path: Path, flag: str) -> None:
    assert python.run(flag, "-c", SHOW, cwd=tmp_path, active=True).stdout == b"[]\n"


@pytest.mark.parametrize("value", ["off", "no", "nonsense"])
def test_values_that_do_not_switch_on(python: Interpreter, tmp_path: Path, value: str) -> None:
    run = python.run("-c", "import sys; print('pyvorin.host' in sys.modules)", cwd=tmp_path, PYVORIN=value)
    assert run.stdout == b"False\n"
    assert run.stderr == b""


@pytest.mark.parametrize("remains", ["nothing", "a bare directory"])
def test_a_file_that_has_outlived_its_package_is_silent(
    make_interpreter: Callable[[str], Interpreter], tmp_path: Path, remains: str
) -> None:
    python = make_interpreter(startup_file.TEXT)
    (site_packages,) = (python.cache / "venv").glob("lib/python*/site-packages")
    (site_packages / "__paths.pth").unlink()
    if remains == "a bare directory":
        (site_packages / "pyvorin" / "__pycache__").mkdir(parents=True)
    run = python.run("-c", SHOW, cwd=tmp_path, active=True)
    assert (run.stdout, run.stderr, run.status) == (b"[]\n", b"", 0)


def test_subinterpreters_are_left_alone(python: Interpreter, tmp_path: Path) -> None:
    code = (
        "try:\n    import _interpreters as i\nexcept ImportError:\n    import _xxsubinterpreters as i\n"
        "i.run_string(i.create(), 'import sys; print(\"pyvorin.host\" in sys.modules, flush=True)')\n"
    )
    run = python.run("-c", code, cwd=tmp_path, active=True)
    assert (run.stdout, run.stderr) == (b"False\n", b"")


def test_a_start_loads_little(python: Interpreter, tmp_path: Path) -> None:
    """What a process pays that runs no code of its user's: a handful of small modules, nothing of the standard library."""
    code = "import sys; print(sorted(sys.modules))"
    plain = set(eval(python.run("-c", code, cwd=tmp_path).stdout))
    active = set(eval(python.run("-c", code, cwd=tmp_path, active=True).stdout))
    added = active - plain
    assert {name for name in added if not name.startswith("pyvorin")} == {"__future__"}
    assert len(added) <= 16
