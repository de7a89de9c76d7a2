"""An interpreter in which Pyvorin is installed as its wheel would install it, and runs of programs with and without it."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvorin import startup_file

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """What a process left behind."""

    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.status = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"status {self.status}\nstdout: {self.stdout.decode()}\nstderr: {self.stderr.decode()}"


class Interpreter:
    """Runs `python …` in a clean environment.  active: with PYVORIN=1; extra variables may be given by name."""

    def __init__(self, executable: str, cache: Path) -> None:
        self.executable = executable
        self.cache = cache

    def run(self, *arguments: str, cwd: Path, active: bool = False, stdin: bytes = b"", **variables: str) -> Run:
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.cache), "LANG": "C.UTF-8", **variables}
        if active:
            environment |= {"PYVORIN": "1", "PYVORIN_CACHE_DIR": str(self.cache / "cache")}
        process = subprocess.run(
            [self.executable, *arguments], cwd=cwd, env=environment, input=stdin, capture_output=True, timeout=120
        )
        return Run(process)

    def compare(self, *arguments: str, cwd: Path, stdin: bytes = b"", **variables: str) -> Run:
        """Run the program twice and require the same bytes and status; the run with Pyvorin is returned."""
        plain = self.run(*arguments, cwd=cwd, stdin=stdin, **variables)
        active = self.run(*arguments, cwd=cwd, stdin=stdin, active=True, **variables)
        assert active == plain
        return active


@pytest.fixture(scope="session")
def make_interpreter(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Interpreter]:
    """Makes a virtual environment with this source tree, this interpreter's packages and a start-up file of the given text."""

    def make(startup: str) -> Interpreter:
        home = tmp_path_factory.mktemp("environment")
        venv.create(home / "venv", with_pip=False, symlinks=True)
        (site_packages,) = (home / "venv").glob("lib/python*/site-packages")
        packages = [path for path in sys.path if path.endswith("site-packages")]
        # Sorts before the start-up file, as the path file of an editable install does.
        (site_packages / "__paths.pth").write_text("\n".join([str(ROOT), *packages]) + "\n")
        (site_packages / startup_file.NAME).write_text(startup)
        return Interpreter(str(home / "venv" / "bin" / "python"), home)

    return make


@pytest.fixture(scope="session")
def python(make_interpreter: Callable[[str], Interpreter]) -> Interpreter:
    """An interpreter with Pyvorin installed."""
    return make_interpreter(startup_file.TEXT)
