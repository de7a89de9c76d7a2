"""`python -m pyvorin run`, where the start-up file is not installed: as plain Python, with Pyvorin at work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyvorin.cli import run as command

from . import programs
from .conftest import Interpreter


@pytest.fixture(scope="module")
def bare(make_interpreter: Callable[[str], Interpreter]) -> Interpreter:
    """An interpreter that finds Pyvorin, but has no start-up file."""
    python = make_interpreter("")
    (startup,) = (python.cache / "venv").glob("lib/python*/site-packages/pyvorin.pth")
    startup.unlink()
    return python


def compare(bare: Interpreter, *arguments: str, cwd: Path, **variables: str) -> None:
    variables = {"PYVORIN_CACHE_DIR": str(bare.cache / "cache"), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    plain = bare.run(*arguments, cwd=cwd, stdin=b"first\nsecond\n", **variables)
    accelerated = bare.run("-m", "pyvorin", "run", *arguments, cwd=cwd, stdin=b"first\nsecond\n", **variables)
    assert accelerated == plain


@pytest.mark.parametrize(
    "ending", ["normal", "exception", "exit status", "module with an error", "standard input", "stack", "interrupt"]
)
def test_a_script(bare: Interpreter, tmp_path: Path, ending: str) -> None:
    programs.write(tmp_path, ending)
    compare(bare, "app.py", "a", "--help", "-m", "x", cwd=tmp_path)


def test_other_forms(bare: Interpreter, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name in ("__main__", "part"):
        (package / f"{name}.py").write_text(programs.HEAD)
    compare(bare, "-m", "package.part", "-x", cwd=tmp_path)
    compare(bare, "-m", "package", cwd=tmp_path)
    compare(bare, "package", cwd=tmp_path)
    compare(bare, "-X", "dev", "-W", "ignore", "-Bu", "package", "1", cwd=tmp_path)
    compare(bare, "-c", programs.HEAD.replace("__file__, ", ""), "argument", cwd=tmp_path)
    compare(bare, "no_such_script.py", cwd=tmp_path)


SHOW = """\
import os, sys
print('pyvorin.host.activation' in sys.modules, sys.path, os.environ.get('PYTHONPATH'), sys.flags.dev_mode)
"""


def test_pyvorin_is_at_work(bare: Interpreter, tmp_path: Path) -> None:
    plain = bare.run("-c", SHOW, cwd=tmp_path).stdout
    assert plain.startswith(b"False")
    assert bare.run("-m", "pyvorin", "run", "-c", SHOW, cwd=tmp_path).stdout == plain.replace(b"False", b"True", 1)


def test_options_before_the_command_are_kept(bare: Interpreter, tmp_path: Path) -> None:
    for options in (["-X", "dev", "-m", "pyvorin"], ["-Xdev", "-Bm", "pyvorin"], ["-Xdev", "-mpyvorin"]):
        run = bare.run(*options, "run", "-c", SHOW, cwd=tmp_path)
        assert run.stdout.endswith(b" True\n"), run
        assert run.stdout.startswith(b"True "), run


def test_the_path_of_the_user_is_kept(bare: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("customised = 1\n")
    (tmp_path / "app.py").write_text(SHOW + "print(sys.modules['sitecustomize'].customised)\n")
    plain = bare.run("app.py", cwd=tmp_path, PYTHONPATH=f"{tmp_path}:/nowhere")
    run = bare.run("-m", "pyvorin", "run", "app.py", cwd=tmp_path, PYTHONPATH=f"{tmp_path}:/nowhere")
    assert run.stdout == plain.stdout.replace(b"False", b"True", 1)


def test_a_broken_sitecustomize_is_reported_as_ever(bare: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("1 / 0\n")
    (tmp_path / "app.py").write_text("import sys\nprint('sitecustomize' in sys.modules)\n")
    plain = bare.run("app.py", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    run = bare.run("-m", "pyvorin", "run", "app.py", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert run.stdout == plain.stdout == b"False\n"
    assert run.stderr == plain.stderr * 2  # of the interpreter that carries out `run`, and of the one that it starts


def test_with_the_startup_file(python: Interpreter, tmp_path: Path) -> None:
    plain = python.run("-c", SHOW, cwd=tmp_path).stdout
    assert python.run("-m", "pyvorin", "run", "-c", SHOW, cwd=tmp_path).stdout == plain.replace(b"False", b"True", 1)


def test_the_mode_of_the_environment_is_kept(bare: Interpreter, tmp_path: Path) -> None:
    show = "import os; print(os.environ['PYVORIN'])"
    for given, expected in (("strict", b"strict\n"), ("0", b"1\n"), ("", b"1\n")):
        assert bare.run("-m", "pyvorin", "run", "-c", show, cwd=tmp_path, PYVORIN=given).stdout == expected


@pytest.mark.parametrize("arguments", [["-I", "app.py"], ["-BE", "app.py"], ["-X", "dev", "-S", "-m", "app"]])
def test_options_under_which_it_cannot_work(bare: Interpreter, tmp_path: Path, arguments: list[str]) -> None:
    run = bare.run("-m", "pyvorin", "run", *arguments, cwd=tmp_path)
    assert (run.status, run.stdout) == (2, b"")
    assert run.stderr.startswith(b"pyvorin: run: under -")
    assert b"hint: " in run.stderr


def test_without_a_program(bare: Interpreter, tmp_path: Path) -> None:
    run = bare.run("-m", "pyvorin", "run", cwd=tmp_path)
    assert run.status == 2
    assert command.USAGE in run.stderr.decode()
