"""The ways to run a Python file that are compared: plain CPython, Pyvorin, PyPy; mypyc is in `mypyc.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.catalogue import Program

ROOT = Path(__file__).resolve().parents[2]

_IS_ACTIVE = "import sys; sys.exit('pyvorin' not in sys.modules)"
_IS_IMPORTABLE = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pyvorin') is None)"


class EngineError(Exception):
    """An engine that was asked for is not there, or a process of it failed; the text says which and how."""


class Engine:
    """One way to run a Python file in a fresh process.

    `launch` comes between the interpreter and the file; `variables` are added to the clean environment.  A `foreign` engine is an
    interpreter of another language version, whose library may compute otherwise (`random.randrange` of 3.9 and 3.12 do): its
    results are compared, but do not make the others' void.
    """

    __slots__ = ("foreign", "launch", "name", "python", "variables")

    def __init__(
        self, name: str, python: str, launch: tuple[str, ...] = (), variables: dict[str, str] | None = None,
        foreign: bool = False,
    ) -> None:  # fmt: skip
        self.foreign = foreign
        self.name = name
        self.python = python
        self.launch = launch
        self.variables = variables or {}

    @property
    def is_pyvorin(self) -> bool:
        return "PYVORIN" in self.variables

    def prepare(self, program: Program) -> str:
        """What must be done once before the program can run; why it cannot run at all, or nothing."""
        return ""

    def command(self, script: Path, *arguments: str) -> list[str]:
        return [self.python, *self.launch, str(script), *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of the process: ours without any PYVORIN setting, hash seed fixed, then the engine's own."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYVORIN")}
        return {**inherited, "PYTHONHASHSEED": "0", **self.variables, **more}

    def version(self) -> str:
        """The first line of `sys.version`.

        Raises:
            EngineError: the interpreter does not run.
        """
        try:
            done = subprocess.run(
                [self.python, "-c", "import sys; print(sys.version.splitlines()[0])"],
                env=self.environment(), capture_output=True, text=True, check=True, timeout=60,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineError(f"{self.name}: {self.python} does not run: {error}") from None
        return done.stdout.strip()


def cpython(python: str = sys.executable, name: str = "cpython") -> Engine:
    return Engine(name, python)


def pyvorin(python: str = sys.executable, name: str = "pyvorin") -> Engine:
    """Pyvorin on the given interpreter; where to keep the cache is the caller's choice (PYVORIN_CACHE_DIR).

    The interpreter's own start-up file is used where Pyvorin is installed, else `-m pyvorin run`; a checkout that is
    not installed at all is found through PYTHONPATH.

    Raises:
        EngineError: neither is there.
    """
    variables = {"PYVORIN": "1", "PYVORIN_WAIT": "1"}
    if _succeeds(python, _IS_ACTIVE, {"PYVORIN": "1"}):
        return Engine(name, python, (), variables)
    if _succeeds(python, _IS_IMPORTABLE, {}):
        return Engine(name, python, ("-m", "pyvorin", "run"), variables)
    if (ROOT / "pyvorin" / "__main__.py").is_file():
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        return Engine(name, python, ("-m", "pyvorin", "run"), {**variables, "PYTHONPATH": path})
    raise EngineError(f"Pyvorin is not installed for {python}: python -m pip install -e '.[bench]'")


def pypy(name: str = "pypy3") -> Engine:
    """PyPy from PATH, without our PYTHONPATH, whose packages are another interpreter's.

    Raises:
        EngineError: no `pypy3` on PATH.
    """
    python = shutil.which("pypy3")
    if python is None:
        raise EngineError("pypy3 is not on PATH")
    return Engine(name, python, (), {"PYTHONPATH": ""}, foreign=True)


def _succeeds(python: str, program: str, variables: dict[str, str]) -> bool:
    """Whether the one-line program ends with status 0, run away from the checkout so that only an installed Pyvorin
    counts."""
    environment = Engine("", python).environment(**variables)
    try:
        done = subprocess.run([python, "-c", program], env=environment, cwd="/", capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
