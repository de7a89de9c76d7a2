"""A program cannot be told from its run under plain CPython: same bytes on both streams, same exit status."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvorin import startup_file

from . import programs
from .conftest import ROOT, Interpreter


@pytest.mark.parametrize("ending", programs.ENDINGS)
def test_script(python: Interpreter, tmp_path: Path, ending: str) -> None:
    programs.write(tmp_path, ending)
    python.compare("app.py", "a", "--b", cwd=tmp_path, stdin=b"first\nsecond\n", PYTHONDONTWRITEBYTECODE="1")


@pytest.mark.parametrize(
    "ending",
    ["normal", "exception", "exit status", "module with an error", "stack", "definitions in branches and loops"],
)
@pytest.mark.parametrize("form", ["module", "package", "directory", "zip"])
def test_other_forms(python: Interpreter, tmp_path: Path, form: str, ending: str) -> None:
    programs.write(tmp_path, ending)
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("def of_the_package():\n    return 1\n")
    for place in (package / "__main__.py", package / "part.py"):
        place.write_text(programs.HEAD + programs.ENDINGS[ending])
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.write(tmp_path / "app.py", "__main__.py")
        archive.write(tmp_path / "faulty.py", "faulty.py")
    arguments = {
        "module": ("-m", "package.part"),
        "package": ("-m", "package"),
        "directory": ("package",),
        "zip": ("app.zip",),
    }
    python.compare(*arguments[form], "argument", cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1")


@pytest.mark.parametrize(
    "flags", [("-I",), ("-E",), ("-S",), ("-s", "-B"), ("-O",), ("-OO",), ("-X", "dev"), ("-W", "error"), ("-v",)]
)
def test_interpreter_options(python: Interpreter, tmp_path: Path, flags: tuple[str, ...]) -> None:
    programs.write(tmp_path, "exception")
    if flags == ("-v",):  # lists every import on stderr, ours too
        plain = python.run("-v", "app.py", cwd=tmp_path)
        active = python.run("-v", "app.py", cwd=tmp_path, active=True)
        assert (active.stdout, active.status) == (plain.stdout, plain.status)
    else:
        python.compare(*flags, "app.py", cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1")


def test_code_on_the_command_line_and_standard_input(python: Interpreter, tmp_path: Path) -> None:
    code = "import sys\ndef f(x): return x / 0\nprint(sys.argv)\nf(1)\n"
    python.compare("-c", code, "a", cwd=tmp_path)
    python.compare("-", "a", cwd=tmp_path, stdin=code.encode())
    python.compare("-i", "-c", "x = 1", cwd=tmp_path, stdin=b"def f(x):\n  return x\n\nf(x)\n1/0\n")


def test_missing_script(python: Interpreter, tmp_path: Path) -> None:
    assert python.compare("nothing.py", cwd=tmp_path).status == 2
    assert python.compare("-m", "nothing", cwd=tmp_path).status == 1


MULTIPROCESSING = """\
import multiprocessing
import part


def square(x):
    return x * x


def divide(x):
    return 1 // x


if __name__ == "__main__":
    with multiprocessing.get_context(METHOD).Pool(2) as pool:
        print(pool.map(square, range(8)), pool.map(part.cube, range(8)))
        try:
            pool.map(divide, [0])
        except ZeroDivisionError as error:
            print(type(error.__cause__).__name__, error.__cause__)
"""


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_multiprocessing(python: Interpreter, tmp_path: Path, method: str) -> None:
    (tmp_path / "app.py").write_text(MULTIPROCESSING.replace("METHOD", repr(method)))
    (tmp_path / "part.py").write_text("def cube(x):\n    return x ** 3\n")
    assert python.compare("app.py", cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1").status == 0


SHADOWS = (
    "ast",
    "json",
    "types",
    "logging",
    "re",
    "subprocess",
    "hashlib",
    "dataclasses",
    "inspect",
    "typing",
    "selectors",
)


@pytest.mark.parametrize("imported", [False, True])
def test_files_named_like_standard_modules(python: Interpreter, tmp_path: Path, imported: bool) -> None:
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"print('own {name}')\ndef own(x):\n    return x + 1.5\n")
    text = "def f(x):\n    return x * 2.0\nprint(f(3.0))\nprint(f('a')) if False else None\n"
    if imported:
        text += "".join(
            f"import {name}\nprint({name}.own(1.0), {name}.__file__)\n" for name in ("json", "ast", "logging")
        )
    (tmp_path / "app.py").write_text(text)
    run = python.compare("app.py", cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1", PYVORIN_WAIT="1")
    assert run.stdout.count(b"own") == (3 if imported else 0)


def test_the_users_sitecustomize_runs(python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nprint('customised', 'app' in sys.modules)\ndef f():\n    return 1\n"
    )
    (tmp_path / "app.py").write_text("import sys\nprint(sys.modules['sitecustomize'].f())\n")
    run = python.compare("app.py", cwd=tmp_path, PYTHONPATH=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    assert run.stdout == b"customised False\n1\n"
    (tmp_path / "sitecustomize.py").write_text("1 / 0\n")
    (tmp_path / "app.py").write_text("print('still here')\n")
    python.compare("app.py", cwd=tmp_path, PYTHONPATH=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")


FINDER = (
    "import sys; sys.asked = getattr(sys, 'asked', []); sys.meta_path.append(type('Finder', (), "
    "{'find_spec': staticmethod(lambda name, path=None, target=None: sys.asked.append(name))}))\n"
)
SEARCH = "import importlib.util; import sys; sys.search = importlib.util.find_spec('sitecustomize')\n"


@pytest.mark.parametrize("line", [FINDER, SEARCH])
def test_a_missing_sitecustomize(make_interpreter: Callable[[str], Interpreter], tmp_path: Path, line: str) -> None:
    """Other finders are asked for it as often as ever, and who only asks whether there is one gets an answer, no error."""
    python = make_interpreter(startup_file.TEXT + line)
    (tmp_path / "app.py").write_text(
        "import sys\ndef f():\n    return getattr(sys, 'asked', []).count('sitecustomize'), getattr(sys, 'search', 0)\n"
        "print(f())\n"
    )
    run = python.compare("app.py", cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1")
    assert run.stdout == (b"(2, 0)\n" if line is FINDER else b"(0, None)\n")


def comparable(byte_code: bytes) -> bytes:
    """The contents of a byte-code file; on 3.10 without the marks of what is referred to more than once.

    There a name gets its mark if any other module that is loaded has the name too, so that `import traceback` before
    `import m` is enough to change the bytes of m's file under plain CPython.
    """
    if sys.version_info >= (3, 11):
        return byte_code
    return byte_code[:16] + marshal.dumps(marshal.loads(byte_code[16:]))


def test_byte_code_files_are_those_of_plain_python(python: Interpreter, tmp_path: Path) -> None:
    contents = []
    for active in (False, True):
        project = tmp_path / "project"
        project.mkdir()
        programs.write(project, "stack in a module")
        for path in project.iterdir():
            os.utime(path, (1_700_000_000, 1_700_000_000))
        python.run("app.py", cwd=project, active=active)
        files = sorted((project / "__pycache__").iterdir())
        contents.append({path.name: comparable(path.read_bytes()) for path in files})
        subprocess.run(["rm", "-r", str(project)], check=True)
    assert contents[0] == contents[1]
    assert len(contents[0]) == 1


def test_pytest_with_its_own_import_hook(python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "rows.py").write_text(
        "def total(values):\n    s = 0.0\n    for value in values:\n        s += value\n    return s\n"
    )
    (tmp_path / "test_rows.py").write_text(
        "import rows\ndef test_total():\n    assert rows.total([1.0, 2.0]) == 3.0\n"
        "def test_explained():\n    left = [rows.total([1.0])]\n    assert left == [2.0]\n"
    )
    arguments = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "-o", "addopts=", "test_rows.py")
    plain = python.run(*arguments, cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1")
    active = python.run(*arguments, cwd=tmp_path, active=True, PYTHONDONTWRITEBYTECODE="1")
    assert b"assert [1.0] == [2.0]" in active.stdout
    assert active.status == plain.status == 1
    assert active.stdout.rpartition(b" in ")[0] == plain.stdout.rpartition(b" in ")[0]


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="sys.gettrace() can only show the watch of the main script before 3.12"
)
def test_gettrace_in_an_imported_module(python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import part\ndef late():\n    return 1\n")
    (tmp_path / "part.py").write_text("import sys\nprint(sys.gettrace(), sys.getprofile())\n")
    assert python.compare("app.py", cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1").stdout == b"None None\n"


def test_the_tree_under_test_is_this_one(python: Interpreter, tmp_path: Path) -> None:
    run = python.run("-c", "import pyvorin; print(pyvorin.__file__)", cwd=tmp_path)
    assert run.stdout.decode().strip() == str(ROOT / "pyvorin" / "__init__.py")
